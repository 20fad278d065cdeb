"""The language model in the sidebar: what is there, choosing one, testing it, and using it from now on."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from markupsafe import Markup

from app.errors import AskError
from app.llm.discovery import PROVIDERS, Discovery, usual_endpoints
from app.llm.exam import Trial
from app.settings import Settings
from app.ui.common import I18N, PLAIN, QUIET, status_line
from app.ui.following import followed
from app.ui.session import elsewhere, words_of
from app.ui.template import macros
from app.ui.words import Words, in_all
from app.web.models import Choice, Models

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
                self.halt = gr.Button(
                    I18N("model_stop"), size="sm", variant="stop", visible=False, elem_id="model-stop", min_width=88
                )
            self.said = gr.HTML(elem_id="model-said", **PLAIN)
            self.seen = gr.State(None)
            """The models that were found when this was opened."""
        self.stops: dict[str, threading.Event] = {}
        """The events that stop the test of a model, by the session of the page."""

    @property
    def labels(self) -> Labels:
        """The components whose labels follow the page's language."""
        helped = [(self.address, "address"), (self.key, "key")]
        labelled = [*helped, (self.found, "found"), (self.name, "name"), (self.keep, "keep")]
        return [
            (self.fold, "label", "model_title"),
            *((part, "label", f"model_{name}") for part, name in labelled),
            *((part, "info", f"model_{name}_help") for part, name in helped),
            (self.try_, "value", "model_test"), (self.take, "value", "model_use"), (self.halt, "value", "model_stop"),
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
        self.halt.click(self.stop, None, None, **QUIET)
        return self.take.click(self.use, given, [self.said, self.now, self.key, engine, self.halt], **one)

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
        return self._now(words), offered, ""

    def test(self, language: str, name: str, address: str, key: str, keep: bool, request: gr.Request) -> Iterator[Markup]:
        """One small question to the model."""
        words, choice = words_of(request, language), _choice(name, address, key, keep)

        def work() -> Iterator[str | Trial]:
            yield words("Contacting")
            yield self.models.test(choice, elsewhere(request))

        for event in _told(work(), words):
            if isinstance(event, Trial) and event.failure:
                tell = words("model_tried", address=address or name)
                yield status_line("error", words("marks.between").join((event.sentence(words.language), tell)))
            else:
                works = isinstance(event, Trial)
                yield status_line("done", words("model_works", s=f"{event.seconds:.1f}")) if works else event

    def use(self, language: str, name: str, address: str, key: str, keep: bool, request: gr.Request) -> Iterator[Update]:
        """Test a model, and have it write the answers from now on if it passes. Meanwhile a button stops this."""
        words, session, stop = words_of(request, language), str(request.session_hash), threading.Event()
        choice, away, same = _choice(name, address, key, keep), elsewhere(request), (gr.skip(),) * 3
        self.stops[session] = stop
        line: Markup | Trial = Markup()
        try:
            work = followed(lambda progress: self.models.use(choice, away, progress, stop), stop, words)
            for line in _told(work, words):
                if isinstance(line, Markup):
                    yield line, *same, gr.Button(visible=True)
        finally:
            self.stops.pop(session, None)
        if isinstance(line, Trial):
            line, *same = self._used(line, choice, language, words)
        yield line, *same, gr.Button(visible=False)

    def _used(self, trial: Trial, choice: Choice, language: str, words: Words) -> Update:
        """Say what came of a model; if it is used now, the panel and the switch of the answers show it."""
        outcome = self.models.outcome(choice, words.language)
        if trial.failure:
            failed = words("marks.between").join((trial.sentence(words.language), words("model_not_used")))
            line = status_line("error", outcome if trial.failure == "exam" else failed)
            return line, gr.skip(), gr.skip(), gr.skip()
        settings = self.models.service.settings
        used = words("model_used" if settings.llm else "model_none_used")
        say = I18N if language == "auto" else words
        line = status_line("done", words("marks.between").join(filter(None, (outcome, used))))
        return line, self._now(words), "", engine_radio(settings, settings.engine, say)

    def stop(self, request: gr.Request) -> None:
        """Stop the test of a model that this page began."""
        if stop := self.stops.get(str(request.session_hash)):
            stop.set()

    def _now(self, words: Words) -> Markup:
        """Render the model in use, its address, and what came of its examination."""
        settings = self.models.service.settings
        sentence = words("model_now_none")
        if settings.llm:
            where = words("marks.brackets", said=settings.llm_url) if settings.llm_url else ""
            outcome = self.models.outcome(Choice(settings.llm, settings.llm_url), words.language)
            sentence = words("marks.between").join(filter(None, (words("model_now", name=settings.llm + where), outcome)))
        return macros("parts", words).small(sentence)


def _told(work: Iterator[str | Trial], words: Words) -> Iterator[Markup | Trial]:
    """Yield a line for each step of some work, then its outcome; if it fails, the last line is the error."""
    try:
        for event in work:
            yield status_line("busy", event) if isinstance(event, str) else event
    except AskError as error:
        yield status_line("error", words.sentence(error.sentence()))
    except Exception as error:  # its words may hold a key
        log.error("a language model could not be used: %s", type(error).__name__)
        yield status_line("error", words("model_failed"))


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


def _choice(name: str, address: str, key: str, keep: bool) -> Choice:
    return Choice((name or "").strip(), (address or "").strip().rstrip("/"), key or "", bool(keep))
