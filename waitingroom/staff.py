"""Staff: who works here, in which role and hub, and the keys their programs use."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ARRAY, Column, String, or_
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.roles import OF_ROLE, Role, Scope

__all__ = ["OF_ROLE", "Caller", "NotAllowedError", "Role", "Scope", "Staff", "StaffKey", "UnknownKeyError"]

PREFIX = "wr"


class NotAllowedError(RefusedError):
    """Your key does not allow that."""


class UnknownKeyError(RefusedError):
    """That key is not known, or has ended."""


class Staff(SQLModel, table=True):
    """Someone who works here."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(index=True)
    role: Role = Field(default=Role.LINK_WORKER, sa_column=Column(by_value(Role), nullable=False))
    hub_id: uuid.UUID | None = Field(default=None, foreign_key="hub.id")
    """the hub they work for; none: the whole service"""
    created_at: datetime
    ended_at: datetime | None = None
    """when they stopped working here: every door is closed to them"""
    organisation: str | None = None
    """of a provider: the name by which people know whom they work for"""


class StaffKey(SQLModel, table=True):
    """A key to the staff API. Only its SHA-256 is kept: 32 random bytes need no slow hash."""

    __tablename__ = "staff_key"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id")
    digest: bytes = Field(unique=True, repr=False)
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    created_at: datetime
    ends_at: datetime | None = None
    name: str = ""
    """what it is for, in the words of whoever made it"""
    used_on: date | None = None
    """the last day it opened a door"""


@dataclass(frozen=True)
class Caller:
    """A member of staff at the door, and what they may do there: by a key, or signed in by a session.

    `hub_id` None: the whole service is theirs to see.
    """

    staff_id: uuid.UUID
    name: str
    scopes: frozenset[Scope]
    role: Role = Role.LINK_WORKER
    hub_id: uuid.UUID | None = None
    session_id: uuid.UUID | None = None
    proved_at: datetime | None = None
    """when they last showed a code from their authenticator"""

    def check(self, *scopes: Scope) -> None:
        """Raise NotAllowedError where the key carries none of `scopes`."""
        if self.scopes.isdisjoint(scopes):
            words = f"Your key needs the scope {' or '.join(scopes)}."
            raise NotAllowedError(words)


async def welcome(
    session: Session,
    *,
    name: str,
    now: datetime,
    role: Role = Role.LINK_WORKER,
    hub_id: uuid.UUID | None = None,
) -> Staff:
    """Find the member of staff called `name`, or record a new one of this role and hub."""
    found = (await session.exec(select(Staff).where(Staff.name == name))).first()
    if found is None:
        found = Staff(name=name, role=role, hub_id=hub_id, created_at=now)
        session.add(found)
        await session.flush()
    return found


async def issue_key(
    session: Session,
    *,
    staff_id: uuid.UUID,
    scopes: frozenset[Scope],
    now: datetime,
    ends_at: datetime | None = None,
    name: str = "",
) -> str:
    """Make a key and return it: the only time it is ever seen. `name`: what it is for."""
    key = f"{PREFIX}_{secrets.token_urlsafe(32)}"
    row = StaffKey(
        staff_id=staff_id, digest=_digest(key), scopes=sorted(scopes), created_at=now, ends_at=ends_at, name=name
    )
    session.add(row)
    await session.flush()
    return key


async def caller(session: Session, *, key: str, now: datetime) -> Caller:
    """Say whose key this is. Raises UnknownKeyError for one never issued, or ended."""
    row = (
        await session.exec(
            select(StaffKey, Staff)
            .join(Staff, col(Staff.id) == col(StaffKey.staff_id))
            .where(StaffKey.digest == _digest(key))
        )
    ).first()
    if row is None or (row[0].ends_at is not None and row[0].ends_at <= now) or row[1].ended_at is not None:
        raise UnknownKeyError
    found, member = row
    if found.used_on is None or found.used_on < now.date():
        found.used_on = now.date()
        session.add(found)
    scopes = frozenset(Scope(scope) for scope in found.scopes)
    return Caller(member.id, member.name, scopes, member.role, member.hub_id)


async def end_keys(session: Session, *, staff_id: uuid.UUID, now: datetime) -> None:
    """End every key of a member of staff at once."""
    open_yet = or_(col(StaffKey.ends_at).is_(None), col(StaffKey.ends_at) > now)
    for key in await session.exec(select(StaffKey).where(StaffKey.staff_id == staff_id, open_yet)):
        key.ends_at = now
        session.add(key)
    await session.flush()


async def names(session: Session, *, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Give the names of these members of staff, by id."""
    if not ids:
        return {}
    found = await session.exec(select(Staff).where(col(Staff.id).in_(ids)))
    return {member.id: member.name for member in found}


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
