"""Befriending groups: who hosts each, who it is for, when it meets, and what is asked of those who come."""

import re
from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from content.fields import Key, Line, Sendable, Words, refused

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
EARLIEST, LATEST = time(8, 30), time(20, 15)
"""How to join is told half an hour before, and nothing is sent before 8am or from 8pm."""
GROWN_UP = 18
_DAY = r"(?:[1-5]|-1)?(?:MO|TU|WE|TH|FR|SA|SU)"
_RULE = re.compile(
    r"FREQ=(?P<freq>DAILY|WEEKLY|MONTHLY)"
    rf"(?:;(?:INTERVAL=[1-9]\d?|BYDAY=(?P<days>{_DAY}(?:,{_DAY})*)|BYMONTHDAY=[1-9]\d?|BYSETPOS=-?[1-5]|WKST=MO))*"
)
"""As much of a recurrence rule (RFC 5545, section 3.3.10) as groups need; when it ends stands apart."""
_WAY_IN = re.compile(r"://|www\.|\d[\d ]{7,}\d", re.IGNORECASE)
"""What looks like a link or a phone number."""

Short = Annotated[Line, StringConstraints(max_length=40)]
Brief = Annotated[Sendable, StringConstraints(max_length=110)]


class Meetings(Words):
    """When a group meets, by the clock on the wall in the United Kingdom.

    `first_on` is the first day, `rule` how it goes on from there (RFC 5545, section 3.3.10), `until` its last day
    if there is one. It does not meet on the days in `except_on`, nor on bank holidays where it skips those.
    """

    first_on: date
    at: time
    minutes: Annotated[int, Field(ge=15, le=240)]
    rule: str
    until: date | None = None
    except_on: tuple[date, ...] = ()
    skip_bank_holidays: bool
    holidays: frozenset[date] = frozenset()

    @field_validator("at")
    @classmethod
    def _by_day(cls, at: time) -> time:
        if at.tzinfo is not None or not EARLIEST <= at <= LATEST:
            remedy = "Choose a start from 08:30 to 20:15: people are told how to join half an hour before"
            raise refused(f"{at:%H:%M} is too early or too late", remedy)
        return at

    @field_validator("rule")
    @classmethod
    def _is_a_rule(cls, rule: str) -> str:
        if _RULE.fullmatch(rule) is None:
            remedy = "Write it like FREQ=WEEKLY;BYDAY=TU or FREQ=MONTHLY;BYDAY=1SA. The last day is `until`"
            raise refused(f"{rule!r} is not a rule that is known here", remedy)
        return rule

    @model_validator(mode="after")
    def _begins_on_a_day_of_its_own(self) -> Self:
        if self.until is not None and self.until < self.first_on:
            raise refused(f"it ends on {self.until}, before it begins", "Put `until` after `first_on`")
        found = _RULE.fullmatch(self.rule)
        days = found["days"] if found else None
        weekday = DAYS[self.first_on.weekday()]
        if days and weekday not in {day[-2:] for day in days.split(",")}:
            remedy = f"Begin on a day of the rule ({days}), or put {weekday} into it"
            raise refused(f"{self.first_on} is not a day of the rule", remedy)
        return self


class Group(Words):
    """A group people can ask to join.

    `name` says no need: it may be seen by others. `about` is one plain sentence, `who` whom it is for in few
    words. `host` is the organisation, `host_name` the first name of whoever welcomes people. The link or number
    people join by is a secret and never stands here; `place` is the address where they meet in one. `least_age`
    below 18 lets young people in. `language` is what is spoken there, a BCP 47 tag.
    """

    key: Key
    name: Short
    host: Short
    host_name: Annotated[Line, StringConstraints(max_length=20)]
    about: Brief
    who: Short
    least_age: Annotated[int, Field(ge=13, le=100)] = GROWN_UP
    most_age: Annotated[int, Field(ge=13, le=120)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")] = "en"
    way: Literal["video", "phone", "place"]
    place: Annotated[Line, StringConstraints(max_length=100)] | None = None
    meetings: Meetings
    places: Annotated[int, Field(ge=2, le=200)]
    ground_rules: Brief
    cost: Annotated[Line, StringConstraints(max_length=30)]
    needs: tuple[str, ...]

    @field_validator("name", "host", "about", "who", "ground_rules", "place", "cost")
    @classmethod
    def _no_way_in(cls, text: str | None) -> str | None:
        if text is not None and _WAY_IN.search(text):
            remedy = "Take it out, and give it with `waitingroom groups link`: it is a secret"
            raise refused("this looks like a link or a phone number", remedy)
        return text

    @model_validator(mode="after")
    def _can_be_found(self) -> Self:
        if (self.way == "place") != (self.place is not None):
            remedy = "Give the address as `place` where the way is place, and only there"
            raise refused(f"the way is {self.way}, and `place` does not go with that", remedy)
        if self.most_age is not None and self.most_age < self.least_age:
            remedy = "Make `most_age` the higher one"
            raise refused(f"nobody is from {self.least_age} to {self.most_age} years old", remedy)
        return self

    def is_for(self, age: int, *, languages: frozenset[str]) -> bool:
        """Say whether someone of this age, who speaks these languages, may join."""
        in_age = self.least_age <= age and (self.most_age is None or age <= self.most_age)
        return in_age and self.language in languages
