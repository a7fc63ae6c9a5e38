"""Tasks changed and put back, and what a lead sets for someone of the team: at the console."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import select

from tests.api.test_console import Desk
from tests.entering import MovedClock, at_the_door, invited, stopped_clock
from tests.signed_in import sign_in
from waitingroom.roles import Role
from waitingroom.staff import Staff

pytestmark = pytest.mark.anyio


@pytest.fixture
async def desk(app: FastAPI) -> AsyncIterator[Desk]:
    async with await sign_in(app, "Sam") as web:
        yield Desk(web)


def day(app: FastAPI, days: int) -> str:
    return str((app.state.house.clock.now() + timedelta(days=days)).date())


async def task_of(desk: Desk, app: FastAPI, words: str) -> str:
    await desk.opens("/staff/tasks")
    await desk.sends("/staff/tasks", words=words, due_on=day(app, 2))
    return desk.page.partition('href="/staff/tasks/')[2].partition('"')[0]


async def test_a_tasks_words_and_day_are_changed_as_it_was_last_read(app: FastAPI, desk: Desk) -> None:
    task = await task_of(desk, app, "Ring the herons")
    await desk.opens(f"/staff/tasks/{task}")
    assert 'value="Ring the herons"' in desk.page
    stale = desk.fields(f"/staff/tasks/{task}")
    for wrong, said in (({"words": " "}, "Write what is to be done"), ({"due_on": "soon"}, "Choose a day.")):
        await desk.sends(f"/staff/tasks/{task}", **{"words": "Ring", "due_on": day(app, 3), **wrong})
        assert desk.status == 409
        assert said in desk.words
        await desk.opens(f"/staff/tasks/{task}")
    await desk.sends(f"/staff/tasks/{task}", words="Ring the storks", due_on=day(app, 3))
    assert "Changed." in desk.words
    assert "Ring the storks" in desk.words
    assert "herons" not in desk.words
    assert f'datetime="{day(app, 3)}"' in desk.page
    stale.pop("")
    late = {**stale, "once": "another", "words": "Old", "due_on": day(app, 4)}
    await desk.posts(f"/staff/tasks/{task}", late)
    assert desk.status == 412


async def test_a_slip_of_the_finger_is_undone(app: FastAPI, desk: Desk) -> None:
    task = await task_of(desk, app, "Ring the herons")
    await desk.sends(f"/staff/tasks/{task}/done")
    assert "Done since yesterday (1)" in desk.words
    assert "Coming (0)" in desk.words
    await desk.sends(f"/staff/tasks/{task}/undo")
    assert "It is back on your list." in desk.words
    assert "Coming (1)" in desk.words
    assert "Done since yesterday" not in desk.words


async def test_nobody_changes_the_task_of_another_that_is_about_nobody(app: FastAPI, desk: Desk) -> None:
    task = await task_of(desk, app, "Ring the herons")
    async with await sign_in(app, "Priya") as web:
        priya = Desk(web)
        await priya.opens(f"/staff/tasks/{task}")
        assert priya.status == 404
        assert "herons" not in priya.page


@pytest.fixture
def clock(app: FastAPI) -> MovedClock:
    return stopped_clock(app)


async def test_a_lead_sets_what_someone_carries_and_whom_a_provider_works_for(
    app: FastAPI, clock: MovedClock
) -> None:
    for name, email, role in (
        ("Sam Okafor", "sam@example.org", Role.LINK_WORKER),
        ("Pat Ryan", "pat@example.org", Role.PROVIDER),
    ):
        browser = at_the_door(app)
        await browser.joins(await invited(app, name, email, role), clock)
    async with app.state.house.database.transaction() as session:
        ids = {one.name: str(one.id) for one in await session.exec(select(Staff))}
    async with await sign_in(app, "Lea", Role.LEAD) as web:
        lead = Desk(web)
        sam, pat = f"/staff/team/{ids['Sam Okafor']}", f"/staff/team/{ids['Pat Ryan']}"
        await lead.opens(sam)
        assert "Nothing is set for them" in lead.words
        assert "Name of the organisation" not in lead.words
        await lead.sends(f"{sam}/cap", weight="90")
        assert 'value="90"' in lead.page
        assert "Nothing is set for them" not in lead.words
        for wrong in ("0", "1001", "many", "99999"):
            await lead.sends(f"{sam}/cap", weight=wrong)
            assert lead.status == 409, wrong
            await lead.opens(sam)
            assert 'value="90"' in lead.page
        await lead.opens(pat)
        assert "How much they should carry" not in lead.words
        await lead.sends(f"{pat}/organisation", organisation="  Age   Pendle ")
        assert 'value="Age Pendle"' in lead.page
        await lead.sends(f"{pat}/organisation", organisation="x" * 81)
        assert lead.status == 409
    async with app.state.house.database.transaction() as session:
        told = {one.name: one.organisation for one in await session.exec(select(Staff))}
    assert (told["Pat Ryan"], told["Sam Okafor"]) == ("Age Pendle", None)


async def test_no_lead_of_another_hub_sets_a_cap(app: FastAPI) -> None:
    async with (
        await sign_in(app, "Wyn", hub="Nelson"),
        await sign_in(app, "Olu", Role.LEAD, hub="Burnley") as web,
    ):
        async with app.state.house.database.transaction() as session:
            wyn = (await session.exec(select(Staff).where(Staff.name == "Wyn"))).one()
        lead = Desk(web)
        await lead.opens("/staff/team")
        found = lead.page.partition('name="token" value="')[2].partition('"')[0]
        answer = await web.post(
            f"/staff/team/{wyn.id}/cap",
            data={"token": found, "weight": "5"},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert answer.status_code == 404
