"""Signing in and the pages of accounts, in a real browser: usable at every size, with no script, by keyboard."""

import re
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from api.clock import Clock
from api.keys import read_keys
from api.settings import Settings
from tests.browser.at_the_page import SIZES, is_usable, within
from tests.browser.conftest import Browsing
from tests.entering import PASSWORD
from tests.signed_in import browser_cookie
from waitingroom import invitations
from waitingroom.database import Database
from waitingroom.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]


def invited(settings: Settings) -> str:
    """Invite Ada, an admin; return the path of her link."""
    made: list[str] = []

    async def work() -> None:
        assert settings.database_url is not None
        database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
        async with database.transaction() as session:
            _member, token = await invitations.invite(
                session,
                name="Ada Hughes",
                email="ada@example.org",
                role=Role.ADMIN,
                hub_id=None,
                by=None,
                now=Clock().now(),
            )
            made.append(token)
        await database.close()

    within(work)
    return f"/staff/join/{made[0]}"


def sizes(page: Page) -> None:
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        is_usable(page)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_someone_joins_signs_out_and_in_again_by_keyboard(
    browse: Callable[..., Browsing], settings: Settings, *, scripts: bool
) -> None:
    browsing = browse(java_script_enabled=scripts)
    page = browsing.open(invited(settings))
    look = sizes if scripts else lambda _page: None
    look(page)
    page.get_by_label("New password").fill("short")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("^Error: "))
    look(page)
    page.get_by_role("link", name="Use 12 letters or more").press("Enter")
    expect(page.get_by_label("New password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Set up your authenticator")).to_be_visible()
    expect(page.locator("svg.segno")).to_be_visible()
    look(page)
    secret = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows").fill(secret.now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.locator(".recovery code").all_inner_texts()
    look(page)
    page.get_by_role("link", name="I have kept them").press("Enter")
    page.wait_for_url(re.compile("/staff"))

    page.goto(browsing.home + "/staff/account")
    look(page)
    page.get_by_role("button", name="Sign out", exact=True).press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    look(page)
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your code")).to_be_visible()
    look(page)
    page.get_by_label("Code from your authenticator app").fill(codes[0])
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/staff(?!/sign-in)"))

    page.goto(browsing.home + "/staff/team")
    look(page)
    page.goto(browsing.home + "/staff/team/new")
    look(page)
    page.get_by_label("Name that people").fill("Sam Okafor")
    page.get_by_label("E-mail address").fill("sam@example.org")
    page.get_by_role("button", name="Make the link").press("Enter")
    expect(page.locator("#link")).to_contain_text("/staff/join/")
    look(page)
    page.goto(browsing.home + "/staff/team")
    page.get_by_role("link", name="Sam Okafor").press("Enter")
    look(page)
    page.goto(browsing.home + "/staff/keys")
    look(page)
    assert browsing.elsewhere == []


def test_a_fresh_code_is_asked_for_and_what_was_typed_goes_on_by_itself(
    browse: Callable[..., Browsing], settings: Settings
) -> None:
    browsing = browse(java_script_enabled=True)
    page = browsing.open(invited(settings))
    page.get_by_label("New password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_be_visible()
    secret = pyotp.TOTP(page.locator("#secret").inner_text().replace(" ", ""))
    page.get_by_label("Code that the app shows").fill(secret.now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    codes = page.locator(".recovery code").all_inner_texts()
    _six_minutes_ago(settings)
    page.goto(browsing.home + "/staff/keys")
    page.get_by_label("What the program is called").fill("Case system")
    page.get_by_label("Read reports").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.get_by_role("heading", name="Is it you?")).to_be_visible()
    sizes(page)
    page.get_by_label("Code from your authenticator app").fill(codes[0])
    page.keyboard.press("Enter")
    expect(page.locator("#key")).to_contain_text("wr_")
    sizes(page)


def test_one_press_opens_the_demo(browse: Callable[..., Browsing]) -> None:
    browsing = browse(java_script_enabled=False)
    page = browsing.open("/staff/account")
    page.get_by_role("button", name="Sam Okafor").click()
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()


def test_the_cookie_of_the_tests_opens_the_console(browse: Callable[..., Browsing], settings: Settings) -> None:
    browsing = browse()
    browsing.context.add_cookies([browser_cookie(settings, browsing.home, "Lena", Role.LEAD)])
    page = browsing.open("/staff/account")
    expect(page.get_by_text("Lena, lead").first).to_be_visible()


def _six_minutes_ago(settings: Settings) -> None:
    """Let it be six minutes since anyone showed a code."""

    async def work() -> None:
        assert settings.database_url is not None
        database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
        async with database.transaction() as session:
            await session.driver.execute("UPDATE staff_session SET proved_at = proved_at - interval '6 minutes'")
        await database.close()

    within(work)
