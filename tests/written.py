"""The parts of the documentation, and of a Space, that the program writes itself: `make docs` puts them in their places."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from packaging.utils import canonicalize_name

from app.answers import Hit
from app.cli.main import main as command
from app.pipeline.chain import Chain
from app.query.understand import understand
from app.retrieval.retriever import MAX_RERANKED
from app.settings import Settings
from benchmarks.footprint import sizes
from ingest.index import Index

ROOT = Path(__file__).resolve().parent.parent
QUESTION = "When was the comprehensive national science centre in Hefei approved?"
DEFAULTS = {"corpus": "the built-in corpus", "data": "`.ask` in the checkout", "index": "in `ASK_DATA`"}
"""Those that are no value: a folder that lies elsewhere on each machine."""
LEFT_OUT = {"audioop-lts", "kubernetes", "pydantic", "pydantic-core"}
"""Not pinned in a Space: Python 3.13 needs the first and the Space has 3.12; gradio[mcp], which a Space installs, wants an
older pydantic than the others."""


WALK = """\
**Reading** (`app/query/`). “{question.text}” is read as “{question.standalone}”, in the language `{question.language}`, as
one question. If there are turns before it, this step puts it in full; if it asks several things, this step splits it.

**Searching** (`app/retrieval/`). The vector search finds the chunks whose passages are nearest to the question, the full
text those that have its words. Both rankings are fused: {chunks} chunks of about a paragraph, with {passages} passages in
all, go to the next step.

**Ranking.** The reader, a cross-encoder, scores the {read} passages that look best so far: above 0 means that a passage
answers rather than not. To this are added how well the searches found the passage, and what it visibly shares with the
question: words, a year, the first cell of a row.

| | reader | searches | seen in it | sum | passage |
|---|---|---|---|---|---|
{rows}

**Choosing** (`app/answering/`). The best passage is quoted, and those whose sum comes close to its own, here {count} in all.
The confidence that the documents answer is {answer.confidence:.2f}; the threshold is {threshold:.2f}. What was asked for is
set in bold: “{bold}”.

**Checking** (`app/answering/verify.py`). The quote is the document's text from character {citation.start} to {citation.end},
character for character: `{citation.quote}`. That is {citation.title}, a {citation.authorship} by {citation.publisher},
based on {source.title}, {source.publisher}, {source.date},
{source.url}. Only now does an `Answer` exist, with the status `{answer.status}`:

> {sentence.text} {numbers}"""


def settings_table() -> str:
    """Every setting with its flag, default and meaning, as a Markdown table."""
    flags = {p.name: p.opts[0] for p in command.params} | {n: f"`chat` --{n}" for n in ("host", "port", "auth")}
    rows = []
    for name, info in Settings.model_fields.items():
        variable = str(info.validation_alias or f"ASK_{name.upper()}")
        flag = f", `{flags[name]}`".replace("``chat` ", "`chat ") if name in flags else ""
        default = DEFAULTS.get(name) or (f"`{info.default}`" if info.default not in ("", None) else "")
        rows.append(f"| `{variable}`{flag} | {default} | {_cell(info.description or '')} |")
    return "\n".join(["| variable, flag | default | what it is |", "|---|---|---|", *rows])


def space_requirements() -> str:
    """The packages that the page needs, pinned as in constraints.txt, of which a Space knows nothing."""
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    pinned = {canonicalize_name(pin.partition("==")[0]): pin for pin in pins}
    return "".join(f"{pinned[name]}\n" for name in sorted(set(sizes(("page",))) - LEFT_OUT))


def walk(chain: Chain) -> str:
    """One question from what is typed to what is shown, with the values between."""
    question = understand(QUESTION, (), chain.folder)
    found, answer = chain.retriever.search(question), chain.ask(QUESTION)
    sentence, citation = answer.sentences[0], answer.citations[0]
    return WALK.format(
        question=question,
        chunks=len(found),
        read=MAX_RERANKED,
        passages=sum(len(c.chunk.passages) for c in found),
        rows="\n".join(_row(hit, chain.index) for hit in answer.hits[:4]),
        answer=answer,
        count=len(answer.sentences),
        threshold=chain.settings.threshold,
        bold=sentence.text[slice(*sentence.highlight)] if sentence.highlight else "",
        citation=citation,
        source=citation.sources[0],
        sentence=sentence,
        numbers="".join(f"[{n}]" for n in sentence.citations),
    )


def _row(hit: Hit, index: Index) -> str:
    document = index.catalogue.document(hit.passage.document_id)
    assert document
    shares = (hit.rerank_score, hit.retrieval_score, hit.feature_score, hit.score)
    scores = " | ".join(f"{s:.1f}" for s in shares)
    return f"| {hit.rank} | {scores} | {document.origin}: {_cell(hit.passage.read(document.text))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def put(file: Path, name: str, text: str) -> None:
    """Write `text` between the marks of `name`."""
    file.write_text(standing(file, name, text), encoding="utf-8")


def standing(file: Path, name: str, text: str) -> str:
    """The file with `text` between the marks of `name`."""
    whole = file.read_text(encoding="utf-8")
    new, times = re.subn(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda m: f"{m[1]}\n{text}\n\n{m[2]}", whole, flags=re.S
    )
    assert times == 1, f"{file} has no place for {name}"
    return new


def main() -> None:
    """Write all; the models are loaded once."""
    from app.settings import read_settings
    from ingest.models.load import load_embedder, load_reranker
    from ingest.sync import sync
    from tests.conftest import SMALL

    put(ROOT / "docs" / "settings.md", "settings", settings_table())
    (ROOT / "deploy" / "space" / "requirements.txt").write_text(space_requirements(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for name in SMALL:
            (corpus / name).write_bytes((ROOT / "corpus" / name).read_bytes())
        settings = read_settings(corpus=corpus, data=Path(folder) / "data")
        index, embedder = Index(settings.index_folder), load_embedder()
        sync([corpus], index, embedder)
        put(ROOT / "ARCHITECTURE.md", "walk", walk(Chain(index, embedder, load_reranker(settings.reranker), settings)))
        index.close()


if __name__ == "__main__":
    main()
