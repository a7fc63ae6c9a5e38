"""The menu on the page: tiles of one size, each big enough for a thumb, and pressing one leads on."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.at_the_page import NARROW, WIDE, begin, is_usable, last, types

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]
REFERRAL = (
    ("me, 72", "May we keep"),
    ("yes", "What name"),
    ("Ann, BB9 7AA", "help with"),
    ("4", "what matters most"),
    ("Company in the evenings", "safe for us to contact"),
    ("here, any time", "Age: 72"),
    ("yes", "MENU"),
)
THUMB = 80
"""Pixels high at the least."""


def size(tile: Locator) -> tuple[int, bool]:
    box = tile.bounding_box()
    assert box is not None
    return round(box["width"]), box["height"] >= THUMB


@pytest.mark.parametrize("viewport", [NARROW, WIDE], ids=["narrow", "wide"])
def test_the_menu_is_tiles_of_one_size_and_one_press_gives_something_to_try(
    browse: Callable[..., Any], viewport: dict[str, int]
) -> None:
    page = browse(viewport=viewport).open()
    begin(page)
    page.locator("#text").focus()
    types(page, *REFERRAL, ("menu", "What would you like?"))
    tiles = page.locator(".options .choice")
    expect(tiles).to_have_count(10)
    assert {size(tile) for tile in tiles.all()} == {(size(tiles.first)[0], True)}
    is_usable(page)
    page.get_by_role("button", name="My next step").click()
    expect(last(page)).to_contain_text("Did this help?")
    expect(tiles).to_have_count(2)
