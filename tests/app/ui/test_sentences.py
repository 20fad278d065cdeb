"""A Chinese page says in Chinese what goes wrong: each error that a visitor can meet has a Chinese form."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.text.messages import messages
from app.ui.words import Words
from ingest.errors import AskError, LoadError
from ingest.limits import DEFAULT_LIMITS, over_limit

ROOT = Path(__file__).parents[3]
# what a visitor of the page can meet; what is left out is for the command line, for programs, or for who serves the page
MET = (
    "app/errors.py", "app/query/understand.py", "app/llm/provider.py", "app/store/conversations.py",
    "app/store/documents.py", "app/store/records.py", "app/store/quality.py",
    "app/ui/*.py", "app/web/functions.py", "app/web/loading.py", "app/web/models.py", "app/web/queue.py",
    "app/web/service.py", "ingest/add.py", "ingest/added.py", "ingest/models/bundles.py", "ingest/vectors/chroma.py",
    "ingest/fetch.py", "ingest/vectors/segments.py", "ingest/folders.py", "ingest/models/hub.py", "ingest/index.py",
    "ingest/load.py", "ingest/loaders/*.py", "ingest/database/postgres.py", "ingest/models/load.py", "ingest/parser.py",
    "ingest/progress.py", "ingest/database/database.py", "ingest/storage.py",
)  # fmt: skip
ERRORS = re.compile(
    r"(Ask|Question|Load|Date|Model|Storage|Record|Report)Error|NotSaved|NotLoaded|NotFound|QueueFull|Stopped"
    r"|Index(Missing|Mismatch|Damaged|Busy)|DatabaseDown"
)
HAN = re.compile(r"[\u4e00-\u9fff]")
ZH = Words("zh")


def said(node: ast.expr, names: dict[str, list[ast.expr]]) -> Iterator[str]:
    """An argument of an error -> the sentences that it may be, `{}` for each value; none where it is no text here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    elif isinstance(node, ast.IfExp):
        yield from (*said(node.body, names), *said(node.orelse, names))
    elif isinstance(node, ast.Name):
        for value in names.get(node.id, []):
            yield from said(value, {})


def assigned(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """The values that each name of a function or a module is set to."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name) and isinstance(node, ast.Assign):
                found.setdefault(target.id, []).append(node.value)
    return found


def raised() -> Iterator[tuple[str, str]]:
    """Every sentence of an error that a visitor can meet, with where it stands."""
    for path in sorted(p for pattern in MET for p in ROOT.glob(pattern)):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        within = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        module = assigned(ast.Module([n for n in tree.body if isinstance(n, ast.Assign)], []))
        for function in within:
            names = module | assigned(function)
            for call in (n for n in ast.walk(function) if isinstance(n, ast.Call)):
                if isinstance(call.func, ast.Name) and ERRORS.fullmatch(call.func.id):
                    for sentence in (s for a in call.args[:2] for s in said(a, names)):
                        yield f"{path.relative_to(ROOT)}:{call.lineno}", sentence


def test_every_error_that_a_visitor_can_meet_has_a_chinese_form() -> None:
    known = {re.sub(r"\{\w+\}", "{}", text) for text in messages("zh").sentences}
    found = [(place, sentence) for place, sentence in raised() if HAN.search(sentence) is None]
    assert len(found) > 120
    lacking = [(place, s) for place, s in found if s.strip("{} ") and re.sub(r"\{\}(\{\})+", "{}", s) not in known]
    assert not [(p, s) for p, s in lacking if ZH.sentence(s.replace("{}", "9")) == s.replace("{}", "9")]


def test_how_far_something_is_has_a_chinese_form() -> None:
    sources = (p for pattern in ("ingest/*.py", "app/store/documents.py", "app/web/loading.py") for p in ROOT.glob(pattern))
    found = {w for p in sources for w in re.findall(r'(?:progress\(|waiting, until = )"([A-Z][a-z ]+)"', p.read_text())}
    assert {"Reading", "Embedding", "Writing"} < found
    for what in found:
        assert HAN.search(ZH(what)), what
        if what not in ("Fetching", "Opening", "Checking"):  # of files that are added; the others are of an index
            called = Words("en")(what).lower()
            assert not re.search("[a-z]", ZH(f"Indexing: {called} 3 of 47")), what
            assert not re.search("[a-z]", ZH(f"Rebuilding the index: {called} 3 of 47")), what


def test_a_name_that_looks_like_a_sentence_takes_no_time() -> None:
    for name in (" has " * 199, "x cannot be used (" * 55, ". Shorten it" * 80, "a" * 100_000):
        began = time.thread_time()
        assert ZH.sentence(f"{name} is damaged.").endswith((" 已损坏。", " is damaged."))
        assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AskError("The question is empty.", "Type a question."), "问题为空。请输入问题。"),
        (
            AskError("The question has 4,120 characters; the limit is 4,000.", "Shorten it."),
            "问题有 4,120 个字符，上限是 4,000 个。请缩短。",
        ),
        (
            LoadError("a b.pdf is not what its name says: it is an image.", "Give it the right extension."),
            "a b.pdf 与其扩展名不符：它是图片。请改成正确的扩展名。",
        ),
        (
            over_limit("a has b.pdf", "has 9,000 pages", DEFAULT_LIMITS, "pages", "Split it into parts"),
            f"a has b.pdf 有 9,000 页，上限是 {DEFAULT_LIMITS.pages:,} 页。请拆成几部分，或调高 ASK_MAX_PAGES。",
        ),
        (
            AskError(
                "Conversations cannot be saved or opened right now: the disk is full.",
                "Whoever runs the page can free some space.",
            ),
            "目前无法保存或读取对话：磁盘已满。管理员可以腾出空间。",
        ),
        (AskError("Nobody has translated this.", "Shorten it."), "Nobody has translated this. Shorten it."),
    ],
)
def test_an_error_is_said_in_the_language_of_the_page(error: AskError, expected: str) -> None:
    assert ZH.sentence(error.sentence()) == expected
    assert Words("en").sentence(error.sentence()) == error.sentence()
