"""A language model found, tested and used in the page, and what it says in blocks: a scripted Ollama and a scripted
OpenAI-compatible server on a port where such servers usually are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, expect
from playwright.sync_api import Page as Tab

from app.llm.discovery import usual_endpoints
from tests.app.conftest import Page, running_page
from tests.browsing import WAIT, ask, idle, leave, serious, visit
from tests.examinee import keep_passed
from tests.scripted import ScriptedModel, at_each_step, fails, quoting, scripted_model

QUESTION = "When was the national laboratory for quantum information in Hefei nearly finished?"
TRUE = "The national laboratory for quantum information in Hefei was nearly finished by May 2019."
LIE = "It <b>cost</b> 999 billion yuan."

pytestmark = [
    pytest.mark.timeout(420),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def written(body: dict[str, Any]) -> str:
    """A paragraph, a list and a table, one statement of which is false; a word where only that is asked."""
    if "<evidence>" not in body["messages"][-1]["content"]:
        return "ready"
    words = quoting(body, "", "nearly finished")[1:].replace('"nearly finished"', '"nearly finished by May 2019"')
    row = f"| What | When |\n| national laboratory for quantum information | nearly finished by May 2019 | {words}"
    return f"{TRUE} {words} {LIE} [S1]\n\n- The laboratory in Hefei was nearly finished by May 2019 {words}\n\n{row}"


@pytest.fixture(scope="module")
def ollama() -> Iterator[ScriptedModel]:
    with scripted_model() as found:
        found.names, found.reply = ["little:1b"], at_each_step(written)
        yield found


@pytest.fixture(scope="module")
def studio() -> Iterator[ScriptedModel]:
    """On a port on which a server of models may be, the first that is not taken."""
    with ExitStack() as ends:
        for place in usual_endpoints({})[1:]:
            with suppress(OSError):
                found = ends.enter_context(scripted_model(urlsplit(place.address).port or 0))
                found.names, found.reply = [f"served-{os.getpid()}"], at_each_step(written)  # another worker has one, too
                yield found
                return
        pytest.skip("every usual port is taken")


@pytest.fixture(scope="module")
def chosen(
    page_server: Page, ollama: ScriptedModel, studio: ScriptedModel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Page]:
    """The same documents, no language model set, two on this machine and a key in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OLLAMA_HOST", ollama.url.removesuffix("/v1"))
        patch.setenv("ASK_LLM_TOKENS", "200000")
        patch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
        settings = page_server.settings
        data = tmp_path_factory.mktemp("chosen")
        keep_passed(data, "ollama:little:1b", ollama.url.removesuffix("/v1"))
        keep_passed(data, f"openai:{studio.names[0]}", studio.url)
        with running_page(settings.corpus, data, index=settings.index_folder) as page:
            yield page


@pytest.fixture
def tab(browser: Browser, chosen: Page) -> Iterator[Tab]:
    """The page with the settings of the model open."""
    page = visit(browser, chosen.url)
    page.locator("#set").click()
    page.locator("#model > button, #model .label-wrap").first.click()
    expect(page.locator("#model-now")).to_contain_text(re.compile("in use", re.IGNORECASE), timeout=WAIT)
    yield page
    leave(page)


def choose(page: Tab, label: str) -> None:
    page.locator("#model-found input").click()
    page.get_by_role("option", name=label).click()


def said(page: Tab) -> Locator:
    return page.locator("#model-said .told:not(.busy)")


def test_ollama_is_found_tested_and_used_and_speaks_in_blocks(tab: Tab, ollama: ScriptedModel) -> None:
    tab.locator("#model-found input").click()
    options = tab.get_by_role("option").all_inner_texts()
    assert any("ANTHROPIC_API_KEY is set" in o for o in options)
    assert any("OpenAI: needs a key" in o for o in options)
    assert any(": not running at 127.0.0.1:" in o for o in options)
    tab.keyboard.press("Escape")  # closes the list, and nothing else
    expect(tab.get_by_role("option")).to_have_count(0)
    expect(tab.locator("#settings")).to_be_visible()
    tab.locator("#model-name").click()
    tab.locator("#model-found input").click()
    assert "sk-of-the-environment" not in tab.content()
    tab.get_by_role("option", name="little:1b · Ollama").click()
    expect(tab.locator("#model-name input, #model-name textarea")).to_have_value("ollama:little:1b")
    tab.locator("#model-test").click()
    expect(said(tab)).to_contain_text("It works", timeout=WAIT)
    tab.locator("#model-use").click()
    expect(said(tab)).to_contain_text("It is used for all questions", timeout=WAIT)
    expect(tab.locator("#model-now")).to_contain_text("ollama:little:1b: it judges reliably")
    expect(tab.locator("#engine").get_by_label("ollama:little:1b")).to_be_checked()
    reply = ask(tab, QUESTION)
    expect(reply.locator(".statement").first).to_contain_text(TRUE)
    expect(reply.locator("ul.points li")).to_have_count(1)
    expect(reply.locator("table tbody tr")).to_have_count(1)
    expect(reply.locator("table .cite")).to_have_count(1)
    reply.locator(".facts > summary").click()
    folded = reply.locator("details.leftout")
    expect(folded).to_contain_text("1 statement left out")
    expect(folded.locator("li")).to_be_hidden()
    folded.locator("summary").click()
    expect(folded.locator("li")).to_contain_text("It cost 999 billion yuan.")
    assert ollama.requests[-1]["options"]["num_ctx"] > 4_096
    assert serious(tab) == []


def test_the_switch_shows_the_program_s_own_quotes_and_their_sources(tab: Tab, studio: ScriptedModel) -> None:
    choose(tab, f"{studio.names[0]} · ")
    tab.locator("#model-use").click()
    expect(said(tab)).to_contain_text("It is used for all questions", timeout=WAIT)
    reply = ask(tab, QUESTION)
    expect(reply.locator(".statement").first).to_contain_text(TRUE)
    asked = len(studio.requests)
    reply.locator(".facts > summary").click()
    reply.locator("[id^=act-quotes-]").click()
    expect(reply.locator(".statement")).to_have_count(0)
    expect(reply.locator("p.sentence").first).to_contain_text("nearly finished")
    expect(reply).not_to_contain_text("Written by")
    numbers = {a.get_attribute("href") for a in reply.locator("a.cite").all()}
    expect(tab.locator("#panel .quote")).to_have_count(len(numbers))
    reply.locator(".facts > summary").click()
    reply.locator("[id^=act-worded-]").click()
    expect(reply.locator(".statement").first).to_contain_text(TRUE)
    assert len(studio.requests) == asked, "no model is asked anew"


def test_a_wrong_key_and_a_server_that_goes_away(tab: Tab, chosen: Page) -> None:
    with scripted_model() as guarded:
        keep_passed(chosen.settings.data, "openai:guarded", guarded.url)
        guarded.reply = fails(401, "wrong key sk-typed-in-here")
        tab.locator("#model-name input, #model-name textarea").fill("openai:guarded")
        tab.locator("#model-address input, #model-address textarea").fill(guarded.url)
        tab.locator("#model-key input").fill("sk-typed-in-here")
        tab.locator("#model-use").click()
        expect(said(tab)).to_contain_text("did not accept the key. It will not be used.", timeout=WAIT)
        guarded.reply = at_each_step(written)
        idle(tab)  # Gradio takes the next press once the last event is over for it
        tab.locator("#model-use").click()
        expect(said(tab)).to_contain_text("It is used for all questions", timeout=WAIT)
        expect(tab.locator("#model-key input")).to_have_value("")
        assert guarded.headers[-1]["authorization"] == "Bearer sk-typed-in-here"
    reply = ask(tab, QUESTION)
    expect(reply).to_contain_text("The language model cannot be reached; quotes are shown instead.")
    assert "sk-typed-in-here" not in tab.content()
