"""The outbox: one conversation's messages leave in order, one worker at a time, each recorded at once."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, or_, select, update

from waitingroom import messages, rates
from waitingroom.columns import UnreadableError, new_id
from waitingroom.conversations import Contact, Conversation
from waitingroom.database import Session
from waitingroom.messages import RANK, Message, Status
from waitingroom.rates import Limit

LEASE = timedelta(seconds=30)
"""How long a worker may hold a lane without a sign of life. Longer than any provider call may take."""
STALE = timedelta(seconds=15)
"""A message still unsent this long after it was due gets its worker woken again."""


@dataclass(frozen=True)
class Letter:
    """A message on its way: where to, what, and whether it may have gone once already."""

    message_id: int
    channel: str
    contact_id: uuid.UUID
    address: str
    said: dict[str, Any]
    attempts: int


@dataclass(frozen=True)
class NotYet:
    """Nothing can go now; look again after this long."""

    after: timedelta


async def hold_lane(session: Session, *, conversation_id: uuid.UUID, holder: uuid.UUID, now: datetime) -> bool:
    """Take or renew the lane of a conversation for `holder`. Returns whether it is held."""
    held = await session.exec(
        update(Conversation)
        .where(
            col(Conversation.id) == conversation_id,
            or_(
                col(Conversation.lane_until).is_(None),
                col(Conversation.lane_until) < now,
                col(Conversation.lane_holder) == holder,
            ),
        )
        .values(lane_until=now + LEASE, lane_holder=holder)
    )
    return bool(held.rowcount)


async def leave_lane(session: Session, *, conversation_id: uuid.UUID, holder: uuid.UUID) -> None:
    """Give the lane up."""
    await session.exec(
        update(Conversation)
        .where(col(Conversation.id) == conversation_id, col(Conversation.lane_holder) == holder)
        .values(lane_until=None, lane_holder=None)
    )


async def next_letter(
    session: Session, *, conversation_id: uuid.UUID, limits: dict[str, tuple[Limit, ...]], now: datetime
) -> Letter | NotYet | None:
    """Take the oldest unsent message of a lane that is held, marked as on its way; None where all are sent.

    `limits` has the limits of each channel there is; one whose key ends in ':' is meant for each contact. What
    cannot be opened, or has a channel that is no more, becomes a dead letter, and the next one is taken.
    """
    while (row := await _oldest(session, conversation_id)) is not None:
        message, contact = row
        if message.next_try_at and message.next_try_at > now:
            return NotYet(message.next_try_at - now)
        letter = _letter(session, message, contact) if contact.channel in limits else None
        if letter is None:
            await _bury(session, message)
            continue
        wait = await _wait_for_slot(session, contact, limits[contact.channel], now)
        if wait:
            return NotYet(wait)
        message.maybe_twice = message.maybe_twice or message.status is Status.SENDING
        message.status = Status.SENDING
        message.attempts += 1
        session.add(message)
        await session.flush()
        return letter
    return None


async def _oldest(session: Session, conversation_id: uuid.UUID) -> tuple[Message, Contact] | None:
    unsent = (
        select(Message, Contact)
        .join(Contact, col(Contact.id) == col(Message.contact_id))
        .where(
            Message.conversation_id == conversation_id,
            col(Message.status).in_([Status.QUEUED, Status.SENDING]),
        )
        .order_by(col(Message.id))
        .limit(1)
    )
    return (await session.exec(unsent)).first()


def _letter(session: Session, message: Message, contact: Contact) -> Letter | None:
    """Open a message for sending; None where it does not open, so that it never jams those behind it."""
    assert message.id is not None  # noqa: S101
    try:
        address = session.keys.unseal(contact.address, f"contact:address:{contact.id}")
        said = messages.said(session, message)
    except UnreadableError:
        return None
    return Letter(message.id, contact.channel, contact.id, address, said, message.attempts + 1)


async def _bury(session: Session, message: Message) -> None:
    message.status = Status.DEAD
    message.problem = "CannotBeSent"
    session.add(message)
    await session.flush()


async def _wait_for_slot(
    session: Session, contact: Contact, limits: tuple[Limit, ...], now: datetime
) -> timedelta:
    """Take a slot of every limit, the contact's own first: a chat held back must not cost the others a slot."""
    for limit in sorted(limits, key=lambda limit: not limit.key.endswith(":")):
        key = f"{limit.key}{contact.id}" if limit.key.endswith(":") else limit.key
        wait = await rates.take(session, Limit(key, limit.per_second, limit.burst), now=now)
        if wait:
            return wait
    return timedelta(0)


async def record_sent(session: Session, *, message_id: int, channel: str, provider_id: str, now: datetime) -> None:
    """Record that the provider took the message, under an id that is the provider's own."""
    below = [status for status, rank in RANK.items() if rank < RANK[Status.SENT]]
    await session.exec(
        update(Message)
        .where(col(Message.id) == message_id, col(Message.status).in_(below))
        .values(status=Status.SENT, sent_at=now, problem=None)
    )
    await session.exec(
        update(Message).where(col(Message.id) == message_id).values(provider_id=f"{channel}:{provider_id}")
    )


async def record_trouble(
    session: Session,
    *,
    message_id: int,
    status: Status,
    problem: str,
    next_try_at: datetime | None,
    maybe_sent: bool,
) -> None:
    """Record that a message did not go: QUEUED to be tried again, FAILED or DEAD for good.

    `problem` is the class of what went wrong; `maybe_sent`: the provider may have taken it all the same.
    """
    values: dict[str, Any] = {"status": status, "problem": problem, "next_try_at": next_try_at}
    if maybe_sent:
        values["maybe_twice"] = True
    await session.exec(
        update(Message)
        .where(col(Message.id) == message_id, col(Message.status) == Status.SENDING)
        .values(**values)
    )


async def stale(session: Session, *, now: datetime, limit: int = 500) -> list[uuid.UUID]:
    """List conversations with a message overdue, whose worker must have been lost."""
    found = await session.exec(
        select(Message.conversation_id)
        .where(
            col(Message.status).in_([Status.QUEUED, Status.SENDING]),
            col(Message.next_try_at) < now - STALE,
        )
        .distinct()
        .limit(limit)
    )
    return list(found)


def new_holder() -> uuid.UUID:
    """Name one worker's hold on one lane."""
    return new_id()
