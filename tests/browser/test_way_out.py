"""The way out of every page, in a real browser: at once, and nothing to be seen by who looks afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.at_the_page import begin, types

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]

WEATHER = "https://www.bbc.co.uk/weather"
CHOICES = ("the button", "the first link", "Shift three times")


@pytest.fixture
def browsing(browse: Callable[..., Any]) -> Any:
    """A browser in which the weather page can be reached."""
    browsing = browse()
    browsing.context.route(WEATHER, lambda route: route.fulfill(body="Rain later"))
    return browsing


def in_the_middle(browsing: Any, path: str = "/chat") -> Page:
    """Someone who has told their name."""
    page: Page = browsing.open(path)
    begin(page)
    page.locator("#text").focus()
    types(page, ("me, 72", "May we keep"), ("yes", "What name"), ("Annabel", "postcode"))
    return page


def leaves(page: Page, way: str = "the button") -> None:
    if way == "the button":
        page.locator("#exit").click()
    elif way == "the first link":
        page.locator("#main").focus()
        page.evaluate("document.activeElement.blur()")
        page.locator("a").first.focus()
        page.keyboard.press("Enter")
    else:
        for _ in range(3):
            page.keyboard.press("Shift")
    expect(page.get_by_text("Rain later")).to_be_visible()


def shows_nothing(page: Page) -> None:
    expect(page.locator("#lines > li")).to_have_count(0)
    assert "Annabel" not in page.content()


@pytest.mark.parametrize("way", CHOICES)
def test_someone_who_leaves_in_a_hurry_leaves_nothing_behind(browsing: Any, way: str) -> None:
    page = browsing.open("/")
    page.goto(browsing.home + "/chat")
    begin(page)
    page.locator("#text").focus()
    types(page, ("me, 72", "May we keep"), ("yes", "What name"), ("Annabel", "postcode"))
    before = page.evaluate("history.length")
    leaves(page, way)
    assert page.url == WEATHER
    assert page.evaluate("history.length") == before
    assert browsing.context.cookies(browsing.home) == []
    page.go_back()
    assert page.url == browsing.home + "/chat"
    shows_nothing(page)
    page.go_back()
    expect(page.get_by_role("button", name="Start the chat")).to_be_visible()
    shows_nothing(browsing.open("/chat"))


def test_pages_further_back_show_nothing_either(browsing: Any) -> None:
    page = in_the_middle(browsing)
    page.goto(browsing.home + "/docs")
    page.goto(browsing.home + "/chat")
    expect(page.get_by_text("Annabel")).to_be_visible()
    leaves(page)
    page.go_back()
    page.go_back()
    assert page.url == browsing.home + "/chat#end"
    shows_nothing(page)


def test_the_page_is_blank_before_anyone_answers(browsing: Any) -> None:
    page = in_the_middle(browsing)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/chat/forget", hold)
    page.locator("#exit").click(no_wait_after=True)
    expect(page.locator("body")).to_be_hidden()
    assert page.title().strip() == ""
    expect(page.get_by_text("Rain later")).to_be_visible()


def test_another_tab_with_the_chat_goes_too(browsing: Any) -> None:
    first = in_the_middle(browsing)
    second = browsing.open("/chat")
    expect(second.get_by_text("Annabel")).to_be_visible()
    leaves(first)
    expect(second.get_by_text("Rain later")).to_be_visible()


def test_a_page_the_browser_kept_is_asked_for_again(browsing: Any) -> None:
    page = in_the_middle(browsing)
    page.reload()  # nothing is on its way any more that could bring the cookie back
    expect(page.locator("#lines")).to_contain_text("Annabel")
    browsing.context.clear_cookies()
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    shows_nothing(page)


def test_someone_who_leaves_while_the_line_is_down_is_not_shown_again(browsing: Any) -> None:
    page = in_the_middle(browsing)
    page.route("**/chat/forget", lambda route: route.abort())
    leaves(page)
    later = browsing.open("/chat")
    expect(later.get_by_role("button", name="Start the chat")).to_be_visible()
    assert later.url == browsing.home + "/"
    assert browsing.context.cookies(browsing.home) == []
    assert later.evaluate("localStorage.length") == 0


def test_shift_is_counted_aloud_and_forgotten_after_five_seconds(browsing: Any) -> None:
    page = browsing.open("/")
    page.clock.install()
    page.reload()
    page.keyboard.press("Shift")
    expect(page.locator("#presses")).to_contain_text("2 more times")
    page.keyboard.press("Shift")
    expect(page.locator("#presses")).to_contain_text("1 more time")
    assert page.locator(".presses i.on").count() == 2
    page.clock.fast_forward(5001)
    expect(page.locator("#presses")).to_be_empty()
    page.keyboard.press("Shift")
    expect(page.locator("#presses")).to_contain_text("2 more times")
    assert page.url == browsing.home + "/"


def test_capital_letters_are_no_way_out(browsing: Any) -> None:
    page = in_the_middle(browsing)
    page.locator("#text").focus()
    for letter in "ANN":
        page.keyboard.down("Shift")
        page.keyboard.down(letter)
        page.keyboard.up("Shift")
        page.keyboard.up(letter)
    for _ in range(3):
        page.keyboard.press("Shift")
        page.keyboard.press("a")
    expect(page.locator("#text")).to_have_value("ANNaaa")
    expect(page.locator("#presses")).to_be_empty()


def test_the_way_out_is_in_reach_wherever_someone_reads(browsing: Any) -> None:
    page = in_the_middle(browsing)
    page.set_viewport_size({"width": 320, "height": 500})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#exit")).to_be_in_viewport(ratio=1)


def test_without_javascript_the_way_out_takes_the_chat_along(browse: Callable[..., Any]) -> None:
    browsing = browse(java_script_enabled=False)
    page = browsing.open("/chat")
    page.get_by_role("button", name="Say hello").click()
    expect(page.locator("#lines > li").first).to_be_visible()
    assert browsing.context.cookies(browsing.home)
    with page.expect_event("requestfailed", lambda request: request.url == WEATHER):
        page.locator("#exit").click(no_wait_after=True)
    assert browsing.context.cookies(browsing.home) == []
    shows_nothing(browsing.open("/chat"))
