"""Words as people read them: joined as they are said, and what must not show on a locked phone."""

import re
from collections.abc import Iterable
from functools import cache


def revealing(text: str, private: Iterable[str]) -> tuple[str, ...]:
    """Find the private words that `text` says; a word ending in `*` stands for every word that begins so."""
    return tuple(word for word in private if _pattern(word).search(text))


@cache
def _pattern(word: str) -> re.Pattern[str]:
    body = r"[\s-]+".join(re.escape(part) for part in word.rstrip("*").split())
    return re.compile(rf"\b{body}" + (r"\w*\b" if word.endswith("*") else r"\b"), re.IGNORECASE)


def said(phrases: Iterable[str], join: str = "and") -> str:
    """Join phrases as people say them: `one`, `one and two`, `one, two and three`."""
    *most, last = list(phrases) or [""]
    return f"{', '.join(most)} {join} {last}" if most else last
