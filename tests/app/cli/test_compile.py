"""`ask-the-plan compile` as a user runs it: a model that hangs, a kill, going on, a draft that is shown and then used."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ingest.test_storage import small_disk
from tests.scripted import ScriptedModel, first, hangs, says, scripted_model
from tests.servers import waited_for

pytestmark = pytest.mark.slow
PROGRAM = [sys.executable, "-m", "app"]
PORTS = ("Zanzi", "Korlu", "Benta")


def facts(port: str) -> list[str]:
    things = ("tea", "salt", "paper", "glass", "copper", "wool", "rice", "timber", "silk", "tin", "oil", "grain")
    return [
        f"The port of {port} shipped {len(port) + 7 * n} tonnes of {thing} in 2031, as its harbour office tells."
        for n, thing in enumerate(things)
    ]


@pytest.fixture(scope="module")
def model() -> Iterator[ScriptedModel]:
    with scripted_model() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> list[str]:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "coffee.md").write_text("# Coffee\n\nNobody in Fredonia drinks coffee.\n", encoding="utf-8")
    return ["--corpus", str(corpus), "--data", str(tmp_path / "data")]


def run(*args: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PROGRAM, *map(str, args)], capture_output=True, text=True, input="", encoding="utf-8")


def reply(body: dict[str, Any]) -> str:
    """The second fact of the part, with a quote that is none and one twice."""
    port = next(p for p in PORTS if facts(p)[1] in body["messages"][-1]["content"])
    good, wrong = facts(port)[1], facts(port)[2].replace("tonnes", "tons")
    questions = [
        {"question": f"How much salt did {port} ship in 2031?", "also": [f"salt from {port}"], "quotes": [good]},
        {"question": f"How much salt did {port} ship in 2031", "also": [], "quotes": [good]},
        {"question": f"How much paper did {port} ship?", "also": [], "quotes": [wrong]},
    ]
    return "\n".join(map(json.dumps, questions)) + '\n{"question": "How much gl'


def test_without_a_model_it_says_what_to_do(home: list[str]) -> None:
    done = run(*home, "compile")
    assert done.returncode == 2
    assert "No language model is set" in done.stderr
    assert "--llm PROVIDER:MODEL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.hostile
@pytest.mark.timeout(900)
@pytest.mark.parametrize("asked", [1, 3])
def test_a_disk_that_is_full_meanwhile_is_told_and_nothing_is_lost(
    home: list[str], model: ScriptedModel, tmp_path: Path, asked: int
) -> None:
    text = "# Ports\n\n" + "\n\n".join(f"## {p}\n\n" + " ".join(facts(p)) for p in PORTS) + "\n"
    (tmp_path / "ports.md").write_text(text, encoding="utf-8")
    with small_disk("32m") as disk:
        home = [*home[:2], "--data", str(disk / "data"), "--llm", "openai:scripted", "--llm-url", model.url]
        assert run(*home, "add", tmp_path / "ports.md").returncode == 0

        def fills(body: dict[str, Any]) -> str:
            if len(model.requests) == asked:
                room = os.statvfs(disk)
                (disk / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize))
            return reply(body)

        model.requests.clear()
        model.reply = says(fills)
        full = run(*home, "compile", "--yes")
        assert full.returncode == 2, full.stdout
        assert "There is no room left on the disk" in full.stderr
        assert "Traceback" not in full.stderr
        before = len(model.requests)
        (disk / "filler").unlink()
        done = run(*home, "compile", "--yes")
        assert done.returncode == 0, done.stderr
        assert len(model.requests) <= len(PORTS) + 1, "only what could not be kept is asked again"
        assert before >= asked
        assert "3 known questions more" in run(*home, "compile", "ports.md", "--use").stdout


@pytest.mark.kills
@pytest.mark.timeout(900)  # it starts the program six times
def test_a_run_that_is_killed_goes_on_and_its_draft_is_used(home: list[str], model: ScriptedModel, tmp_path: Path) -> None:
    text = "# Ports\n\n" + "\n\n".join(f"## {p}\n\n" + " ".join(facts(p)) for p in PORTS) + "\n"
    (tmp_path / "ports.md").write_text(text, encoding="utf-8")
    assert run(*home, "add", tmp_path / "ports.md").returncode == 0
    home = [*home, "--llm", "openai:scripted", "--llm-url", model.url]
    result = run(*home, "compile")
    assert result.returncode == 2
    assert "3 sections" in result.stderr
    assert "About 3 calls: some" in result.stderr
    assert "tokens go to openai:scripted" in result.stderr
    assert "tokens a page" in result.stderr
    assert "Nothing was sent." in result.stderr
    assert model.requests == []

    model.reply = first(says(reply), hangs('{"question": "How'))
    process = subprocess.Popen([*PROGRAM, *home, "compile", "--yes"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    waited_for(lambda: len(model.requests) == 2)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(model.requests) == 2

    model.requests.clear()
    model.reply = says(reply)
    done = run(*home, "compile", "--yes")
    assert done.returncode == 0, done.stderr
    assert "1 were asked before" in done.stderr
    assert "Nobody judges" in done.stderr
    assert len(model.requests) == 2
    assert "dropped, 3: ask what is asked already" in done.stdout
    assert "dropped, 3: quote what does not stand" in done.stdout
    (draft,) = (tmp_path / "data" / "added" / "_questions").glob("*.draft")
    entries = yaml.safe_load(draft.read_text(encoding="utf-8"))
    assert [e["answers"] for e in entries] == [[facts(p)[1]] for p in PORTS]

    used = run(*home, "compile", "ports.md", "--use")
    assert used.returncode == 0, used.stderr
    assert "3 known questions more" in used.stdout
    assert not draft.exists()
    assert len(model.requests) == 2
    answer = json.loads(run(*home, "ask", "salt from Korlu", "--json").stdout)
    assert answer["status"] == "answered"
    assert [c["quote"] for c in answer["citations"]] == [facts("Korlu")[1]]
