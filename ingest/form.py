"""The form of a corpus document's front matter, read with line numbers, and the template of a new document."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import yaml

from ingest.documents import Authorship
from ingest.errors import CorpusError
from ingest.folders import KINDS
from ingest.load import FRONT_MATTER, LONGEST_YAML, YAML
from ingest.loaders.files import read_utf8

TEMPLATE = Path(__file__).with_name("template.md")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to correct: its place, what is wrong and what to do."""

    file: str
    line: int
    text: str
    next_step: str

    def __str__(self) -> str:
        """`file:line: what is wrong What to do`, which editors can jump to."""
        return f"{self.file}:{self.line}: {self.text} {self.next_step}"


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the front matter and the line of the file that it stands in; a mapping has `children`."""

    line: int
    text: str = ""
    children: Mapping[str, Node] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """Return the text of a child; '' if there is none."""
        return self.children[name].text if name in self.children else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """The content that a field must have: in words, and as a test."""

    wanted: str
    valid: Callable[[str], bool]
    required: bool = True


def is_date(text: str) -> bool:
    """Return True if a text is YYYY, YYYY-MM or YYYY-MM-DD, and in the calendar."""
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", text)
    try:
        return bool(match and datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1)))
    except ValueError:
        return False


def is_order(text: str) -> bool:
    """Return True if a text is a place in the reading order: a number of at most nine digits."""
    return text.isdecimal() and len(text) < 10


def is_url(text: str) -> bool:
    """Return True if a text is an http(s) address with a host and without spaces.

    The host's name must contain a dot.
    """
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not any(map(str.isspace, text))
    except ValueError:
        return False


_LANGUAGE = Rule("a language code such as en or zh", re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?").fullmatch)  # type: ignore[arg-type]
_TEXT = Rule("a text", bool)
_CHINESE = Rule("a text in Chinese, or left out", re.compile(r"[\u4e00-\u9fff]").search, required=False)  # type: ignore[arg-type]
DOCUMENT: dict[str, Rule] = {
    "title": _TEXT,
    "title_zh": _CHINESE,
    "order": Rule("a whole number of at most nine digits", is_order),
    "date": Rule("a day of the calendar, YYYY-MM-DD", lambda text: len(text) == 10 and is_date(text)),
    "language": _LANGUAGE,
    "authorship": Rule(f"one of {', '.join(get_args(Authorship))}", lambda text: text in get_args(Authorship)),
    "publisher": _TEXT,
}
SOURCE: dict[str, Rule] = {
    "title": _TEXT,
    "title_zh": _CHINESE,
    "publisher": _TEXT,
    "date": Rule("YYYY, YYYY-MM or YYYY-MM-DD and in the calendar, or left out", is_date, required=False),
    "url": Rule("an http(s) address with a host and no spaces, or left out for `where`", is_url, required=False),
    "where": Rule("a text that says where a reader finds the source", bool, required=False),
    "language": _LANGUAGE,
    "official": Rule("true or false", lambda text: text in ("true", "false")),
    "kind": Rule(f"one of {', '.join(KINDS)}, or left out", lambda text: text in KINDS, required=False),
}
_ID = re.compile(r"[a-z0-9]{2,12}")


def read_front_matter(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Read the front matter of a file's text, and list what is wrong with its YAML.

    Problems are whatever prevents reading, and names that are doubled or are not texts. The front matter is empty if it
    cannot be read.
    """
    match = FRONT_MATTER.match(text)
    if not match:
        return Node(1), [Problem(file, 1, "The front matter is missing.", "Begin as `ask-the-plan corpus new` does.")]
    if len(match[1]) > LONGEST_YAML:
        message = f"The front matter has {len(match[1]):,} characters; the limit is {LONGEST_YAML:,}."
        return Node(1), [Problem(file, 1, message, "Shorten it.")]
    try:
        root = yaml.compose(match[1], Loader=YAML)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        return Node(1), [
            Problem(file, line, "The front matter is not YAML.", "Put quotation marks around values that contain a colon.")
        ]
    problems: list[Problem] = []
    return _node(root, 1, file, problems, set()), problems


def _node(node: yaml.Node | None, line: int, file: str, problems: list[Problem], visited: set[int]) -> Node:
    """Convert a YAML node, adding its problems to `problems`.

    Only PyYAML's nodes know lines and doubled names. `line` is the line of the name before the value. `visited` holds the
    ids of the mappings that were read: an alias of one is a problem, since a few aliases of aliases stand for more than
    fits into memory.
    """
    if isinstance(node, yaml.MappingNode):
        children: dict[str, Node] = {}
        if id(node) in visited:
            problems.append(Problem(file, line, "An alias stands for a mapping.", "Write the mapping itself."))
            return Node(line)
        visited.add(id(node))
        for key, value in node.value:
            at = key.start_mark.line + 2
            if not isinstance(key, yaml.ScalarNode):
                problems.append(Problem(file, at, "A list or mapping stands where a name should.", "Write a name."))
                continue
            if key.value in children:
                problems.append(Problem(file, at, f"`{key.value}` stands twice.", "Keep one."))
            if key.tag != "tag:yaml.org,2002:str":  # `no`, `on` and `0x1f` would become other names
                problems.append(Problem(file, at, f"YAML does not read `{key.value}` as text.", "Choose another name."))
            children[key.value] = _node(value, at, file, problems, visited)
        return Node(line, "", children)
    if isinstance(node, yaml.ScalarNode) and node.tag != "tag:yaml.org,2002:null":
        return Node(line, node.value.strip())
    return Node(line)


def check_front_matter(front: Node, file: str) -> Iterator[Problem]:
    """Yield the problems of a front matter.

    A problem is a missing, unknown or wrong field of the document or of a source, a missing list of sources, a source id
    that is not allowed, or a source with neither `url` nor `where`.
    """
    yield from _check_fields(front, DOCUMENT, file, "The document", others=("sources",))
    sources = front.children.get("sources")
    if sources is None or not sources.children:
        line = sources.line if sources else front.line
        yield Problem(file, line, "No sources are listed.", "List each source under `sources:` by its id.")
        return
    for name, source in sources.children.items():
        if not _ID.fullmatch(name):
            yield Problem(file, source.line, f"The source id `{name}` is not allowed.", "Use 2 to 12 of a-z and 0-9.")
        yield from _check_fields(source, SOURCE, file, f"Source `{name}`")
        if "url" not in source.children and "where" not in source.children:
            yield Problem(file, source.line, f"Source `{name}` has neither url nor where.", "Add one of them.")


def _check_fields(
    node: Node, rules: Mapping[str, Rule], file: str, owner: str, others: tuple[str, ...] = ()
) -> Iterator[Problem]:
    for name, rule in rules.items():
        child = node.children.get(name)
        if child is None:
            if rule.required:
                yield Problem(file, node.line, f"{owner} has no `{name}`.", f"Add `{name}:`, {rule.wanted}.")
        elif not rule.valid(child.text):
            yield Problem(file, child.line, f"{owner} has `{name}: {child.text}`.", f"It must be {rule.wanted}.")
    for name in node.children.keys() - rules.keys() - set(others):
        problem = f"{owner} has an unknown field `{name}`."
        yield Problem(file, node.children[name].line, problem, f"Known are: {', '.join([*rules, *others])}.")


def fill_template(name: str, order: int, today: datetime.date) -> str:
    """Return the text of a new document, with a title made from its file's name."""
    title = name.replace("-", " ").capitalize()
    return TEMPLATE.read_text(encoding="utf-8").format(title=title, order=order, date=today.isoformat())


def new_document(folder: Path, name: str, today: datetime.date) -> Path:
    """Write the template as `name`.md, last in the reading order, and return its path.

    Raises:
        CorpusError: the name is not kebab-case, the folder is missing, or the file exists.
    """
    stem = name.removesuffix(".md")
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", stem):
        raise CorpusError(f"{name!r} cannot be a document's name.", "Use small letters, digits and hyphens: chip-policy.")
    if not folder.is_dir():
        raise CorpusError(f"The folder {folder} does not exist.", "Give another with --folder.")
    orders = [read_front_matter(read_utf8(path), path.name)[0].get("order") for path in folder.glob("*.md")]
    order = max((int(o) for o in orders if is_order(o)), default=0) // 10 * 10 + 10
    path = folder / f"{stem}.md"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(fill_template(stem, order, today))
    except FileExistsError:
        raise CorpusError(f"{path} exists already.", "Choose another name or edit that file.") from None
    except OSError as error:
        raise CorpusError(f"{path} cannot be written ({error.strerror}).", "Check the folder's permissions.") from error
    return path
