"""The language model's panel says what it found, in the language of the page."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request

from app.llm.discovery import Discovery, Endpoint, Server
from app.settings import read_settings
from app.text.messages import LANGUAGES
from app.ui.model_panel import ModelPanel
from app.ui.page import build
from app.ui.uploads import Waiting
from app.ui.words import Words, translations
from app.web.about import read_about
from app.web.models import Choice, Models
from app.web.service import Service
from tests.examinee import agreeing
from tests.scripted import ScriptedModel, hangs, says, scripted_model

NOBODY: Any = SimpleNamespace(headers={}, session_hash="s", request=Request({"type": "http", "headers": []}))
RUNNING = Discovery((Server(Endpoint("vLLM", "openai", "http://127.0.0.1:8000/v1"), ("served",)),))


@pytest.fixture
def panel(tmp_path: Path) -> ModelPanel:
    """Without its components."""
    made = ModelPanel.__new__(ModelPanel)
    made.models = Models(Service(read_settings(data=tmp_path)))
    made.stops = {}
    return made


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("found", "help_"),
    [(Discovery(), "model_found_none"), (RUNNING, "model_found_help"), (Discovery(keys=("openai",)), "model_found_help")],
)
def test_a_list_without_anything_found_says_so(panel: ModelPanel, language: str, found: Discovery, help_: str) -> None:
    now, listed, *_ = panel.speak(language, found, NOBODY)
    words = Words(language)
    assert listed.info == words(help_)
    assert listed.choices[0][0] == words("model_none")
    assert words("model_now_none") in unescape(now)


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as server:
        yield server


def lines(panel: ModelPanel, model: ScriptedModel, language: str = "en") -> Iterator[tuple[str, Any]]:
    """What the button says, line by line, each with whether the one that stops it is there (None: as before)."""
    for said, *_, halt in panel.use(language, "openai:m", model.url, "", False, NOBODY):
        yield re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", said))).strip(), halt.visible


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "openai:m is not used on its own: it accepted 20 of 20 statements without support.",
        ),
        ("zh", "不单独启用 openai:m：20 句没有依据的话，它放过了 20 句。"),
    ],
)
def test_a_model_that_fails_is_not_used_and_the_reason_is_said(
    panel: ModelPanel, model: ScriptedModel, language: str, said: str
) -> None:
    model.reply = lambda body: says("ready" if "ready" in body["messages"][-1]["content"] else agreeing)(body)
    *before, last = lines(panel, model, language)
    assert last == (said, False)
    assert before
    assert all(halt for _, halt in before), "it can be stopped as long as it lasts"
    assert panel.models.service.settings.llm == ""
    assert panel.stops == {}


def test_an_exam_is_stopped_while_a_model_is_silent(panel: ModelPanel, model: ScriptedModel) -> None:
    model.reply = lambda body: (says("ready") if "ready" in body["messages"][-1]["content"] else hangs())(body)
    told = lines(panel, model)
    assert next(line for line in told if "step 0 of 9" in line[0]) == ("Testing the model: step 0 of 9", True)
    panel.stop(NOBODY)
    *_, last = told
    assert last == ("Stopped: the model in use is the same as before. Press the button again to go on.", False)


def test_before_the_panel_was_opened_only_its_help_changes(panel: ModelPanel) -> None:
    now, listed, *_ = panel.speak("zh", None, NOBODY)
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
    assert {"said", "model-now", "model-found", "model-said", "listing", "state"} <= renewed
    (box,) = (block for block in page.blocks.values() if block.elem_id == "model-name")
    assert Choice(box.placeholder).provider == "openai", "an example, no pattern"
