"""What a language model wrote -> an answer: each sentence is held against the evidence, and only what it supports is said.

The quotes that the program chose itself stand by: for a sentence that fails, for a model that does, and for an answer that
leaves out what answers best.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from app.answering.verify import cite, reworded
from app.answers import Answer, Evidence, ModelUse
from app.groundedness.checker import ClaimChecker
from app.llm.parse import clean_output
from app.llm.prompts import PromptPassage
from app.llm.track_record import TrackRecord, close_to
from app.sentences import Citation, GeneratedSentence, Sentence, VerifiedSentence
from ingest.documents import guess_language
from ingest.words import STOPWORDS, tokens

log = logging.getLogger(__name__)

MOST = 12
"""Sentences that are taken from a model at most."""
OTHERS = 3
"""Pieces of evidence that are tried beside those that a sentence names."""
FAILURES = {
    "slow": ("The language model did not answer within {s:.0f} s", "语言模型在 {s:.0f} 秒内没有回答"),
    "down": ("The language model cannot be reached", "无法连接语言模型"),
    "broken": ("The connection to the language model broke off", "与语言模型的连接中断"),
    "busy": ("The language model takes no more requests now", "语言模型目前不接受更多请求"),
    "error": ("The language model reported an error", "语言模型报告了错误"),
    "key": ("The language model did not accept the key", "语言模型不接受密钥"),
    "unknown": ("The endpoint does not know this language model", "服务端没有这个语言模型"),
    "context": ("The evidence is too long for the language model", "证据超出了语言模型的长度限制"),
    "endless": ("The language model did not stop writing", "语言模型写个不停"),
    "nonsense": ("The language model wrote nothing that can be read as sentences", "语言模型没有写出可读的句子"),
    "declined": ("The language model found no answer in the evidence", "语言模型没有在证据中找到答案"),
    "language": ("The language model answered in another language", "语言模型用另一种语言作答"),
    "unsupported": (
        "Nothing that the language model wrote has support in the documents",
        "语言模型所写的内容在文件中都没有依据",
    ),
    "doubted": (
        "This language model is often wrong, and no passage says nearly word for word what it wrote",
        "这个语言模型经常出错，它所写的内容与任何原文都不够接近",
    ),
    "orders": (
        "The evidence holds text that gives orders and is shown to no model",
        "证据中含有指令性文字，不会交给语言模型",
    ),
}
QUOTES = ("{why}; these are quotes.", "{why}；以下是原文引用。")
BROKE_OFF = ("{why}.", "{why}。")
FAILED = (
    "Without support in the documents: {n} of the language model's {all} sentences ({quoted} replaced by quotes).",
    "语言模型的 {all} 句话中有 {n} 句在文件中没有依据（{quoted} 句换成了原文）。",
)
DOUBTED = (
    "This language model is often wrong, so it may only say what a passage says nearly word for word.",
    "这个语言模型经常出错，因此只采用与原文几乎逐字相同的句子。",
)
MISSED = ("What answers best is quoted.", "最能回答问题的内容以原文引用。")


class AnswerGuard:
    """Makes one answer. `quoted` is the program's own, verified; it stands where the model fails, whose `record` counts."""

    def __init__(
        self, quoted: Answer, language: str, shown: Sequence[PromptPassage], checker: ClaimChecker, record: TrackRecord
    ) -> None:
        self._quoted, self._language, self._checker, self._record = quoted, language, checker, record
        self._shown = {s.key: s for s in shown}
        self._words = {s.key: _words(s.text) for s in shown}
        self._sentences: list[Sentence] = []
        self._citations: list[Citation] = []
        self._seen: set[str] = set()
        self._foreign = 0
        self._doubted = False
        self.use = ModelUse("")

    @property
    def full(self) -> bool:
        """Whether no further sentence is taken."""
        return self.use.written >= MOST

    def feed(self, written: GeneratedSentence) -> tuple[VerifiedSentence, ...]:
        """A sentence -> what may be said for it: itself, the quote that it cites in its place, or nothing."""
        text = clean_output(written.text, tuple(self._shown.values()))
        same = _letters(text)
        if same in self._seen:  # small models say things twice
            return ()
        self._seen.add(same)
        self.use = replace(self.use, written=self.use.written + 1)
        keys = tuple(k for k in written.keys if k in self._shown)
        support = self._trusted(text, self._support(text, keys) if self._speaks(text, keys) else ())
        if support:
            return (self._say(text, support),)
        quotes = self._quotes_of(keys)
        self._count(removed=not quotes, replaced=bool(quotes))
        return tuple(self._quote(s) for s in quotes)

    def close(self, use: ModelUse) -> tuple[tuple[VerifiedSentence, ...], Answer]:
        """The model's call -> what is said after its last sentence, and the answer. `use` brings name, time, tokens and
        failure."""
        use = replace(use, written=self.use.written, removed=self.use.removed, replaced=self.use.replaced)
        own = len(self._sentences) > use.replaced
        use = use if own or use.failure else replace(use, failure=self._why_nothing())
        left = [s for s in self._quoted.sentences if not self._cites(s)]
        missed = left if use.failure or len(left) == len(self._quoted.sentences) else []
        more = tuple(self._quote(s) for s in missed)
        return more, self._answer(self._notes(use, own, bool(missed)), use)

    # --- parts

    def _words_of(self, pair: tuple[str, str], **values: object) -> str:
        return pair[int(self._language == "zh")].format(**values)

    def _why_nothing(self) -> str:
        if not self.use.written:
            return "nonsense"
        if self._doubted:
            return "doubted"
        return "language" if self._foreign == self.use.written else "unsupported"

    def _speaks(self, text: str, keys: Sequence[str]) -> bool:
        """Whether it is a statement, in the question's language or that of what it cites."""
        asked = {_letters(self._quoted.question), _letters(self._quoted.standalone_query)}
        if not _words(text) or text.endswith(("?", "？", ":", "：")) or _letters(text) in asked:
            return False
        languages = {self._language, *(e.document.language for k in keys for e in self._shown[k].items)}
        if guess_language(text) in languages:
            return True
        self._foreign += 1
        return False

    def _support(self, text: str, keys: tuple[str, ...]) -> tuple[str, ...]:
        """The keys that support the sentence: of those named each that does alone, or all together; else another."""
        alone = tuple(k for k in keys if self._supports(text, (k,)))
        if alone or (len(keys) > 1 and self._supports(text, keys)):
            return alone or keys
        words = _words(text)
        others = sorted((k for k in self._shown if k not in keys), key=lambda k: -len(words & self._words[k]))
        return next(((k,) for k in others[:OTHERS] if self._supports(text, (k,))), ())

    def _trusted(self, text: str, support: tuple[str, ...]) -> tuple[str, ...]:
        """The keys that support the sentence; while the model's record is bad, those that say it nearly word for word."""
        self._record.note(bool(support))
        if not support or not self._record.doubtful:
            return support
        close = tuple(k for k in support if close_to(text, self._shown[k].text))
        self._doubted = self._doubted or not close
        return close

    def _supports(self, text: str, keys: Sequence[str]) -> bool:
        pieces = [self._shown[k] for k in keys]
        verdict = self._checker.check(text, [p.text for p in pieces], ". ".join(p.breadcrumb for p in pieces))
        log.info(
            "%s %s: %s %s", ",".join(keys), "supports" if verdict.supported else "does not support", text, verdict.reason
        )
        return verdict.supported

    def _say(self, text: str, keys: Sequence[str]) -> VerifiedSentence:
        return self._add(text, [cite(0, self._shown[k].items) for k in keys])

    def _quote(self, sentence: Sentence) -> VerifiedSentence:
        return self._add(sentence.text, self._of(sentence), sentence.highlight)

    def _add(self, text: str, citations: Sequence[Citation], highlight: tuple[int, int] | None = None) -> VerifiedSentence:
        """The sentence with its citations; a place that is cited already keeps its number."""
        numbers, new = [], []
        for citation in citations:
            number = next((c.number for c in self._citations if _place(c) == _place(citation)), 0)
            if not number:
                number = len(self._citations) + 1
                new.append(replace(citation, number=number))
                self._citations.append(new[-1])
            numbers.append(number)
        self._sentences.append(Sentence(text, tuple(dict.fromkeys(numbers)), highlight))
        return VerifiedSentence(self._sentences[-1], tuple(new))

    def _quotes_of(self, keys: Sequence[str]) -> list[Sentence]:
        """The program's own quotes among the passages of these keys that nothing cites yet."""
        items = [e for k in keys for e in self._shown[k].items]
        return [
            s
            for s in self._quoted.sentences
            if not self._cites(s) and any(_inside(e, c) for e in items for c in self._of(s))
        ]

    def _of(self, sentence: Sentence) -> list[Citation]:
        return [c for c in self._quoted.citations if c.number in sentence.citations]

    def _cites(self, quoted: Sentence) -> bool:
        """Whether a sentence that stands already cites a place of this quote."""
        return any(
            c.document_id == q.document_id and c.start < q.end and q.start < c.end
            for c in self._citations
            for q in self._of(quoted)
        )

    def _count(self, removed: bool, replaced: bool) -> None:
        self.use = replace(self.use, removed=self.use.removed + removed, replaced=self.use.replaced + replaced)

    def _notes(self, use: ModelUse, own: bool, missed: bool) -> list[str]:
        why = self._words_of(FAILURES[use.failure], s=use.seconds) if use.failure else ""
        if not own:
            return [self._words_of(QUOTES, why=why)]
        notes = [self._words_of(BROKE_OFF, why=why)] if why else []
        if failed := use.removed + use.replaced:
            notes.append(self._words_of(FAILED, n=failed, all=use.written, quoted=use.replaced))
        notes += [self._words_of(DOUBTED)] if self._doubted else []
        return notes + ([self._words_of(MISSED)] if missed else [])

    def _answer(self, notes: Sequence[str], use: ModelUse) -> Answer:
        said = ("" if self._language == "zh" else " ").join(filter(None, [self._quoted.note, *notes]))
        return reworded(self._quoted, self._sentences, self._citations, said, use)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _words(text: str) -> set[str]:
    return {w for w in tokens(text) if w not in STOPWORDS}


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.document_id, citation.start, citation.end


def _inside(evidence: Evidence, citation: Citation) -> bool:
    passage = evidence.passage
    return passage.document_id == citation.document_id and citation.start <= passage.start and passage.end <= citation.end
