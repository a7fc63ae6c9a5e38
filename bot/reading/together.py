"""Reads several answers that someone gives in one message."""

import re
from collections.abc import Sequence

from bot.reading.amounts import age
from bot.reading.choices import Option, choice, phrases
from bot.reading.names import name
from bot.reading.places import outward, postcode
from bot.reading.text import listed, words

_BETWEEN = re.compile(r"[\s,;]+")
_LEAD_IN = listed("and aged age i im am from in at my postcode is its post code live")
_AFTER_AGE = listed("years year yrs old yo")
_DIGIT = re.compile(r"\d")
_AGE = re.compile(r"[1-9]\d{1,2}(?:yo|yrs?)?", re.I)
"""Two figures at least: "Jay 2" is a name."""
_DOUBT = listed("nearly almost turning turn about over under soon next or between not be")
_AROUND_TIME = listed("in the at on and please during of day")
_TURNED = listed("not no never dont except but nor neither or")


def introduction(text: str) -> dict[str, str]:
    """Part "Ann, 72, BB9 7AA" into `name`, `age` and `postcode`, as said; empty where that is not surely meant.

    The name comes first. Age, in 10 to 120, and postcode, whole or its first half, may follow in either order,
    and one of them may be missing.
    """
    said = [word for word in _BETWEEN.split(text.strip()) if word]
    first = next((place for place, word in enumerate(said) if any(sign.isdigit() for sign in word)), 0)
    named = " ".join(_without(said[:first], _LEAD_IN, from_end=True))
    rest = _without(said[first:], _LEAD_IN | _AFTER_AGE)
    ages = [word for word in rest if _AGE.fullmatch(word) and age(word) is not None]
    place = " ".join(word for word in rest if word not in ages)
    placed = not place or (_DIGIT.search(place) and (postcode(place) or outward(place)))
    if not named or not rest or len(ages) > 1 or not placed or name(named) is None or _DOUBT & set(words(text)):
        return {}
    found = {"name": named, "age": "".join(ages), "postcode": place}
    return {key: part for key, part in found.items() if part}


def way_and_time(text: str, ways: Sequence[Option], times: Sequence[Option]) -> tuple[str, ...]:
    """Part "call me, mornings" into words for a way and words for a time; empty where it is not just that."""
    said = words(text)
    if _TURNED & set(said):
        return ()
    for end in range(1, len(said)):
        way, time = said[:end], [word for word in said[end:] if word not in _AROUND_TIME]
        if choice(" ".join(way), ways) and any(time in phrases(option) for option in times):
            return " ".join(way), " ".join(time)
    return ()


def _without(said: Sequence[str], listed_words: frozenset[str], *, from_end: bool = False) -> list[str]:
    bare = ["".join(words(word)) for word in said]
    if not from_end:
        return [word for word, plain in zip(said, bare, strict=True) if plain not in listed_words]
    end = len(said)
    while end and bare[end - 1] in listed_words:
        end -= 1
    return list(said[:end])
