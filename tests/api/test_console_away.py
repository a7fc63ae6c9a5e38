"""Who waits for an answer, away days and who covers, and messages for later changed: at the console."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from api.house import House
from tests.api.test_console import Desk
from tests.at_work import AtWork, refers_themselves
from tests.signed_in import sign_in
from tests.talking import Speaker
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
async def desk(app: FastAPI) -> AsyncIterator[Desk]:
    async with await sign_in(app, "Sam") as web:
        yield Desk(web)


async def picked_up(app: FastAPI, desk: Desk) -> tuple[Speaker, str]:
    person = await refers_themselves(app)
    await desk.opens()
    await desk.sends("/claim")
    async with app.state.house.database.transaction() as session:
        return person, str(await session.driver.fetchval("SELECT id FROM handoff ORDER BY raised_at DESC LIMIT 1"))


def day(app: FastAPI, days: int) -> str:
    house: House = app.state.house
    return (house.clock.now().astimezone(LONDON).date() + timedelta(days=days)).isoformat()


def moment(app: FastAPI, days: int, hour: int = 11) -> str:
    house: House = app.state.house
    on = house.clock.now().astimezone(LONDON).date() + timedelta(days=days)
    return f"{datetime.combine(on, time(hour)):%Y-%m-%dT%H:%M}"


async def test_the_queue_says_since_when_someone_waits_for_an_answer_until_they_have_it(
    app: FastAPI, sam: AtWork, desk: Desk
) -> None:
    person, handoff = await picked_up(app, desk)
    await picked_up(app, desk)
    assert (await sam.get(f"/handoffs/{handoff}")).json()["unanswered_since"] is None
    assert await sam.queue(unanswered="true") == []
    await person.says("Are you there?")
    (line,) = await sam.queue(unanswered="true")
    assert line["id"] == handoff
    assert datetime.fromisoformat(line["unanswered_since"]) <= person.now
    await desk.opens("/staff?tab=mine")
    assert "Waits for an answer since " in desk.words
    assert "1 waits for your answer" in desk.words
    assert desk.page.count('id="row-') == 2
    await desk.opens("/staff?tab=mine&unanswered=1")
    assert desk.page.count('id="row-') == 1
    assert "Show all of yours" in desk.words
    await sam.post(f"/handoffs/{handoff}/messages", json={"text": "I am here."})
    assert (await sam.get(f"/handoffs/{handoff}")).json()["unanswered_since"] is None
    await desk.opens("/staff?tab=mine")
    assert "Waits for an answer" not in desk.words
    await desk.opens("/staff?tab=mine&unanswered=yes")
    assert desk.status == 422


async def test_someone_says_they_are_away_and_who_reads_and_that_they_are_back(app: FastAPI, desk: Desk) -> None:
    async with await sign_in(app, "Priya") as web:
        priya = Desk(web)
        await desk.opens("/staff/more")
        assert "/staff/away" in desk.page
        await desk.opens("/staff/away")
        assert "You are at work." in desk.words
        cover = (
            desk.page.partition('<option value="">Nobody</option>')[2].partition('value="')[2].partition('"')[0]
        )
        await desk.sends("/staff/away", back_on=day(app, 9), cover=cover)
        assert "You are away, and back on " in desk.words
        assert "Priya reads for you." in desk.words
        await priya.opens("/staff/away")
        assert "For whom you read Sam, back on " in priya.words
        await desk.sends("/staff/away/back")
        assert "You are at work." in desk.words
        await priya.opens("/staff/away")
        assert "For whom you read" not in priya.words


@pytest.mark.parametrize(
    ("days", "cover", "words"),
    [
        (0, "", "Choose a day that is still to come."),
        (3, "nobody-of-this-name", "Choose a colleague who works here"),
        (None, "", "Choose a day."),
    ],
)
async def test_what_cannot_be_is_refused_and_keeps_what_was_typed(
    app: FastAPI, desk: Desk, days: int | None, cover: str, words: str
) -> None:
    await desk.opens("/staff/away")
    back_on = "soon" if days is None else day(app, days)
    await desk.sends("/staff/away", back_on=back_on, cover=cover)
    assert desk.status == 409
    assert words in desk.words
    assert f'value="{back_on}"' in desk.page
    assert "You are at work." in desk.words


async def test_nobody_of_another_hub_can_be_asked_to_read(app: FastAPI) -> None:
    async with (
        await sign_in(app, "Olu", hub="Burnley") as olu,
        await sign_in(app, "Wyn", hub="Nelson"),
        await sign_in(app, "Prue", Role.PROVIDER, hub="Burnley"),
        await sign_in(app, "Bea", hub="Burnley"),
    ):
        desk = Desk(olu)
        await desk.opens("/staff/away")
        assert "Bea" in desk.words
        assert "Wyn" not in desk.words
        assert "Prue" not in desk.words


async def test_a_message_for_later_is_changed_until_it_went_and_only_by_its_writer(
    app: FastAPI, desk: Desk
) -> None:
    _person, handoff = await picked_up(app, desk)
    await desk.opens(f"/staff/handoffs/{handoff}/meeting")
    await desk.sends("/meeting/later", text="Did the heron come?", send_at=moment(app, 2), anyway="yes")
    later = desk.page.partition('href="/staff/later/')[2].partition('"')[0]
    await desk.opens(f"/staff/later/{later}")
    assert "Did the heron come?" in desk.page
    assert f'value="{moment(app, 2)}"' in desk.page
    assert 'name="anyway" type="checkbox" value="yes" checked' in desk.page
    stale = desk.fields(f"/staff/later/{later}")
    await desk.sends(f"/staff/later/{later}", text="Shall we talk?", send_at=moment(app, 3, 22), anyway="")
    assert desk.status == 409
    assert "The next is" in desk.words
    assert "Shall we talk?" in desk.page
    await desk.sends(f"/staff/later/{later}", text="Shall we talk?", send_at=moment(app, 3), anyway="yes")
    assert "Changed." in desk.words
    assert "Shall we talk?" in desk.words
    assert "Did the heron come?" not in desk.words
    again = {**stale, "text": "Old", "send_at": moment(app, 3), "anyway": "yes", "once": "another"}
    again.pop("")
    await desk.posts(f"/staff/later/{later}", again)
    assert desk.status == 412
    async with await sign_in(app, "Priya") as web:
        priya = Desk(web)
        await priya.opens(f"/staff/later/{later}")
        assert priya.status == 404
    await desk.opens(f"/staff/handoffs/{handoff}/meeting")
    await desk.sends(f"/staff/later/{later}/cancel")
    await desk.opens(f"/staff/later/{later}")
    assert "It can no longer be changed." in desk.words
    assert f'action="/staff/later/{later}"' not in desk.page
