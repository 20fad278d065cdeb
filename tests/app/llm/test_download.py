"""Models that an Ollama downloads: how far it is, and what may go wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.errors import AskError
from app.llm import download as module
from app.llm.download import download
from app.text.messages import translate
from ingest.errors import Stopped
from ingest.progress import stoppable
from tests.scripted import ScriptedModel, layer, pulls, scripted_model

MANIFEST = {"status": "pulling manifest"}
SUCCESS = ({"status": "verifying sha256 digest"}, {"status": "writing manifest"}, {"status": "success"})


@pytest.fixture
def ollama() -> Iterator[ScriptedModel]:
    with scripted_model() as server:
        yield server


@pytest.fixture
def told() -> list[tuple[str, int, int]]:
    return []


def fetched(ollama: ScriptedModel, told: list[tuple[str, int, int]], stop: threading.Event | None = None) -> None:
    def progress(*event: object) -> None:
        told.append(event)  # type: ignore[arg-type]

    download(ollama.url.removesuffix("/v1"), "qwen2.5:7b", stoppable(progress, stop))


def test_a_download_tells_how_many_megabytes_it_has_of_all_layers(ollama, told, monkeypatch):
    monkeypatch.setattr(module, "POLL", 0.01)
    parts = [layer(0), layer(1_000), layer(4_700), layer(50, 100, "sha256:2")]
    ollama.pull = pulls(MANIFEST, *parts, silent=0.5)
    with pytest.raises(AskError):
        fetched(ollama, told)
    assert ("Downloading", 4_750, 4_800) in told
    assert ollama.pulled == ["qwen2.5:7b"]


def test_one_that_is_there_already_is_ready_at_once(ollama, told):
    ollama.pull = pulls(MANIFEST, layer(4_700), *SUCCESS)
    fetched(ollama, told)
    assert not [event for event in told if event[0] == "Downloading"]


@pytest.mark.parametrize(
    ("pull", "english", "chinese"),
    [
        (pulls(MANIFEST, layer(500), cut=True), "The connection broke off while qwen2.5:7b was downloaded. Press",
         "下载 qwen2.5:7b 时连接中断。再按一次按钮，即可接着下载。"),
        (pulls(MANIFEST, layer(500)), "The connection broke off while qwen2.5:7b was downloaded. Press",
         "下载 qwen2.5:7b 时连接中断。再按一次按钮，即可接着下载。"),
        (pulls(MANIFEST, {"error": "write /var/x: no space left on device"}), "The disk has no room for qwen2.5:7b. Make",
         "磁盘空间不足，放不下 qwen2.5:7b。请腾出空间，再按一次按钮，即可接着下载。"),
        (pulls(MANIFEST, {"error": "pull model manifest: file does not exist"}), "Ollama knows no model named qwen2.5:7b.",
         "Ollama 没有名为 qwen2.5:7b 的模型。请另选一个。"),
        (pulls({"error": "it needs a newer version"}), "Ollama could not download qwen2.5:7b (it needs a newer version).",
         "Ollama 无法下载 qwen2.5:7b（it needs a newer version）。请稍后再试。"),
        (pulls({"status": ["odd"]}), "The connection broke off", "下载 qwen2.5:7b 时连接中断。再按一次按钮，即可接着下载。"),
    ],
    ids=["cut", "ended early", "no room", "wrong name", "another error", "nonsense"],
)  # fmt: skip
def test_what_goes_wrong_is_one_sentence_in_both_languages(ollama, told, pull, english, chinese):
    ollama.pull = pull
    with pytest.raises(AskError) as failed:
        fetched(ollama, told)
    assert failed.value.sentence().startswith(english)
    assert translate(failed.value.sentence(), "zh") == chinese


def test_an_ollama_that_has_gone(told):
    with pytest.raises(AskError, match="The connection broke off"):
        download("http://127.0.0.1:9", "qwen2.5:7b", lambda *event: told.append(event))


@pytest.mark.parametrize("last", [[layer(500)] * 1, [layer(500)] * 500], ids=["silent", "says the same again and again"])
def test_a_download_without_a_byte_a_second_is_given_up(ollama, told, monkeypatch, last):
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    ollama.pull = pulls(MANIFEST, *last, silent=30)
    began = time.monotonic()
    with pytest.raises(AskError, match=r"Ollama has received nothing of qwen2.5:7b for 0 seconds\."):
        fetched(ollama, told)
    assert time.monotonic() - began < 25, "not as long as Ollama is silent"


def test_what_is_checked_at_the_end_may_take_its_time(ollama, told, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    ollama.pull = pulls(MANIFEST, layer(4_700), silent=1.0)
    with pytest.raises(AskError, match="The connection broke off"):  # not: has received nothing
        fetched(ollama, told)
    assert ("Verifying", 0, 0) in told


def test_a_download_is_stopped_while_ollama_is_silent(ollama, told):
    ollama.pull, stop = pulls(MANIFEST, layer(500), silent=30), threading.Event()
    stopping = threading.Timer(0.5, stop.set)
    stopping.start()
    began = time.monotonic()
    with pytest.raises(Stopped):
        fetched(ollama, told, stop)
    assert time.monotonic() - began < 25
