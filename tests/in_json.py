"""Replies of models as tests write them, a sentence with `[S1 "words"]` behind it -> the JSON that a model writes."""

from __future__ import annotations

import json
import re
from typing import Any

from ingest.columns import cells

_KEYS = re.compile(r'(?:\s*\[S\d+(?: "[^"]*")?\])+')
_ONE = re.compile(r'\[(S\d+)(?: "([^"]*)")?\]')
_AGAIN = re.compile(r"(\d+): (.*)")


def in_json(text: str) -> str:
    """`LOOK: …; …`, or a line a statement or several, `- ` before items, `|` before rows, headings first; `NO ANSWER`;
    `UNANSWERED: …`, `NOT STATED: …`; and `2: …` for statements that are said again."""
    if text.startswith("LOOK: "):
        return json.dumps({"look": text.removeprefix("LOOK: ").split("; "), "blocks": [], "not_stated": ""})
    if text.startswith("{"):  # it is some already
        return text
    blocks: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    unanswered, not_stated, ended = "", "", False
    for line in text.split("\n"):
        kind = "list" if line.startswith("- ") else "table" if line.startswith("|") else "paragraph"
        if line.startswith("NOT STATED: "):
            not_stated = line.removeprefix("NOT STATED: ")
        elif line.startswith("UNANSWERED: "):
            unanswered = line.removeprefix("UNANSWERED: ")
        elif numbered := _AGAIN.fullmatch(line):
            again += [{"number": int(numbered[1]), **s} for s in _statements(numbered[2])]
        elif not line.strip():
            ended = True
        elif line != "NO ANSWER" and not re.fullmatch(r"[|-]+", line):
            if not blocks or ended or blocks[-1]["kind"] != kind:
                headings = cells(line) if kind == "table" else []
                blocks.append({"kind": kind, "headings": headings, "statements": []})
                if headings:
                    ended = False
                    continue
            ended = False
            blocks[-1]["statements"] += _statements(line.removeprefix("- "))
    whole = {"statements": again} if again else {"blocks": blocks}
    whole |= {"unanswered": unanswered, "not_stated": not_stated}
    return json.dumps(whole, ensure_ascii=False)


def _statements(line: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    at = 0
    for keys in [*_KEYS.finditer(line), None]:
        said = line[at : keys.start() if keys else len(line)].strip()
        at = keys.end() if keys else at
        parts = [said] if said.startswith("|") else [p for p in re.split(r"(?<=[.!?])\s+(?=[A-Z])|(?<=。)", said) if p]
        found += [{"supports": [], "text": p} for p in parts]
        if keys and parts:
            found[-1]["supports"] = [{"key": key, "words": words} for key, words in _ONE.findall(keys[0])]
    return found
