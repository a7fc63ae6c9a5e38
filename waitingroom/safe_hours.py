"""Safe hours: when someone said it is safe to reach them, read from their own words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from typing import NamedTuple

WAKING, QUIET = time(8), time(20)
"""Nothing unasked goes out between 8pm and 8am in the person's own zone, whatever they said."""
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK = frozenset(range(7))
WEEKDAYS, WEEKEND = frozenset(range(5)), frozenset({5, 6})


class Window(NamedTuple):
    """From one time of day up to another."""

    opens: time
    closes: time


@dataclass(frozen=True)
class SafeHours:
    """The days of the week (0 is Monday) and the times on each of them when it is safe; none at all is never."""

    days: frozenset[int] = WEEK
    windows: tuple[Window, ...] = (Window(WAKING, QUIET),)


DAYTIME = SafeHours()
NEVER = SafeHours(frozenset(), ())
"""What they said could not be read: then nothing is sent that they did not ask for."""

PARTS = {
    "morning": Window(WAKING, time(12)),
    "am": Window(WAKING, time(12)),
    "lunchtime": Window(time(12), time(14)),
    "afternoon": Window(time(12), time(18)),
    "pm": Window(time(12), QUIET),
    "evening": Window(time(17), QUIET),
    "day": Window(WAKING, QUIET),
    "daytime": Window(WAKING, QUIET),
}
CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?|(noon|midday)"
SPAN = re.compile(rf"\b(?:between\s+|from\s+)?(?:{CLOCK})\s*(?:-|to|and|until|till)\s*(?:{CLOCK})(?![\w:.])")
BOUND = re.compile(rf"\b(after|from|past|before|until|till|up to|by)\s+(?:{CLOCK})(?![\w:.])")
ANY = re.compile(r"\b(any|anytime|any time|all day|whenever|always|every day|everyday)\b")
PART = re.compile(rf"\b({'|'.join(PARTS)})s?\b")
DAY = re.compile(
    r"\b(weekday|week day|weekend|mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|"
    r"sat(?:urday)?|sun(?:day)?)s?\b"
)
RUN = re.compile(rf"{DAY.pattern}\s*(?:-|to|till|until|through)\s*{DAY.pattern}")
FILLERS = frozenset(
    re.findall(
        r"\w+",
        "on in the only please is are best better safe it i im me to at ok okay fine good or and time times of "
        "during usually works suits you can call text ring write message here then my",
    )
)
TURNED = frozenset({"not", "never", "except", "but", "no", "dont", "isnt"})


def read(words: str) -> SafeHours | None:
    """Read when it is safe from what someone said: "any", "mornings", "after 4pm on weekdays", "9-12".

    None where any word of it is not understood: half of "after six, but not when he is home" is not safe.
    """
    said = words.casefold().replace("'", "").replace("’", "").replace("–", "-")
    if TURNED.intersection(re.findall(r"[a-z]+", said)):
        return None
    runs = [day for found in RUN.finditer(said) for day in _run(found[1], found[2])]
    said = RUN.sub(" ", said)
    days = frozenset([*runs, *(day for found in DAY.finditer(said) for day in _days(found[1]))])
    said = DAY.sub(" ", said)
    clocked: list[Window | None] = []
    for pattern, found_in in ((SPAN, _span), (BOUND, _bound)):
        clocked += [found_in(found) for found in pattern.finditer(said)]
        said = pattern.sub(" ", said)
    anything, said = bool(ANY.search(said)), ANY.sub(" ", said)
    parts: list[Window | None] = [PARTS[found[1]] for found in PART.finditer(said)]
    said = PART.sub(" ", said)
    windows = [window for window in (*clocked, *parts) if window is not None]
    if (clocked and parts) or len(windows) < len(clocked) or (len(windows) > 1 and days):
        return None
    if not (windows or days or anything) or set(re.findall(r"\w+", said)) - FILLERS:
        return None
    return SafeHours(days or WEEK, tuple(sorted(windows)) or DAYTIME.windows)


def as_said(words: str) -> SafeHours:
    """Say when it is safe: by day where nothing was said, never where what was said cannot be read."""
    return (read(words) or NEVER) if words.strip() else DAYTIME


def _run(first: str, last: str) -> Iterator[int]:
    """Give the days of a run, such as Monday to Friday or Friday to Monday."""
    start, end = next(_days(first)), next(_days(last))
    for day in range(start, end + (7 if end < start else 0) + 1):
        yield day % 7


def _days(name: str) -> Iterator[int]:
    if name.startswith("week"):
        yield from WEEKEND if name == "weekend" else WEEKDAYS
    else:
        yield NAMES.index(name[:3])


def _span(found: re.Match[str]) -> Window | None:
    first, last = found.groups()[:4], found.groups()[4:]
    closes = _clock(*last)
    opens = _clock(first[0], first[1], first[2] or (last[2] if _earlier(first, last) else None), first[3])
    return _clipped(opens, closes)


def _earlier(first: tuple[str | None, ...], last: tuple[str | None, ...]) -> bool:
    """Say whether "2 to 4pm" means both in the afternoon: the first hour is below the last on the dial."""
    return bool(first[0] and last[0]) and int(first[0] or 0) % 12 < int(last[0] or 0) % 12


def _bound(found: re.Match[str]) -> Window | None:
    at = _clock(*found.groups()[1:])
    return _clipped(at, QUIET) if found[1] in {"after", "from", "past"} else _clipped(WAKING, at)


def _clock(hour: str | None, minute: str | None, half: str | None, noon: str | None) -> time | None:
    """Read a time of day. An hour without am or pm is by day: 1 to 7 is in the afternoon."""
    if noon:
        return time(12)
    on_dial = int(hour or 0)
    if half:
        if not 1 <= on_dial <= 12:
            return None
        on_dial = on_dial % 12 + (12 if half == "pm" else 0)
    elif 1 <= on_dial <= 7:
        on_dial += 12
    return time(on_dial, int(minute or 0)) if on_dial < 24 and int(minute or 0) < 60 else None


def _clipped(opens: time | None, closes: time | None) -> Window | None:
    """Keep a window inside the waking hours; None where nothing of it is left."""
    if opens is None or closes is None:
        return None
    window = Window(max(opens, WAKING), min(closes, QUIET))
    return window if window.opens < window.closes else None
