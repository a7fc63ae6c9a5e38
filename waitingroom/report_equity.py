"""Equity: who comes, how long they wait and how they fare, by what they answered to the equality questions.

The answers are kept apart from everything else, and stay so: here they are only counted, in the memory of one
request, and nothing that joins them to anyone is written down or told.
"""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from waitingroom import equality
from waitingroom.database import Session
from waitingroom.report_arrivals import arrived
from waitingroom.report_outcomes import Question, changed, changes
from waitingroom.report_tables import Asked, Cell, Line, Report, Table, count, mean, weeks
from waitingroom.report_waits import contacted, had

NOT_ASKED = "not_answered"
"""They did not answer, or were not asked."""
HEADS = ("Came", "First spoken with", "Half waited up to (weeks)", "Answered before and after", "Mean change")
NOTE = (
    "Answering is up to each person, and many do not. Compare groups with care: they differ in more than this, "
    "and small groups vary by chance."
)


@dataclass(frozen=True)
class Grouping:
    """One equality question: its key, what it asks, and every answer that can be counted."""

    key: str
    asks: str
    answers: tuple[str, ...]


async def report(
    session: Session, asked: Asked, *, groupings: Sequence[Grouping], change: Question | None
) -> Report:
    """Report arrivals, waits and one outcome, by the answers to each question. `change`: which one."""
    came, spoken = await arrived(session, asked), await contacted(session, asked)
    scored = await changes(session, asked) if change is not None else []
    people = {one.person_id for one in (*came, *spoken)} | {one.person_id for one in scored}
    said = await equality.of_people(session, ids=people)
    both = changed(scored, change) if change is not None else []
    groups = (
        [_Someone(one.hub_id, said.get(one.person_id, {}), 0) for one in came],
        [_Someone(one.hub_id, said.get(one.person_id, {}), had(one)) for one in spoken],
        [_Someone(one.hub_id, said.get(one.person_id, {}), after - before) for one, before, after in both],
    )
    return Report("equity", "Who comes, and how they fare", tuple(_table(asked, one, groups) for one in groupings))


@dataclass(frozen=True, slots=True)
class _Someone:
    """One of those who are counted: of which hub, what they answered, and the figure that is compared."""

    hub_id: uuid.UUID | None
    said: Mapping[str, str]
    figure: float


def _table(asked: Asked, grouping: Grouping, groups: Sequence[Sequence[_Someone]]) -> Table:
    """Count one question's answers in three groups of people; each group's own figures decide what may be told."""
    every = (*grouping.answers, NOT_ASKED)
    known = {answer: (answer,) for answer in every}
    nothing = (NOT_ASKED,)

    def answer(one: _Someone) -> tuple[str]:
        return known.get(one.said.get(grouping.key, NOT_ASKED), nothing)

    came, met, fared = (count(asked, people, answer, every).told(asked.hub) for people in groups)
    lasted, moved = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for figures, people in ((lasted, groups[1]), (moved, groups[2])):
        for one in asked.mine(people):
            figures[answer(one)[0]].append(one.figure)
    lines = tuple(
        Line(name, (came[name], *_with(met[name], weeks(lasted[name])[0]), *_with(fared[name], mean(moved[name]))))
        for name in every
    )
    return Table(f"equity_by_{grouping.key}", grouping.asks, "Answer", HEADS, lines, NOTE, "bars")


def _with(told: int | None, figure: Cell) -> tuple[Cell, Cell]:
    """Give a figure only beside a count that may be told."""
    return told, None if told is None else figure
