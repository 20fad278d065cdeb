"""The language model in the sidebar: what is there, choosing one, testing it, and using it from now on."""

from __future__ import annotations

import json
import logging
import platform
import threading
from collections.abc import Iterator, Sequence
from shutil import which
from typing import Any

import gradio as gr
from markupsafe import Markup

from app.errors import AskError
from app.llm import notes
from app.llm.client import CallResult
from app.llm.discovery import PROVIDERS, Discovery
from app.llm.offers import LocalModel, fitting, memory, offers
from app.settings import Settings
from app.ui.common import I18N, PLAIN, QUIET, status_line
from app.ui.following import followed
from app.ui.session import elsewhere, words_of
from app.ui.template import macros
from app.ui.words import Words, in_all
from app.web.models import Choice, Models

log = logging.getLogger(__name__)

FILL = """(what) => {
  const { kind, names = [] } = JSON.parse(what || '{}');
  const asks = kind === 'hosted' || kind === 'server';
  const shown = (visible, more) => ({ visible, ...more, __type__: 'update' });
  const named = { choices: names.map((name) => [name, name]), value: names[0] ?? '' };
  return [shown(asks, named), shown(kind === 'server', { value: '' }), shown(asks, { value: '' }), shown(asks), ''];
}"""
"""The browser shows the boxes of a choice before a button can be pressed, and empties those of the others."""
STATES: dict[bool | None, tuple[int, str]] = {
    True: (0, "model_passed"), None: (1, "model_untested"), False: (3, "model_failed_test")
}  # fmt: skip
"""The place of a model in the list by its test, and what is said of it; those that can be downloaded stand in place 2."""
COMMANDS = {"Windows": "irm https://ollama.com/install.ps1 | iex"}
COMMAND = "curl -fsSL https://ollama.com/install.sh | sh"
"""Commands that install Ollama, by system, and one for the others, as its README gives them."""
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
        small: dict[str, Any] = {"size": "sm", "min_width": 88}
        with gr.Accordion(I18N("model_title"), open=False, visible=models.open, elem_id="model") as self.fold:
            self.now = gr.HTML(elem_id="model-now", **PLAIN)
            self.how = gr.HTML(elem_id="model-how", **PLAIN)
            self.found = gr.Dropdown(
                [], value=None, label=I18N("model_found"), info=I18N("model_found_help"), elem_id="model-found"
            )
            self.name = gr.Dropdown(
                [], value="", label=I18N("model_name"), allow_custom_value=True, visible=False, elem_id="model-name"
            )
            self.address = gr.Textbox(
                label=I18N("model_address"), placeholder="http://127.0.0.1:8000/v1", max_lines=1, visible=False,
                elem_id="model-address",
            )  # fmt: skip
            self.key = gr.Textbox(
                label=I18N("model_key"), type="password", info=I18N("model_key_help"), max_lines=1, visible=False,
                elem_id="model-key",
            )  # fmt: skip
            self.keep = gr.Checkbox(label=I18N("model_keep"), visible=False, elem_id="model-keep")
            self.said = gr.HTML(elem_id="model-said", **PLAIN)
            with gr.Row():
                self.take = gr.Button(I18N("model_use"), variant="primary", elem_id="model-use", **small)
                self.halt = gr.Button(I18N("model_stop"), variant="stop", visible=False, elem_id="model-stop", **small)
            self.seen = gr.State(None)
            """The models that were found when this was opened."""
        self.stops: dict[str, threading.Event] = {}
        """The events that stop the test of a model, by the session of the page."""

    @property
    def labels(self) -> Labels:
        """The components whose labels follow the page's language."""
        labelled = [(self.found, "found"), (self.name, "name"), (self.address, "address"), (self.key, "key")]
        return [
            (self.fold, "label", "model_title"), (self.key, "info", "model_key_help"), (self.keep, "label", "model_keep"),
            *((part, "label", f"model_{name}") for part, name in labelled), (self.halt, "value", "model_stop"),
        ]  # fmt: skip

    def wire(self, language: gr.Radio, engine: gr.Radio) -> Any:
        """Connect everything; the event that comes after another model is used."""
        given = [language, self.found, self.name, self.address, self.key, self.keep]
        shown = [self.now, self.how, self.found]
        look: dict[str, Any] = {"fn": self.look, "inputs": given[:2], "outputs": [*shown, self.seen], **QUIET}
        self.fold.expand(**look)
        language.change(self.speak, [*given[:2], self.seen], [*shown, self.said], **QUIET)
        gr.on([self.found.change, language.change], self.press, given[:2], self.take, **QUIET)
        self.found.input(None, self.found, [self.name, self.address, self.key, self.keep, self.said], js=FILL, **QUIET)
        self.halt.click(self.stop, None, None, **QUIET)
        outcome = [self.said, self.now, self.key, engine, self.take, self.halt]
        used = self.take.click(self.use, given, outcome, trigger_mode="once", **QUIET)
        used.then(**look)
        return used

    # --- what they do

    def look(self, language: str, what: str | None, request: gr.Request) -> Update:
        """Show the model that is in use, and the others that are there; `what` is chosen so far."""
        words = words_of(request, language)
        try:
            found = self.models.discover(elsewhere(request))
        except AskError as error:
            return macros("parts", words).small(words.sentence(error.sentence())), "", gr.skip(), gr.skip()
        return *self._shown(found, what, words), found

    def speak(self, language: str, what: str | None, found: Discovery | None, request: gr.Request) -> Update:
        """Show the panel in another language; before it was opened, only its help."""
        words = words_of(request, language)
        if found is None:
            return gr.skip(), gr.skip(), gr.Dropdown(info=words("model_found_help")), gr.skip()
        return *self._shown(found, what, words), ""

    def press(self, language: str, what: str | None, request: gr.Request) -> Any:
        """Say on the button what it will do: nothing is downloaded before it is pressed."""
        fetches = bool(what) and json.loads(str(what))["kind"] == "fetch"
        return gr.Button(words_of(request, language)("model_fetch" if fetches else "model_use"))

    def _shown(self, found: Discovery, what: str | None, words: Words) -> Update:
        settings, offered = self.models.service.settings, self._choices(found, words)
        values = [value for _, value in offered]
        ready = [value for value in values if json.loads(value)["kind"] in ("here", "fetch")]
        first = _value("here", settings.llm, settings.llm_url) if settings.llm else next(iter(ready), None)
        chosen = next((value for value in (what, first) if value in values), None)
        how = "" if ready else macros("parts", words).small(words("model_no_room", n=f"{memory():.0f}"))
        if not found.servers:
            how = macros("models", words).install(COMMANDS.get(platform.system(), COMMAND), bool(which("ollama")))
        return self._now(words), how, gr.Dropdown(choices=offered, value=chosen, info=words("model_found_help"))

    def _choices(self, found: Discovery, words: Words) -> list[tuple[str, str]]:
        """List the choices: models by what they are good for here, then providers, another server, and none.

        Returns:
            Pairs of a label for people and a JSON text that says what is chosen.
        """
        models: list[tuple[int, str, str]] = []
        for place, names in ((server.endpoint, server.models) for server in found.servers):
            for name in names:
                order, state = STATES[self.models.passed(f"{place.provider}:{name}", place.address)]
                label = " · ".join((name, place.name, words(state)))
                models.append((order, label, _value("here", f"{place.provider}:{name}", place.address)))
            more = [m for m in fitting(memory()) if place.provider == "ollama" and m.name not in names]
            models += [(2, _offer(m, words), _value("fetch", f"ollama:{m.name}", place.address)) for m in more]
        listed = [(label, value) for _, label, value in sorted(models, key=lambda one: one[0])]
        for provider, (owner, variable) in PROVIDERS.items():
            key = words("model_key_set", name=variable) if provider in found.keys else words("model_needs_key")
            listed.append((f"{owner} · {key}", _value("hosted", provider, names=offers().hosted[provider])))
        return [*listed, (words("model_server"), _value("server", "openai")), (words("model_none"), _value("none"))]

    def use(
        self, language: str, what: str | None, name: str, address: str, key: str, keep: bool, request: gr.Request
    ) -> Iterator[Update]:
        """Test a model, and have it write the answers from now on if it passes. Meanwhile a button stops this."""
        words, session, stop = words_of(request, language), str(request.session_hash), threading.Event()
        choice, away, same = _choice(what, name, address, key, keep), elsewhere(request), [gr.skip()] * 3
        self.stops[session] = stop
        line: Markup | CallResult = Markup()
        try:
            work = followed(lambda progress: self.models.use(choice, away, progress, stop), stop, words)
            for line in _told(work, words):
                if isinstance(line, Markup):
                    yield line, *same, gr.Button(visible=False), gr.Button(visible=True)
        finally:
            self.stops.pop(session, None)
        if isinstance(line, CallResult):
            yield *self._used(line, choice, language, words), gr.Button(visible=True), gr.Button(visible=False)
        else:
            yield line, *same, gr.Button(visible=True), gr.Button(visible=False)

    def _used(self, trial: CallResult, choice: Choice, language: str, words: Words) -> Update:
        """Say what came of a model; if it is used now, the panel and the switch of the answers show it."""
        outcome = self.models.outcome(choice, words.language)
        if trial.failure:
            failed = words("marks.between").join(
                (notes.failure(trial, words.language, quotes=False), words("model_not_used"))
            )
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
        """Say which model is in use and where, or why the one that is set is not used."""
        settings = self.models.service.settings
        passed = self.models.passed(settings.llm, settings.llm_url)
        where = words("marks.brackets", said=settings.llm_url) if settings.llm_url else ""
        sentence = words("model_now", name=settings.llm + where) if settings.llm else words("model_now_none")
        if settings.llm and not passed:
            outcome = self.models.outcome(Choice(settings.llm, settings.llm_url), words.language)
            sentence = outcome or f"{settings.llm} · {words('model_untested')}"
        return macros("parts", words).small(sentence)


def _told(work: Iterator[str | CallResult], words: Words) -> Iterator[Markup | CallResult]:
    """Yield a line for each step of some work, then its outcome; if it fails, the last line is the error."""
    try:
        for event in work:
            yield status_line("busy", event) if isinstance(event, str) else event
    except AskError as error:
        yield status_line("error", words.sentence(error.sentence()))
    except Exception as error:  # its words may hold a key
        log.error("a language model could not be used: %s", type(error).__name__)
        yield status_line("error", words("model_failed"))


def _offer(model: LocalModel, words: Words) -> str:
    """Say of a model that can be downloaded what it is."""
    size = words("model_size", n=f"{model.gigabytes:g}")
    return " · ".join((model.name, size, model.licence, *([] if model.tried else [words("model_untried")])))


def _value(kind: str, llm: str = "", address: str = "", names: Sequence[str] = ()) -> str:
    """Write a choice as JSON: `llm` is PROVIDER:MODEL, or the provider alone for a model that is named in its box."""
    return json.dumps({"kind": kind, "llm": llm, "address": address, "names": list(names)})


def _choice(what: str | None, name: str, address: str, key: str, keep: bool) -> Choice:
    """Read what is chosen; the boxes count only if they are shown."""
    given = json.loads(what or _value(""))
    kind, llm = given["kind"], given["llm"]
    if kind in ("here", "fetch"):
        return Choice(llm, given["address"], fetch=kind == "fetch")
    if kind in ("hosted", "server"):
        return Choice(f"{llm}:{(name or '').strip()}", (address or "").strip().rstrip("/"), key or "", bool(keep))
    return Choice("" if kind == "none" else ":")
