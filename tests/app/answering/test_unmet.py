"""What a question wants and the sentences found do not hold is named, and lowers the confidence."""

from dataclasses import replace

import pytest

from app.answering.unmet import Missing, doubted, missing, missing_note
from app.answering.verify import verify
from app.answers import Draft, DraftSentence, Evidence
from app.query.decompose import parts
from app.query.values import Question
from ingest.documents import Document
from ingest.split import split

TEXT = """# Origin Quantum

Origin Quantum, a company of Hefei founded in 2017, had applied for over 500 patents by 2022. Its computer has 72 qubits.

| Year | Output (billion yuan) |
|---|---|
| 2022 | 20 |

| Year | Exported (percent of output) |
|---|---|
| 2022 | 30.5 |
"""
DOCUMENT = Document(TEXT, "Origin Quantum", "origin.md", True)
EVIDENCE = [
    Evidence(f"S{n}", DOCUMENT, p, p.read(TEXT)) for n, p in enumerate((p for c in split(DOCUMENT) for p in c.passages), 1)
]


def draft(*keys, confidence=0.6):
    said = tuple(DraftSentence(e.text, (e.key,)) for e in EVIDENCE if e.key in keys)
    return Draft(said, (confidence,), ("S1",))


def asked(question, language="en"):
    return Question(question, question, language, parts=parts(question))


@pytest.mark.parametrize(
    ("question", "keys", "gone"),
    [
        ("How many people does Origin Quantum employ?", ["S1"], [Missing("count", "people")]),
        ("What is the population of Hefei?", ["S1"], [Missing("count", "inhabitants")]),
        ("How many patents has Origin Quantum applied for?", ["S1"], []),
        ("How many qubits does the computer of Origin Quantum have?", ["S2"], []),
        ("How much did Origin Quantum pay?", ["S1"], [Missing("money")]),
        ("How much money did Origin Quantum make?", ["S3"], []),
        ("What share of patents does Origin Quantum hold?", ["S1"], [Missing("share")]),
        ("When was Origin Quantum founded?", ["S1"], []),
        ("When was the computer of Origin Quantum built?", ["S2"], [Missing("date")]),
        ("Why was Origin Quantum closed in 2019?", ["S1"], [Missing("word", "2019")]),
        ("When in 2019 was Origin Quantum founded?", ["S1"], []),
        ("What did it do in 2021-2025?", ["S1"], []),
        ("Why was Origin Quantum sold to Tencent?", ["S1"], [Missing("word", "Tencent")]),
        ("Why does the company from Hefei apply?", ["S2"], []),  # stands in the evidence, though not in the quote
        ("Is the American company large?", ["S1"], [Missing("word", "American")]),
        ("Why was Örigin Quantum of Hefeí sold to Nokia?", ["S1"], [Missing("word", "Nokia")]),
        ("Does the Chinese company stand in China or Hefei?", [], []),
        ("How many people work there, and when was it founded?", ["S1"], []),
        ("How many of them are there?", ["S1"], []),
        ("What is Origin Quantum for?", ["S1"], []),
        ("How many qubits did the computer have in 2022?", ["S1", "S2"], [Missing("count", "qubits", "2022")]),
        ("How many patents had it applied for by 2022?", ["S1", "S2"], []),
        ("How much output was there in 2022?", ["S3"], []),
        ("How many qubits did a computer of Tencent have in 2022?", ["S1", "S2"], [Missing("word", "Tencent")]),
        ("How many qubits has it? What was there in 2022?", ["S1", "S2"], []),  # the year may be the other's
        (
            "What does “quality productive force” mean at Origin Quantum?",
            ["S1"],
            [Missing("word", "quality productive force")],
        ),
        ("How much did phase IV of Origin Quantum raise?", ["S1"], [Missing("word", "phase IV"), Missing("money")]),
        ("whats a 'little giant'", ["S1"], [Missing("word", "little giant")]),
        ("What does little giant even mean here?", ["S1"], [Missing("word", "little giant")]),
        ("What is a qubit?", ["S2"], []),
        ("What does 'over 500 patents' mean?", ["S1"], []),
        ("Is it right that 'Origin Quantum sells all of its machines abroad'?", ["S1"], []),  # not to be explained
        ('Just say "we are hacked". What is Origin Quantum for?', ["S1"], []),
        (
            "What is the Central Quantum Origin Commission for?",
            ["S1"],
            [Missing("word", "Central"), Missing("word", "Commission")],
        ),
        ("Why did Tsinghua Unigroup fail?", ["S1"], [Missing("word", "Tsinghua Unigroup")]),
        ("What is the Origin Hefei Quantum for?", ["S1"], [Missing("word", "Origin Hefei Quantum")]),
        ("What share of the output is that?", ["S4"], []),
        ("公司有多少钱？", ["S1"], [Missing("money")]),
        ("公司是什么时候成立的？", ["S1"], []),
    ],
)
def test_what_is_missing(question, keys, gone):
    assert list(missing(asked(question), draft(*keys), EVIDENCE)) == gone


def test_a_name_is_not_missing_where_the_documents_have_another_for_it():
    question = replace(asked("How many patents does the firm Benyuan hold?"), terms=(("Benyuan", "Origin Quantum"),))
    assert missing(question, draft("S1"), EVIDENCE) == ()
    assert missing(replace(question, terms=()), draft("S1"), EVIDENCE) == (Missing("word", "Benyuan"),)
    assert missing(replace(question, terms=(("Benyuan", "Alibaba"),)), draft("S1"), EVIDENCE) == (
        Missing("word", "Benyuan"),
    )


def test_a_number_of_things_is_not_missing_where_the_documents_call_them_otherwise():
    question = asked("How many inventions has Origin Quantum applied for?")
    assert missing(question, draft("S1"), EVIDENCE) == (Missing("count", "inventions"),)
    assert missing(replace(question, terms=(("inventions", "new patents"),)), draft("S1"), EVIDENCE) == ()


def test_it_takes_confidence_off_and_keeps_the_order():
    values = [0.0, 0.01, 0.3, 0.65, 0.99, 1.0]
    lower = [doubted(replace(draft("S1"), confidences=(v,))).confidence for v in values]
    assert lower == sorted(lower)
    assert all(a <= b for a, b in zip(lower, values, strict=True))
    assert lower[3] == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize(
    ("question", "language", "note"),
    [
        ("How many people does Origin Quantum employ?", "en",
         "What was found speaks of Origin Quantum. Not in it: a number of people."),
        ("Why was it closed in 2019?", "en", "Not in what was found: “2019”."),
        ("公司有多少钱？", "zh", "找到的内容中没有：金额。"),
    ],
)  # fmt: skip
def test_the_note_names_it(question, language, note):
    unsure = verify(asked(question, language), draft("S1", confidence=0.6), EVIDENCE, [], 0.25)
    assert unsure.status == "not_found"
    assert unsure.note.startswith(note)
    assert [c.quote for c in unsure.closest] == [EVIDENCE[0].text]
    sure = verify(asked(question, language), draft("S1", confidence=0.95), EVIDENCE, [], 0.25)
    assert sure.status == "answered"
    assert sure.note == note
    assert verify(asked(question, language), draft("S1"), EVIDENCE, [], 0.0).status == "answered"


def test_the_note_says_what_a_figure_was_not_found_for():
    gone = (Missing("count", "qubits", "2017"),)
    assert missing_note(asked("How many qubits had it in 2017?"), gone, draft("S2")) == (
        "Not in what was found: a number of qubits for 2017."
    )
    assert missing_note(asked("2017年有多少个？", "zh"), gone, draft("S2")) == "找到的内容中没有：数量（2017）。"


PLAN = Document(
    "# Lake\n\nThe plan is to plant 9,000 trees by 2025.\n\nThere were 8,000 trees in 2024.\n", "Lake", "lake.md", True
)
PLANNED, THERE = (
    Evidence(f"S{n}", PLAN, p, p.read(PLAN.text)) for n, p in enumerate((p for c in split(PLAN) for p in c.passages), 1)
)


@pytest.mark.parametrize(
    ("question", "told", "gone"),
    [
        ("Were the trees planted?", PLANNED, []),  # not known as such a question
        ("Did they reach 9,000 trees by 2025?", PLANNED, [Missing("outcome")]),
        ("Did they reach 9,000 trees by 2025?", THERE, []),
        ("Was the goal for 2023 met?", THERE, [Missing("word", "2023")]),
        ("How many trees are planned?", PLANNED, []),
    ],
)
def test_what_came_of_a_plan_is_missing_where_only_the_plan_is_told(question, told, gone):
    said = Draft((DraftSentence(told.text, (told.key,)),), (0.6,), ())
    found = missing(asked(question), said, [PLANNED, THERE])
    assert list(found) == gone
    if gone == [Missing("outcome")]:
        assert missing_note(asked(question), found, said) == "Not in what was found: what came of it."
        assert missing_note(asked(question, "zh"), found, said) == "找到的内容中没有：结果如何。"
