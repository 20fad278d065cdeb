"""The first screen: what the folder holds, whichever it is, and questions whose answers are ready."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from importlib.metadata import version
from pathlib import Path

import pytest

from app.answering.suggest import is_brief
from app.ui.dialogs import about_html
from app.ui.layout import header_html
from app.ui.welcome import Holdings, holdings, welcome_html
from app.ui.words import Words
from app.web.about import About, Subject, read_about
from ingest.database.catalogue import Listed
from ingest.documents import guess_language
from ingest.errors import CorpusError
from ingest.questions.known import about_questions, read_questions, wording_key

CORPUS = Path(__file__).resolve().parents[3] / "corpus"
TEA = Listed("t", "Green tea", "Us", "2021", "en", "", 9, 1, "tea/green.md", False, ("Us", "Tea House"), ("2019", "2021"))
ROWS = [TEA, replace(TEA, id="b", origin="tea/black.md", years=("2017",)), replace(TEA, id="c", origin="coffee/one.md")]
SUBJECTS = (Subject(("Coffee", "咖啡"), ("coffee/*",)), Subject(("Tea", "茶"), ("tea/*", "more/*")))


def test_what_is_held_is_counted_by_subject_in_the_folder_s_order() -> None:
    assert holdings(ROWS, SUBJECTS, "en") == Holdings(
        3, 2, ("2017", "2021"), (("Coffee", 1), ("Tea", 2)), 0, questions={"Coffee": (), "Tea": ()}
    )
    assert holdings(ROWS, SUBJECTS[1:], "zh").groups == (("Green tea", 0),) * 3, "one subject alone says nothing"


def test_a_subject_offers_the_first_question_of_each_of_its_documents() -> None:
    known = {"t": ("Is <tea> green?", "Another?"), "b": ("Is tea black?",), "c": ()}
    held = holdings(ROWS, SUBJECTS, "en", known)
    assert held.questions == {"Tea": ("Is <tea> green?", "Is tea black?"), "Coffee": ()}
    html = welcome_html(About("T", "", ()), held, Words())
    assert html.count("<details") == 1, "a subject without questions only says how many documents it has"
    assert re.findall(r'id="act-ask-(\w+)">(.*?)<', unescape(html)) == [
        ("subject1x0", "Is "),
        ("subject1x1", "Is tea black?"),
    ]
    assert "<tea>" not in html


def test_our_summaries_are_called_so_with_the_number_of_their_sources() -> None:
    rows = [replace(TEA, authorship="summary", sources=("A", "B")), replace(TEA, authorship="summary", sources=("B",))]
    found = unescape(welcome_html(About("T", "", ()), holdings(rows, (), "en"), Words()))
    assert "2 summaries of our own, based on 2 sources from 2 publishers" in found
    assert holdings([*rows, TEA], (), "en").sources == 0, "one of them is no summary"
    added = holdings([*rows, replace(TEA, added=True)], (), "en")
    assert (added.documents, added.sources) == (2, 2), "one that a user added stands beside them"


def test_the_empty_box_has_the_words_of_the_folder() -> None:
    about = read_about(CORPUS)
    for language, words in (("en", "Ask about China's 14th Five-Year Plan…"), ("zh", "问问中国“十四五”规划……")):
        html = unescape(welcome_html(about, holdings(ROWS, (), language), Words(language)))
        assert f'data-placeholder="{words}"' in html


def test_who_makes_it_is_told_in_both_languages() -> None:
    chinese = About("题", "摘要由本站编写。", ())
    for language, whose, by in (
        ("en", "Our own summaries.", "by the Ask the Plan authors"),
        ("zh", "摘要由本站编写。", "由 Ask the Plan 作者开发"),
    ):
        told = unescape(about_html(About("T", "Our own summaries.", (), chinese=chinese), Words(language)))
        for part in (whose, by, "Apache License 2.0", version("ask-the-plan")):
            assert part in told
        assert Words(language)("about") in unescape(welcome_html(About("T", "", ()), Holdings(), Words(language)))


def test_a_folder_without_subjects_is_told_by_its_subfolders_or_its_titles() -> None:
    assert holdings(ROWS, (), "en").groups == (("tea", 2), ("coffee", 1))
    flat = [replace(TEA, id=str(n), origin=f"{n}.md") for n in range(9)]
    assert holdings(flat, (), "en").groups == (("Green tea", 0),) * 5
    assert holdings(flat, (), "en").others == 4
    assert holdings([], (), "en") == Holdings()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_subject_of_the_built_in_folder_has_documents_and_every_document_one_subject(language: str) -> None:
    subjects = read_about(CORPUS).subjects
    files = [p.name for p in CORPUS.glob("*.md") if p.name != "README.md"]
    assert [f for f in files if sum(s.holds(f) for s in subjects) != 1] == []
    found = holdings([replace(TEA, id=f, origin=f) for f in files], subjects, language)
    assert len(found.groups) == len(subjects)
    assert not found.others


@pytest.mark.parametrize("language", ["en", "zh"])
def test_six_questions_of_the_built_in_folder_have_answers_that_are_ready(language: str) -> None:
    examples = read_about(CORPUS).spoken(language).examples
    known = {wording_key(w) for q in read_questions(CORPUS) for w in q.wordings}
    assert len(examples) == 6
    assert all(wording_key(e) in known and guess_language(e) == language for e in examples)


def test_a_folder_with_known_questions_begins_with_them(tmp_path: Path) -> None:
    (tmp_path / "tea.md").write_text("# Tea\n\nIt is green.\n")
    (tmp_path / "_questions").mkdir()
    asked = '- question: Which colour has tea (the drink)?\n  answers: ["It is green."]\n'
    asked += '- question: Which colour has tea?\n  answers: ["It is green."]\n'
    (tmp_path / "_questions" / "tea.yaml").write_text(asked)
    assert read_about(tmp_path).examples == ("Which colour has tea?",)
    assert is_brief("Which colour has tea?")


@pytest.mark.parametrize(
    "text", ["subjects: tea", "subjects: [{name: Tea}]", "zh: tea", "zh: {examples: tea}", "lacks: [1]"]
)
def test_words_that_are_not_what_they_should_be_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "_page.yaml").write_text(f"examples: [a]\n{text}")
    with pytest.raises(CorpusError, match=r"_page\.yaml"):
        read_about(tmp_path)


def test_the_first_screen_shows_every_word_as_text_in_both_languages() -> None:
    evil = "<b>'\"x</b>"
    about = About(f"{evil}: y", evil, (evil,), lacks=evil, chinese=About("茶", "关于茶。", ("茶是什么？",)))
    held = Holdings(3, 2, ("2017", "2021"), ((evil, 2),), 1)
    html = welcome_html(about, held, Words())
    assert "<b>" not in html + header_html(about, Words())
    assert "3 documents from 2 publishers, dated 2017 to 2021." in unescape(html)
    chinese = unescape(welcome_html(about, held, Words("zh")))
    assert all(said in chinese for said in ("关于茶。", "茶是什么？", "3 份文件，出自 2 家机构，年份从 2017 到 2021。"))
    assert "What you can ask about" not in welcome_html(about, Holdings(), Words()), "nothing is said of what is not loaded"


def test_hello_thanks_and_who_made_this_are_answered_in_any_folder(tmp_path: Path) -> None:
    wordings = {wording_key(w) for q in about_questions(tmp_path) for w in q.wordings}
    assert {"hello", "thanks", "what can you do", "who made this", "你好", "谢谢"} <= wordings
    assert all(q.about["en"] and q.about["zh"] for q in about_questions(tmp_path))
