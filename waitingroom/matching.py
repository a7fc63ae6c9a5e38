"""Matching: who on record may be one person. Found by keyed hashes; a person decides, never a program."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from waitingroom import handoffs, people
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency
from waitingroom.likeness import SHORTEST, Said, Sureness, alike, born_in, compare
from waitingroom.name_words import parts
from waitingroom.people import AboutYou, Person, SafeContact

PHONES = ("sms", "whatsapp")
"""Channels whose addresses are phone numbers, E.164."""
MOST = 20
"""A mark that more people than this have (a hostel's number) tells nobody apart, and is passed over."""

WRITTEN_FROM = "SELECT id, address FROM contact WHERE conversation_id = $1 AND channel = ANY($2)"
IS_MARKED = "SELECT EXISTS (SELECT 1 FROM person_mark WHERE person_id = $1)"
MARK = """
WITH gone AS (DELETE FROM person_mark WHERE person_id = $1 AND mark <> ALL($2::bytea[]))
INSERT INTO person_mark (person_id, mark) SELECT $1, unnest($2::bytea[]) ON CONFLICT DO NOTHING
"""
SAME = """
WITH telling AS MATERIALIZED (
    SELECT told.mark FROM unnest($1::bytea[]) AS told (mark)
    WHERE (SELECT count(*) FROM (SELECT 1 FROM person_mark p WHERE p.mark = told.mark LIMIT $3 + 1) AS few) <= $3
)
SELECT m.person_id, array_agg(DISTINCT m.mark), max(r.joined_at) FROM telling
JOIN person_mark m ON m.mark = telling.mark
JOIN referral r ON r.person_id = m.person_id
WHERE m.person_id <> $2
  AND EXISTS (SELECT 1 FROM conversation v WHERE v.person_id = m.person_id)
GROUP BY m.person_id
HAVING NOT EXISTS (SELECT 1 FROM person_match p
                   WHERE m.person_id IN (p.earlier_id, p.later_id) AND $2 IN (p.earlier_id, p.later_id))
"""
"""Others with a talk and one of these marks, and when they last told us about themselves. A pair is found once."""


UNDECIDED = """
SELECT p.earlier_id, p.later_id, p.sureness FROM person_match p
WHERE p.status = 'waiting' AND (p.earlier_id = ANY($1) OR p.later_id = ANY($1))
  AND EXISTS (SELECT 1 FROM conversation v WHERE v.person_id = p.earlier_id)
  AND EXISTS (SELECT 1 FROM conversation v WHERE v.person_id = p.later_id)
"""


class Status(StrEnum):
    """What became of two who may be one."""

    WAITING = "waiting"
    JOINED = "joined"
    KEPT_APART = "kept_apart"


MOVES: dict[Status, frozenset[Status]] = {
    Status.WAITING: frozenset({Status.JOINED, Status.KEPT_APART}),
    Status.JOINED: frozenset({Status.KEPT_APART}),
    Status.KEPT_APART: frozenset(),
}
"""The only steps it can take: what a person decided is not asked again. A join can be undone for a while."""


class PersonMark(SQLModel, table=True):
    """Something the same person is found by again, as a keyed hash: a number, or name, year of birth and area."""

    __tablename__ = "person_mark"

    person_id: uuid.UUID = Field(foreign_key="person.id", primary_key=True, ondelete="CASCADE")
    mark: bytes = Field(primary_key=True, index=True, repr=False)


class PersonMatch(SQLModel, table=True):
    """Two on record who may be one. No key binds it to them: that they were joined is known when one is gone."""

    __tablename__ = "person_match"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    earlier_id: uuid.UUID
    later_id: uuid.UUID
    sureness: Sureness = Field(sa_column=Column(by_value(Sureness), nullable=False))
    status: Status = Field(default=Status.WAITING, sa_column=Column(by_value(Status), nullable=False))
    found_at: datetime
    decided_at: datetime | None = None
    decided_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    version: int = 1

    __table_args__ = (
        Index("uq_person_match", "earlier_id", "later_id", unique=True),
        Index("ix_person_match_later", "later_id"),
        Index("ix_person_match_waiting", "found_at", postgresql_where=text("status = 'waiting'")),
    )


async def meet(
    session: Session,
    *,
    known_as: uuid.UUID | None,
    who: AboutYou,
    reach: SafeContact,
    area: str,
    language: str,
    now: datetime,
) -> uuid.UUID:
    """Record who speaks: the person a talk is `known_as`, brought up to date, or someone new.

    Someone else in the family who uses the same phone has another name, and is a person of their own. Returns
    the person's id.
    """
    before = await people.person(session, known_as) if known_as else None
    if before and alike(people.about(session, before).name, who.name):
        await people.renew(
            session, person_id=before.id, who=who, reach=reach, area=area, language=language, told_at=now
        )
        return before.id
    return await people.meet(session, who=who, reach=reach, area=area, language=language, now=now)


async def look(
    session: Session,
    *,
    person_id: uuid.UUID,
    conversation_id: uuid.UUID,
    who: AboutYou,
    reach: SafeContact,
    now: datetime,
) -> int:
    """Mark a person so that they are found again, and see who else on record they may be. Returns how many.

    For each a link worker is asked to look; nothing is joined, and nothing of the one is shown to the other.
    """
    phones = _phone_marks(session, await _numbers(session, conversation_id, reach))
    marks = [*phones, *_birth_marks(session, Said(who, now))]
    await _mark(session, person_id, marks)
    found = 0
    for other_id, shared, told_at in await session.driver.fetch(SAME, marks, person_id, MOST):
        other = await people.person(session, other_id)
        theirs = Said(people.about(session, other), told_at)
        sureness = compare(Said(who, now), theirs, same_phone=any(mark in phones for mark in shared))
        if sureness is not None:
            found += await _note(session, person_id, other, sureness, now)
    if found:
        await handoffs.raise_hand(
            session, conversation_id=conversation_id, reason=Reason.MAYBE_KNOWN, urgency=Urgency.ROUTINE, now=now
        )
    return found


async def undecided(session: Session, *, people: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Sureness]]:
    """Say of each of these people how sure it is that they are on record, once for each they may be."""
    found: dict[uuid.UUID, list[Sureness]] = {}
    for row in await session.driver.fetch(UNDECIDED, list(people)) if people else ():
        for person_id in {row["earlier_id"], row["later_id"]}.intersection(people):
            found.setdefault(person_id, []).append(Sureness(row["sureness"]))
    return found


async def mark_anew(session: Session, *, person_id: uuid.UUID, conversation_id: uuid.UUID, now: datetime) -> None:
    """Have someone who put right what they said of themselves be found by that, if they are found by anything."""
    if await session.driver.fetchval(IS_MARKED, person_id):
        person = await people.person(session, person_id)
        numbers = await _numbers(session, conversation_id, people.safe_contact(session, person))
        born = _birth_marks(session, Said(people.about(session, person), now))
        await _mark(session, person_id, [*_phone_marks(session, numbers), *born])


async def _mark(session: Session, person_id: uuid.UUID, marks: Sequence[bytes]) -> None:
    await session.driver.execute(MARK, person_id, marks)


async def _note(session: Session, person_id: uuid.UUID, other: Person, sureness: Sureness, now: datetime) -> bool:
    """Note two who may be one, the one who was on record first as the earlier; a pair once."""
    me = await people.person(session, person_id)
    earlier, later = sorted((me, other), key=lambda person: (person.created_at, person.id.bytes))
    return await session.put(
        PersonMatch,
        where_free=True,
        id=new_id(),
        earlier_id=earlier.id,
        later_id=later.id,
        sureness=sureness,
        status=Status.WAITING,
        found_at=now,
        version=1,
    )


async def _numbers(session: Session, conversation_id: uuid.UUID, reach: SafeContact) -> set[str]:
    """Return the phone numbers someone gave or wrote from."""
    written = await session.driver.fetch(WRITTEN_FROM, conversation_id, PHONES)
    from_here = {session.keys.unseal(address, f"contact:address:{contact}") for contact, address in written}
    return (from_here | {reach.phone}) - {""}


def _phone_marks(session: Session, numbers: Iterable[str]) -> list[bytes]:
    return [session.keys.fingerprint("mark:phone", number) for number in sorted(numbers)]


def _birth_marks(session: Session, said: Said) -> list[bytes]:
    names, area = parts(said.who.name), said.who.postcode.split()
    if not names or not area:
        return []
    told = (f"{names[0][:SHORTEST]}|{year}|{area[0]}" for year in sorted(born_in(said)))
    return [session.keys.fingerprint("mark:birth", one) for one in told]
