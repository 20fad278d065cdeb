"""The Quality tab: how strangers fared, then the latest eval report, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from app.errors import AskError
from app.store.quality import SHIPPED, QuestionResult, read_quality, read_strangers
from app.ui.template import macros
from app.ui.words import Words

WRONG = 30  # questions listed that went wrong


def report_html(file: Path, words: Words) -> Markup:
    """Render the results of strangers' questions, then the report on our own questions.

    If the file of the report cannot be read, it says so.
    """
    try:
        quality = read_quality(file)
    except AskError:
        quality = None
    html = macros("quality", words, of_hundred, reasons)
    return html.report(read_strangers(), html.own(quality, file == SHIPPED, WRONG) if quality else html.bad_report())


def of_hundred(shares: Sequence[float]) -> list[int]:
    """Round shares that add up to 1 to whole numbers that add up to 100, each up or down."""
    whole = [int(100 * share + 1e-9) for share in shares]
    left = sorted(range(len(shares)), key=lambda n: whole[n] - 100 * shares[n])[: 100 - sum(whole)]
    return [w + (n in left) for n, w in enumerate(whole)]


def reasons(result: QuestionResult, words: Words) -> str:
    """Return in words why an answer went wrong; what else a report says of it is English."""
    if result.answered != result.answerable and not result.crashed:
        return words("report_unsupported" if result.answered else "report_refused", n=result.confidence)
    return words("marks.semicolon").join(words("report_missing", what=m) for m in result.missing) or result.reason
