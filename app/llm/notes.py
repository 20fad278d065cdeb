"""Notes on a language model's part in an answer, in English and Chinese: plain, and no more than is so."""

from __future__ import annotations

from app.answers import ModelUse

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
    "nonsense": ("The language model wrote nothing that can be read as statements", "语言模型没有写出可读的句子"),
    "declined": ("The language model found no answer in the evidence", "语言模型没有在证据中找到答案"),
    "language": ("The language model answered in another language", "语言模型用另一种语言作答"),
    "unsupported": (
        "None of the language model's statements could be verified",
        "语言模型的陈述都无法核实",
    ),
    "orders": (
        "The evidence holds text that gives orders and is shown to no model",
        "证据中含有指令性文字，不会交给语言模型",
    ),
}
_QUOTES = ("{why}; these are quotes.", "{why}；以下是引文。")
_REFUSED = ("{why}.", "{why}。")
_LEFT_OUT = (
    ("{n} of {all} statements could not be verified and was left out.", "{all} 条陈述中有 {n} 条无法核实，已略去。"),
    ("{n} of {all} statements could not be verified and were left out.", "{all} 条陈述中有 {n} 条无法核实，已略去。"),
)
_REPLACED = (
    (
        "{n} of {all} statements could not be verified; the passage that it cites is quoted instead.",
        "{all} 条陈述中有 {n} 条无法核实，改为引用其所依据的语句。",
    ),
    (
        "{n} of {all} statements could not be verified; the passages that they cite are quoted instead.",
        "{all} 条陈述中有 {n} 条无法核实，改为引用其所依据的语句。",
    ),
)
_UNTESTED = (
    "The language model has not been tested yet: until then it keeps nearly to the words of the documents.",
    "语言模型尚未测试完毕：在此之前，它几乎逐字沿用文件的措辞。",
)
_MISSED = ("What answers best is quoted.", "最能回答问题的内容以引文给出。")


def failure(use: ModelUse, language: str, quotes: bool) -> str:
    """Why a model's words do not stand; '' where they do. `quotes` stand in their place, or nothing does."""
    if not use.failure:
        return ""
    why = _in(language, FAILURES[use.failure]).format(s=use.seconds)
    return _in(language, _QUOTES if quotes else _REFUSED).format(why=why)


def unverified(use: ModelUse, language: str) -> list[str]:
    """Say how many statements are left out, or not in the model's words."""
    counts = ((use.removed, _LEFT_OUT), (use.replaced, _REPLACED))
    return [_in(language, words[min(n, 2) - 1]).format(n=n, all=use.written) for n, words in counts if n]


def untested(language: str) -> str:
    """That a model may say little, for want of an exam."""
    return _in(language, _UNTESTED)


def missed(language: str) -> str:
    """That the program's own quotes stand beside the model's words."""
    return _in(language, _MISSED)


def _in(language: str, pair: tuple[str, str]) -> str:
    return pair[int(language == "zh")]
