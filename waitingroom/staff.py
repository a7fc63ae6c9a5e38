"""Staff: link workers and the keys their programs use."""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, Column, String
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import RefusedError

PREFIX = "wr"


class Scope(StrEnum):
    """What a key may do."""

    QUEUE_READ = "queue:read"
    PERSON_READ = "person:read"
    REFERRAL_WRITE = "referral:write"
    MESSAGE_SEND = "message:send"
    GROUP_HOST = "group:host"
    """the groups its holder hosts, and nothing else"""


class NotAllowedError(RefusedError):
    """Your key does not allow that."""


class UnknownKeyError(RefusedError):
    """That key is not known, or has ended."""


class Staff(SQLModel, table=True):
    """Someone who works here."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(index=True)
    created_at: datetime


class StaffKey(SQLModel, table=True):
    """A key to the staff API. Only its SHA-256 is kept: 32 random bytes need no slow hash."""

    __tablename__ = "staff_key"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id")
    digest: bytes = Field(unique=True, repr=False)
    scopes: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    created_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Caller:
    """A member of staff at the door, and what their key allows."""

    staff_id: uuid.UUID
    name: str
    scopes: frozenset[Scope]

    def check(self, *scopes: Scope) -> None:
        """Raise NotAllowedError where the key carries none of `scopes`."""
        if self.scopes.isdisjoint(scopes):
            words = f"Your key needs the scope {' or '.join(scopes)}."
            raise NotAllowedError(words)


async def welcome(session: Session, *, name: str, now: datetime) -> Staff:
    """Find the member of staff called `name`, or record a new one."""
    found = (await session.exec(select(Staff).where(Staff.name == name))).first()
    if found is None:
        found = Staff(name=name, created_at=now)
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
) -> str:
    """Make a key and return it: the only time it is ever seen."""
    key = f"{PREFIX}_{secrets.token_urlsafe(32)}"
    session.add(
        StaffKey(staff_id=staff_id, digest=_digest(key), scopes=sorted(scopes), created_at=now, ends_at=ends_at)
    )
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
    if row is None or (row[0].ends_at is not None and row[0].ends_at <= now):
        raise UnknownKeyError
    return Caller(row[1].id, row[1].name, frozenset(Scope(scope) for scope in row[0].scopes))


async def names(session: Session, *, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Give the names of these members of staff, by id."""
    if not ids:
        return {}
    found = await session.exec(select(Staff).where(col(Staff.id).in_(ids)))
    return {member.id: member.name for member in found}


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
