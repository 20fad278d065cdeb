"""A language model as the settings name it: its limits, options, packages and keys."""

from __future__ import annotations

import os

import pytest

from app.errors import AskError
from app.llm.provider import load_writer
from app.settings import read_settings
from app.store.records import public
from tests.scripted import says, worded_by

QUESTION = "When was the comprehensive national science centre in Hefei approved?"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "model"}, "no language model is set"),
        ({"llm": "openai:x", "llm_url": "https://name:secret@host/v1"}, "keys belong in"),
        ({"llm": "openai:x", "llm_url": "https://host/v1?key=secret"}, "keys belong in"),
        ({"llm": "openai:x", "llm_options": '{"api_key": "secret"}'}, "keys belong in"),
        ({"llm": "openai:x", "llm_options": '{"default_headers": {"x": "secret"}}'}, "keys belong in"),
        ({"llm": "openai:x", "llm_options": "secret"}, "JSON object"),
    ],
)
def test_settings_that_cannot_be(options, message):
    with pytest.raises(AskError, match=message) as caught:
        read_settings(**options)
    assert "secret" not in caught.value.sentence()


def test_options_reach_the_model_and_null_takes_one_out(chain, reranker, model):
    options = '{"seed": 7, "temperature": null, "top_p": 0.5}'
    worded = worded_by(chain, reranker, llm="openai:scripted", llm_url=model.url, llm_options=options)
    model.reply = says("Nothing.")
    worded.ask(QUESTION)
    body = model.requests[-1]
    assert (body["seed"], body["top_p"]) == (7, 0.5)
    assert "temperature" not in body


def test_a_missing_package_names_its_extra():
    with pytest.raises(AskError, match="is not installed") as caught:
        load_writer(read_settings(llm="mistralai:small"))
    assert caught.value.next_step == "Run in the program's folder: pip install -e '.[mistral]'"


def test_a_missing_key_names_its_variable(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(AskError) as caught:
        load_writer(read_settings(llm="openai:gpt-4.1-mini"))
    assert "OPENAI_API_KEY" in caught.value.next_step
    with pytest.raises(AskError, match="cannot be used") as caught:
        load_writer(read_settings(llm="nobody:x"))
    assert "PROVIDER:MODEL" in caught.value.next_step


def test_keys_of_a_secrets_file_reach_the_provider_and_nothing_else(chain, reranker, model, tmp_path, monkeypatch, caplog):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("UNTOUCHED", "before")
    secrets = tmp_path / "secrets.env"
    secrets.write_text("OPENAI_API_KEY=sk-of-the-file\nUNTOUCHED=after\n")
    secrets.chmod(0o644)
    options = {"llm": "openai:scripted", "llm_url": model.url, "secrets": secrets}
    with pytest.raises(AskError, match="Other users can read"):
        worded_by(chain, reranker, **options)
    secrets.chmod(0o600)
    caplog.set_level("DEBUG")
    model.reply = says("Nothing.")
    try:
        worded = worded_by(chain, reranker, **options)
        answer = worded.ask(QUESTION)
        assert model.headers[-1]["authorization"] == "Bearer sk-of-the-file"
        assert os.environ["UNTOUCHED"] == "before"
        ours = [r.getMessage() for r in caplog.records]
        for text in (str(public(answer)), repr(worded.settings), repr(answer), "".join(ours)):
            assert "sk-of-the-file" not in text
    finally:
        os.environ.pop("OPENAI_API_KEY", None)


def test_a_model_whose_context_is_known_has_room_for_more_than_what_is_found(settings, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    with_context = settings.model_copy(update={"llm": "openai:gpt-4.1-mini"})
    assert load_writer(with_context).room > 500_000 > load_writer(with_context).budget
    limited = load_writer(with_context.model_copy(update={"llm_tokens": 30_000}))
    assert limited.room == limited.budget == 30_000
