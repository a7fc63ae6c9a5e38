"""Outcomes: what people answered at the start and later, of those who answered both times."""

import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from waitingroom import own_keys
from waitingroom.database import Session
from waitingroom.report_tables import Asked, Cell, Line, Report, Table, guard, mean
from waitingroom.small_numbers import Row

BOTH = f"""
WITH again AS (
    SELECT DISTINCT ON (referral_id) id, referral_id, answers FROM sitting
    WHERE asked_at >= $1 AND asked_at < $2 AND occasion <> 'start' ORDER BY referral_id, asked_at DESC
)
SELECT v.hub_id, r.person_id, {own_keys.carried_by("first.answers", "again.answers")} AS keys,
       first.id, first.answers, again.id, again.answers
FROM again JOIN referral r ON r.id = again.referral_id JOIN conversation v ON v.id = r.conversation_id
JOIN LATERAL (SELECT id, answers FROM sitting s WHERE s.referral_id = again.referral_id AND s.occasion = 'start'
              ORDER BY s.asked_at LIMIT 1) AS first ON true
"""  # noqa: S608 -- words of our own
WAYS = ("better", "same", "worse")


@dataclass(frozen=True)
class Question:
    """One question of a measure that is scored: how it is named, and which way is better."""

    measure: str
    key: str
    higher: bool


@dataclass(frozen=True)
class Change:
    """What one person scored at the start and the last time in the quarter, by measure and question."""

    hub_id: uuid.UUID | None
    person_id: uuid.UUID
    before: Mapping[str, Mapping[str, int | str]]
    after: Mapping[str, Mapping[str, int | str]]

    def of(self, question: Question) -> tuple[int, int] | None:
        """Give both scores; None where one is missing."""
        before = self.before.get(question.measure, {}).get(question.key)
        after = self.after.get(question.measure, {}).get(question.key)
        return (before, after) if isinstance(before, int) and isinstance(after, int) else None


async def report(session: Session, asked: Asked, *, questions: Sequence[Question]) -> Report:
    """Report how scores changed, each question by itself: most measures are never added up."""
    found = await changes(session, asked)
    lines = tuple(_line(asked, found, question) for question in questions)
    note = (
        "Only people who answered at the start and again in this quarter. Without others to compare with it "
        "cannot be said that the change came from us. Where fewer than 5 answered both times nothing is told."
    )
    heads = ("People", "Mean at the start", "Mean later", "Change", "Better", "The same", "Worse")
    table = Table("outcomes", "How people said they were, before and after", "Question", heads, lines, note)
    return Report("outcomes", "Outcomes", (table,))


async def changes(session: Session, asked: Asked) -> list[Change]:
    """Open what people answered at the start and last in the quarter, who answered both times; of every hub."""
    if BOTH not in asked.fetched:
        asked.fetched[BOTH] = [
            Change(hub, person, _opened(session, keys, *first), _opened(session, keys, *again))
            for hub, person, keys, *sat in await session.driver.fetch(BOTH, *asked.bounds)
            for first, again in [(sat[:2], sat[2:])]
        ]
    found: list[Change] = asked.fetched[BOTH]
    return found


def changed(found: Sequence[Change], question: Question) -> list[tuple[Change, int, int]]:
    """Give those who answered one question both times, with both scores."""
    return [(one, *scores) for one in found if (scores := one.of(question)) is not None]


def _line(asked: Asked, found: Sequence[Change], question: Question) -> Line:
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    both = changed(found, question)
    for one, before, after in both:
        counts[one.hub_id][_way(before, after, higher=question.higher)] += 1
    shown = guard(asked, counts, WAYS)
    told = shown.sum_of(asked.hub)
    means: tuple[Cell, ...] = (None, None, None)
    if told is not None:
        mine = [(before, after) for one, before, after in both if asked.is_of(one.hub_id)]
        first, later = mean([before for before, _ in mine]), mean([after for _, after in mine])
        means = (first, later, mean([after - before for before, after in mine]))
    ways = shown.told(asked.hub)
    return Line(f"{question.measure}.{question.key}", (told, *means, *(ways[way] for way in WAYS)))


def _way(before: int, after: int, *, higher: bool) -> str:
    if before == after:
        return "same"
    return "better" if (after > before) == higher else "worse"


def _opened(
    session: Session, keys: Sequence[bytes] | None, sitting_id: uuid.UUID, answers: bytes
) -> dict[str, dict[str, int | str]]:
    opened: dict[str, dict[str, int | str]] = json.loads(
        own_keys.unseal(session, answers, f"sitting:answers:{sitting_id}", keys)
    )
    return opened
