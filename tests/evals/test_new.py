"""A case from a question: what it holds, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli.main import main
from app.pipeline.chain import Chain
from evals.cases import CaseError, read_cases
from evals.new import add_case, make_case, offered

pytestmark = pytest.mark.slow

QUESTION = "When was the comprehensive national science centre in Hefei approved?"


def test_a_case_is_what_the_user_chose(chain: Chain, tmp_path: Path) -> None:
    passages = offered(chain, chain.ask(QUESTION))
    gold = next(p for p in passages if "10 January 2017" in p.text)
    case = make_case(QUESTION, [gold], ["10 January 2017|January 2017"], "date")
    file = tmp_path / "new" / "cases.jsonl"
    add_case(case, file)
    (read,) = read_cases(file)
    assert (read.question, read.answerable, read.category) == (QUESTION, True, "date")
    assert read.answer_groups == (("10 January 2017", "January 2017"),)
    assert read.evidence[0].quote == gold.text
    with pytest.raises(CaseError, match="already"):
        add_case(case, file)
    add_case(make_case("Who was king of Portugal?", [], [], "far"), file)
    assert [c.answerable for c in read_cases(file)] == [True, False]


def test_what_cannot_be_a_case_is_said(chain: Chain, tmp_path: Path) -> None:
    passages = offered(chain, chain.ask(QUESTION))[:1]
    for chosen, answers in ((passages, []), ([], ["2017"]), (passages, ["no such words"])):
        with pytest.raises(CaseError):
            make_case(QUESTION, chosen, answers, "date")
    (tmp_path / "not-cases.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(CaseError):
        add_case(make_case(QUESTION, [], [], "x"), tmp_path / "not-cases.jsonl")


def test_from_the_command_line(small_corpus: Path, tmp_path: Path) -> None:
    base = ["--corpus", str(small_corpus), "--data", str(tmp_path), "eval", "new", QUESTION]
    done = CliRunner().invoke(main, base, input="0\n")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "cases.jsonl").read_text(encoding="utf-8"))["answerable"] is False
    wrong = CliRunner().invoke(main, [*base, "--passage", "99", "--answer", "x"])
    assert wrong.exit_code == 2
    assert "no passage 99" in wrong.output
