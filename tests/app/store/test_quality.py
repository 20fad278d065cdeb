"""The eval report as the page tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.store.quality import ReportError, Share, read_quality
from app.ui.quality_tab import report_html, tradeoff
from app.ui.words import LANGUAGES, Words, translations, words_for
from tests.report import write_report

EN, ZH = Words("en"), Words("zh")


def test_a_report_is_counted_as_the_evals_count_it(tmp_path: Path) -> None:
    quality = read_quality(write_report(tmp_path))
    assert quality
    assert (quality.right.hits, quality.right.cases) == (30, 40)
    assert (quality.refused.hits, quality.refused.cases) == (4, 40)
    assert (quality.invented.hits, quality.invented.cases) == (10, 20)
    assert sum(share.cases for _, share in quality.by_category()) == 60
    assert quality.at(0)[1].value == 1
    assert quality.at(1)[0].value == 1
    at_half = quality.at(quality.threshold)
    assert (at_half[0].hits, at_half[1].hits) == (4, 1)


def test_stricter_refuses_more_and_answers_less(tmp_path: Path) -> None:
    quality = read_quality(write_report(tmp_path))
    assert quality
    pairs = [quality.at(n / 20) for n in range(21)]
    assert [o.value for o, _ in pairs] == sorted(o.value for o, _ in pairs)
    assert [h.value for _, h in pairs] == sorted((h.value for _, h in pairs), reverse=True)


@pytest.mark.parametrize(("hits", "cases"), [(0, 0), (0, 10), (10, 10), (5, 10), (1, 1000)])
def test_an_interval_holds_the_share(hits: int, cases: int) -> None:
    share = Share(hits, cases)
    low, high = share.interval
    assert 0 <= low <= share.value <= high <= 1


def test_no_report_and_a_broken_one_are_told(tmp_path: Path) -> None:
    file = tmp_path / "eval.json"
    assert read_quality(file) is None
    assert "make eval" in report_html(file, EN)
    assert "make eval" in tradeoff(file, 0.5, EN)
    for text in ("", "[]", "{}", '{"results": [], "settings": {}}', '{"results": [{}], "settings": {}}'):
        file.write_text(text)
        with pytest.raises(ReportError):
            read_quality(file)
        assert "cannot be read" in report_html(file, EN)


@pytest.mark.parametrize("words", [EN, ZH])
def test_a_reader_sees_shares_and_no_markup_of_a_question(tmp_path: Path, words: Words) -> None:
    html = report_html(write_report(tmp_path), words)
    assert "75%" in html
    assert "<svg" in html
    assert "<i>?" not in html
    assert "<b>" not in html.replace('<b style="', "")
    assert "50%" in tradeoff(write_report(tmp_path), 0.45, words) or words


def test_every_word_stands_in_both_languages() -> None:
    both = translations()
    assert set(both) == set(LANGUAGES)
    assert all(set(both["en"]) == set(found) for found in both.values())
    for key, said in both["en"].items():
        assert said
        assert both["zh"][key]
        assert said.count("{") == both["zh"][key].count("{"), key


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [("auto", "zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("auto", "de,fr", "en"), ("auto", "", "en"), ("zh", "en-US", "zh"),
     ("en", "zh-TW", "en"), ("auto", "de, zh", "zh")],
)  # fmt: skip
def test_the_language_is_the_chosen_one_or_the_browser_s(chosen: str, accepted: str, language: str) -> None:
    assert words_for(chosen, accepted).language == language
