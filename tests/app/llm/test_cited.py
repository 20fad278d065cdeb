"""A provider's own citations: the real client of Anthropic against a scripted server that sends what the API sends."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from app.answers import Answer
from app.groundedness.checker import ClaimChecker
from app.llm.citable import citable
from app.llm.client import CallResult, Writer
from app.llm.evidence import EvidenceBlock
from app.llm.exam import Terms, Wrote, terms
from app.llm.exam_paper import paper
from app.llm.exam_sitting import examine
from app.llm.exam_words import sentence, table
from app.llm.prompts import NO_ANSWER
from app.llm.trial import try_out
from app.llm.writing import Writing
from app.sentences import Quoted, Statement
from tests.app.llm.shelf import FACT, Shelf, document, material
from tests.citing import Said, asked, breaks_after, cites, cites_as, citing_writer, documents, said
from tests.examinee import ANSWERS, FORM, judges, verdicts
from tests.scripted import Reply, ScriptedModel, fails, first, says

pytest.importorskip("langchain_anthropic")

BUILT = "They were built in two years."
SIXTY = "make 60 clocks a day"
FOUND = material(FACT, SIXTY, "Norburg")


def written(model: ScriptedModel, reply: Reply, **settings: object) -> tuple[list[Statement], CallResult]:
    """What a model that is asked about the clock works says: its statements, and how it ended."""
    model.reply = reply
    writer = citing_writer(model, **settings)
    *statements, done = writer.write(Writing(writer, ClaimChecker()).prompt(FOUND)[0], writer.seconds)
    assert isinstance(done, CallResult)
    return [s for s in statements if isinstance(s, Statement)], done


def texts(statements: list[Statement]) -> list[tuple[str, tuple[str, ...]]]:
    return [(s.text, tuple(q.words for q in s.supports)) for s in statements]


def answer_of(model: ScriptedModel, reply: Reply) -> Answer:
    model.reply = reply
    *_, answer = Writing(citing_writer(model), ClaimChecker(), judges=False).write(FOUND)
    assert isinstance(answer, Answer)
    return answer


# --- what is asked


def test_evidence_is_given_as_documents_of_a_passage_a_line(model):
    written(model, cites(said(NO_ANSWER)))
    body = model.requests[-1]
    shown = documents(body)
    assert all(d["citations"] == {"enabled": True} and d["source"]["type"] == "content" for d in shown)
    opening = next(d for d in shown if "Opening" in d["title"])
    assert opening["title"] == "Clock works › Opening — Us"
    assert [c["text"] for c in opening["source"]["content"]] == [FACT, BUILT, "They make 40 clocks a day."]
    sales = next(d for d in shown if "Sales" in d["title"])
    assert sales["context"] == "| City | Clocks sold in 2020 |"  # read, and not cited
    assert sales["source"]["content"][0]["text"] == "| Norburg | 1,204 |"
    assert "context" not in opening
    assert "all the evidence that it rests on" in body["system"]
    assert "[S1" not in str(body)
    assert asked(body).startswith("<question>\nWhen were the clock works of Quaville opened?\n</question>")
    assert "<evidence>" not in asked(body)
    assert "thinking" not in body
    assert "tools" not in body


# --- what is said


@pytest.mark.parametrize("before", [False, True], ids=["behind the words", "before them"])
def test_a_sentence_rests_on_all_that_is_cited_for_it(model, before):
    statements, done = written(model, cites(Said("They took two years, until May 2017.", (FACT, BUILT), before)))
    (statement,) = statements
    assert statement == Statement(
        "They took two years, until May 2017.", (Quoted("S1", FACT), Quoted("S1", BUILT)), "paragraph", 1
    )
    assert (done.failure, done.input_tokens, done.output_tokens) == ("", 321, 45)


def test_a_sentence_over_several_blocks_is_one_statement(model):
    blocks = said("The works opened "), said("on 3 May 2017", FACT), said(" and took "), said("two years", BUILT), said(".")
    statements, _ = written(model, cites(*blocks))
    assert texts(statements) == [("The works opened on 3 May 2017 and took two years.", (FACT, BUILT))]


def test_sentences_of_one_block_are_split_and_what_is_not_cited_has_no_support(model):
    blocks = (
        said("Quaville is proud. "),
        said("They opened in 2017. They took two years.", FACT, BUILT),
        said(" All is well."),
    )
    statements, _ = written(model, cites(*blocks))
    assert texts(statements) == [
        ("Quaville is proud.", ()),
        ("They opened in 2017.", (FACT, BUILT)),
        ("They took two years.", (FACT, BUILT)),
        ("All is well.", ()),
    ]


def test_lists_and_tables_keep_their_form(model):
    blocks = (
        said("It aims at:\n- "),
        said("60 clocks a day", SIXTY),
        said("\n- "),
        said("sales abroad: a third", "sell a third"),
        said("\n\n| City | Sold |\n|---|---|\n"),
        said("| Norburg | 1,204 |", "| Norburg"),
        said("\n"),
        said("| Sudburg | 905 |", "| Sudburg"),
    )
    statements, _ = written(model, cites(*blocks))
    assert [(s.text, s.kind, s.block) for s in statements] == [
        ("It aims at:", "paragraph", 1),
        ("60 clocks a day", "list", 2),
        ("sales abroad: a third", "list", 2),
        ("City: Norburg; Sold: 1,204", "table", 3),
        ("City: Sudburg; Sold: 905", "table", 3),
    ]
    assert [len(s.supports) for s in statements] == [0, 1, 1, 1, 1]
    assert statements[-1].cells == (("City", "Sudburg"), ("Sold", "905"))


def test_a_table_that_is_cited_as_a_whole_has_headings_too(model):
    rows = "| City | Sold |\n|---|---|\n| Norburg | 1,204 |\n| Sudburg | 905 |\n"
    statements, _ = written(model, cites(said(rows, "| Norburg", "| Sudburg"), said("That is all.")))
    assert [s.cells for s in statements[:2]] == [
        (("City", "Norburg"), ("Sold", "1,204")),
        (("City", "Sudburg"), ("Sold", "905")),
    ]
    assert [len(s.supports) for s in statements] == [2, 2, 0]


def test_no_answer_and_what_is_not_stated(model):
    statements, done = written(model, cites(said("NO"), said(" ANSWER")))
    assert (statements, done.failure) == ([], "declined")
    statements, done = written(model, cites(said("They opened on 3 May 2017.", FACT), said("\nNOT STATED: who built them")))
    assert texts(statements) == [("They opened on 3 May 2017.", (FACT,))]
    assert (done.failure, done.not_stated) == ("", "who built them")


def test_half_a_sentence_is_not_given(model):
    blocks = said("They opened on 3 May 2017. ", FACT), said("They were built in", BUILT)
    assert texts(written(model, cites(*blocks, stop="max_tokens"))[0]) == [("They opened on 3 May 2017.", (FACT,))]
    assert len(written(model, cites(*blocks))[0]) == 2  # it ended by itself: an item or a figure has no full stop


# --- as it comes, and faults


def test_a_sentence_is_given_on_before_the_rest_is_there(model):
    blocks = said("They opened on 3 May 2017. ", FACT), said("They took two years.", BUILT), said(" ")
    model.reply = breaks_after(*blocks, seconds=3)
    writer = citing_writer(model)
    started, events = time.monotonic(), writer.write(Writing(writer, ClaimChecker()).prompt(FOUND)[0], 20)
    statement = next(events)
    assert isinstance(statement, Statement)
    assert statement.text == "They opened on 3 May 2017."
    assert time.monotonic() - started < 2.5
    *rest, done = events
    assert rest == []  # nobody knows whether the second one was whole
    assert isinstance(done, CallResult)
    assert done.failure == "broken"


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (fails(400, "messages: document blocks are not supported"), "form"),
        (fails(400, "prompt is too long: 9 tokens > 8 maximum"), "context"),
        (fails(401), "key"),
        (fails(404), "unknown"),
    ],
)
def test_what_goes_wrong_is_said(model, reply, failure):
    assert written(model, reply, llm_options='{"max_retries": 0}')[1].failure == failure


def test_an_endpoint_that_takes_no_documents_is_asked_in_text(model):
    model.reply = lambda b: (fails(400, "document: unknown type") if documents(b) else cites(said("ready")))(b)
    trial = try_out(citing_writer(model))
    assert (trial.failure, trial.text_only) == ("", True)
    model.reply = cites(said("ready"))
    assert not try_out(citing_writer(model)).text_only


# --- in an answer


def test_what_is_cited_is_verified_as_ever(model):
    right = said("It was on 3 May 2017 that the clock works of Quaville were opened.", FACT)
    reply = first(cites(right, said(" It rained in 1999.")), cites(said("2: leave out")))
    answer = answer_of(model, reply)
    assert answer.text == f"{right.text} [1]"
    assert answer.citations[0].quote == FACT
    assert [s.text for s in answer.model.left_out] == ["It rained in 1999."]


def test_without_any_citation_nothing_of_it_is_said_that_the_passages_do_not_say(model):
    answer = answer_of(model, cites(said("The moon is made of green cheese. It was opened in 1999.")))
    assert [s.text for s in answer.sentences] == [FACT]  # quoted in its place


def test_what_failed_is_said_again_with_citations(model):
    wrong, right = "The clock works were opened in 1999.", "The clock works were opened on 3 May 2017."
    again = cites(said("1: "), Said(right, (FACT,), before=True))
    answer = answer_of(model, first(cites(said(wrong, FACT)), again))
    assert answer.text == f"{right} [1]"
    body = model.requests[-1]
    assert documents(body) == documents(model.requests[-2])
    assert asked(body).endswith("1: statement\n1: leave out")


# --- the exam


def examinee(body, citing: bool = True):
    """Does all as it should, with citations or without."""
    question = asked(body)
    if judges({"messages": [{"content": body["system"]}]}):
        return (said(verdicts({"messages": [{"content": question}]}, lambda f: "yes" if f else "no - it is not there")),)
    put = next(a for a in paper().asked if a.question.text in question)
    answers = ANSWERS.get(put.question.text, ())
    if documents(body):
        lines = [Said(f"{text}\n", (words,) if citing else ()) for text, words in answers]
    else:
        lines = [said(f'{text} [S1 "{words}"]\n') for text, words in answers]
    lines = lines or [said(NO_ANSWER)]
    return (*lines, *([said("NOT STATED: what they earn")] if put.holds == "part" else []))


def test_the_exam_says_that_citations_work(model):
    model.reply, before = cites_as(examinee), len(model.requests)
    result = examine(citing_writer(model))
    assert (result.cited, result.form) == (FORM, "cited")
    assert result.judges
    assert len(model.requests) - before == paper().calls(forms=3)
    assert sentence(result).endswith(
        "its provider's citations work, it quotes exactly: its own words are shown once verified."
    )
    assert dict(table(result))["citations: answers that quote exactly"] == "4 of 4"
    assert terms(result, None, separate=False, chosen=None, known="cited") == Terms("cited", "own", near_only=False)
    assert terms(result, None, separate=False, chosen="text", known="cited").form == "text"  # it was set so


@pytest.mark.parametrize("refuses", [False, True], ids=["none come", "documents are refused"])
def test_where_citations_do_not_work_the_next_form_is_taken(model, refuses):
    def reply(body):
        if refuses and documents(body):
            return fails(400, "document: unknown type")(body)
        return cites_as(lambda b: examinee(b, citing=False))(body)

    model.reply = reply
    result = examine(citing_writer(model))
    assert result.cited == (Wrote(4, 0, 2, 0, 1, 0) if refuses else Wrote(4, 0, 2, 2, 1, 1))
    assert result.form == "text"
    assert terms(result, None, separate=False, chosen=None, known="cited").form == "text"


def test_citations_are_for_providers_that_have_them_and_unless_another_form_is_set(model):
    def form(writer: Writer) -> str:
        return writer.form

    assert form(citing_writer(model)) == "cited"
    assert form(citing_writer(model, llm_format="text")) == "text"
    model.reply = says("")
    writer = citing_writer(model, llm_format="json")
    assert (form(writer), Writing(writer, ClaimChecker()).prompt(FOUND)[0].documents) == ("json", ())


# --- the documents

SECTIONS = """# Sales

| City | Sold in 2020 |
|---|---|
| Total | 2,109 |
| Abroad: | |
| Norburg | 1,204 |
| Sudburg | 905 |
"""


def test_a_table_with_sections_is_a_document_for_each(model):
    whole = Shelf(document(SECTIONS, "Sales"))
    items = tuple(e for e in whole.evidence("Total", "Norburg", "Sudburg"))
    total, abroad = citable(EvidenceBlock("S3", items))
    assert (total.key, total.context, total.lines) == ("S3", "| City | Sold in 2020 |", ("| Total | 2,109 |",))
    assert abroad.context == "| City | Sold in 2020 |\n| Abroad: | |"
    assert abroad.lines == ("| Norburg | 1,204 |", "| Sudburg | 905 |")
    assert "title" not in replace(total, title="").content
    assert len(replace(total, title="x" * 900).content["title"]) == 500
