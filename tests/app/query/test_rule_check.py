"""A folder's own rules are checked one by one, with one sentence for each fault."""

import json

import pytest
from click.testing import CliRunner

from app.cli.corpus import corpus
from app.query.rule_check import check_rules
from app.query.rules import FILE, folder_rules
from ingest.errors import CorpusError

ROW = {
    "id": "type.tonnage",
    "label": "answer_type.figure",
    "language": "en",
    "pattern": r"\btonnage\b",
    "example": "What tonnage is it?",
    "counter_example": "Where is it?",
    "why": "ships are told by it",
}


def written(folder, *rows, before=""):
    fields = ("\n".join(f"{key} = {json.dumps(value)}" for key, value in row.items()) for row in rows)
    (folder / FILE).write_text(before + "".join(f"[[rule]]\n{row}\n\n" for row in fields))
    return folder


def test_rules_that_are_right_have_no_problems(tmp_path):
    assert check_rules(tmp_path) == ()
    assert check_rules(written(tmp_path, ROW)) == ()
    assert check_rules(written(tmp_path, ROW | {"pattern": "{{ships}}"}, before="[define]\nships = 'tonnage'\n")) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"put": "x"}, "The rule `type.tonnage` has put, which is no text or no field of a rule."),
        ({"why": 3}, "The rule `type.tonnage` has why, which is no text or no field of a rule."),
        ({"pattern": "("}, "The pattern of the rule `type.tonnage` is no regular expression: missing ), "),
        ({"pattern": "{{ships}}"}, "The pattern of the rule `type.tonnage` names {{ships}}, which is not defined."),
        ({"example": "How large is it?"}, "The rule `type.tonnage` does not match its example “How large is it?”."),
        ({"counter_example": "tonnage"}, "The rule `type.tonnage` matches its counter-example “tonnage”."),
        ({"label": "ships"}, "The rule `type.tonnage` has the label `ships`, which nothing looks for."),
        ({"language": "german"}, "The rule `type.tonnage` has the language `german`."),
    ],
)
def test_a_fault_is_told_with_file_line_and_rule(tmp_path, change, said):
    (problem,) = check_rules(written(tmp_path, ROW | {"id": "other"}, ROW | change))
    assert str(problem).startswith(f"{FILE}:10: {said}")
    assert problem.next_step


def test_what_a_rule_lacks_and_whose_id_is_taken(tmp_path):
    lacking = {key: value for key, value in ROW.items() if key != "why"}
    found = check_rules(written(tmp_path, ROW, lacking, ROW))
    assert [p.text for p in found] == [
        "The rule `type.tonnage` lacks why.",
        "The rule `type.tonnage` stands in the file twice.",
    ]


@pytest.mark.parametrize("text", ["[[rule]", "rule = 3", "rules = []", "rule = ['x']"])
def test_a_file_that_is_no_table_is_one_problem(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    (problem,) = check_rules(tmp_path)
    assert "not a table of rules" in problem.text
    with pytest.raises(CorpusError, match="not a table of rules"):
        folder_rules(tmp_path)


def test_corpus_check_tells_them(tmp_path):
    (tmp_path / "a.md").write_text("# A\n\nA sentence.\n")
    result = CliRunner().invoke(corpus, ["check", "--folder", str(written(tmp_path, ROW | {"example": "no"}))])
    assert result.exit_code == 1
    assert f"{tmp_path / FILE}:1: The rule `type.tonnage` does not match its example “no”." in result.output
