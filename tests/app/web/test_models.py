"""The language model of a page, chosen there: who may, what is sent where, and that answers go on meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from app.errors import AskError
from app.llm import notes
from app.llm.exam import load_exam
from app.pipeline.chain import Chain
from app.settings import Settings, read_settings
from app.web.auth import may_choose_models
from app.web.models import Choice, Models
from app.web.service import AnswerPreferences, Service
from ingest.errors import Stopped
from tests.examinee import keep_passed, strong
from tests.scripted import QUESTION, TRUE, ScriptedModel, at_each_step, fails, says, scripted_model, true_fact
from tests.servers import PATIENCE

KEY = "sk-of-the-environment"


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as server:
        server.reply = says("ready")
        yield server


@pytest.fixture
def models(settings: Settings, tmp_path, monkeypatch) -> Models:
    """Those of a page whose chain is never asked."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    page: Any = SimpleNamespace(settings=settings.model_copy(update={"data": tmp_path}))
    return Models(page)


@pytest.mark.parametrize(
    ("options", "may"),
    [
        ({}, True),
        ({"page_changes": "no"}, False),
        ({"auth": "a:b"}, False),
        ({"hosts": "plans.example.org"}, False),
        ({"host": "0.0.0.0", "page_changes": "yes"}, False),
        ({"host": "0.0.0.0", "page_changes": "yes", "auth": "a:b"}, False),
    ],
)
def test_only_where_nobody_else_reaches_the_page(options, may, model):
    settings = read_settings(**options)
    assert may_choose_models(settings) is may
    page: Any = SimpleNamespace(settings=settings)
    for ask in (
        Models(page).discover,
        *(lambda f=f: f(Choice("openai:x", model.url)) for f in (Models(page).test, Models(page).use)),
    ):
        if not may:
            with pytest.raises(AskError, match="cannot choose"):
                ask()
    assert may or not model.requests


def test_nobody_who_comes_by_a_proxy_chooses(models: Models, model: ScriptedModel):
    choice = Choice("openai:x", model.url)
    for ask in (models.discover, partial(models.test, choice), partial(models.use, choice)):
        with pytest.raises(AskError, match="cannot choose"):
            ask(elsewhere=True)
    assert not model.requests


def test_a_key_of_the_environment_is_sent_to_no_address_that_was_typed(models: Models, model: ScriptedModel):
    assert models.test(Choice("openai:x", model.url)).failure == ""
    assert models.test(Choice("openai:x", model.url, "sk-typed")).failure == ""
    sent = [h["authorization"] for h in model.headers]
    assert sent == ["Bearer none", "Bearer sk-typed"]


def test_a_key_of_the_environment_goes_where_the_settings_say(settings, model, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    page: Any = SimpleNamespace(
        settings=settings.model_copy(update={"llm": "openai:x", "llm_url": model.url, "data": tmp_path})
    )
    assert Models(page).test(Choice("openai:y", model.url)).failure == ""
    assert model.headers[-1]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (fails(401), "did not accept the key."),
        (fails(404), "does not offer this language model."),
        (says(""), "reply could not be read"),
    ],
)
def test_what_is_wrong_is_one_sentence(models: Models, model: ScriptedModel, reply, message, caplog):
    caplog.set_level(logging.DEBUG)
    model.reply = reply
    tried = models.use(Choice("openai:x", model.url, "sk-typed"))  # not used: the page has no chain here
    assert message in notes.failure(tried, "en", quotes=False)
    assert notes.failure(tried, "zh", quotes=False).endswith("。")
    assert "sk-typed" not in caplog.text


def test_a_server_that_is_not_there(models: Models):
    assert models.test(Choice("openai:x", "http://127.0.0.1:9/v1")).failure == "down"


@pytest.mark.parametrize("llm", ["x", "openai:", ":x"])
def test_a_model_that_is_not_named(models: Models, llm):
    with pytest.raises(AskError, match="No language model is named"):
        models.test(Choice(llm))


def test_an_address_that_holds_a_key_is_refused_and_not_repeated(models: Models):
    with pytest.raises(AskError, match="keys belong in") as caught:
        models.test(Choice("openai:x", "https://me:secret@host/v1"))
    assert "secret" not in caught.value.sentence()


def test_a_model_that_is_chosen_is_examined_once(chain: Chain, model: ScriptedModel, tmp_path):
    plain = chain.settings.model_copy(update={"data": tmp_path})
    models = Models(Service(plain, Chain(chain.index, chain.embedder, chain.reranker, plain)))
    model.reply = lambda body: says("ready" if "ready" in body["messages"][-1]["content"] else strong)(body)
    before = len(model.requests)
    for _ in range(2):
        assert models.use(Choice("openai:new", model.url)).failure == ""
        assert models.outcome(Choice("openai:new", model.url), "en").startswith("openai:new writes the answers")
    assert len(model.requests) - before == 1 + load_exam().calls + 1
    model.reply = lambda body: (says("ready") if "ready" in body["messages"][-1]["content"] else fails(401))(body)
    assert models.use(Choice("openai:other", model.url)).failure == "key"  # the exam was not taken: that is not a failed one
    assert models.service.settings.llm == "openai:new", "the one before stays in use"


def test_a_page_that_still_loads_is_waited_for_and_that_can_be_stopped(settings: Settings, tmp_path):
    models = Models(Service(settings.model_copy(update={"data": tmp_path})))  # it never begins to load
    told, stop = list[str](), threading.Event()

    def progress(what: str, done: int, total: int) -> None:
        told.append(what)
        stop.set()

    with pytest.raises(Stopped):
        models.use(Choice(""), progress=progress, stop=stop)
    assert told == [models.service.state.message]


def quoted(service: Service, question: str = QUESTION) -> Any:
    return service.ask(question, preferences=AnswerPreferences(engine="model"))


def test_another_model_for_all_later_questions_and_the_old_one_for_what_is_under_way(
    chain: Chain, model: ScriptedModel, tmp_path
):
    plain = chain.settings.model_copy(update={"data": tmp_path})
    service = Service(plain, Chain(chain.index, chain.embedder, chain.reranker, plain))
    models = Models(service)
    keep_passed(tmp_path, "openai:first", model.url)
    assert quoted(service).model is None
    assert models.use(Choice("openai:first", model.url, "sk-1", keep=True)).failure == ""
    assert service.settings.engine == "model"
    assert models.outcome(Choice("openai:first", model.url), "en").startswith("openai:first writes the answers")
    assert (tmp_path / "keys.env").stat().st_mode & 0o077 == 0
    with scripted_model() as other:
        keep_passed(tmp_path, "openai:second", other.url)
        begun, may_end = threading.Event(), threading.Event()

        def slow(body: dict[str, Any]) -> Any:
            begun.set()
            return says(lambda _: may_end.wait(PATIENCE) and "")(body)

        model.reply = slow
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(quoted(service)))
        asking.start()
        assert begun.wait(PATIENCE)
        other.reply = at_each_step(lambda b: true_fact(b) if "<evidence>" in b["messages"][-1]["content"] else "ready")
        assert models.use(Choice("openai:second", other.url)).failure == ""
        now = quoted(service)
        may_end.set()
        asking.join(PATIENCE)
    assert (now.worded_by, now.sentences[0].text) == ("openai:second", TRUE)
    assert now.quotes is not None
    assert now.quotes.sentences
    assert answers[0].model.name == "openai:first"
    assert answers[0].sentences, "quotes meanwhile"
    assert quoted(service).model.failure == "down", "the second server has gone"
    assert models.use(Choice("")).failure == ""
    assert (quoted(service).model, service.settings.llm) == (None, "")
