"""The conversation as HTML. Every text that comes from a document or a user goes through `literal` first.

Gradio's chat takes out attributes such as `aria-label` and `data-…`: what a button does stands in its id, `act-NAME-WHAT`,
and what only a screen reader hears in a hidden text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from app.answers import Answer
from app.sentences import Citation, Sentence
from app.store.export import spelled
from app.ui.session import SoFar
from app.ui.words import Words
from ingest.documents import plain

if TYPE_CHECKING:
    from app.web.reading import Reading

_PUNCTUATION = {ord(c): f"&#{ord(c)};" for c in r"""!"#$&'()*+-.:<=>@[\]^_`{|}~"""}
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")

Read = Callable[[str], "Reading | None"]
"""Document id -> its text and passages."""


def exact(text: str) -> str:
    """A text -> the same as itself: each sign that HTML, Markdown or a template could act on becomes a character
    reference."""
    return text.translate(_PUNCTUATION)


def literal(text: str) -> str:
    """A text -> the same for people to read: signs that turn the writing direction of what follows are left out."""
    return exact(_DIRECTION.sub("", text))


def one_line(text: str) -> str:
    """A text -> the same with white space run together, so that no empty line ends an HTML block."""
    return re.sub(r"\s+", " ", text).strip()


def shown(text: str) -> str:
    """A text -> the same on one line, literally."""
    return literal(one_line(text))


def hidden(text: str) -> str:
    """A text -> what a screen reader says and nobody sees."""
    return f'<span class="sr">{literal(text)}</span>'


def button(name: str, what: object, label: str, kind: str = "") -> str:
    """A name -> a button for `page.js`; `kind` is a further class."""
    return f'<button type="button" class="act {kind}" id="act-{name}-{literal(str(what))}">{literal(label)}</button>'


def answer_html(answer: Answer, group: int, read: Read, words: Words, verdict: str = "", whole: Answer | None = None) -> str:
    """An answer -> its message; its numbers link to the cards of `group`. One HTML block without an empty line. `whole` is
    the answer of which this one is the program's own quotes."""
    below = _aside(answer, group, words) + _switch(whole or answer, group, words, quotes=whole is not None)
    below += _actions(group, words, verdict)
    if answer.status == "not_found":
        items = "".join(f"<li>{_link(group, c.number, words)} {_place(c)}</li>" for c in answer.closest)
        nearest = f"<ul>{items}</ul>" if items else ""
        return f'<div class="reply done notfound"><p class="verdict">{literal(answer.note)}</p>{nearest}{below}</div>'
    if answer.status == "about":
        return f'<div class="reply done"><p class="sentence">{literal(answer.note)}</p>{below}</div>'
    note = f'<p class="note">{literal(answer.note)}</p>' if answer.note else ""
    return (
        f'<div class="reply done">{sentences_html(answer.sentences, _kinds(answer, read), group, words)}{note}{below}</div>'
    )


def partial_html(said: Answer | SoFar, group: int, read: Read, words: Words, count: int) -> str:
    """An answer -> its first `count` sentences, while it appears."""
    return f'<div class="reply partial">{sentences_html(said.sentences[:count], _kinds(said, read), group, words)}</div>'


def sentences_html(sentences: Sequence[Sentence], kinds: dict[int, str], group: int, words: Words) -> str:
    """Sentences -> the same with their numbers; what was a list item looks like one. `kinds` is by citation number."""
    parts = []
    for place, together in groupby(sentences, key=lambda s: s.place and (s.place.block, s.place.kind)):
        block = [(s, "".join(_link(group, n, words) for n in s.citations)) for s in together]
        if place is None:
            parts += [f'<p class="{kinds.get(s.citations[0], "sentence")}">{_highlighted(s)} {at}</p>' for s, at in block]
        else:
            parts.append(_BLOCKS[place[1]](block))
    return "".join(parts)


def _paragraph(block: Sequence[tuple[Sentence, str]]) -> str:
    return "<p>" + " ".join(f'<span class="statement">{_highlighted(s)} {links}</span>' for s, links in block) + "</p>"


def _list(block: Sequence[tuple[Sentence, str]]) -> str:
    return '<ul class="points">' + "".join(f"<li>{_highlighted(s)} {links}</li>" for s, links in block) + "</ul>"


def _table(block: Sequence[tuple[Sentence, str]]) -> str:
    """Rows below the headings of the first; the numbers stand in the last cell."""
    first = block[0][0].place
    names = [name for name, _ in first.cells] if first else []
    heads = "".join(f'<th scope="col">{shown(n)}</th>' for n in names)
    rows = []
    for sentence, links in block:
        values = [shown(value) for _, value in sentence.place.cells] if sentence.place else []
        *before, last = values or [shown(sentence.text)]
        width = f' colspan="{len(names)}"' if not values and len(names) > 1 else ""
        rows.append("<tr>" + "".join(f"<td>{v}</td>" for v in before) + f"<td{width}>{last} {links}</td></tr>")
    head = f"<thead><tr>{heads}</tr></thead>" if any(names) else ""
    return f'<div class="wide"><table>{head}<tbody>{"".join(rows)}</tbody></table></div>'


_BLOCKS: dict[str, Callable[[Sequence[tuple[Sentence, str]]], str]] = {
    "paragraph": _paragraph, "list": _list, "table": _table
}  # fmt: skip
"""Statements of a language model with the links of their numbers -> the block that they make."""


def _highlighted(sentence: Sentence) -> str:
    """The sentence on one line, what was asked for in bold."""
    if sentence.highlight is None:
        return shown(sentence.text)
    start, end = sentence.highlight
    before, bold, after = (
        literal(re.sub(r"\s+", " ", t)) for t in (sentence.text[:start], sentence.text[start:end], sentence.text[end:])
    )
    return f"{before}<strong>{bold}</strong>{after}"


def busy_html(message: str) -> str:
    """What is being done."""
    return f'<div class="busy"><span class="dots"></span>{literal(message)}…</div>'


def error_html(sentence: str) -> str:
    """A problem, with the next step."""
    return f'<div class="reply done error"><p>{literal(sentence)}</p></div>'


def unsaved_html(sentence: str) -> str:
    """Below an answer: that it was not saved, and why."""
    return f'<p class="small" role="status">{literal(sentence)}</p>'


def stopped_html(words: Words, in_box: bool) -> str:
    """The visitor stopped the answer; whether its question is in the box again."""
    return f'<div class="reply done stopped"><p>{literal(words("stopped_box" if in_box else "stopped"))}</p></div>'


def question_html(text: str) -> str:
    """What the user typed -> the same, as it was typed."""
    return literal(re.sub(r"\s*\n\s*", "\n", text.strip()))


def _link(group: int, number: int, words: Words) -> str:
    label = hidden(words("source") + " ")
    return f'<a class="cite" href="#s{group}-{number}">{label}{number}</a>'


def _place(citation: Citation) -> str:
    heading = f' <span class="heading">› {shown(citation.heading)}</span>' if citation.heading else ""
    return f"{shown(citation.title)}{heading}"


def _aside(answer: Answer, group: int, words: Words) -> str:
    """How the question was read, what its sources date from, and how long it took."""
    facts = [literal(words("seconds", s=f"{answer.seconds:.1f}"))]
    if answer.worded_by:
        facts.insert(0, literal(words("worded_by", name=answer.worded_by)))
    if answer.status != "not_found" and (span := dated(answer.citations)):
        facts.insert(0, literal(words("dated", span=span)))
    said = f'<p class="aside">{" · ".join(facts)}</p>'
    if one_line(answer.question) == answer.standalone_query:
        return said
    correct = button("correct", group, words("correct"), "text")
    return f'<p class="aside readas">{literal(words("read_as"))} <q>{shown(answer.standalone_query)}</q> {correct}</p>{said}'


def _switch(answer: Answer, group: int, words: Words, quotes: bool) -> str:
    """What a language model wrote that is not said, folded, and the switch between its words and the program's own answer
    where there are both."""
    used = answer.model
    left = "".join(f"<li><q>{shown(x.text)}</q> {shown(words.reason(x.reason))}</li>" for x in used.left_out) if used else ""
    title = words.count("left_out_one", "left_out", len(used.left_out) if used else 0)
    folded = f'<details class="leftout"><summary>{literal(title)}</summary><ul>{left}</ul></details>' if left else ""
    folded = "" if quotes else folded
    if answer.quotes is None:
        return folded
    now = "quotes" if quotes else "worded"
    sides = "".join(_side(name, group, words, name == now) for name in ("worded", "quotes"))
    return f'{folded}<p class="sides">{literal(words("shown_as"))} {sides}</p>'


def _side(name: str, group: int, words: Words, chosen: bool) -> str:
    label = literal(words(f"as_{name}")) + (hidden(" " + words("chosen")) if chosen else "")
    return f'<button type="button" class="act side{" chosen" * chosen}" id="act-{name}-{group}">{label}</button>'


def dated(citations: Sequence[Citation]) -> str:
    """Citations -> the date of the sources behind them, or the first and the last; '' where none has one."""
    dates = sorted({s.date for c in citations for s in c.sources if s.date})
    return " – ".join(dict.fromkeys(spelled(d) for d in (dates[:1] + dates[-1:])))


def _actions(group: int, words: Words, verdict: str) -> str:
    """What is done most often as signs, the rest in a menu."""
    often = _sign("sources", group, words) + _sign("copy", group, words)
    thumbs = "".join(_thumb(name, group, words, verdict) for name in ("up", "down"))
    comment = button("comment", group, words("comment"), "text") if verdict else ""
    right = button("right", group, words("right"), "text") if verdict == "down" else ""
    rest = "".join(button(name, group, words(name), "entry") for name in ("again", "why", "bibtex", "evidence"))
    label = literal(words("more"))
    menu = (
        f'<details class="more"><summary class="sign-button" title="{label}">{hidden(words("more"))}'
        f'<span class="sign dots3"></span></summary><span class="menu">{rest}</span></details>'
    )
    return f'<div class="actions">{often}<span class="thumbs">{thumbs}</span>{menu}{comment}{right}</div>'


def _sign(name: str, group: int, words: Words) -> str:
    label = words(name)
    inside = f'{hidden(label)}<span class="sign {name}"></span>'
    return (
        f'<button type="button" class="act sign-button" id="act-{name}-{group}" title="{literal(label)}">{inside}</button>'
    )


def _thumb(name: str, group: int, words: Words, verdict: str) -> str:
    label = words(name) + (" " + words("chosen") if name == verdict else "")
    kind = "act sign-button thumb" + (" chosen" if name == verdict else "")
    inside = f'{hidden(label)}<span class="sign {name}"></span>'
    return f'<button type="button" class="{kind}" id="act-{name}-{group}" title="{literal(label)}">{inside}</button>'


def _kinds(answer: Answer | SoFar, read: Read) -> dict[int, str]:
    found = {}
    for c in answer.citations:
        reading = read(c.document_id)
        passages = reading.passages if reading else ()
        found[c.number] = next((p.kind for p in passages if p.start == c.start), "sentence")
    said = {s.text for s in answer.sentences}
    # an item alone is said behind what introduces its list, and what a language model says of one is none
    by_model = isinstance(answer, SoFar) or answer.model
    other = {c.number for c in answer.citations if plain(c.quote) not in said and (by_model or found[c.number] == "item")}
    return {number: kind for number, kind in found.items() if number not in other}


# --- around it


def next_html(questions: Sequence[str], words: Words) -> str:
    """Questions to ask next -> a place for them; an empty one of the same height where there are none."""
    if not questions:
        return '<div class="next"></div>'
    chips = "".join(
        f'<button type="button" class="act chip" id="act-ask-{n}" title="{literal(q)}">{literal(q)}</button>'
        for n, q in enumerate(questions)
    )
    return f'<div class="next" role="group" aria-label="{literal(words("follow"))}">{chips}</div>'
