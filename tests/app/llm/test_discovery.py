"""Which language models are there: servers on this machine, keys in the environment."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from app.llm import discovery
from app.llm.discovery import Endpoint, Server, discover, usual_endpoints
from tests.scripted import scripted_model
from tests.servers import PATIENCE


def test_servers_that_run_are_listed_with_their_models(monkeypatch):
    monkeypatch.setattr(discovery, "WAIT", PATIENCE)
    with scripted_model() as one, scripted_model() as other:
        one.names = ["llama3.2:3b", "odd\nname", "x" * 300, "llama3.2:3b"]
        other.names = ["ask-the-plan"]  # this program's own page
        ollama = Endpoint("Ollama", "ollama", one.url.removesuffix("/v1"))
        studio = Endpoint("LM Studio", "openai", one.url)
        nobody = Endpoint("vLLM", "openai", "http://127.0.0.1:9/v1")
        there = discover([ollama, studio, nobody, Endpoint("itself", "openai", other.url)], {})
    assert there.servers == (Server(ollama, ("llama3.2:3b",)), Server(studio, ("llama3.2:3b",)))
    assert there.keys == ()


def test_a_key_in_the_environment_is_named_and_not_told():
    there = discover([], {"OPENAI_API_KEY": "sk-secret", "MISTRAL_API_KEY": "", "ANTHROPIC_API_KEY": "sk-other"})
    assert there.keys == ("openai", "anthropic")
    assert "secret" not in repr(there)


def test_a_server_that_says_something_else_is_no_model_server():
    class Odd:
        names = [1, None, {"id": 2}]  # noqa: RUF012

    with scripted_model() as model:
        model.names = Odd.names  # type: ignore[assignment]
        assert discover([Endpoint("vLLM", "openai", model.url)], {}).servers == ()
        assert discover([Endpoint("vLLM", "openai", f"{model.url}/nothing")], {}).servers == ()


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("", "http://127.0.0.1:11434"),
        ("127.0.0.1:9999", "http://127.0.0.1:9999"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("http://localhost:1000", "http://127.0.0.1:1000"),
        ("[::1]:5", "http://[::1]:5"),
        ("192.168.1.5:11434", None),
        ("models.example.org", None),
        ("127.0.0.1:x", None),
    ],
)
def test_only_this_machine_is_asked(host, address):
    places = usual_endpoints({"OLLAMA_HOST": host})
    assert [p.address for p in places if p.provider == "ollama"] == ([address] if address else [])
    assert all(p.address.startswith(("http://127.0.0.1:", "http://[::1]:")) for p in places)


def test_a_server_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(discovery, "WAIT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        assert discover([Endpoint("mute", "openai", f"http://127.0.0.1:{mute.getsockname()[1]}/v1")], {}).servers == ()


def test_a_server_that_speaks_ever_so_slowly_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(discovery, "WAIT", 3.0)
    over = threading.Event()

    def drip(mute: socket.socket) -> None:
        """A letter long before each wait for the next would be over, and never an end."""
        talking, _ = mute.accept()
        with talking, contextlib.suppress(OSError):
            talking.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                talking.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as mute, scripted_model() as model:
        speaking = threading.Thread(target=drip, args=(mute,))
        speaking.start()
        model.names = ["llama"]
        slow = Endpoint("slow", "openai", f"http://127.0.0.1:{mute.getsockname()[1]}/v1")
        try:  # `slow` never comes to an end: whoever waited for it would not come back
            found = discover([slow, Endpoint("LM Studio", "openai", model.url)], {})
        finally:
            over.set()
            speaking.join()
        assert [s.models for s in found.servers] == [("llama",)]


def test_an_ollama_without_a_model_is_there_and_another_server_without_one_is_not(monkeypatch):
    monkeypatch.setattr(discovery, "WAIT", 3.0)
    with scripted_model() as empty:
        empty.names = []
        ollama = Endpoint("Ollama", "ollama", empty.url.removesuffix("/v1"))
        nobody = Endpoint("Ollama", "ollama", "http://127.0.0.1:9")
        there = discover([ollama, nobody, Endpoint("vLLM", "openai", empty.url)], {})
        assert there.servers == (Server(ollama, ()),)
        empty.names = [1, None]  # type: ignore[list-item]
        assert discover([ollama], {}).servers == ()
