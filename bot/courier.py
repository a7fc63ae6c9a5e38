"""The courier: what a turn said leaves at once, in the process that took the turn, when the turn is committed."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.channels.channel import TroubleError
from bot.delivery import Delivery
from bot.recorder import Recorder
from waitingroom import outbox, queue, rates
from waitingroom.outbox import LEASE, Letter, Sent
from waitingroom.rates import Limit

MOST = 48
"""Letters one process has on their way at once. What is more goes by a worker, so that others are served."""
CALL = timedelta(seconds=26)
"""Longer than any provider's call may take: a letter with less of its lease left does not leave."""
LAST_WORDS = 10.0
"""Seconds a process that ends waits for what is on its way."""

Way = tuple[list[int], list[str], list[timedelta], list[timedelta]]
"""What stands before a letter in this process, and its contact's own limits, as outbox.AT_ONCE takes them."""


@dataclass
class _Lane:
    """One conversation's letters on their way, in order. `stopped`: one had trouble, those behind it go back."""

    users: int = 0
    ahead: list[int] = field(default_factory=list)
    stopped: bool = False
    order: asyncio.Lock = field(default_factory=asyncio.Lock)


class Errand:
    """One turn's chance to have its answer sent at once: it has a slot of the limits everyone shares."""

    def __init__(self, lanes: dict[uuid.UUID, _Lane], limits: tuple[Limit, ...]) -> None:
        """Take the lanes of the courier, and the limits of the channel."""
        self._lanes, self._limits = lanes, limits
        self.conversation_id: uuid.UUID | None = None
        self.letter: Letter | None = None

    def way(self, conversation_id: uuid.UUID, contact_id: uuid.UUID) -> Way | None:
        """Join a conversation's lane; None where it is stopped."""
        lane = self._lanes.setdefault(conversation_id, _Lane())
        if lane.stopped:
            return None
        lane.users += 1
        self.conversation_id = conversation_id
        return lane.ahead.copy(), *rates.asked(outbox.own_limits(self._limits, contact_id))

    def takes(self, letter: Letter) -> None:
        """Take the letter that was begun in the turn's own transaction."""
        self.letter = letter


class Courier:
    """Sends letters as soon as they are committed, each conversation's in order, with no queue between.

    A letter is begun in the turn's own transaction, under a lease, as a worker would begin it: where this process
    dies, a worker finds it when the lease is over, and marks that it may come twice. Each is recorded before the
    next one of its conversation leaves: so at most one comes twice, and in its place. What cannot leave at once
    is a worker's.
    """

    def __init__(
        self, delivery: Delivery, recorder: Recorder, on_trouble: Callable[[BaseException], None]
    ) -> None:
        """Take what sends, what records, and who is told of what went wrong here."""
        self._delivery = delivery
        self._recorder = recorder
        self._on_trouble = on_trouble
        self._lanes: dict[uuid.UUID, _Lane] = {}
        self._going: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def errand(self, channel: str, *, now: datetime) -> AsyncIterator[Errand | None]:
        """Lend an errand for one turn, None where there is no room. Its letter leaves when the block ends well."""
        limits = self._delivery.desk.channels[channel].limits
        if len(self._going) >= MOST or await self._delivery.slots.take_each(limits, now=now):
            yield None
            return
        errand, went = Errand(self._lanes, limits), False
        try:
            yield errand
            went = self._go(errand)
        finally:
            if not went:
                self._delivery.slots.give_back(limits)
                if errand.conversation_id is not None:
                    self._leave(errand.conversation_id)

    async def close(self) -> None:
        """Wait for what is on its way; what takes too long is a worker's when its lease is over."""
        if self._going:
            _, late = await asyncio.wait(self._going, timeout=LAST_WORDS)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)

    def _go(self, errand: Errand) -> bool:
        if errand.letter is None or errand.conversation_id is None:
            return False
        self._lanes[errand.conversation_id].ahead.append(errand.letter.message_id)
        task = asyncio.create_task(self._carry(errand.conversation_id, errand.letter))
        self._going.add(task)
        task.add_done_callback(self._going.discard)
        return True

    async def _carry(self, conversation_id: uuid.UUID, letter: Letter) -> None:
        lane = self._lanes[conversation_id]
        try:
            async with lane.order:
                sent = await self._send(conversation_id, lane, letter)
                if sent is not None:
                    await self._recorder.record(
                        sent, others=len(self._going) > 1, mends=self._delivery.slots.troubled(sent.channel)
                    )
        except Exception as error:  # noqa: BLE001 -- whatever it is, the lease ends and a worker sends it
            lane.stopped = True
            self._on_trouble(error)
        finally:
            lane.ahead.remove(letter.message_id)
            self._leave(conversation_id)

    async def _send(self, conversation_id: uuid.UUID, lane: _Lane, letter: Letter) -> Sent | None:
        """Send one letter, or leave it to a worker. Returns what is to be recorded, None where nothing is."""
        delivery = self._delivery
        late = delivery.clock() + CALL > letter.heard_at + LEASE
        if lane.stopped or late:
            lane.stopped = True
            async with delivery.desk.database.transaction() as session:
                await outbox.put_back(session, message_id=letter.message_id, now=delivery.clock())
                await queue.poke(session, conversation_id)
            return None
        try:
            accepted = await delivery.hand_over(letter)
        except TroubleError as trouble:
            lane.stopped = True
            async with delivery.desk.database.transaction() as session:
                await delivery.record_trouble(session, letter, trouble)
                await queue.poke(session, conversation_id)
            return None
        return Sent(letter.message_id, letter.channel, accepted.provider_id, delivery.clock())

    def _leave(self, conversation_id: uuid.UUID) -> None:
        lane = self._lanes[conversation_id]
        lane.users -= 1
        if not lane.users:
            del self._lanes[conversation_id]
