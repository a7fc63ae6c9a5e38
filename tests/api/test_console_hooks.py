"""The console's pages of programs that are told: added, shown their secret once, switched, tried, told again."""

import html
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from api.console.hooks import OFF, STANDS, WHAT
from api.house import House
from tests.entering import AtTheDoor
from tests.signed_in import sign_in
from waitingroom import hook_deliveries
from waitingroom.hook_deliveries import Status
from waitingroom.hooks import ASKED_FOR, Kind, OffBecause
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio

PAGE = "/staff/hooks"
TOLD = {
    "name": "Case <b>system</b>",
    "address": "https://cases.example.org/in?a=1&b=2",
    "kind": ["handoff.raised"],
}


@pytest.fixture
async def ada(app: FastAPI) -> AsyncIterator[AtTheDoor]:
    """An admin who has just shown a code."""
    async with await sign_in(app, "Ada", Role.ADMIN) as web:
        yield AtTheDoor(web)


async def adds(browser: AtTheDoor) -> tuple[str, str]:
    """Add a program; returns the address of its page, and its secret."""
    await browser.opens(PAGE)
    page = await browser.sends(PAGE, **TOLD)
    secret = re.search(r"whsec_[\w+/=]+", html.unescape(page))
    path = re.search(rf"{PAGE}/[\w-]{{36}}", page)
    assert secret, page
    assert path
    return path[0], secret[0]


async def test_an_admin_adds_a_program_and_sees_its_secret_this_once(ada: AtTheDoor) -> None:
    path, secret = await adds(ada)
    page = await ada.opens(path)
    assert secret not in page
    assert "Case &lt;b&gt;system&lt;/b&gt;" in page
    assert "Someone wants a link worker" in page
    listed = await ada.opens(PAGE)
    assert secret not in listed
    assert "https://cases.example.org/in?a=1&amp;b=2" in listed


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(ada: AtTheDoor) -> None:
    await ada.opens(PAGE)
    page = await ada.sends(PAGE, name="Cases", address="https://169.254.169.254/", kind="handoff.raised")
    assert ada.status == 422
    assert "public internet" in page
    assert 'value="https://169.254.169.254/"' in page
    page = await ada.sends(PAGE, name=" ", address="https://cases.example.org/")
    assert "Write what the program is called" in page
    assert "Choose what it wants to hear" in page
    assert "No program is told anything." in await ada.opens(PAGE)


async def test_it_is_switched_off_and_on_given_a_new_secret_and_removed(ada: AtTheDoor) -> None:
    path, secret = await adds(ada)
    await ada.opens(path)
    assert "Somebody turned it off." in await ada.sends(f"{path}/switch", to="off")
    assert "It is on." in await ada.sends(f"{path}/switch", to="on")
    page = html.unescape(await ada.sends(f"{path}/secret"))
    assert "whsec_" in page
    assert secret not in page
    await ada.opens(path)
    assert "No program is told anything." in await ada.sends(f"{path}/remove")


async def test_two_who_change_it_at_once_do_not_write_over_each_other(ada: AtTheDoor) -> None:
    path, _secret = await adds(ada)
    await ada.opens(path)
    stale = ada.hidden(f"{path}/switch")
    await ada.sends(f"{path}/switch", to="off")
    answer = await ada.web.post(f"{path}/switch", data={**stale, "to": "on"})
    assert answer.status_code == 412
    assert "Somebody turned it off." in await ada.opens(path)


async def test_it_is_tried_and_told_again_what_it_did_not_hear(app: FastAPI, ada: AtTheDoor) -> None:
    house: House = app.state.house
    path, _secret = await adds(ada)
    await ada.opens(path)
    assert "A try, still to go" in await ada.sends(f"{path}/try")
    async with house.database.transaction() as session:
        later = datetime.now(UTC) + timedelta(hours=1)
        (due,) = await hook_deliveries.take(session, now=later)
        told = {"delivery_id": due.id, "answered": "500", "again_at": None}
        await hook_deliveries.failed(session, **told, now=later)
    page = await ada.opens(path)
    assert "A try, given up (500)." in page
    page = await ada.sends(f"{path}/deliveries/{due.id}/replay")
    assert "A try, still to go" in page


async def test_a_form_that_is_not_from_the_page_changes_nothing(ada: AtTheDoor) -> None:
    path, _secret = await adds(ada)
    for way in ("switch", "secret", "remove", "try"):
        answer = await ada.web.post(f"{path}/{way}", data={"version": "1", "to": "off", "token": "guess"})
        assert answer.status_code == 403, way
    assert "It is on." in await ada.opens(path)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_nobody_but_an_admin_sees_these_pages(app: FastAPI, role: Role) -> None:
    async with await sign_in(app, f"Someone {role}", role) as web:
        assert (await web.get(PAGE)).status_code == 403


async def test_an_admin_of_another_hub_finds_nothing_here(app: FastAPI, ada: AtTheDoor) -> None:
    path, _secret = await adds(ada)
    async with await sign_in(app, "Una", Role.ADMIN, "Theirs") as web:
        una = AtTheDoor(web)
        assert "No program is told anything." in await una.opens(PAGE)
        await una.opens(path)
        assert una.status == 404


async def test_everything_there_is_to_say_has_words() -> None:
    assert set(WHAT) == set(Kind) >= set(ASKED_FOR)
    assert set(OFF) == set(OffBecause)
    assert set(STANDS) == set(Status)
