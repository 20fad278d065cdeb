"""Questions worth a click that a document answers, made from its own sentences and headings, without a model.

Each comes with the passages that should answer it, so that it can be asked once before it is offered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

from app.answering.outline import Part, outline
from ingest.documents import Document, Passage

MAX_KIND = 8  # questions of one kind
_WORD = r"(?!(?:which|that|who|is|are|was|were|it|they|can|will|has|have|you|we)\b)[\w’'&.-]+"
_PHRASE = rf"(?:{_WORD} ){{1,3}}?(?:of|for|in|on|between) (?:{_WORD} ){{0,4}}?{_WORD}"
_FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"(?!(?:This|It|That)\b)[“\"]?(?P<x>[A-Z][\w’'. -]{1,40}?)[”\"]? (?:refers to|means) ", "What does “{x}” mean?"),
        (r"(?!(?:This|It|That|There|He|She|Here)\b)(?P<x>[A-Z][\w.&-]*(?: [A-Z][\w&.-]*){0,4}|\w+-\w+) is (?:an?|the) ",
         "What is {x}?"),
        (rf"(?:The|the) (?P<x>{_PHRASE}) (?P<v>is|was) (?=(?:about|around|to|an?|the|that|only|at)\b|[\d$€£“\"])",
         "What {v} the {x}?"),
        (rf"(?:The|the) (?P<x>{_PHRASE}) (?P<v>was|were) (?P<w>founded|opened|signed|adopted|released|published|launched|"
         r"approved|introduced|built|set up|completed|started|created) (?=.*\d{4})", "When {v} the {x} {w}?"),
        (r"(?:Some of )?(?:the|these|The|These) (?P<x>\w+s(?: [^:]{3,50}?)?) (?:are|include)(?: the following)?:",
         "What are the {x}?"),
    ),
    "zh": (
        (r"(?!如果|因为|虽然|其|它|那)(?P<x>[^，。：；“”（）()、\s\d这本]{2,12})(?:，?是指|是一[种个项份部]|指的是)",
         "什么是{x}？"),
        (r"(?P<x>[^，。：；\s\d]{2,20}(?:额|规模|预算|资|数|量|面积|目标|期限|比重|比例|率))(?:约?为|是|达到?|不少于)(?=.{0,4}\d)",
         "{x}是多少？"),
        (r"(?P<x>[^，。：；\s\d]{2,20})(?:于|在)\d{4}年[\d月日]*(?P<w>成立|通过|发布|公布|实施|施行|签署|启动|建成|获批)",
         "{x}是什么时候{w}的？"),
    ),
    "de": ((
        r"(?!(?:Dies\w*|Das?|Es|Er|Sie|Damit|Hier|Dabei|Dann|So|Wer)\b)(?P<x>[A-ZÄÖÜ][\w-]+) ist (?:eine?|der|die|das) ",
        "Was ist {x}?",
    ),),
    "fr": ((r"(?!(?:Ce|Il|Elle|On)\b)(?P<x>(?:L[ea] )?[A-ZÉ][\w-]+) est (?:une?|la|le) ", "Qu’est-ce que {x} ?"),),
    "es": ((r"(?!(?:Este|Esta|Esto)\b)(?P<x>[A-ZÁÉ][\w-]+) es (?:una?|el|la) ", "¿Qué es {x}?"),),
}  # fmt: skip
"""By language, how a sentence begins that says what something is, how much or when, and the question that asks so."""
_GIST = {
    "en": "What is this document about?",
    "zh": "这份文件讲了什么？",
    "de": "Worum geht es in diesem Dokument?",
    "fr": "De quoi parle ce document ?",
    "es": "¿De qué trata este documento?",
}
_STATED = {language: [(re.compile(form), asked) for form, asked in forms] for language, forms in _FORMS.items()}
_DAY = re.compile(r"\b(?P<w>Released|Published|Adopted|Issued|Updated|Signed)\b:? [^.]{0,12}\d")
_VERSION = re.compile(r"(?:version |release |v)?\[?\d+\.\d+(?:\.\d+)*\]?$", re.IGNORECASE)
_PLURAL = re.compile(r"(?!How|What|Why)[A-Za-z][a-z-]+(?: [a-z-]+){0,4}?(?<!s)s(?: (?:of|in|for) [\w ]{2,30})?")
_BY_HAN = re.compile(r"(?!.*小结)[\u4e00-\u9fff]{2,12}")


@dataclass(frozen=True, slots=True)
class DocumentQuestion:
    """A question about a document, with the passages of which one should be quoted."""

    text: str
    passages: tuple[Passage, ...]


def gist_question(language: str) -> str:
    """Return the question what a document is about, in its language if that has one here."""
    return _GIST.get(language[:2], _GIST["en"])


def document_questions(document: Document, passages: Sequence[Passage]) -> tuple[DocumentQuestion, ...]:
    """Make questions of a document's headings, lists, definitions, figures and dates, which take turns."""
    parts = [part for part in outline(document, passages) if not part.level]
    kinds: list[Iterator[DocumentQuestion]] = [
        _asked_by_headings(parts),
        *(_of_sentences(form, asked, document, passages) for form, asked in _STATED.get(document.language[:2], ())),
        _of_days(document, parts),
        _of_lists(document, parts),
    ]
    found: dict[str, DocumentQuestion] = {}
    for turn in zip_longest(*(islice(kind, MAX_KIND) for kind in kinds)):
        for question in filter(None, turn):
            found.setdefault(question.text, question)
    return tuple(found.values())


def _title(part: Part) -> str:
    return part.title.split(" › ")[-1].strip(" .。")


def _asked_by_headings(parts: Sequence[Part]) -> Iterator[DocumentQuestion]:
    return (DocumentQuestion(_title(part), part.quotes) for part in parts if _title(part).endswith(("?", "？")))


def _of_days(document: Document, parts: Sequence[Part]) -> Iterator[DocumentQuestion]:
    """Ask when what a heading names was released, if the heading or the line below it says so."""
    for part in parts:
        title, first = _title(part), next(iter(part.passages), None)
        if inline := _DAY.search(title):
            place, title, day = part.own, title[: inline.start()].strip(" ,(–-"), inline
        elif first and (below := _DAY.match(first.read(document.text))):
            place, day = first, below
        else:
            continue
        if place and 3 < len(title) < 40:
            yield DocumentQuestion(f"When was {title} {day['w'].lower()}?", (place,))


def _of_lists(document: Document, parts: Sequence[Part]) -> Iterator[DocumentQuestion]:
    for part in parts:
        title, listed = _title(part), part.listed(document.text)
        plural = _PLURAL.fullmatch(title.capitalize() if title.isupper() else title)
        if not listed:
            continue
        if document.language == "zh" and _BY_HAN.fullmatch(title):
            yield DocumentQuestion(f"{title}有哪些？", listed)
        elif document.language == "en" and plural:
            yield DocumentQuestion(f"What are the {plural[0][0].lower()}{plural[0][1:]}?", listed)
        elif document.language == "en" and _VERSION.match(title):
            yield DocumentQuestion(f"What changed in {title}?", listed)


def _of_sentences(
    form: re.Pattern[str], asked: str, document: Document, passages: Sequence[Passage]
) -> Iterator[DocumentQuestion]:
    for passage in passages:
        match = form.match(passage.read(document.text))
        if match and passage.kind != "row":
            yield DocumentQuestion(asked.format(**match.groupdict()), (passage,))
