"""Keys for programs: each with its scopes and its last day, made and ended by those who see to accounts."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, select

from waitingroom import accounts, staff
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.hubs import Hub
from waitingroom.roles import OF_ROLE, Role, Scope
from waitingroom.staff import Caller, NotAllowedError, Staff, StaffKey

MAY_CARRY = tuple(scope for scope in Scope if scope is not Scope.STAFF_WRITE)
"""A program never sees to accounts."""
LONGEST = timedelta(days=366)


class NoKeyError(NotFoundError):
    """There is no key like that, or it is not yours to see."""


class KeyRefusedError(RefusedError):
    """A key needs a name, at least one thing it may do, and a last day within a year."""


@dataclass(frozen=True)
class KeyOnList:
    """One key as it is listed: never the key itself."""

    key: StaffKey
    holder: Staff

    def open(self, now: datetime) -> bool:
        """Say whether it still opens doors."""
        return (self.key.ends_at is None or self.key.ends_at > now) and self.holder.ended_at is None


async def make(
    session: Session,
    *,
    name: str,
    scopes: frozenset[Scope],
    hub_id: uuid.UUID | None,
    ends_at: datetime,
    by: Caller,
    now: datetime,
) -> str:
    """Make a key for a program, which works here under this name. Returns it: the only time it is ever seen.

    A lead's key reaches their own hub only. Raises NotAllowedError, KeyRefusedError.
    """
    by.check(Scope.STAFF_WRITE)
    called = " ".join(name.split())
    fits = called and len(called) <= accounts.LONGEST_NAME and called.isprintable()
    if not fits or not scopes or not now < ends_at <= now + LONGEST:
        raise KeyRefusedError
    if Scope.STAFF_WRITE in scopes:
        words = "No key may see to accounts."
        raise NotAllowedError(words)
    if by.role is not Role.ADMIN and not scopes <= OF_ROLE[by.role]:
        words = "A key cannot do what you may not do yourself. Ask an admin."
        raise NotAllowedError(words)
    if by.hub_id is not None and hub_id != by.hub_id:
        words = "A lead can make keys for their own hub only."
        raise NotAllowedError(words)
    if hub_id is not None and await session.get(Hub, hub_id) is None:
        raise NotAllowedError(accounts.NO_HUB)
    role = Role.PROVIDER if scopes <= OF_ROLE[Role.PROVIDER] else Role.LINK_WORKER
    program = Staff(name=called, role=role, hub_id=hub_id, created_at=now)
    session.add(program)
    await session.flush()
    return await staff.issue_key(
        session, staff_id=program.id, scopes=scopes, now=now, ends_at=ends_at, name=called
    )


async def listed(session: Session, *, by: Caller) -> Sequence[KeyOnList]:
    """List the keys `by` sees to, the newest first: a lead those of their hub, an admin all."""
    by.check(Scope.STAFF_WRITE)
    query = select(StaffKey, Staff).join(Staff, col(Staff.id) == col(StaffKey.staff_id))
    if by.hub_id is not None:
        query = query.where(Staff.hub_id == by.hub_id)
    rows = await session.exec(query.order_by(col(StaffKey.created_at).desc(), col(StaffKey.id)))
    return [KeyOnList(key, holder) for key, holder in rows]


async def end(session: Session, *, key_id: uuid.UUID, by: Caller, now: datetime) -> StaffKey:
    """End a key at once. Raises NoKeyError, for another hub's too, and NotAllowedError."""
    by.check(Scope.STAFF_WRITE)
    key = await session.get(StaffKey, key_id)
    holder = await session.get(Staff, key.staff_id) if key is not None else None
    if key is None or holder is None or (by.hub_id is not None and holder.hub_id != by.hub_id):
        raise NoKeyError
    if key.ends_at is None or key.ends_at > now:
        key.ends_at = now
        session.add(key)
        await session.flush()
    return key
