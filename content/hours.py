"""Opening hours by the clock on the wall in the United Kingdom, across clock changes and bank holidays."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import model_validator

from content.fields import Words, refused
from content.texts import said

ZONE = ZoneInfo("Europe/London")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LOOK_AHEAD_DAYS = 15
REMEDY = 'Write them as "09:00-17:00", two as "09:00-12:00, 13:00-17:00", or closed'


class Window(NamedTuple):
    """A time of being open, in minutes after midnight; `closes` past 1440 is the next morning."""

    opens: int
    closes: int


ALL_DAY = Window(0, 1440)


class Hours(Words):
    """When a line is open.

    In a file: `24/7`, or days (`mon`, `mon-fri`, `daily`) with their windows (`09:00-17:00`, several with
    commas, or `closed`), and `bank_holidays`: `as_usual`, `closed` or windows (must be said unless `24/7`).
    """

    week: tuple[tuple[Window, ...], ...]
    bank_holidays: Literal["as_usual", "closed"] | tuple[Window, ...]
    holidays: frozenset[date] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _as_written(cls, written: object) -> object:
        if written == "24/7":
            return {"week": ((ALL_DAY,),) * 7, "bank_holidays": "as_usual"}
        if not isinstance(written, dict):
            raise refused(f"{written!r} are not opening hours", "Write 24/7, or days with their times")
        if "bank_holidays" not in written:
            raise refused("bank holidays are left out", "Add `bank_holidays:` closed, as_usual or the times")
        on_holidays = written["bank_holidays"]
        week: list[tuple[Window, ...]] = [()] * 7
        for days, windows in written.items():
            if days != "bank_holidays":
                for day in _days(str(days)):
                    week[day] = _windows(windows)
        return {
            "week": tuple(week),
            "bank_holidays": on_holidays if on_holidays in ("as_usual", "closed") else _windows(on_holidays),
        }

    def always(self) -> bool:
        """Say whether it never closes."""
        return self.bank_holidays == "as_usual" and all(day == (ALL_DAY,) for day in self.week)

    def is_open(self, at: datetime) -> bool:
        """Say whether it is open at an aware moment. ValueError for a naive one."""
        local = _local(at)
        return any(opens <= at < closes for opens, closes in self._spans(local - timedelta(days=1), days=2))

    def opens_next(self, at: datetime) -> datetime | None:
        """Give the moment it next opens, on the clock in the UK; None if it is open now, or closed for 15 days."""
        local = _local(at)
        if self.is_open(at):
            return None
        return next((opens for opens, _ in self._spans(local, days=LOOK_AHEAD_DAYS) if opens > at), None)

    def _spans(self, first: date, *, days: int) -> Iterator[tuple[datetime, datetime]]:
        for day in (first + timedelta(days=n) for n in range(days)):
            for window in self._on(day):
                yield _moment(day, window.opens, fold=0), _moment(day, window.closes, fold=1)

    def _on(self, day: date) -> tuple[Window, ...]:
        if day not in self.holidays or self.bank_holidays == "as_usual":
            return self.week[day.weekday()]
        return () if self.bank_holidays == "closed" else self.bank_holidays

    def in_words(self) -> str:
        """Tell the hours as people do, such as `Monday to Friday 9am to 5pm, closed on bank holidays`."""
        if self.always():
            return "24 hours a day, every day"
        runs = groupby(range(7), key=lambda day: self.week[day])
        parts = [f"{_days_in_words(list(days))} {_windows_in_words(windows)}" for windows, days in runs if windows]
        if self.bank_holidays == "closed":
            parts.append("closed on bank holidays")
        elif self.bank_holidays != "as_usual":
            parts.append(f"bank holidays {_windows_in_words(self.bank_holidays)}")
        return ", ".join(parts)


def clock(minutes: int) -> str:
    """Say a time of day as the NHS style does: `9am`, `5:30pm`, `midday`, `midnight`."""
    hour, minute = divmod(minutes % 1440, 60)
    if minute == 0 and hour in (0, 12):
        return "midday" if hour else "midnight"
    return f"{hour % 12 or 12}{f':{minute:02}' if minute else ''}{'am' if hour < 12 else 'pm'}"


def _local(at: datetime) -> date:
    if at.tzinfo is None:
        raise ValueError("A moment without a time zone says nothing about opening hours.")
    return at.astimezone(ZONE).date()


def _moment(day: date, minutes: int, *, fold: Literal[0, 1]) -> datetime:
    days, rest = divmod(minutes, 1440)
    wall = time(rest // 60, rest % 60, fold=fold)
    return datetime.combine(day + timedelta(days=days), wall, tzinfo=ZONE)


def _days(written: str) -> range:
    first, _, last = ("mon-sun" if written == "daily" else written).partition("-")
    if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
        raise refused(f"`{written}` are not days", "Write mon, tue and so on, mon-fri, or daily")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def _windows(written: object) -> tuple[Window, ...]:
    if written == "closed":
        return ()
    pieces = [piece.strip() for piece in written.split(",")] if isinstance(written, str) else written
    if not pieces or not isinstance(pieces, list):
        raise refused(f"{written!r} are not times", REMEDY)
    windows = tuple(_window(str(piece)) for piece in pieces)
    if any(late.opens < early.closes for early, late in pairwise(windows)):
        raise refused(f"the times in {written!r} overlap", "Put them in order, with a gap between")
    return windows


def _window(written: str) -> Window:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-(24:00|([01]\d|2[0-3]):([0-5]\d))", written)
    if match is None:
        raise refused(f"{written!r} are not times", REMEDY)
    opens = int(match[1]) * 60 + int(match[2])
    closes = 1440 if match[3] == "24:00" else int(match[4]) * 60 + int(match[5])
    return Window(opens, closes if closes > opens else closes + 1440)


def _days_in_words(days: list[int]) -> str:
    if len(days) == 7:
        return "every day"
    first, last = DAY_NAMES[days[0]], DAY_NAMES[days[-1]]
    return first if len(days) == 1 else f"{first} {'and' if len(days) == 2 else 'to'} {last}"


def _windows_in_words(windows: tuple[Window, ...]) -> str:
    times = (f"{clock(window.opens)} to {clock(window.closes)}" for window in windows)
    return "all day" if windows == (ALL_DAY,) else said(times)
