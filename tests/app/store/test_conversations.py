"""Kept conversations under another name of their visitor."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from app.store.conversations import Conversations
from app.store.records import sha256


def test_what_was_kept_under_one_name_is_found_under_the_next(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "conversations.db")
    kept.prefer("ann", {"sources": 3})
    kept.prefer("bob", {"sources": 2})
    with sqlite3.connect(kept.path) as db:
        db.execute("INSERT INTO conversations VALUES ('c1', ?, 'Tea', '2026-01-01')", (sha256("ann"),))
    db.close()
    for _ in range(2):
        kept.renamed("ann", "login:ann")
    assert [c.id for c in kept.listed("login:ann")] == ["c1"]
    assert kept.listed("ann") == ()
    assert kept.preferences("login:ann") == {"sources": 3}
    assert kept.preferences("bob") == {"sources": 2}


def test_what_a_visitor_has_set_under_the_new_name_stays(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "conversations.db")
    kept.prefer("ann", {"sources": 3})
    kept.prefer("login:ann", {"sources": 5})
    kept.renamed("ann", "login:ann")
    assert kept.preferences("login:ann") == {"sources": 5}
