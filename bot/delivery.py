"""Delivery: what is due leaves in order, with no transaction open while a provider is called."""

import asyncio
import random
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from bot import giving_up
from bot.channels.channel import (
    LONGEST_ASKED,
    LOST,
    Accepted,
    GoOtherWayError,
    RefusedByProviderError,
    Sending,
    TroubleError,
    TryLaterError,
    name_of,
)
from bot.desk import Desk
from bot.messages import Reply
from waitingroom import circuits, holds, outbox, reach
from waitingroom.database import Session
from waitingroom.messages import Status
from waitingroom.outbox import Lane, Letter, NotYet, Rules, Sent
from waitingroom.slots import Slots

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=5)
TRIES = 70
"""About four hours of trying, as long as GOV.UK Notify tries, before a message is a dead letter."""
NO_WAIT = timedelta(0)
AT_ONCE = NotYet(NO_WAIT)

Clock = Callable[[], datetime]
Watch = Callable[[Letter], AbstractContextManager[object]]
"""What looks on while a letter is with its provider, for figures and traces: it sees what is raised."""


def unwatched(_letter: Letter) -> AbstractContextManager[object]:
    """Look away."""
    return nullcontext()


@dataclass(frozen=True)
class Delivery:
    """Empties lanes. `clock` is read anew for each message: a lane may take minutes."""

    desk: Desk
    clock: Clock
    slots: Slots
    """of the limits all workers share"""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    """once set, the message in hand is the last: its lane is another worker's at once"""
    watch: Watch = unwatched
    _in_hand: dict[uuid.UUID, bool] = field(default_factory=dict)
    """the lanes this one empties now, and whether somebody asked for that again meanwhile"""

    async def deliver(self, conversation_id: uuid.UUID) -> timedelta | None:
        """Send one conversation's messages in order. Returns after how long to look again, None when all went."""
        if conversation_id in self._in_hand:
            self._in_hand[conversation_id] = True
            return None
        try:
            return await self._empty(conversation_id)
        finally:
            self._in_hand.pop(conversation_id, None)

    async def _empty(self, conversation_id: uuid.UUID) -> timedelta | None:
        """Send what there is, and look once more where someone asked meanwhile."""
        lane = Lane(conversation_id, outbox.new_holder())
        while True:
            self._in_hand[conversation_id] = False
            async with self.desk.database.transaction() as session:
                letter = await self._next(session, lane)
            while isinstance(letter, Letter):
                letter = await self._send(letter, lane)
            if letter is not None:
                return letter.after
            if not self._in_hand[conversation_id]:
                return None

    async def _next(self, session: Session, lane: Lane) -> Letter | NotYet | None:
        if self.stopping.is_set():
            await outbox.let_go(session, lane)
            return AT_ONCE
        return await outbox.take(session, lane, self._rules, now=self.clock())

    async def _send(self, letter: Letter, lane: Lane) -> Letter | NotYet | None:
        """Send one message, record what came of it, and take the next in the same transaction."""
        try:
            accepted = await self.hand_over(letter)
        except TroubleError as trouble:
            async with self.desk.database.transaction() as session:
                await self.record_trouble(session, letter, trouble)
                return await self._next(session, lane)
        async with self.desk.database.transaction() as session:
            sent = Sent(letter.message_id, letter.channel, accepted.provider_id, self.clock())
            await outbox.record_sent(session.driver, sent)
            if not self.slots.troubled(letter.channel):
                return await self._next(session, lane)
            await circuits.mend(session.driver, [letter.channel])
        async with self.desk.database.transaction() as session:
            return await self._next(session, lane)

    async def hand_over(self, letter: Letter) -> Accepted:
        """Give one message to its provider; no transaction is open. Raises a TroubleError."""
        with self.watch(letter):
            return await self.desk.channels[letter.channel].send(_sending(letter, self.clock()))

    @cached_property
    def _rules(self) -> Rules:
        channels = self.desk.channels.items()
        return Rules(
            limits={name: channel.limits for name, channel in channels},
            caps={name: channel.cap for name, channel in channels if channel.cap is not None},
            slots=self.slots,
            zone=self.desk.service.zone,
        )

    async def record_trouble(self, session: Session, letter: Letter, trouble: TroubleError) -> None:
        """Record that a message did not go, and close the way where the trouble says that nobody is there."""
        if isinstance(trouble, GoOtherWayError) and await self._divert(session, letter, trouble):
            return
        self._note_trouble(session, letter, trouble)
        status, wait = _judge(letter, trouble)
        await outbox.record_trouble(
            session,
            message_id=letter.message_id,
            status=status,
            problem=name_of(type(trouble)),
            next_try_at=self.clock() + wait if wait else None,
            maybe_sent=trouble.maybe_sent,
            now=self.clock(),
        )
        if type(trouble) in LOST:
            state = LOST[type(trouble)]
            await reach.lose(session, contact_id=letter.contact_id, state=state, now=self.clock())
        elif status is not Status.QUEUED:
            await giving_up.give_up(session, self.desk, message_id=letter.message_id, now=self.clock())

    def _note_trouble(self, session: Session, letter: Letter, trouble: TroubleError) -> None:
        """Count a trouble that tells something of the provider, where a limit that all share can hold it back."""
        if not isinstance(trouble, TryLaterError) or isinstance(trouble, GoOtherWayError) or trouble.alone:
            return
        if any(limit.key == letter.channel for limit in self.desk.channels[letter.channel].limits):
            self.slots.had_trouble(letter.channel)
            number, asked = letter.message_id, min(trouble.after or NO_WAIT, circuits.LONGEST_PAUSE)
            circuits.note(session, channel=letter.channel, letter=number, asked=asked, now=self.clock())

    async def _divert(self, session: Session, letter: Letter, trouble: GoOtherWayError) -> bool:
        """Send a message by the channel the trouble names, where the person wrote to us on it themselves."""
        channel = self.desk.channels.get(trouble.channel)
        if channel is None:
            return False
        segments = channel.segments(Reply.recalled(letter.said))
        return await holds.divert(
            session, message_id=letter.message_id, channel=channel.name, segments=segments, now=self.clock()
        )


def _sending(letter: Letter, now: datetime) -> Sending:
    return Sending(
        address=letter.address,
        reply=Reply.recalled(letter.said),
        message_id=letter.message_id,
        attempt=letter.attempts,
        heard_at=letter.heard_at,
        at=now,
    )


def _judge(letter: Letter, trouble: TroubleError) -> tuple[Status, timedelta | None]:
    if isinstance(trouble, RefusedByProviderError):
        return Status.FAILED, None
    if letter.attempts >= TRIES:
        return Status.DEAD, None
    asked = trouble.after if isinstance(trouble, TryLaterError) else None
    if asked and not isinstance(trouble, GoOtherWayError):
        asked = min(asked, LONGEST_ASKED)
    return Status.QUEUED, asked or _backoff(letter.attempts)


def _backoff(attempts: int) -> timedelta:
    """Wait longer each time, with full jitter so that a thousand messages do not come back at once."""
    most: timedelta = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
    return most * random.uniform(0.5, 1.0)  # noqa: S311 -- spreads load, guards nothing
