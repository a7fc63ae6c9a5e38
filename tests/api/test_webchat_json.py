"""What the chat page's script is told, and what comes to it live."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx2
import psycopg
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import text

from api import webchat

pytestmark = pytest.mark.anyio

JSON = {"accept": "application/json"}


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here.test") as client:
        yield client


async def test_the_script_is_told_only_what_is_new(web: httpx2.AsyncClient) -> None:
    first = (await web.post("/chat/messages", data={"text": "hello"}, headers=JSON)).json()["messages"]
    assert [line["author"] for line in first] == ["person", "bot", "bot", "bot", "bot"]
    assert first[-1]["options"] == [[1, "For me"], [2, "For someone else"]]
    assert first[-1]["asks"] == "for_whom"
    form = {"choice": "1. For me", "answering": "for_whom"}
    second = (await web.post("/chat/messages", data=form, headers=JSON)).json()["messages"]
    assert second[0]["text"] == "For me"
    assert "How old are you?" in second[1]["text"]
    assert len(second) == 2
    assert first[-1]["id"] < second[0]["id"] < second[1]["id"]


async def test_what_the_script_was_given_counts_as_delivered(app: FastAPI, web: httpx2.AsyncClient) -> None:
    await web.post("/chat/messages", data={"text": "hello"}, headers=JSON)
    async with app.state.house.database.transaction() as session:
        found = await session.run(text("SELECT DISTINCT status FROM message WHERE author = 'bot'"))
        assert list(found.scalars()) == ["delivered"]


async def test_the_script_that_sends_again_gets_the_answer_it_missed(web: httpx2.AsyncClient) -> None:
    form = {"text": "hello", "message_id": "one"}
    first = (await web.post("/chat/messages", data=form, headers=JSON)).json()["messages"]
    again = (await web.post("/chat/messages", data=form, headers=JSON)).json()["messages"]
    assert [line["id"] for line in again] == [line["id"] for line in first]


async def test_the_script_is_told_in_plain_words_what_is_wrong(web: httpx2.AsyncClient) -> None:
    answer = await web.post("/chat/messages", data={"text": ""}, headers=JSON)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "nothing in the box" in answer.json()["detail"]


async def test_the_script_is_told_when_to_try_again_while_the_records_are_away(
    web: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(webchat, "take_turn", away)
    answer = await web.post("/chat/messages", data={"text": "hello"}, headers=JSON)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_nobody_can_follow_a_talk_that_is_not_theirs(web: httpx2.AsyncClient) -> None:
    assert (await web.get("/chat/live")).status_code == 404
    assert (await web.get("/chat/live", headers={"cookie": "chat=guess"})).status_code == 404


async def test_an_open_page_is_let_go_when_the_service_stops(app: FastAPI, web: httpx2.AsyncClient) -> None:
    told = (await web.post("/chat/messages", data={"text": "hello"}, headers=JSON)).json()["messages"]
    async with app.state.house.database.transaction() as session:
        talk = (await session.run(text("SELECT id FROM conversation"))).scalar_one()
    request = Request({"type": "http", "app": app})
    coming = webchat.live(request, app.state.house, talk, 0, "")
    assert [(await anext(coming)).id for _ in told] == [str(line["id"]) for line in told]
    app.state.live.stop()
    async with asyncio.timeout(5):
        assert [event async for event in coming] == []


@contextmanager
def talking(served: str) -> Iterator[tuple[httpx2.Client, int]]:
    """Someone who has said hello to the real server, and the last message they saw."""
    with httpx2.Client(base_url=served, timeout=10) as web:
        told = web.post("/chat/messages", data={"text": "hello"}, headers=JSON).json()["messages"]
        yield web, told[-1]["id"]


def events(stream: httpx2.Response) -> Iterator[tuple[int, dict[str, object]]]:
    number = 0
    data = ""
    for line in stream.iter_lines():
        if line.startswith("id: "):
            number = int(line[4:])
        elif line.startswith("data: "):
            data = line[6:]
        elif not line and data:
            yield number, json.loads(data)
            data = ""


def wake(database_url: str) -> None:
    """Tell open pages that every conversation has grown, as a new message does."""
    with psycopg.connect(database_url, autocommit=True) as records:
        records.execute("SELECT pg_notify('waitingroom_grown', id::text) FROM conversation")


@pytest.mark.usefixtures("anyio_backend")
def test_what_is_said_elsewhere_comes_to_an_open_page(served: str, database_url: str) -> None:
    with talking(served) as (web, last), web.stream("GET", f"/chat/live?after={last}") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        web.post("/chat/messages", data={"text": "me"}, headers=JSON)
        wake(database_url)
        coming = events(stream)
        number, whose = next(coming)
        assert (whose["author"], whose["text"]) == ("person", "me")
        assert number == whose["id"] > last
        _, age = next(coming)
        assert str(age["text"]).startswith("How old are you?")


@pytest.mark.usefixtures("anyio_backend")
def test_a_page_that_lost_the_line_is_told_what_it_missed_and_nothing_twice(served: str) -> None:
    with talking(served) as (web, last):
        told = web.post("/chat/messages", data={"text": "me"}, headers=JSON).json()["messages"]
        with web.stream("GET", "/chat/live?after=0", headers={"last-event-id": str(last)}) as stream:
            coming = events(stream)
            assert [next(coming)[0], next(coming)[0]] == [line["id"] for line in told]


@pytest.mark.usefixtures("anyio_backend")
@pytest.mark.parametrize("odd", ["", "x", "-1", "9" * 5000, "1; DROP TABLE message"])
def test_an_odd_last_event_id_counts_as_none(served: str, odd: str) -> None:
    with (
        talking(served) as (web, last),
        web.stream("GET", f"/chat/live?after={last - 1}", headers={"last-event-id": odd}) as stream,
    ):
        assert next(events(stream))[0] == last
