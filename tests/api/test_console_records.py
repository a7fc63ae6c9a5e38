"""The console's pages of matches, complaints, requests, copies and legal holds, as staff use them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from httpx2 import Response

from api.house import House
from tests.at_work import refers_themselves, someone
from tests.signed_in import sign_in
from tests.talking import SHORTEST_REFERRAL
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
AGAIN = ("hello", "me", "72", "yes", "Ann", "BB9 7AA", "4", "My rent <b>now</b>", "here", "any", "yes")
LINK = re.compile(r'href="(/staff/(?:matches|complaints|data-requests|people)/[0-9a-f-]{36})"')
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@pytest.fixture
async def lee(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    """A lead, signed in."""
    async with await sign_in(app, "Lee", Role.LEAD) as client:
        yield client


async def send(client: httpx2.AsyncClient, page: Response, action: str, **fields: str) -> Response:
    """Send the form of a page whose address ends in `action`."""
    found = re.search(rf'<form action="([^"]*{action})".*?</form>', page.text, re.DOTALL)
    assert found is not None, page.text
    hidden = dict(HIDDEN.findall(found.group()))
    return await client.post(found.group(1), data=hidden | fields, headers={"Sec-Fetch-Site": "same-origin"})


async def open_first(client: httpx2.AsyncClient, path: str) -> Response:
    """Open the first thing a page leads to."""
    page = await client.get(path)
    assert page.status_code == 200, page.text
    found = LINK.search(page.text)
    assert found is not None, page.text
    return await client.get(found.group(1))


async def test_two_are_seen_side_by_side_joined_and_parted_again(app: FastAPI, lee: httpx2.AsyncClient) -> None:
    first, second = someone(app), someone(app)
    second.now += timedelta(minutes=10)
    await first.says(*SHORTEST_REFERRAL)
    await second.says(*AGAIN)
    page = await open_first(lee, "/staff/matches")
    assert "Company in the evenings" in page.text
    assert "My rent &lt;b&gt;now&lt;/b&gt;" in page.text
    assert "part them again for 30 days" in page.text
    done = await send(lee, page, "/join", reach="earlier")
    assert done.status_code == 303, done.text
    assert "They are one now." in (await lee.get(done.headers["location"])).text
    stale = await send(lee, page, "/keep-apart")
    assert stale.status_code in {404, 409}
    listed = await lee.get("/staff/matches")
    assert "Nobody to decide about" in listed.text
    parted = await send(lee, listed, "/part")
    assert parted.status_code == 303, parted.text
    assert (await send(lee, listed, "/part")).status_code == 303, "the same form again is the same deed"
    again = await send(lee, listed, "/part", once="another")
    assert again.status_code == 409
    assert "cannot be parted any more" in again.text


async def test_a_form_of_another_site_joins_nobody(app: FastAPI, lee: httpx2.AsyncClient) -> None:
    first, second = someone(app), someone(app)
    await first.says(*SHORTEST_REFERRAL)
    await second.says(*AGAIN)
    page = await open_first(lee, "/staff/matches")
    where = re.search(r'action="([^"]*/join)"', page.text)
    assert where is not None
    answer = await lee.post(where.group(1), data={"tag": "*", "reach": "earlier", "token": "guess"})
    assert answer.status_code == 403
    assert "Nobody to decide about" not in (await lee.get("/staff/matches")).text


async def test_a_complaint_is_acknowledged_answered_and_closed(app: FastAPI, lee: httpx2.AsyncClient) -> None:
    person = someone(app)
    await person.says("hello", "complaint", "You rang me at <work>")
    listed = await lee.get("/staff/complaints")
    assert "days left" in listed.text
    assert "rang me" not in listed.text
    page = await open_first(lee, "/staff/complaints")
    assert "You rang me at &lt;work&gt;" in page.text
    assert (await send(lee, page, "/acknowledge")).status_code == 303
    stale = await send(lee, page, "/answer", text="We are sorry.")
    assert stale.status_code == 412
    assert "Something changed" in stale.text
    assert "We are sorry." in stale.text, "what was typed is kept"
    page = await open_first(lee, "/staff/complaints")
    empty = await send(lee, page, "/answer", text="  ")
    assert empty.status_code == 422
    unanswered = await send(lee, page, "/close", outcome="upheld")
    assert unanswered.status_code == 409
    assert "Answer the complaint before" in unanswered.text
    assert (await send(lee, page, "/answer", text="We are sorry.")).status_code == 303
    page = await open_first(lee, "/staff/complaints")
    assert (await send(lee, page, "/close")).status_code == 422
    assert (await send(lee, page, "/close", outcome="upheld")).status_code == 303
    assert "None just now" in (await lee.get("/staff/complaints")).text
    assert "C " in (await lee.get("/staff/complaints?ended=true")).text


async def test_a_wish_to_be_deleted_is_met_from_its_page_and_a_hold_stops_it(
    app: FastAPI, lee: httpx2.AsyncClient
) -> None:
    person = await refers_themselves(app)
    await person.says("delete", "72, BB9 7AA", "yes")
    house: House = app.state.house
    async with house.database.transaction() as session:
        who = await session.driver.fetchval("SELECT id FROM person")
        await session.driver.execute("UPDATE handoff SET status = 'closed'")
    copy = await lee.get(f"/staff/people/{who}/record")
    assert "Company in the evenings" in copy.text
    short = await send(lee, copy, "/legal-holds", reason="why")
    assert short.status_code == 422
    assert (await send(lee, copy, "/legal-holds", reason="A letter from a solicitor")).status_code == 303
    page = await open_first(lee, "/staff/complaints")
    held = await send(lee, page, "/end", outcome="deleted", text="Done.")
    assert held.status_code == 409
    assert "legal hold" in held.text
    records = await lee.get("/staff/records")
    assert "A letter from a solicitor" in records.text
    assert "8 years" in records.text
    assert (await send(lee, records, "/lift")).status_code == 303
    assert (await send(lee, page, "/end", outcome="deleted", text="All done.", once="another")).status_code == 303
    assert (await lee.get(f"/staff/people/{who}/record")).status_code == 404


async def test_who_has_not_shown_a_code_lately_is_asked_before_a_hold(app: FastAPI) -> None:
    await refers_themselves(app)
    house: House = app.state.house
    async with house.database.transaction() as session:
        who = await session.driver.fetchval("SELECT id FROM person")
    async with await sign_in(app, "Lou", Role.LEAD, proved=False) as lou:
        copy = await lou.get(f"/staff/people/{who}/record")
        asked = await send(lou, copy, "/legal-holds", reason="A letter from a solicitor")
        assert "Is it you?" in asked.text
    async with house.database.transaction() as session:
        assert await session.driver.fetchval("SELECT count(*) FROM legal_hold") == 0


async def test_a_link_worker_has_no_copies_and_an_admin_no_complaints(app: FastAPI) -> None:
    await refers_themselves(app)
    house: House = app.state.house
    async with house.database.transaction() as session:
        who = await session.driver.fetchval("SELECT id FROM person")
    async with await sign_in(app, "Sam") as sam:
        assert (await sam.get(f"/staff/people/{who}/record")).status_code == 403
        assert (await sam.get("/staff/records")).status_code == 403
    async with await sign_in(app, "Ada", Role.ADMIN) as ada:
        for path in ("/staff/complaints", "/staff/matches"):
            assert (await ada.get(path)).status_code == 403
