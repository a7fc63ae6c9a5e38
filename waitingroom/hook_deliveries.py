"""Hook deliveries: what each hook is still to be told, what it was told, and what never arrived."""

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from asyncpg import Record
from sqlalchemy import Column, Index, literal, text, tuple_
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import UnreadableError, by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.hooks import Hook, Kind, OffBecause

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""After each try that failed, how long until the next (Standard Webhooks 1.0, on retries)."""
LEASE = timedelta(minutes=2)
"""How long whoever took a delivery has to say what came of it: after that it is sent again."""
EACH = 10
"""How many one hook is told at once, so that a slow one does not keep the others waiting."""
FAILING_FOR = timedelta(days=5)
"""After so long without one success a hook is turned off."""
KEPT_FOR = timedelta(days=30)

TAKE = """
WITH due AS MATERIALIZED (
    SELECT d.id FROM hook h CROSS JOIN LATERAL (
        SELECT id FROM hook_delivery
        WHERE hook_id = h.id AND status = 'waiting' AND next_try_at <= $1
        ORDER BY next_try_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ) d
    WHERE h.off_at IS NULL AND (h.paused_until IS NULL OR h.paused_until <= $1)
), taken AS (
    UPDATE hook_delivery d SET attempts = attempts + 1, next_try_at = $1::timestamptz + $2::interval
    FROM due WHERE d.id = due.id RETURNING d.*
)
SELECT t.id, t.hook_id, t.kind, t.ids, t.happened_at, t.attempts, c.person_id, o.id AS handoff_id,
    h.address, h.secret, CASE WHEN h.before_ends_at > $1 THEN h.secret_before END AS secret_before
FROM taken t JOIN hook h ON h.id = t.hook_id
LEFT JOIN conversation c ON c.id = t.conversation_id
LEFT JOIN handoff o ON o.conversation_id = t.conversation_id AND o.status IN ('waiting', 'claimed')
ORDER BY t.happened_at
"""
DONE = """
WITH done AS (
    UPDATE hook_delivery SET status = 'delivered', answered = $3, settled_at = $2, next_try_at = NULL
    WHERE id = $1 RETURNING hook_id
)
UPDATE hook SET failing_since = NULL FROM done WHERE hook.id = done.hook_id AND failing_since IS NOT NULL
"""
FAILED = """
WITH failed AS (
    UPDATE hook_delivery SET answered = $3, next_try_at = $4::timestamptz,
        status = CASE WHEN $4 IS NULL THEN 'given_up' ELSE 'waiting' END,
        settled_at = CASE WHEN $4 IS NULL THEN $2::timestamptz END
    WHERE id = $1 AND status = 'waiting' RETURNING hook_id
)
UPDATE hook SET failing_since = COALESCE(failing_since, $2), paused_until = COALESCE($5::timestamptz, paused_until)
FROM failed WHERE hook.id = failed.hook_id
RETURNING hook.id, hook.failing_since
"""
TURN_OFF = """
UPDATE hook SET off_at = $2, off_because = $3, version = version + 1 WHERE id = $1 AND off_at IS NULL RETURNING id
"""
FORGET = "DELETE FROM hook_delivery WHERE happened_at <= $1"
AGAIN = """
UPDATE hook_delivery SET status = 'waiting', attempts = 0, next_try_at = $2, settled_at = NULL WHERE id = $1
"""
GONE = 410
"""The status that says: never again (RFC 9110, section 15.5.11)."""


class Status(StrEnum):
    """How far it has come."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"
    """after every try"""


class HookDelivery(SQLModel, table=True):
    """One thing that one hook is told. It holds ids only, goes with the talk, and is gone after 30 days."""

    __tablename__ = "hook_delivery"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    hook_id: uuid.UUID = Field(foreign_key="hook.id", ondelete="CASCADE")
    conversation_id: uuid.UUID | None = Field(
        default=None, foreign_key="conversation.id", ondelete="CASCADE", index=True
    )
    kind: str
    ids: str
    """which records it is about: JSON"""
    happened_at: datetime = Field(index=True)
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    attempts: int = 0
    next_try_at: datetime | None = None
    answered: str | None = None
    """what came of the last try: an HTTP status, or the kind of trouble"""
    settled_at: datetime | None = None

    __table_args__ = (
        Index("ix_hook_delivery_due", "hook_id", "next_try_at", postgresql_where=text("status = 'waiting'")),
        Index("ix_hook_delivery_listed", "hook_id", "happened_at", "id"),
    )


@dataclass(frozen=True)
class Due:
    """One thing to tell, and whom: `secrets` sign it, the newest first; `ids` name what it is about."""

    id: uuid.UUID
    hook_id: uuid.UUID
    kind: Kind
    ids: dict[str, str | int]
    happened_at: datetime
    attempt: int
    address: str
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class Before:
    """A place in the list of deliveries: everything older than it comes behind."""

    happened_at: datetime
    id: uuid.UUID


async def take(session: Session, *, now: datetime) -> list[Due]:
    """Take what is due for every hook that is on, at most ten each. Nobody else gets it for two minutes."""
    taken = [_due(session, row) for row in await session.driver.fetch(TAKE, now, LEASE, EACH)]
    return [due for due in taken if due is not None]


async def delivered(session: Session, *, delivery_id: uuid.UUID, answered: str, now: datetime) -> None:
    """Record that a hook was told."""
    await session.driver.execute(DONE, delivery_id, now, answered)


async def failed(
    session: Session,
    *,
    delivery_id: uuid.UUID,
    answered: str,
    again_at: datetime | None,
    now: datetime,
    pause: bool = False,
) -> OffBecause | None:
    """Record that a hook was not told. `again_at`: when it is tried next; None: never. `pause`: the hook asked so.

    Returns why the hook was turned off for it, if it was: it said 410, or has failed for five days.
    """
    told = FAILED, delivery_id, now, answered, again_at, again_at if pause else None
    hook = await session.driver.fetchrow(*told)
    if hook is None:
        return None
    because = OffBecause.GONE if answered == str(GONE) else None
    if because is None and hook["failing_since"] <= now - FAILING_FOR:
        because = OffBecause.FAILING
    if because is None or await session.driver.fetchval(TURN_OFF, hook["id"], now, because.value) is None:
        return None
    return because


async def listed(
    session: Session, *, hook_id: uuid.UUID, status: Status | None = None, after: Before | None = None, limit: int
) -> list[HookDelivery]:
    """List what a hook was told or is to be told, the newest first, from behind `after` on."""
    lines = select(HookDelivery).where(HookDelivery.hook_id == hook_id)
    if status is not None:
        lines = lines.where(HookDelivery.status == status)
    order = (col(HookDelivery.happened_at), col(HookDelivery.id))
    if after is not None:
        lines = lines.where(tuple_(*order) < tuple_(literal(after.happened_at), literal(after.id)))
    newest = lines.order_by(*(one.desc() for one in order)).limit(limit)
    return list(await session.exec(newest))


async def replay(session: Session, *, hook: Hook, delivery_id: uuid.UUID, now: datetime) -> HookDelivery:
    """Tell a hook something again, from the first try on. Raises NotFoundError."""
    found = await session.get(HookDelivery, delivery_id, with_for_update=True)
    if found is None or found.hook_id != hook.id:
        raise NotFoundError
    await session.driver.execute(AGAIN, delivery_id, now)
    await session.refresh(found)
    return found


async def try_out(session: Session, *, hook: Hook, now: datetime) -> HookDelivery:
    """Have a hook told that nothing happened, to see whether it hears."""
    trying = HookDelivery(
        hook_id=hook.id,
        kind=Kind.HOOK_TRIED,
        ids=json.dumps({"hook_id": str(hook.id)}),
        happened_at=now,
        status=Status.WAITING,
        next_try_at=now,
    )
    session.add(trying)
    await session.flush()
    return trying


async def forget_old(session: Session, *, now: datetime) -> int:
    """Delete what happened 30 days ago and before. Returns how many went."""
    done: str = await session.driver.execute(FORGET, now - KEPT_FOR)
    return int(done.rpartition(" ")[2])


def _due(session: Session, row: Record) -> Due | None:
    """Open one for sending; None where it does not open, so that it never jams the others."""
    keys, hook_id = session.keys, row["hook_id"]
    sealed = (row["secret"], row["secret_before"])
    about = {name: str(row[name]) for name in ("person_id", "handoff_id") if row[name]}
    try:
        address = keys.unseal(row["address"], f"hook:address:{hook_id}")
        secrets = tuple(keys.unseal(one, f"hook:secret:{hook_id}") for one in sealed if one)
    except UnreadableError:
        return None
    return Due(
        id=row["id"],
        hook_id=hook_id,
        kind=Kind(row["kind"]),
        ids={**about, **json.loads(row["ids"])},
        happened_at=row["happened_at"],
        attempt=row["attempts"],
        address=address,
        secrets=secrets,
    )
