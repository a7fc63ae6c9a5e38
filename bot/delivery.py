"""Delivery: what is due leaves in order, with no transaction open while a provider is called."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.channels.channel import (
    BadAddressError,
    MaybeSentError,
    RefusedByProviderError,
    StoppedByPersonError,
    TroubleError,
    TryLaterError,
)
from bot.desk import Desk
from bot.messages import Reply
from waitingroom import conversations, outbox
from waitingroom.conversations import ContactState
from waitingroom.messages import Status
from waitingroom.outbox import Letter, NotYet

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)
TRIES = 70
"""About four hours of trying, as long as GOV.UK Notify tries, before a message is a dead letter."""
LANE_TAKEN = timedelta(seconds=1)

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Delivery:
    """Empties lanes. `clock` is read anew for each message: a lane may take minutes."""

    desk: Desk
    clock: Clock

    async def deliver(self, conversation_id: uuid.UUID) -> timedelta | None:
        """Send one conversation's messages in order. Returns after how long to look again, None when all went."""
        holder = outbox.new_holder()
        while True:
            letter = await self._next(conversation_id, holder)
            if letter is None:
                return None
            if isinstance(letter, NotYet):
                return letter.after
            await self._send(letter)

    async def _next(self, conversation_id: uuid.UUID, holder: uuid.UUID) -> Letter | NotYet | None:
        now = self.clock()
        limits = {name: channel.limits for name, channel in self.desk.channels.items()}
        async with self.desk.database.transaction() as session:
            held = await outbox.hold_lane(session, conversation_id=conversation_id, holder=holder, now=now)
            if not held:
                return NotYet(LANE_TAKEN)
            letter = await outbox.next_letter(session, conversation_id=conversation_id, limits=limits, now=now)
            if not isinstance(letter, Letter):
                await outbox.leave_lane(session, conversation_id=conversation_id, holder=holder)
            return letter

    async def _send(self, letter: Letter) -> None:
        channel = self.desk.channels[letter.channel]
        try:
            accepted = await channel.send(letter.address, Reply.recalled(letter.said), attempt=letter.attempts)
        except TroubleError as trouble:
            await self._record_trouble(letter, trouble)
            return
        async with self.desk.database.transaction() as session:
            await outbox.record_sent(
                session,
                message_id=letter.message_id,
                channel=letter.channel,
                provider_id=accepted.provider_id,
                now=self.clock(),
            )

    async def _record_trouble(self, letter: Letter, trouble: TroubleError) -> None:
        status, wait = _judge(letter, trouble)
        async with self.desk.database.transaction() as session:
            await outbox.record_trouble(
                session,
                message_id=letter.message_id,
                status=status,
                problem=type(trouble).__name__.removesuffix("Error"),
                next_try_at=self.clock() + wait if wait else None,
                maybe_sent=trouble.maybe_sent,
            )
            if isinstance(trouble, StoppedByPersonError):
                await conversations.set_contact(session, contact_id=letter.contact_id, state=ContactState.STOPPED)
            if isinstance(trouble, BadAddressError):
                await conversations.set_contact(
                    session, contact_id=letter.contact_id, state=ContactState.UNREACHABLE
                )


def _judge(letter: Letter, trouble: TroubleError) -> tuple[Status, timedelta | None]:
    if isinstance(trouble, RefusedByProviderError):
        return Status.FAILED, None
    if letter.attempts >= TRIES:
        return Status.DEAD, None
    asked = trouble.after if isinstance(trouble, TryLaterError | MaybeSentError) else None
    return Status.QUEUED, asked or _backoff(letter.attempts)


def _backoff(attempts: int) -> timedelta:
    """Wait longer each time, with full jitter so that a thousand messages do not come back at once."""
    most: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    return most * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load, guards nothing
