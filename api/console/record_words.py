"""A copy of a record in words: days and hours as people write them, no ids, no underscores."""

import re
from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from babel.dates import format_date

NO_USE = frozenset({"id", "version", "dedupe", "key_hash", "owner_hash", "lane_holder", "lane_until"})
"""Columns that only programs have use for: the page leaves them to the JSON copy."""
NAME = re.compile(r"[a-z]+(_[a-z]+)+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
NOTHING: tuple[object, ...] = (None, "", [], {}, ())


def lines(row: Mapping[str, object], zone: tzinfo) -> list[tuple[str, str]]:
    """Give one row of the copy as names and what each says. What is empty, or only an id, is left out."""
    told = ((name, value) for name, value in row.items() if name not in NO_USE and not name.endswith("_id"))
    return [(label(name), in_words(value, zone)) for name, value in told if value not in NOTHING]


def label(name: str) -> str:
    """Say what a column holds: "Joined" of joined_at."""
    return re.sub(r"_(at|on)$", "", name).replace("_", " ").capitalize()


def in_words(value: object, zone: tzinfo) -> str:
    """Say one value as people would."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        parts = ((key, one) for key, one in value.items() if one not in NOTHING)
        return "; ".join(f"{str(key).replace('_', ' ')}: {in_words(one, zone)}" for key, one in parts)
    if isinstance(value, list | tuple):
        return ", ".join(in_words(one, zone) for one in value)
    told = str(value)
    if MOMENT.match(told):
        at = datetime.fromisoformat(told).astimezone(zone)
        return f"{format_date(at.date(), 'd MMMM y', locale='en_GB')}, {at:%H:%M}"
    if DAY.fullmatch(told):
        return str(format_date(date.fromisoformat(told), "d MMMM y", locale="en_GB"))
    return told.replace("_", " ") if NAME.fullmatch(told) else told
