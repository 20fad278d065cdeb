"""Checks a statement that no judge reads: in its quotes' language it keeps to their words, and its translation to it.

What a translation adds within a clause can only be seen beside the sentence that it translates. So it never stands alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.groundedness.alignment import keys_of
from app.groundedness.checker import denies, fault_of, new_words, plain
from app.groundedness.quantities import figures_of, missing_date, missing_figure
from app.llm.evidence import breadcrumb, passage_text
from app.query.translate import names_in
from app.text.names import capitalised_names
from ingest.documents import Document, Passage, guess_language
from ingest.questions.written import LANGUAGES, WrittenStatement

_CLAUSE_END = re.compile(r"[。、!;:]|[,.](?!\d)|\b(?:and|but|while|which|who)\b")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9&-]+")


def without_judge(statement: WrittenStatement, evidence: Sequence[tuple[Document, Passage]]) -> WrittenStatement | None:
    """Return a statement as it may stand if nobody judges it, None if it may not.

    In the language of its quotes it says nearly what they say, in their words. In the other language the same sentence
    stands behind it in brackets.
    """
    passages = [passage_text(d, p) for d, p in evidence]
    titles = ". ".join(dict.fromkeys(breadcrumb(d, p) for d, p in evidence))
    language = guess_language("\n".join(passages))
    (other,) = set(LANGUAGES) - {language}
    text, translation = plain(statement.text[language]), plain(statement.text[other])
    if fault_of(text, passages, titles) or new_words(text, "\n".join([*passages, titles])):
        return None
    if _differ(text, translation) or _adds(translation, text):
        return None
    return statement.model_copy(update={other: f"{statement.text[other]} ({statement.text[language]})"})


def _differ(text: str, translation: str) -> bool:
    """Return True if two texts have other figures or dates, or only one of them denies something."""
    for one, other in ((text, translation), (translation, text)):
        figures = figures_of(other)
        if missing_date(one, other) or any(missing_figure(f, figures, one, other) for f in figures_of(one)):
            return True
    return denies(text) != denies(translation)


def _adds(translation: str, text: str) -> bool:
    """Return True if a translation has a name that the text lacks, or a clause without any word of it."""
    keys = keys_of(text)
    names = [*names_in(translation), *_LATIN_NAME.findall(translation)]
    if guess_language(translation) == "en":
        names = [translation[slice(*span)] for span in capitalised_names(translation)]
    parts = [*(n for n in names if n not in text), *filter(keys_of, _CLAUSE_END.split(translation))]
    return any(keys.isdisjoint(keys_of(part)) for part in parts)
