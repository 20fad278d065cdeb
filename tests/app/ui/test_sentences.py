"""What goes wrong is said in the language of the page: a visitor's errors are translated."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from string import Formatter

import pytest

from app.text.messages import messages, translate
from app.ui.words import Words
from app.web.queue import QueueFull
from ingest.errors import AskError, LoadError, Translatable
from ingest.fetch import FetchError
from ingest.limits import DEFAULT_LIMITS, over_limit
from ingest.parser import parse_in_child

ROOT = Path(__file__).parents[3]
# what a visitor of the page can meet; what is left out is for the command line, for programs, or for who serves the page
MET = (
    "app/errors.py", "app/query/understand.py", "app/llm/provider.py", "app/llm/checks.py", "app/llm/judge.py",
    "app/llm/download.py",
    "app/store/conversations.py", "app/store/documents.py", "app/store/feedback.py", "app/store/records.py",
    "app/store/quality.py", "app/ui/*.py", "app/web/functions.py", "app/web/loading.py", "app/web/models.py",
    "app/web/queue.py", "app/web/service.py", "ingest/add.py", "ingest/added.py", "ingest/models/bundles.py",
    "ingest/vectors/chroma.py", "ingest/fetch.py", "ingest/vectors/filling.py", "ingest/folders.py", "ingest/models/hub.py",
    "ingest/index.py", "ingest/load.py", "ingest/loaders/*.py", "ingest/database/postgres.py", "ingest/models/load.py",
    "ingest/parser.py", "ingest/progress.py", "ingest/database/database.py", "ingest/storage.py", "ingest/sync.py",
)  # fmt: skip
MAKERS = ("Translatable", "_rejected")
"""What makes a sentence beside the errors."""
HAN = re.compile(r"[\u4e00-\u9fff]")
ZH = Words("zh")


@cache
def trees() -> dict[Path, ast.Module]:
    """The syntax tree of each file of the program."""
    files = sorted(f for folder in ("app", "ingest", "evals") for f in (ROOT / folder).rglob("*.py"))
    return {file: ast.parse(file.read_text(encoding="utf-8")) for file in files}


@cache
def errors() -> frozenset[str]:
    """The names of the classes of errors."""
    classes = [n for tree in trees().values() for n in ast.walk(tree) if isinstance(n, ast.ClassDef)]
    names = {"AskError"}
    while new := {c.name for c in classes if {getattr(b, "id", "") for b in c.bases} & names} - names:
        names |= new
    return frozenset(names)


def texts(node: ast.expr | None, scopes: tuple[ast.AST, ...]) -> Iterator[str | ast.JoinedStr]:
    """The constants and the f-strings that an argument may be; a name is looked up in the scopes."""
    match node:
        case ast.JoinedStr():
            yield node
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*texts(body, scopes), *texts(orelse, scopes))
        case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[_, default]):
            yield from (*texts(table, scopes), *texts(default, scopes))
        case ast.Dict(values=values) | ast.Tuple(elts=values):
            for value in values:
                yield from texts(value, scopes)
        case ast.Name(id=name):
            for scope in scopes:
                sets = [n for n in ast.walk(scope) if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == name]
                if before := [n for n in sets if n.lineno < node.lineno or scope is scopes[-1]]:
                    yield from texts(max(before, key=lambda n: n.lineno).value, scopes[1:])
                    return


def templates(call: ast.Call, scopes: tuple[ast.AST, ...]) -> list[list[str | ast.JoinedStr]]:
    """The texts that each part of a sentence may be: the message and the next step of an error, or the one template."""
    name = getattr(call.func, "id", "")
    if name == "over_limit":
        has, cells = next(texts(call.args[1], scopes)), " cells" * ("cells" in ast.unparse(call.args[3]))
        given = [k.value for k in call.keywords if k.arg == "step"]
        steps = texts(given[0], scopes) if given else ["Split it into smaller files"]
        return [[f"{{path}} {has}; the limit is {{most:,}}{cells}."], [f"{step}, or raise {{setting}}." for step in steps]]
    if name in MAKERS or name in errors():
        parts = call.args[1:3] if name == "_rejected" else call.args[:1] if name == "Translatable" else call.args[:2]
        return [list(texts(part, scopes)) for part in parts]
    return []


@cache
def made() -> list[tuple[str, ast.Call, list[list[str | ast.JoinedStr]]]]:
    """Every call that makes a sentence, with its place and the texts that each part of it may be."""
    found = []
    for path, tree in trees().items():
        top = ast.Module([n for n in tree.body if isinstance(n, ast.Assign)], [])
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        for scope in (top, *functions):
            calls = [(n, templates(n, (scope, top))) for n in ast.walk(scope) if isinstance(n, ast.Call)]
            found += [(f"{path.relative_to(ROOT)}:{call.lineno}", call, parts) for call, parts in calls if parts]
    return found


def fields(*parts: str) -> list[str]:
    """The names of the values of templates."""
    return list(
        dict.fromkeys(name for part in parts for _, name, _, _ in Formatter().parse(part) if name and name.isidentifier())
    )


def test_no_error_is_made_of_a_finished_sentence() -> None:
    assert len(made()) > 150
    texts = [(place, text) for place, _, parts in made() for part in parts for text in part]
    assert [(place, ast.unparse(text)) for place, text in texts if isinstance(text, ast.JoinedStr)] == []


def test_every_template_gets_as_many_values_as_it_names() -> None:
    first_value = {"Translatable": 1, "_rejected": 3, "over_limit": 4}
    for place, call, parts in made():
        name = getattr(call.func, "id", "")
        values = call.args[first_value.get(name, 2) :]
        if name != "Translatable" and not any(isinstance(v, ast.Starred) for v in values):
            given = len(values) + 3 * (name == "over_limit")  # the path, the limit and its setting
            for part in product(*(part or [""] for part in parts)):
                assert len(fields(*map(str, part))) == given, place
        if name == "Translatable" and call.keywords and parts[0]:
            assert {k.arg for k in call.keywords} == set(fields(*map(str, parts[0]))), place


def test_every_sentence_that_a_visitor_can_meet_has_a_translation() -> None:
    met = {str(p.relative_to(ROOT)) for pattern in MET for p in ROOT.glob(pattern)}
    calls = [m for m in made() if m[0].rpartition(":")[0] in met and getattr(m[1].func, "id", "") != "CorpusError"]
    found = {(place, text) for place, _, parts in calls for part in parts for text in part if isinstance(text, str)}
    assert len(found) > 150
    assert sorted((p, t) for p, t in found if f"sentences.{t}" not in messages("zh") and t) == []


def test_how_far_something_is_has_a_chinese_form() -> None:
    sources = (p for pattern in ("ingest/*.py", "app/store/documents.py", "app/web/loading.py") for p in ROOT.glob(pattern))
    found = {w for p in sources for w in re.findall(r'(?:progress\(|waiting, until = )"([A-Z][a-z ]+)"', p.read_text())}
    assert {"Reading", "Embedding", "Writing"} < found
    for what in found:
        assert HAN.search(ZH(what)), what
        if what not in ("Fetching", "Opening", "Checking"):  # of files that are added; the others are of an index
            called = Words("en")(what).lower()
            for line in ("Indexing: {what} {n} of {most}", "Rebuilding the index: {what} {n} of {most}"):
                assert not re.search("[a-z]", ZH(Translatable(line, what=called, n=3, most=47))), what


TOO_LONG = AskError("The question has {n:,} characters; the limit is {most:,}.", "Shorten it.", 4_120, 4_000)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AskError("The question is empty.", "Type a question."), "问题为空。请输入问题。"),
        (TOO_LONG, "问题有 4,120 个字符，上限是 4,000 个。请缩短。"),
        (
            LoadError(
                "{path} is not what its name says: it is {kind}.",
                "Give it the right extension.",
                "a b",
                "an image",
            ),
            "a b 与其扩展名不符：它是图片。请改成正确的扩展名。",
        ),
        (
            over_limit("a has b.pdf", "has {n:,} pages", DEFAULT_LIMITS, "pages", 9_000, step="Split it into parts"),
            f"a has b.pdf 有 9,000 页，上限是 {DEFAULT_LIMITS.pages:,} 页。请拆成几部分，或调高 ASK_MAX_PAGES。",
        ),
        (
            AskError("Your feedback could not be saved: {reason}", TOO_LONG.next_step, TOO_LONG.message),
            "无法保存你的反馈：问题有 4,120 个字符，上限是 4,000 个。请缩短。",
        ),
        (AskError("Nobody has translated {this}.", "", "that"), "Nobody has translated that."),
        (AskError("{ this } has braces and no value"), "{ this } has braces and no value"),
    ],
)
def test_an_error_is_said_in_the_language_of_the_page(error: AskError, expected: str) -> None:
    assert ZH.sentence(error.sentence()) == expected
    assert Words("en").sentence(error.sentence()) == error.sentence()
    assert error.sentence() == f"{error} {error.next_step}".strip()


QUEUE_FULL = QueueFull("{n} questions are waiting already.", 3.0, 9)
GONE = FetchError("{url} cannot be fetched.", "Correct it.", "x:y", failure="gone")


@pytest.mark.parametrize("error", [TOO_LONG, QUEUE_FULL, GONE])
def test_a_copied_error_keeps_its_template_and_its_values(error: AskError) -> None:
    for other in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error)):
        assert vars(other) == vars(error)
        assert ZH.sentence(other.sentence()) == ZH.sentence(error.sentence()) != error.sentence() == other.sentence()


def test_an_error_of_the_process_that_parses_keeps_its_template_and_its_values(tmp_path: Path) -> None:
    file = tmp_path / "{n} “a”.pdf"
    file.write_bytes(b"GIF8")
    with pytest.raises(LoadError) as caught:
        parse_in_child(file, tmp_path, DEFAULT_LIMITS)
    assert str(caught.value) == f"{file} is not what its name says: it is an image."
    assert translate(caught.value.sentence(), "zh") == f"{file} 与其扩展名不符：它是图片。请改成正确的扩展名。"
