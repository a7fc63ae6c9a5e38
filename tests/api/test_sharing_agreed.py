"""Another organisation is told of someone only by a yes of their own, and no more once they take it back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlmodel import select

from tests.api.test_console import Desk
from tests.api.test_staff_helps import works_as
from tests.at_work import AtWork
from tests.signed_in import sign_in
from tests.talking import Speaker
from waitingroom.consents import Consent, Purpose
from waitingroom.roles import Role
from waitingroom.staff import Staff

pytestmark = pytest.mark.anyio

QUESTION = "May we tell Age Pendle your first name and how to reach you, so that they can help with one thing?"


async def of_organisation(app: FastAPI, name: str, organisation: str | None) -> AtWork:
    worker = await works_as(app, name, Role.PROVIDER)
    async with app.state.house.database.transaction() as session:
        member = (await session.exec(select(Staff).where(Staff.name == name))).one()
        member.organisation = organisation
        session.add(member)
    return worker


@pytest.fixture
async def pat(app: FastAPI) -> AsyncIterator[AtWork]:
    worker = await of_organisation(app, "Pat", "Age Pendle")
    async with worker.client:
        yield worker


@pytest.fixture
async def claimed(sam: AtWork, waiting_person: Speaker) -> dict[str, Any]:
    assert waiting_person.turns
    return await sam.claims_the_first()


async def asks(sam: AtWork, claimed: dict[str, Any], agreement: str, name: str = "Pat") -> Any:
    colleagues = (await sam.get("/colleagues")).json()["colleagues"]
    helper = next(one["id"] for one in colleagues if one["name"] == name)
    body = {"helper_id": helper, "kind": "call", "why": "A lift to the club", "agreement": agreement}
    return await sam.post(f"/handoffs/{claimed['id']}/helps", json=body)


async def consents_of(app: FastAPI) -> list[Consent]:
    async with app.state.house.database.transaction() as session:
        return list(await session.exec(select(Consent).where(Consent.purpose == Purpose.SHARING)))


async def last_said(sam: AtWork, claimed: dict[str, Any]) -> str:
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    return str(next(one["text"] for one in reversed(story["timeline"]) if one["type"] == "message"))


async def test_the_bot_asks_beside_the_talk_and_a_yes_is_kept_with_its_evidence(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    asked = await asks(sam, claimed, "ask_in_chat")
    assert (asked.status_code, asked.json()["status"], asked.json()["name"]) == (201, "to_agree", "")
    assert QUESTION in await last_said(sam, claimed)
    help_id = asked.json()["id"]
    assert (await pat.get("/helps?all=true")).json()["helps"] == []
    for hidden in (pat.get(f"/helps/{help_id}"), pat.post(f"/helps/{help_id}/accept", version=1)):
        assert (await hidden).status_code == 404
    assert (await pat.post(f"/helps/{help_id}/call-off", version=1)).status_code == 404
    assert "We will ask Age Pendle to help" in await waiting_person.says("aye")
    (yes,) = await consents_of(app)
    assert (yes.which, yes.wording, yes.heard_by) == ("Age Pendle", QUESTION, None)
    assert yes.evidence == waiting_person.turns[-1].message_id
    (mine,) = (await pat.get("/helps")).json()["helps"]
    assert (mine["status"], mine["name"], mine["why"]) == ("asked", "Ann", "A lift to the club")
    again = await asks(sam, claimed, "stands")
    assert (again.status_code, again.json()["status"]) == (201, "asked")


async def test_a_no_is_a_no_and_the_helper_never_hears_of_it(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    asked = (await asks(sam, claimed, "ask_in_chat")).json()
    assert "We will not tell Age Pendle about you" in await waiting_person.says("no thanks")
    assert await consents_of(app) == []
    assert (await pat.get("/helps?all=true")).json()["helps"] == []
    assert (await sam.get(f"/helps/{asked['id']}")).json()["status"] == "not_agreed"
    assert (await asks(sam, claimed, "stands")).status_code == 409


@pytest.mark.parametrize("said", ["I suppose so", "not sure", "who are they?"])
async def test_what_is_no_plain_yes_shares_nothing(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any], said: str
) -> None:
    await asks(sam, claimed, "ask_in_chat")
    await waiting_person.says(said)
    assert await consents_of(app) == []
    assert (await pat.get("/helps")).json()["helps"] == []


async def test_a_yes_to_what_the_link_worker_wrote_since_is_no_yes_to_sharing(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    await asks(sam, claimed, "ask_in_chat")
    await sam.post(f"/handoffs/{claimed['id']}/messages", json={"text": "Is Tuesday at ten good for you?"})
    await waiting_person.says("yes")
    assert await consents_of(app) == []
    assert (await pat.get("/helps")).json()["helps"] == []


async def test_a_yes_to_one_organisation_is_no_yes_to_another(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    other = await of_organisation(app, "Moss", "Night Shelter")
    async with other.client:
        await asks(sam, claimed, "ask_in_chat")
        await waiting_person.says("yes")
        assert (await asks(sam, claimed, "stands", "Moss")).status_code == 409
        assert (await other.get("/helps")).json()["helps"] == []


async def test_a_yes_said_aloud_is_kept_with_who_heard_it_and_the_words_read_out(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    assert waiting_person.turns
    before = await last_said(sam, claimed)
    made = await asks(sam, claimed, "heard_aloud")
    assert (made.status_code, made.json()["status"], made.json()["name"]) == (201, "asked", "Ann")
    story = (await sam.get(f"/handoffs/{claimed['id']}/story")).json()
    (told,) = [one for one in story["consents"] if one["purpose"] == "sharing"]
    assert (told["heard_by"], told["which"], told["wording"]) == ("Sam", "Age Pendle", QUESTION)
    assert (told["channel"], told["stands"]) == ("phone", True)
    assert await last_said(sam, claimed) == before
    assert (await pat.get("/helps")).json()["helps"] != []


async def test_nobody_of_ours_needs_a_yes_that_was_heard(
    app: FastAPI, sam: AtWork, priya: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    assert waiting_person.turns
    refused = await asks(sam, claimed, "heard_aloud", priya.name)
    assert refused.json()["type"] == "tag:waitingroom,2026:one-of-ours"
    assert await consents_of(app) == []


async def test_taken_back_by_consent_it_ends_the_help_of_that_organisation_alone(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    other = await of_organisation(app, "Moss", "Night Shelter")
    async with other.client:
        first = (await asks(sam, claimed, "heard_aloud")).json()
        second = (await asks(sam, claimed, "heard_aloud", "Moss")).json()
        assert (await pat.post(f"/helps/{first['id']}/accept", version=1)).status_code == 200
        listed = await waiting_person.says("CONSENT")
        assert "We may tell Age Pendle how to reach you" in listed
        assert "We may tell Night Shelter how to reach you" in listed
        number = next(line for line in listed.splitlines() if "Age Pendle" in line).strip()[0]
        assert "Taken back: We may tell Age Pendle how to reach you" in await waiting_person.says(number)
        ended = (await pat.get(f"/helps/{first['id']}")).json()
        assert (ended["status"], ended["name"], ended["safe_contact"]) == ("called_off", "", None)
        assert (await other.get(f"/helps/{second['id']}")).json()["name"] == "Ann"
        again = await asks(sam, claimed, "stands")
        assert again.json()["type"] == "tag:waitingroom,2026:no-consent"


async def test_whoever_is_not_safe_is_not_asked_in_writing(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    assert waiting_person.turns
    async with app.state.house.database.transaction() as session:
        await session.driver.execute("UPDATE referral SET needs = ARRAY['abuse']")
    before = await last_said(sam, claimed)
    refused = await asks(sam, claimed, "ask_in_chat")
    assert refused.json()["type"] == "tag:waitingroom,2026:not-in-writing"
    assert await last_said(sam, claimed) == before
    assert (await asks(sam, claimed, "heard_aloud")).status_code == 201


async def test_one_press_on_the_page_asks_in_the_chat_and_the_words_to_read_out_stand_there(
    app: FastAPI, sam: AtWork, pat: AtWork, waiting_person: Speaker, claimed: dict[str, Any]
) -> None:
    async with await sign_in(app, "Sam") as web:
        desk = Desk(web)
        await desk.opens(f"/staff/handoffs/{claimed['id']}/help")
        assert QUESTION in desk.words
        helper = desk.page.partition("(Age Pendle)")[0].rpartition('option value="')[2].partition('"')[0]
        told = {"helper": helper, "kind": "call", "why": "A lift to the club"}
        await desk.sends("/helps", **told, agreement="stands")
        assert desk.status == 409
        assert "A lift to the club" in desk.page
        await desk.sends("/helps", **told, agreement="ask_in_chat")
        assert "the person has not answered yet whether they may be told" in desk.words
        await waiting_person.says("yes")
        await desk.opens(f"/staff/handoffs/{claimed['id']}")
        assert "Sam asked Pat to help: call, asked" in desk.words
        assert (await pat.get("/helps")).json()["helps"] != []
