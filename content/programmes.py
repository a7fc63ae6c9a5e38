"""Programmes: what a waiting person is sent, and when."""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from content.fields import Key, Line, Sendable, Words, refused

EARLIEST, LATEST = time(8), time(20)
"""Nothing is sent outside 8am to 8pm in the person's zone."""


class Step(Words):
    """One thing sent `day` days after joining, or from then on `every_days` days.

    `at` is a local time. A `piece` is the `item` named, or one chosen by need; `words` sends `text`,
    and a `check_in` asks whether this is a good time for the questions of the measures.
    `catch_up` says what becomes of one missed during an outage: `send` it late, or `skip` it.
    """

    key: Key
    day: Annotated[int, Field(ge=0, le=730)]
    every_days: Annotated[int, Field(ge=1, le=90)] | None = None
    at: time
    kind: Literal["piece", "words", "check_in"]
    item: str | None = None
    text: Sendable | None = None
    catch_up: Literal["send", "skip"]

    @field_validator("at")
    @classmethod
    def _by_day(cls, at: time) -> time:
        if at.tzinfo is not None or not EARLIEST <= at <= LATEST:
            raise refused(f"{at} is not between 08:00 and 20:00", "Choose a time when people are awake")
        return at

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.kind == "words" and (self.text is None or self.item is not None):
            raise refused("words need a `text` and no `item`", "Write the text, or make it a piece")
        if self.kind == "check_in" and (self.text, self.item) != (None, None):
            raise refused("a check-in has words of its own", "Take `text` and `item` out")
        if self.kind == "piece" and self.text is not None:
            raise refused("a piece has its own text", "Take `text` out, or make it words")
        return self


class Programme(Words):
    """A programme: its title for staff, and its steps in the order of their days."""

    key: Key
    title: Line
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
