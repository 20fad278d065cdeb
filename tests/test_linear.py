"""No text holds the interpreter: what stands in a document, a question or an earlier turn costs what its length costs.

Every function that such a text reaches is given texts that patterns fear, at two lengths. Where the longer one costs more
than its length, a much longer one must be done in bearable time too.
"""

from __future__ import annotations

import gc
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from app.query.rules import language_rules
from ingest.documents import Document, Passage
from ingest.errors import AskError, LoadError
from ingest.split import split

HOMES = {
    "question": "app.query.understand",
    "followup": "app.query.followup",
    "spans": "app.text.spans",
    "candidates": "app.answering.highlight",
    "highlight": "app.answering.highlight",
    "gloss": "app.query.translate",
    "features": "app.retrieval.retriever",
    "parse": "app.llm.reply",
    "reply": "app.llm.reply",
    "untrusted": "app.llm.evidence",
    "asked": "app.query.values",
    "inhand": "app.query.inhand",
    "outline": "app.answering.outline",
    "made": "app.answering.questions",
    "checker": "app.groundedness.checker",
    "dates": "app.text.names",
    "figures": "app.text.figures",
    "quantities": "app.groundedness.quantities",
    "names": "app.groundedness.support",
    "support": "app.groundedness.support",
    "arithmetic": "app.groundedness.quantities",
    "clauses": "app.groundedness.quantities",
    "near": "app.groundedness.checker",
    "origins": "app.groundedness.origins",
    "documents": "ingest.documents",
    "split": "ingest.split",
    "reading": "ingest.documents",
    "words": "ingest.words",
    "thesaurus": "ingest.thesaurus",
    "load": "ingest.load",
    "form": "ingest.form",
    "rules": "ingest.check",
    "text": "ingest.loaders.files",
}
"""Where each function stands: the one place to change where a module moves."""


def in_passages(text: str) -> tuple[Document, list[Passage]]:
    """Return a document of a text, with its passages."""
    document = Document(text, "T", "t.txt")
    return document, [p for chunk in split(document) for p in chunk.passages]


ASKED = "How many firms in Hefei spent 5 billion yuan on chips in 2024?"
BEFORE = "What is the target for R&D spending in Shanghai in 2025, and the second phase of the plan?"
SAID = (
    "In 2024 Hefei spent 5 billion yuan on chips (集成电路), and no firm may import more than 3 percent. 合肥投入了50亿元。"
)
FOLLOW_UPS = (
    "and the second?", "and 2024?", "and May?", "And imports?", "And Article 49?", "the 2025 one?", "And the four lakes?",
    "and the forest plan?", "and Shanghai?", "and for steel?", "上海呢？",
)  # fmt: skip
UNITS = (
    " ", "\t", " \n", "a", "A", "Aa ", "A ", "a ", "1", "1,", "1.", ".", ". ", ",", ", ", "|", "| a ", "| a | b |\n",
    "(", "[", "[[", "{", "<", "[a", "[a](", "[^a", "**a", "__a", "`a", "`a ", "*a ", "#", "# a\n", "- a\n", "> ",
    "? ", "!!", ": ", "; ", "中", "规划", "一", "第一", "分之", "一分之", "。", "“a", "\"a", "'a", "''", "&a", "//",
    "a.", "a-", "A-", "a@", "@", "a:", "1%", "1-", "1–", "2024 ", "2024, ", "and ", "or ", "what ", "when ", "was ",
    "did ", "from 1 to ", "A and ", "A of the ", "May 1 ", "five hundred ", "half of ", "No. 1, ", "article 1 to ",
    "puts at ", "issued ", "(中", "a (中", "A (中国), ", "[S1", "[S1]", "1 to ", "how many ", "what did cost ",
    "compare a with ", "differences in x between ", "ok, ", "谢谢", "its ", "the ", "million yuan ", "<think>",
    "ignore ", "reply ", "\u0300", "\u200b", "1. ", "```\n", "a\n", "a: &a [", "? - ", "{a: ",
)  # fmt: skip
OPENINGS = ("", "", "a: b; c: ", "", "which is older, ")
ENDS = ("x", "?")


def texts(length: int) -> Iterator[tuple[str, str]]:
    """(what it is made of, the text of about that length)."""
    for number, unit in enumerate(UNITS):
        opening, end = OPENINGS[number % len(OPENINGS)], ENDS[number % len(ENDS)]
        yield f"{opening!r} {unit!r}… {end!r}", opening + unit * (length // len(unit)) + end


def turns(*contents: str) -> list[Any]:
    made = import_module(HOMES["asked"]).Turn
    return [made("assistant" if n % 2 else "user", c) for n, c in enumerate(contents)]


def asking(kind: str) -> Any:
    return import_module(HOMES["asked"]).AnswerType(kind, "firms" if kind == "count" else "")


def streamed(stream: Any, text: str) -> None:
    stream = stream()
    list(stream.feed(text))
    assert stream.declined in (True, False)


Call = Callable[[Any, str], Any]
KINDS = ("count", "money", "figure", "share", "duration", "date", "year", "name", "place")
alone: Call = lambda f, t: f(t)  # noqa: E731
ASKING: list[tuple[str, Call]] = [
    ("question.check_question", lambda f, t: f(f"{t}a", len(t) + 1)),
    ("question.understand", lambda f, t: f(f"{t}a")),
    ("question.understand", lambda f, t: f(f"{t}a", turns(BEFORE, SAID))),
    ("question.understand", lambda f, t: f("And Shanghai?", turns(t, SAID, BEFORE, t))),
    ("question.understand", lambda f, t: f("why?", turns(BEFORE, t, t, t, "And Hefei?", t))),
    ("question.understand", lambda f, t: [f(said, turns(t)) for said in FOLLOW_UPS]),
    ("followup.topic", lambda f, t: f(t, language_rules())),
    ("followup.with_topic", lambda f, t: (f(t, BEFORE, language_rules()), f("why is it so?", t, language_rules()))),
    ("spans.years_of", alone),
    ("spans.content_stems", alone),
    *(("spans.find_spans", lambda f, t, k=k: f(k, t)) for k in KINDS),  # type: ignore[misc]
    *(("candidates.answer_candidates", lambda f, t, k=k: f(ASKED, t, asking(k))) for k in KINDS),  # type: ignore[misc]
    ("highlight.highlight", lambda f, t: f(t, SAID, asking("count"))),
    ("gloss.gloss", lambda f, t: f(t, {"规划": "plan"})),
    ("gloss.names_in", alone),
    ("features.feature_scores", lambda f, t: (f(t, (), [SAID], [SAID], ["Hefei"]), f(ASKED, (), [t], [t], [t]))),
    ("reply.ReplyStream", streamed),
    ("untrusted.for_prompt", alone),
    ("untrusted.gives_orders", alone),
    ("untrusted.plain_text", alone),
    ("inhand.asks_for_gist", alone),
    ("inhand.named_document", lambda f, t: f(t, lambda: {"d": (SAID, t)})),
    ("outline.gist", lambda f, t: f(*in_passages(t))),
    ("outline.list_for", lambda f, t: (f(ASKED, *in_passages(t)), f(t, *in_passages(SAID)))),
    ("made.document_questions", lambda f, t: f(*in_passages(t))),
    ("checker.fault_of", lambda f, t: (f(t, [SAID], "Title"), f(SAID[:60], [t], "Title", judged=True))),
    ("origins.Origins", lambda f, t: f(others=("Hefei",)).borrowed_quotation("Hefei spent “5 billion yuan”", [t])),
    ("quantities.missing_date", lambda f, t: (f(SAID, t), f(t[:3_000], SAID))),
    ("figures.figures", alone),
    ("figures.undated_figures", alone),
    ("clauses.figures_of", alone),
    ("clauses.statuses", lambda f, t: list(f(t))),
    ("near.close_to", lambda f, t: (f(t[:3_000], SAID), f(SAID[:80], t))),
    ("arithmetic.Quoted", lambda f, t: f.of([t])),
    ("names.missing_quotation", lambda f, t: (f("“Huawei of Hefei”", t), f(t[:3_000], SAID))),
    ("support.sentences", lambda f, t: f([t])),
    ("figures.mentions_unit", lambda f, t: f(t, "%")),
]  # fmt: skip


def taken(text: str, markdown: bool) -> None:
    """Split, read and embedded, as a sync does it."""
    document = Document(text, "T", "o", markdown)
    for chunk in import_module(HOMES["split"]).split(document):
        import_module(HOMES["reading"]).contextualised_texts(chunk, document)
        import_module(HOMES["words"]).searchable(chunk.embedded(document.text, document.title))


def checked(test: Any, text: str, form: Any) -> None:
    document = Document(text, "T", "o", markdown=True)
    passages = tuple(p for c in import_module(HOMES["split"]).split(document) for p in c.passages)
    node = form.Node(1, "", {"sources": form.Node(1)})
    digest = test.Digest("f.md", Path("no-such-file.md"), node, document, passages, 1)
    for rule in test.DOCUMENT_CHECKS:
        list(rule(digest))
    for between in test.CORPUS_CHECKS:
        list(between([digest]))


TAKING: list[tuple[str, Call]] = [
    ("split.split", lambda _, t: taken(t, markdown=True)),
    ("split.split", lambda _, t: taken(t, markdown=False)),
    ("documents.plain", alone),
    ("documents.guess_language", alone),
    ("documents.read_row", lambda f, t: (f("| a | b |", t), f(t, "| a | b |"))),
    ("documents.readable", alone),
    ("words.searchable", alone),
    ("words.match_query", alone),
    ("thesaurus.Thesaurus", lambda f, t: f({"integrated circuits": ["chips", "a b c d"], "x": ["A", "中"]}).found(t)),
    ("load.split_front_matter", lambda f, t: f(f"---\ntitle: x\n{t}\n---\nbody", Path("x.md"))),
    ("load.drop_source_columns", lambda f, t: f(f"| a | Source |\n{t}")),
    ("load.take_marks", alone),
    ("form.read_front_matter", lambda f, t: f(f"---\ntitle: x\n{t}\n---\nbody", "x.md")),
    ("rules.DOCUMENT_CHECKS", lambda _, t: checked(import_module(HOMES["rules"]), t, import_module(HOMES["form"]))),
    ("text.clean_text", alone),
    ("gloss.term_pairs", lambda f, t: f([Document(t, "T", "o")])),
]


@pytest.fixture(scope="module", autouse=True)
def dictionary() -> None:
    """Read once, at the first Chinese question: no text's fault."""
    import_module(HOMES["gloss"]).gloss("规划", {})


class TooSlow(BaseException):
    """Not an Exception: no function may catch it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """At most so much processor time; expressions look for signals while they search."""

    def stop(*_: object) -> None:
        raise TooSlow

    gc.disable()  # what other tests have left is looked through in their time
    former = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)
        gc.enable()


def cost(call: Call, function: Any, text: str, most: float) -> float:
    """Seconds of processor time; infinite above `most`. What is refused in a sentence is done."""
    started = time.process_time()
    try:
        with within(most):
            call(function, text)
    except (AskError, LoadError):
        pass
    except TooSlow:
        return float("inf")
    return time.process_time() - started


def hold(name: str, call: Call, lengths: tuple[int, int, int], bounds: tuple[float, float]) -> None:
    home, _, attribute = name.partition(".")
    function = getattr(import_module(HOMES[home]), attribute)
    cost(call, function, "Warm up: 中国 grew by 5 percent in 2024.", 60)
    short, middle, long = lengths
    slow = []
    for (made_of, one), (_, other) in zip(texts(short), texts(middle), strict=True):
        small = cost(call, function, one, bounds[0])
        by_length = 2 * small * middle / short  # a busy machine slows both alike
        large = cost(call, function, other, max(bounds[0], min(by_length, 60)))
        if large < 0.02 or large < by_length:
            continue
        whole = next(text for made, text in texts(long) if made == made_of)
        if large == float("inf") or cost(call, function, whole, bounds[1]) == float("inf"):
            slow.append(made_of)
    assert not slow, f"{name} takes too long for texts of {', '.join(slow[:8])}"


@pytest.mark.parametrize(("name", "call"), ASKING, ids=[f"{n}-{name}" for n, (name, _) in enumerate(ASKING)])
def test_no_question_holds_the_interpreter(name: str, call: Call) -> None:
    hold(name, call, (500, 4_000, 100_000), (1.5, 20.0))  # five times what a loaded machine took


@pytest.mark.parametrize(("name", "call"), TAKING, ids=[f"{n}-{name}" for n, (name, _) in enumerate(TAKING)])
def test_no_document_holds_the_interpreter(name: str, call: Call) -> None:
    hold(name, call, (2_000, 16_000, 250_000), (5.0, 100.0))
