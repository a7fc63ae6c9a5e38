"""Appointments in the staff API: offered, answered in the chat, seen at once, kept or missed in one tap."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from api import calendar_file
from api.calendar_file import Entry
from api.house import House
from tests.at_work import AtWork, refers_themselves
from tests.talking import Speaker
from waitingroom.appointments import Appointment, Status, Way
from waitingroom.columns import new_id

pytestmark = pytest.mark.anyio


def soon(app: FastAPI, *, days: int, hour: int = 11) -> datetime:
    house: House = app.state.house
    day = (house.clock.now() + timedelta(days=days)).astimezone(UTC)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


async def offered(app: FastAPI, sam: AtWork, *days: int) -> tuple[dict[str, object], dict[str, object]]:
    claimed = (await sam.claims((await sam.queue(status="waiting"))[0])).json()
    starts = [soon(app, days=one).isoformat() for one in days or (3, 4)]
    made = await sam.post(f"/handoffs/{claimed['id']}/appointments", json={"starts": starts, "way": "call"})
    assert made.status_code == 201, made.text
    return claimed, made.json()


async def test_an_offer_is_answered_in_the_chat_and_staff_see_it_at_once(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    claimed, made = await offered(app, sam)
    assert (made["status"], made["by"], made["starts_at"]) == ("offered", "Sam", None)
    assert "Sam will call you on" in await waiting_person.says("2")
    (seen,) = (await sam.get(f"/handoffs/{claimed['id']}/appointments")).json()["appointments"]
    assert seen["status"] == "accepted"
    assert datetime.fromisoformat(seen["starts_at"]) == soon(app, days=4)
    (mine,) = (await sam.get("/appointments")).json()["appointments"]
    assert mine["id"] == made["id"]


async def test_only_whoever_has_the_talk_offers_and_times_must_be_ahead(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker
) -> None:
    assert waiting_person.turns
    claimed = await sam.claims_the_first()
    path = f"/handoffs/{claimed['id']}/appointments"
    body = {"starts": [soon(app, days=3).isoformat()], "way": "call"}
    refused = await priya.post(path, json=body)
    assert (refused.status_code, refused.json()["type"].rpartition(":")[2]) == (403, "not-yours")
    past = await sam.post(path, json={**body, "starts": [soon(app, days=-3).isoformat()]})
    assert (past.status_code, past.json()["type"].rpartition(":")[2]) == (409, "not-ahead")
    for wrong in ({"starts": []}, {"starts": ["2026-12-01T10:00"]}, {"minutes": 0}, {"way": "owl"}, {"x": 1}):
        assert (await sam.post(path, json=body | wrong)).status_code == 422, wrong
    far = "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"
    for moment in far:
        assert (await sam.post(path, json={**body, "starts": [moment]})).status_code in {409, 422}


async def test_an_offer_sent_twice_with_one_key_asks_the_person_once(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    assert waiting_person.turns
    claimed = await sam.claims_the_first()
    path, body = (
        f"/handoffs/{claimed['id']}/appointments",
        {"starts": [soon(app, days=3).isoformat()], "way": "call"},
    )
    first = await sam.post(path, json=body, key="one")
    again = await sam.post(path, json=body, key="one")
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    assert sum("Which time suits you" in entry.get("text", "") for entry in story["timeline"]) == 1


async def test_an_appointment_is_changed_only_as_it_was_last_read(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker
) -> None:
    _claimed, made = await offered(app, sam)
    path = f"/appointments/{made['id']}"
    await waiting_person.says("1")
    assert (await sam.post(f"{path}/cancel")).status_code == 428
    assert (await sam.post(f"{path}/cancel", version=1)).status_code == 412
    assert (await priya.post(f"{path}/cancel", version=2)).status_code == 403
    early = await sam.post(f"{path}/kept", version=2)
    assert (early.status_code, early.json()["type"].rpartition(":")[2]) == (409, "not-begun")
    moved = await sam.post(
        f"{path}/move", version=2, json={"starts": [soon(app, days=6).isoformat()], "way": "video"}
    )
    assert (moved.status_code, moved.json()["status"]) == (200, "offered")
    assert "by video" in await waiting_person.says("yes")
    cancelled = await sam.post(f"/appointments/{moved.json()['id']}/cancel", version=2)
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert (await sam.post(f"/appointments/{moved.json()['id']}/missed", version=3)).status_code == 409
    assert (await sam.post(f"/appointments/{new_id()}/cancel", version=1)).status_code == 404


async def test_kept_and_missed_are_one_tap_each(app: FastAPI, sam: AtWork, waiting_person: Speaker) -> None:
    claimed, made = await offered(app, sam)
    await waiting_person.says("1")
    house: House = app.state.house
    async with house.database.transaction() as session:
        began = house.clock.now() - timedelta(minutes=40)
        await session.driver.execute("UPDATE appointment SET starts_at = $1", began)
    both = await asyncio.gather(*(sam.post(f"/appointments/{made['id']}/kept", version=2) for _twice in range(2)))
    assert sorted(one.status_code for one in both) == [200, 412]
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    (noted,) = story["activities"]
    assert (noted["kind"], noted["minutes"]) == ("call", 30)


async def test_a_calendar_file_holds_times_and_a_reference_and_no_name(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    claimed, _made = await offered(app, sam)
    await waiting_person.says("1")
    answer = await sam.get("/appointments/calendar")
    assert answer.headers["content-type"].startswith("text/calendar")
    lines = answer.text.split("\r\n")
    start = soon(app, days=3)
    assert f"DTSTART:{start:%Y%m%dT%H%M%SZ}" in lines
    assert f"DTEND:{start + timedelta(minutes=30):%Y%m%dT%H%M%SZ}" in lines
    reference = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()["referral"]["reference"]
    assert f"SUMMARY:Call {reference}" in lines
    assert "Ann" not in answer.text
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-2:] == ["END:VCALENDAR", ""]


async def test_nobody_sees_the_diary_of_another(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker
) -> None:
    await offered(app, sam)
    await waiting_person.says("1")
    assert (await priya.get("/appointments")).json()["appointments"] == []
    assert "BEGIN:VEVENT" not in (await priya.get("/appointments/calendar")).text


def test_a_calendar_is_folded_and_escaped_as_the_standard_says() -> None:
    now = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    one = Appointment(
        id=new_id(),
        conversation_id=new_id(),
        staff_id=new_id(),
        way=Way.CALL,
        minutes=30,
        offered=[now],
        starts_at=now,
        ends_at=now + timedelta(minutes=30),
        status=Status.CANCELLED,
        made_at=now,
        version=4,
    )
    written = calendar_file.calendar([Entry(one, "a;b,c\\d\né" + "é" * 80)], service="S\r\nX:1", now=now)
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    whole = written.decode().replace("\r\n ", "")
    assert "SUMMARY:Call a\\;b\\,c\\\\d\\né" + "é" * 80 in whole.split("\r\n")
    assert "STATUS:CANCELLED" in whole
    assert "\r\nX:1" not in whole


async def test_two_people_get_no_hour_of_one_worker_twice(app: FastAPI, sam: AtWork) -> None:
    people = [await refers_themselves(app) for _one in range(2)]
    await offered(app, sam, 3)
    await offered(app, sam, 3)
    heard = await asyncio.gather(*(one.says("1") for one in people))
    assert sum("will call you" in said for said in heard) == 1
    assert sum("just gone" in said or "another time" in said for said in heard) == 1
