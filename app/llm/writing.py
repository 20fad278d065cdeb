"""The second engine: a language model words what the program has found, and every sentence is checked before it is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from app.answers import Answer, Evidence, ModelUse
from app.groundedness.checker import ClaimChecker
from app.llm.client import CallResult, Writer
from app.llm.guard import AnswerGuard
from app.llm.prompts import overhead, select_context
from app.llm.track_record import TrackRecord
from app.llm.untrusted import plain_text
from app.query.values import Query, Turn
from app.sentences import VerifiedSentence
from ingest.documents import guess_language
from ingest.words import STOPWORDS, tokens

SHARE = 0.25  # of the time that an answer may take, for reading a follow-up
LONGEST = 300  # characters of a question that was rewritten


@dataclass(frozen=True, slots=True)
class Writing:
    """A language model, what checks it, and how that went so far. Safe to share between threads."""

    writer: Writer
    checker: ClaimChecker
    record: TrackRecord = field(default_factory=TrackRecord)

    @property
    def name(self) -> str:
        """The model's, as it was set."""
        return self.writer.name

    def read(self, question: Query, history: Sequence[Turn]) -> tuple[str, CallResult | None]:
        """A question and the turns before it -> the question as the model would ask it alone; '' where the program's own
        reading stands.

        Only a question that the program takes for a follow-up is given to the model, and its words are taken only where they
        hold all that was asked and nothing that nobody has said. Else the program's reading stands.
        """
        if question.standalone == question.text:
            return "", None
        said, done = self.writer.rewrite(question.text, history, self.writer.seconds * SHARE)
        rewritten = plain_text(said.split("\n")[0]).strip("\"'“”")
        return rewritten if _faithful(rewritten, question, history) else "", done

    def write(
        self,
        question: Query,
        quoted: Answer,
        evidence: Sequence[Evidence],
        before: CallResult | None = None,
        gone: threading.Event | None = None,
    ) -> Iterator[VerifiedSentence | Answer]:
        """A question and its evidence -> each sentence that stands, then the answer. `quoted` is the program's own, `before`
        an earlier call for it."""
        started, before = time.monotonic(), before or CallResult(0.0)
        room = self.writer.budget - overhead(question)
        shown = select_context(quoted, evidence, room)
        guard = AnswerGuard(quoted, question.language, shown, self.checker, self.record)
        done = CallResult(0.0, failure="context" if select_context(quoted, evidence, room * 1000) else "orders")
        if shown:
            for event in self.writer.write(question, shown, self.writer.seconds - before.seconds, gone):
                if isinstance(event, CallResult):
                    done = event
                    break
                yield from guard.feed(event)
                if guard.full:
                    done = replace(done, failure="")
                    break
        use = ModelUse(
            name=self.name,
            seconds=before.seconds + time.monotonic() - started,
            input_tokens=before.input_tokens + done.input_tokens,
            output_tokens=before.output_tokens + done.output_tokens,
            failure=done.failure,
        )
        more, answer = guard.close(use)
        yield from more
        yield answer


def _faithful(rewritten: str, question: Query, history: Sequence[Turn]) -> bool:
    """Whether it asks for all that the question does, in words that stand in the conversation, in the same language."""
    if not rewritten or len(rewritten) > LONGEST or guess_language(rewritten) != question.language:
        return False
    said = _words(" ".join([question.text, *(t.content for t in history)]))
    return _words(question.text) <= _words(rewritten) <= said


def _words(text: str) -> set[str]:
    return {w for w in tokens(text) if w not in STOPWORDS}
