"""The conversation as HTML.

Gradio's chat takes out attributes such as `aria-label` and `data-…`: what a button does stands in its id, `act-NAME-WHAT`,
and what only a screen reader hears in a hidden text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup

from app.answers import Answer, note_text
from app.store.export import disclosure
from app.text.words import other_question
from app.ui.cards import sources_html
from app.ui.escape import literal
from app.ui.excerpts import by_document
from app.ui.forms.body import body, written
from app.ui.forms.figure import dated
from app.ui.forms.pieces import Read, link, pieces
from app.ui.session import SoFar
from app.ui.template import macros
from app.ui.titles import cited_as
from app.ui.words import Words
from ingest.documents import guess_language


def answer_html(
    answer: Answer, group: int, read: Read, words: Words, verdict: str = "", whole: Answer | None = None
) -> Markup:
    """Render the message of an answer as one HTML block without an empty line.

    Its numbers link to the cards of `group`. If the answer is shown in the program's own quotes, `whole` is the answer
    that has them.
    """
    html = macros("answer", words)
    below = html.below(
        whole or answer,
        group,
        verdict,
        glance=_glance(answer, words),
        facts=[*facts(answer, words), words("seconds", s=f"{answer.seconds:.1f}")],
        read_as=other_question(answer.question, answer.read_as, answer.confidence),
        as_quotes=whole is not None,
    )
    if answer.status == "not_found":
        return html.not_found(answer, group, below)
    if answer.status == "about":
        return html.about(answer.note, below)
    content, remark = sentences_html(answer, group, read, words), answer.remark
    if any(part.kind == "sources" for part in answer.note_parts):
        content = html.documents_cited(_documents_cited(answer, group, words), content)
        remark = note_text([part for part in answer.note_parts if part.kind not in ("sources", "unanswered")])
    return html.answered(with_note(answer, content, remark, words), answer.suggestions, group, below)


def with_note(answer: Answer, content: Markup, remark: str, words: Words) -> Markup:
    """Put the lead of an answer before the HTML of its sentences, and a remark after it."""
    return macros("answer", words).with_note(answer.lead, content, remark)


def _glance(answer: Answer, words: Words) -> list[str]:
    """Return in a few words who wrote an answer, how many sources it rests on and from which years; [] without sources."""
    cited = answer.citations
    if not cited:
        return []
    written = "composed" if answer.composed else "written"
    writer = words(f"glance_{written if answer.written else 'worded' if answer.worded_by else 'quoted'}")
    number = len({s.key for c in cited for s in c.sources} or {c.document_id for c in cited})
    years = sorted({s.date[:4] for c in cited for s in c.sources if s.date})
    span = "–".join(dict.fromkeys((*years[:1], *years[-1:])))
    return [writer, words.count("source_one", "sources_n", number), *filter(None, (span,))]


def forms(answer: Answer) -> tuple[str, ...]:
    """Return the names of the other forms of a written answer, and the other language; none for a quoted answer.

    Their words are understood when they are typed, too.
    """
    if not answer.written:
        return ()
    return (*answer.forms, "en" if guess_language(answer.sentences[0].text) == "zh" else "zh")


def _documents_cited(answer: Answer, group: int, words: Words) -> list[tuple[str, Markup, Markup]]:
    """Return the documents of an answer, each with its name, the numbers of its citations and what it is based on."""
    return [
        (cited_as(cited[0], words), Markup("".join(link(group, c, words) for c in cited)), sources_html(cited, words))
        for cited in by_document(answer.citations)
    ]


def partial_html(partial: Answer | SoFar, group: int, read: Read, words: Words, count: int) -> Markup:
    """Render the first `count` sentences of an answer, while it appears."""
    return macros("answer", words).partial(sentences_html(partial, group, read, words, count))


def sentences_html(partial: Answer | SoFar, group: int, read: Read, words: Words, count: int | None = None) -> Markup:
    """Render the sentences of an answer, or the first `count` of them, with their numbers.

    What a language model wrote keeps its blocks. Quotes have the form that fits the question.
    """
    parts = pieces(partial.sentences, partial.citations, group, read, words)
    answer = partial if isinstance(partial, Answer) else None
    if any(s.place for s in partial.sentences):
        return Markup(written(answer, parts, words, count))
    if answer:
        return _foreign(answer, words) + Markup(body(answer, parts, words, count))
    return Markup("".join(f'<p class="sentence">{p.html()}</p>' for p in parts[:count]))


def _foreign(answer: Answer, words: Words) -> Markup:
    """Render a line that the quotes are not in the language of the question; '' if they are."""
    language = guess_language(" ".join(s.text for s in answer.sentences))
    if not answer.sentences or language == guess_language(answer.question):
        return Markup()
    return macros("parts", words).small(words("quoted_in", tongue=words.tongue(language)))


def busy_html(step: str, words: Words) -> Markup:
    """Render a line on the step that is under way."""
    return macros("answer", words).busy(step)


def error_html(sentence: str) -> Markup:
    """Render a problem, with the next step."""
    return macros("answer", Words()).error(sentence)


def unsaved_html(sentence: str) -> Markup:
    """Render a line below an answer that was not saved, with the reason."""
    return macros("answer", Words()).unsaved(sentence)


def stopped_html(words: Words, in_box: bool) -> Markup:
    """Render a message that the visitor stopped the answer.

    `in_box` is True if its question is in the box again.
    """
    return macros("answer", words).stopped(in_box)


def question_html(text: str) -> Markup:
    """Render a question as it was typed, without empty lines."""
    return Markup(literal(re.sub(r"\s*\n\s*", "\n", text.strip())))


def facts(answer: Answer, words: Words) -> list[str]:
    """Return the dates of an answer's sources, and who wrote it unless it is quoted."""
    span = dated(answer.citations, words)
    dates = [words("dated", span=span)] if span else []
    return [*dates, *filter(None, [disclosure(answer, words.language)])]


def next_html(
    questions: Sequence[str], words: Words, asked_forms: Sequence[str] = (), group: int = 0, about: str = ""
) -> Markup:
    """Render other forms of answer `group` and the questions to ask next; without any, an empty place of the same height.

    `about` is what stands before them: after a refusal, what the documents are about.
    """
    return macros("answer", words).next(questions, asked_forms, group, about)
