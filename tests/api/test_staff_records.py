"""Copies for people, every referral of one person, legal holds, and joins undone, at the staff's door."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from api.house import House
from tests.at_work import AtWork, joins, refers_themselves, someone
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio
AGAIN = ("hello", "me", "72", "yes", "Ann", "BB9 7AA", "4", "My rent", "here", "any", "yes")


async def person_of(worker: AtWork) -> str:
    (line, *_) = await worker.queue()
    return str(line["person_id"])


async def test_a_copy_names_its_files_and_what_is_left_out(app: FastAPI, sam: AtWork) -> None:
    await refers_themselves(app)
    found = await sam.get(f"/people/{await person_of(sam)}/record")
    assert found.status_code == 200
    told = found.json()
    assert (told["shared"], told["files"]) == (0, [])
    parts = {part["table"]: part for part in told["parts"]}
    assert parts["referral"]["rows"][0]["what_matters"] == "Company in the evenings"
    assert parts["message"]["title"] == "All that was said"


async def test_a_copy_is_for_whoever_keeps_records_and_for_no_other_key(app: FastAPI, sam: AtWork) -> None:
    await refers_themselves(app)
    who = await person_of(sam)
    other = await joins(app, "Kit", scopes=frozenset(Scope) - {Scope.RECORD_WRITE})
    async with other.client:
        for path in (f"/people/{who}/record", "/legal-holds"):
            assert (await other.get(path)).status_code == 403
        answer = await other.post(f"/people/{who}/legal-holds", json={"reason": "A solicitor's letter"})
        assert answer.status_code == 403
    assert (await sam.get(f"/people/{uuid.uuid4()}/record")).status_code == 404


async def test_a_new_referral_after_a_closed_one_is_the_same_persons_and_both_are_listed(
    app: FastAPI, sam: AtWork
) -> None:
    person = await refers_themselves(app)
    claimed = await sam.claims_the_first()
    await sam.post(
        f"/handoffs/{claimed['id']}/close",
        version=claimed["version"],
        json={"reason": "goals_met", "close_referral": True},
    )
    await person.says(*AGAIN)
    who = await person_of(sam)
    assert who == claimed["person_id"]
    found = (await sam.get(f"/people/{who}/referrals")).json()["referrals"]
    assert [one["status"] for one in found] == ["waiting", "closed"]
    assert found[0]["reference"] != found[1]["reference"]
    assert (await sam.get(f"/people/{uuid.uuid4()}/referrals")).status_code == 404


async def test_a_hold_is_placed_listed_and_lifted_once(app: FastAPI, sam: AtWork) -> None:
    await refers_themselves(app)
    who = await person_of(sam)
    placed = await sam.post(f"/people/{who}/legal-holds", json={"reason": "A solicitor's letter"})
    assert (placed.status_code, placed.headers["etag"]) == (201, '"1"')
    hold = placed.json()
    assert (await sam.get("/legal-holds")).json()["holds"] == [hold]
    again = await sam.post(f"/people/{who}/legal-holds", json={"reason": "Another letter"})
    assert (again.status_code, again.json()["type"]) == (409, "tag:waitingroom,2026:already-on-hold")
    path = f"/legal-holds/{hold['id']}/lift"
    assert (await sam.post(path)).status_code == 428
    assert (await sam.post(path, version=5)).status_code == 412
    lifted = await sam.post(path, version=1)
    assert lifted.status_code == 200
    assert lifted.json()["lifted_at"] is not None
    assert (await sam.post(path, version=2)).status_code == 409
    assert (await sam.get("/legal-holds")).json()["holds"] == []
    assert len((await sam.get("/legal-holds", params={"lifted": True})).json()["holds"]) == 1


@pytest.mark.parametrize("reason", ["", "why", " " * 20, "x" * 1001])
async def test_a_hold_needs_a_reason_worth_the_name(app: FastAPI, sam: AtWork, reason: str) -> None:
    await refers_themselves(app)
    answer = await sam.post(f"/people/{await person_of(sam)}/legal-holds", json={"reason": reason})
    assert answer.status_code == 422


async def test_staff_cannot_meet_a_wish_to_be_deleted_while_there_is_a_hold(app: FastAPI, sam: AtWork) -> None:
    person = await refers_themselves(app)
    claimed = await sam.claims_the_first()
    await person.says("delete", "72, BB9 7AA", "yes")
    await sam.post(f"/people/{claimed['person_id']}/legal-holds", json={"reason": "A solicitor's letter"})
    (asked,) = (await sam.get("/data-requests")).json()["requests"]
    ending = {"outcome": "deleted", "text": "Done."}
    answer = await sam.post(f"/data-requests/{asked['id']}/end", version=asked["version"], json=ending)
    assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:on-hold")
    assert (await sam.get("/data-requests")).json()["requests"] == [asked]


# joins undone


@pytest.fixture
async def twice(app: FastAPI) -> tuple[Speaker, Speaker]:
    first, second = someone(app), someone(app)
    second.now += timedelta(minutes=10)
    await first.says(*SHORTEST_REFERRAL)
    await second.says(*AGAIN)
    return first, second


async def joined(sam: AtWork) -> dict[str, Any]:
    (match,) = (await sam.get("/matches")).json()["matches"]
    done = await sam.post(f"/matches/{match['id']}/join", headers={"If-Match": "*"})
    assert done.status_code == 200, done.text
    return dict(match)


async def test_a_join_is_listed_with_how_long_it_can_be_undone_and_is_undone_once(
    app: FastAPI, sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    assert (await sam.get("/joins")).json()["joins"] == []
    match = await joined(sam)
    assert len(await sam.queue()) == 1
    (line,) = (await sam.get("/joins")).json()["joins"]
    assert line["match"]["id"] == match["id"]
    path = f"/matches/{match['id']}/part"
    assert (await sam.post(path)).status_code == 428
    assert (await sam.post(path, version=1)).status_code == 412
    done = await sam.post(path, version=line["version"])
    assert (done.status_code, done.json()) == (200, {"person_id": match["later_id"]})
    assert (await sam.get("/joins")).json()["joins"] == []
    assert len(await sam.queue()) == 2
    assert (await sam.get("/matches")).json()["matches"] == []
    gone = await sam.post(path, headers={"If-Match": "*"})
    assert (gone.status_code, gone.json()["type"]) == (409, "tag:waitingroom,2026:no-way-back")
    assert twice


async def test_who_looks_at_two_is_told_that_there_is_a_way_back(
    sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    (match,) = (await sam.get("/matches")).json()["matches"]
    assert "30 days" in (await sam.get(f"/matches/{match['id']}")).json()["way_back"]
    assert twice


async def test_thirty_days_on_there_is_nothing_to_undo(
    app: FastAPI, sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    match = await joined(sam)
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.driver.execute("UPDATE join_paper SET ends_at = $1", house.clock.now())
    assert (await sam.get("/joins")).json()["joins"] == []
    answer = await sam.post(f"/matches/{match['id']}/part", headers={"If-Match": "*"})
    assert answer.status_code == 409
    assert twice


async def test_that_someone_may_be_known_already_is_shown_before_they_are_picked_up(
    sam: AtWork, twice: tuple[Speaker, Speaker]
) -> None:
    for line in await sam.queue():
        assert line["maybe_known"] == {"how_many": 1, "sureness": "likely"}
        alone = (await sam.get(f"/handoffs/{line['id']}")).json()
        assert alone["maybe_known"] == {"how_many": 1, "sureness": "likely"}
    await joined(sam)
    (line,) = await sam.queue()
    assert line["maybe_known"] is None
    assert twice
