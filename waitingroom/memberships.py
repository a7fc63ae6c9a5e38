"""Memberships: who asked to join a group, who has a place, and who comes next when one is free."""

import uuid
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel, col, select

from waitingroom import consents, groups
from waitingroom.columns import by_value, new_id
from waitingroom.consents import Purpose, Recipient
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.groups import GroupPausedError
from waitingroom.moves import moved


class Status(StrEnum):
    """Where someone stands with a group."""

    LISTED = "listed"
    """on its waiting list"""
    OFFERED = "offered"
    """a place came free, and is kept for them until they answer"""
    MEMBER = "member"
    LEFT = "left"
    LAPSED = "lapsed"
    """they did not answer in time: the place went to the next"""


MOVES: dict[Status, frozenset[Status]] = {
    Status.LISTED: frozenset({Status.OFFERED, Status.LEFT}),
    Status.OFFERED: frozenset({Status.MEMBER, Status.LEFT, Status.LAPSED}),
    Status.MEMBER: frozenset({Status.LEFT}),
    Status.LEFT: frozenset({Status.LISTED, Status.MEMBER}),
    Status.LAPSED: frozenset({Status.LISTED, Status.MEMBER}),
}
"""The only steps a membership can take; a new one begins on the list, or with a place."""
ALIVE = (Status.LISTED, Status.OFFERED, Status.MEMBER)
TAKEN = (Status.OFFERED, Status.MEMBER)


class AlreadyInGroupError(RefusedError):
    """You have asked to join this group already. Reply MY GROUPS to see it."""


class PlaceGoneError(RefusedError):
    """That place has gone to someone else. Reply GROUPS to ask again."""


class Membership(SQLModel, table=True):
    """One person and one group: one row, however often they come and go."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    group_key: str
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    reminders: bool = True
    """whether they want to be written to about it: before a meeting, and once after"""
    asked_at: datetime
    settled_at: datetime
    """since when they stand where they stand"""
    answer_by: datetime | None = None
    """until when a place is kept for them; none: they have not been told of it yet"""

    __table_args__ = (
        UniqueConstraint("group_key", "conversation_id"),
        Index("ix_membership_status", "group_key", "status", "asked_at"),
    )


class Asked(BaseModel):
    """What came of asking to join: a place, or the waiting list with so many ahead."""

    model_config = ConfigDict(frozen=True)

    status: Status
    ahead: int = 0


async def ask(
    session: Session, *, conversation_id: uuid.UUID, group_key: str, places: int, reminders: bool, now: datetime
) -> Asked:
    """Ask to join a group of so many places: first come, first served, and one at a time.

    Whoever comes while others are on the list queues behind them. Raises GroupPausedError, AlreadyInGroupError.
    """
    group = await groups.hold(session, key=group_key)
    before = await _find(session, conversation_id, group_key)
    if group.paused_at is not None:
        raise GroupPausedError
    if before is not None and before.status in ALIVE:
        raise AlreadyInGroupError
    taken, listed = (
        len(await standing(session, group_key, TAKEN)),
        len(await standing(session, group_key, (Status.LISTED,))),
    )
    to = Status.MEMBER if taken < places and not listed else Status.LISTED
    if before is None:
        before = Membership(
            group_key=group_key, conversation_id=conversation_id, status=to, asked_at=now, settled_at=now
        )
    else:
        before.status = moved(MOVES, before.status, to)
    before.asked_at = before.settled_at = now
    before.reminders, before.answer_by = reminders, None
    session.add(before)
    await session.flush()
    return Asked(status=to, ahead=listed if to is Status.LISTED else 0)


async def accept(session: Session, *, conversation_id: uuid.UUID, group_key: str, now: datetime) -> bool:
    """Take a place that came free and was kept for them. Returns True. Raises PlaceGoneError where it went."""
    await groups.hold(session, key=group_key)
    found = await _find(session, conversation_id, group_key)
    if found is None or found.status is not Status.OFFERED:
        raise PlaceGoneError
    if found.answer_by is not None and found.answer_by < now:
        raise PlaceGoneError
    await settle(session, found, Status.MEMBER, now)
    return True


async def leave(session: Session, *, conversation_id: uuid.UUID, group_key: str, now: datetime) -> bool:
    """Leave a group or its list: its host is told of them no more. Returns whether they were there."""
    await consents.withdraw(
        session,
        conversation_id=conversation_id,
        purpose=Purpose.SHARING,
        recipient=Recipient.GROUP,
        which=group_key,
        now=now,
    )
    return await end(session, conversation_id=conversation_id, keys={group_key}, now=now)


async def leave_all(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """Leave every group. Returns whether there was one."""
    found = await of_talk(session, conversation_id=conversation_id)
    left = [
        await leave(session, conversation_id=conversation_id, group_key=one.group_key, now=now)
        for one in found
        if one.status in ALIVE
    ]
    return bool(left)


async def end(
    session: Session, *, conversation_id: uuid.UUID, keys: Collection[str] | None = None, now: datetime
) -> bool:
    """End what someone has with these groups, or with every group where `keys` is None."""
    found = [
        one
        for one in await of_talk(session, conversation_id=conversation_id)
        if one.status in ALIVE and (keys is None or one.group_key in keys)
    ]
    for one in found:
        await settle(session, one, Status.LEFT, now)
    return bool(found)


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> list[Membership]:
    """List what someone has or had with groups, the oldest first."""
    theirs = select(Membership).where(Membership.conversation_id == conversation_id)
    found = await session.exec(theirs.order_by(col(Membership.asked_at)).execution_options(populate_existing=True))
    return list(found)


async def carry(session: Session, *, away: uuid.UUID, to: uuid.UUID) -> None:
    """Where two talks become one and both knew a group: what still stands goes before what has ended."""
    stays = {one.group_key: one for one in await of_talk(session, conversation_id=to)}
    for one in await of_talk(session, conversation_id=away):
        other = stays.get(one.group_key)
        if other is not None and other.status not in ALIVE and one.status in ALIVE:
            await session.delete(other)
    await session.flush()


async def settle(session: Session, one: Membership, to: Status, now: datetime) -> None:
    """Note where someone stands from now on. Raises IllegalMoveError."""
    one.status = moved(MOVES, one.status, to)
    one.settled_at, one.answer_by = now, None
    session.add(one)
    await session.flush()


async def _find(session: Session, conversation_id: uuid.UUID, key: str) -> Membership | None:
    theirs = select(Membership).where(Membership.conversation_id == conversation_id, Membership.group_key == key)
    return (await session.exec(theirs.execution_options(populate_existing=True))).first()


async def standing(session: Session, key: str, statuses: Collection[Status]) -> list[Membership]:
    """List those who stand so with a group, those who asked first going first."""
    there = select(Membership).where(Membership.group_key == key, col(Membership.status).in_(statuses))
    order = (col(Membership.asked_at), col(Membership.id))
    return list(await session.exec(there.order_by(*order).execution_options(populate_existing=True)))
