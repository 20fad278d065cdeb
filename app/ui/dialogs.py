"""The dialogs above the page.

They show who makes it, a document at a quoted place, why an answer is as it is, a comment's form, and the choice of the
right passage.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from importlib.metadata import version
from urllib.parse import urlsplit

from app.sentences import Citation
from app.store.records import Considered, Record
from app.text.words import titles
from app.ui.escape import button, literal, shown
from app.ui.reader import sections_html
from app.ui.titles import by_whom, name_of, title_html
from app.ui.words import Words
from app.web.about import About
from app.web.shelf import Reading
from app.web.visitors import is_loopback
from ingest.documents import Source

_numbers = itertools.count(1)
UNDO = 10
"""Seconds in which a visitor may undo a deletion."""


def _dialog(title: str, content: str, words: Words) -> str:
    """Render a dialog, with a new number each time.

    With the same number, the same document would not open twice.
    """
    number = next(_numbers)
    close = button("close", number, words("close"))
    head = f'<div class="head"><h2 id="dialog-title">{literal(title)}</h2>{close}</div>'
    about = f'class="dialog" id="dialog-{number}" aria-labelledby="dialog-title"'
    return f'<dialog {about}>{head}<div class="body">{content}</div></dialog>'


def about_html(about: About, words: Words) -> str:
    """Render the dialog about the page, which begins with the folder's own introduction.

    It says whose words the page shows, who makes the program, its licence, and whom to ask.
    """
    program = words("about_program", version=version("ask-the-plan"))
    said = (about.spoken(words.language).intro, words("about_words"), program, words("about_contact"))
    return _dialog(words("about"), "".join(f"<p>{literal(text)}</p>" for text in said if text), words)


def rename_html(conversation: str, title: str, words: Words) -> str:
    """Render a form for another title of a conversation, which `page.js` sends."""
    label = literal(words("rename"))
    box = f'<input type="text" id="rename-text" aria-label="{label}" value="{shown(title)}" maxlength="80" autofocus>'
    send = button("retitle", conversation, words("rename"))
    return _dialog(words("rename"), f"<p>{box}</p><p>{send}</p>", words)


def going_html(act: str, what: str, said: str, words: Words) -> str:
    """Render a line on a pending deletion, with a button that undoes it.

    `act` is `delete` for a conversation and `drop` for a document; `said` tells what is deleted with it. After `UNDO`
    seconds `page.js` requests the deletion.
    """
    about = f'class="going" id="going-{act}-{literal(what)}" data-seconds="{UNDO}" data-number="{next(_numbers)}"'
    undo = f'<button type="button" class="undo">{literal(words("undo"))}</button>'
    told = words("marks.between").join((said, words("going_kept")))
    return f"<div hidden {about}><span>{literal(told)}</span>{undo}</div>"


def link_html(link: str, words: Words, kind: str = "answer") -> str:
    """Render the dialog with the link to a shared answer or conversation (`kind`).

    It says who may read there, and offers the same as a file for others. `page.js` copies the link at once, unless it
    opens on this computer only. The dialog says so, and the visitor copies such a link with a button.
    """
    number, local = next(_numbers), is_loopback(urlsplit(link).hostname or "")
    about = f'href="{literal(link)}" target="_blank" rel="noopener" class="link{" local" * local}" id="link-{number}"'
    here = f"<p>{literal(words('shared_here'))} {button('address', number, words('link'))}</p>" if local else ""
    files = " · ".join(
        f'<a href="{literal(link)}.{form}" download>{literal(words(key))}</a>'
        for form, key in (("docx", "shared_word"), ("md", "shared_file"))
    )
    content = f"{here}<p><a {about}>{literal(link)}</a></p><p>{literal(words(f'who_{kind}'))}</p>"
    content += f"<p>{literal(words('shared_as'))} {files}</p>"
    return _dialog(words(f"link_{kind}"), content, words)


def get_html(source: Source, group: int, words: Words) -> str:
    """Render a dialog that says which host is asked for an original, with the button that fetches it."""
    said = words("get_said", title=name_of(source, words), host=urlsplit(source.url).netloc)
    go = button("fetch", f"{group}-{source.key}", words("get_it"), "primary")
    return _dialog(words("get_original"), f"<p>{literal(said)}</p><p>{shown(source.url)}</p><p>{go}</p>", words)


def told_html(title: str, line: str, words: Words) -> str:
    """Render a dialog with a line on work that was begun in a dialog."""
    return _dialog(title, line, words)


def document_html(citation: Citation, reading: Reading | None, words: Words) -> str:
    """Render the whole text of a cited document, with the quoted words marked.

    If the document is gone (`reading` is None), the dialog says so.
    """
    if reading is None:
        return _dialog(name_of(citation, words), f"<p>{literal(words('gone'))}</p>", words)
    return place_html(reading, (citation.start, citation.end), words)


def place_html(reading: Reading, marked: tuple[int, int], words: Words) -> str:
    """Render the whole text of a document, with the words of a span marked."""
    document = reading.document
    title, beside = titles(document, words.language)
    about = " · ".join(shown(t) for t in (beside, by_whom(document, words), document.date, document.origin) if t)
    body = sections_html(reading, reading.passages, marked, words)
    text = f'<p class="by">{about}</p><div class="text" lang="{literal(document.language)}">{body}</div>'
    return _dialog(title, text, words)


def why_html(record: Record, words: Words) -> str:
    """Render a dialog on how a question was read, how sure the program was, and what it considered."""
    rows = "".join(
        f"<tr{' class=quoted' if c.quoted else ''}><td>{c.score:.2f}</td><td>{shown(c.text)}"
        f"{' <b>' + literal(words('quoted')) + '</b>' if c.quoted else ''}</td><td>{title_html(c, words)}</td></tr>"
        for c in record.considered
    )
    heads = "".join(f'<th scope="col">{literal(words(k))}</th>' for k in ("score", "passage", "document"))
    confidence = words("why_confidence", c=f"{record.answer.confidence:.2f}", t=f"{record.threshold:.2f}")
    content = (
        f"<p>{literal(words('read_as'))} <q>{shown(record.answer.standalone_query)}</q></p><p>{literal(confidence)}</p>"
        f"{_model_html(record, words)}<h3>{literal(words('why_passages'))}</h3>"
        f'<div class="wide" tabindex="0"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return _dialog(words("why_title"), content, words)


def _model_html(record: Record, words: Words) -> str:
    """Render a line on the language model's share in an answer, its time and tokens; '' without one."""
    used = record.answer.model
    if used is None:
        return ""
    counts = {"written": used.written, "removed": used.removed, "replaced": used.replaced}
    tokens = {"read": used.input_tokens or "?", "out": used.output_tokens or "?"}
    return f"<p>{literal(words('why_model', name=used.name, s=f'{used.seconds:.1f}', **counts, **tokens))}</p>"


def comment_html(group: int, words: Words) -> str:
    """Render a form for a comment on an answer."""
    title = words("comment_title")
    area = f'<textarea id="comment-text" rows="5" maxlength="2000" aria-label="{literal(title)}"></textarea>'
    return _dialog(title, f"{area}<p>{button('send', group, words('send'), 'primary')}</p>", words)


def right_html(group: int, passages: Sequence[Considered], sought: str, words: Words) -> str:
    """Render a dialog to choose the passage that answers right, with a box to search for others by words."""
    label = literal(words("right_words"))
    box = f'<input id="right-words" type="search" maxlength="300" value="{literal(sought)}" aria-label="{label}">'
    rows = "".join(f"<li>{_choice(group, passage, words)}</li>" for passage in passages)
    found = f'<ul class="choices">{rows}</ul>' if rows else f"<p>{literal(words('right_none'))}</p>" * bool(sought)
    content = f'<p>{literal(words("right_help"))}</p><p class="seek">{box}{button("seek", group, words("seek"))}</p>{found}'
    return _dialog(words("right_title"), content, words)


def _choice(group: int, passage: Considered, words: Words) -> str:
    place = " › ".join(filter(None, (name_of(passage, words), passage.heading)))
    name = literal(f"{group}-{passage.document_id}-{passage.start}")
    inside = f'{shown(passage.text)}<span class="by">{shown(place)}</span>'
    return f'<button type="button" class="act choice" id="act-pick-{name}">{inside}</button>'
