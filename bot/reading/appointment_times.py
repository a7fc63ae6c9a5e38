"""Reads which of a few times someone means: by its number, its day, its hour, or that none of them suits."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from bot.reading.amounts import number
from bot.reading.text import listed, numbered, simple

NONE_OF_THEM = "none"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
NOON = 12
_DAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|day|sday|nesday|rs|rsday|urday)?s?\b")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_ON = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? {_MONTH}\b|\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?\b")
_NTH = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")
_CLOCK = re.compile(
    r"\b(half past |quarter past |quarter to )?(\d{1,2})(?:[:.](\d{2}))? ?(am|pm|a m|p m|oclock|o clock)?\b|"
    r"\b(noon|midday)\b"
)
_FIGURES = numbered("one two three four five six seven eight nine ten eleven twelve")
_PAST = {"half past ": 30, "quarter past ": 15, "quarter to ": -15}
_PLACE = re.compile(r"(?:option |number )?(\d|one|two|three|first|second|third|last)(?: one| option| time)?")
_PLACES = {"one": 1, "two": 2, "three": 3, "first": 1, "second": 2, "third": 3}
_NONE = re.compile(
    r"\b(none|neither|no good|cant do (?:any|either|them|those|these)|cannot do (?:any|either|those|these)|"
    r"cant make (?:any|either|them|those|these)|not (?:any|either) of|another (?:time|day)|"
    r"(?:a )?different (?:time|day)|other times?)\b"
)
_TURNED = re.compile(r"\b(not|cant|cannot|except|but|dont|wont|isnt|if|unless|or|before|after|until)\b")
_NO = listed("no|nope|nah|no sorry|sorry no|no way|not really", between="|")
_YES = listed(
    "yes|yeah|yep|yup|aye|yes that works|that works|works for me|that works for me|sounds good|thats fine|"
    "that is fine|yes thats fine|i can|yes i can|suits me",
    between="|",
)
"""What takes the one time there is. "OK" may only mean that it was read."""
_POLITE = listed("please pls thanks thank you ta cheers")
_BEFORE = listed("yes yeah ok okay the ill id like take")
_PARTS = {"morning": (0, NOON), "afternoon": (NOON, 17), "evening": (17, 24), "lunchtime": (11, 15)}
_FILLERS = listed(
    "the a an on at in for of is one option time day slot please pls thanks thank you ta cheers yes yeah yep ok "
    "okay aye i ill id will can could do make take have like want would prefer go with that this it its works "
    "work suits suit best fine good great lovely perfect better me my sounds then and hi hello see next"
)


def which(said: str, times: Sequence[datetime], *, now: datetime) -> int | str | None:
    """Say which of `times` (on the clock of the place, as `now` is) someone means, by its place from 0.

    NONE_OF_THEM where they say that none suits. None where nothing is named, more than one fits, or any word of
    it is not understood: half of "Tuesday, but not at ten" is no answer.
    """
    words = re.sub(r"[^\w:. ]+", " ", simple(said).replace("'", "").replace("’", ""))
    words = re.sub(r"\.(?!\d)", " ", words)
    words = re.sub(r"\s+", " ", words).strip()
    place = _PLACE.fullmatch(_bare(words))
    at = _place(place[1], len(times)) if place else None
    if at is not None:
        return at
    if _NONE.search(words) or _bare(words) in _NO:
        return NONE_OF_THEM
    if len(times) == 1 and " ".join(word for word in words.split() if word not in _POLITE) in _YES:
        return 0
    if _TURNED.search(words):
        return None
    for name, figure in _FIGURES.items():
        words = re.sub(rf"\b{name}\b", str(figure), words)
    return _by_time(re.sub(r"\bhalf (?=\d)", "half past ", words), times, now)


def _by_time(words: str, times: Sequence[datetime], now: datetime) -> int | None:
    """Find the one time that fits all that was named; every word must be understood."""
    fits, named = list(range(len(times))), False
    for pattern, is_it in NAMED:
        for found in pattern.finditer(words):
            named, fits = True, [place for place in fits if is_it(found, times[place], now)]
        words = pattern.sub(" ", words)
    if not named or len(fits) != 1 or set(words.split()) - _FILLERS:
        return None
    return fits[0]


def _bare(words: str) -> str:
    """Leave the polite words around a number away."""
    return " ".join(word for word in words.split() if word not in _POLITE | _BEFORE)


def _place(word: str, count: int) -> int | None:
    if word == "last":
        return count - 1
    at = _PLACES.get(word) or number(word, least=1, most=9)
    if at == count + 1 and word.isdigit():
        return None
    return at - 1 if at and at <= count else None


def _soon(found: re.Match[str], at: datetime, now: datetime) -> bool:
    return at.date() == now.date() + timedelta(days=1 if found[1] == "tomorrow" else 0)


def _on_date(found: re.Match[str], at: datetime, _now: datetime) -> bool:
    on, month = (found[1], found[2]) if found[1] else (found[4], found[3])
    return at.day == int(on) and MONTHS[at.month - 1] == month


def _on_nth(found: re.Match[str], at: datetime, _now: datetime) -> bool:
    return at.day == int(found[1])


def _on_weekday(found: re.Match[str], at: datetime, _now: datetime) -> bool:
    return DAYS[at.weekday()] == found[1]


def _in_part(found: re.Match[str], at: datetime, _now: datetime) -> bool:
    begins, ends = _PARTS[found[1]]
    return begins <= at.hour < ends


def _at(found: re.Match[str], at: datetime, _now: datetime) -> bool:
    """Say whether a time of day is this one: an hour without am or pm may be either."""
    if found[5]:
        return (at.hour, at.minute) == (NOON, 0)
    hour, minute = int(found[2]), int(found[3] or 0)
    minute += _PAST.get(found[1] or "", 0)
    hour, minute = hour + minute // 60, minute % 60
    half = (found[4] or "").replace(" ", "")
    if half in {"am", "pm"} or hour > NOON:
        full = hour if hour > NOON else hour % NOON + (NOON if half == "pm" else 0)
        return (at.hour, at.minute) == (full, minute)
    return (at.hour % NOON, at.minute) == (hour % NOON, minute)


NAMED: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str], datetime, datetime], bool]]] = (
    (re.compile(r"\b(today|tomorrow)\b"), _soon),
    (_ON, _on_date),
    (_NTH, _on_nth),
    (_DAY, _on_weekday),
    (re.compile(rf"\b({'|'.join(_PARTS)})\b"), _in_part),
    (_CLOCK, _at),
)
"""What names a time, in the order it is looked for, and whether a time is the one that is named."""
