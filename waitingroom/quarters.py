"""Quarters: the only periods that people are counted in, and only once they have ended.

Periods that anyone could choose could be slid by a day, and whoever came on that day found by taking one report
from the other. Calendar quarters that are over never overlap.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from waitingroom.errors import RefusedError

PATTERN = r"[12]\d{3}-Q[1-4]"
MONTHS = 3


class NotOverError(RefusedError):
    """That quarter has not ended yet. Reports are of whole quarters, so that nobody is found between two."""


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter of a calendar year: `number` 1 begins in January, 4 in October."""

    year: int
    number: int

    @classmethod
    def named(cls, name: str) -> "Quarter":
        """Read a name such as 2026-Q3. Raises ValueError for anything else."""
        if not re.fullmatch(PATTERN, name):
            raise ValueError(name)
        return cls(int(name[:4]), int(name[-1]))

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """Give the quarter a day is in."""
        return cls(day.year, (day.month - 1) // MONTHS + 1)

    @classmethod
    def last_full(cls, now: datetime, zone: ZoneInfo) -> "Quarter":
        """Give the newest quarter that is over, as the service's own calendar has it."""
        return cls.of(now.astimezone(zone).date()).before()

    def before(self, count: int = 1) -> "Quarter":
        """Give the quarter that many before this one."""
        place = self.year * 4 + self.number - 1 - count
        return Quarter(place // 4, place % 4 + 1)

    @property
    def name(self) -> str:
        """The name for programs, such as 2026-Q3."""
        return f"{self.year}-Q{self.number}"

    @property
    def words(self) -> str:
        """The name for people, such as July to September 2026."""
        first, last = (
            date(self.year, month, 1).strftime("%B") for month in (self.first_month, self.first_month + 2)
        )
        return f"{first} to {last} {self.year}"

    @property
    def first_month(self) -> int:
        """The number of its first month."""
        return (self.number - 1) * MONTHS + 1

    def months(self) -> list[str]:
        """Give its three months as 2026-07 and so on."""
        return [f"{self.year}-{self.first_month + place:02}" for place in range(MONTHS)]

    def bounds(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Give when it begins, and when the next one does, at midnight of the service's own clock; in UTC."""
        begins, ends = (
            datetime.combine(date(one.year, one.first_month, 1), time(), zone).astimezone(UTC)
            for one in (self, self.before(-1))
        )
        return begins, ends

    def check_over(self, now: datetime, zone: ZoneInfo) -> None:
        """Raise NotOverError where it has not ended."""
        if self > Quarter.last_full(now, zone):
            raise NotOverError
