"""Groups: what the records know of a befriending group. Its way in is a secret; its hosts can pause it."""

import re
import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Integer
from sqlmodel import Field, SQLModel, col, select

from waitingroom.database import Session
from waitingroom.errors import IllegalMoveError, RefusedError, StaleError

LONGEST = 120
"""Characters of a way in: with the words around it, it goes as one text message of two parts."""
LINK = re.compile(r"https://[\w.-]+\.[a-z]{2,}(?::\d+)?/[!-~]*")
"""In signs every phone shows (ASCII)."""
NUMBER = re.compile(r"\+?\d[\d ]{6,18}\d(?:,? (?:then|PIN|code) [\d #*]{1,20})*")
LOCK = "SELECT key FROM befriending_group WHERE key = $1 FOR UPDATE"


class Way(StrEnum):
    """How people join."""

    VIDEO = "video"
    PHONE = "phone"
    PLACE = "place"


class GroupPausedError(RefusedError):
    """This group is having a break. Ask again later."""


class NotAWayInError(RefusedError):
    """That is no way into this group. A video group needs a link with https://, a phone group a number."""


class BefriendingGroup(SQLModel, table=True):
    """What changes of one group between its meetings; all else about it stands in the content."""

    __tablename__ = "befriending_group"

    key: str = Field(primary_key=True)
    way_in: bytes | None = Field(default=None, repr=False)
    """The link or number people join by, sealed."""
    way_in_no: int = Field(default=0, sa_type=Integer)
    """How many ways in there have been: of a new one members are told anew."""
    paused_at: datetime | None = None
    version: int = 1


class GroupHost(SQLModel, table=True):
    """Someone who hosts a group: their key shows them that group and no other."""

    __tablename__ = "group_host"

    staff_id: uuid.UUID = Field(foreign_key="staff.id", primary_key=True, ondelete="CASCADE")
    group_key: str = Field(primary_key=True)


async def state(session: Session, *, key: str) -> BefriendingGroup:
    """Say how a group stands: open and without a way in, where nothing was ever noted of it."""
    return await session.get(BefriendingGroup, key, populate_existing=True) or BefriendingGroup(key=key)


async def hold(session: Session, *, key: str) -> BefriendingGroup:
    """Find a group and lock it, so that its places are given to one person at a time."""
    await session.put(BefriendingGroup, key=key, way_in_no=0, version=1, where_free=True)
    await session.driver.execute(LOCK, key)
    return await state(session, key=key)


async def set_way_in(
    session: Session, *, key: str, way: Way, way_in: str, version: int | None = None
) -> BefriendingGroup:
    """Give a group its link or number, in place of the one before: whoever has left knows the old one only.

    `version`: as it was read; None: whatever it is now. Raises NotAWayInError, StaleError.
    """
    told = way_in.strip()
    shape = {Way.VIDEO: LINK, Way.PHONE: NUMBER}.get(way)
    if shape is None or len(told) > LONGEST or not shape.fullmatch(told):
        raise NotAWayInError
    group = await _held(session, key, version)
    group.way_in = session.keys.seal(told, _where(key))
    group.way_in_no += 1
    return await _change(session, group)


async def set_paused(
    session: Session, *, key: str, paused: bool, now: datetime, version: int | None = None
) -> BefriendingGroup:
    """Pause a group, or let it go on: while it has a break nobody joins, and nobody is sent the way in.

    Raises StaleError, IllegalMoveError where it is so already.
    """
    group = await _held(session, key, version)
    if (group.paused_at is not None) is paused:
        words = "That group has a break already." if paused else "That group has no break."
        raise IllegalMoveError(words)
    group.paused_at = now if paused else None
    return await _change(session, group)


def way_in(session: Session, group: BefriendingGroup) -> str:
    """Open the link or number people join by; empty where none was given yet."""
    return session.keys.unseal(group.way_in, _where(group.key)) if group.way_in else ""


async def let_host(session: Session, *, staff_id: uuid.UUID, key: str) -> bool:
    """Let someone see who is coming to a group, and pause it. Returns whether that is new."""
    return await session.put(GroupHost, staff_id=staff_id, group_key=key, where_free=True)


async def hosted_by(session: Session, *, staff_id: uuid.UUID) -> frozenset[str]:
    """Say which groups someone hosts."""
    found = await session.exec(select(col(GroupHost.group_key)).where(GroupHost.staff_id == staff_id))
    return frozenset(found)


async def _held(session: Session, key: str, version: int | None) -> BefriendingGroup:
    group = await hold(session, key=key)
    if version not in {None, group.version}:
        raise StaleError
    return group


async def _change(session: Session, group: BefriendingGroup) -> BefriendingGroup:
    group.version += 1
    session.add(group)
    await session.flush()
    return group


def _where(key: str) -> str:
    return f"befriending_group:way_in:{key}"
