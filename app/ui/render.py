"""The conversation as HTML. Every text that comes from a document or a user goes through `literal` first.

Gradio's chat takes out attributes such as `aria-label` and `data-…`: what a button does stands in its id, `act-NAME-WHAT`,
and what only a screen reader hears in a hidden text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from app.answers import Answer
from app.sentences import Citation, Sentence
from app.store.export import spelled
from app.ui.session import SoFar
from app.ui.words import Words
from app.web.about import About
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


def answer_html(answer: Answer, group: int, read: Read, words: Words, verdict: str = "") -> str:
    """An answer -> its message; its numbers link to the cards of `group`. One HTML block without an empty line."""
    below = _aside(answer, group, words) + _actions(group, words, verdict)
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
    for sentence in sentences:
        kind = kinds.get(sentence.citations[0], "sentence")
        links = "".join(_link(group, n, words) for n in sentence.citations)
        parts.append(f'<p class="{kind}">{_highlighted(sentence)} {links}</p>')
    return "".join(parts)


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


def dated(citations: Sequence[Citation]) -> str:
    """Citations -> the date of the sources behind them, or the first and the last; '' where none has one."""
    dates = sorted({s.date for c in citations for s in c.sources if s.date})
    return " – ".join(dict.fromkeys(spelled(d) for d in (dates[:1] + dates[-1:])))


def _actions(group: int, words: Words, verdict: str) -> str:
    names = ("copy", "bibtex", "again", "why", "evidence")
    bar = "".join(button(name, group, words(name)) for name in names)
    thumbs = "".join(_thumb(name, group, words, verdict) for name in ("up", "down"))
    comment = button("comment", group, words("comment"), "text") if verdict else ""
    right = button("right", group, words("right"), "text") if verdict == "down" else ""
    return f'<p class="actions">{bar}<span class="thumbs">{thumbs}{comment}{right}</span></p>'


def _thumb(name: str, group: int, words: Words, verdict: str) -> str:
    label = words(name) + (" " + words("chosen") if name == verdict else "")
    chosen = " chosen" if name == verdict else ""
    inside = f'{hidden(label)}<span class="sign {name}"></span>'
    return (
        f'<button type="button" class="act thumb{chosen}" id="act-{name}-{group}" title="{literal(label)}">{inside}</button>'
    )


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


def header_html(about: About) -> str:
    """Title and introduction."""
    return f"<header><h1>{literal(about.title)}</h1><p>{literal(about.intro)}</p></header>"


def state_html(
    status: str,
    message: str,
    held: tuple[int, str],
    unread: Sequence[str],
    words: Words,
    lacking: tuple[int, int] = (0, 0),
) -> str:
    """How far loading is -> a line; once ready, what the documents are as of, how many passages of all are found by their
    words alone until now, and which files could not be read."""
    if status == "loading":
        return f'<div class="state" role="status"><span class="dots"></span>{literal(words(message))}…</div>'
    if status == "failed":
        return f'<div class="state error" role="alert">{literal(message)}</div>'
    number, newest = held
    said = words.count("held_one", "held", number) + (words("as_of", date=newest) if newest else "")
    if lacking[0]:
        said += words("lacking", share=100 * (lacking[1] - lacking[0]) // lacking[1])
    missing = ""
    if unread:
        reasons = "".join(f"<li>{literal(r)}</li>" for r in unread)
        missing = f"<details><summary>{literal(words('not_read', n=len(unread)))}</summary><ul>{reasons}</ul></details>"
    return f'<div class="state" role="status">{literal(said)}{missing}</div>'


def next_html(questions: Sequence[str], words: Words) -> str:
    """Questions to ask next -> a place for them; an empty one of the same height where there are none."""
    if not questions:
        return '<div class="next"></div>'
    chips = "".join(
        f'<button type="button" class="act chip" id="act-ask-{n}" title="{literal(q)}">{literal(q)}</button>'
        for n, q in enumerate(questions)
    )
    return f'<div class="next" role="group" aria-label="{literal(words("follow"))}">{chips}</div>'
