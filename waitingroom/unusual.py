"""Unusual: what a lead should look at once a week, for most of it has a good reason and some has not."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from waitingroom import people
from waitingroom.database import Session
from waitingroom.name_words import parts
from waitingroom.people import Person
from waitingroom.staff import Staff

WEEK = timedelta(weeks=1)
OPENED = """
SELECT e.staff_id, e.person_id, count(*) AS times, max(e.at) AS last_at,
       bool_or(e.staff_id IN (SELECT h.claimed_by FROM handoff h JOIN conversation v ON v.id = h.conversation_id
                              WHERE v.person_id = e.person_id)
            OR EXISTS (SELECT 1 FROM activity a JOIN referral r ON r.id = a.referral_id
                       WHERE r.person_id = e.person_id AND a.staff_id = e.staff_id)
            OR EXISTS (SELECT 1 FROM message m WHERE m.conversation_id = e.conversation_id
                       AND m.staff_id = e.staff_id)) AS theirs
FROM audit_entry e
WHERE e.at >= $1 AND e.outcome = 'done' AND e.person_id IS NOT NULL AND e.staff_id IS NOT NULL
  AND ($2::uuid IS NULL OR e.hub_id = $2::uuid)
GROUP BY e.staff_id, e.person_id ORDER BY max(e.at) DESC LIMIT 2000
"""
GLASS = """
SELECT staff_id, person_id, count(*) AS times, max(broken_at) AS last_at FROM broken_glass
WHERE broken_at >= $1 AND ($2::uuid IS NULL OR hub_id = $2::uuid)
GROUP BY staff_id, person_id ORDER BY max(broken_at) DESC
"""


class Why(StrEnum):
    """Why someone should look."""

    FROM_ELSEWHERE = "from_elsewhere"
    """by break-glass, from another hub"""
    SAME_SURNAME = "same_surname"
    """whoever opened them has the same last name"""
    NOT_THEIR_CASE = "not_their_case"
    """they never picked the person up, wrote to them or did anything for them"""


@dataclass(frozen=True)
class Unusual:
    """Someone opened a person so many times in the week; the last time when, and why one should look."""

    why: Why
    staff_id: uuid.UUID
    staff: str
    person_id: uuid.UUID
    times: int
    last_at: datetime


async def of_week(session: Session, *, hub_id: uuid.UUID | None, now: datetime) -> list[Unusual]:
    """Say what was unusual in the last seven days, of the people of one hub, or of all where `hub_id` is None.

    Names are opened here to be compared, and none is told.
    """
    since = now - WEEK
    opened = await session.driver.fetch(OPENED, since, hub_id)
    glass = await session.driver.fetch(GLASS, since, hub_id)
    staff = {row["staff_id"] for row in (*opened, *glass)}
    names = {one: member.name for one in staff if (member := await session.get(Staff, one))}
    same = [
        row for row in opened if await _same_surname(session, names.get(row["staff_id"], ""), row["person_id"])
    ]
    not_theirs = [row for row in opened if not row["theirs"]]
    found = ((Why.FROM_ELSEWHERE, glass), (Why.SAME_SURNAME, same), (Why.NOT_THEIR_CASE, not_theirs))
    return [one for why, rows in found for one in _told(why, rows, names)]


def _told(why: Why, rows: Iterable[Any], names: Mapping[uuid.UUID, str]) -> Iterable[Unusual]:
    for row in rows:
        who = row["staff_id"]
        yield Unusual(why, who, names.get(who, ""), row["person_id"], row["times"], row["last_at"])


async def _same_surname(session: Session, name: str, person_id: uuid.UUID) -> bool:
    person, mine = await session.get(Person, person_id), parts(name)
    if person is None or len(mine) <= 1:
        return False
    theirs = parts(people.about(session, person).name)
    return len(theirs) > 1 and theirs[-1] == mine[-1]
