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
from tests.examinee import judges, keep_passed
from tests.scripted import ScriptedModel, at_each_step, fails, hangs, layer, pulls, quoting, scripted_model

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
        patch.setattr("app.llm.discovery.WAIT", WAIT / 1_000)  # a busy machine's servers take longer than a second
        patch.setenv("OLLAMA_HOST", ollama.url.removesuffix("/v1"))
        patch.setenv("ASK_LLM_TOKENS", "200000")
        patch.setenv("OPENAI_BASE_URL", studio.url)  # in the place of the provider's own address
        patch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
        settings = page_server.settings
        data = tmp_path_factory.mktemp("chosen")
        keep_passed(data, "ollama:little:1b", ollama.url.removesuffix("/v1"))
        keep_passed(data, f"openai:{studio.names[0]}", studio.url)
        keep_passed(data, "openai:gpt-4.1-mini")
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


def place_of(server: ScriptedModel) -> str:
    return next(e.name for e in usual_endpoints({}) if e.address == server.url)


def said(page: Tab) -> Locator:
    return page.locator("#model-said .told:not(.busy)")


def test_ollama_is_found_tested_and_used_and_speaks_in_blocks(
    tab: Tab, ollama: ScriptedModel, studio: ScriptedModel
) -> None:
    tab.locator("#model-found input").click()
    options = tab.get_by_role("option").all_inner_texts()
    assert [o.removeprefix("✓").strip() for o in options][:2] == [
        "little:1b · Ollama · passed its test", f"{studio.names[0]} · {place_of(studio)} · passed its test"
    ]  # fmt: skip
    assert any("Anthropic · ANTHROPIC_API_KEY is set" in o for o in options)
    assert any("OpenAI · needs your key" in o for o in options)
    tab.keyboard.press("Escape")  # closes the list, and nothing else
    expect(tab.get_by_role("option")).to_have_count(0)
    expect(tab.locator("#settings")).to_be_visible()
    tab.locator("#model-now").click()
    tab.locator("#model-found input").click()
    assert "sk-of-the-environment" not in tab.content()
    tab.get_by_role("option", name="little:1b · Ollama").click()
    expect(tab.locator("#model-name, #model-address, #model-key")).to_have_count(0)
    tab.locator("#model-use").click()
    expect(said(tab)).to_contain_text("It is used for all questions", timeout=WAIT)
    expect(said(tab)).to_contain_text("ollama:little:1b writes the answers, and each statement is checked.")
    expect(tab.locator("#model-now")).to_contain_text("In use: ollama:little:1b")
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
        choose(tab, "A server of your own")
        tab.locator("#model-name input").fill("guarded")
        tab.locator("#model-address input, #model-address textarea").fill(guarded.url)
        tab.locator("#model-key input").fill("sk-typed-in-here")
        tab.locator("#model-use").click()
        expect(said(tab)).to_contain_text("did not accept the key. It will not be used.", timeout=WAIT)
        guarded.reply = at_each_step(written)
        idle(tab)  # Gradio takes the next press once the last event is over for it
        tab.locator("#model-use").click()
        expect(said(tab)).to_contain_text("It is used for all questions", timeout=WAIT)
        expect(tab.locator("#model-now")).to_contain_text(f"In use: openai:guarded ({guarded.url})")
        assert "sk-typed-in-here" not in tab.content()
        assert guarded.headers[-1]["authorization"] == "Bearer sk-typed-in-here"
    reply = ask(tab, QUESTION)
    expect(reply).to_contain_text("The language model cannot be reached; quotes are shown instead.")
    assert "sk-typed-in-here" not in tab.content()


def test_an_exam_tells_how_far_it_is_and_can_be_stopped(tab: Tab, ollama: ScriptedModel, chosen: Page) -> None:
    before = tab.locator("#model-now p").inner_text()  # the one of the test before
    ollama.names, ollama.reply = ["new:1b"], lambda body: (hangs() if judges(body) else at_each_step(written))(body)
    try:
        tab.reload()
        tab.locator("#set").click()
        tab.locator("#model > button, #model .label-wrap").first.click()
        choose(tab, "new:1b · Ollama")
        expect(tab.locator("#model-stop")).to_be_hidden()
        tab.locator("#model-use").click()
        expect(tab.locator("#model-said .told.busy")).to_contain_text("Testing the model: step 0 of 9", timeout=WAIT)
        tab.locator("#model-stop").click()
        expect(said(tab)).to_contain_text("Stopped: the model in use is the same as before.")
        expect(tab.locator("#model-stop")).to_be_hidden()
        expect(tab.locator("#model-use")).to_be_visible()
        assert tab.locator("#model-now p").inner_text() == before
    finally:
        ollama.names, ollama.reply = ["little:1b"], at_each_step(written)


def test_a_model_that_is_not_here_is_downloaded_only_when_the_button_is_pressed(
    tab: Tab, ollama: ScriptedModel, chosen: Page
) -> None:
    """What a stranger does whose Ollama has no model yet: one choice, which is made already, and one button."""
    keep_passed(chosen.settings.data, "ollama:qwen2.5:7b", ollama.url.removesuffix("/v1"))
    ollama.names = []
    try:
        tab.reload()
        tab.locator("#set").click()
        tab.locator("#model > button, #model .label-wrap").first.click()
        choose(tab, "qwen2.5:7b · 4.7 GB to download · Apache 2.0")
        expect(tab.locator("#model-use")).to_have_text("Download, test and use")
        assert ollama.pulled == []
        ollama.pull = pulls(layer(1_200), silent=120)
        tab.locator("#model-use").click()
        expect(tab.locator("#model-said .told.busy")).to_contain_text("Downloading 1.2 of 4.7 GB")
        tab.locator("#model-stop").click()
        expect(said(tab)).to_contain_text("Stopped: the model in use is the same as before.")
        ollama.pull = pulls(layer(1_300), {"error": "write /x: no space left on device"})
        idle(tab)
        tab.locator("#model-use").click()
        expect(said(tab)).to_contain_text("The disk has no room for qwen2.5:7b. Make room")
        ollama.pull = pulls(layer(4_700), {"status": "success"})
        idle(tab)
        tab.locator("#model-use").click()
        expect(said(tab)).to_contain_text("It is used for all questions", timeout=WAIT)
        assert set(ollama.pulled) == {"qwen2.5:7b"}
        expect(ask(tab, QUESTION).locator(".statement").first).to_contain_text(TRUE)
    finally:
        ollama.names = ["little:1b"]


def test_a_provider_is_chosen_by_its_name_asks_for_a_key_and_answers(tab: Tab, studio: ScriptedModel) -> None:
    choose(tab, "OpenAI · needs your key")
    expect(tab.locator("#model-name input")).to_have_value("gpt-4.1-mini")
    expect(tab.locator("#model-key input")).to_be_visible()
    expect(tab.locator("#model-address")).to_have_count(0)
    tab.locator("#model-key input").fill("no key at all")
    tab.locator("#model-use").click()
    expect(said(tab)).to_contain_text("This is not a key.")
    tab.locator("#model-key input").fill("sk-typed-in-here")
    idle(tab)
    tab.locator("#model-use").click()
    expect(said(tab)).to_contain_text("openai:gpt-4.1-mini writes the answers, and each statement is checked.", timeout=WAIT)
    assert studio.headers[-1]["authorization"] == "Bearer sk-typed-in-here"
    expect(tab.locator("#model-key input")).to_have_value("")
    expect(ask(tab, QUESTION).locator(".statement").first).to_contain_text(TRUE)
    choose(tab, "No language model")
    expect(tab.locator("#model-key")).to_have_count(0)
    expect(said(tab)).to_have_count(0)
