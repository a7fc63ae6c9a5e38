"""Staff sessions: who is signed in where, until they sign out or fall silent."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.roles import OF_ROLE
from waitingroom.staff import Caller, Staff

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
"""After so long without a word, and at the latest after so long, one signs in again (OWASP ASVS 5.0, 7.3)."""
SEEN_AGAIN = timedelta(minutes=1)
"""How exactly it is kept when someone was last seen."""
PROVED_FOR = timedelta(minutes=5)
"""How long a code stands as proof for what must not be done by someone who found an open screen."""


class SignedOutError(RefusedError):
    """You are not signed in, or were away too long. Please sign in."""


class NotProvedError(RefusedError):
    """Please show once more that it is you, with a code from your authenticator."""


class NoSessionError(NotFoundError):
    """You are not signed in there."""


class StaffSession(SQLModel, table=True):
    """One browser a member of staff is signed in with. Only the SHA-256 of its secret is kept."""

    __tablename__ = "staff_session"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", index=True)
    digest: bytes = Field(unique=True, repr=False)
    browser: str = ""
    """which kind of browser it is, for their own list: no version, no address"""
    began_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    proved_at: datetime | None = None
    """when a code of their authenticator was last shown here"""


async def begin(session: Session, *, staff_id: uuid.UUID, browser: str, now: datetime, proved: bool = True) -> str:
    """Sign a member of staff in and return the session's secret: the only time it is ever seen.

    `proved`: whether they showed a code, or whatever their organisation asks for in its place.
    """
    secret = secrets.token_urlsafe(32)
    row = StaffSession(
        staff_id=staff_id,
        digest=_digest(secret),
        browser=browser,
        began_at=now,
        seen_at=now,
        proved_at=now if proved else None,
    )
    session.add(row)
    await session.flush()
    return secret


async def caller(session: Session, *, secret: str, now: datetime) -> Caller:
    """Say who is signed in with this secret. Raises SignedOutError."""
    found = (
        await session.exec(
            select(StaffSession, Staff)
            .join(Staff, col(Staff.id) == col(StaffSession.staff_id))
            .where(StaffSession.digest == _digest(secret))
        )
    ).first()
    if found is None:
        raise SignedOutError
    row, member = found
    if not _stands(row, now) or member.ended_at is not None:
        raise SignedOutError
    if now - row.seen_at >= SEEN_AGAIN:
        row.seen_at = now
        session.add(row)
    scopes = OF_ROLE[member.role]
    return Caller(member.id, member.name, scopes, member.role, member.hub_id, row.id, row.proved_at)


def is_proved(who: Caller, *, now: datetime) -> bool:
    """Say whether they showed a code within the last five minutes."""
    return who.proved_at is not None and now - who.proved_at < PROVED_FOR


def check_proved(who: Caller, *, now: datetime) -> None:
    """Raise NotProvedError where they have not shown a code within the last five minutes."""
    if not is_proved(who, now=now):
        raise NotProvedError


async def prove(session: Session, *, session_id: uuid.UUID, now: datetime) -> str:
    """Record that a code was shown. Returns the session's new secret: the one before opens nothing any more.

    Rights rise here, so whoever knew the secret before must not share in them (OWASP ASVS 5.0, 7.2.4).
    Raises NoSessionError.
    """
    row = await session.get(StaffSession, session_id)
    if row is None or row.ended_at is not None:
        raise NoSessionError
    secret = secrets.token_urlsafe(32)
    row.digest, row.proved_at = _digest(secret), now
    session.add(row)
    await session.flush()
    return secret


async def open_ones(session: Session, *, staff_id: uuid.UUID, now: datetime) -> Sequence[StaffSession]:
    """List where someone is signed in, the one used last first."""
    rows = await session.exec(
        select(StaffSession)
        .where(StaffSession.staff_id == staff_id, col(StaffSession.ended_at).is_(None))
        .order_by(col(StaffSession.seen_at).desc(), col(StaffSession.id))
    )
    return [row for row in rows if _stands(row, now)]


async def end(session: Session, *, session_id: uuid.UUID, now: datetime) -> None:
    """Sign one browser out."""
    row = await session.get(StaffSession, session_id)
    if row is not None and row.ended_at is None:
        row.ended_at = now
        session.add(row)
        await session.flush()


async def end_own(session: Session, *, session_id: uuid.UUID, staff_id: uuid.UUID, now: datetime) -> None:
    """Sign one of one's own browsers out. Raises NoSessionError for anyone else's."""
    row = await session.get(StaffSession, session_id)
    if row is None or row.staff_id != staff_id:
        raise NoSessionError
    await end(session, session_id=session_id, now=now)


async def end_all(session: Session, *, staff_id: uuid.UUID, now: datetime, but: uuid.UUID | None = None) -> int:
    """Sign someone out everywhere, `but` in one session where it is named. Returns how many ended."""
    rows = [row for row in await open_ones(session, staff_id=staff_id, now=now) if row.id != but]
    for row in rows:
        row.ended_at = now
        session.add(row)
    await session.flush()
    return len(rows)


def _stands(row: StaffSession, now: datetime) -> bool:
    return row.ended_at is None and now - row.seen_at < IDLE and now - row.began_at < LONGEST


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
