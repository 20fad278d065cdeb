"""A document to read: what it is and rests on, what is asked of it, its outline and its text, in which one can search.

Everything in it is shown as text. Long ones come in parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.ui.cards import source_html
from app.ui.escape import button, literal, shown
from app.ui.titles import SourceList, by_whom, read_sources, resting, span, title_html
from app.ui.words import Words
from app.web.shelf import Reading
from ingest.columns import cells, column_names
from ingest.documents import Passage, plain

LONGEST = 1_500  # passages of one part
ASKED = 4  # questions that are offered


def reader_html(reading: Reading, questions: Sequence[str], part: int, removable: bool, words: Words) -> str:
    """Render the reader with one part of a document, and questions to begin with."""
    document, parts = reading.document, max(1, -(-len(reading.passages) // LONGEST))
    part = min(max(part, 0), parts - 1)
    here = reading.passages[part * LONGEST : (part + 1) * LONGEST]
    tools = button("unread", document.id, words("all_documents"), "text") + button(
        "only", document.id, words("ask_this"), "primary"
    )
    tools += button("drop", document.id, words("remove"), "text") if removable else ""
    facts = (
        by_whom(document, words),
        document.date,
        document.origin,
        words.count("passage_one", "passages_n", len(reading.passages)),
    )
    by = " · ".join(shown(t) for t in facts if t)
    head = f'<h2 tabindex="-1">{title_html(document, words)}</h2><p class="by">{by}</p>'
    text = _pages(document.id, part, parts, words) + sections_html(reading, here, (-1, -1), words, numbered=True)
    return (
        f'<article class="reader" id="reader-{document.id}"><div class="tools">{tools}</div>{head}'
        f"{_sources(read_sources(document), words)}{_asked(questions, words)}"
        f'<div class="columns">{_outline(here, words)}<div class="reading">{_search(words)}'
        f'<div class="text" lang="{literal(document.language)}">{text}</div></div></div></article>'
    )


def _sources(listed: SourceList, words: Words) -> str:
    if not listed.sources:
        return ""
    said = resting(listed, words) + (f" · {span(listed.years)}" if listed.years else "")
    items = "".join(f"<li>{source_html(s, words)}</li>" for s in listed.sources)
    return f'<details class="rests-on"><summary>{literal(said)}</summary><ul class="source-list">{items}</ul></details>'


def _asked(questions: Sequence[str], words: Words) -> str:
    if not questions:
        return ""
    label = literal(words("asked_of_it"))
    chips = "".join(button("ask", f"of{n}", q, "chip") for n, q in enumerate(questions[:ASKED]))
    return f'<div class="asked-of" role="group" aria-label="{label}"><p class="by">{label}</p>{chips}</div>'


def _outline(passages: Sequence[Passage], words: Words) -> str:
    headings = dict.fromkeys(p.heading for p in passages if p.heading)
    if len(headings) < 2:
        return ""
    items = "".join(
        f'<li class="level{min(h.count(" › "), 3)}"><a href="#part-{n}">{shown(h.split(" › ")[-1])}</a></li>'
        for n, h in enumerate(headings)
    )
    title = literal(words("outline"))
    return (
        f'<nav class="outline" aria-label="{title}"><details open><summary>{title}</summary><ul>{items}</ul></details></nav>'
    )


def _search(words: Words) -> str:
    label = literal(words("search_inside"))
    return (
        f'<div class="inside"><input type="search" id="inside" aria-label="{label}" placeholder="{label}">'
        f'<span class="found" role="status"></span>{button("next", "inside", words("next_place"), "text")}</div>'
    )


def _pages(document_id: str, part: int, parts: int, words: Words) -> str:
    if parts == 1:
        return ""
    before = button("read", f"{document_id}.{part - 1}", words("before"), "text") if part else ""
    after = button("read", f"{document_id}.{part + 1}", words("after"), "text") if part + 1 < parts else ""
    return f'<p class="pages">{literal(words("part_of", n=part + 1, all=parts))} {before} {after}</p>'


def sections_html(
    reading: Reading, passages: Sequence[Passage], marked: tuple[int, int], words: Words, numbered: bool = False
) -> str:
    """Render passages with their headings, pages and blocks in order, those within `marked` marked.

    If `numbered`, the headings have ids that a link can lead to.
    """
    parts: list[str] = []
    heading, page, number = "", None, 0
    for _, group in groupby(passages, key=lambda p: (p.block, p.kind, p.heading)):
        block = list(group)
        if (at := reading.document.page(block[0].start)) != page:
            page = at
            parts.append(f'<p class="page">{literal(words("page", n=page))}</p>')
        if block[0].heading != heading:
            heading = block[0].heading
            name = f' id="part-{number}" tabindex="-1"' if numbered else ""
            parts.append(f"<h3{name}>{shown(heading)}</h3>" if heading else "")
            number += bool(heading)
        parts.append(_block(reading.text, block, *marked))
    return "".join(parts)


def _block(text: str, block: Sequence[Passage], start: int, end: int) -> str:
    def words(passage: Passage, said: str) -> str:
        inside = start <= passage.start and passage.end <= end
        return f"<mark>{literal(said)}</mark>" if inside else literal(said)

    if block[0].kind == "row":
        header = block[0].header
        names = column_names(text[slice(*header)]) if header else ()
        heads = "".join(f'<th scope="col">{literal(plain(n))}</th>' for n in names)
        rows = "".join(
            "<tr>" + "".join(f"<td>{words(p, plain(c))}</td>" for c in cells(p.quote(text))) + "</tr>" for p in block
        )
        return f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    if block[0].kind == "item":
        return "<ul>" + "".join(f"<li>{words(p, plain(p.quote(text)))}</li>" for p in block) + "</ul>"
    return "<p>" + " ".join(words(p, plain(p.quote(text))) for p in block) + "</p>"
