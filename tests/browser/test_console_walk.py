"""A link worker's day in a real browser: in with a code, pick up, read, write, ring, set a task, close."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from api.clock import Clock
from api.house import default_channels
from api.keys import read_keys
from api.settings import Settings
from bot.desk import Desk
from tests.browser.at_the_page import WIDE, within
from tests.browser.conftest import Browsing
from tests.entering import PASSWORD
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import invitations
from waitingroom.database import Database
from waitingroom.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]

WORDS = "Hello Ann, this is Sam, your link worker."
MOST_CLICKS = 3
"""From the queue to a message on its way."""


@pytest.fixture
def invitation(settings: Settings, service: Any, net: Any) -> str:
    """Ann waits in the queue, and Sam is asked in as a link worker: the path of his link."""
    made: list[str] = []

    async def ask_in() -> None:
        assert settings.database_url is not None
        database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
        now = Clock().now()
        await Speaker(Desk(database, service, net, default_channels()), now=now).says(*SHORTEST_REFERRAL)
        who: dict[str, Any] = {"name": "Sam Okafor", "email": "sam@example.org", "role": Role.LINK_WORKER}
        async with database.transaction() as session:
            made.append((await invitations.invite(session, **who, hub_id=None, by=None, now=now))[1])
        await database.close()

    within(ask_in)
    return f"/staff/join/{made[0]}"


class Hand:
    """Someone at the page who counts their clicks, or has no mouse at all."""

    def __init__(self, page: Page, *, keys: bool) -> None:
        self.page = page
        self.keys = keys
        self.clicks = 0

    def press(self, what: Locator) -> None:
        """Press a button or a link: with the mouse, or by going to it with Tab and pressing Enter."""
        if not self.keys:
            self.clicks += 1
            what.click()
            return
        self.goes_to(what)
        self.page.keyboard.press("Enter")

    def writes(self, where: Locator, words: str) -> None:
        if self.keys:
            self.goes_to(where)
            self.page.keyboard.type(words)
        else:
            where.fill(words)

    def chooses(self, where: Locator, letters: str, value: str) -> None:
        if self.keys:
            self.goes_to(where)
            self.page.keyboard.type(letters)
        else:
            where.select_option(value)
        expect(where).to_have_value(value)

    def goes_to(self, what: Locator) -> None:
        expect(what).to_be_visible()
        here = what.element_handle()
        for _ in range(150):
            if here.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not lead to {what}")


def signs_in(page: Page, hand: Hand) -> None:
    """From the invitation to the queue: a password, an authenticator, and then the door from outside."""
    hand.writes(page.get_by_label("New password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Set up your authenticator")).to_be_visible()
    code = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    now = Clock().now()
    hand.writes(page.get_by_label("Code that the app shows"), code.at(now - timedelta(seconds=30)))
    page.keyboard.press("Enter")
    hand.press(page.get_by_role("link", name="I have kept them"))
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    hand.press(page.get_by_role("button", name="Sign out"))
    hand.writes(page.get_by_label("E-mail address"), "sam@example.org")
    hand.writes(page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    hand.writes(
        page.get_by_label("Code from your authenticator app"), code.at(Clock().now() + timedelta(seconds=30))
    )
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


@pytest.mark.parametrize(
    ("scripts", "keys"),
    [(True, False), (True, True), (False, False)],
    ids=["with a mouse", "keys only", "without scripts"],
)
def test_someone_is_picked_up_read_written_to_rung_and_closed(
    browse: Callable[..., Browsing], invitation: str, *, scripts: bool, keys: bool
) -> None:
    browsing = browse(java_script_enabled=scripts, viewport=WIDE)
    page = browsing.open(invitation)
    hand = Hand(page, keys=keys)
    signs_in(page, hand)

    hand.clicks = 0
    hand.press(page.get_by_role("button", name=re.compile("^Pick up")))
    expect(page.get_by_text("You have this.")).to_be_visible()
    expect(page.locator(".own-words").first).to_have_text("Company in the evenings")
    hand.writes(page.get_by_label("Your message"), WORDS)
    hand.press(page.get_by_role("button", name="Send"))
    expect(page.get_by_text("Your message is on its way.")).to_be_visible()
    assert hand.clicks <= MOST_CLICKS
    expect(page.locator(".timeline")).to_contain_text(WORDS)

    hand.clicks = 0
    hand.press(page.get_by_role("button", name="Call, 15 minutes", exact=True))
    expect(page.locator(".timeline")).to_contain_text("Call, 15 minutes, Sam Okafor")
    assert hand.clicks <= 1
    hand.press(page.locator("summary", has_text="Add a task about them"))
    hand.writes(page.get_by_label("What is to be done"), "Ask about the choir")
    day = (Clock().now() + timedelta(days=3)).date()
    if keys:
        hand.goes_to(page.get_by_label("By which day"))
        page.keyboard.type(day.strftime("%m%d%Y"))
    else:
        page.get_by_label("By which day").fill(day.isoformat())
    hand.press(page.get_by_role("button", name="Add the task"))
    expect(page.locator(".tasks")).to_contain_text("Ask about the choir")

    hand.chooses(page.get_by_label("Why it is closed"), "What they", "goals_met")
    hand.press(page.get_by_role("button", name="Close, and tell them"))
    expect(page.get_by_text("Closed. They were told.")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pick up"))).to_have_count(0)
    assert browsing.elsewhere == []
