"""`/v1` for other programs: what it takes, what it gives, and that OpenAPI says the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.errors import AskError
from app.pipeline.chain import Chain
from app.pipeline.values import Step
from app.settings import Settings, read_settings
from app.web.queue import QueueFull
from app.web.server import add_routes
from app.web.service import Service
from tests.servers import waited_for

HEFEI = "What is Hefei for?"
FAR = "Who won the World Cup final of 1998?"


@pytest.fixture(scope="module")
def client(chain: Chain, settings: Settings) -> Iterator[TestClient]:
    app, service = FastAPI(openapi_url="/v1/openapi.json"), Service(settings, chain)
    add_routes(app, service, "token")
    with TestClient(app, base_url="http://127.0.0.1") as test_client:
        yield test_client


@pytest.mark.parametrize(
    ("body", "message"),
    [(b"", "not JSON"), (b"{", "not JSON"), (b"[]", "not a JSON object"), (b"{}", "has no question"), (b"\xff", "not JSON"),
     (b'{"question": 5}', "question cannot be so: input should be a valid string"),
     (b'{"question": "q", "history": "x"}', "history cannot be so: input should be a valid list"),
     (b'{"question": "q", "history": [{"role": "boss", "content": "x"}]}',
      "history.0.role cannot be so: input should be 'user' or 'assistant'"),
     (b'{"question": "q", "history": [{"role": "user"}]}', "has no history.0.content"),
     (b'{"question": "q", "documents": []}', "documents cannot be so"),
     (b'{"question": "q", "documents": [1]}', "documents.0 cannot be so: input should be a valid string"),
     (b'{"question": "q", "stream": "yes"}', "stream cannot be so: input should be a valid boolean")],
)  # fmt: skip
def test_a_body_that_breaks_the_contract_is_told_in_a_sentence(page: TestClient, body: bytes, message: str) -> None:
    answer = page.post("/v1/ask", content=body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]
    assert 'Send {"question"' in answer.json()["error"]


def test_a_number_that_cannot_be_is_told(page: TestClient) -> None:
    for answer in (page.get("/v1/documents?limit=many"), page.post("/v1/search", json={"words": "tea", "limit": 99})):
        assert answer.status_code == 400
        assert "The limit" in answer.json()["error"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/nothing"), ("GET", "/v1/ask"), ("DELETE", "/v1/documents")])
def test_what_is_not_there_is_told(page: TestClient, method: str, path: str) -> None:
    answer = page.request(method, path)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith(f"There is nothing here for {method}.")


def test_while_the_models_load_documents_are_not_there_yet(page: TestClient) -> None:
    answer = page.get("/v1/documents")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "still loading" in answer.json()["error"]


def test_a_browser_sends_json_alone_and_programs_what_they_like(page: TestClient) -> None:
    """A form of another page could send the rest, where a browser does not say whose it is."""
    form = {"Content-Type": "text/plain;charset=UTF-8"}
    for browser in ({"User-Agent": "Mozilla/5.0"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        refused = page.post("/v1/ask", content=b"{}", headers=browser | form)
        assert refused.status_code == 415
        assert "Content-Type: application/json" in refused.json()["error"]
        assert page.post("/v1/ask", json={}, headers=browser).status_code == 400  # it is the body that is wrong
    assert page.post("/v1/ask", content=b"{}", headers={"User-Agent": "curl/8"} | form).status_code == 400


def test_passages_are_found_with_their_places(client: TestClient) -> None:
    passages = client.post("/v1/search", json={"words": "Hefei science centre", "limit": 3}).json()["passages"]
    assert 1 <= len(passages) <= 3
    document = client.get(f"/v1/documents/{passages[0]['document_id']}").json()
    assert "Hefei" in document["text"]
    assert 0 <= passages[0]["start"] < passages[0]["end"] <= len(document["text"])
    alone = client.post("/v1/search", json={"words": "Hefei", "documents": [document["id"]]}).json()["passages"]
    assert {p["document_id"] for p in alone} == {document["id"]}


def test_a_search_stops_where_the_passages_are_ranked(client: TestClient, chain: Chain, monkeypatch: Any) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("an answer was made")

    hits = chain.ask("Hefei science centre").hits
    monkeypatch.setattr(chain, "_draft", refuse)
    passages = client.post("/v1/search", json={"words": "Hefei science centre", "limit": 3}).json()["passages"]
    assert [(p["document_id"], p["start"]) for p in passages] == [(h.passage.document_id, h.passage.start) for h in hits[:3]]
    assert client.post("/v1/search", json={"words": " "}).status_code == 400


def test_documents_are_listed_and_chosen(client: TestClient, settings: Settings) -> None:
    whole = client.get("/v1/documents").json()
    assert whole["total"] == len(whole["documents"]) == len(list(settings.corpus.glob("*.md")))
    part = client.get("/v1/documents", params={"offset": 1, "limit": 2}).json()
    assert part == {"documents": whole["documents"][1:3], "total": whole["total"]}
    hefei = client.get("/v1/documents", params={"words": "hefei.md"}).json()["documents"]
    assert [d["origin"] for d in hefei] == ["hefei.md"]
    ids = [d["id"] for d in hefei]
    answer = client.post("/v1/ask", json={"question": HEFEI, "documents": ids}).json()
    assert {c["document_id"] for c in answer["citations"] or answer["nearest"]} <= set(ids)


@pytest.mark.parametrize("body", [{"question": HEFEI, "documents": ["nothing"]}, None])
def test_an_id_that_is_unknown_is_told(client: TestClient, body: dict[str, Any] | None) -> None:
    answer = client.post("/v1/ask", json=body) if body else client.get("/v1/documents/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no document with the id 'nothing'.")


# --- as it happens


def events(text: str) -> list[tuple[str, Any]]:
    """Server-Sent Events -> names and data; comments are left out."""
    pairs = [
        dict(line.split(": ", 1) for line in block.split("\n")) for block in text.split("\n\n") if block[:1] not in ("", ":")
    ]
    return [(e["event"], json.loads(e["data"])) for e in pairs]


@pytest.mark.parametrize(
    ("path", "headers", "more"),
    [("/v1/ask?stream", {}, {}), ("/v1/ask", {"Accept": "text/event-stream"}, {}), ("/v1/ask", {}, {"stream": True})],
)
def test_steps_sentences_and_the_answer_come_as_they_happen(
    client: TestClient, path: str, headers: dict[str, str], more: dict[str, Any]
) -> None:
    reply = client.post(path, json={"question": HEFEI, "id": "a", **more}, headers=headers)
    assert reply.headers["content-type"].startswith("text/event-stream")
    came = events(reply.text)
    names = [name for name, _ in came if name != "waiting"]
    assert names == sorted(names, key=["step", "sentence", "answer"].index)
    steps = [data["name"] for name, data in came if name == "step"]
    assert steps[0] == "reading"
    assert steps[-1] == "checking"
    answer = came[-1][1]
    whole = client.post("/v1/ask", json={"question": HEFEI, "id": "a"}).json()
    assert {n: v for n, v in answer.items() if n != "seconds"} == {n: v for n, v in whole.items() if n != "seconds"}
    sentences = [data for name, data in came if name == "sentence"]
    assert [s["text"] for s in sentences] == [s["text"] for s in answer["sentences"]]
    assert all({q["number"] for q in s["quotes"]} == set(s["citations"]) for s in sentences)


def test_an_answer_is_whole_where_no_stream_is_wanted(client: TestClient) -> None:
    for path in ("/v1/ask?stream=0", "/v1/ask?stream=false"):
        assert client.post(path, json={"question": HEFEI}).json()["status"] == "answered"


def test_what_cannot_be_asked_is_no_stream(client: TestClient) -> None:
    for question, message in (("q" * 3_000, "3,000"), (" ", "empty")):
        reply = client.post("/v1/ask?stream", json={"question": question})
        assert reply.status_code == 400
        assert message in reply.json()["error"]


@pytest.mark.parametrize(
    ("error", "message"),
    [(AskError("It is gone.", "Sync."), "It is gone. Sync."), (ValueError("x"), "The log has the details")],
)
def test_what_goes_wrong_while_it_streams_is_the_last_event(tmp_path: Path, error: Exception, message: str) -> None:
    class Failing(Service):
        def _work(self, *_: Any) -> Generator[Any, None, None]:
            yield Step("reading")
            raise error

    app = FastAPI()
    add_routes(app, Failing(read_settings(data=tmp_path)), "token")
    reply = TestClient(app).post("/v1/ask?stream", json={"question": HEFEI})
    assert reply.status_code == 200
    (step, _), (last, about) = events(reply.text)
    assert (step, last) == ("step", "error")
    assert message in about["error"]


def test_a_full_queue_is_told_before_a_stream_begins(settings: Settings) -> None:
    class Full(Service):
        def _submit(self, *_: Any, **__: Any) -> Any:
            raise QueueFull("30 questions are waiting already.", 30)

    app = FastAPI()
    add_routes(app, Full(settings), "token")
    reply = TestClient(app).post("/v1/ask?stream", json={"question": HEFEI})
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "30")


# --- documented


def test_every_field_that_is_given_is_documented(client: TestClient) -> None:
    """At every depth: a field that is added to the object is in the contract."""
    schemas = client.get("/v1/openapi.json").json()["components"]["schemas"]
    turns = [{"role": "user", "content": "Where is Hefei?"}]
    replies = [
        ("AnswerObject", client.post("/v1/ask", json={"question": "What is it for?", "history": turns, "id": 1}).json()),
        ("AnswerObject", client.post("/v1/ask", json={"question": FAR}).json()),
        ("FoundPassages", client.post("/v1/search", json={"words": "Hefei"}).json()),
        ("ListedDocuments", client.get("/v1/documents").json()),
        ("WholeDocument", client.get(f"/v1/documents/{client.get('/v1/documents').json()['documents'][0]['id']}").json()),
    ]
    for name, value in replies:
        assert not list(undocumented({"$ref": name}, value, schemas))
        assert set(schemas[name]["required"]) <= set(value)
    assert list(undocumented({"$ref": "AnswerBody"}, {"status": "about", "more": 1}, schemas)) == ["AnswerBody.more"]


def undocumented(schema: dict[str, Any], value: object, schemas: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of a value that its schema does not name."""
    for one in schema.get("anyOf", [schema]):
        if isinstance(value, list) and "items" in one:
            for item in value:
                yield from undocumented(one["items"], item, schemas)
        elif isinstance(value, dict) and "$ref" in one:
            name = one["$ref"].rpartition("/")[2]
            properties = schemas[name]["properties"]
            yield from (f"{name}.{field}" for field in value if field not in properties)
            for field in value.keys() & properties.keys():
                yield from undocumented(properties[field], value[field], schemas)


def test_openapi_names_every_route_with_models_and_examples(page: TestClient) -> None:
    schema = page.get("/v1/openapi.json").json()
    paths = schema["paths"]
    for path in ("/v1/ask", "/v1/search", "/v1/documents", "/v1/documents/{document_id}", "/v1/chat/completions", "/ready"):
        assert path in paths
    schemas = schema["components"]["schemas"]
    for path in ("/v1/ask", "/v1/search"):
        about = paths[path]["post"]
        body = about["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        reply = about["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert schemas[body]["examples"]
        assert schemas[reply]["examples"]
        assert {"400", "401", "503"} <= set(about["responses"])
    assert "text/event-stream" in paths["/v1/ask"]["post"]["responses"]["200"]["content"]
    assert "422" not in paths["/v1/ask"]["post"]["responses"]  # what is wrong is 400
    answer = schemas["AnswerObject"]["examples"][0]
    assert answer["text"] == " ".join([answer["sentences"][0]["text"], "[1]"])
    start, end = answer["sentences"][0]["emphasis"]
    assert answer["sentences"][0]["text"][start:end] == "10 January 2017"


def test_the_examples_of_the_contract_are_answered(client: TestClient) -> None:
    schemas = client.get("/v1/openapi.json").json()["components"]["schemas"]
    for path, name in (("/v1/ask", "Question"), ("/v1/search", "Wanted")):
        for example in schemas[name]["examples"]:
            assert client.post(path, json=example).status_code == 200


def test_a_client_that_leaves_a_stream_gives_up_its_place(chain: Chain, settings: Settings) -> None:
    service = Service(settings, chain)

    async def leave() -> None:
        stream = service.astream(HEFEI)
        await anext(stream)
        await stream.aclose()

    asyncio.run(leave())
    waited_for(lambda: service.queue.idle)
