"""Downloads a language model with Ollama's own API."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import ollama

from app.errors import AskError
from ingest.progress import Progress

POLL = 0.25  # seconds between two looks at a download
PATIENCE = 60.0  # seconds after which a download that receives nothing is given up
MEGABYTE = 1_000_000


def download(address: str, name: str, progress: Progress) -> None:
    """Have the Ollama at an address download a model; what an earlier attempt received is not downloaded again.

    Args:
        address: The address of Ollama.
        name: The name of the model there.
        progress: Is called several times a second with the megabytes so far. The download ends if it raises.

    Raises:
        AskError: The connection broke off, nothing more is received, or Ollama reports an error.
    """
    asyncio.run(_Download(name).run(address, progress))


@dataclass(slots=True)
class _Download:
    """One download: what Ollama said last, and of each layer the bytes so far and in all."""

    name: str
    status: str = ""
    layers: dict[str, tuple[int, int]] = field(default_factory=dict)

    async def run(self, address: str, progress: Progress) -> None:
        """Follow the download until it ends, even while Ollama is silent."""
        timeout = httpx.Timeout(10, read=None)
        async with ollama.AsyncClient(address, follow_redirects=False, trust_env=False, timeout=timeout) as client:
            task = asyncio.create_task(self._follow(client))
            try:
                await self._watch(task, progress)
                await task
            except ollama.ResponseError as error:
                raise self._refused(error.error) from error
            except (httpx.HTTPError, ValueError) as error:
                raise self._broken() from error
            finally:
                task.cancel()
                with suppress(BaseException):
                    await task
        if self.status != "success":
            raise self._broken()

    async def _follow(self, client: ollama.AsyncClient) -> None:
        async for event in await client.pull(self.name, stream=True):
            self.status = event.status or ""
            if event.digest and event.total:
                self.layers[event.digest] = (event.completed or 0, event.total)

    async def _watch(self, task: asyncio.Task[None], progress: Progress) -> None:
        """Report the progress until the task is done; give up if bytes are missing and none come."""
        seen, changed = self._sums(), time.monotonic()
        while not task.done():
            done, total = self._sums()
            if not total:
                progress("Contacting", 0, 0)
            elif done < total:
                progress("Downloading", done // MEGABYTE, total // MEGABYTE)
            else:
                progress("Verifying", 0, 0)
            if seen != (done, total) or (total and done == total):
                seen, changed = (done, total), time.monotonic()
            elif time.monotonic() - changed > PATIENCE:
                raise AskError(
                    "Ollama has received nothing of {name} for {seconds:.0f} seconds.",
                    "Check the connection to the internet, then press the button again: the download goes on where it was.",
                    self.name, PATIENCE,
                )  # fmt: skip
            await asyncio.wait({task}, timeout=POLL)

    def _sums(self) -> tuple[int, int]:
        return sum(done for done, _ in self.layers.values()), sum(total for _, total in self.layers.values())

    def _refused(self, words: str) -> AskError:
        """Return the error for what Ollama reports; its own words are repeated, shortened, if they are not known."""
        if "no space" in words.lower():
            hint = "Make room, then press the button again: the download goes on where it was."
            return AskError("The disk has no room for {name}.", hint, self.name)
        if "file does not exist" in words.lower():
            return AskError("Ollama knows no model named {name}.", "Choose another one.", self.name)
        return AskError("Ollama could not download {name} ({why}).", "Try again in a moment.", self.name, words[:200])

    def _broken(self) -> AskError:
        hint = "Press the button again: the download goes on where it was."
        return AskError("The connection broke off while {name} was downloaded.", hint, self.name)
