"""Someone whose own key is gone: their pages say so kindly, and every list still shows them and the others."""

import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from api.house import House
from tests.at_desk_forms import press
from tests.at_work import joins, refers_themselves, someone
from tests.signed_in import sign_in
from waitingroom import caseload, handoffs, staff
from waitingroom.handoffs import Handoff
from waitingroom.people import UNREADABLE
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
BOB = ("hello", "me", "44", "yes", "Bob Marsh", "BB9 8AA", "4", "My garden", "here", "any", "yes")


@pytest.fixture
async def sam(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with await sign_in(app, "Sam") as client:
        yield client


@pytest.fixture
async def lost(app: FastAPI, sam: httpx2.AsyncClient) -> tuple[Handoff, uuid.UUID]:
    """Ann, whose key is gone, and her id. Sam has her, as he has Bob, and both have tasks and help."""
    ann, bob = await refers_themselves(app), someone(app)
    await bob.says(*BOB)
    await ann.says("complaint", "You rang me at work")
    house: House = app.state.house
    async with house.database.transaction() as session:
        worker = await staff.welcome(session, name="Sam", now=house.clock.now())
        pat = await staff.welcome(session, name="Pat", now=house.clock.now())
        held = [
            await handoffs.of_conversation(session, conversation_id=who.turns[-1].conversation_id)
            for who in (bob, ann)
        ]
        for one in held:
            await caseload.pick_up(
                session, handoff=one, staff_id=worker.id, version=one.version, now=house.clock.now()
            )
    for one in held:
        page = f"/staff/handoffs/{one.id}"
        await press(sam, page, f"{page}/to-dos", words="Send the leaflet", due_on="2099-01-05")
        await press(sam, page, f"{page}/helps", helper=str(pat.id), kind="call", why="A lift")
    async with house.database.transaction() as session:
        talk = held[-1].conversation_id
        person = await session.driver.fetchval("SELECT person_id FROM conversation WHERE id = $1", talk)
        await session.driver.execute("DELETE FROM own_key WHERE owner_id = ANY($1)", [talk, person])
    return held[-1], person


async def test_their_pages_say_that_they_can_no_longer_be_read_and_what_to_do(
    sam: httpx2.AsyncClient, lost: tuple[Handoff, uuid.UUID]
) -> None:
    handoff, person = lost
    for path in (f"people/{person}", f"handoffs/{handoff.id}", f"handoffs/{handoff.id}/pack"):
        page = await sam.get(f"/staff/{path}")
        assert page.status_code == 410
        assert "This can no longer be read" in page.text
        assert "Do not call them" in page.text
        assert "must be deleted again" in page.text


@pytest.mark.parametrize("path", ["/staff/caseload", "/staff/tasks", "/staff/search?q=Ann", "/staff/search?q=Bob"])
async def test_a_list_shows_them_without_a_name_and_the_others_with_theirs(
    sam: httpx2.AsyncClient, lost: tuple[Handoff, uuid.UUID], path: str
) -> None:
    page = await sam.get(path)
    assert page.status_code == 200
    assert (UNREADABLE in page.text) is not path.endswith("Bob")
    assert ("Bob Marsh" in page.text) is not path.endswith("Ann")


async def test_the_queue_warns_against_contacting_them(
    sam: httpx2.AsyncClient, lost: tuple[Handoff, uuid.UUID]
) -> None:
    page = await sam.get("/staff?tab=mine")
    assert page.text.count("can no longer be read. Do not contact them.") == 1
    assert page.text.count("Write in this chat only.") == 1


async def test_whoever_helps_them_still_sees_the_others(app: FastAPI, lost: tuple[Handoff, uuid.UUID]) -> None:
    async with await sign_in(app, "Pat") as pat:
        page = await pat.get("/staff/help")
    assert page.status_code == 200
    assert f"A call for {UNREADABLE}" in page.text
    assert "A call for Bob Marsh" in page.text


async def test_no_list_of_a_lead_fails_because_of_them(app: FastAPI, lost: tuple[Handoff, uuid.UUID]) -> None:
    places = ("matches", "complaints", "records", "audit", "caseload", "reports/waits", "reports/quarterly")
    async with await sign_in(app, "Lee", Role.LEAD) as lee:
        for path in places:
            assert (await lee.get(f"/staff/{path}")).status_code == 200, path


async def test_programs_are_told_that_it_is_our_fault(app: FastAPI, lost: tuple[Handoff, uuid.UUID]) -> None:
    program = await joins(app, "Kit")
    assert (await program.get(f"/people/{lost[1]}")).status_code == 500
