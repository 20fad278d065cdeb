"""What a question asks for that the sentences found do not hold: a near miss, named in the program's own words.

Only what can be seen is said: a year or a name of the question that stands nowhere in what was found, a number of the
things that it counts, or a figure or date where it wants one. Where a synonym stands in the texts ("integrators" for
"solution providers") this is wrong, so it takes confidence off an answer and does not refuse it alone.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.answers import Draft, Evidence
from app.query.answer_type import Asked, Kind, asked, stem, years_of
from app.query.outcome import asks_outcome, only_planned, without_plan
from app.query.values import Question
from app.retrieval.candidates import candidates
from ingest.words import STOPWORDS, tokens

DOUBT = 1.7
"""Logits that a missing thing takes off: what had 0.65 has 0.25. On 300 questions on documents that the reader does not know
(below 0.25 not answered) it refuses four of 96 near misses more and none of 164 with an answer (docs/decisions/033)."""
_NAME = re.compile(r"(?<=[\w,’'] )[A-Z][a-z]\w*(?![\w-])")
_RUN = re.compile(r"(?<=[\w,’'] )[A-Z][\w&+-]*(?: [A-Z][\w&+-]*)*")
_BODY = re.compile(r"(?<=[\w,’'] )[A-Z][a-z]+(?: (?:(?:of|for|and|the|on) )*[A-Z][a-z]+){2,}")
_DEFINED = re.compile(
    r"\bwhat(?:'s|’s| is| are| does| do|s)? (?:an? |the )?[\"“'‘]?(?P<a>[\w -]{3,40}?)[\"”'’]?"
    r"(?: (?:even|really|actually))? (?:mean|stand for)\b"
    r"|\bwhat(?:'s|’s| is|s) an? [\"“'‘]?(?P<b>[\w -]{3,40}?)[\"”'’]?[?\s]*$",
    re.IGNORECASE,
)
_LONGEST_TERM = 5  # words; more of them are no term but a sentence
_WITH_NUMERAL = re.compile(r"\b(?:[A-Za-z]\w* )(?:I{2,3}|I?V|VI{1,3}|IX)\b(?![.-])")
_ALIASES = {
    "washington": "us united american", "americans": "us united", "american": "us united", "hague": "netherlands dutch",
    "dutch": "netherlands", "chinese": "china", "beijing": "china", "tokyo": "japan", "japanese": "japan",
    "brussels": "european eu", "taipei": "taiwan", "seoul": "korea",
}  # fmt: skip
"""Words that stand for a state: its capital where the government is meant, and its people."""
_SAID = {
    "en": {"count": "a number of {}", "money": "a sum of money", "share": "a percentage", "figure": "a figure",
           "date": "a date", "year": "a year", "word": "“{}”", "outcome": "what came of it", "of": " for {}"},
    "zh": {"count": "数量", "money": "金额", "share": "百分比", "figure": "数字", "date": "日期", "year": "年份",
           "word": "“{}”", "outcome": "结果如何", "of": "（{}）"},
}  # fmt: skip
_NOTE = {"en": "Not in what was found: {}.", "zh": "找到的内容中没有：{}。"}
_NOTE_WITH = {"en": "What was found speaks of {}. Not in it: {}.", "zh": "找到的内容提到{}，但没有：{}。"}


@dataclass(frozen=True, slots=True)
class Missing:
    """A year or name of the question (`kind` is `word`), or the kind of thing that it wants.

    `what` is the noun counted, `of` the years and names that a figure is wanted for, where it is found for others only.
    """

    kind: Kind | Literal["word", "outcome"]
    what: str = ""
    of: str = ""


def missing(question: Question, draft: Draft, evidence: Sequence[Evidence]) -> tuple[Missing, ...]:
    """What is missing from the draft's sentences, their titles and headings, and, for a name, from all of the evidence.

    Nothing where nothing is said, or where several things are asked for: then what one part names may stand in the other.
    """
    if not draft.sentences or question.parts:
        return ()
    known = {e.key: e for e in evidence}
    sentences = [(s.text, known[s.keys[0]]) for s in draft.sentences if s.keys and s.keys[0] in known]
    quoted = " ".join(_placed(*s) for s in sentences)
    looked_at = " ".join(f"{e.document.title} {e.passage.heading} {e.text}" for e in evidence)
    wanted = asked(question.text) or asked(question.read_as)
    looked_at = _in_our_words(looked_at, question)
    outcome = asks_outcome(question.text)
    # the year of a target is not that of its result
    read_as = without_plan(question.read_as) if outcome else question.read_as
    words = [*_years(read_as, wanted, quoted), *_names(question.read_as, looked_at)]
    words += [m for m in _terms(question.text, looked_at) if not any(m.what in w.what or w.what in m.what for w in words)]
    if outcome and all(only_planned(text) for text, _ in sentences):
        words.append(Missing("outcome"))
    return (*words, *(m for m in _kind(question, wanted, sentences) if not (words and m.of)))


def doubted(draft: Draft) -> Draft:
    """The draft with the confidence that it has when something is missing."""
    return replace(draft, confidences=tuple(_lower(c) for c in draft.confidences))


def missing_note(question: Question, gone: Sequence[Missing], draft: Draft) -> str:
    """A sentence that names what is missing and which names of the question were found instead; '' where nothing is."""
    if not gone:
        return ""
    said = _SAID[question.language]
    words = ", ".join(said[m.kind].format(m.what) + (said["of"].format(m.of) if m.of else "") for m in gone)
    text = " ".join(s.text for s in draft.sentences)
    found = [n for n in dict.fromkeys(_RUN.findall(question.read_as)) if re.search(rf"\b{re.escape(n)}\b", text)]
    if found:
        return _NOTE_WITH[question.language].format(", ".join(found), words)
    return _NOTE[question.language].format(words)


def _lower(confidence: float) -> float:
    """Less by `DOUBT` logits; 0 and 1 stay."""
    if not 0.0 < confidence < 1.0:
        return confidence
    return 1.0 / (1.0 + math.exp(DOUBT - math.log(confidence / (1.0 - confidence))))


def _placed(sentence: str, item: Evidence) -> str:
    """A sentence with the title and heading that it stands under."""
    return f"{sentence} {item.document.title} {item.passage.heading}"


def _in_our_words(text: str, question: Question) -> str:
    """A text followed by the question's own words for what stands in it."""
    return " ".join([text, *(phrase for phrase, term in question.terms if term.lower() in text.lower())])


def _years(question: str, wanted: Asked | None, text: str) -> list[Missing]:
    """The years of the question, where none stands in the text; who asks for a date may name a wrong one."""
    years = years_of(question)
    if not years or (wanted and wanted.kind in ("date", "year")) or any(y in text for y in years):
        return []
    return [Missing("word", y) for y in years]


def _names(question: str, text: str) -> list[Missing]:
    """Names of the question that do not occur in the text, in any form or as the state that they stand for."""
    text, question = _plain(text), _plain(question)
    words = set(tokens(text))
    words |= {stem(w) for w in words}
    asking = " ".join(s for s in re.split(r"(?<=[.?!:])\s", question) if s.endswith("?")) or question
    names = [n for n in dict.fromkeys(_NAME.findall(asking)) if n.lower() not in STOPWORDS]
    known = {n for n in names if n in text or words & {stem(n.lower()), *_ALIASES.get(n.lower(), "").split()}}
    return [Missing("word", n) for n in _together([n for n in names if n not in known], asking)]


def _together(names: Sequence[str], text: str) -> list[str]:
    """Names that follow each other in the text as one."""
    found: list[str] = []
    for name in names:
        if found and f"{found[-1]} {name}" in text:
            found[-1] += f" {name}"
        else:
            found.append(name)
    return found


def _terms(question: str, text: str) -> list[Missing]:
    """What the question wants to have explained or names with three words or more, where these don't stand together in the
    text, and a numbered thing ("phase IV") whose number does not stand there."""
    found = [m["a"] or m["b"] for m in _DEFINED.finditer(question)] + _BODY.findall(question)
    known = f" {' '.join(stem(w) for w in tokens(text))} "
    numbered = [m[0] for m in _WITH_NUMERAL.finditer(question) if f" {m[0].split()[1].lower()} " not in known]
    terms = [t.strip() for t in found if len(t.split()) <= _LONGEST_TERM]
    terms = [t for t in dict.fromkeys(terms) if f" {' '.join(stem(w) for w in tokens(t))} " not in known]
    return [Missing("word", t) for t in (*numbered, *terms)]


def _plain(text: str) -> str:
    """Without the marks on its letters, which questions leave out: Temür is Temur."""
    return re.sub(r"[\u0300-\u036f]+", "", unicodedata.normalize("NFD", text))


def _mentions(text: str, name: str) -> bool:
    """Whether a text, which may be long, holds the name in any form or what it stands for."""
    forms = {name, stem(name.lower()), *_ALIASES.get(name.lower(), "").split()}
    return re.search(rf"\b(?:{'|'.join(map(re.escape, sorted(forms)))})", _plain(text), re.IGNORECASE) is not None


def _kind(question: Question, wanted: Asked | None, sentences: Sequence[tuple[str, Evidence]]) -> list[Missing]:
    """The kind of thing that is asked for, where no sentence holds one. Names, places and lengths take too many forms."""
    if wanted is None or wanted.kind in ("name", "place", "duration") or (wanted.kind == "count" and not wanted.unit):
        return []
    units = [wanted]
    units += [replace(wanted, unit=term.split()[-1]) for said, term in question.terms if wanted.unit == said.lower()]
    holding = [s for s in sentences if any(candidates(question.read_as, s[0], unit) for unit in units)]
    if not holding:
        return [Missing(wanted.kind, wanted.unit)]
    if wanted.kind not in ("count", "money", "figure", "share") or len(re.findall("[?？]", question.read_as)) > 1:
        return []
    lacking = [_lacking(question, *s) for s in holding]
    return [] if "" in lacking else [Missing(wanted.kind, wanted.unit, lacking[0])]


def _lacking(question: Question, sentence: str, item: Evidence) -> str:
    """What a figure is not said of: years of the question that do not stand beside it, names that its document never has."""
    beside = _in_our_words(_placed(sentence, item), question)
    years = [y for y in years_of(question.read_as) if y not in beside]
    names = [m.what for m in _names(question.read_as, beside) if not _mentions(item.document.text, m.what)]
    return ", ".join([*years, *names])
