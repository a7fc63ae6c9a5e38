"""The console's pages of a link worker's work: tasks, caseload, search and help, as forms without a script."""

import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import text

from api.house import House
from tests.at_desk_forms import press
from tests.signed_in import sign_in
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import caseload, consents, handoffs
from waitingroom.consents import Purpose, Recipient
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
ATTACK = "<script>alert(1)</script>"


@pytest.fixture
async def sam(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with await sign_in(app, "Sam") as client:
        yield client


@pytest.fixture
async def ann(app: FastAPI, sam: httpx2.AsyncClient) -> Speaker:
    """Ann, whom Sam has picked up."""
    assert sam
    return await picked_up(app, "Sam")


async def picked_up(app: FastAPI, name: str, *, said: tuple[str, ...] = SHORTEST_REFERRAL) -> Speaker:
    from waitingroom import staff

    house: House = app.state.house
    person = Speaker(house.desk, now=house.clock.now() - timedelta(minutes=30))
    await person.says(*said)
    async with house.database.transaction() as session:
        worker = await staff.welcome(session, name=name, now=house.clock.now())
        held = await handoffs.of_conversation(session, conversation_id=person.turns[-1].conversation_id)
        await caseload.pick_up(
            session, handoff=held, staff_id=worker.id, version=held.version, now=house.clock.now()
        )
    return person


async def handoff_of(app: FastAPI, person: Speaker) -> uuid.UUID:
    async with app.state.house.database.transaction() as session:
        talk = person.turns[-1].conversation_id
        return (await handoffs.of_conversation(session, conversation_id=talk)).id


async def test_a_task_is_added_and_ticked_off_without_a_script(sam: httpx2.AsyncClient) -> None:
    added = await press(sam, "/staff/tasks", "/staff/tasks", words=ATTACK, due_on="2099-01-05")
    assert added.status_code == 303
    page = (await sam.get(added.headers["location"])).text
    assert "It is on your list." in page
    assert ATTACK not in page
    assert "&lt;script&gt;" in page
    (done,) = re.findall(r'action="(/staff/tasks/[^"]+/done)"', page)
    assert (await press(sam, "/staff/tasks", done, version="1")).status_code == 303
    assert done not in (await sam.get("/staff/tasks")).text
    assert (await press(sam, "/staff/tasks", done, version="1")).status_code == 412


@pytest.mark.parametrize(
    ("words", "due_on", "said"), [("", "2026-12-01", "Write what"), ("Ring", "x", "Choose a day")]
)
async def test_a_task_that_lacks_something_is_asked_again_with_what_was_typed(
    sam: httpx2.AsyncClient, words: str, due_on: str, said: str
) -> None:
    again = await press(sam, "/staff/tasks", "/staff/tasks", words=words, due_on=due_on)
    assert again.status_code == 409
    assert said in again.text
    assert f'value="{words}"' in again.text


async def test_a_form_of_another_page_adds_nothing(sam: httpx2.AsyncClient) -> None:
    forged = await sam.post("/staff/tasks", data={"words": "Ring", "due_on": "2026-12-01"})
    assert forged.status_code == 403


async def test_a_task_about_someone_is_set_from_their_page_and_names_them(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    handoff = await handoff_of(app, ann)
    path = f"/staff/handoffs/{handoff}/to-dos"
    assert (
        await press(sam, "/staff/tasks", path, words="Send the leaflet", due_on="2099-01-05")
    ).status_code == 303
    page = (await sam.get("/staff/tasks")).text
    assert "Send the leaflet" in page
    assert ">Ann</a>" in page


async def test_the_caseload_shows_whom_one_has_and_when_they_are_next(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    handoff = await handoff_of(app, ann)
    page = (await sam.get("/staff/caseload")).text
    assert "You have 1 person, weight 1 of 115." in page
    assert "no day set" in page
    assert "To talk through" not in page
    day = await press(sam, "/staff/caseload", f"/staff/handoffs/{handoff}/next-contact", on="2020-01-06")
    assert day.status_code == 303
    weight = await press(sam, "/staff/caseload", f"/staff/handoffs/{handoff}/weight", weight="3", version="2")
    assert weight.status_code == 303
    page = (await sam.get(weight.headers["location"])).text
    assert "Mon 6 Jan 2020" in page
    assert "late" in page
    assert "Weight 3, heavy." in page
    stale = await press(sam, "/staff/caseload", f"/staff/handoffs/{handoff}/weight", weight="1", version="2")
    assert stale.status_code == 412
    assert "Something changed" in stale.text


async def test_someone_is_given_to_a_colleague_from_the_caseload(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    handoff = await handoff_of(app, ann)
    async with await sign_in(app, "Priya") as priya:
        page = (await sam.get("/staff/caseload")).text
        (other,) = re.findall(r'<option value="([0-9a-f-]{36})">Priya<', page)
        path = f"/staff/handoffs/{handoff}/transfer"
        silent = await press(sam, "/staff/caseload", path, to=other, why="", version="2")
        assert silent.status_code == 409
        assert "Write in one line why" in silent.text
        moved = await press(sam, "/staff/caseload", path, to=other, why="Speaks Urdu", version="2")
        assert moved.status_code == 303, moved.text
        assert "Nobody just now." in (await sam.get("/staff/caseload")).text
        assert ">Ann</a>" in (await priya.get("/staff/caseload")).text


async def test_a_full_caseload_asks_once_more_before_someone_is_picked_up(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        told = "INSERT INTO load_cap (staff_id, weight, set_by, set_at) SELECT id, 1, id, :now FROM staff"
        await session.run(text(told), {"now": house.clock.now()})
    other = Speaker(house.desk, now=ann.now)
    await other.says(*SHORTEST_REFERRAL[:4], "Bert", *SHORTEST_REFERRAL[5:])
    page = f"/staff/handoffs/{await handoff_of(app, other)}"
    refused = await press(sam, page, f"{page}/claim", version="1")
    assert refused.status_code == 409
    assert "You have a full caseload: weight 1 of 1" in refused.text
    assert "Pick up all the same" in refused.text
    assert (await press(sam, page, f"{page}/claim", version="1", over_cap="yes")).status_code == 303


async def test_a_note_is_written_by_whoever_has_them_and_by_nobody_else(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    page = f"/staff/handoffs/{await handoff_of(app, ann)}"
    assert (await press(sam, page, f"{page}/notes", private="Likes tea")).status_code == 303
    assert "Add a task about them" in (await sam.get(page)).text
    async with await sign_in(app, "Priya") as priya:
        assert (await press(priya, page, f"{page}/notes", private="Likes milk")).status_code == 403
    assert "Likes milk" not in (await sam.get(page)).text


async def test_a_lead_sees_the_team_and_a_link_worker_does_not(app: FastAPI, sam: httpx2.AsyncClient) -> None:
    assert "What each carries" not in (await sam.get("/staff/caseload")).text
    async with await sign_in(app, "Lou", Role.LEAD) as lou:
        page = (await lou.get("/staff/caseload")).text
    assert "What each carries" in page
    assert re.findall(r'<tr><th scope="row">(\w+)<', page) == ["Lou", "Sam"]


async def test_someone_is_found_on_the_page_and_nobody_by_what_is_no_name(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    assert ann.turns
    page = (await sam.get("/staff/search", params={"q": "ann"})).text
    assert "1 found" in page
    assert "Sam" in page
    page = (await sam.get("/staff/search", params={"q": ATTACK})).text
    assert "Nobody was found" in page
    assert ATTACK not in page
    assert (await sam.get("/staff/search")).status_code == 200
    async with await sign_in(app, "Pat", Role.PROVIDER) as pat:
        assert (await pat.get("/staff/search", params={"q": "ann"})).status_code == 403


async def agrees(app: FastAPI, person: Speaker) -> None:
    async with app.state.house.database.transaction() as session:
        await consents.give(
            session,
            conversation_id=person.turns[-1].conversation_id,
            purpose=Purpose.SHARING,
            recipient=Recipient.SERVICE,
            which="Pat",
            wording="May we tell another service?",
            wording_version="1",
            language="en",
            channel="terminal",
            evidence=1,
            now=person.now,
        )


async def test_help_is_asked_given_and_offered_on_the_pages(
    app: FastAPI, sam: httpx2.AsyncClient, ann: Speaker
) -> None:
    await agrees(app, ann)
    handoff = await handoff_of(app, ann)
    async with await sign_in(app, "Pat", Role.PROVIDER) as pat:
        async with app.state.house.database.transaction() as session:
            told = await session.run(text("SELECT id FROM staff WHERE name = 'Pat'"))
            helper = str(told.scalar_one())
        page = f"/staff/handoffs/{handoff}/help"
        empty = await press(sam, page, f"{page}s", helper=helper, kind="call", why=" ")
        assert empty.status_code == 409
        assert f'<option value="{helper}" selected>' in empty.text
        asked = await press(sam, page, f"{page}s", helper=helper, kind="call", why="A lift")
        assert asked.status_code == 303, asked.text
        page = (await pat.get("/staff/help")).text
        assert "A call for Ann" in page
        assert "Company in the evenings" not in page
        (form,) = set(re.findall(r'action="(/staff/help/[^"]+)"', page))
        help_id = form.rpartition("/")[2]
        yes: Response = await press(pat, "/staff/help", form, said="accept", version="1")
        assert yes.status_code == 303
        offer = await press(pat, "/staff/help", f"/staff/help-offered/{help_id}", kind="piece", why="A leaflet")
        assert offer.status_code == 303
        assert "Pat offers" in (await sam.get("/staff/help")).text
        short = await press(
            pat, "/staff/help", f"/staff/help-given/{help_id}", outcome="", minutes="x", version="2"
        )
        assert short.status_code == 409
        done = await press(
            pat, "/staff/help", f"/staff/help-given/{help_id}", outcome="Went well", minutes="30", version="2"
        )
        assert done.status_code == 303
        assert "A call for Ann" not in (await pat.get("/staff/help")).text
        for path in ("/staff/caseload", "/staff/tasks", f"/staff/handoffs/{handoff}"):
            assert (await pat.get(path)).status_code == 403, path
