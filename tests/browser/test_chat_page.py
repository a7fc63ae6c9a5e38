"""The chat page in a real browser: by keyboard, without JavaScript, on small screens, under attack."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from api.clock import Clock
from api.keys import read_keys
from api.settings import Settings
from waitingroom import messages, staff
from waitingroom.database import Database
from waitingroom.messages import Author

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]

SIZES = ({"width": 320, "height": 640}, {"width": 768, "height": 1024}, {"width": 1280, "height": 800})
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


def last(page: Page) -> Any:
    return page.locator("#lines > li").last


def types(page: Page, *talk: tuple[str, str]) -> None:
    """Type and send with the keyboard; each time wait for what is said back."""
    for said, answer in talk:
        expect(page.locator("#text")).to_be_focused()
        page.keyboard.type(said)
        page.keyboard.press("Enter")
        expect(last(page)).to_contain_text(answer)


def tabs_back_to(page: Page, name: str, role: Any = "button") -> None:
    wanted = page.get_by_role(role, name=name)
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"{name} cannot be reached with the keyboard")


def begin(page: Page) -> None:
    page.get_by_role("button", name="Say hello").click()
    expect(last(page)).to_contain_text("May we keep")


def within(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something on the records while the browser's own loop stands."""
    trouble: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            trouble.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if trouble:
        raise trouble[0]


def sam_writes(settings: Settings, words: str) -> None:
    """Have a link worker write to everyone here."""

    async def write() -> None:
        assert settings.database_url is not None
        database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
        now = Clock().now()
        async with database.transaction() as session:
            sam = await staff.welcome(session, name="Sam", now=now)
            for contact_id, conversation_id in (
                await session.run(text("SELECT id, conversation_id FROM contact"))
            ).all():
                await messages.queue(
                    session,
                    conversation_id=conversation_id,
                    contact_id=contact_id,
                    author=Author.LINK_WORKER,
                    said={"text": words},
                    dedupe=f"sam:{contact_id}:{words}",
                    now=now,
                    kept=True,
                    staff_id=sam.id,
                )
        await database.close()

    within(write)


def test_a_person_gets_through_the_whole_referral_by_keyboard_alone(browse: Callable[..., Any]) -> None:
    browsing = browse()
    page = browsing.open("/")
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == "Start the chat":
            break
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("May we keep")
    page.locator("#text").focus()
    tabs_back_to(page, "1 Yes")
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("What name")
    types(page, ("Ann", "How old"), ("72", "postcode"), ("BB9 7AA", "help with"))
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
    page.get_by_role("button", name="Yes").click()
    for said in ("Ann", "72", "BB9 7AA"):
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
    for path in ("/nowhere", "/docs"):
        page.goto(browsing.home + path)
        is_usable(page)
    page.goto(browsing.home + "/chat")
    is_usable(page)
    begin(page)
    is_usable(page)
    page.locator("#text").focus()
    types(page, ("yes", "What name"), ("Ann", "How old"), ("72", "postcode"), ("BB9 7AA", "help with"))
    sam_writes(settings, "Good morning, Ann. Call me on 01282 496 0123.")
    expect(last(page)).to_contain_text("Good morning, Ann.")
    is_usable(page)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("nothing in the box")
    is_usable(page)


def is_usable(page: Page) -> None:
    """No rule of axe is broken, nothing is cut off sideways, and everything can be hit with a thumb."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.locator("a:visible, button:visible, summary:visible, label.tick, textarea").evaluate_all(
        """all => all.map((one) => [one.textContent, one.getBoundingClientRect(), one.tagName])
        .filter(([, box, tag]) => box.bottom > 0 && (box.height < (tag === "BUTTON" ? 44 : 24) || box.width < 24))
        .map(([words]) => words)"""
    )
    assert small == []


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
    page.locator("#text").fill("yes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did not go")
    expect(page.locator("#text")).to_have_value("yes")
    browsing.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(last(page)).to_contain_text("What name")
    expect(page.get_by_role("alert")).to_be_empty()
    page.reload()
    assert page.locator("#log .person .said").all_inner_texts() == ["Hello", "yes"]


def test_an_answer_lost_on_the_way_back_is_heard_once(browse: Callable[..., Any]) -> None:
    page = browse().open()
    begin(page)

    def lost(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/chat/messages", lost)
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("alert")).to_contain_text("did not go")
    page.unroute("**/chat/messages")
    page.get_by_role("button", name="Yes").click()
    expect(last(page)).to_contain_text("What name")
    assert page.locator("#log .person .said").all_inner_texts() == ["Hello", "Yes"]


def test_someone_who_leaves_in_a_hurry_is_not_brought_back(browse: Callable[..., Any]) -> None:
    browsing = browse()
    weather = "https://www.bbc.co.uk/weather"
    browsing.context.route(weather, lambda route: route.fulfill(body="Rain later"))
    page = browsing.open("/docs")
    page.goto(browsing.home + "/chat")
    begin(page)
    before = page.evaluate("history.length")
    page.get_by_role("link", name="Exit this page").click()
    expect(page.get_by_text("Rain later")).to_be_visible()
    assert page.url == weather
    assert page.evaluate("history.length") == before


def test_a_question_is_in_view_when_it_is_asked(browse: Callable[..., Any]) -> None:
    page = browse(viewport=SIZES[0]).open()
    begin(page)
    page.locator("#text").focus()
    types(page, ("yes", "What name"), ("Ann", "How old"), ("72", "postcode"), ("BB9 7AA", "help with"))
    expect(last(page)).to_be_in_viewport()
    top, under = page.evaluate(
        "[document.querySelector('#lines').lastElementChild.getBoundingClientRect().top,"
        " document.querySelector('header').getBoundingClientRect().bottom]"
    )
    assert top >= under


def test_a_printed_talk_is_only_the_talk(browse: Callable[..., Any]) -> None:
    page = browse().open()
    begin(page)
    page.emulate_media(media="print")
    expect(page.locator("#log")).to_be_visible()
    for hidden in ("header", "#options", "#composer", "footer"):
        expect(page.locator(hidden)).to_be_hidden()
