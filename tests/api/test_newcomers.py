"""Open pages of the queue are told who came: of their own hub only; and the more pages, the further apart they ask."""

import asyncio
import json
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from api.console import events
from api.live import LATEST, QUEUE
from tests.at_work import refers_themselves
from tests.signed_in import hub_called, sign_in
from waitingroom import hubs
from waitingroom.handoffs import QUEUE_CHANGED

pytestmark = pytest.mark.anyio


@pytest.fixture
async def home(app: FastAPI) -> None:
    """A hub that everyone who comes lives in."""
    async with app.state.house.database.transaction() as session:
        await hubs.add(session, name="Nelson", areas=["BB9"], now=app.state.house.clock.now())
    return


async def heard(app: FastAPI, hub: str | None) -> dict[str, Any]:
    """Follow the queue as staff of a hub, until someone came; what the page is told."""
    house = app.state.house
    async with house.database.transaction() as session:
        hub_id = await hub_called(session, house.clock, hub) if hub else None
    of_staff = SimpleNamespace(caller=SimpleNamespace(hub_id=hub_id))
    news = events.events(SimpleNamespace(app=app), of_staff)  # type: ignore[arg-type]
    waits = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0.05)
    await refers_themselves(app)
    told = await asyncio.wait_for(waits, 5)
    await news.aclose()  # type: ignore[attr-defined]
    return dict(told.data)


async def test_a_page_is_told_who_came_and_how_urgent(app: FastAPI, home: None) -> None:
    told = await heard(app, "Nelson")
    [one] = told["came"]
    assert one["urgency"] == "Routine"
    assert told["spread"] == 0
    async with await sign_in(app, "Sam", hub="Nelson") as sam:
        page = (await sam.get("/staff")).text
    assert one["reference"] in page
    assert f'id="row-{one["id"]}"' in page


async def test_a_page_of_another_hub_is_told_nothing_of_them(app: FastAPI, home: None) -> None:
    assert (await heard(app, "Burnley"))["came"] == []


async def test_many_pages_ask_one_after_the_other(app: FastAPI, home: None) -> None:
    line = app.state.live
    crowd = [line.watching(QUEUE) for _page in range(29)]
    for page in crowd:
        await page.__aenter__()
    told = await heard(app, None)
    assert told["spread"] == (30 - 10) * 20
    for page in crowd:
        await page.__aexit__(None, None, None)


async def test_a_page_that_was_told_of_a_crowd_knows_the_last_of_them(app: FastAPI) -> None:
    line = app.state.live
    before = line.changes
    payload = {"id": "", "new": True, "urgency": 2, "hub": None, "reference": None}
    for _one in range(LATEST + 10):
        line._queue_changed(None, 0, QUEUE_CHANGED, json.dumps(payload | {"id": str(uuid.uuid4())}))
    assert len(line.came_since(before)) == LATEST
    assert line.came_since(line.changes) == []
