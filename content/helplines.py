"""Helplines: who they are for, how and when to reach them, and when someone last checked."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, StringConstraints, field_validator, model_validator

from content.fields import Address, Key, Line, Nation, Sendable, Words, refused
from content.hours import Hours

FRESH_FOR = timedelta(days=90)
"""How long a check holds: past it a helpline is shown to nobody (the crisis reply excepted)."""
Kind = Literal["call", "text", "email", "web", "bsl", "textphone"]


class Way(Words):
    """One way in: `value` is what a phone dials or a browser opens, `words` what people are told."""

    kind: Kind
    value: Line
    words: Sendable

    @model_validator(mode="after")
    def _value_fits_its_kind(self) -> Self:
        value = self.value
        fits = {
            "call": _is_number(value),
            "text": _is_number(value),
            "textphone": _is_number(value),
            "email": "@" in value and " " not in value,
            "web": value.startswith("https://"),
            "bsl": value.startswith("https://"),
        }
        if not fits[self.kind]:
            remedy = "A number has digits and spaces, an email address an @, a page begins with https://"
            raise refused(f"{value!r} is no {self.kind} address", remedy)
        return self


def _is_number(value: str) -> bool:
    digits = value.replace(" ", "")
    return digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 16


class Ages(Words):
    """Who a line is for, in whole years, both ends included; None is no limit."""

    least: int | None = None
    most: int | None = None

    def take_in(self, age: int | None) -> bool:
        """Say whether a person of this age may use it; an unknown age counts as may."""
        return age is None or (self.least or 0) <= age <= (self.most if self.most is not None else 200)

    def limited(self) -> bool:
        """Say whether there is a limit at all."""
        return self.least is not None or self.most is not None


def _ages(written: object) -> object:
    if isinstance(written, list) and len(written) == 2:
        return {"least": written[0], "most": written[1]}
    return written


class Helpline(Words):
    """A line people can turn to.

    `about` is one plain sentence. `needs` empty means any need. `ages` is `[least, most]` in the file.
    `leads_from` is the word of ours that leads to it, in its nations. `crisis` marks a line for danger; one with
    no needs is offered last. `source` is the page to check the
    facts against, `checked_on` the day they last were, by `checked_by`.
    """

    key: Key
    name: Annotated[Line, StringConstraints(max_length=60)]
    about: Sendable
    ways: tuple[Way, ...]
    needs: tuple[str, ...]
    nations: tuple[Nation, ...]
    ages: Annotated[Ages, BeforeValidator(_ages)] = Ages()
    hours: Hours
    cost: Line
    crisis: bool = False
    leads_from: Literal["advice", "housing"] | None = None
    checked_on: date
    checked_by: Line
    source: Address

    @field_validator("ways", "nations")
    @classmethod
    def _one_at_least(cls, given: tuple[object, ...]) -> tuple[object, ...]:
        if not given:
            raise refused("this is empty", "Give one at least")
        return given

    def is_open(self, at: datetime) -> bool:
        """Say whether it is open at an aware moment."""
        return self.hours.is_open(at)

    def opens_next(self, at: datetime) -> datetime | None:
        """Give the moment it next opens, on the clock in the UK; None where it is open now."""
        return self.hours.opens_next(at)

    def hours_in_words(self) -> str:
        """Tell when it is open, such as `every day 8am to 7pm`."""
        return self.hours.in_words()

    def is_fresh(self, today: date) -> bool:
        """Say whether it was checked within 90 days."""
        return today - self.checked_on <= FRESH_FOR

    def serves(self, nation: str) -> bool:
        """Say whether it is for people in this nation."""
        return "uk" in self.nations or nation in self.nations

    def by(self, kind: Kind) -> Way | None:
        """Give the first way in of one kind."""
        return next((way for way in self.ways if way.kind == kind), None)
