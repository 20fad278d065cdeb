"""`ask-the-plan model` as a user runs it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from app.cli.main import main
from app.llm.exam import current_result
from tests.examinee import agreeing, keep_passed, strong
from tests.scripted import fails, first, says


@pytest.fixture
def run(tmp_path, model, monkeypatch):
    def run(*command: str, name: str = "openai:scripted") -> Result:
        llm = ["--llm", name, "--llm-url", model.url] if name else []
        return CliRunner().invoke(main, ["--data", str(tmp_path), *llm, "model", *command])

    monkeypatch.delenv("ASK_LLM", raising=False)
    return run


def test_a_model_is_examined_and_what_it_may_do_is_said_and_kept(run, model, tmp_path):
    model.reply = says(strong)
    done = run("check")
    assert done.exit_code == 0, done.output
    assert "20 of 20" in done.stdout
    assert done.stdout.rstrip().endswith("openai:scripted writes the answers, and each statement is checked.")
    assert "is asked up to 9 times" in done.stderr
    assert current_result(tmp_path, "openai:scripted", model.url)
    listed = run("list", name="")
    assert "writes the answers, and each statement is checked" in " ".join(listed.stdout.split())
    model.reply = says(agreeing)
    run("check")
    again = current_result(tmp_path, "openai:scripted", model.url)
    assert again
    assert (again.judges, again.quotes) == (False, True)
    assert again.judged
    assert (again.judged.passed, again.judged.refused) == (20, 0)


def test_what_goes_wrong_is_a_sentence_and_nothing_is_kept(run, model, tmp_path):
    without = run("check", name="")
    assert without.exit_code == 2
    assert "No language model is set." in without.stderr
    model.reply = first(says(strong), fails(401))
    refused = run("check")
    assert refused.exit_code == 2
    assert "The language model did not accept the key (openai:scripted). See the key in its provider's" in refused.stderr
    assert not (tmp_path / "models").exists()
    assert run("list", name="").stdout == "No model was examined yet.\n"


def test_a_failed_exam_leaves_the_one_before(run, model, tmp_path):
    before = keep_passed(tmp_path, "openai:scripted", model.url)
    model.reply = fails(404)
    assert run("check").exit_code == 2
    assert current_result(tmp_path, "openai:scripted", model.url) == before
