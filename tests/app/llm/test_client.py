"""The second engine over a scripted model behind a real server: what it says when all goes well."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.tracers.run_collector import RunCollectorCallbackHandler

from app.answers import Answer
from app.known.choosing import Chooser
from app.known.match import Match
from app.llm.evidence import for_prompt
from app.pipeline.chain import Chain
from app.pipeline.values import Request, Step
from app.query.values import Turn
from app.sentences import VerifiedSentence
from app.store.records import public
from ingest.documents import PassageLocation, plain
from ingest.questions.store import ResolvedQuestion
from tests.in_json import in_json
from tests.scripted import FACT, QUESTION, TRUE, at_each_step, fails, key_of, says, true_fact, worded_by, writes

ROOT = Path(__file__).resolve().parents[3]
BOTH = f"{QUESTION[:-1]}, and who led the science of the satellite Micius?"


# --- when all goes well


def test_a_sentence_with_support_is_said_with_its_citation(worded, model):
    model.reply = writes(true_fact)
    events = list(worded.stream(Request(QUESTION)))
    answer = events[-1]
    assert answer.text == f"{TRUE} [1]"
    assert answer.status == "answered"
    (citation,) = answer.citations
    document = worded.index.document(citation.document_id)
    assert citation.quote == document.text[citation.start : citation.end]
    assert FACT in citation.quote
    assert [e.name for e in events if isinstance(e, Step)][-2:] == ["writing", "checking"]
    (event,) = [e for e in events if isinstance(e, VerifiedSentence)]
    (said,) = answer.sentences  # what is shown large is known when the answer is whole
    assert (event.sentence, event.citations) == (replace(said, highlight=None), answer.citations)
    use = public(answer)["model"]
    assert (use["name"], use["input_tokens"], use["output_tokens"]) == ("openai:scripted", 321, 45)
    assert (use["written"], use["removed"], use["replaced"]) == (1, 0, 0)
    assert "trouble" not in use
    assert not answer.note


def test_a_sentence_without_support_is_not(worded, model):
    model.reply = writes(lambda b: f"{true_fact(b)} It was approved in 1999. The moon is made of green cheese.")
    answer = worded.ask(QUESTION)
    assert answer.text == f"{TRUE} [1]"
    assert (answer.model.written, answer.model.removed + answer.model.replaced) == (3, 2)
    assert "2 of 3 statements could not be verified and were left out." in answer.note


@pytest.mark.parametrize("keys", ["", "[S99]", "[S3]", "[S99][S3]"], ids=["none", "unknown", "another's", "both"])
def test_a_key_that_lacks_is_added_and_a_wrong_one_dropped(worded, model, keys):
    model.reply = writes(f"{TRUE} {keys}")
    (citation,) = worded.ask(QUESTION).citations
    assert FACT in citation.quote


def test_a_sentence_that_fails_gives_way_to_the_quote_that_it_cites(worded, model, chain):
    quoted = chain.ask(BOTH)
    cited = next(s.text for s in quoted.sentences if FACT not in s.text)
    model.reply = writes(lambda b: f"{true_fact(b)} Hefei was approved in 1999. {key_of(b, cited[:60])}")
    answer = worded.ask(BOTH)
    assert [s.text for s in answer.sentences] == [TRUE, cited]
    assert answer.model.replaced == 1


def test_what_answers_best_is_quoted_where_the_model_s_own_words_for_it_do_not_stand(worded, model, chain):
    other = "USTC in Hefei led the science of the quantum satellite Micius"
    model.reply = writes(lambda b: f"{other}. {key_of(b, other)}")
    assert [s.text for s in worded.ask(QUESTION).sentences] == [f"{other}."]  # it has read more than the program
    model.reply = writes(lambda b: f"{other}. {key_of(b, other)} It was approved in 1999. {key_of(b, other)}")
    answer = worded.ask(QUESTION)
    assert answer.sentences[0].text.startswith(other)
    assert [s.text for s in answer.sentences[1:]] == [s.text for s in chain.ask(QUESTION).sentences]
    assert "The passages that answer best are quoted as well." in answer.note


def test_markup_links_and_images_are_words_alone(worded, model):
    marked = TRUE.replace("Hefei", "[Hefei](https://evil.example/?q=1)").replace("approved", "**<b>approved</b>**")
    model.reply = writes(lambda b: f"- {marked} ![x](https://evil.example/a.png) {key_of(b, FACT)}\n")
    assert worded.ask(QUESTION).text == f"{TRUE} [1]"


def test_structured_answers_stream_too(chain, reranker, model):
    worded = worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url)

    def reply(body):
        if "could not be verified" in body["messages"][0]["content"]:
            return '{"statements": []}'
        assert body["response_format"]["type"] == "json_schema"
        assert body["response_format"]["json_schema"]["strict"]
        support = {"key": key_of(body, FACT).strip("[]"), "words": "10 January 2017"}
        statements = [{"supports": [support], "text": TRUE}, {"supports": [], "text": "It is 1999."}]
        return json.dumps({"blocks": [{"kind": "paragraph", "headings": [], "statements": statements}], "not_stated": ""})

    model.reply = says(reply)
    answer = worded.ask(QUESTION)
    assert answer.text == f"{TRUE} [1]"
    model.reply = says('{"blocks": "none"}')
    assert worded.ask(QUESTION).model.failure == "nonsense"
    model.reply = says('{"blocks": [], "not_stated": ""}')
    assert worded.ask(QUESTION).status == "not_found"
    model.reply = says("This is no JSON.")
    assert worded.ask(QUESTION).model.failure == "nonsense"


@pytest.mark.parametrize("status", [400, 422])
def test_an_endpoint_without_structured_output_is_asked_for_the_same_in_words(chain, reranker, model, status):
    worded = worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url)
    refused = fails(status, "response_format is not supported")
    fenced = says(lambda b: f"Here it is:\n```json\n{in_json(true_fact(b))}\n```\nI hope that helps.")
    model.reply = lambda body: (refused if "response_format" in body else fenced)(body)
    before = len(model.requests)
    assert worded.ask(QUESTION).text == f"{TRUE} [1]"
    assert worded.ask(QUESTION).text == f"{TRUE} [1]"
    assert ["response_format" in r for r in model.requests[before:]] == [True, False, False]  # it is told once


def test_a_model_is_asked_below_the_threshold_too_and_never_for_quotes(worded, model, chain):
    model.reply = writes("NO ANSWER")
    assert worded.ask("Who won the football world cup in 1998?").model.failure == "declined"
    before = len(model.requests)
    assert worded.ask("Thank you!").model is None
    plain = list(worded.stream(Request(QUESTION, engine="quotes")))
    assert [e.name for e in plain[:-1]] == ["reading", "matching", "searching", "ranking", "choosing", "checking"]
    assert public(plain[-1])["sentences"] == public(chain.ask(QUESTION))["sentences"]
    assert "model" not in public(plain[-1])
    assert len(model.requests) == before


def test_the_prompt_keeps_its_budget(chain, reranker, model):
    model.reply = writes(true_fact)
    lengths = []
    for budget in (1_300, 2_000, 6_000):
        worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url, llm_tokens=budget).ask(QUESTION)
        lengths.append(len(model.prompt))
        assert len(model.prompt) <= 3 * budget
        assert FACT in model.prompt  # what the program would quote itself comes first
    assert lengths == sorted(lengths)
    assert "[S1]" in model.prompt
    assert [m["role"] for m in model.requests[-1]["messages"]] == ["system", "user"]
    assert not {"tools", "functions", "tool_choice"} & set(model.requests[-1])


def test_it_streams_asynchronously_too(worded, model):
    model.reply = writes(true_fact)

    async def collect():
        return [e async for e in worded.runnable.astream(Request(QUESTION))]

    events = asyncio.run(collect())
    assert isinstance(events[-1], Answer)
    assert isinstance(events[-3], VerifiedSentence)
    assert events[-2] == Step("checking")


# --- follow-ups

HISTORY = (Turn("user", "What is the comprehensive national science centre in Hefei?"), Turn("assistant", "A centre. [1]"))


def reading(*questions: str, **fields: Any) -> str:
    return json.dumps({"last_answer": False, "questions": questions, "form": "", "searches": []} | fields)


def scripted_reading(reply: str):
    return says(lambda b: reply if "Prepare the search" in b["messages"][0]["content"] else in_json(true_fact(b)))


@pytest.mark.parametrize(
    "read_as", [QUESTION, "What year saw Hefei's centre win its approval?"], ids=["words of the conversation", "others"]
)
def test_what_the_model_reads_in_a_follow_up_is_the_question(worded, model, read_as):
    model.reply = scripted_reading(reading(read_as))
    answer = worded.ask("When was it approved?", HISTORY)
    assert answer.standalone_query == read_as
    assert public(answer)["read_as"] == read_as
    assert answer.model.input_tokens == 642


def test_several_questions_are_searched_for_one_by_one(worded, model):
    model.reply = scripted_reading(reading(QUESTION, "Who led the science of the satellite Micius?"))
    worded.ask("And its approval, and who led Micius?", HISTORY)
    assert FACT in model.prompt
    assert "Micius" in model.prompt.split("</evidence>")[0]


@pytest.mark.parametrize("reply", ["", "no JSON", '{"questions": []}', '{"questions": [7, "x"'], ids=str)
def test_without_a_reading_the_programs_own_stands(worded, model, chain, reply):
    model.reply = scripted_reading(reply)
    answer = worded.ask("When was it approved?", HISTORY)
    assert answer.standalone_query == chain.ask("When was it approved?", HISTORY).standalone_query
    assert FACT in answer.text


def test_no_known_question_replaces_what_the_model_reads_and_its_answer_is_a_draft(chain, reranker, model, tmp_path):
    known_question = "When did the state approve the science centre of Hefei?"
    (passage,) = [
        p for d in chain.index.catalogue.document_ids() for p in chain.index.passages(d) if FACT in _quote(chain, p)
    ][:1]
    place = PassageLocation(passage.document_id, passage.start)
    prose = {
        "places": [[place.document_id, place.start]],
        "short": {"en": "In 2017.", "zh": "2017年。", "cites": [1]},
        "full": [{"en": "The centre of Hefei has been approved since 2017.", "zh": "2017年获批。", "cites": [1]}],
    }
    resolved = ResolvedQuestion(known_question, "", {}, (place,), written_json=json.dumps(prose))
    worded = worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url)
    matched = (Match(1, resolved, known_question, 0.9, known_question),)
    known = SimpleNamespace(stamp=1, wordings=SimpleNamespace(questions=[resolved]))
    matcher = SimpleNamespace(matches=lambda *_: matched, wording_in=lambda *_: known_question, known=known)
    chooser = Chooser(matcher, None)
    worded = Chain(worded.index, worded.embedder, reranker, worded.settings, worded.writing, None, matcher, chooser)
    model.reply = scripted_reading(reading("Since when has Hefei had its centre?"))
    answer = worded.ask("since when?", HISTORY)
    assert answer.standalone_query == "Since when has Hefei had its centre?"
    statements = model.prompt.split("<statements>")[1].split("</statements>")[0]
    assert statements.split("\n")[1:4] == [
        known_question, "[W1] In 2017.", "[W2] The centre of Hefei has been approved since 2017."
    ]  # fmt: skip
    assert FACT in model.prompt.split("</evidence>")[0]
    assert not answer.written


def _quote(chain, passage):
    return passage.quote(chain.index.document(passage.document_id).text)


# --- what the last answers cite


def _cited(chain, answer):
    return tuple((c.document_id, c.start, c.end) for c in answer.citations)


def test_what_the_last_answer_cites_stands_first_behind_a_follow_up(worded, model, chain):
    micius = chain.ask("Who led the science of the satellite Micius?")
    history = (Turn("user", "Who led it?"), Turn("assistant", "USTC. [1]", _cited(chain, micius)))
    model.reply = scripted_reading(reading(QUESTION))
    worded.ask("And the centre?", history)
    first = model.prompt.split("[S2]")[0]
    assert "Micius" in first
    assert FACT in model.prompt
    other = [d for d in chain.index.catalogue.document_ids() if d != micius.citations[0].document_id]
    worded.ask("And the centre?", history, within=other)
    assert "Micius" not in model.prompt.split("[S2]")[0]


def test_where_nobody_says_what_the_last_answer_cites_it_is_found_again(worded, model):
    history = (Turn("user", "Who led it?"), Turn("assistant", "USTC in Hefei led the science of the satellite Micius. [1]"))
    model.reply = scripted_reading(reading("How many people live in Hefei?"))
    worded.ask("And how many live there?", history)
    assert "Micius" in model.prompt.split("[S2]")[0]


def test_the_last_answer_in_another_form_is_made_without_a_search(worded, model, chain, monkeypatch):
    cited = _cited(chain, chain.ask(QUESTION))
    history = (Turn("user", QUESTION), Turn("assistant", f"Long ago: {TRUE}", cited))
    model.reply = scripted_reading(reading(QUESTION, last_answer=True, form="a table"))
    monkeypatch.setattr(worded.retriever, "search", lambda _: pytest.fail("it searched"))
    events = list(worded.stream(Request("as a table", history)))
    assert events[-1].text == f"{TRUE} [1]"
    assert "(form: a table)" in model.prompt
    assert "Long ago" in model.prompt


# --- further searches

WIDE = "How did research centres in Hefei come about?"
MICIUS = "Who led the science of the satellite Micius?"


def test_a_broad_follow_up_is_searched_in_the_models_searches_too(worded, model):
    model.reply = scripted_reading(reading(WIDE, searches=[MICIUS, "What is spent on research?"]))
    worded.ask(WIDE, HISTORY)
    further = model.prompt
    model.reply = scripted_reading(reading(WIDE))
    worded.ask(WIDE, HISTORY)
    blocks = [set(prompt.split("\n\n")) for prompt in (further, model.prompt)]
    assert blocks[0] - blocks[1], "nothing came from the further searches"


@pytest.mark.parametrize("question", [QUESTION, WIDE])
def test_a_first_question_is_not_read_by_the_model(worded, model, question):
    model.reply = writes(true_fact)
    before = len(model.requests)
    worded.ask(question)
    assert len(model.requests) == before + 1


def test_what_further_searches_find_is_not_quoted_without_the_model(worded, model, chain):
    model.reply = scripted_reading(reading(WIDE, searches=[MICIUS]))
    quotes = worded.ask(WIDE, HISTORY).quotes
    assert quotes is None or quotes.sentences == chain.ask(WIDE).sentences


def looking(*what: str):
    """A model that looks for these things at first, and answers once it has found the fact."""
    return says(lambda b: in_json(true_fact(b) if FACT in b["messages"][-1]["content"] else f"LOOK: {'; '.join(what)}"))


FAR = "How many people live in the mountains of the moon?"


def test_what_the_model_lacks_is_searched_for_and_each_round_is_a_step(worded, model):
    model.reply = looking(QUESTION)
    events = list(worded.stream(Request(FAR)))
    assert [(e.name, e.what) for e in events if isinstance(e, Step)][-3:-1] == [("writing", ""), ("looking", QUESTION)]
    assert events[-1].text == f"{TRUE} [1]"
    assert f"Already looked for: {QUESTION}" in model.prompt


def test_a_document_or_a_heading_is_opened_by_name(worded, model, chain):
    (place,) = chain.ask(QUESTION).citations
    assert place.title in opened_titles(worded, model)
    for name in (place.title, f"{place.title} › {place.heading}"):
        model.reply = looking(name)
        assert worded.ask(FAR).text == f"{TRUE} [1]"


def opened_titles(worded, model) -> list[str]:
    model.reply = writes("NO ANSWER")
    worded.ask(FAR)
    return model.prompt.split("<documents>\n")[1].split("\n</documents>")[0].split("\n")


def test_only_chosen_documents_are_looked_into(worded, model, chain):
    (place,) = chain.ask(QUESTION).citations
    others = [d for d in chain.index.catalogue.document_ids() if d != place.document_id]
    model.reply = looking(QUESTION, place.title)
    answer = worded.ask(FAR, within=others)
    assert answer.status == "not_found"
    assert answer.note.endswith(f"Searched {len(others)} of {len(others) + 1} documents.")
    assert FACT not in model.prompt


def test_it_looks_twice_at_most(worded, model):
    model.reply = says(lambda _: in_json(f"LOOK: hall {len(model.requests)}"))
    before = len(model.requests)
    answer = worded.ask(FAR)
    assert (answer.status, answer.model.failure) == ("not_found", "declined")
    assert len([r for r in model.requests[before:] if "<evidence>" in r["messages"][-1]["content"]]) == 3
    assert "look no further" in model.prompt


# --- tracing, and what is loaded


def test_it_can_be_traced_below_the_chain(worded, model):
    model.reply = writes(true_fact)
    tracer = RunCollectorCallbackHandler()
    worded.runnable.invoke(Request(QUESTION), {"callbacks": [tracer]})
    names, runs = [], list(tracer.traced_runs)
    while runs:
        run = runs.pop()
        names.append(run.name)
        runs += run.child_runs
    assert "writing" in names
    assert "language model" in names


@pytest.mark.slow
def test_without_a_model_nothing_of_it_is_loaded(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Comets\n\nThe comet of 1811 was seen for 260 days.\n")
    code = (
        "import sys\nfrom app.pipeline.load import load_chain\nfrom app.settings import read_settings\n"
        "from ingest.index import Index\nfrom ingest.models.load import load_embedder\nfrom ingest.sync import sync\n"
        f"s = read_settings(corpus={str(tmp_path / 'docs')!r}, data={str(tmp_path / 'data')!r})\n"
        "i = Index(s.index_folder); sync([s.corpus], i, load_embedder())\n"
        "assert load_chain(s, i).ask('For how many days was the comet of 1811 seen?').text.endswith('260 days. [1]')\n"
        "ours = 'generate provider writing vouch claims prompt untrusted'.split()\n"
        "new = {'langchain', 'openai', *('app.' + n for n in ours)}\n"
        "print(*(new & set(sys.modules)))\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ASK_", "LANGSMITH", "LANGCHAIN", "OTEL"))}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_nothing_is_traced_by_default(monkeypatch):
    from langsmith.utils import tracing_is_enabled

    for name in [n for n in os.environ if n.startswith(("LANGSMITH", "LANGCHAIN"))]:
        monkeypatch.delenv(name)
    tracing_is_enabled.cache_clear() if hasattr(tracing_is_enabled, "cache_clear") else None
    assert tracing_is_enabled() is False


# --- the judge, conversations and documents that were chosen


def test_the_model_that_wrote_judges_in_a_call_of_its_own(chain, reranker, model):
    worded = worded_by(chain, reranker, judges=True, llm="openai:scripted", llm_url=model.url)
    model.reply = at_each_step(true_fact, "1: yes")
    before = len(model.requests)
    answer = worded.ask(QUESTION)
    assert answer.text == f"{TRUE} [1]"
    assert len(model.requests) == before + 2
    assert (answer.model.input_tokens, answer.model.output_tokens) == (642, 90)
    model.reply = at_each_step(true_fact, "1: no - another centre is meant", "1: leave out")
    refused = worded.ask(QUESTION)
    assert TRUE not in refused.text
    assert FACT in refused.text  # quoted in its place
    assert refused.model.left_out[0].reason.endswith("another centre is meant")


def test_a_document_that_was_chosen_is_given_whole(worded, model):
    (hefei,) = [d for d in worded.index.catalogue.document_ids() if "Hefei" in worded.index.document(d).title][:1]
    model.reply = writes(lambda b: f"Hefei hosts much science. {key_of(b, 'Hefei')}")
    before = len(model.requests)
    answer = worded.ask("Summarize this document.", within=[hefei])
    assert answer.model is not None
    (request, *_) = [r for r in model.requests[before:] if "<evidence>" in r["messages"][-1]["content"]]
    shown = request["messages"][-1]["content"]
    for passage in worded.index.passages(hefei):
        assert for_prompt(plain(passage.quote(worded.index.document(hefei).text))) in shown
