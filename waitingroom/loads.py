"""Loads: how much each link worker carries, by weight, and how much one person should carry at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import SmallInteger
from sqlmodel import Field, SQLModel

from waitingroom import people, to_dos
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff, NotYoursError, Status
from waitingroom.people import Person
from waitingroom.roles import Role
from waitingroom.staff import Caller, Staff

LIGHT, USUAL, HEAVY = 1, 2, 3
MANY_NEEDS = 3
"""So many needs or more make a case heavy."""
WEEKS = 12
"""About how long a link worker has a person: 6 to 12 contacts (Surrey Training Hub, Social Prescriber)."""
YEAR_WEEKS = 52
WEIGHT = """
coalesce(h.weight, CASE
    WHEN 'danger' = ANY(h.reasons) OR 'abuse' = ANY(r.needs) OR h.reasons && ARRAY['young_person',
         'young_peoples_team']::varchar[] OR cardinality(r.needs) >= 3 THEN 3
    WHEN r.id IS NULL OR cardinality(r.needs) <= 1 THEN 1
    ELSE 2 END)
"""
"""What a case weighs: as it was set, else heavy with danger, abuse, youth or many needs, light with one."""
REFERRAL = """
LEFT JOIN LATERAL (SELECT * FROM referral r WHERE r.conversation_id = h.conversation_id
                   ORDER BY r.status IN ('waiting', 'picked_up') DESC, r.joined_at DESC LIMIT 1) r ON true
"""
CARRIED = f"""
SELECT h.claimed_by, count(*), sum({WEIGHT})::int FROM handoff h {REFERRAL}
WHERE h.status = 'claimed' AND h.claimed_by = ANY($1) GROUP BY h.claimed_by
"""  # noqa: S608 -- words of our own
WEIGHS = f"SELECT {WEIGHT} FROM handoff h {REFERRAL} WHERE h.id = $1"  # noqa: S608 -- words of our own
CASES = f"""
SELECT h.id AS handoff_id, h.conversation_id, v.person_id, h.claimed_at, h.version, h.urgency,
       {WEIGHT} AS weight, h.weight IS NOT NULL AS set, r.reference, r.needs,
       greatest(a.done_at, m.created_at) AS contacted_at
FROM handoff h {REFERRAL} JOIN conversation v ON v.id = h.conversation_id
LEFT JOIN LATERAL (SELECT max(done_at) AS done_at FROM activity a
                   WHERE a.referral_id = r.id AND a.kind <> 'liaison' AND a.attended IS NOT FALSE) a ON true
LEFT JOIN LATERAL (SELECT m.created_at FROM message m WHERE m.conversation_id = h.conversation_id
                   AND m.author = 'link_worker' ORDER BY m.id DESC LIMIT 1) m ON true
WHERE h.status = 'claimed' AND h.claimed_by = $1
"""  # noqa: S608 -- words of our own
TEAM = """
SELECT s.id, s.name, s.role, c.weight FROM staff s LEFT JOIN load_cap c ON c.staff_id = s.id
WHERE s.ended_at IS NULL AND s.role = ANY($1) AND ($2::uuid IS NULL OR s.hub_id = $2) ORDER BY lower(s.name), s.id
"""
OPEN_OF = """
SELECT for_id, count(*) FILTER (WHERE kind = 'next_contact' AND due_on < $2) AS overdue,
       min(due_on) FILTER (WHERE kind = 'talk_through') AS talk_by
FROM to_do WHERE for_id = ANY($1) AND done_at IS NULL GROUP BY for_id
"""
SET_CAP = """
INSERT INTO load_cap (staff_id, weight, set_by, set_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (staff_id) DO UPDATE SET weight = excluded.weight, set_by = excluded.set_by, set_at = excluded.set_at
"""


class OverCapError(RefusedError):
    """That is more than one person should carry at once."""


class LoadCap(SQLModel, table=True):
    """How much weight one member of staff should carry at once, where it is not the usual."""

    __tablename__ = "load_cap"

    staff_id: uuid.UUID = Field(foreign_key="staff.id", primary_key=True)
    weight: int = Field(sa_type=SmallInteger)
    set_by: uuid.UUID = Field(foreign_key="staff.id")
    set_at: datetime


@dataclass(frozen=True)
class Case:
    """One person someone carries: what they weigh, when they were last spoken with, and when they are next."""

    handoff_id: uuid.UUID
    conversation_id: uuid.UUID
    person_id: uuid.UUID | None
    name: str
    """the name to use; empty for someone who made no referral yet"""
    reference: str
    needs: Sequence[str]
    urgency: int
    weight: int
    weight_set: bool
    """a person set it; else it is worked out"""
    claimed_at: datetime
    contacted_at: datetime | None
    """the last message to them, or call, visit or the like they were there for"""
    next_on: date | None
    version: int


@dataclass(frozen=True)
class Load:
    """What one member of staff carries, in numbers: nobody's name but their own."""

    staff_id: uuid.UUID
    name: str
    people: int
    weight: int
    cap: int
    overdue: int
    """next contacts whose day has passed"""
    talk_by: date | None
    """danger they dealt with is to be talked through with their lead by then"""


def usual_cap(people_a_year: int) -> int:
    """Return the usual cap on weight at once, for so many people a year of usual weight.

    200 to 250 people a link worker a year (Surrey Training Hub, Social Prescriber): 250 with 12 weeks each are
    about 58 at once, which weigh 115.
    """
    return people_a_year * WEEKS * USUAL // YEAR_WEEKS


async def check_room(
    session: Session, *, staff_id: uuid.UUID, handoff: Handoff, cap: int, whose: str = ""
) -> None:
    """Raise OverCapError where `staff_id` would carry more than their cap with this hand-off too.

    `cap`: the usual one, where they have none of their own. `whose`: their name, where it is not for the caller.
    """
    own = await session.get(LoadCap, staff_id)
    most = own.weight if own else cap
    carried = (await _carried(session, [staff_id])).get(staff_id, (0, 0))[1]
    weighs: int = await session.driver.fetchval(WEIGHS, handoff.id)
    if carried + weighs > most:
        who, have = (whose, "has") if whose else ("You", "have")
        ask = "Ask a lead." if whose else "Say that you want it all the same, or ask a lead."
        words = f"{who} {have} a full caseload: weight {carried} of {most}, and this one weighs {weighs}. {ask}"
        raise OverCapError(words)


async def cases(session: Session, *, staff_id: uuid.UUID) -> list[Case]:
    """List whom `staff_id` carries: whose next contact is due first, then the others, longest had first."""
    rows = await session.driver.fetch(CASES, staff_id)
    following = await to_dos.next_contacts(session, talks=[row["conversation_id"] for row in rows])
    found = []
    for row in rows:
        told = dict(row)
        person = await session.get(Person, told["person_id"]) if told["person_id"] else None
        told |= {
            "weight_set": told.pop("set"),
            "reference": told["reference"] or "",
            "needs": told["needs"] or [],
            "name": people.name_to_use(session, person) if person else "",
            "next_on": following.get(told["conversation_id"]),
        }
        found.append(Case(**told))
    return sorted(found, key=lambda case: (case.next_on or date.max, case.claimed_at, case.handoff_id.bytes))


async def load(session: Session, *, caller: Caller, cap: int, today: date) -> Load:
    """Say what the caller carries."""
    own = await session.get(LoadCap, caller.staff_id)
    return (await _loads(session, [(caller.staff_id, caller.name, own.weight if own else cap)], today))[0]


async def team(session: Session, *, hub_id: uuid.UUID | None, cap: int, today: date) -> list[Load]:
    """Say what everyone of a hub carries, of all hubs where `hub_id` is None: by name, and never by rank."""
    rows = await session.driver.fetch(TEAM, [Role.LINK_WORKER.value, Role.LEAD.value], hub_id)
    return await _loads(session, [(row["id"], row["name"], row["weight"] or cap) for row in rows], today)


async def weigh(
    session: Session, *, handoff: Handoff, weight: int | None, caller: Caller, version: int
) -> Handoff:
    """Set what a hand-off that is held weighs: 1 light, 2 usual, 3 heavy; None: as it is worked out.

    Whoever has it may, and a lead. Raises NotYoursError, StaleError.
    """
    if handoff.status is not Status.CLAIMED or (
        handoff.claimed_by != caller.staff_id and caller.role is not Role.LEAD
    ):
        raise NotYoursError
    if handoff.version != version:
        raise StaleError
    handoff.weight, handoff.version = weight, handoff.version + 1
    session.add(handoff)
    await session.flush()
    return handoff


async def set_cap(session: Session, *, staff_id: uuid.UUID, weight: int, caller: Caller, now: datetime) -> None:
    """Set how much weight one member of staff of the caller's hub should carry at once. Raises NotFoundError."""
    member = await session.get(Staff, staff_id)
    if member is None or (caller.hub_id is not None and member.hub_id != caller.hub_id):
        raise NotFoundError
    await session.driver.execute(SET_CAP, staff_id, weight, caller.staff_id, now)


async def cap_of(session: Session, *, staff_id: uuid.UUID) -> int | None:
    """Say how much weight someone should carry at once, where a lead has set it for them."""
    own = await session.get(LoadCap, staff_id, populate_existing=True)
    return own.weight if own else None


async def weight_of(session: Session, *, handoff_id: uuid.UUID) -> int:
    """Say what a hand-off weighs. Raises NotFoundError."""
    weight: int | None = await session.driver.fetchval(WEIGHS, handoff_id)
    if weight is None:
        raise NotFoundError
    return weight


async def _carried(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, tuple[int, int]]:
    return {row[0]: (row[1], row[2]) for row in await session.driver.fetch(CARRIED, list(ids))}


async def _loads(session: Session, staff: Sequence[tuple[uuid.UUID, str, int]], today: date) -> list[Load]:
    ids = [one[0] for one in staff]
    carried = await _carried(session, ids)
    due = {row["for_id"]: row for row in await session.driver.fetch(OPEN_OF, ids, today)}
    return [
        Load(
            staff_id,
            name,
            *carried.get(staff_id, (0, 0)),
            cap,
            due[staff_id]["overdue"] if staff_id in due else 0,
            due[staff_id]["talk_by"] if staff_id in due else None,
        )
        for staff_id, name, cap in staff
    ]
