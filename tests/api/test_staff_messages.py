"""Writing in the staff API: looked at first, sent now or later, with templates, and never left unanswered."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from api.house import House
from bot import delivery_words, later
from bot.channels import channel
from bot.channels.twilio import troubles
from tests.at_work import AtWork, refers_themselves
from tests.talking import Speaker
from waitingroom.columns import new_id
from waitingroom.messages import Status

pytestmark = pytest.mark.anyio

LONDON = ZoneInfo("Europe/London")


def day_at(app: FastAPI, days: int, hour: int) -> datetime:
    house: House = app.state.house
    day = house.clock.now().astimezone(LONDON).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), tzinfo=LONDON)


async def texts(app: FastAPI, sam: AtWork, waiting_person: Speaker) -> tuple[str, int]:
    claimed = await sam.claims_the_first()
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    assert waiting_person.turns
    return str(claimed["id"]), len(story["timeline"])


async def test_a_preview_shows_parts_cost_and_warnings_and_keeps_nothing(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    handoff, before = await texts(app, sam, waiting_person)
    path = f"/handoffs/{handoff}/messages/preview"
    seen = await sam.post(path, json={"text": "Hello Ann"}, key="once")
    assert seen.status_code == 200, seen.text
    told = seen.json()
    assert (told["parts"], told["segments"], told["dear"]) == (["Hello Ann"], 0, [])
    story = (await sam.get(f"/handoffs/{handoff}/story")).json()
    assert len(story["timeline"]) == before
    house: House = app.state.house
    async with house.database.transaction() as session:
        rows = await session.driver.fetch("SELECT * FROM idempotent_reply")
        assert all("preview" not in str(dict(row)) for row in rows)
    assert (await sam.post(path, json={"text": ""})).status_code == 422
    assert (await sam.post(f"/handoffs/{new_id()}/messages/preview", json={"text": "x"})).status_code == 404
    await waiting_person.says("STOP")
    assert (await sam.post(path, json={"text": "x"})).status_code == 409


async def test_a_message_for_later_is_listed_changed_cancelled_and_goes(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker
) -> None:
    handoff, before = await texts(app, sam, waiting_person)
    path, send_at = f"/handoffs/{handoff}/messages", day_at(app, 2, 11)
    made = await sam.post(path, json={"text": "How did it go?", "send_at": send_at.isoformat()}, key="k")
    assert made.status_code == 202, made.text
    assert (
        await sam.post(path, json={"text": "How did it go?", "send_at": send_at.isoformat()}, key="k")
    ).json() == (made.json())
    (listed,) = (await sam.get(f"/handoffs/{handoff}/later")).json()["later"]
    assert (listed["text"], listed["status"], listed["by"]) == ("How did it go?", "waiting", "Sam")
    where = f"/later/{listed['id']}"
    put = {"text": "How was it?", "send_at": (send_at + timedelta(hours=1)).isoformat()}

    async def puts(worker: AtWork, version: int | None) -> int:
        head = worker.head | ({"If-Match": f'"{version}"'} if version else {})
        return (await worker.client.put(f"/api/v1{where}", headers=head, json=put)).status_code

    assert [await puts(sam, None), await puts(sam, 7), await puts(priya, 1)] == [428, 412, 403]
    assert await puts(sam, 1) == 200
    assert (await sam.post(f"{where}/cancel", version=1)).status_code == 412
    house: House = app.state.house
    await later.send_later(house.desk, now=send_at.astimezone(UTC))
    assert len((await sam.get(f"/handoffs/{handoff}/story")).json()["timeline"]) == before
    await later.send_later(house.desk, now=(send_at + timedelta(hours=1)).astimezone(UTC))
    last = (await sam.get(f"/handoffs/{handoff}/story")).json()["timeline"][-1]
    assert (last["text"], last["by"], last["status_words"]) == ("How was it?", "Sam", "Sent")
    assert (await sam.post(f"{where}/cancel", version=3)).status_code == 409


async def test_a_message_that_is_cancelled_never_goes(app: FastAPI, sam: AtWork, waiting_person: Speaker) -> None:
    handoff, before = await texts(app, sam, waiting_person)
    send_at = day_at(app, 2, 11)
    made = await sam.post(f"/handoffs/{handoff}/messages", json={"text": "x", "send_at": send_at.isoformat()})
    both = await asyncio.gather(
        *(sam.post(f"/later/{made.json()['id']}/cancel", version=1) for _twice in range(2))
    )
    assert sorted(one.status_code for one in both) == [200, 412]
    house: House = app.state.house
    await later.send_later(house.desk, now=send_at.astimezone(UTC))
    assert len((await sam.get(f"/handoffs/{handoff}/story")).json()["timeline"]) == before


async def test_night_is_refused_with_the_next_hour_named_and_far_times_are_refused(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    handoff, _before = await texts(app, sam, waiting_person)
    path = f"/handoffs/{handoff}/messages"
    night = await sam.post(path, json={"text": "x", "send_at": day_at(app, 2, 22).isoformat()})
    assert (night.status_code, night.json()["type"].rpartition(":")[2]) == (409, "unsafe-hour")
    assert "8am" in night.json()["detail"]
    anyway = {"text": "x", "send_at": day_at(app, 2, 22).isoformat(), "anyway": True}
    assert (await sam.post(path, json=anyway)).status_code == 202
    for far in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", day_at(app, 62, 11).isoformat()):
        assert (await sam.post(path, json={"text": "x", "send_at": far})).status_code in {409, 422}, far
    assert (await sam.post(path, json={"text": "x", "send_at": "2026-12-01T10:00:00"})).status_code == 422


async def test_templates_come_filled_in_for_one_person(app: FastAPI, sam: AtWork, waiting_person: Speaker) -> None:
    handoff, _before = await texts(app, sam, waiting_person)
    plain = (await sam.get("/templates")).json()["templates"]
    assert len(plain) >= 12
    assert "{name}" in plain[0]["text"]
    filled = {one["key"]: one for one in (await sam.get(f"/handoffs/{handoff}/templates")).json()["templates"]}
    assert filled["hello"]["text"].startswith("Hello Ann, this is Sam from Pendle Waiting Room.")
    assert (filled["hello"]["wants"], filled["confirm"]["wants"]) == ([], ["when"])
    assert "{when}" in filled["confirm"]["text"]


async def test_who_waits_for_an_answer_is_listed_until_they_have_it(
    app: FastAPI, sam: AtWork, priya: AtWork
) -> None:
    people = [await refers_themselves(app) for _one in range(2)]
    mine = (await sam.claims((await sam.queue(status="waiting"))[0])).json()
    await priya.claims((await priya.queue(status="waiting"))[0])
    for one in people:
        await one.says("did you find out about the letter")
    assert len((await sam.get("/unanswered")).json()["unanswered"]) == 2
    (line,) = (await sam.get("/unanswered", params={"mine": True})).json()["unanswered"]
    assert (line["handoff_id"], line["claimed_by"], line["stage"]) == (mine["id"], "Sam", "waiting")
    noted = await sam.post(f"/handoffs/{mine['id']}/answered")
    assert noted.json() == {"waited": True}
    assert (await priya.post(f"/handoffs/{mine['id']}/answered")).status_code == 403
    (left,) = (await sam.get("/unanswered")).json()["unanswered"]
    assert left["claimed_by"] == "Priya"


async def test_who_is_away_says_until_when_and_who_reads_for_them(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker
) -> None:
    await sam.claims_the_first()
    back_on = day_at(app, 10, 9).date().isoformat()
    house: House = app.state.house
    async with house.database.transaction() as session:
        priya_id = await session.driver.fetchval("SELECT id FROM staff WHERE name = 'Priya'")

    async def puts(body: dict[str, object]) -> int:
        return (await sam.client.put("/api/v1/me/away", headers=sam.head, json=body)).status_code

    assert await puts({"back_on": "2020-01-01"}) == 409
    assert await puts({"back_on": back_on, "cover_id": str(new_id())}) == 409
    assert await puts({"back_on": back_on, "cover_id": str(priya_id)}) == 200
    assert (await sam.get("/me/away")).json() == {"back_on": back_on, "cover": "Priya"}
    assert "Sam is away. Priya will read this" in await waiting_person.says("did you find out")
    assert len((await priya.get("/unanswered", params={"mine": True})).json()["unanswered"]) == 1
    assert await puts({"back_on": None}) == 200
    assert (await sam.get("/me/away")).json() == {"back_on": None, "cover": None}


def test_every_trouble_and_every_state_has_plain_words() -> None:
    kinds = {name for name in vars(channel) if name.endswith("Error")} - {"TroubleError", "GoOtherWayError"}
    named = {name.removesuffix("Error") for name in kinds} | {troubles.of_receipt(code) for code in troubles.KINDS}
    assert named <= set(delivery_words.REASONS)
    assert set(delivery_words.STATES) == set(Status)
    assert delivery_words.reason("Nonsense", Status.FAILED) == delivery_words.UNNAMED
    assert delivery_words.reason("TryLater", Status.DELIVERED) == ""
    assert delivery_words.reason(None, Status.SENT) == ""
