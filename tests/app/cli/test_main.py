"""The command line as a user runs it: output, exit status, and a clear sentence for whatever they do wrong."""

import json
import subprocess
import sys

import click
import pytest

from app.cli.main import main
from app.settings import read_settings
from ingest.index import Index

pytestmark = pytest.mark.slow
PROGRAM = [sys.executable, "-m", "app"]


@pytest.fixture(scope="module")
def home(index, settings):
    """Flags that name the small corpus and its index, which stands already."""
    return ["--corpus", str(settings.corpus), "--data", str(settings.data)]


def run(*args, stdin="", env=None):
    import os

    return subprocess.run(
        [*PROGRAM, *map(str, args)],
        input=stdin,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
        encoding="utf-8",
    )


def refused(done, *phrases):
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    for phrase in phrases:
        assert phrase in done.stderr
    return True


def test_ask_prints_the_answer_with_its_sources(home):
    done = run(*home, "ask", "How much registered capital does the third phase of the Big Fund have?")
    assert done.returncode == 0, done.stderr
    assert "344" in done.stdout
    assert "[1]" in done.stdout
    assert " (summary) › " in done.stdout
    assert "\n    based on: " in done.stdout
    assert "http" in done.stdout


def test_flags_of_the_program_stand_before_or_behind_any_command(home):
    assert run("list", "--json", *home).stdout == run(*home, "list", "--json").stdout != ""
    assert "No problems." in run("corpus", "check", *home).stdout
    assert run(*home[2:], "--corpus", "none", "list", *home[:2], "--json").stdout, "the last one counts"

    flags = {p.name for p in main.params} - {"verbose", "version"}

    def lacking(command, ctx, path):
        for name in command.list_commands(ctx) if isinstance(command, click.Group) else ():
            yield from lacking(command.get_command(ctx, name), ctx, [*path, name])
        if absent := flags - {p.name for p in command.params}:
            yield path, absent

    assert not list(lacking(main, click.Context(main), []))


@pytest.mark.parametrize(
    ("args", "stdin", "message"),
    [
        (["ask", ""], "", "The question is empty."),
        (["ask", "x" * 100_000], "", "100,000 characters; the limit is 2,000"),
        (["ask", "\u200b\u0007"], "", "The question is empty."),
        (["show", "nothing-like-it"], "", "No document with the id nothing-like-it"),
        (["--threshold", "7", "settings"], "", "--threshold is '7.0'"),
    ],
)
def test_what_a_user_does_wrong_is_one_sentence(home, args, stdin, message):
    assert refused(run(*home, *args, stdin=stdin), message)


def test_folders_that_cannot_be_read(tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    data = tmp_path / "data"
    assert refused(run("--corpus", tmp_path / "none", "--data", data, "sync"), "does not exist", "ASK_CORPUS")
    assert refused(run("--corpus", empty, "--data", data, "sync"), "holds no documents", ".md")


def test_another_folder_is_asked_about_itself_though_an_index_stands(home, settings, tmp_path):
    (tmp_path / "lamp.md").write_text("# The lamp of Fredonia\n\nThe lamp of Fredonia was lit by Ada Quux in 1931.\n")
    done = run("--corpus", tmp_path, "--data", settings.data, "ask", "Who lit the lamp of Fredonia?")
    assert (done.returncode, "Ada Quux" in done.stdout) == (0, True), done.stdout + done.stderr
    assert read_settings(corpus=tmp_path, data=settings.data).index_folder != settings.index_folder
    assert "Ada Quux" not in run(*home, "list").stdout


def test_ask_answers_from_the_folder_as_it_is_now(tmp_path):
    docs, changed = tmp_path / "docs", "has changed since it was indexed"
    docs.mkdir()
    (docs / "bad.txt").write_bytes(bytes(8))
    asked = ("ask", "Who lit the lamp of Fredonia?", "--corpus", docs, "--data", tmp_path / "data")
    for name, is_changed in (("Ada Quux", False), ("Bob Fnord", True), ("Bob Fnord", False)):
        text = f"# The lamp of Fredonia\n\nThe lamp of Fredonia was lit by {name} in 1931.\n"
        if not (docs / "lamp.md").exists() or (docs / "lamp.md").read_text() != text:
            (docs / "lamp.md").write_text(text)
        done = run(*asked)
        assert (name in done.stdout, changed in done.stderr) == (True, is_changed), done.stdout + done.stderr


def test_a_file_that_cannot_be_read_fails_alone(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "good.md").write_text("# Good\n\nThis text is read.")
    (docs / "bad.txt").write_bytes(bytes(8))
    done = run("--corpus", docs, "--data", tmp_path / "data", "sync")
    assert done.returncode == 1
    assert done.stdout.startswith("1 added, 0 changed, 0 unchanged, 0 removed, 1 failed")
    assert "is a binary file" in done.stderr
    assert "Give it the right extension" in done.stderr


def test_an_index_of_another_model(home):
    done = run(*home, "--embedding-model", "bge-small-en", "ask", "What is Hefei for?")
    assert refused(done, "was built with embedding model multilingual-e5-small", "sync --rebuild")


def test_an_index_of_a_former_version_is_built_anew_with_all_that_was_added(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "lamp.md").write_text("# The lamp\n\nThe lamp of Fredonia was lit by Ada Quux in 1931.\n")
    (tmp_path / "blimp.txt").write_text("The blimp of Quuxville was flown by Bob Fnord in 1932.")
    where = ["--corpus", tmp_path / "corpus", "--data", tmp_path / "data"]
    assert run(*where, "add", tmp_path / "blimp.txt").returncode == 0
    catalogue = Index(read_settings(corpus=tmp_path / "corpus", data=tmp_path / "data").index_folder, exact=True).catalogue
    for command in (["ask", "Who flew the blimp of Quuxville?"], ["sync"]):
        with catalogue.transaction() as db:
            catalogue.set_meta("model", "multilingual-e5-small@0123456789ab")
            db.execute("UPDATE vectors SET key = 'former' || key")
            db.execute("UPDATE embedded SET vector_key = 'former' || vector_key")
        done = run(*where, *command)
        assert (done.returncode, done.stderr.count("is built anew")) == (0, 1), done.stdout + done.stderr
        assert "Bob Fnord" in done.stdout or "2 unchanged" in done.stdout
        assert "former" not in str(catalogue.db.execute("SELECT key FROM vectors").fetchall())


def test_what_is_listed_of_tables_of_a_former_version_is_read_anew(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "lamp.md").write_text("# The lamp\n\nThe lamp of Fredonia was lit by Ada Quux in 1931.\n")
    where = ["--corpus", tmp_path / "corpus", "--data", tmp_path / "data"]
    assert run(*where, "sync").returncode == 0
    catalogue = Index(read_settings(corpus=tmp_path / "corpus", data=tmp_path / "data").index_folder, exact=True).catalogue
    catalogue.db.execute("ALTER TABLE documents DROP COLUMN authorship")
    catalogue.set_meta("schema", "6")
    catalogue.close()
    done = run(*where, "list", "--json")
    assert (done.returncode, "is built anew" in done.stderr) == (0, True), done.stderr
    assert json.loads(done.stdout)["title"] == "The lamp"


def test_documents_are_added_shown_and_removed(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "own.md").write_text("# Own\n\nThe corpus says so.")
    (tmp_path / "report.csv").write_text("Year,Blimps\n2032,23\n")
    (tmp_path / "bad.pdf").write_text("no pdf")
    where = ["--corpus", tmp_path / "corpus", "--data", tmp_path / "data"]
    done = run(*where, "add", tmp_path / "report.csv", tmp_path / "bad.pdf", "--title", "Blimps", "--date", "2032")
    assert done.returncode == 1
    assert "1 added, 0 updated, 0 unchanged, 0 removed, 1 failed" in done.stdout
    assert "is not what its name says" in done.stdout
    listed = {r["title"]: r for r in map(json.loads, run(*where, "list", "--json").stdout.splitlines())}
    assert (listed["Blimps"]["date"], listed["Blimps"]["origin"], listed["Blimps"]["passages"]) == ("2032", "report.csv", 1)
    assert "Year: 2032; Blimps: 23" in run(*where, "show", "report.csv").stdout
    assert refused(run(*where, "remove", "own.md"), "is in the corpus folder", str(tmp_path / "corpus" / "own.md"))
    assert refused(run(*where, "remove", "nothing"), "No document with the id nothing")
    result = run(*where, "remove", listed["Blimps"]["id"][:6])
    assert "Removed “Blimps”" in result.stdout
    assert len(run(*where, "list", "--json").stdout.splitlines()) == 1
    assert not list((tmp_path / "data" / "added").glob("*.csv*"))


def test_a_copy_that_never_came_into_the_index_is_removed(tmp_path):
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "own.md").write_text("# Own\n\nThe corpus says so.")
    (tmp_path / "blimps.txt").write_text("Blimps are large.")
    where = ["--corpus", tmp_path / "corpus", "--data", tmp_path / "data"]
    assert run(*where, "sync").returncode == 0
    added = tmp_path / "data" / "added"
    added.mkdir(exist_ok=True)
    (added / "blimps-1.txt").write_text("Blimps are large.")
    (added / "blimps-1.txt.yaml").write_text("names: [")
    (added / "late.pdf").write_text("no PDF")
    done = run(*where, "sync")
    assert "2 failed" in done.stdout + done.stderr
    assert refused(run(*where, "remove", "late"), "No document with the id late")
    for name in ("late.pdf", "blimps-1.txt"):
        result = run(*where, "remove", name)
        assert f"Removed {name}" in result.stdout, result.stderr
    assert not [p for p in added.iterdir() if p.suffix in (".pdf", ".txt", ".yaml")]
    assert "0 failed" in run(*where, "sync").stdout


def test_settings_say_where_each_value_comes_from(home):
    done = run(*home, "settings", env={"ASK_MAX_QUOTES": "5"})
    row = next(line for line in done.stdout.splitlines() if "ASK_MAX_QUOTES" in line)
    assert " 5 " in row
    assert "environment (ASK_MAX_QUOTES)" in row
    assert "flag" in next(line for line in done.stdout.splitlines() if "ASK_CORPUS" in line)


def test_a_wrong_value_in_the_environment():
    assert refused(run("settings", env={"ASK_PORT": "many"}), "ASK_PORT is 'many'")


def test_list_and_show(home, settings):
    rows = [json.loads(line) for line in run(*home, "list", "--json").stdout.splitlines()]
    assert {r["origin"] for r in rows} == {p.name for p in settings.corpus.iterdir()}
    shown = run(*home, "show", rows[0]["id"][:8]).stdout
    assert rows[0]["title"] in shown
    assert run(*home, "show", "hefei.md").stdout.count("sentence") > 5


@pytest.fixture(scope="module")
def evidence(chain):
    from app.store.records import make_record

    answer = chain.ask("How much registered capital does the third phase of the Big Fund have?")
    return make_record(answer, 0.5, "x", chain.index.document)


def test_verify_checks_evidence_again(home, tmp_path, evidence):
    file = tmp_path / "evidence.json"
    file.write_text(json.dumps(evidence.to_dict()))
    done = run(*home, "verify", file)
    assert done.returncode == 0, done.stderr
    assert "checks hold" in done.stdout
    file.write_text(file.read_text().replace("344", "443"))
    done = run(*home, "verify", file)
    assert done.returncode == 1
    assert "FAILS" in done.stdout
    file.write_text("{}")
    assert refused(run(*home, "verify", file), "not a saved answer")


def test_feedback_is_listed(home, settings, evidence):
    from app.store.feedback import Feedback, add_feedback

    assert refused(run(*home, "feedback"), "There is no feedback")
    add_feedback(settings.data / "feedback.jsonl", Feedback("up", "good", evidence))
    done = run(*home, "feedback")
    assert done.stdout.startswith("up")
    assert "good" in done.stdout
    (settings.data / "feedback.jsonl").unlink()
