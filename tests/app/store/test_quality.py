"""The eval report as the page tells it."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from app.store.quality import (
    SHIPPED,
    ReportError,
    Share,
    for_page,
    latest_report,
    percent,
    read_quality,
    read_strangers,
)
from app.ui.quality_tab import report_html
from app.ui.words import Words, words_for
from evals.cases import read_lines
from evals.run import state
from evals.visitors import groups
from tests.report import whole_run, write_report

EN, ZH = Words("en"), Words("zh")


def test_a_report_is_counted_as_the_evals_count_it(tmp_path: Path) -> None:
    quality = read_quality(write_report(tmp_path))
    assert (quality.right.hits, quality.right.cases) == (30, 40)
    assert (quality.refused.hits, quality.refused.cases) == (4, 40)
    assert (quality.invented.hits, quality.invented.cases) == (10, 20)
    assert sum(share.cases for _, share in quality.by_category()) == 60


@pytest.mark.parametrize(("hits", "cases"), [(0, 0), (0, 10), (10, 10), (5, 10), (1, 1000)])
def test_an_interval_holds_the_share(hits: int, cases: int) -> None:
    share = Share(hits, cases)
    low, high = share.interval
    assert 0 <= low <= share.value <= high <= 1


def test_where_no_report_was_made_the_one_that_comes_with_the_program_is_told(tmp_path: Path) -> None:
    assert latest_report(tmp_path) == SHIPPED
    quality = read_quality(SHIPPED)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", quality.written)
    assert re.fullmatch(r"\d+\.\d+\.\d+, commit [0-9a-f]{7,}", quality.state), "written from a tree with changes"
    html = unescape(report_html(latest_report(tmp_path), EN))
    assert all(text in html for text in (quality.written, quality.state, "comes with the program"))
    plain, _, details = html.partition("<details")
    assert quality.written in plain
    assert quality.state in details
    assert "commit" not in plain
    assert "make eval" not in html, "a visitor runs nothing"
    own = write_report(tmp_path)
    assert latest_report(tmp_path) == own
    assert "comes with the program" not in report_html(own, EN)


def test_the_report_that_comes_with_the_program_is_what_a_run_of_today_would_write() -> None:
    def form(report: dict[str, Any]) -> Any:
        return set(report), {tuple(r) for r in report["results"]}, {tuple(r["answer"]) for r in report["results"]}

    shipped, now = json.loads(SHIPPED.read_text(encoding="utf-8")), json.loads(for_page(json.loads(whole_run().to_json())))
    assert form(shipped) == form(now), "ask-the-plan eval --write-baseline"
    assert {"threshold", *state()} <= set(shipped["settings"])
    assert {r["split"] for r in shipped["results"]} == {"report"}
    assert len(shipped["results"]) > 150


def test_what_is_told_counts_as_the_whole_run(tmp_path: Path) -> None:
    small = tmp_path / "small.json"
    small.write_text(for_page(json.loads(whole_run().to_json())), encoding="utf-8")
    whole, shortened = read_quality(write_report(tmp_path)), read_quality(small)
    assert shortened.asked == whole.asked
    assert shortened.threshold == whole.threshold


def test_what_corrects_a_false_premise_is_not_invented(tmp_path: Path) -> None:
    raw = json.loads(write_report(tmp_path).read_text(encoding="utf-8"))
    wrong = [r for r in raw["results"] if not r["answerable"] and r["answer"]["status"] == "answered"]
    wrong[0]["reason"] = ""
    file = tmp_path / "corrected.json"
    file.write_text(json.dumps(raw), encoding="utf-8")
    assert read_quality(file).invented.hits == len(wrong) - 1


def test_no_report_and_a_broken_one_are_told(tmp_path: Path) -> None:
    file = tmp_path / "eval.json"
    with pytest.raises(ReportError):
        read_quality(file)
    for text in ("", "[]", "{}", '{"results": [], "settings": {}}', '{"results": [{}], "settings": {}}'):
        file.write_text(text)
        with pytest.raises(ReportError):
            read_quality(file)
        assert "cannot be read" in report_html(file, EN)


@pytest.mark.parametrize("words", [EN, ZH])
@pytest.mark.parametrize("has_report", [True, False])
def test_the_first_figure_is_what_strangers_got(tmp_path: Path, words: Words, has_report: bool) -> None:
    html = report_html(write_report(tmp_path) if has_report else tmp_path / "none.json", words)
    text = unescape(re.sub(r"<[^>]*>", " ", html))
    assert [int(n) for n in re.findall(r"\d+", text)[:4]] == [100, 43, 30, 27]
    day_at = text.index(words.day("2026-12"))
    assert all(text.index(figure) > day_at for figure in ("160", "99%", "36%", "51%"))
    assert text.index(words("q_own")) > day_at
    groups = dict(read_strangers().groups)
    assert (groups["q_forms"].hits, groups["q_forms"].cases) == (4, 24)
    assert all(words(name) in text and words(name) != name for name in groups)


def test_the_figures_of_strangers_are_those_of_the_readme_and_the_results() -> None:
    strangers = read_strangers()
    for page in ("README.md", "docs/results.md"):
        text = Path(page).read_text(encoding="utf-8")
        assert f"{strangers.good.value:.0%} of {strangers.good.cases} turns".replace("%", " %") in text
        assert f"{strangers.bad:.0%} a bad one".replace("%", " %") in text
    with_answer = sum(share.cases for name, share in strangers.groups if name in ("q_held", "q_half_held", "q_not_held"))
    assert with_answer <= strangers.good.cases
    assert strangers.good.value + strangers.partly + strangers.bad == pytest.approx(1, abs=0.01)


def test_the_groups_of_strangers_are_counted_from_their_verdicts_and_told_alike() -> None:
    def good(run: str) -> dict[str, Share]:
        turns, verdicts = (read_lines(Path(f"evals/blind/{run}.{kind}.jsonl")) for kind in ("answers", "judged"))
        judged = {v["id"]: v for v in verdicts}
        counted = groups(turns, judged).items()
        return {name: Share(sum(judged[t["id"]]["verdict"] == "GOOD" for t in of), len(of)) for name, of in counted}

    told, now = dict(read_strangers().groups), good("s")
    results = " ".join(Path("docs/results.md").read_text(encoding="utf-8").split())
    html = report_html(Path("none.json"), EN)
    names = {"q_half_held": "held in part", "q_not_held": "not held", "q_followups": "follow-ups", "q_chinese": "in Chinese"}
    for key, name in names.items():
        assert told[key] == now[name]
        share = percent(now[name].value)
        assert f"{share[:-1]} % of {now[name].cases}" in results
        assert f'<td class="n">{share}</td>' in html


def test_the_readme_compares_what_the_verdicts_of_a_strong_model_say() -> None:
    def good(run: str) -> str:
        verdicts = [v["verdict"] for v in read_lines(Path(f"evals/blind/{run}.judged.jsonl"))]
        return f"{verdicts.count('GOOD') / len(verdicts):.0%}".replace("%", " %")

    readme = Path("README.md").read_text(encoding="utf-8")
    assert f"strong language model: {good('r.model')} good answers" in readme
    assert f"a plain RAG got {good('r.rag')}:" in readme
    assert f"{read_strangers().with_model:.0%}".replace("%", " %") == good("r.model")


@pytest.mark.parametrize("words", [EN, ZH])
def test_a_reader_sees_shares_and_no_markup_of_a_question(tmp_path: Path, words: Words) -> None:
    html = report_html(write_report(tmp_path), words)
    assert "75%" in html
    assert "<i>?" not in html
    assert "<b>" not in html.replace('<b style="', "")


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [("auto", "zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("auto", "de,fr", "en"), ("auto", "", "en"), ("zh", "en-US", "zh"),
     ("en", "zh-TW", "en"), ("auto", "de, zh", "zh")],
)  # fmt: skip
def test_the_language_is_the_chosen_one_or_the_browser_s(chosen: str, accepted: str, language: str) -> None:
    assert words_for(chosen, accepted).language == language
