"""An open page of a person is told when their talk grows, on every channel, and an ordinary turn costs no more."""

import asyncio
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi import FastAPI

from tests.at_work import AtWork
from tests.signed_in import sign_in
from tests.talking import Speaker
from waitingroom import messages
from waitingroom.hubs import Hub

pytestmark = pytest.mark.anyio


@pytest.fixture
async def claimed(sam: AtWork, waiting_person: Speaker) -> dict[str, Any]:
    assert waiting_person.turns
    return await sam.claims_the_first()


@contextmanager
def counted() -> Iterator[list[uuid.UUID]]:
    """Note for which talks the statement that tells pages is sent."""
    told: list[uuid.UUID] = []
    sends = messages.tell_grown

    async def noted(session: Any, *, conversation_id: uuid.UUID) -> None:
        told.append(conversation_id)
        await sends(session, conversation_id=conversation_id)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "tell_grown", noted)
        yield told


async def test_a_page_is_told_within_a_second_of_what_either_of_the_two_writes(
    app: FastAPI, sam: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    talk = waiting_person.turns[-1].conversation_id
    async with app.state.live.watching(talk) as grown:
        await asyncio.sleep(0)
        grown.clear()
        await waiting_person.says("Are you there?")
        await asyncio.wait_for(grown.wait(), 2)
        grown.clear()
        await sam.post(f"/handoffs/{claimed['id']}/messages", json={"text": "I am."})
        await asyncio.wait_for(grown.wait(), 2)


async def test_a_turn_of_the_bot_sends_no_statement_more(waiting_person: Speaker) -> None:
    with counted() as told:
        await waiting_person.says("menu", "MY DATA", "back")
    assert told == []


async def test_a_turn_beside_a_link_worker_tells_once(waiting_person: Speaker, claimed: dict[str, Any]) -> None:
    assert claimed
    with counted() as told:
        await waiting_person.says("Are you there?")
    assert told == [waiting_person.turns[-1].conversation_id]


async def test_only_the_newest_page_of_someone_with_a_hand_off_listens(
    app: FastAPI, claimed: dict[str, Any]
) -> None:
    async with await sign_in(app, "Sam") as desk:
        page = (await desk.get(f"/staff/handoffs/{claimed['id']}")).text
    assert f'data-live="/staff/handoffs/{claimed["id"]}/events"' in page
    assert '<ol class="timeline" id="talk">' in page
    assert page.count("data-entry") == page.count('<li data-entry class="entry ')


async def test_nobody_of_another_hub_and_nobody_unknown_can_listen(app: FastAPI, claimed: dict[str, Any]) -> None:
    path = f"/staff/handoffs/{claimed['id']}/events"
    async with app.state.house.database.transaction() as session:
        hub = Hub(name="Nelson", areas=[], created_at=app.state.house.clock.now())
        session.add(hub)
        await session.flush()
        await session.driver.execute("UPDATE conversation SET hub_id = $1", hub.id)
    async with await sign_in(app, "Olu", hub="Burnley") as olu:
        assert (await olu.get(path)).status_code == 404
        assert (await olu.get(f"/staff/handoffs/{uuid.uuid4()}/events")).status_code == 404
        olu.cookies.clear()
        assert (await olu.get(path)).status_code == 303
