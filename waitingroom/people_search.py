"""People search: someone found by their reference, a phone number, or their name, without reading every name.

Names are sealed, so they are looked up by keyed hashes (`name_words`); what was searched for is kept nowhere.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from waitingroom import name_words, people
from waitingroom.database import Session
from waitingroom.hubs import MINE
from waitingroom.name_words import word_mark, year_mark
from waitingroom.people import Person

MOST = 50
"""So many lines are read at a glance; whoever has more is asked for another word."""
PHONES = ("sms", "whatsapp")
BY_REFERENCE = "SELECT person_id FROM referral WHERE reference = $1"
BY_PHONE = """
SELECT v.person_id FROM contact c JOIN conversation v ON v.id = c.conversation_id
WHERE (c.channel, c.address_hash) IN (SELECT * FROM unnest($1::text[], $2::bytea[])) AND v.person_id IS NOT NULL
UNION SELECT person_id FROM person_mark WHERE mark = $3
"""
BY_NAME = """
SELECT w.person_id FROM person_word w
WHERE w.words @> $1::bytea[] AND ($2::bytea IS NULL OR $2 = ANY(w.born))
"""
LINES = f"""
SELECT p.id, p.area, t.hub_id, t.conversation_id, r.reference, r.status, h.id AS handoff_id,
       s.name AS claimed_by
FROM ({{found}}) f JOIN person p ON p.id = f.person_id
JOIN LATERAL (SELECT v.id AS conversation_id, v.hub_id FROM conversation v WHERE v.person_id = p.id
              ORDER BY v.heard_at DESC LIMIT 1) t ON {MINE.format(mine="{mine}", hub="t.hub_id")} OR {{elsewhere}}
LEFT JOIN LATERAL (SELECT * FROM referral r WHERE r.person_id = p.id
                   ORDER BY r.status IN ('waiting', 'picked_up') DESC, r.joined_at DESC LIMIT 1) r ON true
LEFT JOIN handoff h ON h.conversation_id = t.conversation_id AND h.status IN ('waiting', 'claimed')
LEFT JOIN staff s ON s.id = h.claimed_by
LIMIT {MOST + 1}
"""  # noqa: S608 -- words of our own
UNINDEXED = """
SELECT p.id FROM person p WHERE NOT EXISTS (SELECT 1 FROM person_word w WHERE w.person_id = p.id) LIMIT $1
"""
TOLD_AT = "SELECT max(joined_at) FROM referral WHERE person_id = $1"


@dataclass(frozen=True)
class Asked:
    """What is searched for: one of a reference, a number in E.164, or words of a name with a year of birth."""

    reference: str = ""
    phone: str = ""
    words: Sequence[str] = ()
    born: int | None = None


@dataclass(frozen=True)
class Line:
    """One person found: enough to know which one it is."""

    person_id: uuid.UUID
    name: str
    """the name to use"""
    reference: str
    area: str
    state: str
    """where their referral stands; empty where they have made none"""
    handoff_id: uuid.UUID | None
    claimed_by: str


@dataclass(frozen=True)
class Found:
    """Who was found, at most 50."""

    lines: Sequence[Line]
    more: bool = False
    """there are more than these: another word of the name, or a year of birth, tells them apart"""
    elsewhere: bool = False
    """that exact reference or number belongs to someone of another hub, of whom nothing is told"""
    elsewhere_ids: Sequence[uuid.UUID] = ()
    """their ids, which say nothing: break-glass asks for one"""


async def search(session: Session, *, asked: Asked, hub_id: uuid.UUID | None) -> Found:
    """Find people of the caller's hub, and of none. By name the first 50, in order of their names."""
    exact = bool(asked.reference or asked.phone)
    if not exact and not _tells(asked):
        return Found([])
    found, values = _look_up(session, asked)
    mine = f"${len(values) + 1}"
    lines = LINES.format(found=found, mine=mine, elsewhere="true" if exact else "false")
    rows = await session.driver.fetch(lines, *values, hub_id)
    ours = [row for row in rows if hub_id is None or row["hub_id"] in {None, hub_id}]
    ids = [row["id"] for row in ours[:MOST]]
    known = {one.id: one for one in await session.exec(select(Person).where(col(Person.id).in_(ids)))}
    shown = [_line(session, known[row["id"]], dict(row)) for row in ours[:MOST]]
    shown.sort(key=lambda line: (line.name.casefold(), line.reference))
    away = [row["id"] for row in rows if row not in ours]
    return Found(shown, more=len(ours) > MOST, elsewhere=bool(away), elsewhere_ids=away)


async def index(session: Session, *, limit: int = 500) -> int:
    """Have people be found who came before there was a search by name. Returns how many, at most `limit`."""
    ids = await session.driver.fetch(UNINDEXED, limit)
    for row in ids:
        person = await people.person(session, row["id"])
        told_at: datetime | None = await session.driver.fetchval(TOLD_AT, person.id)
        await people.find_by_name(session, person, told_at=told_at or person.created_at)
    return len(ids)


def _tells(asked: Asked) -> bool:
    """Say whether a name is enough to look for: one or two letters alone are the beginning of everyone."""
    return any(len(word) >= name_words.SHORTEST for word in asked.words) or len(asked.words) > 1


def _look_up(session: Session, asked: Asked) -> tuple[str, list[object]]:
    keys = session.keys
    if asked.reference:
        return BY_REFERENCE, [asked.reference]
    if asked.phone:
        hashes = [keys.fingerprint(channel, asked.phone) for channel in PHONES]
        return BY_PHONE, [list(PHONES), hashes, keys.fingerprint("mark:phone", asked.phone)]
    born = None if asked.born is None else year_mark(keys, asked.born)
    return BY_NAME, [[word_mark(keys, word) for word in asked.words], born]


def _line(session: Session, person: Person, row: dict[str, Any]) -> Line:
    return Line(
        person_id=person.id,
        name=people.name_to_use(session, person),
        reference=row["reference"] or "",
        area=person.area,
        state=row["status"] or "",
        handoff_id=row["handoff_id"],
        claimed_by=row["claimed_by"] or "",
    )
