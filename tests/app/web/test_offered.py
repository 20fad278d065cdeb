"""Every question that the page offers is answered rightly: first examples, then those to ask next."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.known.match import Matcher, shipped_model
from app.pipeline.chain import Chain
from app.pipeline.values import Request
from app.settings import read_settings
from app.store.records import program_quotes
from app.web.about import read_about
from ingest.index import Index
from ingest.models.load import Embedder, Reranker, load_pair_reader
from ingest.questions.known import KnownQuestion, read_questions, wording_key
from ingest.questions.store import QuestionStore
from ingest.sync import sync

CORPUS = Path(__file__).resolve().parents[3] / "corpus"
GAP = ("", "")

GOLD = {
    "Which seven frontier fields of science and technology does the Outline name?":
        ("plan-in-brief.md", "concentrates on seven frontier fields"),
    "What is EAST, China's artificial sun?": ("hefei.md", "The EAST superconducting tokamak"),
    "How has China's R&D spending developed over the years?": ("rd-statistics.md", "| 2025 | 3,926.2 |"),
    "How do Shanghai and Shenzhen compare?":
        ("why-these-cities.md", "Shanghai's strength is chips, with a turnover of 207 billion yuan"),
    "How did US sanctions on China's tech develop?":
        ("america-and-china.md", "has restricted technology for China step by step since 2018"),
    "When was the comprehensive national science centre in Hefei approved?": ("science-centres.md", "10 January 2017"),
    "How much registered capital does the third phase of the Big Fund have?":
        ("chip-policy.md", "registered capital of 344 billion yuan"),
    "Which companies get tax relief under Guofa [2020] No. 8?":
        ("chip-policy.md", "grants enterprise income tax relief in five classes"),
    "How many main indicators does the Outline set?": ("outline-indicators.md", "The 20 main indicators"),
    "Which indicators of the Outline are binding?": ("outline-indicators.md", "Eight of the 20 main indicators"),
    "What share of R&D spending is to go to basic research by 2025?":
        ("outline-innovation.md", "over 8 percent of China's R&D spending by 2025"),
    "Which international science and technology innovation centres does the plan name?":
        ("science-centres.md", "Beijing (北京), Shanghai (上海) and the Guangdong-Hong Kong-Macao Greater Bay Area"),
    "Where are the four comprehensive national science centres?":
        ("why-these-cities.md", "Four places are comprehensive national science centres"),
    "How large is Shanghai's integrated circuit industry?": ("shanghai.md", "207 billion yuan, up 21 percent"),
    "What is Zhangjiang?": ("source-article.md", "the seat of SMIC's headquarters"),
    "How much does Shenzhen spend on R&D?": ("shenzhen.md", "to 245 billion yuan in 2024"),
    "Which companies are based in Shenzhen?": ("companies.md", "technology companies based in Shenzhen"),
    "How much did China spend on R&D in 2020?": ("rd-statistics.md", "| 2020 | 2,439.31 |"),
    "How high was R&D intensity in 2024?": ("rd-statistics.md", "| 2024 | over 3,600 | 8.9 | 2.69 |"),
    "Was the R&D growth target met?": ("how-it-came-out.md", "China met the R&D spending target"),
    "Which targets of the plan were missed?":
        ("how-it-came-out.md", "was behind on basic research, emerging industries and carbon"),
    "Which ten sectors does Made in China 2025 name?": ("made-in-china-2025.md", "names ten key sectors"),
    "What is the self-sufficiency target of Made in China 2025?":
        ("chips-in-brief.md", "70 percent domestic content by 2025"),
    "When did the Science and Technology Progress Law take effect?": ("st-progress-law-2021.md", "on 1 January 2022"),
    "How many chapters does the Science and Technology Progress Law have?": ("st-progress-law-2021.md", "in 12 chapters"),
    "What share of GDP are core digital industries to reach by 2025?":
        ("outline-digital.md", "are targeted to reach 10 percent of China's GDP"),
    "What does the digital economy plan say about data?": ("digital-economy-plan.md", "data managed by class and grade"),
    "What did the United States restrict in October 2022?":
        ("export-controls.md", "new US controls on advanced computing and chip-making items"),
    "Which Chinese companies stand on the Entity List?":
        ("america-and-china.md", "put Huawei and 68 affiliates on the Entity List"),
    "What is SMIC?": ("chips-in-brief.md", "China's biggest chipmaker"),
    "What happened to Huawei?": ("america-and-china.md", "put Huawei and 68 affiliates on the Entity List"),
    "What does the 15th Five-Year Plan say about technology?":
        ("fifteenth-plan.md", "name four clusters of emerging industries"),
    "What is the R&D target of the 15th Five-Year Plan?": ("fifteenth-plan.md", "growth of at least 7 percent a year"),
}  # fmt: skip
"""The document and a part of the passage to be quoted first, chosen by hand; `GAP` where the documents hold no answer."""

WHOLE = {
    "Which ten sectors does Made in China 2025 name?": 1 + 10,
    "Which companies get tax relief under Guofa [2020] No. 8?": 1 + 5,
}
"""How many sentences an answer has that is a list: its introduction and all that it counts."""


def offered() -> list[str]:
    """All questions that the page of the built-in folder offers."""
    about = read_about(CORPUS)
    return list(dict.fromkeys([*about.examples, *(q for questions in about.follow_ups.values() for q in questions)]))


FIRST_QUESTIONS = dict(
    re.findall(
        r"(?m)^\| (.+?) \| (.+?) \|$",
        (CORPUS.parent / "docs" / "using.md")
        .read_text(encoding="utf-8")
        .split("| begins |\n|---|---|\n")[1]
        .split("\n\n")[0],
    )
)
"""What docs/using.md says that people ask first, and how the answer begins."""


def test_the_page_for_readers_shows_ten_first_questions() -> None:
    assert len(FIRST_QUESTIONS) == 10


@pytest.fixture(scope="module")
def known() -> dict[str, list[KnownQuestion]]:
    """The known questions of the built-in folder, by their wordings."""
    by_wording: dict[str, list[KnownQuestion]] = {}
    for question in read_questions(CORPUS):
        for wording in question.wordings:
            by_wording.setdefault(wording_key(wording), []).append(question)
    return by_wording


def test_the_gold_is_of_the_questions_that_are_offered() -> None:
    assert set(GOLD) == set(offered())


@pytest.mark.parametrize("question", GOLD)
def test_what_is_offered_is_a_known_question(known: dict[str, list[KnownQuestion]], question: str) -> None:
    (match,) = known[wording_key(question)]
    file, text = GOLD[question]
    assert bool(match.gap and not match.partial) == (GOLD[question] == GAP)
    if GOLD[question] != GAP:
        assert match.quotes[0].file == file
        assert text in match.quotes[0].text


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_offered_is_answered_with_the_right_passage_first(
    embedder: Embedder, reader: Reranker, tmp_path: Path
) -> None:
    settings = read_settings(corpus=CORPUS, data=tmp_path)
    index = Index(settings.index_folder)
    sync([CORPUS], index, embedder)
    store = QuestionStore(index.folder)
    store.update(CORPUS, index, embedder)
    chain = Chain(index, embedder, reader, settings, matcher=Matcher(store, embedder, shipped_model(), load_pair_reader()))
    answers_of_gold = {question: chain.answer(Request(question)) for question in GOLD}
    answers = {
        question: program_quotes(answer) if answer.written else answer for question, answer in answers_of_gold.items()
    }
    firsts = {
        q: (index.document(a.citations[0].document_id).origin, a.citations[0].quote)
        for q, a in answers.items()
        if a.citations
    }
    shown = {question: chain.answer(Request(question)).sentences[0].text for question in FIRST_QUESTIONS}
    gaps = {q for q, a in answers.items() if a.status == "not_found"}
    counts = {q: len(a.sentences) for q, a in answers.items() if q in WHOLE}
    index.close()
    assert gaps == {q for q, gold in GOLD.items() if gold == GAP}
    wrong = {
        q: firsts[q]
        for q, (file, text) in GOLD.items()
        if q not in gaps and not (firsts[q][0] == file and text in firsts[q][1])
    }
    assert not wrong
    assert counts == WHOLE
    assert shown == FIRST_QUESTIONS


def test_the_answer_in_miniature_is_a_written_answer(known: dict[str, list[KnownQuestion]]) -> None:
    for language in ("en", "zh"):
        sample = read_about(CORPUS).spoken(language).sample
        assert sample
        (match,) = known[wording_key(sample["question"])]
        assert match.written
        assert sample["said"] in repr(match.written.answer)
        assert sample["large"].rstrip("%") in sample["said"]
