"""Exports of an answer: footnotes in the style of journalists, BibTeX, and conversations as Markdown or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from app.answers import Answer
from app.sentences import Citation, OriginalQuote, Sentence
from app.store.blocks import Block, blocks
from app.store.records import Record
from app.text.messages import message, spell_date
from app.text.words import Titled, one_line, other_question, titles
from ingest.columns import cells
from ingest.documents import Source, guess_language, plain, readable

# BibTeX counts braces whatever stands before them, so a brace is never written as `\{`.
_BIBTEX = {c: f"\\{c}" for c in "&%$#_"} | {
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}
STYLES = ("GB/T 7714", "APA", "Chicago")  # GB/T 7714-2015, APA 7, the bibliography of Chicago 17
_UNSAFE_IN_ADDRESS = re.compile(r"[\s{}\\\"<>^`|\x00-\x1f\x7f]")  # what an address holds only in disguise


_UNSAFE_IN_NAME = re.compile(r'[\s\\/:*?"<>|\x00-\x1f\x7f]+')  # what a file's name holds on no system, or spells badly
FootnotePart = tuple[str, str, str]
"""The text before a title, the title, which is set in italics, and the text behind it."""
# A sentence goes on behind an address, in Chinese without a blank: its marks are no part of the link.
_MARKDOWN = re.compile(r"(https?://[^\s<>，。；：、（）《》“”]+(?<![.,;:!?]))|([\\`*_<>#|]|(?<=\])\()")


def file_name(title: str, ending: str) -> str:
    """Return a file name for a title: its words, and the ending.

    Words beyond 60 characters are cut off; a title without usable characters becomes `answer`.
    """
    name = _UNSAFE_IN_NAME.sub(" ", readable(title)).strip(" .")
    if len(name) > 60:
        name = name[:60].rsplit(" ", 1)[0].rstrip(" .,;") + "…"
    return f"{name or 'answer'}.{ending}"


def language_of(answer: Answer) -> str:
    """Return the language in which an answer is exported: that of its question."""
    return guess_language(answer.question)


def footnote(citation: Citation, language: str = "en") -> str:
    """Return the footnote of a citation as text.

    It is `[1] “quote” publisher, title (summary), based on: title, publisher, date, address; ….`, then `In the original:
    “quote” publisher, title, date, p. 3.` for each original that is quoted.
    """
    return "".join(map("".join, footnote_parts(citation, language)))


def footnote_parts(citation: Citation, language: str) -> list[FootnotePart]:
    """Return the footnote's part on the quoted document, then its part on each quoted original."""
    return [_summary_part(citation, language), *(original_part(o, language) for o in citation.originals)]


def original_part(original: OriginalQuote, language: str) -> FootnotePart:
    """Return the words of an original in quotation marks, whose they are, and their place in it."""
    publisher, title, after = _publisher_and_title(original.source, language)
    date = message("marks.comma", language) + spell_date(original.source.date, language) if original.source.date else ""
    opening = message("exports.in_original", language, quote=_on_a_line(original.quote)) + publisher
    return opening, title, after + date + _where(original, language) + message("marks.stop", language)


def _where(original: OriginalQuote, language: str) -> str:
    """Return the page of a quote from an original, or its paragraph if it has no page, as text."""
    if original.page:
        return message("exports.page", language, n=original.page)
    return message("exports.paragraph", language, n=original.paragraph)


def _summary_part(citation: Citation, language: str) -> FootnotePart:
    document, (publisher, title, after) = citation.document, attribution(citation, language)
    date = "" if citation.authorship == "summary" else spell_date(document.date, language)
    parts = ["", date, _place(document)]
    if citation.based_on:
        sources = message("marks.semicolon", language).join(source_line(s, language) for s in citation.based_on)
        parts.append(message("exports.based_on", language, sources=sources))
    between = message("marks.comma", language)
    details = "".join(f"{between}{one_line(part)}" for part in parts if part)
    opening = message("exports.quote", language, n=citation.number, quote=quote_line(citation)) + publisher
    return opening, title, after + details + message("marks.stop", language)


def attribution(citation: Citation, language: str) -> FootnotePart:
    """Return the publisher and title of the quoted document, and that it is a summary if it is one.

    In Chinese the title has title marks and is not set in italics.
    """
    publisher, title, _ = _publisher_and_title(citation.document, language)
    return publisher, title, message("exports.summary", language) if citation.authorship == "summary" else ""


def _publisher_and_title(document: Source, language: str) -> FootnotePart:
    publisher = one_line(document.publisher) + message("marks.comma", language) if document.publisher.strip() else ""
    title = display_title(document, language, marked=True)
    has_marks = message("exports.title", language, title="") != ""
    return (publisher + title, "", "") if has_marks else (publisher, title, "")


def display_title(source: Titled, language: str, marked: bool = False) -> str:
    """Return the title of a document or source in a language, with its own title after a translated one.

    `marked` adds the language's marks for titles.
    """
    title, own_title = map(one_line, titles(source, language))
    title = message("exports.title", language, title=title) if marked else title
    return message("exports.beside", language, title=title, beside=own_title) if own_title else title


def quote_line(citation: Citation) -> str:
    """Return the quote of a citation on one line.

    The cells of a table row follow the names of their columns. Those of an older record are separated by semicolons.
    """
    return one_line(citation.read) if citation.row else _on_a_line(citation.quote)


def _on_a_line(quote: str) -> str:
    row = quote.lstrip().startswith("|")
    return one_line(plain("; ".join(filter(None, cells(quote))) if row else quote))


def disclosure(answer: Answer, language: str) -> str:
    """Say who worded an answer if a language model did; '' if all of it is quoted.

    The model may have worded it beforehand, or when the question was asked.
    """
    if answer.written:
        return message("exports.composed" if answer.composed else "exports.written", language)
    return message("exports.worded", language, name=answer.worded_by) if answer.worded_by else ""


def with_footnotes(answer: Answer) -> str:
    """Return an answer as text with footnotes.

    Its sentences have their numbers; then comes who worded them if a language model did, and a footnote for each
    citation.
    """
    language = language_of(answer)
    worded = disclosure(answer, language)
    parts = [*_body(answer, str), *([worded + message("marks.stop", language)] if worded else [])]
    return "\n\n".join([*parts, *(footnote(c, language) for c in answer.citations)])


def _body(answer: Answer, format_text: Callable[[str], str]) -> Iterator[str]:
    """Yield the blocks of an answer with their numbers, between the parts of its note.

    An answer without sentences yields its note and the questions that may be meant. `format_text` formats a text for the
    export.
    """
    if not answer.text:
        yield format_text(answer.note)
        if answer.suggestions:
            yield message("exports.meant", language_of(answer))
            yield "\n".join(f"- {format_text(question)}" for question in answer.suggestions)
        return
    if answer.lead:
        yield format_text(answer.lead)
    for block in blocks(answer):
        yield from _block(block, format_text)
    if answer.remark:
        yield message("marks.brackets", language_of(answer), said=format_text(answer.remark)).strip()


def _block(block: Block, format_text: Callable[[str], str]) -> Iterator[str]:
    """Yield a block as Markdown.

    A bar in a table's cell is replaced, so that it does not end the cell.
    """
    table = block.kind == "table"
    rows = [[_numbered(s, format_text, "/" if table else "|") for s in row] for row in block.rows]
    if block.caption:
        yield format_text(one_line(block.caption))
    if table:
        head, *lines = (f"| {' | '.join(row)} |" for row in rows)
        yield "\n".join([head, "|" + "---|" * len(rows[0]), *lines])
    else:
        mark = "- " if block.kind == "list" else ""
        yield "\n".join(mark + " ".join(row) for row in rows)


def _numbered(sentence: Sentence, format_text: Callable[[str], str], bar: str) -> str:
    numbers = "".join(f"[{n}]" for n in sentence.citations)
    return f"{format_text(one_line(sentence.text).replace('|', bar))} {numbers}".strip()


def source_text(source: Source, language: str) -> str:
    """Return the title, publisher and date of a source."""
    parts = [display_title(source, language), source.publisher, spell_date(source.date, language)]
    return message("marks.comma", language).join(one_line(p) for p in parts if p)


def source_line(source: Source, language: str) -> str:
    """Return the title, publisher, date and address of a source."""
    return message("marks.comma", language).join(filter(None, (source_text(source, language), _place(source))))


def _place(source: Source) -> str:
    """Return the address of a source, or another hint for finding it if it has none."""
    return one_line(source.url or source.where)


def bibtex(answer: Answer) -> str:
    """Return a `@misc` entry for each document that an answer quotes, then for each source of these.

    `annote` has the quotes of a document, and the original words of a source if they are quoted.
    """
    language, citations = language_of(answer), answer.citations
    quotes: dict[Source, list[str]] = {}
    sources_of: dict[Source, dict[Source, None]] = {}
    summaries = {c.document for c in citations if c.authorship == "summary"}
    for citation in citations:
        quotes.setdefault(citation.document, []).append(f"[{citation.number}] {quote_line(citation)}")
        sources_of.setdefault(citation.document, {}).update(dict.fromkeys(citation.based_on))
    used_keys: dict[str, int] = {}
    entries = []
    for document, sources in sources_of.items():
        source_names = message("marks.semicolon", language).join(source_text(s, language) for s in sources)
        key = "exports.summary_of" if document in summaries else "exports.based_on"
        note = message(key, language, sources=source_names) if source_names else ""
        fields = {"note": note, "annote": " ".join(quotes[document])}
        entries.append(_entry(document, fields, _key(document, used_keys), language))
    further_sources = dict.fromkeys(s for sources in sources_of.values() for s in sources if s not in sources_of)
    original_quotes: dict[Source, list[str]] = {}
    for number, original in ((c.number, o) for c in citations for o in c.originals):
        text = f"[{number}] {_on_a_line(original.quote)}{_where(original, language)}"
        original_quotes.setdefault(original.source, []).append(text)
    for source in further_sources:
        fields = {"annote": " ".join(original_quotes.get(source, ()))}
        entries.append(_entry(source, fields, _key(source, used_keys), language))
    return "\n\n".join(entries)


def references(record: Record) -> dict[str, str]:
    """Return the references of a paper to an answer's sources, by style; if one thing is asked for, to the first alone."""
    answer = record.answer
    first = answer.sentences[0].citations[:1] if answer.wanted else ()
    cited = [c for c in answer.citations if not first or c.number in first]
    sources = list(dict.fromkeys(source for c in cited for source in c.sources))[: len(first) or None]
    styles = {name: "\n".join(sorted(reference(s, name, record.asked[:10]) for s in sources)) for name in STYLES}
    return {name: text for name, text in (styles | {"BibTeX": bibtex(answer)}).items() if text}


def reference(source: Source, style: str, accessed: str) -> str:
    """Return the reference to a source in a style of `STYLES`; its publisher stands for its author.

    Args:
        source: The source.
        style: The style.
        accessed: The day on which it was read, as in `2026-11-27`, which GB/T 7714 wants for what has an address.
    """
    author, place, is_online = one_line(source.publisher).rstrip("."), _place(source).rstrip("."), bool(source.url)
    title = one_line((style == STYLES[0] and source.title_zh) or source.title).rstrip(".")
    *days, year = (spell_date(source.date, "en") or "n.d.").split()  # "5", "March", "2021"
    day = " ".join(reversed(days))
    if style == STYLES[0]:
        dated = f"({source.date})" * bool(source.date) + f"[{accessed}]" * is_online
        return ". ".join(filter(None, (author, f"{title}[{'EB/OL' if is_online else 'Z'}]", dated, place))) + "."
    if style == STYLES[1]:
        dated = f"({', '.join(filter(None, (year, day)))})"
        parts = (author, dated, title, place) if author else (title, dated, place)
        return ". ".join(filter(None, parts)) + "." * (not is_online)
    dated = f"{day}, {year}" if len(days) > 1 else f"{day} {year}".strip()
    return " ".join(filter(None, (author and f"{author}.", f"“{title}.”", f"{dated}.", place and f"{place}.")))


def _key(source: Source, used_keys: dict[str, int]) -> str:
    """Return the first word of publisher or title with the year, and a number if that key is taken."""
    first = next(iter(re.findall(r"[A-Za-z0-9]+", source.publisher or source.title)), "source").lower()
    base = first + _year(source)
    used_keys[base] = used_keys.get(base, 0) + 1
    number = used_keys[base]
    return base if number == 1 else f"{base}-{number}"


def _entry(source: Source, fields: Mapping[str, str], key: str, language: str) -> str:
    values = {
        "title": f"{{{_tex(display_title(source, language))}}}",
        "author": f"{{{_tex(source.publisher)}}}" if source.publisher else "",
        "year": _year(source),
        "month": str(int(source.date[5:7])) if re.match(r"\d{4}-\d\d", source.date) else "",
        "url": _UNSAFE_IN_ADDRESS.sub(lambda sign: quote(sign[0], safe=""), source.url),
        "howpublished": "" if source.url else _tex(source.where),
    } | {name: _tex(text) for name, text in fields.items()}
    lines = [f"  {name} = {{{value}}}" for name, value in values.items() if value]
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def _year(source: Source) -> str:
    return source.date[:4] if re.match(r"\d{4}", source.date) else ""


def _tex(text: str) -> str:
    """Escape a text for use within braces, on one line.

    Every character that BibTeX or TeX would obey is written out.
    """
    return "".join(_BIBTEX.get(c, c) for c in one_line(readable(text)))


def conversation_markdown(title: str, records: Sequence[Record]) -> str:
    """Return a conversation as Markdown: questions as headings, answers with their footnotes below."""
    parts = [f"# {_escaped(title)}"]
    return "\n\n".join([*parts, *(p for r in records for p in _markdown(r, "##"))]) + "\n"


def answer_markdown(record: Record, link: str) -> str:
    """Return a shared answer as Markdown: question, answer, footnotes, and the link to it."""
    return "\n\n".join([*_markdown(record, "#"), f"<{link}>"]) + "\n"


def _markdown(record: Record, level: str) -> Iterator[str]:
    answer, language = record.answer, language_of(record.answer)
    yield f"{level} {_escaped(answer.question)}"
    if searched := other_question(answer.question, answer.read_as, answer.confidence):
        yield f"*{message('exports.read_as', language, query=_escaped(searched))}*"
    yield from _body(answer, _escaped)
    if worded := disclosure(answer, language):
        yield f"*{_escaped(worded)}{message('marks.stop', language)}*"
    for citation in answer.citations:
        parts = footnote_parts(citation, language)
        yield "".join(_escaped(b) + (f"*{_escaped(title)}*" if title else "") + _escaped(e) for b, title, e in parts)
    numbers = {"c": f"{answer.confidence:.2f}", "t": f"{record.threshold:.2f}"}
    yield f"*{message('exports.asked', language, when=record.asked, **numbers)}*"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, addresses as links; the brackets of the numbers stay."""
    return _MARKDOWN.sub(lambda m: f"<{m[1]}>" if m[1] else f"\\{m[2]}", text)


def conversation_json(title: str, records: Sequence[Record]) -> str:
    """Return a conversation as JSON: its title and its records, each with its citations."""
    value: dict[str, Any] = {"title": title, "answers": [r.to_dict() for r in records]}
    return json.dumps(value, ensure_ascii=False, indent=1)
