"""What staff see and decide of people others told us of."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from api.house import House
from bot import asking
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from tests.at_work import AtWork, joins, someone
from tests.journeys.someone_else import BEGINS, BY_CALL, BY_TEXT, CODE, DECIDES, OnOwnPhone, rows
from tests.talking import Speaker
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio

YES: dict[str, Any] = {
    "said_yes": True,
    "name": "Rosie",
    "age": 81,
    "postcode": "bb9 7aa",
    "needs": ["lonely"],
    "what_matters": "A garden again",
    "phone": "+447700900111",
    "when": "mornings",
}


@pytest.fixture
async def karen(app: FastAPI) -> Speaker:
    house: House = app.state.house
    sms = Sms(Account("AC0", "token"), "+447700900999", drama_numbers=True)
    house.desk.channels["sms"] = sms  # type: ignore[index]
    return someone(app)


def next_noon(karen: Speaker) -> datetime:
    """Tomorrow at twelve: whatever the hour of this run, nobody sleeps then."""
    return (karen.now + timedelta(days=1)).replace(hour=12)


async def the_one(sam: AtWork, **asked: Any) -> dict[str, Any]:
    found = await sam.get("/introductions", params=asked)
    assert found.status_code == 200, found.text
    [one] = found.json()["introductions"]
    return dict(one)


async def test_the_list_shows_no_name_and_no_number_until_one_is_opened(sam: AtWork, karen: Speaker) -> None:
    await karen.says(*BEGINS, *BY_CALL)
    found = await sam.get("/introductions")
    assert not any(word in found.text for word in ("Rosalind", "Karen", "960111", "900222", "Bramble"))
    one = await the_one(sam)
    assert (one["status"], one["relationship"], one["way"]) == ("to_call", "parent", "call")
    opened = await sam.get(f"/introductions/{one['id']}")
    assert opened.headers["ETag"] == '"1"'
    told = opened.json()
    assert (told["name"], told["phone"], told["told_by"]) == ("Rosalind", "+441632960111", "Karen")
    assert told["their_words"] == "Bramble tea with someone to talk to"
    line = (await sam.queue())[0]
    assert line["id"] == one["handoff_id"]
    assert line["reasons"] == ["someone_to_call"]


async def test_who_may_only_read_the_queue_opens_none(app: FastAPI, karen: Speaker) -> None:
    await karen.says(*BEGINS, *BY_CALL)
    desk_worker = await joins(app, "Jo", scopes=frozenset({Scope.QUEUE_READ}))
    one = await the_one(desk_worker)
    for answer in (
        await desk_worker.get(f"/introductions/{one['id']}"),
        await desk_worker.post(f"/introductions/{one['id']}/drop", version=1, json={"reason": "other"}),
        await desk_worker.post(f"/introductions/{one['id']}/heard-yes", version=1, json=YES),
        await desk_worker.post(f"/introductions/{one['id']}/authority/verify", version=1),
    ):
        assert answer.status_code == 403


async def test_a_yes_on_the_phone_brings_them_into_the_waiting_room(sam: AtWork, karen: Speaker) -> None:
    await karen.says(*BEGINS, *BY_CALL)
    one = await the_one(sam)
    read_out = (await sam.get("/introductions/wording")).json()
    answer = await sam.post(f"/introductions/{one['id']}/heard-yes", version=1, key="once", json=YES)
    assert answer.status_code == 201, answer.text
    again = await sam.post(f"/introductions/{one['id']}/heard-yes", version=1, key="once", json=YES)
    assert again.json() == answer.json()
    [line] = [line for line in await sam.queue() if line["referral_id"]]
    story = (await sam.get(f"/handoffs/{line['id']}/story")).json()
    assert (story["name"], story["what_matters"], story["postcode"]) == ("Rosie", "A garden again", "BB9 7AA")
    assert story["referral"]["source"] == "family"
    assert story["ways"] == []
    [consent] = story["consents"]
    assert (consent["channel"], consent["wording"], consent["given_by"]) == ("phone", read_out["wording"], None)
    assert story["introduced_by"][0]["told_by"] == "Karen"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"said_yes": False}, "/body/said_yes"),
        ({"age": 17}, "/body/age"),
        ({"postcode": "nowhere"}, "/body/postcode"),
        ({"needs": ["lonely", "unicorns"]}, "/body/needs/1"),
        ({"needs": []}, "/body/needs"),
        ({"phone": "07700 900111"}, "/body/phone"),
    ],
)
async def test_what_was_not_said_or_cannot_be_is_refused_by_name(
    sam: AtWork, karen: Speaker, change: dict[str, Any], pointer: str
) -> None:
    await karen.says(*BEGINS, *BY_CALL)
    one = await the_one(sam)
    answer = await sam.post(f"/introductions/{one['id']}/heard-yes", version=1, json=YES | change)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_a_yes_cannot_be_noted_for_someone_who_is_asked_by_text(sam: AtWork, karen: Speaker) -> None:
    await karen.says(*BEGINS, *BY_TEXT)
    one = await the_one(sam)
    answer = await sam.post(f"/introductions/{one['id']}/heard-yes", version=1, json=YES)
    assert answer.status_code == 409


async def test_a_no_on_the_phone_deletes_it_and_nobody_asks_again(sam: AtWork, karen: Speaker) -> None:
    await karen.says(*BEGINS, "call", "07700 900111", "skip", "yes")
    one = await the_one(sam)
    path = f"/introductions/{one['id']}/drop"
    assert (await sam.post(path, version=2, json={"reason": "never_again"})).status_code == 412
    answer = await sam.post(path, version=1, json={"reason": "never_again"})
    assert answer.json() == {"deleted": True}
    assert (await sam.get(f"/introductions/{one['id']}")).status_code == 404
    await karen.says(*BEGINS, *BY_TEXT)
    await asking.ask_introduced(karen.desk, now=next_noon(karen))
    assert await rows(karen.desk, "introduction") == 0
    assert await rows(karen.desk, "contact") == 1


async def test_danger_keeps_a_phone_silent_until_staff_release_it(sam: AtWork, karen: Speaker) -> None:
    rose = OnOwnPhone(karen.desk, now=karen.now)
    await karen.says(*BEGINS, *BY_TEXT, "my mum says she wants to die")
    await asking.ask_introduced(karen.desk, now=next_noon(karen))
    assert await rose.screen() == []
    one = await the_one(sam, status="held")
    assert one["in_danger"] is True
    told = (await sam.get(f"/introductions/{one['id']}")).json()
    assert told["dangers"] == ["suicide"]
    released = await sam.post(f"/introductions/{one['id']}/release", version=one["version"])
    assert released.status_code == 200, released.text
    assert (released.json()["status"], released.json()["in_danger"]) == ("to_ask", False)
    await asking.ask_introduced(karen.desk, now=next_noon(karen))
    assert len(await rose.screen()) == 1
    again = await sam.post(f"/introductions/{one['id']}/release", version=one["version"] + 1)
    assert again.status_code in {409, 412}


async def test_an_attorney_is_told_once_the_papers_are_checked(sam: AtWork, karen: Speaker) -> None:
    await karen.says(*DECIDES, "07700 900222", "Rosalind", CODE, "yes")
    one = await the_one(sam, status="authority_unverified")
    told = (await sam.get(f"/introductions/{one['id']}")).json()
    assert told["authority"]["code"] == "V-46QW-7YRT-P9UD"
    answer = await sam.post(f"/introductions/{one['id']}/authority/verify", version=1)
    assert answer.status_code == 201, answer.text
    assert answer.json()["told"] is True
    line = (await sam.queue())[0]
    story = (await sam.get(f"/handoffs/{line['id']}/story")).json()
    said = [entry["text"] for entry in story["timeline"]]
    assert answer.json()["reference"] in said[-1]
    assert "Rosalind" not in said[-1]
    assert [one["given_by"] for one in story["consents"] if one["purpose"] == "referral"] == ["attorney"]
    assert story["referral"]["source"] == "attorney"
    assert (await sam.post(f"/introductions/{one['id']}/authority/verify", version=2)).status_code == 409


async def test_an_attorney_whose_papers_do_not_hold_is_told_kindly(sam: AtWork, karen: Speaker) -> None:
    await karen.says(*DECIDES, "07700 900222", "Rosalind", CODE, "yes")
    one = await the_one(sam)
    assert (await sam.post(f"/introductions/{one['id']}/authority/refuse", version=7)).status_code == 412
    answer = await sam.post(f"/introductions/{one['id']}/authority/refuse", version=1)
    assert answer.json() == {"deleted": True}
    line = (await sam.queue())[0]
    story = (await sam.get(f"/handoffs/{line['id']}/story")).json()
    assert "have deleted the details" in story["timeline"][-1]["text"]
    assert story["introduced"] == []


async def test_what_is_not_there_is_not_found(sam: AtWork) -> None:
    path = f"/introductions/{uuid.uuid4()}"
    assert (await sam.get(path)).status_code == 404
    assert (await sam.post(f"{path}/release", version=1)).status_code == 404
    assert (await sam.post(f"{path}/release")).status_code == 428
