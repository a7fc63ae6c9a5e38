"""The longer page of a piece in a real browser: usable at every width, without JavaScript, with its way out."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from content import load
from tests.browser.at_the_page import MIDDLE, NARROW, SIZES, begin, is_usable, last, types
from tests.browser.test_menu_tiles import REFERRAL

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]
KINDS = ("calling_about_a_bill", "food_this_week", "wait_ten_minutes")
"""Pages with lists of both kinds, bold words and headings."""


@pytest.mark.parametrize("viewport", SIZES, ids=["narrow", "middle", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_anyone_can_use_the_page_at_every_width(
    browse: Callable[..., Any], viewport: dict[str, int], scheme: str
) -> None:
    browsing = browse(viewport=viewport, color_scheme=scheme)
    for key in KINDS:
        page = browsing.open(f"/try/{key}")
        expect(page.get_by_role("heading", level=1)).to_have_text(load().items[key].title)
        is_usable(page)
        page.close()
    assert browsing.elsewhere == []


@pytest.mark.parametrize("viewport", [NARROW, MIDDLE], ids=["narrow", "middle"])
def test_a_page_that_is_not_there_is_usable_too(browse: Callable[..., Any], viewport: dict[str, int]) -> None:
    page = browse(viewport=viewport).open("/try/no_such_piece")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page is not here")
    is_usable(page)


def test_it_is_read_and_left_without_javascript(browse: Callable[..., Any]) -> None:
    page = browse(java_script_enabled=False, viewport=NARROW).open("/try/slow_breathing")
    expect(page.get_by_role("heading", level=1)).to_have_text(load().items["slow_breathing"].title)
    expect(page.locator("#exit")).to_have_attribute("href", "/chat/exit")
    page.get_by_role("link", name="Back to the chat").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your chat")


def test_read_in_the_chat_leads_to_the_page_and_back_in_the_same_tab(browse: Callable[..., Any]) -> None:
    browsing = browse(viewport=NARROW)
    page = browsing.open()
    begin(page)
    page.locator("#text").focus()
    types(page, *REFERRAL, ("read", "Did this help?"))
    link = page.locator("#lines a[href^='/try/']")
    title = link.text_content()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title or "-")
    is_usable(page)
    page.get_by_role("link", name="Back to the chat").click()
    expect(last(page)).to_contain_text("Did this help?")
    assert len(browsing.context.pages) == 1
    assert browsing.elsewhere == []
