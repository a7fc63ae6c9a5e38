"""What is too much is turned away kindly: people last, never an existing talk, and always with whom to call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI, HTTPException
from sqlmodel import col, select
from starlette.requests import Request

from api.limits import address_of, is_proxy
from api.places import Places
from api.settings import Settings
from api.shedding import SHARES
from bot import tidying
from tests.conftest import running
from tests.signed_in import sign_in
from waitingroom.database import Database
from waitingroom.rates import Rate

pytestmark = pytest.mark.anyio
PAGE = {"accept": "text/html"}
SCRIPT = {"accept": "application/json"}
STRANGER = "203.0.113.9"


@pytest.fixture
async def house(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    """The application with room for eight requests, and for four new chats an hour from one address."""
    from api.app import create_app

    narrow = {"most_in_hand": 8, "new_chats_an_hour": 4, "door_burst": 20, "door_per_second": 1.0, "most_live": 4}
    app = create_app(settings.model_copy(update=narrow), demo=True, work=False)
    async with running(app):
        yield app


@asynccontextmanager
async def comes_from(app: FastAPI, address: str = STRANGER) -> AsyncIterator[httpx2.AsyncClient]:
    way = httpx2.ASGITransport(app=app, client=(address, 1))
    async with httpx2.AsyncClient(transport=way, base_url="http://test") as client:
        yield client


async def writes(client: httpx2.AsyncClient, words: str, *, headers: dict[str, str] = SCRIPT) -> httpx2.Response:
    return await client.post("/chat/messages", data={"text": words}, headers=headers)


def full(app: FastAPI, kind: str = "doing") -> None:
    app.state.crowd.in_hand = int(app.state.crowd.most * SHARES[kind])


async def test_a_message_too_many_is_answered_with_whom_to_call_and_nothing_is_asked_of_the_records(
    house: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.state.house.database, "transaction", None)
    full(house)
    async with comes_from(house) as ann:
        by_script = await writes(ann, "I need someone")
        by_form = await writes(ann, "I need someone", headers=PAGE)
        looks = await ann.get("/", headers=PAGE)
    assert by_script.status_code == by_form.status_code == looks.status_code == 503
    assert by_script.headers["content-type"] == "application/problem+json"
    for answer in (by_script, by_form, looks):
        assert 1 <= int(answer.headers["retry-after"]) <= 10
        for number in ("999", "116 123"):
            assert number in answer.text
    assert "I need someone" in by_form.text
    assert "content-security-policy" in looks.headers
    assert house.state.crowd.in_hand == 8


async def test_pages_are_turned_away_before_words_and_words_before_what_providers_bring(house: FastAPI) -> None:
    async with comes_from(house) as ann:
        full(house, "looking")
        assert (await ann.get("/chat", headers=PAGE)).status_code == 503
        assert (await writes(ann, "hello")).status_code == 200
        full(house, "doing")
        assert (await writes(ann, "hello again")).status_code == 503
        assert (await ann.post("/webhooks/twilio", content=b"")).status_code == 403
        full(house, "providers")
        assert (await ann.post("/webhooks/twilio", content=b"")).status_code == 503
        assert (await ann.get("/livez")).status_code == 200
        house.state.crowd.in_hand = 0
        assert (await ann.get("/chat", headers=PAGE)).status_code == 200
    assert house.state.crowd.in_hand == 0


async def test_what_is_in_hand_is_counted_down_whatever_comes_of_it(
    house: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with comes_from(house) as ann:
        await ann.get("/nowhere")
        monkeypatch.setattr("api.webchat.take", None)
        assert (await writes(ann, "hello")).status_code == 500
    assert house.state.crowd.in_hand == 0


async def test_a_library_may_begin_its_chats_and_those_begun_go_on_whatever_the_number(house: FastAPI) -> None:
    async with comes_from(house) as ann:
        assert (await writes(ann, "hello")).status_code == 200
        for _ in range(3):
            async with comes_from(house) as other:
                assert (await writes(other, "hello")).status_code == 200
        async with comes_from(house) as late:
            refused = await writes(late, "I want to kill myself")
            assert refused.status_code == 429
            assert "116 123" in refused.json()["detail"]
            assert int(refused.headers["retry-after"]) <= 15 * 60
            shown = await writes(late, "I want to kill myself", headers=PAGE)
            assert shown.status_code == 429
            assert "I want to kill myself" in shown.text
            by_code = await late.post("/chat/continue", data={"text": "ABCD EFGH"}, headers=PAGE)
            assert "Many codes were tried" in by_code.text
        assert (await writes(ann, "me")).status_code == 200
    async with comes_from(house, "203.0.113.10") as elsewhere:
        assert (await writes(elsewhere, "hello")).status_code == 200


async def test_a_place_is_remembered_unreadably_and_forgotten_within_the_hour_or_two(house: FastAPI) -> None:
    async with comes_from(house) as ann:
        await writes(ann, "hello")
    desk, now = house.state.house.desk, house.state.house.clock.now()
    async with desk.database.transaction() as session:
        (key,) = [one for one in (await session.exec(select(col(Rate.key)))) if one.startswith("new:")]
    assert STRANGER not in key
    assert await tidying.forget_doors(desk, now=now) == 0
    assert await tidying.forget_doors(desk, now=now + timedelta(hours=1)) == 1


async def test_a_proxy_that_does_not_say_whom_it_asks_for_shuts_nobody_out(house: FastAPI) -> None:
    for _ in range(6):
        async with comes_from(house, "127.0.0.1") as somebody:
            assert (await writes(somebody, "hello")).status_code == 200


async def test_a_flood_from_one_address_is_held_back_but_not_its_neighbours_talk(house: FastAPI) -> None:
    async with comes_from(house) as ann, comes_from(house) as flood:
        await writes(ann, "hello")
        found = [(await flood.get("/", headers=PAGE)).status_code for _ in range(30)]
        assert found[:15] == [200] * 15
        assert found[-5:] == [429] * 5
        assert (await writes(ann, "me")).status_code == 200
        refused = await flood.get("/chat", headers=PAGE)
        assert "retry-after" in refused.headers
        assert "116 123" in refused.text


async def test_live_pages_have_places_each_chat_a_few_and_all_a_number(house: FastAPI) -> None:
    places = Places(4)
    with places.one(b"ann", most=3), places.one(b"ann", most=3), places.one(b"ann", most=3):
        with pytest.raises(HTTPException) as one_more, places.one(b"ann", most=3):
            pass
        assert one_more.value.status_code == 429
        with places.one(b"mo", most=3):
            with pytest.raises(HTTPException) as full_up, places.one(b"priya", most=3):
                pass
            assert full_up.value.status_code == 503
    with places.one(b"ann", most=1):
        pass
    assert not places._taken


async def test_a_chat_open_in_too_many_windows_is_told_to_ask_now_and_then(house: FastAPI) -> None:
    async with comes_from(house) as ann:
        await writes(ann, "hello")
        taken = house.state.places._taken
        lines = [asyncio.create_task(ann.get("/chat/live")) for _ in range(3)]
        async with asyncio.timeout(10):
            while taken.total() < 3:  # noqa: ASYNC110 -- what the process counts is what is watched
                await asyncio.sleep(0.01)
        refused = await ann.get("/chat/live")
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "30"
        assert (await ann.get("/chat/since")).status_code == 200
        house.state.live.stop()
        await asyncio.gather(*lines)
    assert not taken


async def test_staff_with_too_many_open_pages_are_told_so(house: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.places.A_SESSION", 0)
    async with await sign_in(house, "Sam") as sam:
        assert (await sam.get("/staff/events")).status_code == 429


def test_all_of_a_household_is_one_address_and_two_households_are_two() -> None:
    def named(host: str) -> bytes:
        return address_of(Request({"type": "http", "client": (host, 1), "headers": []}))

    assert named("2001:db8:1:2::1") == named("2001:db8:1:2:ffff::9")
    assert named("2001:db8:1:2::1") != named("2001:db8:1:3::1")
    assert named("::ffff:203.0.113.9") == named("203.0.113.9")
    assert named("203.0.113.9") != named("203.0.113.10")


def test_whoever_comes_by_a_socket_of_this_machine_is_a_proxy() -> None:
    assert is_proxy(Request({"type": "http", "client": None, "headers": []}))
