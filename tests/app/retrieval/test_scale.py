"""Chinese and English texts on one scale."""

import numpy as np
import pytest

from app.pipeline.chain import Chain
from app.query.understand import understand
from app.retrieval.retriever import BACKGROUND_QUESTIONS, BACKGROUND_TEXTS, REGRESSIONS, CosineScale, language_pair
from app.settings import read_settings
from ingest.documents import contextualised_texts
from ingest.index import Index
from ingest.sync import sync
from tests.hash_embedder import HashEmbedder

ENGLISH = """# The lighthouse of Port Ellery

The lighthouse of Port Ellery was first lit on 4 May 1861. It stands 38 metres above the sea.

Keepers lived in the tower until 1974, when the lamp was made automatic. The harbour office looks after it today.

A fog bell of 900 kilograms hangs beside the door. It is rung once a year, on the day of the fishermen.
"""
CHINESE = """# 青溪村图书馆年度报告

各位村民：

青溪村图书馆建于1987年，藏书四万两千册。馆长由村民大会选举产生，任期三年。

去年图书馆接待读者六万人次，比前年增长百分之十二。其中一半以上是中小学生。

图书馆每周一闭馆，其他日子从上午九点开放到晚上八点。借书期限为三十天，可以续借一次。

今年计划新建一间儿童阅览室，预算为八十万元，由县文化局和村里各出一半。

谢谢大家！
"""
PROPER = [
    ("When was the lighthouse of Port Ellery first lit?", "4 May 1861"),
    ("How heavy is the fog bell?", "900 kilograms"),
    ("灯塔有多高？", "38 metres"),
    ("图书馆有多少藏书？", "四万两千册"),
    ("图书馆星期几不开门？", "每周一闭馆"),
    ("谁选馆长？", "村民大会"),
    ("儿童阅览室的预算是多少？", "八十万元"),
    ("How much will the children's reading room of the library cost?", "八十万元"),
]
FOREIGN = [
    "How should I treat a sprained ankle?",
    "Which team won the ice hockey championship in 2003?",
    "What is the boiling point of mercury?",
    "脚踝扭伤了应该怎么处理？",
    "水银的沸点是多少度？",
    "哪支球队获得了2003年的冰球冠军？",
]


@pytest.fixture(scope="module")
def both(tmp_path_factory, embedder, reader):
    folder = tmp_path_factory.mktemp("both")
    (folder / "lighthouse.md").write_text(ENGLISH, encoding="utf-8")
    (folder / "library.md").write_text(CHINESE, encoding="utf-8")
    settings = read_settings(corpus=folder, data=tmp_path_factory.mktemp("data"))
    index = Index(settings.index_folder, exact=True)
    sync([folder], index, embedder)
    yield Chain(index, embedder, reader, settings)
    index.close()


@pytest.mark.parametrize(("question", "expected"), PROPER)
def test_what_a_document_of_either_language_says_is_answered_in_either(both, question, expected):
    answer = both.ask(question)
    assert answer.status == "answered"
    assert expected in answer.sentences[0].text


@pytest.mark.parametrize("question", FOREIGN)
def test_what_neither_says_is_refused_in_either(both, question):
    answer = both.ask(question)
    assert (answer.status, answer.sentences) == ("not_found", ())


def test_english_texts_keep_the_logit_of_the_reranker_and_chinese_ones_get_their_line(both):
    text = "When was the lighthouse of Port Ellery first lit?"
    question = understand(text)
    retriever = both.retriever
    candidates = retriever.search(question)
    read = {h.passage: h.rerank_score for h in retriever.rank(question, candidates)}
    assert {bool(c.common) for c in candidates} == {True, False}
    for c in candidates:
        if c.common:
            expected = retriever.scale.logits(question, "zh", c.cosines, c.common)
        else:
            expected = both.reranker.scores(text, contextualised_texts(c.chunk, c.document))
        assert [read[p] for p in c.chunk.passages] == pytest.approx(list(expected), abs=1e-3)


def test_a_chunk_that_is_replaced_while_it_is_looked_at_is_still_read(both, monkeypatch):
    question = understand("图书馆有多少藏书？")
    before = both.retriever.search(question)
    monkeypatch.setattr(both.index, "cosines", lambda *_: {})
    found = both.retriever.search(question)
    assert [len(c.common) for c in found] == [len(c.common) for c in before]
    assert found[0].common == pytest.approx(before[0].common, abs=1e-3)


def test_what_is_taken_off_is_how_near_question_and_passage_are_to_anything():
    embedder = HashEmbedder()
    question = understand("tea and rice")
    asked = float(embedder.queries(["tea and rice"])[0] @ embedder.passages(BACKGROUND_TEXTS["zh"]).mean(0))
    usual = embedder.queries(BACKGROUND_QUESTIONS["en"]).mean(0)
    scale = CosineScale(embedder)
    assert scale.mean_question(question) == pytest.approx(usual)
    offered = float(usual @ embedder.passages(BACKGROUND_TEXTS["zh"]).mean(0))
    measures = scale.measures(question, "zh-Hans", [asked, asked + 0.1], [offered, offered - 0.2])
    assert measures == pytest.approx(np.array([[0, 0], [0.1, -0.2]]), abs=1e-6)
    found = scale.logits(question, "zh-Hans", [asked, asked + 0.1], [offered, offered - 0.2])
    bias, near, common = REGRESSIONS["across"]
    assert found == pytest.approx([bias, bias + 0.1 * near - 0.2 * common], abs=1e-4)


def test_which_line_serves():
    assert (
        language_pair("zh", "zh"),
        language_pair("zh", "zh-Hant"),
        language_pair("en", "zh"),
        language_pair("zh", "en"),
    ) == (
        "same",
        "same",
        "across",
        "across",
    )
    assert (language_pair("fr", "fr"), language_pair("ko", "ko"), language_pair("fr", "zh"), language_pair("fr", "en")) == (
        "others",
        "others",
        "across",
        "across",
    )


def test_the_background_is_embedded_once_and_the_same_in_all_languages():
    assert BACKGROUND_QUESTIONS.keys() == BACKGROUND_TEXTS.keys() == {"en", "zh", "fr", "de", "es", "ja", "ko"}
    assert {len(said) for said in (*BACKGROUND_QUESTIONS.values(), *BACKGROUND_TEXTS.values())} == {16}
    embedder = HashEmbedder()
    scale = CosineScale(embedder)
    first = scale._mean("zh", asks=False)
    assert scale._mean("zh", asks=False) is first
    assert embedder.embedded == len(BACKGROUND_TEXTS["zh"])
    assert scale._mean("sv", asks=False) is scale._mean("en", asks=False)
