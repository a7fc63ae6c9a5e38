"""Arrivals: whatever comes in by a channel is taken here, each in one transaction."""

import asyncio
from weakref import WeakValueDictionary

from bot.channels.channel import LOST, name_of
from bot.desk import Desk
from bot.messages import Arrival, Inbound, Receipt, Returned, Stopped, Unreadable
from bot.turn import Turn, take_turn
from waitingroom import letters, messages, reach
from waitingroom.conversations import ContactState

CLOSED = {name_of(trouble): state for trouble, state in LOST.items()}
"""What a receipt's problem says of the way we tried to reach someone."""


_at_the_door: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
"""Who is being heard in this process. A lock lets people in first come, first served; locked rows need not."""


async def take(desk: Desk, arrival: Arrival) -> Turn | None:
    """Take what arrived: it is committed when this returns. A message gives a turn, all else None.

    Messages of one chat that come at the same moment are heard in the order they came.
    """
    match arrival:
        case Inbound():
            async with _at_the_door.setdefault((arrival.channel, arrival.address), asyncio.Lock()):
                return await take_turn(desk, arrival)
        case Stopped() | Returned():
            await _reach(desk, arrival)
        case Receipt():
            await _receipt(desk, arrival)
        case Unreadable(channel, raw, problem, at):
            async with desk.database.transaction() as session:
                await letters.keep_raw(session, channel=channel, raw=raw, problem=problem, now=at)
    return None


async def _reach(desk: Desk, arrival: Stopped | Returned) -> None:
    async with desk.database.transaction() as session:
        contact_id = await reach.contact_at(session, channel=arrival.channel, address=arrival.address)
        if contact_id is None:
            return
        if isinstance(arrival, Stopped):
            await reach.lose(session, contact_id=contact_id, state=ContactState.STOPPED, now=arrival.at)
        else:
            await reach.regain(session, contact_id=contact_id, now=arrival.at)


async def _receipt(desk: Desk, told: Receipt) -> None:
    async with desk.database.transaction() as session:
        contact_id = await messages.receipt(
            session,
            message_id=told.message_id,
            channel=told.channel,
            provider_id=told.provider_id,
            status=told.status,
            problem=told.problem,
            now=told.at,
        )
        if contact_id is not None and told.problem in CLOSED:
            await reach.lose(session, contact_id=contact_id, state=CLOSED[told.problem], now=told.at)
