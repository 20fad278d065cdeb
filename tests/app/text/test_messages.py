"""Each language of the page has every message, with the same values, and none that is never said."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

from app.text.messages import LANGUAGES, message, messages, spell_date
from app.ui.template import environment

ROOT = Path(__file__).parents[3]
FIRST, *OTHERS = LANGUAGES
SENTENCES = "sentences."
VALUE = re.compile(r"\{[^{}]*\}")
VALUES_ONLY = ("marks.between", "exports.title")
"""Without a word of their own in some language."""


def texts(*folders: str) -> Iterator[str]:
    """Every string of the code and of the templates, `{}` for each value in it."""
    for path in (p for folder in folders for p in (ROOT / folder).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        parts = {id(v) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for v in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
                yield node.value
    for path in (p for folder in folders for p in (ROOT / folder).rglob("*.html")):
        template = environment.parse(path.read_text(encoding="utf-8"))
        for joined in template.find_all(nodes.Concat):
            yield "".join(str(n.value) if isinstance(n, nodes.Const) else "{}" for n in joined.nodes)
        for text in (n.value for n in template.find_all(nodes.Const) if isinstance(n.value, str)):
            yield f"{text}{{}}" if text.endswith(".") else text  # the name of a section, to which a macro adds the key


def sentences_in(language: str) -> dict[str, str]:
    """The sentences of errors in a language, by their English template."""
    return {k.removeprefix(SENTENCES): text for k, text in messages(language).items() if k.startswith(SENTENCES)}


def test_each_language_has_a_file_and_the_page_offers_each() -> None:
    assert sorted(LANGUAGES) == sorted(p.stem for p in (ROOT / "app/text/messages").glob("*.toml"))


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_says_the_same_with_the_same_values(language: str) -> None:
    english, other = messages(FIRST), messages(language)
    assert list(english) == [key for key in other if not key.startswith(SENTENCES)]
    for key, said in english.items():
        assert sorted(VALUE.findall(said)) == sorted(VALUE.findall(other[key])), key
        assert (said.strip() and other[key].strip()) or key in VALUES_ONLY, key


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_the_sentences_of_errors_with_the_same_values(language: str) -> None:
    sentences = sentences_in(language)
    assert set(sentences) == set(sentences_in(OTHERS[0]))
    for english, said in sentences.items():
        assert said, english
        assert said != english
        assert sorted(VALUE.findall(english)) == sorted(VALUE.findall(said)), english


def test_every_message_is_said_somewhere() -> None:
    code = set(texts("app", "ingest"))
    groups = tomllib.loads((ROOT / "app/store/strangers.toml").read_text(encoding="utf-8"))["groups"]
    page = {*texts("app/ui", "app/pipeline"), *groups}
    made = [re.compile(".+".join(map(re.escape, text.split("{}")))) for text in code if re.match(r"[a-z_.]{2,}\{\}", text)]
    for key in messages(FIRST):
        bare = "." not in key and key[0].islower()  # words for work that is under way are their own key
        assert key in (page if bare else code) or any(pattern.fullmatch(key) for pattern in made), key


def test_every_sentence_of_an_error_can_be_met() -> None:
    code = "\n".join((*texts("app", "ingest", "evals"), *messages(FIRST).values())).lower()
    for english in sentences_in(OTHERS[0]):
        parts = re.split(VALUE.pattern + r"|[;:,.()]", english.lower())
        assert [part for part in map(str.strip, parts) if part not in code] == [], english


def test_a_reader_of_a_language_that_has_no_messages_gets_the_first_one() -> None:
    assert message("notes.searched", "fr", n=1, all=2) == "Searched 1 of 2 documents."


@pytest.mark.parametrize(
    ("given", "english", "chinese"),
    [("2021-03-11", "11 March 2021", "2021年3月11日"), ("2021-03", "March 2021", "2021年3月"), ("2021", "2021", "2021年"),
     ("", "", ""), ("2021-13", "2021-13", "2021-13"), ("spring 2021", "spring 2021", "spring 2021")],
)  # fmt: skip
def test_dates_are_spelled(given: str, english: str, chinese: str) -> None:
    assert (spell_date(given, "en"), spell_date(given, "zh")) == (english, chinese)
