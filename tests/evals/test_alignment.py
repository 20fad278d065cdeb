"""A judge's labels give precision and recall of the passages of originals that are shown, by language."""

from __future__ import annotations

from evals.alignment import draw, precision_and_recall


def pair(language: str, shown: str, carries: bool, says: bool) -> dict[str, object]:
    return {"language": language, "sentence": "s", "original": "o", "shown": shown, "carries": carries, "says": says}


def test_what_is_shown_is_precision_and_what_the_original_says_recall() -> None:
    judged = [
        pair("en", "a", True, True), pair("en", "b", True, True), pair("en", "c", True, True),
        pair("en", "d", False, True), pair("en", "", False, True), pair("en", "", False, False), pair("zh", "", False, True),
    ]  # fmt: skip
    measures = precision_and_recall(judged)
    assert [(v.value, v.cases) for v in measures["en"]] == [(0.75, 4), (0.6, 5)]
    assert measures["en"][0].low < 0.75 < measures["en"][0].high
    assert [v.cases for v in measures["zh"]] == [0, 1]


def test_pairs_are_drawn_by_language_and_the_same_for_a_seed() -> None:
    pairs = [{"language": lang, "sentence": str(n)} for lang in ("en", "zh") for n in range(20)]
    drawn = draw(pairs, 5, 41)
    assert [p["language"] for p in drawn] == ["en"] * 5 + ["zh"] * 5
    assert drawn == draw(pairs, 5, 41) != draw(pairs, 5, 42)
    assert len(draw(pairs, 50, 41)) == 40
