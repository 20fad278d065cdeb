"""Wishes for the form of an answer ("in short?", "as a table", "用中文"), told from a turn by the table in `wishes.toml`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from app.query.values import LONGEST, Wish
from app.text.lexicon import lexicon


@dataclass(frozen=True, slots=True)
class WishRow:
    """A row of the table."""

    wish: Wish
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    alone: bool


@dataclass(frozen=True, slots=True)
class WishTable:
    """The table; see what stands above its rows."""

    rows: tuple[WishRow, ...]
    filler: re.Pattern[str]
    dangling: re.Pattern[str]
    originals: re.Pattern[str]


def asks_for_originals(text: str) -> bool:
    """Return True if a turn asks for what the sources say themselves."""
    return len(text) <= LONGEST and bool(_table().originals.search(text))


def read_wish(text: str) -> tuple[Wish, str]:
    """Return the wish of a turn, and the turn without it: '' if the wish is all that it says.

    A turn that wishes for nothing comes back as it is.
    """
    table = _table()
    if len(text) > LONGEST:
        return Wish(), text
    bare, wish = text, Wish()
    for row in table.rows:
        match = row.pattern.search(text)
        if match is None or row.alone or (row.unless and row.unless.search(text)):
            continue
        wish = wish.before(_numbered(row.wish, match))
        bare = row.pattern.sub(" ", bare)
    for row in table.rows:  # those that count alone, with what is left
        if row.alone and (match := row.pattern.search(bare)) and not table.filler.sub("", row.pattern.sub(" ", bare)):
            return wish.before(row.wish), ""
    if wish == Wish():
        return wish, text
    return wish, _tidied(bare, table) if table.filler.sub("", bare) else ""


def _tidied(text: str, table: WishTable) -> str:
    text = table.dangling.sub("", " ".join(text.split()))
    return re.sub(r"\s+(?=[?？!！.。])", "", text).strip(" ,，、;；:：")


def _numbered(wish: Wish, match: re.Match[str]) -> Wish:
    said = next((n for name, n in match.groupdict().items() if name.startswith("number") and n), "")
    if not said:
        return wish
    number = int(said) if said.isdigit() else lexicon().number(said.lower()) or _HAN_NUMBERS.get(said)
    return Wish(wish.form, number, wish.language)


_HAN_NUMBERS = {"一": 1, "两": 2, "兩": 2} | {sign: n for n, sign in enumerate("二三四五六七八九十", 2)}


@lru_cache(maxsize=1)
def _table() -> WishTable:
    table = tomllib.loads(resources.files(__package__).joinpath("wishes.toml").read_text(encoding="utf-8"))
    cardinals = lexicon().macros["cardinals"]

    def compiled(pattern: str) -> re.Pattern[str]:
        return re.compile(pattern.replace("{{cardinals}}", cardinals))

    rows = tuple(
        WishRow(
            Wish(row.get("form", ""), row.get("number"), row.get("language", "")),
            compiled(row["pattern"]),
            compiled(row["unless"]) if "unless" in row else None,
            row.get("alone", False),
        )
        for row in table["wish"]
    )
    return WishTable(rows, compiled(table["filler"]), compiled(table["dangling"]), compiled(table["originals"]))
