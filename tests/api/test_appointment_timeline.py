"""Appointments in a person's timeline: each of their moments, in words, in the API and on the page."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from api.house import House
from tests.at_work import API, AtWork
from tests.signed_in import sign_in
from tests.talking import Speaker

pytestmark = pytest.mark.anyio


async def offered(app: FastAPI, sam: AtWork, *, place: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    house: House = app.state.house
    claimed = await sam.claims_the_first()
    day = house.clock.now().replace(hour=11, minute=0, second=0, microsecond=0)
    starts = [(day + timedelta(days=one)).isoformat() for one in (3, 4)]
    body = {"starts": starts, "way": "call", "place": place}
    made = await sam.post(f"/handoffs/{claimed['id']}/appointments", json=body)
    assert made.status_code == 201, made.text
    return claimed, made.json()


async def answers(app: FastAPI, who: Speaker, words: str) -> None:
    """Someone answers, now."""
    who.now = app.state.house.clock.now()
    await who.says(words)


async def moments(sam: AtWork, claimed: dict[str, Any]) -> list[dict[str, Any]]:
    """What the timeline says of appointments, oldest first; the story must say the very same."""
    path = f"/people/{claimed['person_id']}/timeline?kind=appointment"
    paged = list(reversed((await sam.get(path)).json()["entries"]))
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    assert [one for one in story["timeline"] if one["type"] == "appointment"] == paged
    return paged


async def begins(app: FastAPI) -> None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        began = house.clock.now() - timedelta(minutes=40)
        await session.driver.execute("UPDATE appointment SET starts_at = $1 WHERE starts_at IS NOT NULL", began)


@pytest.mark.parametrize(("end", "told"), [("kept", "Kept: a call on "), ("missed", "Missed: a call on ")])
async def test_an_appointment_is_told_when_offered_when_taken_and_when_it_ended(
    app: FastAPI, sam: AtWork, waiting_person: Speaker, end: str, told: str
) -> None:
    claimed, made = await offered(app, sam, place="The library")
    (only,) = await moments(sam, claimed)
    assert (only["step"], only["status"], only["by"]) == ("offered", "offered", "Sam")
    assert only["text"].startswith("Offered a call of 30 minutes: ")
    assert only["text"].count("11am") == 2
    assert "library" not in only["text"]
    await answers(app, waiting_person, "1")
    await begins(app)
    assert (await sam.post(f"/appointments/{made['id']}/{end}", version=2)).status_code == 200
    told_of = {one["step"]: one for one in await moments(sam, claimed)}
    taken, ended = told_of["taken"], told_of["settled"]
    assert told_of["offered"] == only
    assert taken["text"].startswith("They took a call on ")
    assert taken["text"].endswith("30 minutes. Where: The library")
    assert (ended["status"], ended["step"]) == (end, "settled")
    assert ended["text"].startswith(told)


async def test_one_that_was_moved_is_told_apart_from_one_that_was_cancelled(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    claimed, made = await offered(app, sam)
    await answers(app, waiting_person, "2")
    day = (app.state.house.clock.now() + timedelta(days=6)).isoformat()
    body = {"starts": [day], "way": "video"}
    moved = (await sam.post(f"/appointments/{made['id']}/move", version=2, json=body)).json()
    told = [one["text"] for one in await moments(sam, claimed)]
    assert sum(one.startswith("Moved: a call on ") for one in told) == 1
    assert not any(one.startswith("Cancelled") for one in told)
    await sam.post(f"/appointments/{moved['id']}/cancel", version=1)
    told = [one["text"] for one in await moments(sam, claimed)]
    assert "Cancelled by staff: a video call" in told


async def test_one_that_was_declined_or_called_off_says_who_did_it(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    claimed, _made = await offered(app, sam)
    await answers(app, waiting_person, "3")
    *_before, last = await moments(sam, claimed)
    assert last["text"] == "None of the times for a call suited them"


async def test_a_timeline_with_appointments_is_paged_one_by_one_and_nothing_is_told_twice(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    claimed, made = await offered(app, sam)
    await answers(app, waiting_person, "1")
    await sam.post(f"/appointments/{made['id']}/cancel", version=2)
    whole = (await sam.get(f"/people/{claimed['person_id']}/timeline?limit=200")).json()["entries"]
    at, pages = f"/people/{claimed['person_id']}/timeline?limit=1", []
    while at:
        page = (await sam.get(at.removeprefix(API))).json()
        pages += page["entries"]
        at = page["next"]
    assert pages == whole
    assert sum(one["type"] == "appointment" for one in whole) == 3


async def test_the_page_of_a_person_shows_their_appointments_in_words(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    claimed, made = await offered(app, sam)
    await answers(app, waiting_person, "1")
    async with await sign_in(app, "Sam") as desk:
        page = (await desk.get(f"/staff/handoffs/{claimed['id']}")).text
    assert f'id="appointment-{made["id"]}-offered"' in page
    assert "Appointment with Sam" in page
    assert "They took a call on " in page
