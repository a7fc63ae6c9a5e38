"""Picking people up, and letting them go well."""

import asyncio
import uuid
from collections import Counter

import pytest
from fastapi import FastAPI

from tests.at_work import AtWork, joins, refers_themselves, someone
from tests.talking import Speaker

pytestmark = pytest.mark.anyio

FIRST_FIELDS = {
    *("id", "status", "urgency", "reasons", "raised_at", "waited_minutes", "channel", "language", "needs"),
    *(
        "weeks_waited",
        "over_target",
        "warnings",
        "person_id",
        "referral_id",
        "claimed_by",
        "claimed_at",
        "version",
        "maybe_known",
        "unanswered_since",
    ),
}


async def test_the_queue_shows_enough_to_choose_by_and_no_name(sam: AtWork, waiting_person: Speaker) -> None:
    answer = await sam.get("/handoffs")
    (line,) = answer.json()["handoffs"]
    assert set(line) == FIRST_FIELDS
    assert line["needs"] == [{"key": "lonely", "label": "Feeling lonely or cut off"}]
    assert line["reasons"] == ["new_referral"]
    assert line["warnings"] == ["Write in this chat only. Do not phone or text."]
    assert line["channel"] == waiting_person.channel
    assert "Ann" not in answer.text
    assert "BB9" not in answer.text
    assert "Company in the evenings" not in answer.text


async def test_people_in_danger_come_first_and_then_those_who_waited_longest(app: FastAPI, sam: AtWork) -> None:
    first, second = await refers_themselves(app), await refers_themselves(app)
    in_danger = someone(app)
    await in_danger.says("i want to kill myself")
    queue = await sam.queue()
    assert [line["urgency"] for line in queue] == ["urgent", "routine", "routine"]
    assert queue[1]["raised_at"] <= queue[2]["raised_at"]
    assert queue[0]["person_id"] is None
    assert first.now <= second.now
    assert [line["urgency"] for line in await sam.queue(urgency="urgent")] == ["urgent"]


async def test_the_queue_is_read_page_by_page_without_missing_anyone(app: FastAPI, sam: AtWork) -> None:
    for _ in range(5):
        await refers_themselves(app)
    whole = [line["id"] for line in await sam.queue()]
    read: list[str] = []
    path = "/handoffs?limit=2"
    while path:
        page = (await sam.get(path)).json()
        read += [line["id"] for line in page["handoffs"]]
        path = (page["next"] or "").removeprefix("/api/v1")
    assert read == whole
    assert len(set(read)) == 5


async def test_a_place_in_one_list_is_no_place_in_another(app: FastAPI, sam: AtWork) -> None:
    for _ in range(2):
        await refers_themselves(app)
    following = (await sam.get("/handoffs?limit=1")).json()["next"].removeprefix("/api/v1")
    assert (await sam.get(following)).status_code == 200
    for forged in (following + "&status=waiting", following + "&mine=true", following[:-3], "/handoffs?cursor=!"):
        answer = await sam.get(forged)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_link_workers_find_what_is_theirs(app: FastAPI, sam: AtWork, priya: AtWork) -> None:
    for _ in range(3):
        await refers_themselves(app)
    claimed = await sam.claims_the_first()
    assert [line["id"] for line in await sam.queue(mine=True)] == [claimed["id"]]
    assert await priya.queue(mine=True) == []
    assert len(await priya.queue(status="waiting")) == 2
    assert [line["claimed_by"]["name"] for line in await priya.queue(status="claimed")] == ["Sam"]


async def test_a_claim_needs_the_version_that_was_read(sam: AtWork, waiting_person: Speaker) -> None:
    (line,) = await sam.queue()
    path = f"/handoffs/{line['id']}/claim"
    assert (await sam.post(path)).status_code == 428
    for stale in ('"7"', 'W/"1"', "1", '""', "nonsense"):
        answer = await sam.post(path, headers={"If-Match": stale})
        assert (answer.status_code, answer.json()["type"]) == (412, "tag:waitingroom,2026:stale"), stale
    assert (await sam.get(f"/handoffs/{line['id']}")).headers["etag"] == '"1"'
    answer = await sam.post(path, headers={"If-Match": '"0", "1"'})
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert answer.json()["claimed_by"]["name"] == "Sam"
    assert waiting_person.turns


async def test_whoever_comes_second_is_told_who_won(sam: AtWork, priya: AtWork, waiting_person: Speaker) -> None:
    (line,) = await sam.queue()
    assert (await sam.claims(line)).status_code == 200
    lost = await priya.claims(line)
    assert lost.status_code == 409
    assert lost.json()["type"] == "tag:waitingroom,2026:already-claimed"
    assert lost.json()["detail"] == "Sam has picked this up."
    assert await waiting_person.says("is anyone there") == ""


async def test_many_who_claim_at_once_through_the_api_have_one_winner(app: FastAPI, sam: AtWork) -> None:
    await refers_themselves(app)
    (line,) = await sam.queue()
    workers = [await joins(app, f"Worker {number}") for number in range(12)]
    answers = await asyncio.gather(*(worker.claims(line) for worker in workers))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 11}
    winner = next(w.name for w, a in zip(workers, answers, strict=True) if a.status_code == 200)
    assert {a.json()["detail"] for a in answers if a.status_code == 409} == {f"{winner} has picked this up."}


async def test_someone_who_writes_while_they_are_claimed_is_heard_and_nothing_breaks(
    app: FastAPI, sam: AtWork
) -> None:
    """A turn and a claim both want the talk and the hand-off: they must take them in the same order."""
    people = [await refers_themselves(app) for _ in range(10)]
    queue = await sam.queue()
    talks = [person.says("i want to kill myself") for person in people]
    claims = await asyncio.gather(*(sam.claims(line) for line in queue), *talks)
    assert {claim.status_code for claim in claims[: len(queue)]} <= {200, 412}
    assert all("116 123" in heard for heard in claims[len(queue) :])


async def test_picking_someone_up_picks_up_their_referral(sam: AtWork, waiting_person: Speaker) -> None:
    claimed = await sam.claims_the_first()
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    assert story["referral"]["status"] == "picked_up"
    assert story["referral"]["picked_up_at"] is not None
    assert story["owner"] == "link_worker"
    assert await waiting_person.says("more") == ""


async def test_a_person_handed_back_is_told_and_the_bot_answers_again(
    sam: AtWork, waiting_person: Speaker
) -> None:
    claimed = await sam.claims_the_first()
    assert await waiting_person.says("more") == ""
    ended = await sam.post(f"/handoffs/{claimed['id']}/hand-back", version=claimed["version"])
    assert ended.status_code == 200
    assert (ended.json()["status"], ended.json()["person_told"]) == ("handed_back", True)
    last = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()["timeline"][-1]
    assert last["author"] == "bot"
    assert last["text"].startswith("Sam has handed you back to this computer program.")
    assert await waiting_person.says("more") != ""


async def test_a_released_hand_off_is_anyones_again(sam: AtWork, priya: AtWork, waiting_person: Speaker) -> None:
    claimed = await sam.claims_the_first()
    released = await sam.post(f"/handoffs/{claimed['id']}/release", version=claimed["version"])
    assert (released.status_code, released.json()["status"]) == (200, "waiting")
    assert released.json()["claimed_by"] is None
    assert (await priya.claims(released.json())).status_code == 200
    assert await waiting_person.says("more") == ""


async def test_closing_the_referral_too_brings_the_person_to_the_front_door(
    sam: AtWork, waiting_person: Speaker
) -> None:
    claimed = await sam.claims_the_first()
    how = {"reason": "goals_met", "close_referral": True}
    closed = await sam.post(f"/handoffs/{claimed['id']}/close", version=claimed["version"], json=how)
    assert (closed.status_code, closed.json()["status"]) == (200, "closed")
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    assert (story["referral"]["status"], story["referral"]["close_reason"]) == ("closed", "goals_met")
    assert story["timeline"][-1]["text"].startswith("Sam has closed your referral.")
    assert "Who is this for?" in await waiting_person.says("hello")


async def test_closing_the_talk_alone_keeps_the_referral(sam: AtWork, waiting_person: Speaker) -> None:
    claimed = await sam.claims_the_first()
    closed = await sam.post(f"/handoffs/{claimed['id']}/close", version=claimed["version"])
    assert closed.status_code == 200
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    assert story["referral"]["status"] == "picked_up"
    assert story["timeline"][-1]["text"].startswith("Sam has ended this chat.")
    assert await waiting_person.says("more") != ""


async def test_a_talk_with_no_referral_has_none_to_close(app: FastAPI, sam: AtWork) -> None:
    await someone(app).says("i want to kill myself")
    claimed = await sam.claims_the_first()
    how = {"reason": "other", "close_referral": True}
    answer = await sam.post(f"/handoffs/{claimed['id']}/close", version=claimed["version"], json=how)
    assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:no-referral")
    assert (await sam.get(f"/handoffs/{claimed['id']}")).json()["status"] == "claimed"


async def test_nobody_ends_what_another_has_claimed(sam: AtWork, priya: AtWork, waiting_person: Speaker) -> None:
    claimed = await sam.claims_the_first()
    for step in ("release", "hand-back", "close"):
        answer = await priya.post(f"/handoffs/{claimed['id']}/{step}", version=claimed["version"])
        assert (answer.status_code, answer.json()["type"]) == (403, "tag:waitingroom,2026:not-yours")
    assert await waiting_person.says("hello") == ""


async def test_an_ended_hand_off_moves_no_more(sam: AtWork, waiting_person: Speaker) -> None:
    claimed = await sam.claims_the_first()
    assert (await sam.post(f"/handoffs/{claimed['id']}/hand-back", headers={"If-Match": "*"})).status_code == 200
    for step in ("claim", "release", "hand-back", "close"):
        answer = await sam.post(f"/handoffs/{claimed['id']}/{step}", version=3)
        assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:illegal-move")
    assert waiting_person.turns


async def test_news_since_it_was_read_stops_a_hand_back(sam: AtWork, waiting_person: Speaker) -> None:
    claimed = await sam.claims_the_first()
    assert "116 123" in await waiting_person.says("i want to kill myself")
    answer = await sam.post(f"/handoffs/{claimed['id']}/hand-back", version=claimed["version"])
    assert answer.status_code == 412


async def test_a_hand_off_that_is_not_there_is_not_found(sam: AtWork) -> None:
    answer = await sam.get(f"/handoffs/{uuid.uuid4()}")
    assert (answer.status_code, answer.json()["title"]) == (404, "Not Found")
    assert (await sam.post(f"/handoffs/{uuid.uuid4()}/claim", version=1)).status_code == 404


async def test_danger_that_was_a_way_of_speaking_is_settled_in_one_step_and_nobody_is_called(
    app: FastAPI, sam: AtWork
) -> None:
    ann = someone(app)
    await ann.says("i want to kill myself")
    (danger,) = await sam.queue()
    assert danger["urgency"] == "urgent"
    path = f"/handoffs/{danger['id']}/danger"
    assert (await sam.post(path, json={"verdict": "a_way_of_speaking"})).status_code == 428
    assert (await sam.post(path, version=danger["version"], json={"verdict": "nothing"})).status_code == 422
    settled = await sam.post(path, version=danger["version"], json={"verdict": "a_way_of_speaking"}, key="once")
    assert (settled.status_code, settled.json()["status"]) == (200, "closed")
    again = await sam.post(path, version=danger["version"], json={"verdict": "a_way_of_speaking"}, key="once")
    assert (again.status_code, again.json()) == (200, settled.json())
    assert await sam.queue() == []


async def test_danger_in_a_talk_that_someone_else_has_is_theirs_to_settle(
    app: FastAPI, sam: AtWork, priya: AtWork
) -> None:
    ann = someone(app)
    await ann.says("i want to kill myself")
    claimed = await sam.claims_the_first()
    path = f"/handoffs/{claimed['id']}/danger"
    refused = await priya.post(path, version=claimed["version"], json={"verdict": "a_try"})
    assert refused.status_code == 403
    acted = await sam.post(path, version=claimed["version"], json={"verdict": "acted_on"})
    assert (acted.status_code, acted.json()["status"], acted.json()["urgency"]) == (200, "claimed", "urgent")
