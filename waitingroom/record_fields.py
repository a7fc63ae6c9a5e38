"""The fields of a directory's record, whatever they hold: objects one by one, and words made plain."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

Record = Mapping[str, Any]
TAG, BLANKS = re.compile(r"<[^>]{0,500}>"), re.compile(r"\s+")
NO_MARKS = re.compile(r"[*_#`{}]{1,3}")
"""Markdown, and what our own words take for a gap to fill."""


def each(record: Record, name: str) -> Iterator[Record]:
    """Give every object under a name, whether one stands there or a list of them."""
    told = record.get(name)
    for one in told if isinstance(told, list) else [told]:
        if isinstance(one, dict):
            yield one


def plain(told: object, most: int) -> str:
    """Give what was told in plain words of at most `most` characters: no HTML, no marks, one line."""
    if not isinstance(told, str):
        return ""
    bare = NO_MARKS.sub("", unescape(TAG.sub(" ", told[: most * 20])))
    words = BLANKS.sub(" ", "".join(sign for sign in bare if sign.isprintable() or sign.isspace())).strip()
    if len(words) <= most:
        return words
    return words[: most - 3].rsplit(" ", 1)[0].rstrip(",;:") + "..."
