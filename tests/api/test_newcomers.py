"""Pages of the queue are told who came: of their own hub only; and the more pages, the further apart they ask."""

import asyncio
import json
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI

from api.console import events
from api.live import LATEST, QUEUE, Change
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


async def heard(app: FastAPI, hub: str | None, patience: float = 5) -> dict[str, Any]:
    """Follow the queue as staff of a hub, until someone came; what the page is told."""
    house = app.state.house
    async with house.database.transaction() as session:
        hub_id = await hub_called(session, house.clock, hub) if hub else None
    of_staff = SimpleNamespace(caller=SimpleNamespace(staff_id=uuid.uuid4(), hub_id=hub_id))
    news = events.events(SimpleNamespace(app=app), of_staff)  # type: ignore[arg-type]
    waits = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0.05)
    await refers_themselves(app)
    told = await asyncio.wait_for(waits, patience)
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


async def test_a_page_of_another_hub_is_told_nothing_and_asks_nothing(app: FastAPI, home: None) -> None:
    with pytest.raises(TimeoutError):
        await heard(app, "Burnley", patience=0.5)


async def test_someone_of_another_hub_is_told_of_whom_they_picked_up(app: FastAPI) -> None:
    mine, here, there = (uuid.uuid4() for _one in range(3))
    one = Change(uuid.uuid4(), hub_id=there, owner_id=mine)
    assert one.seen_by(mine, here)
    assert one.seen_by(uuid.uuid4(), None)
    assert not one.seen_by(uuid.uuid4(), here)
    assert Change(uuid.uuid4(), hub_id=None, owner_id=None).seen_by(mine, here)


async def test_a_page_looks_where_nobody_knows_what_changed(app: FastAPI, home: None) -> None:
    line = app.state.live
    of_staff = SimpleNamespace(caller=SimpleNamespace(staff_id=uuid.uuid4(), hub_id=uuid.uuid4()))
    news = events.events(SimpleNamespace(app=app), of_staff)  # type: ignore[arg-type]
    waits = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0.05)
    line._tell_all()
    told = await asyncio.wait_for(waits, 5)
    assert told.data["came"] == []
    await news.aclose()  # type: ignore[attr-defined]


async def test_many_pages_ask_one_after_the_other(app: FastAPI, home: None) -> None:
    line = app.state.live
    crowd = [line.watching(QUEUE) for _page in range(29)]
    for page in crowd:
        await page.__aenter__()
    told = await heard(app, None)
    assert told["spread"] == (30 - 10) * 20
    for page in crowd:
        await page.__aexit__(None, None, None)


async def test_a_page_that_missed_a_crowd_knows_that_it_did(app: FastAPI) -> None:
    line = app.state.live
    before = line.changes
    payload = {"id": "", "new": True, "urgency": 2, "hub": None, "owner": None, "reference": None}
    for number in range(LATEST + 10):
        line._queue_changed(None, 0, QUEUE_CHANGED, json.dumps(payload | {"id": str(uuid.uuid4())}))
        if number < LATEST:
            assert len(line.since(before)) == number + 1
    assert line.since(before) is None
    assert list(line.since(line.changes)) == []
