"""What an address is about: for each kind of id in a path, whose talk it hangs on, and if that may be seen."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from waitingroom import audit, break_glass, hubs
from waitingroom.audit import By, Noted
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.roles import Role
from waitingroom.staff import Caller

TALK = "SELECT v.id AS talk, v.person_id AS person, v.hub_id AS hub, v.owned_by AS owner FROM conversation v "
OBJECTS: Mapping[str, str | None] = {
    "handoff_id": TALK + "JOIN handoff h ON h.conversation_id = v.id WHERE h.id = $1",
    "person_id": """
        SELECT v.id AS talk, p.id AS person, v.hub_id AS hub, v.owned_by AS owner FROM person p
        LEFT JOIN conversation v ON v.id IN (
            SELECT t.id FROM conversation t WHERE t.person_id = $1
            UNION SELECT r.conversation_id FROM referral r WHERE r.person_id = $1
        ) WHERE p.id = $1
    """,
    "introduction_id": TALK + "JOIN introduction i ON v.id IN (i.told_in_id, i.asked_in_id) WHERE i.id = $1",
    "match_id": TALK + "JOIN person_match m ON v.person_id IN (m.earlier_id, m.later_id) WHERE m.id = $1",
    "complaint_id": TALK + "JOIN complaint c ON c.conversation_id = v.id WHERE c.id = $1",
    "request_id": TALK + "JOIN data_request d ON d.conversation_id = v.id WHERE d.id = $1",
    "attachment_id": TALK + "JOIN attachment a ON a.conversation_id = v.id WHERE a.id = $1",
    "task_id": TALK
    + """JOIN referral r ON r.conversation_id = v.id JOIN staff_task t ON t.referral_id = r.id WHERE t.id = $1""",
    "appointment_id": TALK + "JOIN appointment a ON a.conversation_id = v.id WHERE a.id = $1",
    "later_id": TALK + "JOIN later_message l ON l.conversation_id = v.id WHERE l.id = $1",
    "to_do_id": TALK + "JOIN to_do t ON t.conversation_id = v.id WHERE t.id = $1",
    "note_id": TALK + "JOIN private_note n ON n.conversation_id = v.id WHERE n.id = $1",
    "help_id": TALK + "JOIN help e ON e.conversation_id = v.id WHERE e.id = $1",
    "hold_id": TALK + "JOIN legal_hold l ON l.person_id = v.person_id WHERE l.id = $1",
    "group_key": None,
    "staff_id": None,
    "key_id": None,
    "session_id": None,
    "hook_id": None,
    "delivery_id": None,
    "name": None,
}
"""By the name of the part of the path, the talks it hangs on; None: it is about no person."""
OF_REFERRALS = """
SELECT r.id, v.id AS talk, r.person_id AS person, v.hub_id AS hub
FROM referral r JOIN conversation v ON v.id = r.conversation_id WHERE r.id = ANY($1)
"""
ALL_OF = frozenset({"match_id"})
"""Ids of what shows several people at once: each of them must be one's own to see. Else one is enough."""


@dataclass(frozen=True)
class About:
    """One person an address is about, as far as it is known."""

    param: str
    value: str
    talk: uuid.UUID | None
    person: uuid.UUID | None
    hub: uuid.UUID | None
    owner: uuid.UUID | None

    @property
    def record(self) -> str | None:
        """What it is besides the person: 'handoff 5f0c…'."""
        return None if self.param == "person_id" else f"{self.param.removesuffix('_id')} {self.value}"


@dataclass(frozen=True)
class Seen:
    """What an address is about, and what of it may be seen."""

    about: tuple[About, ...] = ()
    open: bool = True
    through_glass: bool = False
    """only because someone said why, and for an hour"""


async def look(session: Session, params: Mapping[str, str], who: Caller, *, now: datetime) -> Seen:
    """See what a path is about, and whether whoever asks may see it.

    What is of one's own hub, of none, or in one's own hands may be seen; anything else only through broken glass.
    """
    found = [one for name, value in params.items() for one in await _of(session, name, value)]
    shut = [*_shut(found, who)]
    if not shut:
        return Seen(tuple(found))
    for one in shut:
        if one.person is None or not await break_glass.is_broken(
            session, person_id=one.person, staff_id=who.staff_id, now=now
        ):
            return Seen(tuple(shut), open=False)
    return Seen(tuple(found), through_glass=True)


async def check(session: Session, who: Caller, *, now: datetime, **named: uuid.UUID) -> None:
    """Check what a form names besides its path: raise NotFoundError where that is not theirs to see."""
    seen = await look(session, {name: str(value) for name, value in named.items()}, who, now=now)
    if not seen.open:
        raise NotFoundError


def may_go_on(seen: Seen, who: Caller, *, looks: bool) -> bool:
    """Say whether a visit goes on: through broken glass all may look, and leads may also act."""
    return seen.open and (looks or not seen.through_glass or who.role is Role.LEAD)


def noted_as(act: str, seen: Seen, who: Caller, *, always: bool, now: datetime) -> tuple[Noted, ...]:
    """Say what a visit is noted as: a line for each person it is about; about nobody, one if `always`."""
    by = By.SESSION if who.session_id else By.KEY
    people = {(one.person or one.talk): one for one in reversed(seen.about)}.values()
    named = [
        Noted(
            now,
            who.staff_id,
            by,
            act,
            hub_id=one.hub,
            conversation_id=one.talk,
            person_id=one.person,
            record=one.record,
        )
        for one in people
    ]
    if always and not named:
        return (Noted(now, who.staff_id, by, act, hub_id=who.hub_id),)
    return tuple(named)


async def note_each(
    session: Session, act: str, referrals: Sequence[uuid.UUID], who: Caller, *, now: datetime
) -> None:
    """Note that someone looked at each of the people of these referrals, where one page shows them all."""
    rows = await session.driver.fetch(OF_REFERRALS, referrals)
    seen = Seen(
        tuple(About("referral_id", str(row["id"]), row["talk"], row["person"], row["hub"], None) for row in rows)
    )
    await audit.note_sight(session, noted_as(act, seen, who, always=False, now=now))


async def _of(session: Session, name: str, value: str) -> list[About]:
    """Find the talks behind one part of a path; none where it is no id of ours."""
    question = OBJECTS.get(name)
    if question is None:
        return []
    try:
        key = uuid.UUID(value)
    except ValueError:
        return []
    rows = await session.driver.fetch(question, key)
    return [About(name, str(key), row["talk"], row["person"], row["hub"], row["owner"]) for row in rows]


def _shut(found: Iterable[About], who: Caller) -> Iterable[About]:
    """Give those that are of another hub, where that keeps the whole from being seen."""
    by_param: dict[str, list[About]] = {}
    for one in found:
        by_param.setdefault(one.param, []).append(one)
    for param, several in by_param.items():
        shut = [one for one in several if not hubs.is_mine(one.hub, mine=who.hub_id) and one.owner != who.staff_id]
        if len(shut) == len(several) or (shut and param in ALL_OF):
            yield from shut
