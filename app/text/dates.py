"""Dates as people write them, in each language."""

from __future__ import annotations

import re

from app.text.messages import message

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")


def spelled(when: str, language: str) -> str:
    """Spell a date of a source (`2021-03-05`, `2021-03`, `2021`) as people write it.

    Anything else is returned unchanged.
    """
    found = _DATE.fullmatch(when)
    year, month, day = found.groups("") if found else ("", "", "")
    months = message("dates.months", language).split()
    if not year or not 1 <= int(month or 1) <= len(months):
        return when
    form = "dates.day" if day else "dates.month" if month else "dates.year"
    return message(form, language, y=year, month=months[int(month or 1) - 1], d=int(day or 0))
