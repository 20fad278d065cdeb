"""Other words for what the documents say: what is found in a question, and files that are not what they should be."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import CorpusError
from ingest.thesaurus import WORDS, Thesaurus, read_thesaurus

WORDS_OF_ALL = Thesaurus(
    {
        "integrated circuits": ["chip", "semiconductor", "芯片"],
        "Beijing": ["the capital city", "北京"],
        "Shenzhen AI regulations of 2022": ["Shenzhen's AI law"],
        "artificial intelligence": ["AI"],
        "Ministry of Science and Technology": ["MOST"],
        "new listings": ["start-up listing"],
        "Internet Plus": ["Internet+"],
    }
)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("How many chips were made?", {"chips": "integrated circuits"}),
        ("Semiconductors and chips?", {"Semiconductors": "integrated circuits"}),  # each word once
        ("Are chips integrated circuits?", {}),  # it is there already
        ("What do chipmakers earn?", {}),  # whole words only
        ("Is THE CAPITAL CITY large?", {"THE CAPITAL CITY": "Beijing"}),
        ("What is the capital?", {}),
        ("Who is in Shenzhen's AI law?", {"Shenzhen's AI law": "Shenzhen AI regulations of 2022"}),  # the longest
        (
            "Is AI in Shenzhen’s AI law?",
            {"AI": "artificial intelligence", "Shenzhen’s AI law": "Shenzhen AI regulations of 2022"},
        ),
        ("Who runs MOST and most labs?", {"MOST": "Ministry of Science and Technology"}),
        ("What do most labs do?", {}),
        ("Is the internet safe?", {}),
        ("What is Internet+ for?", {"Internet+": "Internet Plus"}),
        ("start up listings", {"start up listings": "new listings"}),
        ("北京有多少芯片企业？", {"北京": "Beijing", "芯片": "integrated circuits"}),
        ("2024年芯片产量", {"芯片": "integrated circuits"}),  # also behind a digit
        ("", {}),
    ],
)
def test_words_of_a_question_that_the_documents_have_others_for(question: str, found: dict[str, str]) -> None:
    assert dict(WORDS_OF_ALL.found(question)) == found


@given(st.text(max_size=60))
def test_what_is_found_stands_in_the_text_and_its_other_word_does_not(text: str) -> None:
    for phrase, term in WORDS_OF_ALL.found(f"{text} chips {text}"):
        assert phrase in f"{text} chips {text}"
        assert term.lower() not in f"{text} chips {text}".lower()


def test_a_folder_without_the_file_has_no_other_words(tmp_path: Path) -> None:
    assert read_thesaurus(tmp_path).found("How many chips?") == ()


def test_the_file_of_a_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / WORDS).write_text('# mine\n"5G": [fifth generation]\ntea: [cuppa, char, 茶]\n', encoding="utf-8")
    assert dict(read_thesaurus(tmp_path).found("A cuppa of the fifth generation?")) == {
        "cuppa": "tea", "fifth generation": "5G",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "tea: [",
        "- tea",
        "tea: cuppa",
        "tea: [5]",
        "tea: ['?']",
        "5: [five]",
        "tea: [brew]\ncoffee: [Brew]",
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / WORDS).write_text(text)
    with pytest.raises(CorpusError, match=r"_words\.yaml") as raised:
        read_thesaurus(tmp_path)
    assert raised.value.next_step
