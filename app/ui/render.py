"""The conversation as HTML. Every text that comes from a document or a user goes through `literal` first.

Gradio's chat takes out attributes such as `aria-label` and `data-…`: what a button does stands in its id, `act-NAME-WHAT`,
and what only a screen reader hears in a hidden text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answers import Answer, note_text
from app.store.export import disclosure
from app.text.words import is_different_question
from app.ui.cards import sources_html
from app.ui.escape import button, hidden, literal, shown
from app.ui.excerpts import by_document
from app.ui.forms.body import body, written
from app.ui.forms.figure import dated
from app.ui.forms.pieces import Read, link, pieces
from app.ui.session import SoFar
from app.ui.titles import cited_as
from app.ui.words import Words
from ingest.documents import guess_language


def answer_html(answer: Answer, group: int, read: Read, words: Words, verdict: str = "", whole: Answer | None = None) -> str:
    """Render the message of an answer as one HTML block without an empty line.

    Its numbers link to the cards of `group`. If the answer is shown in the program's own quotes, `whole` is the answer
    that has them.
    """
    below = _aside(answer, group, words) + _switch(whole or answer, group, words, quotes=whole is not None)
    below += _forms(answer, group, words) + _actions(group, words, verdict)
    if answer.status == "not_found":
        wide = " " + button("wide", group, words("search_all"), "text") if answer.searched else ""
        said = f'<p class="verdict">{literal(answer.note)}{wide}</p>{_meant(answer, group, words)}'
        return f'<div class="reply done notfound">{said}{below}</div>'
    if answer.status == "about":
        return f'<div class="reply done"><p class="sentence">{literal(answer.note)}</p>{below}</div>'
    said, remark = said_html(answer, group, read, words), answer.remark
    if any(part.kind == "sources" for part in answer.note_parts):
        said = _sources(answer, group, said, words)
        remark = note_text([part for part in answer.note_parts if part.kind not in ("sources", "unanswered")])
    return f'<div class="reply done">{with_note(answer, said, remark)}{_meant(answer, group, words)}{below}</div>'


def with_note(answer: Answer, said: str, remark: str) -> str:
    """Put the lead of an answer before the HTML of its sentences, and a remark after it."""
    lead = f'<p class="verdict">{literal(answer.lead)}</p>' if answer.lead else ""
    return lead + said + (f'<p class="note">{literal(remark)}</p>' if remark else "")


def _sources(answer: Answer, group: int, said: str, words: Words) -> str:
    """Render the documents of an answer to a request for sources, each with what it is based on.

    The sentences (`said`) are folded below them.
    """
    items = ""
    for cited in by_document(answer.citations):
        links = "".join(link(group, citation, words) for citation in cited)
        items += f"<li><b>{literal(cited_as(cited[0], words))}</b> {links}{sources_html(cited, words)}</li>"
    fold = f'<details class="leftout"><summary>{literal(words("said_there"))}</summary>{said}</details>'
    return f'<ul class="documents-cited">{items}</ul>{fold}'


def partial_html(said: Answer | SoFar, group: int, read: Read, words: Words, count: int) -> str:
    """Render the first `count` sentences of an answer, while it appears."""
    return f'<div class="reply partial">{said_html(said, group, read, words, count)}</div>'


def said_html(said: Answer | SoFar, group: int, read: Read, words: Words, count: int | None = None) -> str:
    """Render the sentences of an answer, or the first `count` of them, with their numbers.

    What a language model wrote keeps its blocks. Quotes have the form that fits the question.
    """
    found = pieces(said.sentences, said.citations, group, read, words)
    if any(s.place for s in said.sentences):
        return written(said if isinstance(said, Answer) else None, found, words, count)
    if isinstance(said, Answer):
        return _foreign(said, words) + body(said, found, words, count)
    return "".join(f'<p class="sentence">{p.html()}</p>' for p in found[:count])


def _foreign(answer: Answer, words: Words) -> str:
    """Render a line that the quotes are not in the language of the question; '' if they are."""
    language = guess_language(" ".join(s.text for s in answer.sentences))
    if not answer.sentences or language == guess_language(answer.question):
        return ""
    return f'<p class="small">{literal(words("quoted_in", tongue=words.tongue(language)))}</p>'


def busy_html(step: str, words: Words) -> str:
    """Render a line on the step that is under way."""
    return f'<div class="busy"><span class="dots"></span>{literal(step + words("marks.ellipsis"))}</div>'


def error_html(sentence: str) -> str:
    """Render a problem, with the next step."""
    return f'<div class="reply done error"><p>{literal(sentence)}</p></div>'


def unsaved_html(sentence: str) -> str:
    """Below an answer: that it was not saved, and why."""
    return f'<p class="small" role="status">{literal(sentence)}</p>'


def stopped_html(words: Words, in_box: bool) -> str:
    """Render a message that the visitor stopped the answer.

    `in_box` is True if its question is in the box again.
    """
    return f'<div class="reply done stopped"><p>{literal(words("stopped_box" if in_box else "stopped"))}</p></div>'


def question_html(text: str) -> str:
    """Render a question as it was typed, without empty lines."""
    return literal(re.sub(r"\s*\n\s*", "\n", text.strip()))


def _meant(answer: Answer, group: int, words: Words) -> str:
    """Render buttons for the questions that may be meant; '' if there are none."""
    asks = "".join(button("ask", f"meant{group}-{n}", q, "chip") for n, q in enumerate(answer.suggestions))
    return f'<div class="meant"><p class="small">{literal(words("meant"))}</p>{asks}</div>' if asks else ""


def _aside(answer: Answer, group: int, words: Words) -> str:
    """Render lines on how the question was read, the dates of the sources, and the time it took."""
    told = [*facts(answer, words), words("seconds", s=f"{answer.seconds:.1f}")]
    said = f'<p class="aside">{" · ".join(map(literal, told))}</p>'
    if not (answer.read_as and is_different_question(answer.question, answer.read_as)):
        return said
    correct = button("correct", group, words("correct"), "text")
    return f'<p class="aside readas">{literal(words("read_as"))} <q>{shown(answer.read_as)}</q> {correct}</p>{said}'


def facts(answer: Answer, words: Words) -> list[str]:
    """Return the dates of an answer's sources, and who wrote it unless it is quoted."""
    span = dated(answer.citations, words)
    found = [words("dated", span=span)] if span else []
    return [*found, *filter(None, [disclosure(answer, words.language)])]


def _forms(answer: Answer, group: int, words: Words) -> str:
    """Render buttons for the other forms of a written answer, and for the other language.

    Their words are understood when they are typed, too.
    """
    if not answer.written:
        return ""
    other = "en" if guess_language(answer.sentences[0].text) == "zh" else "zh"
    asked = "".join(button("form", f"{group}-{form}", words(f"form_{form}"), "chip") for form in (*answer.forms, other))
    return f'<p class="forms">{asked}</p>'


def _switch(answer: Answer, group: int, words: Words, quotes: bool) -> str:
    """Render the model's statements that were left out, and the switch to the program's own answer.

    The statements are folded. The switch is there only if there are both answers.
    """
    used = answer.model
    left = (
        "".join(f"<li><q>{shown(x.text)}</q> {shown(words.sentence(x.reason))}</li>" for x in used.left_out) if used else ""
    )
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


def _actions(group: int, words: Words, verdict: str) -> str:
    """Render the buttons of an answer: those used most as icons, the others in a menu."""
    often = _sign("sources", group, words) + _sign("copy", group, words) + _sign("rewrite", group, words)
    thumbs = "".join(_thumb(name, group, words, verdict) for name in ("up", "down"))
    comment = button("comment", group, words("comment"), "text") if verdict else ""
    right = button("right", group, words("right"), "text") if verdict == "down" else ""
    entries = {"link": "shared_tools"} | {name: name for name in ("again", "why", "bibtex", "evidence")}
    rest = "".join(button(name, group, words(key), "entry") for name, key in entries.items())
    label = literal(words("more"))
    menu = (
        f'<details class="more"><summary class="sign-button" title="{label}">{hidden(words("more"))}'
        f'<span class="sign dots3"></span></summary><span class="menu">{rest}</span></details>'
    )
    return f'<div class="actions">{often}<span class="thumbs">{thumbs}</span>{menu}{comment}{right}</div>'


def _sign(name: str, group: int, words: Words) -> str:
    label = words(name)
    inside = f'{hidden(label)}<span class="sign at-{name}"></span>'
    return (
        f'<button type="button" class="act sign-button" id="act-{name}-{group}" title="{literal(label)}">{inside}</button>'
    )


def _thumb(name: str, group: int, words: Words, verdict: str) -> str:
    label = words(name) + (" " + words("chosen") if name == verdict else "")
    kind = "act sign-button thumb" + (" chosen" if name == verdict else "")
    inside = f'{hidden(label)}<span class="sign {name}"></span>'
    return f'<button type="button" class="{kind}" id="act-{name}-{group}" title="{literal(label)}">{inside}</button>'


# --- around it


def next_html(questions: Sequence[str], words: Words) -> str:
    """Render the questions to ask next; without any, an empty place of the same height."""
    if not questions:
        return '<div class="next"></div>'
    chips = "".join(
        f'<button type="button" class="act chip" id="act-ask-{n}" title="{literal(q)}">{literal(q)}</button>'
        for n, q in enumerate(questions)
    )
    return f'<div class="next" role="group" aria-label="{literal(words("follow"))}">{chips}</div>'
