"""What is kept of an answer: it can be read again, checked against the documents, pasted, judged and found again."""

from __future__ import annotations

import json
import re
import shutil
import stat
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from app.answering.suggest import answered, candidates
from app.answers import Answer, AnswerBody, ModelUse, NotePart, Searched
from app.errors import AskError
from app.pipeline.chain import Chain
from app.settings import read_settings
from app.store.conversations import Conversations
from app.store.export import bibtex, conversation_json, conversation_markdown, with_footnotes
from app.store.feedback import Feedback, FeedbackNotSaved, add_feedback, read_feedback
from app.store.records import Record, RecordError, make_record, read_record
from app.store.revalidate import changed, removed, revalidate
from app.ui.words import Words
from ingest.documents import content_id
from ingest.index import Index
from ingest.sync import sync

QUESTIONS = {
    "sentence": "How much registered capital does the third phase of the Big Fund have?",
    "row": "When was the comprehensive national science centre in Hefei approved?",
    "item": "Is brain science a frontier field of the Outline?",
    "list": "Which seven frontier fields of science and technology does the Outline name?",
    "nothing": "Who won the World Cup final of 1998?",
}


@pytest.fixture(scope="module")
def records(chain: Chain) -> dict[str, Record]:
    return {name: make_record(chain.ask(question), 0.5, "x", chain.index.document) for name, question in QUESTIONS.items()}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_record_is_read_again_as_it_was(records: dict[str, Record], name: str) -> None:
    record = records[name]
    text = json.dumps(record.to_dict(), ensure_ascii=False)
    again = read_record(json.loads(text))
    assert again.to_dict() == record.to_dict()
    assert again.considered == record.considered
    assert again.answer.text == record.answer.text


def test_what_a_language_model_did_is_read_again_under_its_public_names() -> None:
    used = ModelUse("openai:any", 1.5, 100, 20, written=2, removed=1, failure="slow")
    answer = Answer("Why?", "Why?", "not_found", note_parts=(NotePart("other", "Nothing."),), model=used)
    public = Record("r", "2026-11-25", answer, 0.5, "x", (), ()).to_dict()
    assert public["answer"]["model"]["trouble"] == "slow"
    assert read_record(json.loads(json.dumps(public))).answer.model == used


def test_a_refusal_remembers_how_much_was_searched(records: dict[str, Record]) -> None:
    record = records["nothing"]
    narrowed = replace(record, answer=replace(record.answer, searched=Searched(3, 48)))
    assert read_record(json.loads(json.dumps(narrowed.to_dict()))).answer.searched == Searched(3, 48)
    assert "searched" not in record.to_dict()["answer"]


def test_the_note_of_an_older_record_is_one_part(records: dict[str, Record]) -> None:
    value = records["nothing"].to_dict()
    parts = value["answer"].pop("note_parts")
    assert [p["kind"] for p in parts] == ["gap"]
    again = read_record(value).answer
    assert (again.note, again.note_parts[0].kind) == (value["answer"]["note"], "other")


def test_the_quotes_beside_a_language_model_s_words_are_checked_as_well(records: dict[str, Record], index: Index) -> None:
    record = records["sentence"]
    quotes = record.answer
    worded = replace(record, answer=replace(quotes, model=ModelUse("openai:any", written=1), quotes=body_of(quotes)))
    findings = revalidate(worded, index)
    assert len(findings) == 2 * len(revalidate(record, index))
    assert all(f.holds for f in findings)
    sentence = replace(quotes.sentences[0], text="Something else.")
    body = body_of(replace(quotes, sentences=(sentence, *quotes.sentences[1:])))
    altered = replace(worded, answer=replace(worded.answer, quotes=body))
    assert [f.sentence for f in revalidate(altered, index) if not f.holds] == [
        "Quotes beside it: Sentence 1 is not what its citation says."
    ]


def body_of(answer: Answer) -> AnswerBody:
    return AnswerBody(**{f.name: getattr(answer, f.name) for f in fields(AnswerBody) if f.init})


@pytest.mark.parametrize(
    ("text", "holds", "words"),
    [
        ("The third phase of the Big Fund has registered capital of 344 billion yuan.", True, "is supported"),
        (
            "Because of sanctions only the third phase of the Big Fund has 344 billion yuan.",
            True,
            "a judge let the rest pass",
        ),
        ("The third phase of the Big Fund has registered capital of 999 billion yuan.", False, "999 billion"),
    ],
)
def test_a_language_model_s_sentence_is_held_to_its_citation_without_the_judge(
    records: dict[str, Record], index: Index, text: str, holds: bool, words: str
) -> None:
    record = records["sentence"]
    answer = replace(record.answer, sentences=record.answer.sentences[:1])
    worded = replace(answer, sentences=(replace(answer.sentences[0], text=text),), model=ModelUse("openai:any", written=1))
    *_, last = revalidate(replace(record, answer=worded), index)
    assert (last.holds, words in last.sentence) == (holds, True), last.sentence


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_was_just_answered_holds(records: dict[str, Record], index: Index, name: str) -> None:
    record = records[name]
    findings = revalidate(record, index)
    assert findings
    assert all(f.holds for f in findings), [f.sentence for f in findings]
    assert changed(record, index) == ()


def test_every_document_is_named_by_its_text(records: dict[str, Record], index: Index) -> None:
    for document in records["list"].documents:
        current = index.document(document.id)
        assert current
        assert content_id(current.text) == document.id == document.sha256[:16]


def altered(record: Record, path: list[Any], value: Any) -> Record:
    raw = json.loads(json.dumps(record.to_dict()))
    at = raw
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value(at[path[-1]])
    return read_record(raw)


@pytest.mark.parametrize(
    ("path", "change", "message"),
    [
        (["answer", "citations", 0, "quote"], lambda q: q.replace("344", "443"), "says something else"),
        (["answer", "citations", 0, "start"], lambda n: n + 1, "says something else"),
        (["answer", "sentences", 0, "text"], lambda t: t.replace("344", "443"), "not what its citation says"),
        (["documents", 0, "sha256"], lambda _: "0" * 64, "hash is another"),
    ],
)
def test_what_was_altered_is_noticed(
    records: dict[str, Record], index: Index, path: list[Any], change: Any, message: str
) -> None:
    findings = revalidate(altered(records["sentence"], path, change), index)
    assert any(not f.holds and message in f.sentence for f in findings), [f.sentence for f in findings]


@pytest.mark.parametrize("numbers", [[], [99], [1, 99]])
def test_a_record_of_an_answer_that_cites_what_is_not_there_is_none(records: dict[str, Record], numbers: list[int]) -> None:
    with pytest.raises(RecordError, match=r"not complete \(sentence 1 cites "):
        altered(records["sentence"], ["answer", "sentences", 0, "citations"], lambda _: numbers)


def test_a_source_that_changes_is_noticed(small_corpus: Path, tmp_path: Path, embedder: Any, reranker: Any) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    shutil.copy(small_corpus / "chip-policy.md", folder)
    index = Index(tmp_path / "index")
    sync([folder], index, embedder)
    settings = read_settings(corpus=folder, data=tmp_path)
    chain = load(index, embedder, reranker, settings)
    record = make_record(chain.ask(QUESTIONS["sentence"]), 0.5, "x", index.document)
    text = (folder / "chip-policy.md").read_text(encoding="utf-8")
    (folder / "chip-policy.md").write_text(text + "\nThis sentence is new.[^none]\n", encoding="utf-8")
    sync([folder], index, embedder)
    findings = revalidate(record, index)[: len(record.answer.citations)]
    assert all("still stand" in f.sentence for f in findings), [f.sentence for f in findings]
    assert changed(record, index)[0].document_id == record.answer.citations[0].document_id
    (folder / "chip-policy.md").write_text(text.replace("344 billion", "345 billion"), encoding="utf-8")
    sync([folder], index, embedder)
    assert any("no longer stand" in f.sentence for f in revalidate(record, index))
    assert removed(record, index) == ()
    cited = changed(record, index)
    (folder / "chip-policy.md").rename(tmp_path / "elsewhere.md")
    (folder / "other.md").write_text("# Other\n\nThe yard is closed.\n", encoding="utf-8")
    sync([folder], index, embedder)
    assert (changed(record, index), removed(record, index)) == ((), cited)
    assert any("no longer there" in f.sentence for f in revalidate(record, index))
    index.close()


def load(index: Index, embedder: Any, reranker: Any, settings: Any) -> Chain:
    """As the program loads it, with models that are loaded already."""
    from app.pipeline.load import load_chain

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.pipeline.load.load_reranker", lambda *_: reranker)
        return load_chain(settings, index, embedder)


@pytest.mark.parametrize(
    "value", [None, [], {}, {"format": "else"}, {"format": "ask-the-plan evidence", "version": 9},
              {"format": "ask-the-plan evidence", "version": 1},
              {"format": "ask-the-plan evidence", "version": 1, "answer": []}]
)  # fmt: skip
def test_what_is_no_record_is_refused(value: Any) -> None:
    with pytest.raises(RecordError):
        read_record(value)


# --- pasting


def test_a_footnote_has_what_journalists_need(records: dict[str, Record]) -> None:
    text = with_footnotes(records["sentence"].answer)
    first = next(part for part in text.split("\n\n") if part.startswith("[1]"))
    title = re.escape(records["sentence"].answer.citations[0].title)
    source = r".+, .*\d{4}, https?://\S+[.;]"
    assert re.match(rf"\[1\] “.*344.*” Ask the Plan, {title} \(summary\), based on: {source}", first)


def test_a_row_reads_as_a_row(records: dict[str, Record]) -> None:
    assert "“| " not in with_footnotes(records["row"].answer)


@pytest.mark.parametrize("name", QUESTIONS)
def test_bibtex_is_balanced_and_its_keys_are_unique(records: dict[str, Record], name: str) -> None:
    text = bibtex(records[name].answer)
    plain = text.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")
    keys = re.findall(r"@misc\{([^,]+),", text)
    assert bool(keys) == bool(records[name].answer.citations)
    assert len(keys) == len(set(keys))
    assert not re.search(r"(?<!\\)[&%#]", re.sub(r"url = \{.*\}", "", text))


def test_a_conversation_is_exported(records: dict[str, Record]) -> None:
    text = conversation_markdown("A *title*", list(records.values()))
    assert text.startswith("# A \\*title\\*")
    assert all(f"## {question}" in text for question in QUESTIONS.values())
    whole = json.loads(conversation_json("t", list(records.values())))
    assert [read_record(r).id for r in whole["answers"]] == [r.id for r in records.values()]


# --- keeping


def test_a_conversation_is_its_visitor_s_alone(tmp_path: Path, records: dict[str, Record]) -> None:
    saved = Conversations(tmp_path / "deep" / "conversations.db")
    assert saved.listed("a") == ()
    one = saved.save("a", "", records["sentence"], 0)
    assert saved.save("a", one, records["list"], 1) == one
    assert [r.id for r in saved.records("a", one)] == [records["sentence"].id, records["list"].id]
    assert [(c.title, c.answers, c.links) for c in saved.listed("a")] == [(QUESTIONS["sentence"], 2, 0)]
    saved.share("a", one, records["list"])
    assert [c.links for c in saved.listed("a")] == [1]
    assert saved.listed("b") == ()
    assert saved.records("b", one) == ()
    assert saved.save("b", one, records["row"], 0) != one
    saved.delete("b", one)
    assert len(saved.records("a", one)) == 2
    saved.save("a", one, records["nothing"], 1)  # asked again: what stood there and behind it goes
    assert [r.id for r in saved.records("a", one)] == [records["sentence"].id, records["nothing"].id]
    saved.delete("a", one)
    assert saved.listed("a") == ()
    saved.prefer("a", {"language": "zh"})
    assert saved.preferences("a") == {"language": "zh"}
    assert saved.preferences("b") == {}
    assert stat.S_IMODE(saved.path.stat().st_mode) == 0o600
    raw = saved.path.read_bytes()
    assert QUESTIONS["sentence"].encode() not in raw


def test_the_latest_feedback_on_an_answer_counts(tmp_path: Path, records: dict[str, Record]) -> None:
    file = tmp_path / "feedback.jsonl"
    assert read_feedback(file) == ((), 0)
    add_feedback(file, Feedback("down", "", records["sentence"]))
    add_feedback(file, Feedback("up", "right\nafter all", records["sentence"]))
    add_feedback(file, Feedback("up", "", records["nothing"]))
    add_feedback(file, Feedback("down", "wrong", records["list"]))
    items, _ = read_feedback(file)
    assert [(f.verdict, f.comment) for f in items] == [("up", "right\nafter all"), ("up", ""), ("down", "wrong")]


def test_a_cut_line_of_feedback_is_passed_over_and_counted(tmp_path: Path, records: dict[str, Record]) -> None:
    file = tmp_path / "feedback.jsonl"
    add_feedback(file, Feedback("up", "", records["sentence"]))
    whole = file.read_bytes()
    file.write_bytes(b"{}\n" + whole + whole[: len(whole) // 2])  # a disk that was full
    add_feedback(file, Feedback("down", "", records["list"]))
    file.write_bytes(file.read_bytes() + b"\xff\x00\n")
    items, passed_over = read_feedback(file)
    assert [f.verdict for f in items] == ["up", "down"]
    assert passed_over == 3


def test_feedback_ends_where_there_is_no_room_for_it(tmp_path: Path, records: dict[str, Record]) -> None:
    file, note = tmp_path / "feedback.jsonl", Feedback("up", "", records["sentence"])
    add_feedback(file, note)
    size = file.stat().st_size
    with pytest.raises(FeedbackNotSaved, match="There is no room for more feedback") as error:
        add_feedback(file, note, max_bytes=2 * size - 1)
    assert Words("zh").sentence(error.value.sentence()).startswith("反馈的存储空间已满，无法再保存。管理员可以")
    assert file.stat().st_size == size
    add_feedback(file, note, max_bytes=2 * size)


def test_feedback_that_cannot_be_written_is_told(tmp_path: Path, records: dict[str, Record]) -> None:
    (tmp_path / "feedback.jsonl").mkdir()
    with pytest.raises(AskError, match="could not be saved"):
        add_feedback(tmp_path / "feedback.jsonl", Feedback("up", "", records["sentence"]))


# --- asking next


def test_candidates_are_of_the_cited_documents_and_new(chain: Chain, records: dict[str, Record]) -> None:
    answer = records["sentence"].answer
    ids = dict.fromkeys(c.document_id for c in answer.citations)
    documents = [(d, chain.index.passages(i)) for i in ids if (d := chain.index.document(i))]
    known_questions = {"chip-policy.md": ["Is this the first?", QUESTIONS["sentence"].upper()], "other.md": ["Never?"]}
    questions = candidates(answer, documents, known_questions, [QUESTIONS["sentence"]])
    assert questions[0] == "Is this the first?"
    assert len(questions) > 3
    assert not {"Never?", QUESTIONS["sentence"].upper()} & set(questions)


def test_only_what_is_answered_is_offered(chain: Chain) -> None:
    questions = [QUESTIONS["nothing"], QUESTIONS["sentence"], QUESTIONS["list"]]
    assert list(answered(questions, chain.ask)) == questions[1:]
    assert list(answered(questions, lambda _: None)) == []


def test_no_more_than_three_are_offered(chain: Chain) -> None:
    answer = chain.ask(QUESTIONS["sentence"])
    assert list(answered("abcdef", lambda _: answer)) == ["a", "b", "c"]
    assert (
        list(answered(map(str, range(99)), lambda _: replace(answer, status="not_found", sentences=(), citations=()))) == []
    )
