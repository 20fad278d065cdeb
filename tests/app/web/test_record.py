"""The records of running pages in a data folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.web.record import read_records, remove_record, write_record

WAITS = """
import sys, time
from pathlib import Path
from app.web.record import write_record
write_record(Path(sys.argv[1]), {"url": sys.argv[2]})
print("written", flush=True)
time.sleep(600)
"""


def urls(data: Path) -> list[Any]:
    return [record.get("url") for _, record in read_records(data)]


def test_a_page_that_is_killed_takes_no_other_s_record_with_it(tmp_path: Path) -> None:
    write_record(tmp_path, {"url": "living"})
    with subprocess.Popen([sys.executable, "-c", WAITS, str(tmp_path), "other"], stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"written\n"
        assert urls(tmp_path) == ["other", "living"]
        other.send_signal(signal.SIGKILL)
    assert "living" in urls(tmp_path)
    write_record(tmp_path, {"url": "living"})  # whoever writes next clears up
    assert urls(tmp_path) == ["living"]
    remove_record(tmp_path)
    assert urls(tmp_path) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": "x"}', '{"pid": null}', "\x00"])
def test_a_record_that_is_none_names_no_page(tmp_path: Path, text: str) -> None:
    (tmp_path / "server.json").write_text(text)
    write_record(tmp_path, {})
    assert [record["pid"] for _, record in read_records(tmp_path)] == [os.getpid()]
    assert json.loads((tmp_path / f"server-{os.getpid()}.json").read_text()) == {"pid": os.getpid()}
