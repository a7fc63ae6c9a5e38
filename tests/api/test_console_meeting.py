"""Appointments and messages for later, in a browser without JavaScript."""

import html
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from fastapi import FastAPI

from api.house import House
from tests.api.test_console import Desk
from tests.at_work import refers_themselves
from tests.signed_in import sign_in
from tests.talking import Speaker

pytestmark = pytest.mark.anyio

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
async def sam_at_the_desk(app: FastAPI) -> AsyncIterator[Desk]:
    async with await sign_in(app, "Sam") as web:
        yield Desk(web)


async def page_of(app: FastAPI, desk: Desk) -> tuple[Speaker, str]:
    """Someone Sam has picked up, and the address of the page about meeting them."""
    person = await refers_themselves(app)
    house: House = app.state.house
    async with house.database.transaction() as session:
        handoff = await session.driver.fetchval("SELECT id FROM handoff")
    await desk.opens()
    await desk.sends(f"/staff/handoffs/{handoff}/claim")
    path = f"/staff/handoffs/{handoff}/meeting"
    await desk.opens(path)
    assert desk.status == 200
    return person, path


def field(app: FastAPI, days: int, hour: int = 11) -> str:
    house: House = app.state.house
    day = house.clock.now().astimezone(LONDON).date() + timedelta(days=days)
    return f"{datetime.combine(day, time(hour)):%Y-%m-%dT%H:%M}"


async def test_times_are_offered_taken_seen_and_cancelled_on_one_page(app: FastAPI, sam_at_the_desk: Desk) -> None:
    person, path = await page_of(app, sam_at_the_desk)
    times = {"start_0": field(app, 3), "start_1": field(app, 4), "minutes": "30", "way": "call", "place": ""}
    await sam_at_the_desk.sends("/meeting/offer", **times)
    assert "You will see the answer here" in sam_at_the_desk.words
    assert "Offered: waiting for an answer" in sam_at_the_desk.words
    assert "Sam will call you" in await person.says("2")
    await sam_at_the_desk.opens(path)
    assert "They took this time" in sam_at_the_desk.words
    assert "We met" not in sam_at_the_desk.words
    await sam_at_the_desk.sends("/end", to="kept")
    assert sam_at_the_desk.status == 409
    assert "has not begun yet" in sam_at_the_desk.words
    await sam_at_the_desk.opens(path)
    await sam_at_the_desk.sends("/end", to="cancel")
    assert "Cancelled by staff" in sam_at_the_desk.words
    calendar = await sam_at_the_desk.web.get("/staff/calendar.ics")
    assert calendar.text.startswith("BEGIN:VCALENDAR")


async def test_a_refusal_keeps_what_was_typed(app: FastAPI, sam_at_the_desk: Desk) -> None:
    _person, _path = await page_of(app, sam_at_the_desk)
    late = {"text": "How did it go?", "send_at": field(app, 2, hour=22)}
    await sam_at_the_desk.sends("/meeting/later", **late)
    assert sam_at_the_desk.status == 409
    assert "The next is" in sam_at_the_desk.words
    assert "How did it go?" in sam_at_the_desk.page
    for wrong in ("", "nonsense", "0001-01-01T00:00", "9999-12-31T23:59"):
        await sam_at_the_desk.sends("/meeting/later", text="x", send_at=wrong)
        assert sam_at_the_desk.status in {409, 422}, wrong
    await sam_at_the_desk.sends("/meeting/offer", start_0="", minutes="30", way="call")
    assert "Choose a day and a time first" in sam_at_the_desk.words
    await sam_at_the_desk.sends("/meeting/offer", start_0=field(app, 3), minutes="0", way="owl")
    assert sam_at_the_desk.status == 409


async def test_a_message_for_later_is_kept_and_cancelled(app: FastAPI, sam_at_the_desk: Desk) -> None:
    _person, path = await page_of(app, sam_at_the_desk)
    await sam_at_the_desk.sends("/meeting/later", text="<b>How</b> did it go?", send_at=field(app, 2))
    assert "Waiting to go: <b>How</b> did it go?" in sam_at_the_desk.words
    assert "<b>How</b>" not in sam_at_the_desk.page
    await sam_at_the_desk.sends("/cancel")
    assert "Cancelled: <b>How</b>" in sam_at_the_desk.words
    await sam_at_the_desk.opens(f"{path}?template=hello")
    box = html.unescape(sam_at_the_desk.page.partition("<textarea")[2].partition("</textarea>")[0])
    assert "Hello Ann, this is Sam from Pendle Waiting Room." in box


async def test_a_form_without_this_pages_token_does_nothing(app: FastAPI, sam_at_the_desk: Desk) -> None:
    _person, path = await page_of(app, sam_at_the_desk)
    form = {"start_0": field(app, 3), "minutes": "30", "way": "call", "token": "guess", "once": "x"}
    assert (await sam_at_the_desk.web.post(f"{path}/offer", data=form)).status_code == 403
    await sam_at_the_desk.opens(path)
    assert "None yet." in sam_at_the_desk.words


async def test_who_has_not_picked_them_up_sees_no_forms_and_is_refused(
    app: FastAPI, sam_at_the_desk: Desk
) -> None:
    _person, path = await page_of(app, sam_at_the_desk)
    sams = sam_at_the_desk.fields("/meeting/offer")
    async with await sign_in(app, "Priya") as web:
        priya = Desk(web)
        await priya.opens(path)
        assert "Offer times" not in priya.words
        form = {**sams, "start_0": field(app, 3), "minutes": "30", "way": "call"}
        assert (await web.post(form.pop(""), data=form)).status_code == 403
