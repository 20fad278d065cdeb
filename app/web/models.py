"""The language model of a page: finding models, trying one, and using it for all questions from now on.

Rights are checked here, because a page's functions can be called without its buttons.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import AskError
from app.llm.client import CallResult
from app.llm.discovery import Discovery, discover, usual_endpoints
from app.llm.download import download
from app.llm.exam import ExamFailed, current_result, examine, may_write, result_sentence, try_model
from app.llm.exam_results import save_result
from app.llm.provider import checked_key, load_writer, read_keys, save_key, variable_of
from app.settings import Settings, read_settings
from app.web.auth import may_choose_models
from app.web.service import Service
from ingest.errors import Stopped
from ingest.progress import Progress, quiet, stoppable

if TYPE_CHECKING:
    from app.llm.writing import Writing

STOPPED = Stopped("Stopped: the model in use is the same as before.", "Press the button again to go on.")


@dataclass(frozen=True, slots=True)
class Choice:
    """A language model that a visitor chose.

    Attributes:
        llm: PROVIDER:MODEL, '' for none.
        address: The address of its endpoint, '' for the provider's own.
        key: The key that was typed, '' if none was.
        keep: True if the key is to be kept in a file.
        fetch: True if the Ollama at the address is to download it first.
    """

    llm: str
    address: str = ""
    key: str = field(default="", repr=False)
    keep: bool = False
    fetch: bool = False

    @property
    def provider(self) -> str:
        """The part before the colon."""
        return self.llm.partition(":")[0]


class Models:
    """The language models that a page offers and uses.

    Keys that were typed stay in the memory of this process, unless they are to be kept in a file.
    """

    def __init__(self, service: Service) -> None:
        self.service, self._initial = service, service.settings
        self._typed_keys: dict[str, str] = {}

    @property
    def open(self) -> bool:
        """True if visitors may choose."""
        return may_choose_models(self._initial)

    @property
    def file(self) -> Path:
        """The file of the saved keys."""
        return self._initial.secrets or self._initial.data / "keys.env"

    def discover(self, elsewhere: bool = False) -> Discovery:
        """Find the language models that are available now.

        `elsewhere` is true if a proxy passed the request on; such visitors may not choose.

        Raises:
            AskError: Visitors may not choose.
        """
        self._check_allowed(elsewhere)
        return discover()

    def test(self, choice: Choice, elsewhere: bool = False, stop: threading.Event | None = None) -> CallResult:
        """Try whether the model answers; `stop` ends this early when it is set.

        Raises:
            AskError: visitors may not choose, or it cannot be asked at all.
        """
        settings = self._settings(choice, elsewhere)
        return try_model(load_writer(settings, self._key(choice)), stop)

    def use(
        self, choice: Choice, elsewhere: bool = False, progress: Progress = quiet, stop: threading.Event | None = None
    ) -> CallResult:
        """Ask the model for the words of all answers from now on, if it works and passes its exam; without one, quote.

        Args:
            choice: The model.
            elsewhere: True if a proxy passed the request on.
            progress: Is called with how far it is.
            stop: Ends this early when it is set.

        Raises:
            AskError: as `test`, or the page could not load.
            Stopped: `stop` was set.
        """
        from app.pipeline.load import load_writing

        settings, progress = self._settings(choice, elsewhere), stoppable(progress, stop, STOPPED)
        if not choice.llm:
            self._replace(None, settings, progress)
            return CallResult(0.0)
        if choice.fetch:
            download(choice.address, choice.llm.partition(":")[2], progress)
        progress("Contacting", 0, 0)
        trial = self.test(choice, stop=stop)
        progress("Contacting", 0, 0)
        if trial.failure:
            return trial
        try:
            self._examine(settings, choice, progress, stop)
        except ExamFailed as error:
            return replace(trial, failure=error.failure)
        writing = load_writing(settings, self._key(choice))()
        if writing is None:
            return replace(trial, failure="exam")
        self._replace(writing, settings, progress)
        self._remember(choice)
        return trial

    # --- parts

    def _replace(self, writing: Writing | None, settings: Settings, progress: Progress) -> None:
        """Have another model write, or none, as soon as the page has loaded."""
        for step in self.service.loading():
            progress(step, 0, 0)
        self.service.use_model(writing, settings)

    def _examine(self, settings: Settings, choice: Choice, progress: Progress, stop: threading.Event | None) -> None:
        """Examine the model, unless its result in the current exam is known.

        Raises:
            ExamFailed: The exam could not be taken, which says nothing about the model.
        """
        writer = load_writer(settings, self._key(choice))
        if current_result(settings.kept.updated(), writer.name, writer.address) is None:
            result = examine(writer, progress, stop)
            with settings.kept.changing() as data:
                save_result(data, result)

    def _check_allowed(self, elsewhere: bool) -> None:
        if elsewhere or not self.open:
            message = "Visitors to this page cannot choose the language model."
            raise AskError(message, "Whoever runs the page can choose one.")

    def _settings(self, choice: Choice, elsewhere: bool) -> Settings:
        """Return the page's settings with the chosen model.

        Raises:
            AskError: Visitors may not choose, or no model is named.
        """
        self._check_allowed(elsewhere)
        if choice.llm and not (choice.provider and choice.llm.partition(":")[2]):
            raise AskError("No language model is named.", "Choose one from the list, or type its name.")
        if choice.fetch and choice.address not in (e.address for e in usual_endpoints() if e.provider == "ollama"):
            raise AskError("Only an Ollama on this computer downloads models.", "Choose one from the list.")
        current = self.service.settings.model_dump()
        chosen = {"llm": choice.llm, "llm_url": choice.address, "engine": "model" if choice.llm else "quotes"}
        return read_settings(**current | chosen)

    def _key(self, choice: Choice) -> str | None:
        """Return the key for a model: typed now, typed before, or saved in the file.

        A key in the environment is used only for the provider's own address and for the one that is set for the page.

        Returns:
            The key, '' if there is none; None to use the key in the environment.
        """
        variable = variable_of(choice.provider, choice.address)
        saved = read_keys(self.file) if self.file.is_file() else {}
        key = checked_key(choice.key) or self._typed_keys.get(variable) or saved.get(variable, "")
        at_home = not choice.address or choice.address == self._initial.llm_url
        return None if not key and at_home else key

    def _remember(self, choice: Choice) -> None:
        key, variable = checked_key(choice.key), variable_of(choice.provider, choice.address)
        if key:
            self._typed_keys[variable] = key
        if key and choice.keep:
            save_key(self.file, variable, key)

    def passed(self, llm: str, address: str) -> bool | None:
        """Return whether a model has passed the exam, None if it was not examined."""
        return may_write(self._initial.kept.updated(), llm, address)

    def outcome(self, choice: Choice, language: str) -> str:
        """Say in a sentence what the exam shows of a model, '' if it was not examined."""
        return result_sentence(self._initial.kept.updated(), choice.llm, choice.address, language)
