"""A worker that waited long for a lane may have found old news of its messages: nothing is sent twice by that."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from api.house import default_channels
from bot.delivery import Delivery
from bot.desk import Desk
from bot.layout import TELEGRAM
from tests.fakes.loopback import NAME, LoopbackChannel
from tests.fakes.provider import Provider, provider_running
from tests.talking import Speaker
from waitingroom import holds, messages, outbox
from waitingroom.messages import Author, Status
from waitingroom.rates import Limit
from waitingroom.slots import Slots

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


async def found_and_then_sent(desk: Desk, provider: Provider) -> tuple[Desk, uuid.UUID, outbox._Unsent]:
    """Have one worker find a message; another sends it before the first one goes on."""
    channel = LoopbackChannel(provider.url, layout=TELEGRAM, limits=(Limit(NAME, 1000, 1000),))
    desk = replace(desk, channels={**default_channels(), NAME: channel})
    jim = Speaker(desk, now=MONDAY, channel=NAME)
    await jim.says("hello")
    talk = jim.turns[0].conversation_id
    async with desk.database.transaction() as session:
        found = await session.driver.fetchrow(outbox._OLDEST, talk, jim.now)
    old_news = outbox._Unsent(*found)
    await Delivery(desk, lambda: jim.now, Slots(desk.database)).deliver(talk)
    return desk, talk, old_news


async def test_what_another_worker_sent_meanwhile_does_not_go_again(desk: Desk) -> None:
    with provider_running() as provider:
        desk, talk, old_news = await found_and_then_sent(desk, provider)
        rules = Delivery(desk, lambda: MONDAY, Slots(desk.database))._rules
        async with desk.database.transaction() as session:
            assert await outbox._begin(session, old_news, rules, MONDAY.replace(minute=5)) is None
        async with desk.database.transaction() as session:
            said = await messages.transcript(session, conversation_id=talk)
        assert [one.status for one in said if one.author is Author.BOT] == [Status.SENT]
        assert len(provider.taken) == 1


async def test_what_another_worker_sent_meanwhile_is_not_held_back_to_go_later(desk: Desk) -> None:
    with provider_running() as provider:
        desk, talk, old_news = await found_and_then_sent(desk, provider)
        async with desk.database.transaction() as session:
            await holds.hold(session, message_id=old_news.id, problem=holds.OVER_SPENDING, until=MONDAY)
        async with desk.database.transaction() as session:
            said = await messages.transcript(session, conversation_id=talk)
        assert [one.status for one in said if one.author is Author.BOT] == [Status.SENT]
