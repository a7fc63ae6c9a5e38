"""Programmes: what a waiting person is sent, and when."""

from collections.abc import Collection
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
    `catch_up` says what becomes of one missed during an outage: `send` it late, `skip` it, or `merge` it: of all
    missed steps that merge only the newest is sent. `for_needs`: only for people with one of these needs, and
    `not_for_needs` for nobody with one of them. `only_if`: only while someone has, or has not, taken them on.
    """

    key: Key
    day: Annotated[int, Field(ge=0, le=730)]
    every_days: Annotated[int, Field(ge=1, le=90)] | None = None
    at: time
    kind: Literal["piece", "words", "check_in"]
    item: str | None = None
    text: Sendable | None = None
    catch_up: Literal["send", "skip", "merge"]
    for_needs: tuple[str, ...] = ()
    not_for_needs: tuple[str, ...] = ()
    only_if: Literal["claimed", "not_claimed"] | None = None

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

    @model_validator(mode="after")
    def _for_someone(self) -> Self:
        if both := sorted({*self.for_needs} & {*self.not_for_needs}):
            raise refused(f"`{both[0]}` stands in for_needs and in not_for_needs", "Take it out of one of them")
        return self

    def is_for(self, needs: Collection[str], *, claimed: bool) -> bool:
        """Say whether someone with these needs has this step. `claimed`: a link worker has taken them on."""
        wanted = not self.for_needs or not set(needs).isdisjoint(self.for_needs)
        fits = self.only_if is None or (self.only_if == "claimed") is claimed
        return wanted and fits and set(needs).isdisjoint(self.not_for_needs)


class Programme(Words):
    """A programme: its title for staff, and its steps in the order of their days."""

    key: Key
    title: Line
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]
