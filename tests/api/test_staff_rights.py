"""Complaints and requests at the staff's door: a clock that shows, and a person who is told."""

import pytest
from fastapi import FastAPI

from api.house import House
from bot.service import LONDON
from tests.at_work import AtWork, joins, refers_themselves, someone
from tests.talking import Speaker
from waitingroom import messages
from waitingroom.messages import Author
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio

WORDS = "You rang me at work, by the heron canal"


async def complained(app: FastAPI) -> Speaker:
    person = someone(app)
    await person.says("hello", "complaint", WORDS)
    return person


def nights_since(app: FastAPI, person: Speaker) -> int:
    """How many days of London's began since someone spoke: one, just after midnight."""
    house: House = app.state.house
    return (house.clock.now().astimezone(LONDON).date() - person.now.astimezone(LONDON).date()).days


async def told(app: FastAPI, person: Speaker) -> list[str]:
    """What members of staff told someone."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=person.turns[-1].conversation_id)
        return [messages.said(session, one)["text"] for one in said if one.author is Author.LINK_WORKER]


async def asks_to_be_deleted(app: FastAPI) -> Speaker:
    person = await refers_themselves(app)
    await person.says("delete", "72, BB9 7AA", "yes")
    return person


async def test_the_queue_shows_the_clock_and_none_of_the_words(app: FastAPI, sam: AtWork) -> None:
    person = await complained(app)
    answer = await sam.get("/complaints")
    (line,) = answer.json()["complaints"]
    assert line["days_left"] == 29 - nights_since(app, person)
    assert line["overdue"] is False
    assert answer.json()["overdue"] == 0
    assert "heron" not in answer.text


async def test_a_complaint_nobody_acknowledged_in_thirty_days_is_overdue_and_stands_first(
    app: FastAPI, sam: AtWork
) -> None:
    late = await complained(app)
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.driver.execute("UPDATE complaint SET due_on = due_on - 30")
    await complained(app)
    found = (await sam.get("/complaints")).json()
    assert found["overdue"] == 1
    assert [line["overdue"] for line in found["complaints"]] == [True, False]
    assert found["complaints"][0]["days_left"] == -1 - nights_since(app, late)
    assert found["complaints"][0]["conversation_id"] == str(late.turns[-1].conversation_id)


async def test_a_complaint_is_acknowledged_answered_and_closed_and_the_person_hears_it(
    app: FastAPI, sam: AtWork
) -> None:
    person = await complained(app)
    (line,) = (await sam.get("/complaints")).json()["complaints"]
    read = await sam.get(f"/complaints/{line['id']}")
    assert read.json()["words"] == WORDS
    assert read.headers["ETag"] == '"1"'
    acknowledged = await sam.post(f"/complaints/{line['id']}/acknowledge", version=1)
    assert acknowledged.status_code == 200, acknowledged.text
    (thanks,) = await told(app, person)
    assert "Sam has read what you wrote" in thanks
    assert line["reference"] in thanks
    assert "complain" not in thanks.lower()
    early = await sam.post(f"/complaints/{line['id']}/close", version=2, json={"outcome": "upheld"})
    assert early.status_code == 409
    assert "Answer the complaint before you close it" in early.json()["detail"]
    answered = await sam.post(f"/complaints/{line['id']}/answer", version=2, json={"text": "We are sorry."})
    assert answered.json()["answered_at"] is not None
    assert (await told(app, person))[-1] == "We are sorry."
    closed = await sam.post(f"/complaints/{line['id']}/close", version=3, json={"outcome": "upheld"})
    assert closed.json()["status"] == "closed"
    assert (await sam.get("/complaints")).json()["complaints"] == []
    assert [one["outcome"] for one in (await sam.get("/complaints?closed=true")).json()["complaints"]] == [
        "upheld"
    ]


async def test_a_complaint_the_person_took_back_may_be_closed_unanswered(app: FastAPI, sam: AtWork) -> None:
    await complained(app)
    (line,) = (await sam.get("/complaints")).json()["complaints"]
    closed = await sam.post(f"/complaints/{line['id']}/close", version=1, json={"outcome": "taken_back"})
    assert closed.status_code == 200
    again = await sam.post(f"/complaints/{line['id']}/acknowledge", version=2)
    assert again.status_code == 409


async def test_whoever_said_stop_is_told_another_way(app: FastAPI, sam: AtWork) -> None:
    person = await complained(app)
    await person.says("stop")
    (line,) = (await sam.get("/complaints")).json()["complaints"]
    refused = await sam.post(f"/complaints/{line['id']}/acknowledge", version=1)
    assert refused.status_code == 409
    assert (await sam.get(f"/complaints/{line['id']}")).json()["acknowledged_at"] is None
    done = await sam.post(f"/complaints/{line['id']}/acknowledge", version=1, json={"told_another_way": True})
    assert done.status_code == 200
    assert await told(app, person) == []


async def test_nobody_writes_over_what_a_colleague_did(app: FastAPI, sam: AtWork, priya: AtWork) -> None:
    await complained(app)
    (line,) = (await sam.get("/complaints")).json()["complaints"]
    assert (await sam.post(f"/complaints/{line['id']}/acknowledge", version=1)).status_code == 200
    late = await priya.post(f"/complaints/{line['id']}/answer", version=1, json={"text": "Sorry."})
    assert late.status_code == 412
    assert (await priya.post(f"/complaints/{line['id']}/acknowledge")).status_code == 428


async def test_words_are_for_those_who_may_read_about_people(app: FastAPI) -> None:
    await complained(app)
    queueing = await joins(app, "Quinn", scopes=frozenset({Scope.QUEUE_READ}))
    async with queueing.client:
        (line,) = (await queueing.get("/complaints")).json()["complaints"]
        assert (await queueing.get(f"/complaints/{line['id']}")).status_code == 403
        assert (await queueing.post(f"/complaints/{line['id']}/acknowledge", version=1)).status_code == 403


async def test_a_wish_to_be_deleted_is_met_and_the_person_is_told_it_was(app: FastAPI, sam: AtWork) -> None:
    person = await asks_to_be_deleted(app)
    (line,) = (await sam.get("/data-requests")).json()["requests"]
    assert line["kind"] == "erasure"
    assert line["overdue"] is False
    said = {"outcome": "deleted", "text": "All is deleted, Ann."}
    done = await sam.post(f"/data-requests/{line['id']}/end", version=1, json=said)
    assert done.status_code == 200, done.text
    assert done.json()["rows_deleted"] > 20
    assert done.json()["conversation_id"] is None
    assert await told(app, person) == ["All is deleted, Ann."]
    house: House = app.state.house
    async with house.database.transaction() as session:
        for table in ("person", "referral", "consent", "waiting", "sent_step", "handoff"):
            assert await session.driver.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        assert await session.driver.fetchval("SELECT count(*) FROM message") == 1
    again = await sam.post(f"/data-requests/{line['id']}/end", version=2, json=said)
    assert again.status_code == 409


async def test_nothing_is_deleted_of_someone_who_has_asked_for_help_again(app: FastAPI, sam: AtWork) -> None:
    person = await asks_to_be_deleted(app)
    await person.says("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4", "Company", "here", "any", "yes")
    (line,) = (await sam.get("/data-requests")).json()["requests"]
    said = {"outcome": "deleted", "text": "All is deleted."}
    refused = await sam.post(f"/data-requests/{line['id']}/end", version=1, json=said)
    assert refused.status_code == 409
    assert "open referral" in refused.json()["detail"]
    assert await told(app, person) == []
    (line,) = (await sam.get("/data-requests")).json()["requests"]
    assert line["status"] == "open"


async def test_a_wish_that_is_refused_is_answered_too(app: FastAPI, sam: AtWork) -> None:
    person = await asks_to_be_deleted(app)
    (line,) = (await sam.get("/data-requests")).json()["requests"]
    said = {"outcome": "refused", "text": "The law makes us keep this for 8 years."}
    assert (await sam.post(f"/data-requests/{line['id']}/end", version=1, json=said)).status_code == 200
    assert await told(app, person) == ["The law makes us keep this for 8 years."]
    assert (await sam.get("/data-requests")).json()["requests"] == []
    (ended,) = (await sam.get("/data-requests?ended=true")).json()["requests"]
    assert ended["status"] == "refused"


async def test_a_correction_is_no_wish_to_be_deleted(app: FastAPI, sam: AtWork) -> None:
    person = await refers_themselves(app)
    await person.says("correct", "72, BB9 7AA", "something else", WORDS)
    (line,) = (await sam.get("/data-requests")).json()["requests"]
    assert (await sam.get(f"/data-requests/{line['id']}")).json()["words"] == WORDS
    said = {"outcome": "deleted", "text": "Gone."}
    assert (await sam.post(f"/data-requests/{line['id']}/end", version=1, json=said)).status_code == 409
    said = {"outcome": "done", "text": "We have put that right."}
    assert (await sam.post(f"/data-requests/{line['id']}/end", version=1, json=said)).status_code == 200
    assert await told(app, person) == ["We have put that right."]
