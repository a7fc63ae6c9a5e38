"""The page of a person in a real browser: what they write comes by itself, and never under a typing hand."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import expect

from api.clock import Clock
from api.keys import read_keys
from api.settings import Settings
from bot.desk import Desk
from tests.browser.at_the_page import WIDE, within
from tests.browser.conftest import Browsing
from tests.signed_in import browser_cookie
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom.database import Database

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]


@pytest.fixture
def writes(settings: Settings, service: Any, net: Any) -> Callable[..., None]:
    """Have one and the same person write: `writes("hello", …)`."""
    speakers: list[Speaker] = []

    def write(*said: str) -> None:
        async def speak() -> None:
            from api.house import default_channels

            assert settings.database_url is not None
            database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
            desk = Desk(database, service, net, default_channels())
            if not speakers:
                speakers.append(Speaker(desk, now=Clock().now()))
            speakers[0].desk = replace(speakers[0].desk, database=database)
            await speakers[0].says(*said)
            await database.close()

        within(speak)

    return write


def test_what_someone_writes_comes_by_itself_and_never_under_a_typing_hand(
    browse: Callable[..., Browsing], settings: Settings, writes: Callable[..., None]
) -> None:
    writes(*SHORTEST_REFERRAL)
    browsing = browse(viewport=WIDE)
    browsing.context.add_cookies([browser_cookie(settings, browsing.home, "Sam")])
    page = browsing.open("/staff")
    page.get_by_role("button", name=re.compile("^Pick up")).first.click()
    expect(page.get_by_text("You have this.")).to_be_visible()
    page.mouse.move(1, 1)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(300)
    writes("A heron came by")
    expect(page.locator("#talk")).to_contain_text("A heron came by", timeout=5000)
    page.locator("#text").fill("Good mor")
    before = page.locator("#text").bounding_box()
    writes("And a stork")
    expect(page.locator("#newer button")).to_have_text("1 new: show", timeout=5000)
    expect(page.locator("#talk")).not_to_contain_text("And a stork")
    assert page.locator("#text").bounding_box() == before
    expect(page.locator("#text")).to_be_focused()
    page.locator("#newer button").click()
    expect(page.locator("#talk")).to_contain_text("And a stork")
    expect(page.locator("#text")).to_have_value("Good mor")
    assert browsing.elsewhere == []
