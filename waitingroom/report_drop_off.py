"""Drop-off: at which question of a talk people stop. Counted without who they are or what they answered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Field, SQLModel

from waitingroom.database import Session
from waitingroom.report_tables import Asked, Cell, Line, Report, Table
from waitingroom.small_numbers import FEWEST, near

COUNT = """
INSERT INTO question_tally AS t (flow, question, on_day, answered, stopped_here)
SELECT flow, question, $3, answered, stopped
FROM unnest($1::text[], $2::text[], $4::int[], $5::int[]) AS n (flow, question, answered, stopped)
ON CONFLICT (flow, question, on_day) DO UPDATE
SET answered = t.answered + excluded.answered, stopped_here = t.stopped_here + excluded.stopped_here
"""
TALLIES = """
SELECT flow, question, sum(answered)::bigint, sum(stopped_here)::bigint FROM question_tally
WHERE on_day >= $1 AND on_day < $2 GROUP BY 1, 2
"""
NOTE = (
    "Of talks that have ended, in every hub together, to the nearest 5. One that somebody leaves is counted when "
    "it is deleted, a day to 30 days later. One put aside by someone on our list is not counted."
)


class QuestionTally(SQLModel, table=True):
    """How often one question of one talk was answered on a day, and how often people stopped there.

    Nothing in it leads back to anyone: a row is counted when a talk has ended, together with all the others.
    """

    __tablename__ = "question_tally"

    flow: str = Field(primary_key=True)
    question: str = Field(primary_key=True)
    on_day: date = Field(primary_key=True)
    answered: int
    stopped_here: int


@dataclass(frozen=True)
class Ended:
    """A talk that came to an end: the questions answered, and the one where the person stopped, if they did."""

    flow: str
    answered: tuple[str, ...]
    stopped_at: str | None = None


def note(session: Session, *, ended: Iterable[Ended], on: date) -> None:
    """Count talks that have ended, in one statement; with nothing to count in none.

    It is the last of the transaction: everyone whose talk ends that day shares these rows, and waits for them.
    """
    answered, stopped = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in ended:
        answered.update(
            (one.flow, question) for question in dict.fromkeys(one.answered) if question != one.stopped_at
        )
        if one.stopped_at:
            stopped[one.flow, one.stopped_at] += 1
    places = sorted(answered.keys() | stopped.keys())  # in one order, so that two who count never wait in a ring
    if not places:
        return
    flows, questions = ([place[part] for place in places] for part in (0, 1))
    numbers = [answered[place] for place in places], [stopped[place] for place in places]

    async def count() -> None:
        await session.driver.execute(COUNT, flows, questions, on, *numbers)

    session.at_last(count)


async def report(session: Session, asked: Asked, *, flows: Sequence[str]) -> Report:
    """Report where people stopped in `flows`, of talks that ended in the quarter, in every hub together."""
    first, last = (moment.astimezone(asked.zone).date() for moment in asked.bounds)
    tallies = await session.driver.fetch(TALLIES, first, last)
    tables = tuple(
        _table(
            flow, [(question, answered, stopped) for one, question, answered, stopped in tallies if one == flow]
        )
        for flow in flows
    )
    return Report("drop-off", "Where people stop", tables)


def _table(flow: str, found: list[tuple[str, int, int]]) -> Table:
    """Tell of one talk's questions, those that most people came to first."""
    ranked = sorted(found, key=lambda one: (-near(one[1] + one[2]), one[0]))
    lines = tuple(Line(question, _figures(answered, stopped)) for question, answered, stopped in ranked)
    heads = ("Stopped here", "Were asked", "Stopped (of 100)")
    return Table(f"drop_off_{flow}", flow, "Question", heads, lines, NOTE, "bars")


def _figures(answered: int, stopped: int) -> tuple[Cell, ...]:
    """Round, so that no exact number is found by taking one question's from the next one's."""
    asked = answered + stopped
    if asked < FEWEST:
        return None, None, None
    share = round(100 * near(stopped) / near(asked)) if stopped >= FEWEST else None
    return near(stopped) if stopped >= FEWEST else None, near(asked), share
