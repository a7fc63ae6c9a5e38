"""What link workers see of someone's answers, the day they set, and who uses the service, counted."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import col, select

from api.house import House
from tests.at_work import API, AtWork, joins, someone
from tests.sitting import ALL, refer
from tests.talking import Speaker
from waitingroom import conversations, equality
from waitingroom.check_ins import CheckIn
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ann(app: FastAPI) -> Speaker:
    """Someone who waits, by the application's own clock."""
    person = someone(app)
    await refer(person)
    return person


async def id_of(speaker: Speaker) -> uuid.UUID:
    async with speaker.desk.database.transaction() as session:
        talk = await conversations.find(session, speaker.turns[-1].conversation_id)
    assert talk.person_id is not None
    return talk.person_id


async def sets(worker: AtWork, person_id: uuid.UUID, day: date | str) -> Any:
    path = f"{API}/people/{person_id}/check-in"
    return await worker.client.put(path, headers=worker.head, json={"on": str(day)})


async def test_a_link_worker_reads_what_someone_answered_over_time(sam: AtWork, ann: Speaker) -> None:
    await ann.says("check in", *ALL, "no")
    answer = await sam.get(f"/people/{await id_of(ann)}/outcomes")
    assert answer.status_code == 200, answer.text
    (sitting,) = answer.json()["sittings"]
    assert sitting["occasion"] == "start"
    ons4, lonely, goal = sitting["measures"]
    assert [(one["question"], one["score"], one["better"]) for one in ons4["answers"]] == [
        ("satisfied", 7, "higher"),
        ("worthwhile", 6, "higher"),
        ("happy", 8, "higher"),
        ("anxious", 2, "lower"),
    ]
    assert (ons4["answers"][0]["least"], ons4["answers"][0]["most"]) == (0, 10)
    assert [one["label"] for one in lonely["answers"]] == [
        "Often",
        "Some of the time",
        "Hardly ever or never",
        "Occasionally",
    ]
    assert goal["answers"][0]["words"] == "More company in the evenings"
    assert goal["answers"][1]["score"] == 3


async def test_nothing_is_added_up_but_what_its_standard_allows(sam: AtWork, ann: Speaker) -> None:
    await ann.says("check in", *ALL, "no")
    answer = await sam.get(f"/people/{await id_of(ann)}/outcomes")
    ons4, lonely, goal = answer.json()["sittings"][0]["measures"]
    assert ons4["totals"] == []
    assert goal["totals"] == []
    assert [total["score"] for total in lonely["totals"]] == [6]


async def test_a_sum_with_a_part_missing_is_not_told(sam: AtWork, ann: Speaker) -> None:
    await ann.says("check in", *ALL[:5], "skip", *ALL[6:], "no")
    answer = await sam.get(f"/people/{await id_of(ann)}/outcomes")
    assert answer.json()["sittings"][0]["measures"][1]["totals"] == []


async def test_answers_to_a_measure_that_is_asked_no_more_can_still_be_read(
    app: FastAPI, sam: AtWork, ann: Speaker
) -> None:
    await ann.says("check in", "7", "later")
    house: House = app.state.house
    measures = house.desk.service.content.measures
    left = {key: measure for key, measure in measures.items() if key != "ons4"}
    object.__setattr__(house.desk.service.content, "measures", left)
    try:
        answer = await sam.get(f"/people/{await id_of(ann)}/outcomes")
    finally:
        object.__setattr__(house.desk.service.content, "measures", measures)
    (told,) = answer.json()["sittings"][0]["measures"]
    assert (told["title"], told["answers"][0]["score"], told["answers"][0]["asks"]) == ("ons4", 7, None)


async def test_someone_unknown_has_no_answers(sam: AtWork) -> None:
    assert (await sam.get(f"/people/{uuid.uuid4()}/outcomes")).status_code == 404
    assert (await sets(sam, uuid.uuid4(), "2026-12-14")).status_code == 404


async def test_a_key_that_may_not_read_people_reads_no_answers_and_sets_no_day(app: FastAPI, ann: Speaker) -> None:
    desk = await joins(app, "Front desk", scopes=frozenset({Scope.QUEUE_READ}))
    async with desk.client:
        assert (await desk.get(f"/people/{await id_of(ann)}/outcomes")).status_code == 403
        assert (await sets(desk, await id_of(ann), "2026-12-14")).status_code == 403
        assert (await desk.get("/reports/equality")).status_code == 200


async def test_a_link_worker_sets_a_day_and_then_another(app: FastAPI, sam: AtWork, ann: Speaker) -> None:
    today = app.state.house.clock.now().date()
    for days in (9, 4):
        answer = await sets(sam, await id_of(ann), today + timedelta(days=days))
        assert answer.status_code == 200, answer.text
        assert answer.json() == {"on": str(today + timedelta(days=days))}
    async with app.state.house.database.transaction() as session:
        (settled,) = (await session.exec(select(CheckIn).where(col(CheckIn.due_on).is_not(None)))).all()
    assert settled.due_on == today + timedelta(days=4)


async def test_a_day_that_is_past_is_refused_with_what_to_do(app: FastAPI, sam: AtWork, ann: Speaker) -> None:
    answer = await sets(sam, await id_of(ann), app.state.house.clock.now().date())
    assert (answer.status_code, answer.json()["type"]) == (409, "tag:waitingroom,2026:day")
    assert "from tomorrow on" in answer.json()["detail"]
    assert (await sets(sam, await id_of(ann), "tomorrow")).status_code == 422


async def test_who_uses_the_service_is_counted_and_small_numbers_are_not_told(
    app: FastAPI, sam: AtWork, ann: Speaker
) -> None:
    async with app.state.house.database.transaction() as session:
        for number in range(12):
            owner = session.keys.fingerprint("equality", str(number))
            religion = "christian" if number < 7 else "muslim" if number < 9 else "hindu"
            where = f"equality_answers:answers:{owner.hex()}"
            sealed = session.keys.seal(f'{{"religion": "{religion}"}}', where)
            await session.put(equality.EqualityAnswers, owner_hash=owner, answers=sealed)
    answer = await sam.get("/reports/equality")
    assert answer.status_code == 200, answer.text
    religion = next(one for one in answer.json()["questions"] if one["question"] == "religion")
    told = {one["answer"]: (one["people"], one["in_words"]) for one in religion["answers"]}
    assert told["christian"] == (7, "7")
    assert told["muslim"] == (None, "fewer than 5")
    assert told["jewish"] == (None, "fewer than 5")
    assert "2" not in {one["in_words"] for one in religion["answers"]}


async def test_own_words_are_in_no_report(sam: AtWork, ann: Speaker) -> None:
    await ann.says("equality", "yes", "skip", "no", "5", "Any other ethnic group", "Romani", *("skip",) * 5)
    answer = await sam.get("/reports/equality")
    assert "Romani" not in answer.text
    story = await sam.get(f"/people/{await id_of(ann)}")
    assert "Romani" not in story.text
    assert "ethnic" not in story.text.lower().replace("equality", "")
