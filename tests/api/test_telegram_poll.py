"""Telegram without a public address: what people wrote is asked for, and let go of only once it is kept."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from api import telegram_poll
from api.house import House, default_channels, open_house
from api.settings import Settings
from api.telegram_poll import NoTelegramError, poll
from bot import arrivals
from bot.channels.channel import MisconfiguredError, Sending, TryLaterError
from bot.channels.telegram import TELEGRAM
from bot.channels.telegram.channel import Telegram
from bot.desk import Desk
from bot.messages import Arrival, Inbound, Reply, Unreadable
from bot.reading import Option
from tests.conftest import MONDAY
from tests.fakes.bot_api import TOKEN, BotApi
from waitingroom.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def telegram() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[Arrival]:
    """What has been taken, once it is committed."""
    taken: list[Arrival] = []
    real = arrivals.take

    async def take(desk: Desk, arrival: Arrival) -> Any:
        turn = await real(desk, arrival)
        taken.append(arrival)
        return turn

    monkeypatch.setattr(arrivals, "take", take)
    return taken


@asynccontextmanager
async def house_for(telegram: BotApi, settings: Settings, token: str | None = TOKEN) -> AsyncIterator[House]:
    known = settings.model_copy(
        update={"telegram_token": SecretStr(token) if token else None, "telegram_api": telegram.url}
    )
    channels = {**default_channels(), TELEGRAM: Telegram(TOKEN, telegram.url)}
    async with open_house(known, demo=True, channels=channels) as house:
        yield house
        await channels[TELEGRAM].close()  # type: ignore[attr-defined]


@pytest.fixture
async def house(telegram: BotApi, settings: Settings, database: Database) -> AsyncIterator[House]:
    async with house_for(telegram, settings) as house:
        yield house


@asynccontextmanager
async def polling(house: House) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(poll(house, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await task


def words(taken: list[Arrival]) -> list[str]:
    return [arrival.text for arrival in taken if isinstance(arrival, Inbound)]


async def test_what_people_write_is_fetched_without_a_web_address(
    telegram: BotApi, house: House, taken: list[Arrival]
) -> None:
    ann = telegram.person()
    ann.presses_start()
    async with polling(house):
        await telegram.reached(lambda: not telegram.updates.pending)
        ann.says("yes")
        await telegram.reached(lambda: not telegram.updates.pending)
    assert words(taken) == ["hello", "yes"]


async def test_a_message_is_let_go_of_only_once_it_is_kept(
    telegram: BotApi, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool]] = []
    real = arrivals.take

    async def take(desk: Desk, arrival: Arrival) -> Any:
        assert isinstance(arrival, Inbound)
        seen.append((arrival.text, bool(telegram.updates.pending)))
        if len(seen) == 1:
            raise OperationalError("SELECT 1", {}, ConnectionError())
        return await real(desk, arrival)

    monkeypatch.setattr(arrivals, "take", take)
    monkeypatch.setattr(telegram_poll, "FIRST_PAUSE", 0.01)
    telegram.person().presses_start()
    async with polling(house):
        await telegram.reached(lambda: not telegram.updates.pending)
    assert seen == [("hello", True), ("hello", True)]


async def test_options_are_ticked_in_place_and_done_answers(
    telegram: BotApi, house: House, taken: list[Arrival]
) -> None:
    ann = telegram.person()
    ann.presses_start()
    asked = Reply("What?", (Option("a", "Apples"), Option("b", "Bread")), several=True, asks="food")
    await house.desk.channels[TELEGRAM].send(Sending(str(ann.id), asked, 1, 1, MONDAY, MONDAY))
    async with polling(house):
        ann.taps(ann.last, "Bread")
        await telegram.reached(lambda: "\u2713 Bread" in ann.last.buttons and not ann.spinning)
        ann.taps(ann.last, "Done")
        await telegram.reached(lambda: not telegram.updates.pending and not ann.spinning)
    assert words(taken) == ["hello", "2"]


async def test_one_update_that_cannot_be_read_does_not_hold_up_the_next(
    telegram: BotApi, house: House, taken: list[Arrival]
) -> None:
    ann = telegram.person()
    telegram.updates.add_raw(ann.id, {"message": {"text": "where does this come from"}})
    ann.presses_start()
    async with polling(house):
        await telegram.reached(lambda: not telegram.updates.pending)
    assert [type(arrival) for arrival in taken] == [Unreadable, Inbound]


async def test_telegram_out_of_order_for_a_while_is_asked_again(
    telegram: BotApi, house: House, taken: list[Arrival], monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.channels.telegram.polling import Poller

    real, tries = Poller.new_from, []

    async def new_from(self: Poller, offset: int | None) -> list[dict[str, Any]]:
        tries.append(offset)
        if len(tries) <= 2:
            raise TryLaterError
        return await real(self, offset)

    monkeypatch.setattr(Poller, "new_from", new_from)
    monkeypatch.setattr(telegram_poll, "FIRST_PAUSE", 0.01)
    telegram.person().presses_start()
    async with polling(house):
        await telegram.reached(lambda: not telegram.updates.pending)
    assert words(taken) == ["hello"]


async def test_a_telegram_that_cannot_be_reached_is_to_be_asked_later() -> None:
    from bot.channels.telegram.polling import Poller

    async with Poller(TOKEN, "http://127.0.0.1:9") as nowhere:
        with pytest.raises(TryLaterError):
            await nowhere.new_from(None)


async def test_polling_stops_while_it_waits_for_something_new(telegram: BotApi, house: House) -> None:
    async with polling(house):
        await telegram.reached(lambda: telegram.updates._poll is not None)
        began = time.monotonic()
    assert time.monotonic() - began < 5


async def test_polling_beside_a_webhook_is_refused_with_what_to_do(telegram: BotApi, house: House) -> None:
    from bot.channels.telegram.polling import WebhookSetError

    telegram.webhook("https://waiting.example.org/webhooks/telegram", "secret")
    with pytest.raises(WebhookSetError):
        await poll(house, stop=asyncio.Event())
    assert "drop-webhook" in str(WebhookSetError.__doc__)


@pytest.mark.parametrize(
    ("token", "refusal"),
    [(None, NoTelegramError), ("123456789:AAF-another-bots-token", MisconfiguredError), ("x", MisconfiguredError)],
)
async def test_polling_for_a_bot_that_is_not_there_is_refused(
    telegram: BotApi, settings: Settings, database: Database, token: str | None, refusal: type[Exception]
) -> None:
    async with house_for(telegram, settings, token) as house:
        with pytest.raises(refusal):
            await poll(house, stop=asyncio.Event())
