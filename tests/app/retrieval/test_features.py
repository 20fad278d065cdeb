"""What a question and a passage have in common."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.retriever import WEIGHTS, feature_scores, passage_features
from app.text.spans import years_of

IMPORTED = "China imported 549.2 billion integrated circuits in 2024."
EXPORTED = "China exported 298.1 billion integrated circuits in 2024."
TARGET = "Basic research is to take over 8 percent of R&D spending by 2025."
PASSAGES = (IMPORTED, EXPORTED, TARGET, "Tea is grown in Anhui.")


def column(name, question, passages=PASSAGES, subjects=None):
    found = passage_features(question, years_of(question), passages, passages, subjects or [""] * len(passages))
    return found[:, list(WEIGHTS).index(name)].tolist()


def best(question, passages=PASSAGES):
    values = feature_scores(question, years_of(question), passages, passages, [""] * len(passages)).tolist()
    return passages[values.index(max(values))]


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("How many integrated circuits did China import in 2024?", IMPORTED),
        ("How many integrated circuits did China export?", EXPORTED),
        ("What share of spending should basic research take?", TARGET),
        ("What share was the goal for 2025?", TARGET),
    ],
)
def test_the_passage_with_most_in_common(question, passage):
    assert best(question) == passage


def test_a_word_that_few_passages_have_counts_more_and_one_that_none_has_counts_nothing():
    imports, exports, *others = column("words", "Which circuits were imported, and which zebras?")
    assert imports == 1.0
    assert 0.0 < exports < 0.5
    assert others == [0.0, 0.0]
    assert column("words", "Zebras?") == [0.0] * 4


def test_how_large_is_not_the_largest():
    texts = ["The largest holders of the fund are banks.", "The fund has 3 billion yuan."]
    found = passage_features("How large is the fund?", (), texts, texts, [""] * 2)
    assert found[:, 0].tolist() == [1.0, 1.0]


def test_words_of_title_and_heading_count_too():
    places = ["Tea. Prices. It rose.", "Chips. Prices. It rose."]
    found = passage_features("What did chips cost?", (), ["It rose."] * 2, places, [""] * 2)
    assert found[:, 0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("question", "years"),
    [
        ("How many in 2024?", [1.0, 1.0, 0.0, 0.0]),
        ("And by 2025, or in 2024?", [1.0, 1.0, 1.0, 0.0]),
        ("How many?", [0.0] * 4),
        ("What about 2021-2025?", [0.0] * 4),
    ],
)
def test_a_year_that_the_question_names(question, years):
    assert column("year", question) == years


@pytest.mark.parametrize(
    ("question", "shares"),
    [
        ("What did research institutes of the state spend in 2023?", [2 / 3, 1.0, 1 / 2, 0.0]),
        ("Who performed in 2023?", [0.0, 1.0, 0.0, 0.0]),
        ("What is basic research?", [1 / 3, 0.0, 1.0, 0.0]),
    ],
)
def test_a_row_is_about_its_first_cell(question, shares):
    subjects = ["government research institutes", "2023", "Basic research (基础研究)", ""]
    assert column("subject", question, subjects=subjects) == pytest.approx(shares)


def test_of_no_passages_nothing_is_said():
    assert feature_scores("What?", (), [], [], []).tolist() == []


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=5), st.randoms(use_true_random=False))
def test_each_feature_lies_between_none_and_all_and_no_passage_depends_on_the_order(question, passages, random):
    found = passage_features(question, years_of(question), passages, passages, passages)
    assert found.shape == (len(passages), len(WEIGHTS))
    assert ((found >= 0.0) & (found <= 1.0 + 1e-9)).all()
    order = random.sample(range(len(passages)), len(passages))
    shuffled = [passages[n] for n in order]
    assert passage_features(question, years_of(question), shuffled, shuffled, shuffled) == pytest.approx(found[order])
