"""Hooks: where programs of others are told that something happened, and which of it they want to hear."""

import base64
import json
import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ARRAY, Column, String
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError

PREFIX = "whsec_"
SECRET_BYTES = 32
"""Between the 24 and 64 that Standard Webhooks 1.0 asks for."""
BOTH_SIGN = timedelta(hours=24)
"""How long the secret before still signs too, once there is a new one."""
MOST = 20
"""More hooks than any service has case systems: each one more is a row more for each thing that happens."""

TELL = """
INSERT INTO hook_delivery (id, hook_id, conversation_id, kind, ids, happened_at, status, attempts, next_try_at)
SELECT gen_random_uuid(), h.id, $2::uuid, $1::varchar, $3::varchar, $4::timestamptz, 'waiting', 0, $4 FROM hook h
WHERE h.off_at IS NULL AND $1 = ANY(h.kinds)
AND (h.hub_id IS NULL OR h.hub_id = COALESCE($5::uuid, (SELECT c.hub_id FROM conversation c WHERE c.id = $2)))
"""
"""One row for each hook that wants it; with no hook at all it reads one empty table."""


class Kind(StrEnum):
    """What can have happened."""

    REFERRAL_MADE = "referral.made"
    REFERRAL_CLOSED = "referral.closed"
    """it came to an end: closed, withdrawn or signposted"""
    HANDOFF_RAISED = "handoff.raised"
    """someone wants a link worker, or has one reason more to"""
    HANDOFF_CLAIMED = "handoff.claimed"
    HANDOFF_RELEASED = "handoff.released"
    HANDOFF_TRANSFERRED = "handoff.transferred"
    """a colleague has it now"""
    HANDOFF_ENDED = "handoff.ended"
    MESSAGE_FROM_PERSON = "message.from_person"
    """a person wrote to the link worker who has claimed their talk; what is said to the bot is told nobody"""
    MESSAGE_FAILED = "message.failed"
    ACTIVITY_LOGGED = "activity.logged"
    APPOINTMENT_OFFERED = "appointment.offered"
    APPOINTMENT_ACCEPTED = "appointment.accepted"
    APPOINTMENT_DECLINED = "appointment.declined"
    APPOINTMENT_LAPSED = "appointment.lapsed"
    APPOINTMENT_CALLED_OFF = "appointment.called_off"
    APPOINTMENT_KEPT = "appointment.kept"
    APPOINTMENT_MISSED = "appointment.missed"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    CONSENT_ENDED = "consent.ended"
    PERSON_ERASED = "person.erased"
    HOOK_TRIED = "hook.tried"
    """nothing happened: somebody tries whether the hook is heard"""


ASKED_FOR = frozenset(Kind) - {Kind.HOOK_TRIED}
"""What a hook can want to hear."""


class OffBecause(StrEnum):
    """Why a hook is off."""

    STAFF = "staff"
    """somebody turned it off"""
    GONE = "gone"
    """it answered 410"""
    FAILING = "failing"
    """nothing has reached it for days"""


class TooManyHooksError(RefusedError):
    """There are 20 hooks already. Remove one that nobody needs."""


class Hook(SQLModel, table=True):
    """One address that is told. Its address and the secret that signs are sealed."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    name: str
    """what staff call it"""
    address: bytes = Field(repr=False)
    kinds: list[str] = Field(sa_column=Column(ARRAY(String), nullable=False))
    hub_id: uuid.UUID | None = Field(default=None, foreign_key="hub.id")
    """only what happens in this hub; none: in the whole service"""
    secret: bytes = Field(repr=False)
    secret_before: bytes | None = Field(default=None, repr=False)
    before_ends_at: datetime | None = None
    made_by: uuid.UUID = Field(foreign_key="staff.id")
    created_at: datetime
    off_at: datetime | None = None
    off_because: OffBecause | None = Field(default=None, sa_column=Column(by_value(OffBecause)))
    failing_since: datetime | None = None
    """since when nothing reaches it; none: the last that was sent did"""
    paused_until: datetime | None = None
    """until when it asked to be left alone"""
    version: int = 1


async def tell(
    session: Session,
    kind: Kind,
    *,
    now: datetime,
    conversation_id: uuid.UUID | None = None,
    hub_id: uuid.UUID | None = None,
    **ids: uuid.UUID | int | str | None,
) -> None:
    """Have every hook that wants it told of `kind`, once this transaction commits.

    `ids` name the records it is about, and nothing else of them. Whose it is, is looked up when it is sent.
    `hub_id`: where it happened, if that is not where the talk is.
    """
    told = json.dumps({name: one if isinstance(one, int) else str(one) for name, one in ids.items() if one})
    await session.driver.execute(TELL, kind.value, conversation_id, told, now, hub_id)


async def add(
    session: Session,
    *,
    name: str,
    address: str,
    kinds: Collection[Kind],
    hub_id: uuid.UUID | None,
    staff_id: uuid.UUID,
    now: datetime,
) -> tuple[Hook, str]:
    """Add a hook. Returns it with its secret: the only time that is seen. Raises TooManyHooksError.

    The door has made sure that `address` is one that may be dialled.
    """
    if len(await listed(session, hub_id=None)) >= MOST:
        raise TooManyHooksError
    hook_id, secret = new_id(), _new_secret()
    hook = Hook(
        id=hook_id,
        name=name,
        address=session.keys.seal(address, f"hook:address:{hook_id}"),
        kinds=sorted(kinds),
        hub_id=hub_id,
        secret=session.keys.seal(secret, f"hook:secret:{hook_id}"),
        made_by=staff_id,
        created_at=now,
    )
    session.add(hook)
    await session.flush()
    return hook, secret


async def listed(session: Session, *, hub_id: uuid.UUID | None) -> list[Hook]:
    """List the hooks of a hub, or of the whole service, the oldest first."""
    lines = select(Hook).order_by(col(Hook.created_at), col(Hook.id))
    return list(await session.exec(lines if hub_id is None else lines.where(Hook.hub_id == hub_id)))


async def find(session: Session, *, hook_id: uuid.UUID, hub_id: uuid.UUID | None, lock: bool = False) -> Hook:
    """Find a hook of a hub, or of the whole service. Raises NotFoundError."""
    hook = await session.get(Hook, hook_id, with_for_update=lock, populate_existing=True)
    if hook is None or hub_id not in {None, hook.hub_id}:
        raise NotFoundError
    return hook


async def change(
    session: Session,
    *,
    hook: Hook,
    version: int,
    name: str,
    address: str,
    kinds: Collection[Kind],
    on: bool,
    now: datetime,
) -> Hook:
    """Change what a hook (found with `lock`) is called, where it is, what it wants; turn it on or off.

    What waited while it was off goes once it is on again. Raises StaleError.
    """
    _check(hook, version)
    hook.name, hook.kinds = name, sorted(kinds)
    hook.address = session.keys.seal(address, f"hook:address:{hook.id}")
    if on:
        hook.off_at = hook.off_because = hook.failing_since = hook.paused_until = None
    elif hook.off_at is None:
        hook.off_at, hook.off_because = now, OffBecause.STAFF
    return await _changed(session, hook)


async def renew_secret(session: Session, *, hook: Hook, version: int, now: datetime) -> str:
    """Give a hook (found with `lock`) a new secret and return it: the only time it is seen. Raises StaleError.

    The one before signs too for 24 hours, so that the other side can change over in its own time.
    """
    _check(hook, version)
    secret = _new_secret()
    hook.secret_before, hook.before_ends_at = hook.secret, now + BOTH_SIGN
    hook.secret = session.keys.seal(secret, f"hook:secret:{hook.id}")
    await _changed(session, hook)
    return secret


async def remove(session: Session, *, hook: Hook, version: int) -> None:
    """Remove a hook (found with `lock`) and all that waited for it. Raises StaleError."""
    _check(hook, version)
    await session.driver.execute("DELETE FROM hook_delivery WHERE hook_id = $1", hook.id)
    await session.delete(hook)
    await session.flush()


def address_of(session: Session, hook: Hook) -> str:
    """Open a hook's address."""
    return session.keys.unseal(hook.address, f"hook:address:{hook.id}")


def _check(hook: Hook, version: int) -> None:
    if hook.version != version:
        raise StaleError


async def _changed(session: Session, hook: Hook) -> Hook:
    hook.version += 1
    session.add(hook)
    await session.flush()
    return hook


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
