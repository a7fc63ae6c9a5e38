"""A link worker's work by the API: to-dos, notes, the caseload, handing over, and finding someone again."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.held import Telling
from api.house import House
from bot import transferring
from bot.words import words_in
from tests.at_work import API, AtWork, client_of, refers_themselves, someone
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import everything, hubs, loads, people_search, staff
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio


async def works_as(app: FastAPI, name: str, role: Role, hub_id: uuid.UUID | None = None) -> AtWork:
    """Someone of another role starts work, with a key to everything that role may do."""
    house: House = app.state.house
    now = house.clock.now()
    async with house.database.transaction() as session:
        member = await staff.welcome(session, name=name, now=now, role=role, hub_id=hub_id)
        scopes = staff.OF_ROLE[role]
        key = await staff.issue_key(session, staff_id=member.id, scopes=scopes, now=now)
    return AtWork(client_of(app), name, key)


@pytest.fixture
async def lou(app: FastAPI) -> AsyncIterator[AtWork]:
    """Their lead."""
    lead = await works_as(app, "Lou", Role.LEAD)
    async with lead.client:
        yield lead


@pytest.fixture
async def claimed(sam: AtWork, waiting_person: Speaker) -> dict[str, Any]:
    assert waiting_person.turns
    return await sam.claims_the_first()


async def sends(worker: AtWork, method: str, path: str, *, version: int | None = None, **body: Any) -> Any:
    head = worker.head | ({"If-Match": f'"{version}"'} if version else {})
    return await worker.client.request(method, API + path, headers=head, json=body)


async def id_of(worker: AtWork, name: str) -> str:
    found = (await worker.get("/colleagues")).json()["colleagues"]
    return next(str(one["id"]) for one in found if one["name"] == name)


# to-dos and notes


async def test_a_to_do_about_someone_is_set_read_changed_and_done(sam: AtWork, claimed: dict[str, Any]) -> None:
    asked = {"words": "Ring the craft group", "due_on": "2026-11-20"}
    made = await sam.post(f"/handoffs/{claimed['id']}/to-dos", json=asked, key="once")
    again = await sam.post(f"/handoffs/{claimed['id']}/to-dos", json=asked, key="once")
    assert (made.status_code, made.json()["id"]) == (201, again.json()["id"])
    path = f"/to-dos/{made.json()['id']}"
    assert made.json()["name"] == "Ann"
    changed = await sends(sam, "PATCH", path, version=1, due_on="2099-11-24")
    assert (changed.status_code, changed.json()["due_on"]) == (200, "2099-11-24")
    assert (await sends(sam, "PATCH", path, version=1, words="Late")).status_code == 412
    assert (await sends(sam, "PATCH", path, words="Late")).status_code == 428
    (listed,) = (await sam.get("/to-dos", params={"when": "coming"})).json()["to_dos"]
    assert listed["words"] == "Ring the craft group"
    done = await sam.post(f"{path}/done", version=2)
    assert done.json()["done_at"]
    assert (await sam.get("/to-dos")).json()["to_dos"] == []
    (kept,) = (await sam.get(f"/people/{claimed['person_id']}/to-dos")).json()["to_dos"]
    assert kept["done_at"]


async def test_the_next_contact_shows_on_the_caseload(sam: AtWork, priya: AtWork, claimed: dict[str, Any]) -> None:
    path = f"/handoffs/{claimed['id']}/next-contact"
    assert (await sends(sam, "PUT", path, on="2020-01-06")).status_code == 200
    assert (await sends(priya, "PUT", path, on="2020-01-07")).status_code == 403
    told = (await sam.get("/caseload")).json()
    (case,) = told["cases"]
    assert (case["name"], case["next_on"], case["overdue"]) == ("Ann", "2020-01-06", True)
    assert (told["load"]["people"], told["load"]["overdue"]) == (1, 1)
    assert case["contacted_at"] is None
    await sam.post(f"/handoffs/{claimed['id']}/messages", json={"text": "Hello Ann"})
    (case,) = (await sam.get("/caseload")).json()["cases"]
    assert case["contacted_at"]


async def test_a_private_note_is_never_in_the_chat_but_stands_in_the_timeline_and_in_their_record(
    app: FastAPI, sam: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    written = await sam.post(f"/handoffs/{claimed['id']}/notes", json={"text": "Keeps herons"})
    assert written.status_code == 201, written.text
    person = claimed["person_id"]
    (note,) = (await sam.get(f"/people/{person}/notes")).json()["notes"]
    assert (note["text"], note["by"], note["third_party"]) == ("Keeps herons", "Sam", False)
    story = (await sam.get(f"/people/{person}")).json()
    assert [one["text"] for one in story["timeline"] if one["type"] == "note"] == ["Keeps herons"]
    path = f"/notes/{note['id']}"
    put = await sends(sam, "PUT", path, version=1, text="Keeps hens", third_party=True)
    assert (put.status_code, put.json()["text"]) == (200, "Keeps hens")
    app.state.house.clock.move_on(timedelta(minutes=16))
    late = await sends(sam, "PUT", path, version=2, text="Keeps swans")
    assert (late.status_code, late.json()["type"]) == (409, "tag:waitingroom,2026:note-stands")
    assert "hens" not in await waiting_person.says("MY DATA")
    house: House = app.state.house
    async with house.database.transaction() as session:
        talk = waiting_person.turns[-1].conversation_id
        held = await everything.of_talk(session, conversation_id=talk)
    sections = Telling(house.desk.service, words_in("en")).sections(held)
    lines = "\n".join(" ".join(line) for section in sections for line in section.lines)
    assert "a note by Sam: a person sends you that" in lines
    assert "hens" not in lines


# the caseload, and handing over


async def test_a_full_caseload_asks_before_one_more_is_claimed(
    app: FastAPI, sam: AtWork, lou: AtWork, claimed: dict[str, Any]
) -> None:
    await refers_themselves(app)
    me = await id_of(sam, "Sam")
    assert (await sends(sam, "PUT", f"/staff/{me}/cap", weight=1)).status_code == 200
    assert (await sends(lou, "PUT", f"/staff/{me}/cap", weight=1)).status_code == 200
    (waits,) = await sam.queue(status="waiting")
    refused = await sam.claims(waits)
    assert (refused.status_code, refused.json()["type"]) == (409, "tag:waitingroom,2026:over-cap")
    assert refused.json()["detail"].startswith("You have a full caseload: weight 1 of 1, and this one weighs 1.")
    assert (await sam.queue(status="waiting"))[0]["version"] == waits["version"]
    yes = await sam.post(f"/handoffs/{waits['id']}/claim?over_cap=true", version=waits["version"])
    assert yes.status_code == 200
    assert (await sam.get("/caseload")).json()["load"]["over_cap"] is True


async def test_what_a_case_weighs_is_worked_out_and_may_be_set(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    async def weight() -> int:
        return int((await sam.get("/caseload")).json()["cases"][0]["weight"])

    assert await weight() == loads.LIGHT
    path = f"/handoffs/{claimed['id']}/weight"
    assert (await sends(priya, "PUT", path, version=claimed["version"], weight=2)).status_code == 403
    assert (await sends(sam, "PUT", path, version=claimed["version"], weight=4)).status_code == 422
    put = await sends(sam, "PUT", path, version=claimed["version"], weight=2)
    assert (put.status_code, await weight()) == (200, loads.USUAL)
    put = await sends(sam, "PUT", path, version=put.json()["version"], weight=None)
    assert (put.status_code, await weight()) == (200, loads.LIGHT)
    await waiting_person.says("I want to kill myself")
    assert await weight() == loads.HEAVY


def test_the_usual_cap_is_made_of_how_many_people_a_year_are_usual() -> None:
    assert loads.usual_cap(250) == 115
    assert loads.usual_cap(200) == 92


async def test_a_lead_sees_what_each_carries_by_name_and_never_by_rank(
    app: FastAPI, sam: AtWork, priya: AtWork, lou: AtWork, claimed: dict[str, Any]
) -> None:
    assert claimed
    await works_as(app, "Pat", Role.PROVIDER)
    worker = await works_as(app, "Nia", Role.LINK_WORKER)
    assert (await worker.get("/caseload/team")).status_code == 403
    team = (await lou.get("/caseload/team")).json()["team"]
    assert [one["name"] for one in team] == ["Lou", "Nia", "Priya", "Sam"]
    assert [one["people"] for one in team] == [0, 0, 0, 1]
    assert {key for one in team for key in one} == {
        *("staff_id", "name", "people", "weight", "cap", "over_cap", "overdue", "talk_by")
    }
    assert priya


async def test_a_lead_sees_that_danger_is_still_to_be_talked_through(
    sam: AtWork, lou: AtWork, waiting_person: Speaker
) -> None:
    await waiting_person.says("I want to kill myself")
    claimed = await sam.claims_the_first()
    acted = await sam.post(
        f"/handoffs/{claimed['id']}/danger", version=claimed["version"], json={"verdict": "acted_on"}
    )
    assert acted.status_code == 200
    by_name = {one["name"]: one for one in (await lou.get("/caseload/team")).json()["team"]}
    assert by_name["Sam"]["talk_by"]
    assert by_name["Lou"]["talk_by"] is None
    (to_do,) = (await sam.get("/to-dos")).json()["to_dos"]
    await sam.post(f"/to-dos/{to_do['id']}/done", version=1)
    by_name = {one["name"]: one for one in (await lou.get("/caseload/team")).json()["team"]}
    assert by_name["Sam"]["talk_by"] is None


async def test_a_colleague_takes_over_and_the_person_hears_the_new_name_once(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    await sends(sam, "PUT", f"/handoffs/{claimed['id']}/next-contact", on="2026-12-01")
    body = {"to": await id_of(sam, "Priya"), "why": "I am away until January"}
    path = f"/handoffs/{claimed['id']}/transfer"
    assert (await sam.post(path, version=99, json=body)).status_code == 412
    assert (await sam.post(path, json=body)).status_code == 428
    assert (await priya.post(path, version=claimed["version"], json=body)).status_code == 403
    moved = await sam.post(path, version=claimed["version"], json=body)
    assert (moved.status_code, moved.json()["claimed_by"]["name"]) == (200, "Priya")
    assert moved.json()["status"] == "claimed"
    assert (await sam.post(f"/handoffs/{claimed['id']}/messages", json={"text": "Hi"})).status_code == 403
    assert (await priya.post(f"/handoffs/{claimed['id']}/messages", json={"text": "Hi"})).status_code == 201
    (case,) = (await priya.get("/caseload")).json()["cases"]
    assert case["next_on"] == "2026-12-01"
    house: House = app.state.house
    awake = house.clock.now() + timedelta(days=1)
    for _ in range(2):
        await transferring.tell_transferred(house.desk, now=awake)
    said = (await priya.get(f"/people/{claimed['person_id']}/messages")).json()["messages"]
    told = [one["text"] for one in said if "is here for you from now on" in one["text"]]
    assert told == ["Priya is here for you from now on. You can write here as before."]
    (entry,) = (await sam.get(f"/people/{claimed['person_id']}/timeline?kind=transfer")).json()["entries"]
    assert (entry["from"], entry["to"], entry["why"]) == ("Sam", "Priya", "I am away until January")
    assert "January" not in await waiting_person.says("hello")


async def test_someone_who_moved_on_again_hears_the_last_name_only(
    app: FastAPI, sam: AtWork, priya: AtWork, claimed: dict[str, Any]
) -> None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.run(text("UPDATE handoff SET version = 7"))
    path = f"/handoffs/{claimed['id']}/transfer"
    await sam.post(path, version=7, json={"to": await id_of(sam, "Priya"), "why": "Away"})
    async with house.database.transaction() as session:
        await session.run(text("UPDATE transfer SET told_at = NULL"))
    await priya.post(path, version=8, json={"to": await id_of(sam, "Sam"), "why": "Back"})
    await transferring.tell_transferred(house.desk, now=house.clock.now() + timedelta(days=1))
    said = (await sam.get(f"/people/{claimed['person_id']}/messages")).json()["messages"]
    assert [one["text"][:5] for one in said if "is here for you" in one["text"]][:1] == ["Sam i"]


async def test_nobody_is_handed_to_a_full_colleague_but_by_a_lead(
    sam: AtWork, priya: AtWork, lou: AtWork, claimed: dict[str, Any]
) -> None:
    assert priya
    other = await id_of(sam, "Priya")
    await sends(lou, "PUT", f"/staff/{other}/cap", weight=1)
    path, body = f"/handoffs/{claimed['id']}/transfer", {"to": other, "why": "Speaks Urdu"}
    await sends(sam, "PUT", f"/handoffs/{claimed['id']}/weight", version=claimed["version"], weight=3)
    version = claimed["version"] + 1
    refused = await sam.post(path, version=version, json=body)
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("Priya has a full caseload: weight 0 of 1")
    assert (await lou.post(path, version=version, json=body)).status_code == 200


async def test_nobody_is_handed_to_another_hub_or_to_a_provider(
    app: FastAPI, sam: AtWork, claimed: dict[str, Any]
) -> None:
    house: House = app.state.house
    async with house.database.transaction() as session:
        await hubs.add(session, name="Pendle", areas=["BB9"], now=house.clock.now())
        burnley = await hubs.add(session, name="Burnley", areas=["BB11"], now=house.clock.now())
    await works_as(app, "Olu", Role.LINK_WORKER, burnley.id)
    await works_as(app, "Pat", Role.PROVIDER)
    path = f"/handoffs/{claimed['id']}/transfer"
    for name in ("Olu", "Pat"):
        body = {"to": await id_of(sam, name), "why": "Nearer"}
        assert (await sam.post(path, version=claimed["version"], json=body)).status_code == 409, name


# finding someone again


async def test_someone_is_found_by_reference_name_and_year_of_birth(sam: AtWork, claimed: dict[str, Any]) -> None:
    person = claimed["person_id"]
    reference = (await sam.get(f"/people/{person}")).json()["referral"]["reference"]

    async def found(q: str) -> list[str]:
        answer = await sam.get("/people", params={"q": q})
        assert answer.status_code == 200, answer.text
        return [one["person_id"] for one in answer.json()["people"]]

    for q in (reference, reference.replace(" ", ""), "Ann", "ANN", "Mrs Ann", "ann 1954"):
        assert await found(q) == [person], q
    for q in ("Bob", "An", "ann 1980", "1234 5678", "%%", "ann smith"):
        assert await found(q) == [], q
    (line,) = (await sam.get("/people", params={"q": "ann"})).json()["people"]
    assert (line["name"], line["area"], line["state"], line["claimed_by"]) == ("Ann", "BB9", "picked_up", "Sam")


async def test_someone_is_found_by_the_number_they_write_from_and_by_the_beginning_of_a_name(
    app: FastAPI, sam: AtWork
) -> None:
    texts = Speaker(app.state.house.desk, now=app.state.house.clock.now() - timedelta(minutes=30))
    told = list(SHORTEST_REFERRAL)
    told[4] = "Margaret O'Neill"
    await texts.says(*told[:8], "call me", "07700 900123", "no", "any", "yes")
    for q in ("07700 900 123", "+447700900123", "marg", "oneill", "O'Neill marga", "Márgaret"):
        people = (await sam.get("/people", params={"q": q})).json()["people"]
        assert [one["name"] for one in people] == ["Margaret O'Neill"], q
    assert (await sam.get("/people", params={"q": "07700 900124"})).json()["people"] == []


async def test_a_name_put_right_is_found_and_the_old_one_is_not(app: FastAPI, sam: AtWork) -> None:
    from waitingroom import rights
    from waitingroom.rights import Fact

    ann = await refers_themselves(app)
    async with app.state.house.database.transaction() as session:
        talk = ann.turns[-1].conversation_id
        await rights.correct(session, conversation_id=talk, fact=Fact.NAME, value="Beatrix", now=ann.now)
    assert len((await sam.get("/people", params={"q": "beatr 1954"})).json()["people"]) == 1
    assert (await sam.get("/people", params={"q": "ann"})).json()["people"] == []


async def test_people_from_before_there_was_a_search_are_found_once_they_are_indexed(
    app: FastAPI, sam: AtWork, waiting_person: Speaker
) -> None:
    assert waiting_person.turns
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.run(text("DELETE FROM person_word"))
    assert (await sam.get("/people", params={"q": "ann"})).json()["people"] == []
    async with house.database.transaction() as session:
        assert await people_search.index(session) == 1
        assert await people_search.index(session) == 0
    assert len((await sam.get("/people", params={"q": "ann 1954"})).json()["people"]) == 1


async def test_of_another_hub_nothing_is_told_but_that_there_is_someone(
    app: FastAPI, sam: AtWork, claimed: dict[str, Any]
) -> None:
    house: House = app.state.house
    reference = (await sam.get(f"/people/{claimed['person_id']}")).json()["referral"]["reference"]
    async with house.database.transaction() as session:
        await hubs.add(session, name="Pendle", areas=["BB9"], now=house.clock.now())
        burnley = await hubs.add(session, name="Burnley", areas=["BB11"], now=house.clock.now())
    olu = await works_as(app, "Olu", Role.LINK_WORKER, burnley.id)
    async with olu.client:
        by_name = (await olu.get("/people", params={"q": "ann"})).json()
        assert by_name == {"people": [], "more": False, "elsewhere": False}
        exact = (await olu.get("/people", params={"q": reference})).json()
        assert exact == {"people": [], "more": False, "elsewhere": True}


async def test_a_search_leaves_no_trace_of_what_was_searched(
    sam: AtWork, waiting_person: Speaker, capfd: pytest.CaptureFixture[str]
) -> None:
    assert waiting_person.turns
    await sam.get("/people", params={"q": "Zebedee"})
    heard = capfd.readouterr()
    assert "ebedee" not in heard.out + heard.err


# the timeline


async def test_a_timeline_is_read_a_page_at_a_time_and_nothing_is_missed_or_told_twice(
    sam: AtWork, claimed: dict[str, Any]
) -> None:
    await sam.post(f"/handoffs/{claimed['id']}/notes", json={"text": "One"})
    await sam.post(f"/handoffs/{claimed['id']}/activities", json={"kind": "call", "minutes": 5})
    whole = (await sam.get(f"/people/{claimed['person_id']}/timeline?limit=200")).json()["entries"]
    assert {"message", "activity", "note"} <= {one["type"] for one in whole}
    at = f"{API}/people/{claimed['person_id']}/timeline?limit=7"
    pages: list[dict[str, Any]] = []
    while at:
        page = (await sam.get(at.removeprefix(API))).json()
        pages += page["entries"]
        at = page["next"]
    assert pages == whole
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)


async def test_the_cursor_of_one_persons_timeline_opens_no_other(
    app: FastAPI, sam: AtWork, claimed: dict[str, Any]
) -> None:
    other = someone(app)
    await other.says(*SHORTEST_REFERRAL)
    (waits,) = await sam.queue(status="waiting")
    first = (await sam.get(f"/people/{claimed['person_id']}/timeline?limit=1")).json()["next"]
    place = first.partition("cursor=")[2]
    crossed = await sam.get(f"/people/{waits['person_id']}/timeline?limit=1&cursor={place}")
    assert crossed.status_code == 422
    assert (await sam.get(f"/people/{uuid.uuid4()}/timeline")).status_code == 404


async def test_the_queue_is_filtered_and_ordered(app: FastAPI, sam: AtWork, waiting_person: Speaker) -> None:
    later = someone(app)
    later.now += timedelta(minutes=5)
    await later.says(*SHORTEST_REFERRAL, "I want to kill myself")
    assert waiting_person.turns
    urgent, routine = await sam.queue()
    assert (urgent["urgency"], routine["urgency"]) == ("urgent", "routine")
    assert [one["id"] for one in await sam.queue(order="oldest")] == [routine["id"], urgent["id"]]
    for asked, wanted in (
        ({"reason": "danger"}, [urgent["id"]]),
        ({"need": "lonely", "area": "BB9"}, [urgent["id"], routine["id"]]),
        ({"language": "en", "channel": "terminal"}, [urgent["id"], routine["id"]]),
        ({"need": "money"}, []),
        ({"area": "BB1"}, []),
        ({"language": "pl"}, []),
        ({"channel": "sms"}, []),
    ):
        assert [one["id"] for one in await sam.queue(**asked)] == wanted, asked
    first = (await sam.get("/handoffs?order=oldest&limit=1")).json()["next"]
    assert [one["id"] for one in (await sam.get(first.removeprefix(API))).json()["handoffs"]] == [urgent["id"]]
