"""Reads what people send to show who they are: their reference, or their age and postcode."""

import re

from bot.reading.amounts import age
from bot.reading.places import outward, postcode

_REFERENCE = re.compile(r"(?<!\d)(\d{4})[\s.-]?(\d{4})(?!\d)")
_PIECES = re.compile(r"[\s,;:/.]+")
_YEARS = re.compile(r"[1-9]\d{0,2}")


def reference(text: str) -> str:
    """Find a reference, '1234 5674', empty where there is none."""
    found = _REFERENCE.search(text)
    return " ".join(found.groups()) if found else ""


def age_and_postcode(text: str) -> tuple[int | None, str]:
    """Find an age in years and a postcode, or its first half: None and empty where either is missing or unsure."""
    said = [piece for piece in _PIECES.split(text.strip()) if piece]
    for length in (2, 1):
        for start in range(len(said) - length + 1):
            words = " ".join(said[start : start + length])
            place = postcode(words) or (outward(words) if length == 1 else None)
            years = [piece for piece in (*said[:start], *said[start + length :]) if _YEARS.fullmatch(piece)]
            if place and len(years) == 1:
                return age(years[0]), place
    return None, ""
