"""Others help with one thing: the case stays where it is, and a helper sees only what they were asked."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api.house import House
from tests.at_work import AtWork, client_of
from tests.talking import Speaker
from waitingroom import consents, hubs, staff
from waitingroom.columns import new_id
from waitingroom.consents import Purpose, Recipient
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio


async def works_as(app: FastAPI, name: str, role: Role, hub_id: uuid.UUID | None = None) -> AtWork:
    house: House = app.state.house
    now = house.clock.now()
    async with house.database.transaction() as session:
        member = await staff.welcome(session, name=name, now=now, role=role, hub_id=hub_id)
        key = await staff.issue_key(session, staff_id=member.id, scopes=staff.OF_ROLE[role], now=now)
    return AtWork(client_of(app), name, key)


@pytest.fixture
async def pat(app: FastAPI) -> AsyncIterator[AtWork]:
    """Pat of another organisation, who hosts and drives."""
    worker = await works_as(app, "Pat", Role.PROVIDER)
    async with worker.client:
        yield worker


@pytest.fixture
async def claimed(sam: AtWork, waiting_person: Speaker) -> dict[str, Any]:
    assert waiting_person.turns
    return await sam.claims_the_first()


async def agrees_to_share(app: FastAPI, ann: Speaker) -> None:
    """Ann says yes to another service being told."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        await consents.give(
            session,
            conversation_id=ann.turns[-1].conversation_id,
            purpose=Purpose.SHARING,
            recipient=Recipient.SERVICE,
            which="Pat",
            wording="May we tell another service?",
            wording_version="1",
            language="en",
            channel="terminal",
            evidence=1,
            now=house.clock.now(),
        )


async def asks(sam: AtWork, claimed: dict[str, Any], name: str, **more: str) -> Any:
    colleagues = (await sam.get("/colleagues")).json()["colleagues"]
    helper = next(one["id"] for one in colleagues if one["name"] == name)
    body = {"helper_id": helper, "kind": "call", "why": "A lift to the craft group", **more}
    return await sam.post(f"/handoffs/{claimed['id']}/helps", json=body)


async def as_it_stands(app: FastAPI) -> list[Any]:
    """How the case stands: who has it, where it is, and its version."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        told = "SELECT h.status, h.claimed_by, h.version, v.owner, v.owned_by, r.status AS r, r.version AS rv"
        rows = await session.run(
            text(
                f"{told} FROM handoff h JOIN conversation v ON v.id = h.conversation_id "
                "JOIN referral r ON r.conversation_id = v.id"
            )
        )
        return [tuple(row) for row in rows]


async def test_someone_else_helps_with_one_thing_and_the_case_stays_where_it_is(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    await agrees_to_share(app, waiting_person)
    before = await as_it_stands(app)
    asked = await asks(sam, claimed, "Pat")
    assert asked.status_code == 201, asked.text
    (mine,) = (await pat.get("/helps")).json()["helps"]
    assert (mine["name"], mine["why"], mine["asked_by"]) == ("Ann", "A lift to the craft group", "Sam")
    assert mine["safe_contact"]["how"] == "here"
    path = f"/helps/{mine['id']}"
    assert (await pat.post(f"{path}/accept")).status_code == 428
    assert (await pat.post(f"{path}/accept", version=9)).status_code == 412
    assert (await pat.post(f"{path}/accept", version=1)).json()["status"] == "accepted"
    done = await pat.post(f"{path}/done", version=2, json={"outcome": "Took her there", "minutes": 40})
    assert (done.json()["status"], done.json()["name"], done.json()["safe_contact"]) == ("done", "", None)
    assert await as_it_stands(app) == before
    told = (await sam.get(f"/people/{claimed['person_id']}/timeline")).json()["entries"]
    (entry,) = [one for one in told if one["type"] == "help"]
    assert (entry["helper"], entry["outcome"]) == ("Pat", "Took her there")
    noted = [(one["by"], one["kind"], one["minutes"]) for one in told if one["type"] == "activity"]
    assert sorted(noted) == [("Pat", "liaison", 40), ("Sam", "liaison", 0)]
    assert (await pat.post(f"{path}/call-off", version=3)).status_code == 409


async def test_without_her_yes_nothing_is_shared_with_another_organisation(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    refused = await asks(sam, claimed, "Pat")
    assert (refused.status_code, refused.json()["type"]) == (409, "tag:waitingroom,2026:no-consent")
    assert (await pat.get("/helps")).json()["helps"] == []
    await agrees_to_share(app, waiting_person)
    made = (await asks(sam, claimed, "Pat")).json()
    house: House = app.state.house
    async with house.database.transaction() as session:
        await consents.withdraw(
            session,
            conversation_id=waiting_person.turns[-1].conversation_id,
            purpose=Purpose.SHARING,
            now=house.clock.now(),
        )
    seen = (await pat.get(f"/helps/{made['id']}")).json()
    assert (seen["name"], seen["safe_contact"], seen["code_word"]) == ("", None, "")
    assert (await pat.post(f"/helps/{made['id']}/accept", version=1)).status_code == 409


async def test_a_colleague_may_help_by_the_yes_she_gave_to_a_link_worker(
    sam: AtWork, priya: AtWork, claimed: dict[str, Any]
) -> None:
    made = (await asks(sam, claimed, "Priya", kind="piece")).json()
    assert (await priya.post(f"/helps/{made['id']}/decline", version=1)).json()["status"] == "declined"
    assert (await priya.get("/helps")).json()["helps"] == []
    assert len((await priya.get("/helps?all=true")).json()["helps"]) == 1
    himself = await asks(sam, claimed, "Sam")
    assert (himself.status_code, himself.json()["type"]) == (409, "tag:waitingroom,2026:not-for-yourself")


async def test_a_helper_sees_only_what_they_were_asked(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    await agrees_to_share(app, waiting_person)
    made = (await asks(sam, claimed, "Pat")).json()
    other = await works_as(app, "Other", Role.PROVIDER)
    async with other.client:
        assert (await other.get(f"/helps/{made['id']}")).status_code == 404
        assert (await other.get("/helps")).json()["helps"] == []
        for act in ("accept", "decline", "call-off"):
            assert (await other.post(f"/helps/{made['id']}/{act}", version=1)).status_code == 404, act
        offered = {"kind": "call", "why": "I could ring her"}
        assert (await other.post(f"/helps/{made['id']}/offers", json=offered)).status_code == 404
    person, handoff = claimed["person_id"], claimed["id"]
    for path in (
        *("/handoffs", "/people?q=ann", f"/handoffs/{handoff}", f"/handoffs/{handoff}/story", f"/people/{person}"),
        *(f"/people/{person}/{part}" for part in ("timeline", "messages", "notes", "activities", "helps")),
        "/caseload",
    ):
        assert (await pat.get(path)).status_code == 403, path


async def test_a_helper_offers_one_more_thing_and_her_link_worker_decides(
    app: FastAPI, sam: AtWork, priya: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    await agrees_to_share(app, waiting_person)
    made = (await asks(sam, claimed, "Pat")).json()
    offered = {"kind": "group_place", "why": "A place in our walking group"}
    path = f"/helps/{made['id']}"
    assert (await pat.post(f"{path}/offers", json=offered)).status_code == 404
    await pat.post(f"{path}/accept", version=1)
    offer = await pat.post(f"{path}/offers", json=offered)
    assert (offer.status_code, offer.json()["status"]) == (201, "offered")
    theirs = f"/helps/{offer.json()['id']}"
    assert (await pat.post(f"{theirs}/accept", version=1)).status_code == 404
    assert (await priya.post(f"{theirs}/accept", version=1)).status_code == 404
    assert (await sam.post(f"{theirs}/accept", version=1)).json()["status"] == "accepted"
    assert (await pat.get(theirs)).json()["name"] == "Ann"


async def test_only_whoever_has_her_asks_and_of_nobody_elsewhere(
    app: FastAPI, sam: AtWork, priya: AtWork, claimed: dict[str, Any]
) -> None:
    assert (await asks(priya, claimed, "Priya")).status_code == 403
    house: House = app.state.house
    async with house.database.transaction() as session:
        await hubs.add(session, name="Pendle", areas=["BB9"], now=house.clock.now())
        burnley = await hubs.add(session, name="Burnley", areas=["BB11"], now=house.clock.now())
    await works_as(app, "Olu", Role.LINK_WORKER, burnley.id)
    elsewhere = await asks(sam, claimed, "Olu")
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (409, "tag:waitingroom,2026:cannot-help")
    nobody = {"helper_id": str(new_id()), "kind": "call", "why": "Ring"}
    assert (await sam.post(f"/handoffs/{claimed['id']}/helps", json=nobody)).status_code == 404
