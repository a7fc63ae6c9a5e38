"""Reading the whole story, writing back, noting down what was done, and doing it once."""

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from tests.at_work import AtWork, someone
from tests.talking import Speaker
from waitingroom import idempotency
from waitingroom.idempotency import IdempotentReply

pytestmark = pytest.mark.anyio


@pytest.fixture
async def claimed(sam: AtWork, waiting_person: Speaker) -> str:
    """The path of Ann's hand-off, claimed by Sam."""
    assert waiting_person.turns
    return f"/handoffs/{(await sam.claims_the_first())['id']}"


async def story_at(worker: AtWork, path: str) -> dict[str, Any]:
    answer = await worker.get(f"{path}/story")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_story_begins_with_what_matters_to_the_person(sam: AtWork, claimed: str) -> None:
    story = await story_at(sam, claimed)
    assert next(iter(story.items())) == ("what_matters", "Company in the evenings")
    assert (story["name"], story["age"], story["area"], story["postcode"]) == ("Ann", 72, "BB9", "BB9 7AA")
    assert story["safe_contact"]["how"] == "here"
    assert [need["key"] for need in story["needs"]] == ["lonely"]
    (consent,) = story["consents"]
    assert (consent["purpose"], consent["stands"]) == ("referral", True)
    assert len(story["sent"]) == 1
    assert story["sent"][0]["title"]
    assert story["timeline"][0]["text"] == "hello"
    by_person = await sam.get(f"/people/{story['person_id']}")
    assert by_person.json() == story


async def test_what_someone_added_and_their_own_words_are_on_their_page_and_in_no_list(
    app: FastAPI, sam: AtWork
) -> None:
    bea = someone(app)
    await bea.says(
        "hello", "me, 40", "yes", "Beatrice, BB9 7AA", "4, and my budgie flew off", "Him", "here", "any"
    )
    await bea.says("yes", "about me", "Polish", "yes", "help with hearing", "Barrowford", "no", "999 000 0018")
    await bea.says("Bea", "robin", "skip")
    queue = (await sam.get("/handoffs?status=waiting")).text
    claimed = await sam.claims_the_first()
    story = await story_at(sam, f"/handoffs/{claimed['id']}")
    assert story["own_needs"] == "4, and my budgie flew off"
    assert [need["key"] for need in story["needs"]] == ["lonely", "other"]
    assert story["more"] == {
        "language": "Polish",
        "interpreter": True,
        "adjustments": ["Help with hearing"],
        "adjustments_words": "",
        "gp_surgery": "Barrowford",
        "nhs_number": "999 000 0018",
        "name_to_use": "Bea",
        "code_word": "robin",
    }
    for said in ("budgie", "Polish", "hearing", "Barrowford", "0018", "Bea", "robin"):
        assert said not in queue


async def test_someone_who_added_nothing_has_nothing_added_shown(sam: AtWork, claimed: str) -> None:
    story = await story_at(sam, claimed)
    assert story["own_needs"] == ""
    assert set(map(str, story["more"].values())) == {"None", "[]"}


async def test_someone_who_has_only_spoken_of_danger_has_a_story_too(app: FastAPI, sam: AtWork) -> None:
    await someone(app).says("i want to kill myself")
    claimed = await sam.claims_the_first()
    story = await story_at(sam, f"/handoffs/{claimed['id']}")
    assert story["person_id"] is None
    assert story["what_matters"] == ""
    (alarm,) = story["alarms"]
    heard = next(entry for entry in story["timeline"] if entry["id"] == alarm["message_id"])
    assert heard["text"] == "i want to kill myself"


async def test_someone_unknown_has_no_story(sam: AtWork) -> None:
    assert (await sam.get(f"/people/{uuid.uuid4()}")).status_code == 404


async def test_a_link_worker_and_a_person_talk_while_the_bot_is_silent(
    sam: AtWork, waiting_person: Speaker, claimed: str
) -> None:
    sent = await sam.post(f"{claimed}/messages", json={"text": "Hello Ann, this is Sam."})
    assert sent.status_code == 201
    assert (sent.json()["author"], sent.json()["by"], sent.json()["status"]) == ("link_worker", "Sam", "sent")
    assert await waiting_person.says("Hello Sam, Tuesday is good") == ""
    timeline = (await story_at(sam, claimed))["timeline"]
    assert [
        (entry["author"], entry["text"]) for entry in sorted(timeline, key=lambda entry: entry["id"])[-2:]
    ] == [
        ("link_worker", "Hello Ann, this is Sam."),
        ("person", "Hello Sam, Tuesday is good"),
    ]


async def test_only_who_claimed_the_hand_off_writes_or_notes(
    sam: AtWork, priya: AtWork, waiting_person: Speaker
) -> None:
    (line,) = await sam.queue()
    path = f"/handoffs/{line['id']}"
    note = {"kind": "call", "minutes": 5}
    for worker in (sam, priya):
        assert (await worker.post(f"{path}/messages", json={"text": "Hello"})).status_code == 403
        assert (await worker.post(f"{path}/activities", json=note)).status_code == 403
    assert (await sam.claims(line)).status_code == 200
    assert (await priya.post(f"{path}/messages", json={"text": "Hello"})).status_code == 403
    assert (await sam.post(f"{path}/messages", json={"text": "Hello"})).status_code == 201
    assert waiting_person.turns


async def test_someone_who_stopped_messages_gets_none(sam: AtWork, waiting_person: Speaker) -> None:
    await waiting_person.says("stop")
    claimed = await sam.claims_the_first()
    path = f"/handoffs/{claimed['id']}"
    assert any("no more messages" in warning for warning in claimed["warnings"])
    answer = await sam.post(f"{path}/messages", json={"text": "Hello"})
    assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:stopped")
    ended = await sam.post(f"{path}/hand-back", version=claimed["version"])
    assert (ended.status_code, ended.json()["person_told"]) == (200, False)


async def test_what_was_done_is_noted_in_the_timeline(sam: AtWork, claimed: str) -> None:
    note = {"kind": "call", "minutes": 15, "note": "Spoke about the crafting group."}
    noted = await sam.post(f"{claimed}/activities", json=note)
    assert noted.status_code == 201
    story = await story_at(sam, claimed)
    assert story["activities"] == [noted.json()]
    assert noted.json() in story["timeline"]
    assert (noted.json()["by"], noted.json()["minutes"]) == ("Sam", 15)


async def test_nothing_is_noted_on_someone_with_no_referral(app: FastAPI, sam: AtWork) -> None:
    await someone(app).says("i want to kill myself")
    claimed = await sam.claims_the_first()
    answer = await sam.post(f"/handoffs/{claimed['id']}/activities", json={"kind": "call", "minutes": 5})
    assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:no-referral")


async def test_a_message_posted_twice_under_one_key_reaches_the_person_once(sam: AtWork, claimed: str) -> None:
    answers = await asyncio.gather(
        *(sam.post(f"{claimed}/messages", key="one", json={"text": "Hello once"}) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("idempotency-replayed" in answer.headers for answer in answers) == 4
    texts = [entry.get("text") for entry in (await story_at(sam, claimed))["timeline"]]
    assert texts.count("Hello once") == 1


async def test_a_key_that_comes_with_something_else_is_refused(sam: AtWork, claimed: str) -> None:
    assert (await sam.post(f"{claimed}/messages", key="one", json={"text": "Hello"})).status_code == 201
    for path, body in (("messages", {"text": "Other"}), ("activities", {"kind": "call", "minutes": 1})):
        answer = await sam.post(f"{claimed}/{path}", key="one", json=body)
        assert (answer.status_code, answer.json()["type"]) == (422, "tag:waitingroom,2026:key-reused")


async def test_two_link_workers_may_use_the_same_key(sam: AtWork, priya: AtWork, claimed: str) -> None:
    assert (await sam.post(f"{claimed}/messages", key="one", json={"text": "Hello"})).status_code == 201
    assert (await priya.post(f"{claimed}/messages", key="one", json={"text": "Hello"})).status_code == 403


async def test_a_claim_sent_again_under_its_key_is_still_won(sam: AtWork, waiting_person: Speaker) -> None:
    (line,) = await sam.queue()
    path = f"/handoffs/{line['id']}/claim"
    first = await sam.post(path, version=1, key="claim")
    again = await sam.post(path, version=1, key="claim")
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.text, first.headers["etag"]) == (again.text, again.headers["etag"])
    assert waiting_person.turns


async def test_a_refused_request_may_be_sent_again_under_its_key(sam: AtWork, priya: AtWork, claimed: str) -> None:
    assert (await priya.post(f"{claimed}/messages", key="one", json={"text": "Hello"})).status_code == 403
    assert (await sam.post(f"{claimed}/release", headers={"If-Match": "*"})).status_code == 200
    assert (await priya.post(f"{claimed}/claim", headers={"If-Match": "*"})).status_code == 200
    assert (await priya.post(f"{claimed}/messages", key="one", json={"text": "Hello again"})).status_code == 201


async def test_someone_who_stops_messages_while_they_talk_to_a_link_worker_gets_none(
    sam: AtWork, waiting_person: Speaker, claimed: str
) -> None:
    await waiting_person.says("stop")
    answer = await sam.post(f"{claimed}/messages", json={"text": "Hello"})
    assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:stopped")


async def test_a_day_later_a_key_is_new_again_and_what_it_kept_is_gone(
    app: FastAPI, sam: AtWork, claimed: str
) -> None:
    house = app.state.house
    assert (await sam.post(f"{claimed}/messages", key="one", json={"text": "Hello"})).status_code == 201
    assert (await sam.post(f"{claimed}/messages", key="two", json={"text": "Hello"})).status_code == 201
    house.clock.move_on(idempotency.KEPT_FOR + timedelta(seconds=1))
    assert (await sam.post(f"{claimed}/messages", key="one", json={"text": "Other"})).status_code == 201
    async with house.database.transaction() as session:
        kept = (await session.exec(select(IdempotentReply))).all()
    assert len(kept) == 1


async def test_no_kept_reply_can_be_read_without_the_keys(app: FastAPI, sam: AtWork, claimed: str) -> None:
    await sam.post(f"{claimed}/messages", key="my secret key", json={"text": "A private word"})
    async with app.state.house.database.transaction() as session:
        (kept,) = (await session.exec(select(IdempotentReply))).all()
    raw = b"".join(value for value in kept.model_dump().values() if isinstance(value, bytes))
    assert raw
    assert b"private" not in raw
    assert b"secret" not in raw
