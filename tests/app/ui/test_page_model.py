"""The page and OpenAI's route with a language model behind them: the switch, sentences as they come, what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import OpenAI
from playwright.sync_api import Browser, expect

from tests.app.conftest import Page, running_page
from tests.browsing import WAIT, ask, choose, idle, leave, visit
from tests.examinee import keep_passed
from tests.scripted import ScriptedModel, at_each_step, key_of, scripted_model

QUESTION = "When was the national laboratory for quantum information in Hefei nearly finished?"
TRUE = "The national laboratory for quantum information in Hefei was nearly finished by May 2019."
LIE = "It <b>cost</b> 999 billion yuan, see [this](https://evil.example/a) ![x](https://evil.example/b.png)."

pytestmark = [
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as found:
        found.reply = at_each_step(lambda b: f"{TRUE} {key_of(b, 'nearly finished')} {LIE} [S1]", question=QUESTION)
        yield found


@pytest.fixture(scope="module")
def worded(page_server: Page, model: ScriptedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The same documents with a language model set."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("ASK_LLM", "openai:scripted"), ("ASK_LLM_URL", model.url), ("ASK_ENGINE", "model")):
            patch.setenv(name, value)
        settings = page_server.settings
        data = tmp_path_factory.mktemp("worded")
        keep_passed(data, "openai:scripted", model.url)
        with running_page(settings.corpus, data, index=settings.index_folder) as page:
            yield page


@pytest.mark.journey
def test_the_switch_words_or_quotes(browser: Browser, worded: Page, model: ScriptedModel) -> None:
    page = visit(browser, worded.url)
    reply = ask(page, QUESTION)
    expect(reply).to_contain_text(TRUE)
    expect(reply).to_contain_text("Written by the language model openai:scripted")
    expect(reply).to_contain_text("1 of 2 statements could not be verified and was left out.")
    assert "999" not in reply.inner_text()
    assert reply.locator("img, a[href^=http]").count() == 0
    expect(page.locator("#panel .card").first).to_contain_text("nearly finished by May 2019")
    choose(reply, "Why this answer")
    dialog = page.locator("dialog.dialog")
    expect(dialog).to_contain_text("Calls of openai:scripted: 3, in ")
    expect(dialog).to_contain_text("963 tokens read, 135 written")
    expect(dialog).not_to_contain_text("In this conversation")
    dialog.locator("[id^=act-close]").click()
    choose(ask(page, QUESTION), "Why this answer")
    asked = len(model.requests)
    expect(dialog).to_contain_text(f"In this conversation so far: {asked} calls, {asked * 366} tokens, ")
    dialog.locator("[id^=act-close]").click()
    page.locator("#set").click()
    page.locator("#engine").get_by_label("Quotes").check()
    idle(page)
    asked = len(model.requests)
    assert "Written by" not in ask(page, QUESTION).inner_text()
    assert len(model.requests) == asked
    assert not [u for u in page.requested if "evil" in u]
    leave(page)


def test_without_a_model_the_switch_is_off(visited: Any) -> None:
    visited.locator("#set").click()
    expect(visited.locator("#engine input")).to_be_disabled(timeout=WAIT)
    expect(visited.locator("#engine")).to_contain_text("No language model is set")


def test_openai_s_client_hears_each_sentence_once_it_is_verified(worded: Page) -> None:
    client = OpenAI(base_url=f"{worded.url}/v1", api_key="any", max_retries=0, timeout=120)
    turns: Any = [{"role": "user", "content": QUESTION}]
    chunks = list(client.chat.completions.create(model="ask-the-plan", messages=turns, stream=True))
    pieces = [c.choices[0].delta.content or "" for c in chunks]
    assert pieces[1] == f"{TRUE} [1]"
    whole = client.chat.completions.create(model="ask-the-plan", messages=turns)
    assert "".join(pieces) == whole.choices[0].message.content
    assert "999" not in "".join(pieces)
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens) == (963, 135)  # type: ignore[union-attr]
    assert (chunks[-1].model_extra or {})["language_model"]["removed"] == 1
