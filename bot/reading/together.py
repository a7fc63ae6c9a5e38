"""Reads several answers that someone gives in one message."""

import re
from collections.abc import Mapping, Sequence

from bot.reading.agreement import yes_no
from bot.reading.amounts import age, cardinal, tokenise
from bot.reading.choices import POLITE, Option, choice, meant, phrases
from bot.reading.choosing_several import several
from bot.reading.names import name
from bot.reading.places import outward, postcode
from bot.reading.text import clean, listed, words

_BETWEEN = re.compile(r"[\s,;]+")
_LEAD_IN = listed("and aged age i im am from in at my postcode is its post code live")
_AFTER_AGE = listed("years year yrs old yo")
_DIGIT = re.compile(r"\d")
_AGE = re.compile(r"[1-9]\d{1,2}(?:yo|yrs?)?", re.I)
"""Two figures at least: "Jay 2" is a name."""
_DOUBT = listed("nearly almost turning turn about over under soon next or between not be")
_AROUND_TIME = listed("in the at on and please during of day")
_TURNED = listed("not no never dont except but nor neither or")
_TWO_FIGURES = 10
_AROUND_WHOM = listed("for it its is this help with just only please asking want")
_PIECES = re.compile(r"[,;:/&+\n.!]|\b(?:and|plus|also)\b")
_AROUND_NUMBERS = listed("both number numbers option options please thanks")
_AROUND_NEEDS = (
    POLITE
    | _AROUND_NUMBERS
    | listed(
        "and also plus n & + or too as well them these feel feeling lot bit very so all everything of above but"
    )
    | listed("except apart from bar")
)


def whose_and_age(text: str, whose: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """Part "me, 72" into whom it is for, by key, and words for an age; the key alone where no age is said.

    `whose`: keys, and all that may be said for each. Only those very words count, so that "he hits me" names
    nobody; empty where more is said. After a number ("1, 72") the age has two figures at least.
    """
    said = [word for word in _BETWEEN.split(text.strip()) if word]
    for end in range(len(said), 0, -1):
        whom = " ".join(words(" ".join(_without(said[:end], _AROUND_WHOM))))
        key = next((key for key, ways in whose.items() if whom in ways), "")
        rest = " ".join(_without(said[end:], _LEAD_IN | _AFTER_AGE))
        if key and end == len(said):
            return (key,)
        if key and _is_number(rest) and (years := age(rest)) is not None:
            return (key, rest) if years >= _TWO_FIGURES or not whom.isdigit() else ()
    return ()


def picks_and_words(text: str, options: Sequence[Option], *, otherwise: str) -> tuple[tuple[str, ...], str] | None:
    """Part "4, and my dog died" into the options it names and the words, where those say more than the options.

    Keys come in the order of `options`. Words that name none of them are not refused: they come back under the
    key `otherwise`, as they were typed. `None` for an empty answer, a number that is not on the list, a question,
    and a bare yes or no: those are no answer to "which".
    """
    told = clean(text)
    chosen = several(told, options)
    if not chosen and (not any(map(str.isalpha, told)) or told.endswith("?") or yes_no(told)):
        return None
    found = set(chosen or ())
    if not found:
        pieces = (" ".join(_without(piece.split(), _AROUND_NUMBERS)) for piece in _PIECES.split(told))
        read = [several(piece, options) for piece in pieces if piece]
        found = {otherwise} if not all(read) else set()
        found.update(*(keys for keys in read if keys))
    meant_too = [option for option in options if option.key in found]
    return tuple(option.key for option in meant_too), told if _says_more(told, meant_too) else ""


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


def _is_number(said: str) -> bool:
    tokens = tokenise(said)
    read = cardinal(tokens, 0)
    return read is not None and read[1] == len(tokens)


def _says_more(told: str, chosen: Sequence[Option]) -> bool:
    """Say whether words go beyond the names of what was chosen, its number and what is said around it."""
    known = _AROUND_NEEDS.union(*(phrase for option in chosen for phrase in phrases(option)))
    rest = [word for word in words(told) if word not in known]
    return not all(cardinal([word], 0) or meant([word], chosen) for word in rest)
