"""The privacy notice, and the page with all that is held of someone, for nobody but themselves."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest
import time_machine
from fastapi import FastAPI
from sqlmodel import col, select

from api.house import House
from bot import notice
from tests.api.visiting import Visitor
from tests.talking import SHORTEST_REFERRAL
from waitingroom import activities, equality, outcomes, staff
from waitingroom.activities import Kind
from waitingroom.conversations import Conversation
from waitingroom.outcomes import Occasion
from waitingroom.referrals import Referral

pytestmark = pytest.mark.anyio

WORDS = "The heron on the canal & <b>quiet</b>"


@pytest.fixture
async def ann(app: FastAPI) -> AsyncIterator[Visitor]:
    web = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://waitingroom.test")
    async with web:
        yield Visitor(web)


async def waits(ann: Visitor) -> None:
    await ann.opens()
    said = [WORDS if words == "Company in the evenings" else words for words in SHORTEST_REFERRAL]
    await ann.writes(*said)


async def test_the_notice_can_be_read_before_anything_is_said(ann: Visitor) -> None:
    await ann.opens("/")
    assert 'href="/privacy"' in ann.page
    await ann.opens("/privacy")
    assert ann.status == 200
    for said in (notice.VERSION, "CONSENT", "MY DATA", "DELETE", "COMPLAINT", "30 days", "0303 123 1113"):
        assert said in ann.page
    assert not ann.web.cookies


async def test_nothing_is_shown_before_she_has_shown_who_she_is(ann: Visitor) -> None:
    await waits(ann)
    await ann.opens("/chat/my-data")
    assert ann.status == 403
    assert "First, show that it is you" in ann.page
    assert "heron" not in ann.page


async def test_then_she_reads_all_of_it_with_where_it_came_from(ann: Visitor) -> None:
    await waits(ann)
    await ann.writes("my data", "72, BB9 7AA")
    assert "below this chat" in ann.page
    assert 'href="/chat/my-data"' in ann.page
    await ann.opens("/chat/my-data")
    assert ann.status == 200
    for said in ("What you agreed to", "May we keep", "How we may write to you", "BB9 7AA", "Feeling lonely"):
        assert said in ann.page
    assert "The heron on the canal &amp; &lt;b&gt;quiet&lt;/b&gt;" in ann.page
    assert "<b>quiet" not in ann.page
    assert "<title>Notes</title>" in ann.page
    assert any("computer program" in line for line in ann.lines)


async def test_after_a_quarter_of_an_hour_she_shows_it_again(app: FastAPI, ann: Visitor) -> None:
    await waits(ann)
    await ann.writes("my data", "72, BB9 7AA")
    house: House = app.state.house
    with time_machine.travel(house.clock.now() + timedelta(minutes=16), tick=False):
        await ann.opens("/chat/my-data")
    assert ann.status == 403


async def test_another_browser_in_the_same_talk_shows_it_for_itself(app: FastAPI, ann: Visitor) -> None:
    await waits(ann)
    await ann.writes("my data", "72, BB9 7AA", "continue")
    code = ann.lines[-2].partition("CONTINUE ")[2][:9]
    web = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://waitingroom.test")
    async with web:
        other = Visitor(web)
        await other.opens()
        await other.writes(f"CONTINUE {code}")
        assert any("You are back where you were" in line for line in other.lines)
        await other.opens("/chat/my-data")
        assert other.status == 403


async def test_someone_who_told_us_nothing_sees_the_chat_they_had(ann: Visitor) -> None:
    await ann.opens()
    await ann.writes("hello")
    await ann.opens("/chat/my-data")
    assert ann.status == 200
    assert "deleted by itself" in ann.page


async def test_whoever_has_no_chat_here_gets_nothing(ann: Visitor) -> None:
    answer = await ann.web.get("/chat/my-data")
    assert answer.status_code == 404


async def test_every_kind_of_thing_that_is_held_has_its_place(app: FastAPI, ann: Visitor) -> None:
    await waits(ann)
    await ann.writes("complaint", "You rang at work", "volunteer", "yes", "I want to kill myself")
    house: House = app.state.house
    now = house.clock.now()
    async with house.database.transaction() as session:
        talk = (await session.exec(select(Conversation).where(col(Conversation.person_id).is_not(None)))).one()
        (referral,) = (await session.exec(select(Referral))).all()
        worker = await staff.welcome(session, name="Sam", now=now)
        noted = {"referral_id": referral.id, "staff_id": worker.id, "kind": Kind.CALL, "minutes": 5, "now": now}
        await activities.log(session, **noted, note="She keeps herons")
        answers = {"ons4": {"satisfied": 7}}
        sat = {"referral_id": referral.id, "occasion": Occasion.START, "broken_off": False, "now": now}
        await outcomes.record(session, **sat, answers=answers)
        await equality.keep(session, conversation_id=talk.id, asked=["sex"], answers={"sex": "female"})
    await ann.writes("my data", "72, BB9 7AA")
    assert "Staff made notes too. A person sends you those by" in "\n".join(ann.lines)
    await ann.opens("/chat/my-data")
    for said in ("You rang at work", "ways to help others", "call, Sam"):
        assert said in ann.page
    for said in ("a person was asked to look at once", "female", "satisfied: 7", "access", "with a note"):
        assert said in ann.page
    assert "She keeps herons" not in ann.page
