"""The language model's panel says what it found, in the language of the page."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from app.llm.discovery import Discovery, Endpoint, Server
from app.llm.exam_results import JudgeCounts
from app.settings import read_settings
from app.text.messages import LANGUAGES
from app.ui.model_panel import ModelPanel
from app.ui.page import build
from app.ui.uploads import Waiting
from app.ui.words import Words, translations
from app.web.about import read_about
from app.web.models import Models
from app.web.service import Service
from tests.examinee import agreeing, keep_passed
from tests.scripted import ScriptedModel, hangs, pulls, says, scripted_model

NOBODY: Any = SimpleNamespace(headers={}, session_hash="s", request=Request({"type": "http", "headers": []}))
RUNNING = Discovery((Server(Endpoint("vLLM", "openai", "http://127.0.0.1:8000/v1"), ("served",)),))


@pytest.fixture
def panel(tmp_path: Path) -> ModelPanel:
    """Without its components."""
    made = ModelPanel.__new__(ModelPanel)
    made.models = Models(Service(read_settings(data=tmp_path)))
    made.stops = {}
    return made


def offered(
    panel: ModelPanel, found: Discovery, language: str = "en", what: str | None = None
) -> tuple[str, list[str], str]:
    """Return the sentence above the list, the list, and the choice."""
    _, how, listed, *_ = panel.speak(language, what, found, NOBODY)
    labels = {value: label for label, value in listed.choices}
    return plain(how), list(labels.values()), labels.get(listed.value, "")


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


@pytest.mark.parametrize(
    ("language", "system", "installed", "said"),
    [
        (
            "en",
            "Linux",
            "",
            "To have one, type in a terminal: curl -fsSL https://ollama.com/install.sh | sh This downloads and",
        ),
        ("en", "Windows", "", "in a terminal: irm https://ollama.com/install.ps1 | iex This downloads and installs Ollama"),
        ("en", "Darwin", "/usr/bin/ollama", "To start it, type in a terminal: ollama serve Leave that terminal open."),
        (
            "zh",
            "Linux",
            "",
            "如需安装，请在终端中输入： curl -fsSL https://ollama.com/install.sh | sh 此命令会下载并安装 Ollama。",
        ),
    ],
)
def test_where_none_runs_the_one_command_of_this_system_is_shown(
    panel: ModelPanel, monkeypatch: pytest.MonkeyPatch, language: str, system: str, installed: str, said: str
) -> None:
    monkeypatch.setattr("app.ui.model_panel.platform.system", lambda: system)
    monkeypatch.setattr("app.ui.model_panel.which", lambda _: installed or None)
    how, _, chosen = offered(panel, Discovery(), language)
    assert said in how
    assert chosen == ""
    assert offered(panel, RUNNING, language)[0] == ""


def test_models_stand_by_what_they_are_good_for_and_the_best_is_chosen(
    panel: ModelPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.model_panel.memory", lambda: 8.3)
    place = Endpoint("Ollama", "ollama", "http://127.0.0.1:11434")
    ollama = Discovery((Server(place, ("bad:1b", "new:1b", "good:1b")),), ("openai",))
    keep_passed(tmp_path, "ollama:good:1b", place.address)
    keep_passed(tmp_path, "ollama:bad:1b", place.address, judged=JudgeCounts(20, 20, 20, 0))
    how, labels, chosen = offered(panel, ollama)
    assert labels == [
        "good:1b · Ollama · passed its test",
        "new:1b · Ollama · not tested yet",
        "qwen2.5:7b · 4.7 GB to download · Apache 2.0 · not tried by us",
        "bad:1b · Ollama · failed its test",
        "OpenAI · OPENAI_API_KEY is set",
        "Anthropic · needs your key",
        "Google · needs your key",
        "Mistral · needs your key",
        "A server of your own, by its address",
        "No language model",
    ]
    assert (how, chosen) == ("", labels[0])
    assert offered(panel, Discovery((Server(place, ()),)))[2] == labels[2]
    assert offered(panel, Discovery((Server(place, ("bad:1b",)),)))[2] == labels[2], "not one that failed"
    assert offered(panel, ollama, "zh")[1][2] == "qwen2.5:7b · 需下载 4.7 GB · Apache 2.0 · 我们没有试过"
    monkeypatch.setattr("app.ui.model_panel.memory", lambda: 4.0)
    assert "need more memory than the 4 GB of this computer" in offered(panel, Discovery((Server(place, ()),)))[0]


def test_what_is_chosen_stays_chosen_in_another_language(panel: ModelPanel) -> None:
    listed = panel.speak("en", None, RUNNING, NOBODY)[2].choices
    what = dict(listed)["Mistral · needs your key"]
    assert offered(panel, RUNNING, "zh", what)[2] == "Mistral · 需要密钥"


def test_nothing_is_fetched_before_the_button_is_pressed_and_then_by_this_machine_alone(
    panel: ModelPanel, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.model_panel.memory", lambda: 8.3)
    model.names, address = [], model.url.removesuffix("/v1")
    monkeypatch.setenv("OLLAMA_HOST", address)
    found = Discovery((Server(Endpoint("Ollama", "ollama", address), ()),))
    what = panel.speak("en", None, found, NOBODY)[2].value
    assert panel.press("en", what, NOBODY).value == "Download, test and use"
    assert panel.press("zh", None, NOBODY).value == "测试并启用"
    assert model.pulled == []
    model.pull = pulls({"error": "pull model manifest: file does not exist"})
    assert list(lines(panel, what))[-1] == ("Ollama knows no model named qwen2.5:7b. Choose another one.", True, False)
    assert model.pulled == ["qwen2.5:7b"]
    elsewhere = json.dumps(json.loads(what) | {"address": "http://203.0.113.1:11434"})
    assert "Only an Ollama on this computer downloads models." in list(lines(panel, elsewhere))[-1][0]


def test_a_button_that_is_pressed_without_a_choice_says_so(panel: ModelPanel) -> None:
    assert list(lines(panel, None))[-1][0] == "No language model is named. Choose one from the list, or type its name."


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as server:
        yield server


def served(model: ScriptedModel) -> str:
    """The choice of a server of one's own, which then takes a name and an address."""
    return json.dumps({"kind": "here", "llm": "openai:m", "address": model.url, "names": []})


def lines(panel: ModelPanel, what: str | None, language: str = "en") -> Iterator[tuple[str, bool, bool]]:
    """What the button says, line by line, each with whether the button is there, and the one that stops it."""
    for said, *_, take, halt in panel.use(language, what, "", "", "", False, NOBODY):
        yield plain(said), take.visible, halt.visible


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "openai:m is not used: it accepted 20 of 20 statements without support.",
        ),
        ("zh", "未启用 openai:m：20 句没有依据的话，它放过了 20 句。"),
    ],
)
def test_a_model_that_fails_is_not_used_and_the_reason_is_said(
    panel: ModelPanel, model: ScriptedModel, language: str, said: str
) -> None:
    model.reply = lambda body: says("ready" if "ready" in body["messages"][-1]["content"] else agreeing)(body)
    *before, last = lines(panel, served(model), language)
    assert last == (said, True, False)
    assert before
    assert all(halt and not take for _, take, halt in before), "it can be stopped as long as it lasts"
    assert panel.models.service.settings.llm == ""
    assert panel.stops == {}


def test_an_exam_is_stopped_while_a_model_is_silent(panel: ModelPanel, model: ScriptedModel) -> None:
    model.reply = lambda body: (says("ready") if "ready" in body["messages"][-1]["content"] else hangs())(body)
    told = lines(panel, served(model))
    assert next(line for line in told if "step 0 of 9" in line[0]) == ("Testing the model: step 0 of 9", False, True)
    panel.stop(NOBODY)
    *_, last = told
    assert last == ("Stopped: the model in use is the same as before. Press the button again to go on.", True, False)


def test_before_the_panel_was_opened_only_its_help_changes(panel: ModelPanel) -> None:
    now, _, listed, *_ = panel.speak("zh", None, None, NOBODY)
    assert "value" not in now
    assert listed.info == Words("zh")("model_found_help")


def built(**given: Any) -> Any:
    settings = read_settings(**given)

    async def make() -> Any:  # outside a loop Gradio leaves some open
        return build(Service(settings), read_about(settings.corpus), Waiting(1_000))

    return asyncio.run(make())


def test_no_component_has_a_message_s_key_for_its_value(tmp_path: Path) -> None:
    """Gradio puts the words of a label in its place, and takes that for a change of the visitor's."""
    page = built(data=tmp_path, llm="openai:gpt-4.1-mini", engine="model")
    values = {block.elem_id: block.value for block in page.blocks.values() if isinstance(getattr(block, "value", None), str)}
    assert (values["language"], values["engine"]) == ("auto", "model")
    assert not {*values.values(), *LANGUAGES, "quotes"} & set(translations()["en"])


def test_in_another_language_nothing_is_left_of_the_one_before(tmp_path: Path) -> None:
    page = built(data=tmp_path)
    names = {number: block.elem_id for number, block in page.blocks.items()}
    renewed = {
        names[part._id]
        for event in page.fns.values()
        if ("language", "change") in {(names.get(part), kind) for part, kind in event.targets}
        for part in event.outputs
    }
    assert {"said", "model-now", "model-how", "model-found", "model-use", "model-said", "listing", "state"} <= renewed
