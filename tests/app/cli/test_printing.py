"""What others wrote reaches a terminal as text: no markup, no control signs; and what is left empty is said."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli.asking import announce, as_text, printable, say, say_json, say_table
from app.cli.main import main

EVIL = "a [/red] [bold]b[/bold] \x1b]0;owned\x07 \x9b31m \u202egnp.exe \ud800 c"


@given(st.text())
def test_a_safe_text_is_as_long_and_holds_no_control_sign(text):
    shown = printable(text)
    assert len(shown) == len(text)
    assert not {c for c in shown if c not in "\n\t" and (ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000)}
    assert printable(shown) == shown


def test_titles_end_nothing_and_move_no_cursor(capsys):
    say_table(("title", "file"), [(EVIL, "[link=x]y")])
    say(EVIL)
    announce(EVIL)
    captured = capsys.readouterr()
    for text in (captured.out, captured.err):
        assert "[/red] [bold]b[/bold]" in text
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)
    assert "[link=x]y" in captured.out


@given(st.text())
def test_json_keeps_its_value(text):
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        say_json({"title": text})
    assert json.loads(out.getvalue()) == {"title": text}
    assert not {"\x1b", "\x9b", "\x7f", "\u202e"} & set(out.getvalue())


def test_an_answer_keeps_its_bold_and_loses_the_documents_own_signs(capsys):
    source = {"title": "S\x1b[2J", "publisher": "P", "date": "2021", "url": "https://a.org/\x9b"}
    citation = {"number": 1, "document_id": "d", "title": EVIL, "heading": "h\x07", "quote": "q\x1bq", "start": 0, "end": 3,
                "language": "en", "sources": [source]}  # fmt: skip
    sentence = {"text": "It was \x1b42 \x1b yuan.", "citations": [1], "emphasis": [7, 10]}
    answer = {"question": "q", "status": "answered", "confidence": 0.5, "seconds": 0.1, "text": "", "version": 1}
    text = as_text(answer | {"sentences": [sentence], "citations": [citation], "nearest": []})
    assert text.startswith("It was \x1b[1m\ufffd42\x1b[0m \ufffd yuan. [1]")
    assert text.count("\x1b") == 2
    assert "\x9b" not in text


@pytest.mark.parametrize(
    "command",
    [
        ["ask", ""],
        ["add", ""],
        ["add", "a.md", " "],
        ["show", ""],
        ["remove", ""],
        ["verify", ""],
        ["corpus", "check", "--corpus", ""],
        ["--corpus", "", "list"],
        ["--data", "", "list"],
        ["--index", "", "list"],
        ["compile", ""],
    ],
)
def test_an_empty_name_is_a_sentence(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASK_DATA", str(tmp_path / "data"))
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 2, done.output
    assert "is empty." in done.output
    assert "Traceback" not in done.output
    assert list(tmp_path.iterdir()) == []


def test_settings_print_no_secret(tmp_path):
    environment = {
        "ASK_DATA": str(tmp_path),
        "ASK_AUTH": "ann:hush",
        "CHROMA_URL": "http://ann:hushed@127.0.0.1:1",
        "COLUMNS": "300",
    }
    done = CliRunner().invoke(main, ["settings"], env=environment)
    assert done.exit_code == 0, done.output
    assert "hush" not in done.output
    assert "http://***@127.0.0.1:1" in done.output
    assert not (tmp_path / "token").exists()
