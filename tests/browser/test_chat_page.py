"""The chat page in a real browser: by keyboard, without JavaScript, on small screens, under attack."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from api.settings import Settings
from tests.browser.at_the_page import SIZES, begin, is_usable, last, sam_writes, types

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "\"><iframe srcdoc='<script>alert(1)</script>'>",
    "javascript:alert(1)//",
    "</textarea><script>alert(1)</script>",
    "<a href='javascript:alert(1)'>here</a>",
    "{{constructor.constructor('alert(1)')()}}",
    "'-alert(1)-'",
    "<style>@import 'http://elsewhere.test/x.css'</style>",
    "event: message\ndata: {}\n\n",
)


def tabs_back_to(page: Page, name: str, role: Any = "button") -> None:
    wanted = page.get_by_role(role, name=name)
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{name} cannot be reached with the keyboard")


def test_a_person_gets_through_the_whole_referral_by_keyboard_alone(browse: Callable[..., Any]) -> None:
    browsing = browse()
    page = browsing.open("/")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Start the chat":
            break
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("Who is this for?")
    page.wait_for_load_state()
    page.locator("#text").focus()
    tabs_back_to(page, "1 For me")
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("How old")
    types(page, ("72", "May we keep"), ("yes", "What name"), ("Ann", "postcode"), ("BB9 7AA", "help with"))
    tabs_back_to(page, "Feeling lonely", "checkbox")
    page.keyboard.press("Space")
    tabs_back_to(page, "Money", "checkbox")
    page.keyboard.press("Space")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Send these":
            break
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("what matters most")
    types(page, ("Company in the evenings", "safe for us to contact"), ("3", "When is it safe"), ("any", "check"))
    tabs_back_to(page, "1 Yes, send it")
    page.keyboard.press("Space")
    expect(page.get_by_text("Your reference is")).to_be_visible()
    expect(page.locator("#text")).to_be_focused()
    assert browsing.elsewhere == []


def test_a_person_gets_through_without_javascript(browse: Callable[..., Any]) -> None:
    browsing = browse(java_script_enabled=False, viewport=SIZES[0])
    page = browsing.open()
    begin(page)
    page.get_by_role("button", name="For me").click()
    for said in ("72", "yes", "Ann", "BB9 7AA"):
        page.get_by_label("Write your message").fill(said)
        page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_label("Feeling lonely").check()
    page.get_by_role("button", name="Send these").click()
    page.get_by_label("Write your message").fill("Company\nin the evenings")
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Write to me here").click()
    page.get_by_role("button", name="Any time").click()
    page.get_by_role("button", name="Yes, send it").click()
    expect(page.get_by_text("Your reference is")).to_be_visible()
    assert browsing.elsewhere == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_the_pages_can_be_used_by_everyone(
    browse: Callable[..., Any], settings: Settings, size: dict[str, int], scheme: str
) -> None:
    browsing = browse(viewport=size, color_scheme=scheme)
    page = browsing.open("/")
    is_usable(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("write the code")
    is_usable(page)
    for path in ("/nowhere", "/docs"):
        page.goto(browsing.home + path)
        is_usable(page)
    page.goto(browsing.home + "/chat")
    is_usable(page)
    begin(page)
    is_usable(page)
    page.locator("#text").focus()
    types(page, ("me, 72", "May we keep"), ("yes", "What name"), ("Ann", "postcode"), ("BB9 7AA", "help with"))
    sam_writes(settings, "Good morning, Ann. Call me on 01282 496 0123.")
    expect(last(page)).to_contain_text("Good morning, Ann.")
    is_usable(page)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("nothing in the box")
    is_usable(page)
    for path in ("/chat/save", "/chat/saved", "/chat/my-data", "/privacy"):
        page.goto(browsing.home + path)
        is_usable(page)


@pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without"])
def test_nothing_anyone_writes_can_run_or_fetch_anything(
    browse: Callable[..., Any], settings: Settings, scripted: bool
) -> None:
    browsing = browse(java_script_enabled=scripted)
    page = browsing.open()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    begin(page)
    for payload in PAYLOADS:
        page.locator("#text").fill(payload)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator("#log .person .said").last).to_have_text(payload.strip(), use_inner_text=True)
    for payload in PAYLOADS:
        sam_writes(settings, payload)
    if not scripted:
        page.reload()
    expect(page.locator("#log .link_worker")).to_have_count(len(PAYLOADS))
    page.reload()
    expect(page.locator("#log .link_worker")).to_have_count(len(PAYLOADS))
    assert dialogs == []
    assert page.locator("#log script, #log img, #log svg, #log iframe, #log style").count() == 0
    assert page.locator("#log a:not([href^='tel:'])").count() == 0
    assert browsing.elsewhere == []


def test_a_link_workers_words_come_without_loading_the_page(
    browse: Callable[..., Any], settings: Settings
) -> None:
    page = browse().open()
    begin(page)
    page.locator("#text").fill("half a thou")
    sam_writes(settings, "Good morning.")
    expect(last(page)).to_contain_text("Sam, link worker")
    expect(last(page)).to_contain_text("Good morning.")
    expect(page.locator("#text")).to_have_value("half a thou")
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "polite")


def test_words_that_did_not_go_come_back_and_go_once(browse: Callable[..., Any]) -> None:
    browsing = browse()
    page = browsing.open()
    begin(page)
    browsing.context.set_offline(True)
    page.locator("#text").fill("me")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did not go")
    expect(page.locator("#text")).to_have_value("me")
    browsing.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("How old")
    expect(page.get_by_role("alert")).to_be_empty()
    page.reload()
    assert page.locator("#log .person .said").all_inner_texts() == ["Hello", "me"]


def lost(route: Route) -> None:
    """Let a message through, and lose the answer to it."""
    route.fetch()
    route.abort()


def test_an_answer_lost_on_the_way_back_is_heard_once(browse: Callable[..., Any]) -> None:
    page = browse().open()
    page.route("**/chat/live*", lambda route: route.abort())
    begin(page)
    page.route("**/chat/messages", lost)
    page.get_by_role("button", name="For me").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go")
    page.unroute("**/chat/messages")
    page.get_by_role("button", name="For me").click()
    expect(last(page)).to_contain_text("How old")
    assert page.locator("#log .person .said").all_inner_texts() == ["Hello", "For me"]


@pytest.mark.parametrize("pressed", [True, False], ids=["a button", "typed words"])
def test_words_that_seemed_lost_but_came_by_the_live_line_are_not_asked_for_again(
    browse: Callable[..., Any], settings: Settings, pressed: bool
) -> None:
    page = browse().open()
    begin(page)
    page.route("**/chat/messages", lost)
    if pressed:
        page.get_by_role("button", name="For me").click()
    else:
        page.locator("#text").fill("For me")
        page.keyboard.press("Enter")
    expect(page.locator("#composer")).not_to_have_attribute("aria-busy", "true")
    sam_writes(settings, "Good morning.")
    expect(last(page)).to_contain_text("Good morning.")
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator("#text")).to_have_value("")
    assert page.get_by_role("button", name="For me").count() == 0


def test_a_question_is_in_view_when_it_is_asked(browse: Callable[..., Any]) -> None:
    page = browse(viewport=SIZES[0]).open()
    begin(page)
    page.locator("#text").focus()
    types(page, ("me, 72", "May we keep"), ("yes", "What name"), ("Ann", "postcode"), ("BB9 7AA", "help with"))
    expect(last(page)).to_be_in_viewport()
    top, under = page.evaluate(
        "[document.querySelector('#lines').lastElementChild.getBoundingClientRect().top,"
        " document.querySelector('.bar').getBoundingClientRect().bottom]"
    )
    assert top >= under


def test_a_printed_talk_is_only_the_talk(browse: Callable[..., Any]) -> None:
    page = browse().open()
    begin(page)
    page.emulate_media(media="print")
    expect(page.locator("#log")).to_be_visible()
    for hidden in ("header", ".bar", "#options", "#composer", "#help", "footer"):
        expect(page.locator(hidden)).to_be_hidden()
