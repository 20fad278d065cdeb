"""The form of a corpus document's front matter, read with line numbers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from ingest.documents import Authorship
from ingest.load import FRONT_MATTER, LONGEST_YAML, YAML
from ingest.publishers import KINDS, SourceKind

_IN_CALENDAR = AfterValidator(lambda text: datetime.date.fromisoformat(f"{text}-01-01"[:10]) and text)
Date = Annotated[str, Field(pattern="^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$"), _IN_CALENDAR]
Url = Annotated[str, Field(pattern=r"^https?://[^\s/?#\[\]]+\.[^\s/?#\[\]]+([/?#]\S*)?$")]
SourceId = Annotated[str, Field(pattern="^[a-z0-9]{2,12}$")]


class _Form(BaseModel):
    """What a text must say, a document or a source. A description says what a value must be."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, description="a text")
    title_zh: str = Field("", pattern=r"[\u4e00-\u9fff]", description="a text in Chinese, or left out")
    publisher: str = Field(min_length=1, description="a text")
    language: str = Field(pattern="^[a-z]{2,3}(-[A-Za-z]{2,4})?$", description="a language code such as en or zh")


class SourceForm(_Form):
    """A source."""

    date: Date = Field("", description="YYYY, YYYY-MM or YYYY-MM-DD and in the calendar, or left out")
    url: Url = Field("", description="an http(s) address with a host and no spaces, or left out for `where`")
    where: str = Field("", min_length=1, description="a text that says where a reader finds the source")
    official: Literal["true", "false"] = Field(description="true or false")
    kind: SourceKind | Literal[""] = Field("", description=f"one of {', '.join(KINDS)}, or left out")

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if not (self.url or self.where):
            raise ValueError
        return self


class DocumentForm(_Form):
    """A document."""

    order: str = Field(pattern="^[0-9]{1,9}$", description="a whole number of at most nine digits")
    date: Date = Field(min_length=10, description="a day of the calendar, YYYY-MM-DD")
    authorship: Authorship = Field(description=f"one of {', '.join(get_args(Authorship))}")
    sources: dict[SourceId, SourceForm] = Field(min_length=1)


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

    def content(self) -> Any:
        """Return the texts of a mapping, or the text of a value."""
        return {name: child.content() for name, child in self.children.items()} or self.text


def read_front_matter(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Read the front matter of a file's text, and list what is wrong with its YAML.

    Problems are whatever prevents reading, and names that are doubled or are not texts. The front matter is empty if it
    cannot be read.
    """
    match = FRONT_MATTER.match(text)
    if not match:
        return Node(1), [Problem(file, 1, "The front matter is missing.", "corpus/README.md has a template.")]
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
    """Yield the problems of a front matter: what is missing, unknown or wrong in it."""
    try:
        DocumentForm.model_validate(front.content())
    except ValidationError as error:
        yield from (_problem(e, front, file) for e in error.errors())


def _problem(error: ErrorDetails, front: Node, file: str) -> Problem:
    """Say what pydantic found wrong, at the line of what is wrong."""
    *owners, name = [str(part) for part in error["loc"] if part != "[key]"]
    node = front
    for part in (*owners, name):
        node = node.children.get(part, node)
    owner, form = (f"Source `{owners[-1]}`", SourceForm) if owners[1:] else ("The document", DocumentForm)
    if (owners, name) == ([], "sources"):
        problem = "No sources are listed.", "List each source under `sources:` by its id."
    elif "[key]" in error["loc"]:
        problem = f"The source id `{name}` is not allowed.", "Use 2 to 12 of a-z and 0-9."
    elif owners == ["sources"]:
        problem = f"Source `{name}` has neither url nor where.", "Add one of them."
    elif error["type"] == "extra_forbidden":
        problem = f"{owner} has an unknown field `{name}`.", f"Known are: {', '.join(form.model_fields)}."
    elif error["type"] == "missing":
        problem = f"{owner} has no `{name}`.", f"Add `{name}:`, {form.model_fields[name].description}."
    else:
        problem = f"{owner} has `{name}: {node.text}`.", f"It must be {form.model_fields[name].description}."
    return Problem(file, node.line, *problem)


def order_of(front: Node) -> int:
    """Return a document's place in the reading order; 0 if its front matter has none."""
    text = front.get("order")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
