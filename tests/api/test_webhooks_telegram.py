"""Telegram's door, served for real, with a simulated Telegram on the other side of it."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api import webhooks_telegram
from api.app import create_app
from api.house import default_channels
from api.settings import Settings
from bot import arrivals
from bot.channels.telegram import PATH, TELEGRAM
from bot.channels.telegram.channel import Telegram
from bot.desk import Desk
from bot.messages import Arrival, Inbound
from tests.conftest import serve
from tests.fakes.bot_api import TOKEN, BotApi
from tests.fakes.bot_api_people import Person
from tests.fakes.provider import Answer
from waitingroom.database import Database

pytestmark = pytest.mark.anyio
SECRET = "a-long-random-word"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
COUNTED = ("conversation", "message", "contact", "raw_letter")


@dataclass
class Door:
    """The served application, and Telegram outside it."""

    url: str
    telegram: BotApi
    database: Database

    async def post(self, body: bytes, headers: Mapping[str, str | bytes] | None = None) -> httpx2.Response:
        known = {HEADER: SECRET} if headers is None else headers
        async with httpx2.AsyncClient(trust_env=False) as web:
            return await web.post(f"{self.url}{PATH}", content=body, headers=dict(known))  # type: ignore[arg-type]

    async def rows(self) -> dict[str, int]:
        """How much is kept."""
        async with self.database.transaction() as session:
            return {
                name: (await session.run(text(f"SELECT count(*) FROM {name}"))).scalar_one() for name in COUNTED
            }

    async def one(self, query: str) -> Any:
        async with self.database.transaction() as session:
            return (await session.run(text(query))).scalar_one()


@pytest.fixture(scope="module", autouse=True)
def _reading_is_loaded() -> None:
    import_module(webhooks_telegram.READING)


@pytest.fixture
def telegram() -> Iterator[BotApi]:
    with BotApi() as api:
        yield api


@pytest.fixture(autouse=True)
def _nobody_has_a_second_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """People here answer at once: without this each of their talks would be held to a message a second."""
    monkeypatch.setenv("WAITINGROOM_TELEGRAM_PER_CHAT", "1000")
    monkeypatch.setenv("WAITINGROOM_TELEGRAM_PER_SECOND", "1000")


@pytest.fixture
def door(telegram: BotApi, settings: Settings, database: Database) -> Iterator[Door]:
    yield from opened(telegram, settings, database, secret=SECRET)


@pytest.fixture
def ann(telegram: BotApi, door: Door) -> Person:
    ann: Person = telegram.person()
    return ann


def opened(
    telegram: BotApi, settings: Settings, database: Database, *, secret: str | None, token: str | None = TOKEN
) -> Iterator[Door]:
    known = settings.model_copy(
        update={
            "telegram_token": SecretStr(token) if token else None,
            "telegram_secret": SecretStr(secret) if secret is not None else None,
            "telegram_api": telegram.url,
        }
    )
    channel = Telegram(TOKEN, telegram.url)
    app = create_app(known, demo=True, channels={**default_channels(), TELEGRAM: channel})
    living = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with living(app) as state:
            yield state
        await channel.close()

    app.router.lifespan_context = lifespan
    if not any(getattr(route, "path", "") == PATH for route in app.routes):
        app.include_router(webhooks_telegram.router)
    for url in serve(app):
        telegram.webhook(f"{url}{PATH}", secret)
        yield Door(url, telegram, database)


def hello(number: int = 1) -> bytes:
    ann = {"id": 5001, "is_bot": False, "first_name": "Ann"}
    message = {"message_id": number, "date": 1795428000, "chat": ann | {"type": "private"}, "from": ann}
    return json.dumps({"update_id": 70 + number, "message": message | {"text": "hello"}}).encode()


async def answered(person: Person, count: int) -> str:
    """Wait for the bot's message number `count`; returns its words."""
    await person.api.reached(lambda: len(person.sees) >= count)
    return person.sees[count - 1].text


async def test_someone_refers_themselves_by_telegram_with_buttons_and_with_words(ann: Person, door: Door) -> None:
    ann.presses_start()
    await answered(ann, 1)
    for number, say in enumerate(("For me", "72", "Yes", "Ann", "BB9 7AA"), 2):
        if ann.last.buttons:
            ann.taps(ann.last, say)
        else:
            ann.says(say)
        await answered(ann, number)
    assert ann.last.buttons[-1] == "Done"
    lonely = next(label for label in ann.last.buttons if label.startswith("4 "))
    ann.taps(ann.last, lonely)
    await ann.api.reached(lambda: f"\u2713 {lonely}" in ann.last.buttons)
    await ann.api.reached(lambda: not ann.spinning)
    ann.taps(ann.last, "Done")
    await answered(ann, 7)
    for number, say in enumerate(("Company in the evenings", "here", "any", "yes"), 8):
        ann.says(say)
        await answered(ann, number)
    assert "reference" in " ".join(ann.texts).lower()
    assert await door.one("SELECT count(*) FROM referral") == 1
    assert ann.api.refused_replies == []
    assert not ann.spinning


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET + "x"},
        {HEADER: SECRET.upper()},
        {HEADER: "s\u00e9cret".encode("latin-1")},
        {"Authorization": SECRET},
    ],
)
async def test_whoever_does_not_know_the_secret_is_turned_away_and_nothing_is_written(
    door: Door, headers: Mapping[str, str | bytes]
) -> None:
    before = await door.rows()
    for body in (hello(), b"{", b""):
        assert (await door.post(body, headers)).status_code == 403
    assert await door.rows() == before


@pytest.mark.parametrize(("secret", "token"), [(None, TOKEN), ("", TOKEN), (SECRET, None)])
async def test_without_a_secret_or_a_bot_the_door_is_not_there(
    telegram: BotApi, settings: Settings, database: Database, secret: str | None, token: str | None
) -> None:
    for door in opened(telegram, settings, database, secret=secret, token=token):
        before = await door.rows()
        for headers in ({}, {HEADER: ""}, {HEADER: SECRET}, {HEADER: "None"}):
            assert (await door.post(hello(), headers)).status_code == 404
        assert await door.rows() == before


async def test_only_a_post_opens_the_door(door: Door) -> None:
    async with httpx2.AsyncClient(trust_env=False) as web:
        assert (await web.get(f"{door.url}{PATH}", headers={HEADER: SECRET})).status_code == 405


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xfe", b'{"update_id": 1, "message": {"text": "low"}}'])
async def test_what_cannot_be_read_is_kept_for_a_person_to_look_at_and_never_sent_again(
    door: Door, body: bytes
) -> None:
    before = await door.rows()
    for _ in range(2):
        answer = await door.post(body)
        assert (answer.status_code, answer.content) == (200, b"")
    assert await door.rows() == before | {"raw_letter": before["raw_letter"] + 1}


async def test_a_body_too_long_for_any_update_is_not_read(door: Door) -> None:
    before = await door.rows()
    assert (await door.post(b"x" * 300_000)).status_code == 413
    assert await door.rows() == before


async def test_an_update_delivered_again_and_again_is_heard_once(door: Door) -> None:
    for _ in range(3):
        assert (await door.post(hello())).status_code == 200
    assert await door.one("SELECT count(*) FROM message WHERE author = 'person'") == 1


async def test_everything_told_twice_ends_as_if_told_once(ann: Person, door: Door) -> None:
    ann.api.answers(next=[Answer.TELLS_TWICE] * 3)
    ann.presses_start()
    await answered(ann, 1)
    ann.taps(ann.last, "For me")
    await answered(ann, 2)
    ann.says("72")
    await answered(ann, 3)
    ann.api.settle()
    assert await door.one("SELECT count(*) FROM message WHERE author = 'person'") == 3
    assert len(ann.sees) == 3


async def test_while_the_database_is_away_telegram_is_asked_to_come_again_and_nothing_is_lost(
    ann: Person, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def take(desk: Desk, arrival: Arrival) -> Any:
        tries.append(arrival)
        if len(tries) == 1:
            raise OperationalError("SELECT 1", {}, ConnectionError())
        return await real(desk, arrival)

    real = arrivals.take
    monkeypatch.setattr(arrivals, "take", take)
    ann.presses_start()
    await answered(ann, 1)
    ann.api.settle()
    assert [post.status for post in ann.api.updates.posts] == [503, 200]
    assert len(ann.sees) == 1


async def test_telegram_is_told_when_to_come_again(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def take(_desk: Desk, _arrival: Arrival) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(arrivals, "take", take)
    answer = await door.post(hello())
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)


async def test_a_message_that_can_never_be_taken_does_not_stand_in_the_way_of_the_next(
    ann: Person, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def take(desk: Desk, arrival: Arrival) -> Any:
        if isinstance(arrival, Inbound) and arrival.text == "poison":
            raise ZeroDivisionError
        return await real(desk, arrival)

    real = arrivals.take
    monkeypatch.setattr(arrivals, "take", take)
    before = await door.rows()
    ann.says("poison")
    ann.says("hello")
    await answered(ann, 1)
    assert {post.status for post in ann.api.updates.posts} == {200}
    assert (await door.rows())["raw_letter"] == before["raw_letter"] + 1


async def test_someone_who_blocks_the_bot_gets_no_more_until_they_let_it_in_again(ann: Person, door: Door) -> None:
    ann.presses_start()
    await answered(ann, 1)
    ann.blocks_bot()
    ann.api.settle()
    state = f"SELECT state FROM contact WHERE channel = '{TELEGRAM}'"
    assert await door.one(state) == "stopped"
    ann.unblocks_bot()
    ann.api.settle()
    assert await door.one(state) == "open"


async def test_a_voice_note_is_to_be_kept_for_the_link_worker_and_the_person_is_told(
    ann: Person, door: Door
) -> None:
    ann.presses_start()
    await answered(ann, 1)
    ann.sends_voice(4)
    assert "cannot listen" in await answered(ann, 2)
    assert await door.one("SELECT kind || ' ' || seconds FROM attachment") == "voice 4"


async def test_in_a_group_the_bot_says_why_it_leaves_and_nothing_is_kept(ann: Person, door: Door) -> None:
    before = await door.rows()
    group = ann.api.group()
    group.brings_bot_in(by=ann)
    await ann.api.reached(lambda: any(call.method == "leaveChat" for call in ann.api.calls))
    (why,) = group.sees
    assert "one person at a time" in why.text
    assert await door.rows() == before
