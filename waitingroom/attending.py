"""Attending: what someone who looks for a group needs to know, and what a host is shown of those who come."""

import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select

from waitingroom import conversations, groups, meetings, memberships, name_words, people
from waitingroom.database import Session
from waitingroom.groups import BefriendingGroup
from waitingroom.memberships import ALIVE, TAKEN, Status
from waitingroom.people import Person
from waitingroom.referrals import Referral

COUNT = """
SELECT group_key, count(*) FILTER (WHERE status = ANY($1)) AS taken,
       count(*) FILTER (WHERE status = 'listed') AS listed
FROM membership GROUP BY group_key
"""
COMING = """
SELECT v.person_id FROM membership m JOIN conversation v ON v.id = m.conversation_id
WHERE m.group_key = $1 AND m.status = 'member' AND v.person_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM consent c WHERE c.conversation_id = v.id AND c.purpose = 'sharing' AND c.recipient = 'group'
    AND c.which = m.group_key AND c.withdrawn_at IS NULL)
ORDER BY m.settled_at, m.id
"""
"""Asked anew each time: whoever took their yes back is not shown."""
NOT_FOR_ME = """
SELECT DISTINCT m.group_key FROM meeting_note n JOIN membership m ON m.id = n.membership_id
WHERE m.conversation_id = $1 AND NOT n.good
"""


class Seats(BaseModel):
    """How a group stands: places taken or kept for someone, the waiting list, and how it was for people."""

    model_config = ConfigDict(frozen=True)

    taken: int = 0
    listed: int = 0
    paused: bool = False
    good: int = 0
    not_for_me: int = 0


class Visitor(BaseModel):
    """Someone who looks for a group: what decides which fit, and how the groups stand. Nothing of who they are."""

    model_config = ConfigDict(frozen=True)

    age: int
    needs: tuple[str, ...] = ()
    languages: frozenset[str] = frozenset()
    """what they asked to talk in, BCP 47; English goes without saying"""
    passed: frozenset[str] = frozenset()
    """groups they are in, have asked for, or that were not for them"""
    seats: dict[str, Seats] = {}


class Mine(BaseModel):
    """One group of someone's own: where they stand with it, and how a member joins in."""

    model_config = ConfigDict(frozen=True)

    key: str
    status: Status
    answer_by: datetime | None = None
    paused: bool = False
    way_in: str = ""


async def visitor(session: Session, *, conversation_id: uuid.UUID) -> Visitor | None:
    """Say what decides which groups fit someone; None of whom we do not know yet."""
    talk = await conversations.find(session, conversation_id)
    if talk.person_id is None:
        return None
    person = await people.person(session, talk.person_id)
    theirs = select(Referral).where(Referral.person_id == person.id).order_by(col(Referral.joined_at).desc())
    referral = (await session.exec(theirs.limit(1))).first()
    own = await memberships.of_talk(session, conversation_id=conversation_id)
    disliked = [row[0] for row in await session.driver.fetch(NOT_FOR_ME, conversation_id)]
    return Visitor(
        age=people.about(session, person).age,
        needs=tuple(referral.needs) if referral else (),
        languages=frozenset(filter(None, (talk.language, talk.language_wanted))),
        passed=frozenset({*(one.group_key for one in own if one.status in ALIVE), *disliked}),
        seats=await seats(session),
    )


async def seats(session: Session) -> dict[str, Seats]:
    """Say how each group stands of which anything is known."""
    counted = {
        row["group_key"]: {"taken": row["taken"], "listed": row["listed"]}
        for row in await session.driver.fetch(COUNT, [status.value for status in TAKEN])
    }
    paused = select(col(BefriendingGroup.key)).where(col(BefriendingGroup.paused_at).is_not(None))
    for key in await session.exec(paused):
        counted.setdefault(key, {})["paused"] = True
    for key, (good, not_for_me) in (await meetings.liked(session)).items():
        counted.setdefault(key, {}).update(good=good, not_for_me=not_for_me)
    return {key: Seats(**facts) for key, facts in counted.items()}


async def own_groups(session: Session, *, conversation_id: uuid.UUID) -> list[Mine]:
    """List the groups someone is in, waits for, or has a place kept in. The way in is for members only."""
    found = []
    for one in await memberships.of_talk(session, conversation_id=conversation_id):
        if one.status in ALIVE:
            group = await groups.state(session, key=one.group_key)
            inside = one.status is Status.MEMBER and group.paused_at is None
            found.append(
                Mine(
                    key=one.group_key,
                    status=one.status,
                    answer_by=one.answer_by,
                    paused=group.paused_at is not None,
                    way_in=groups.way_in(session, group) if inside else "",
                )
            )
    return found


async def coming(session: Session, *, key: str) -> list[str]:
    """Name those who come to a group, by first name or the name they use: only who agreed to that."""
    ids = [row["person_id"] for row in await session.driver.fetch(COMING, key)]
    return [_called(session, await people.person(session, person_id)) for person_id in ids]


def first_name(name: str) -> str:
    """Give a first name without the rest: Ann of Mrs Ann Smith. Of Mrs Smith, who gave none, only Mrs S."""
    words = name.split()
    titled = bool(words) and words[0].casefold().strip(".") in name_words.TITLES
    if titled and len(words) == 2:
        return f"{words[0]} {words[1][0]}"
    return words[1 if titled and len(words) > 1 else 0] if words else ""


def _called(session: Session, person: Person) -> str:
    used = people.more(session, person).name_to_use
    return first_name(used or people.about(session, person).name)
