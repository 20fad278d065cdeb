"""A model's exam in words, English and Chinese: what it may do and why, neutral, and no more than is so."""

from __future__ import annotations

from pathlib import Path

from app.llm.exam import ExamResult, Wrote
from app.llm.exam_record import known
from app.llm.prompts import Form

_JUDGES = {
    True: ("its judgement counts ({right} of {all})", "它的判断有效（{all} 题中答对 {right} 题）"),
    False: ("its judgement does not count ({right} of {all})", "它的判断不采用（{all} 题中答对 {right} 题）"),
}
_FORMS: dict[Form, tuple[str, str]] = {
    "cited": ("its provider's citations work", "支持其提供方的引文功能"),
    "json": ("structured output works", "支持结构化输出"),
    "text": ("structured output does not work, it is asked in text", "不支持结构化输出，改用文本格式"),
}
_QUOTES = {
    True: ("it quotes exactly", "引文准确"),
    False: ("it does not always quote exactly, or answers where nothing is stated", "引文并非总是准确，或在没有答案时作答"),
}
_OWN = ("its own words are shown once verified", "核实后显示它自己的表述")
_UNJUDGED = (
    "without another model that judges it may only say what passages say nearly word for word",
    "没有另一个模型来判断时，它只能说与文件几乎逐字相同的内容",
)
_NEAR = (
    "it may only say what passages say nearly word for word",
    "它只能说与文件几乎逐字相同的内容",
)
_JUDGE_ONLY = ("it was examined as a judge alone", "只测试了它的判断")


def sentence(result: ExamResult, language: str = "en") -> str:
    """A result -> what it means, in one sentence: for a model that judges itself and answers as it does best."""
    judged = result.judged
    said = [_in(language, _JUDGES[result.judges]).format(right=judged.right, all=judged.all)]
    if not result.writes:
        return _joined(result.model, [*said, _in(language, _JUDGE_ONLY)], "", language)
    quotes = result.quotes(result.form)
    said += [_in(language, _FORMS[result.form]), _in(language, _QUOTES[quotes])]
    outcome = _NEAR if not quotes else _OWN if result.judges else _UNJUDGED
    return _joined(result.model, said, _in(language, outcome), language)


def words_for(data: Path, model: str, address: str, language: str = "en") -> str:
    """A model's name and address -> what its exam says of it, '' where it was not examined."""
    result = known(data, model, address)
    return sentence(result, language) if result else ""


def table(result: ExamResult) -> list[tuple[str, str]]:
    """A result -> what was counted, line by line."""
    judged = result.judged
    doubted, missed = (f" (not: {', '.join(kinds)})" if kinds else "" for kinds in (judged.doubted, judged.missed))
    rows = [
        ("statements that follow, let pass", f"{judged.passed} of {judged.supported}{doubted}"),
        ("statements that do not follow, refused", f"{judged.refused} of {judged.wrong}{missed}"),
    ]
    for name, form in (("text", result.text), ("structured", result.json), ("citations", result.cited)):
        rows += _lines(name, form) if form else []
    return [*rows, ("date, version of the exam", f"{result.date}, {result.version}")]


def _lines(name: str, form: Wrote) -> list[tuple[str, str]]:
    return [
        (f"{name}: answers that quote exactly", f"{form.exact} of {form.answers}"),
        (f"{name}: questions without an answer, left unanswered", f"{form.declined} of {form.unanswerable}"),
        (f"{name}: says what is not stated", f"{form.told} of {form.partly}"),
    ]


def _joined(model: str, said: list[str], outcome: str, language: str) -> str:
    comma, colon, stop = ("，", "：", "。") if language == "zh" else (", ", ": ", ".")
    return f"{model}{colon}{comma.join(said)}{colon + outcome if outcome else ''}{stop}"


def _in(language: str, pair: tuple[str, str]) -> str:
    return pair[int(language == "zh")]
