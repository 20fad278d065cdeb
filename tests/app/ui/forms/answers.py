"""Real answers of the built-in corpus, put together without models: a question and the passages that are quoted for it."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

from app.answering.draft import run_of
from app.answering.quotes import quote, quoted
from app.answering.verify import verify
from app.answers import Answer, Evidence
from app.query.understand import understand
from ingest.documents import Document, Passage
from ingest.load import load
from ingest.publishers import kind_of, read_publishers
from ingest.split import split

CORPUS = Path(__file__).resolve().parents[4] / "corpus"


@cache
def document(name: str) -> tuple[Document, tuple[Passage, ...]]:
    found = load(CORPUS / f"{name}.md", CORPUS)
    return found, tuple(p for chunk in split(found) for p in chunk.passages)


def evidence(key: str, place: str) -> Evidence:
    """`file: words that the passage has` -> the passage."""
    name, words = place.split(": ", 1)
    found, passages = document(name)
    passage = next(p for p in passages if words in p.read(found.text))
    return Evidence(key, found, passage, passage.read(found.text))


def answered(question: str, *places: str, listed: bool = False, sure: float = 0.9) -> Answer:
    """The answer that quotes these passages; below the threshold they are what is nearest."""
    items = [evidence(f"S{n}", place) for n, place in enumerate(places, 1)]
    quotes = [quote(item, items, 0, listed) for item in items]
    draft = quoted(understand(question, ()), quotes, (sure,), 0.2, tuple(run_of([item]) for item in items[:3]))
    kinds = partial(kind_of, publishers=read_publishers(CORPUS))
    return verify(draft, items, complete=lambda citation: citation.with_kinds(kinds))


HEFEI = "When was the comprehensive national science centre in Hefei approved?", "science-centres: Hefei (合肥)"
SPENDING = "How much did China spend on R&D in 2025?", "rd-statistics: Year: 2025; R&D spending"
SERIES = (
    "How has China's R&D spending developed over the years?",
    *(f"rd-statistics: Year: {year}; R&D spending of China (billion yuan): {start}"
      for year, start in ((2012, "1,030"), (2020, "2,439"), (2023, "3,335"), (2024, "over"), (2025, "3,926"))),
)  # fmt: skip
INTENSITY = ("How did R&D intensity develop?", *SERIES[1:])
MET = "Was the R&D spending target met?", "how-it-came-out: China met the R&D spending target"
ROW_MET = "Was the target for surface water met?", "how-it-came-out: surface water of Class III or better; Target: 85"
COMPARED_ROW = "Was the target for good air met?", "results: days with good air in cities"
SIDES = (
    "Compare Beijing and Shanghai",
    "why-these-cities: Beijing is for research",
    "why-these-cities: Shanghai is for chips",
    "why-these-cities: Shenzhen and Beijing spend a larger share",
)
LEFT_ALONE = "Is Shanghai or Shenzhen larger in R&D?", SIDES[3], "shenzhen: R&D spending rose from 151 billion"
CITIES = "Compare Beijing and Hefei", "cities-compared: City: Beijing", "cities-compared: City: Hefei"
TIMELINE = "What happened in 2020?", "timeline: 27 July 2020", "timeline: 29 October 2020", "timeline: 18 December 2020"
STEPS = (
    "When did America and China act against each other's firms?",
    "america-and-china: In July 2019, China opened the STAR Market",
    "america-and-china: In October 2012, a committee",
    "america-and-china: In April 2018, the United",
)
AI = (
    "What is the core AI industry to be worth in 2020, 2025 and 2030?",
    "ai-plan-2017: Target year in the 2017 AI plan: 2020",
    "ai-plan-2017: Target year in the 2017 AI plan: 2025",
)
CASES = {
    "figure": HEFEI, "figure-with-unit": SPENDING, "series": SERIES, "met-sentence": MET, "met-row": ROW_MET,
    "met-compared": COMPARED_ROW, "sides": SIDES, "side-without": LEFT_ALONE, "sides-of-a-table": CITIES,
    "timeline": TIMELINE, "timeline-of-sentences": STEPS, "rows": AI,
}  # fmt: skip
LIST = (
    "What are the gaps in China's artificial intelligence?",
    "ai-plan-2017: The 2017 AI plan admits four gaps",
    "ai-plan-2017: basic theory",
    "ai-plan-2017: core algorithms",
)
