"""The Python API: five lines to an answer, nothing heavy until the first question."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import AskError, QuestionError
from ask_the_plan import AskThePlan

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def small(settings, embedder, reader, monkeypatch):
    """The API on the small corpus, with the models that are loaded already."""
    monkeypatch.setattr("ingest.models.load.load_embedder", lambda _: embedder)
    monkeypatch.setattr("app.pipeline.load.load_reranker", lambda _: reader)
    return AskThePlan(settings.corpus, data=settings.data)


def test_an_answer_and_its_citation(small, index):
    answer = small.ask("How much registered capital does the third phase of the Big Fund have?")
    assert answer.status == "answered"
    assert "344" in answer.text
    citation = answer.citations[0]
    assert citation.quote in index.catalogue.document(citation.document_id).text
    assert citation.sources[0].title
    history = [
        {"role": "user", "content": "What is the comprehensive science centre in Hefei?"},
        {"role": "assistant", "content": "A national science centre."},
    ]
    assert "2017" in small.ask("When was it approved?", history).text


def test_what_can_be_mended_is_said(small, tmp_path):
    with pytest.raises(QuestionError, match="empty"):
        small.ask(" ")
    with pytest.raises(AskError, match="does not exist"):
        AskThePlan(tmp_path / "none", data=tmp_path).ask("What?")
    with pytest.raises(AskError, match="threshold"):
        AskThePlan(threshold=7)


def test_nothing_is_loaded_before_the_first_question():
    code = (
        "import sys; from ask_the_plan import AskThePlan; AskThePlan('x'); "
        "sys.exit(', '.join({'torch', 'chromadb', 'gradio', 'onnxruntime', 'numpy'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_another_app_that_is_loaded_is_said():
    code = "import sys, types; sys.modules['app'] = types.ModuleType('app'); import ask_the_plan"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert "Another package named 'app' is loaded already" in done.stderr
