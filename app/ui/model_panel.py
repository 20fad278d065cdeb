"""The language model in the sidebar: what is there, choosing one, testing it, and using it from now on."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from markupsafe import Markup

from app.errors import AskError
from app.llm.discovery import PROVIDERS, Discovery, usual_endpoints
from app.settings import Settings
from app.ui.common import I18N, PLAIN, QUIET, status_line
from app.ui.session import elsewhere, words_of
from app.ui.template import macros
from app.ui.words import Words, in_all
from app.web.models import Choice, Models, exam_words

log = logging.getLogger(__name__)

FILL = "(what) => [...(what ? JSON.parse(what) : ['', '']), '']"
"""A choice goes into the boxes in the browser, before a button can be pressed; a key typed for another is emptied."""
Labels = list[tuple[Any, str, str]]
"""(component, property, key of its words)."""
Update = tuple[Any, ...]


def engine_choices(settings: Settings) -> list[tuple[str, str]]:
    """List the ways to word answers, as pairs of a label and a name."""
    return [(in_all("engine_quotes"), "quotes"), *([(settings.llm, "model")] if settings.llm else [])]


def engine_radio(settings: Settings, engine: str, words: Any) -> Any:
    """Return the switch between quotes and the model, as it is now; `words` gives the words of a key."""
    info = words("engine_help" if settings.llm else "engine_none")
    value = engine if settings.llm else "quotes"
    return gr.Radio(choices=engine_choices(settings), value=value, interactive=bool(settings.llm), info=info)


class ModelPanel:
    """Its components and what they do. It looks for servers when it is opened."""

    def __init__(self, models: Models) -> None:
        self.models = models
        with gr.Accordion(I18N("model_title"), open=False, visible=models.open, elem_id="model") as self.fold:
            self.now = gr.HTML(elem_id="model-now", **PLAIN)
            self.found = gr.Dropdown(
                [], value=None, label=I18N("model_found"), info=I18N("model_found_help"), elem_id="model-found"
            )
            self.name = gr.Textbox(
                label=I18N("model_name"), placeholder="openai:gpt-4.1-mini", max_lines=1, elem_id="model-name"
            )
            self.address = gr.Textbox(
                label=I18N("model_address"), placeholder="http://127.0.0.1:8000/v1", info=I18N("model_address_help"),
                max_lines=1, elem_id="model-address",
            )  # fmt: skip
            self.key = gr.Textbox(
                label=I18N("model_key"), type="password", info=I18N("model_key_help"), max_lines=1, elem_id="model-key"
            )
            self.keep = gr.Checkbox(label=I18N("model_keep"), elem_id="model-keep")
            with gr.Row():
                self.try_ = gr.Button(I18N("model_test"), size="sm", elem_id="model-test", min_width=88)
                self.take = gr.Button(I18N("model_use"), size="sm", variant="primary", elem_id="model-use", min_width=88)
            self.said = gr.HTML(elem_id="model-said", **PLAIN)
            self.seen = gr.State(None)
            """The models that were found when this was opened."""

    @property
    def labels(self) -> Labels:
        """The components whose labels follow the page's language."""
        helped = [(self.address, "address"), (self.key, "key")]
        labelled = [*helped, (self.found, "found"), (self.name, "name"), (self.keep, "keep")]
        return [
            (self.fold, "label", "model_title"),
            *((part, "label", f"model_{name}") for part, name in labelled),
            *((part, "info", f"model_{name}_help") for part, name in helped),
            (self.try_, "value", "model_test"), (self.take, "value", "model_use"),
        ]  # fmt: skip

    def wire(self, language: gr.Radio, engine: gr.Radio) -> Any:
        """Connect everything; the event that comes after another model is used."""
        given = [language, self.name, self.address, self.key, self.keep]
        one: dict[str, Any] = {"trigger_mode": "once", **QUIET}
        shown = [self.now, self.found, self.said]
        self.fold.expand(self.look, language, [*shown, self.seen], **QUIET)
        language.change(self.speak, [language, self.seen], shown, **QUIET)
        self.found.input(None, self.found, [self.name, self.address, self.key], js=FILL, **QUIET)
        self.try_.click(self.test, given, self.said, **one)
        return self.take.click(self.use, given, [self.said, self.now, self.key, engine], **one)

    # --- what they do

    def look(self, language: str, request: gr.Request) -> Update:
        """Show the model that is in use, and the others that are there."""
        words = words_of(request, language)
        try:
            found = self.models.discover(elsewhere(request))
        except AskError as error:
            return gr.skip(), gr.skip(), status_line("error", words.sentence(error.sentence())), gr.skip()
        return *self._shown(found, words, value=None), found

    def speak(self, language: str, found: Discovery | None, request: gr.Request) -> Update:
        """Show the panel in another language; before it was opened, only its help."""
        words = words_of(request, language)
        if found is None:
            return gr.skip(), gr.Dropdown(info=words("model_found_help")), gr.skip()
        return self._shown(found, words)

    def _shown(self, found: Discovery, words: Words, **chosen: Any) -> Update:
        there = bool(found.servers or found.keys)
        info = words("model_found_help" if there else "model_found_none")
        offered = gr.Dropdown(choices=choices(found, words), info=info, **chosen)
        return now_html(self.models.service.settings, words), offered, ""

    def test(self, language: str, name: str, address: str, key: str, keep: bool, request: gr.Request) -> Iterator[str]:
        """One small question to the model."""
        words = words_of(request, language)
        yield status_line("busy", words("model_testing"))
        try:
            tried = self.models.test(_choice(name, address, key, keep), elsewhere(request))
            works = words("model_works", s=f"{tried.seconds:.1f}")
            tell = words("model_tried", address=address or name)
            failed = words("marks.between").join((tried.sentence(words.language), tell))
            yield status_line("error", failed) if tried.failure else status_line("done", works)
        except AskError as error:
            yield status_line("error", words.sentence(error.sentence()))
        except Exception as error:  # its words may hold a key
            log.error("a language model could not be tested: %s", type(error).__name__)
            yield status_line("error", words("model_failed"))

    def use(self, language: str, name: str, address: str, key: str, keep: bool, request: gr.Request) -> Iterator[Update]:
        """Use a model for the answers from now on, if it works."""
        words, same = words_of(request, language), (gr.skip(),) * 3
        yield status_line("busy", words("model_examining")), *same
        try:
            tried = self.models.use(_choice(name, address, key, keep), elsewhere(request))
        except AskError as error:
            yield status_line("error", words.sentence(error.sentence())), *same
            return
        except Exception as error:  # its words may hold a key
            log.error("a language model could not be used: %s", type(error).__name__)
            yield status_line("error", words("model_failed")), *same
            return
        if tried.failure:
            said = words("marks.between").join((tried.sentence(words.language), words("model_not_used")))
            yield status_line("error", said), *same
            return
        settings = self.models.service.settings
        say = I18N if language == "auto" else words
        said = status_line("done", words("model_used" if settings.llm else "model_none_used"))
        yield said, now_html(settings, words), "", engine_radio(settings, settings.engine, say)


def choices(found: Discovery, words: Words) -> list[tuple[str, str]]:
    """List the choices of the model box.

    First comes "no model"; then the models of running servers, the providers whose key is set, the usual servers that do
    not run, and the providers without a key.

    Returns:
        Pairs of a label for people and a JSON text `["provider:model", address]`: what the choice fills into the two boxes.
    """
    listed = [(words("model_none"), json.dumps(["", ""]))]
    for server in found.servers:
        place, where = server.endpoint, urlsplit(server.endpoint.address).netloc
        listed += [
            (f"{m} · {place.name} ({where})", json.dumps([f"{place.provider}:{m}", place.address])) for m in server.models
        ]
    listed += [(words("model_key_set", name=PROVIDERS[p][1]), json.dumps([f"{p}:", ""])) for p in found.keys]
    running = {server.endpoint for server in found.servers}
    for place in usual_endpoints():
        if place not in running:
            said = words("model_not_running", name=place.name, address=urlsplit(place.address).netloc)
            listed.append((said, json.dumps([f"{place.provider}:", place.address])))
    keyless = ((p, name) for p, (name, _) in PROVIDERS.items() if p not in found.keys)
    return [*listed, *((words("model_needs_key", name=name), json.dumps([f"{p}:", ""])) for p, name in keyless)]


def now_html(settings: Settings, words: Words) -> Markup:
    """Render the model in use, its address, and the results of its examination."""
    sentence = words("model_now_none")
    if settings.llm:
        where = words("marks.brackets", said=settings.llm_url) if settings.llm_url else ""
        results = exam_words(settings, words.language)
        sentence = words("marks.between").join(filter(None, (words("model_now", name=settings.llm + where), results)))
    return macros("parts", words).small(sentence)


def _choice(name: str, address: str, key: str, keep: bool) -> Choice:
    return Choice((name or "").strip(), (address or "").strip().rstrip("/"), key or "", bool(keep))
