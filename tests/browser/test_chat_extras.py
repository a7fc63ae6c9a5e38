"""A copy to keep, news further down, a second tab, weight and guards: the chat page in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from api.settings import Settings
from tests.browser.at_the_page import NARROW, begin, last, sam_writes, types

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]

MOST = 100_000
"""Bytes of a first load, as they go over the line: what someone with little credit can bear."""
SCROLLED = "scrollY"


def test_someone_who_reads_further_up_is_told_of_news_and_not_moved(
    browse: Callable[..., Any], settings: Settings
) -> None:
    page = browse(viewport=NARROW).open()
    begin(page)
    page.locator("#text").focus()
    types(page, ("me, 72", "May we keep"), ("yes", "What name"), ("Ann", "postcode"))
    expect(last(page)).to_be_in_viewport()  # the page has gone to its own answer
    while page.evaluate("onTheWay"):  # and once it knows that its message came, it moves no more
        page.wait_for_timeout(20)
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator("#newer")).to_be_hidden()
    sam_writes(settings, "Good morning, Ann.")
    news = page.get_by_role("button", name="New messages")
    expect(news).to_be_in_viewport()
    assert page.evaluate(SCROLLED) == 0
    news.click()
    expect(last(page)).to_be_in_viewport()
    expect(last(page)).to_contain_text("Good morning, Ann.")
    expect(news).to_be_hidden()
    expect(page.locator("#text")).to_be_focused()


def test_someone_at_the_end_sees_news_as_it_comes(browse: Callable[..., Any], settings: Settings) -> None:
    page = browse(viewport=NARROW).open()
    begin(page)
    page.locator("#composer").scroll_into_view_if_needed()
    sam_writes(settings, "Good morning.")
    expect(last(page)).to_contain_text("Good morning.")
    expect(last(page)).to_be_in_viewport()
    expect(page.locator("#newer")).to_be_hidden()


def test_two_tabs_show_each_message_once(browse: Callable[..., Any], settings: Settings) -> None:
    browsing = browse()
    first = browsing.open()
    begin(first)
    second = browsing.open()
    first.locator("#text").focus()
    types(first, ("me, 72", "May we keep"), ("yes", "What name"), ("Ann", "postcode"))
    sam_writes(settings, "Good morning, Ann.")
    for page in (first, second):
        expect(last(page)).to_contain_text("Good morning, Ann.")
        ids = page.locator("#lines > li").evaluate_all("all => all.map((line) => Number(line.dataset.id))")
        assert ids == sorted(set(ids))
    assert first.locator("#lines .said").all_inner_texts() == second.locator("#lines .said").all_inner_texts()


def test_where_no_live_line_can_be_had_news_still_comes(browse: Callable[..., Any], settings: Settings) -> None:
    page = browse().open()
    page.clock.install()
    page.route("**/chat/live*", lambda route: route.abort())
    page.reload()
    begin(page)
    expect(page.get_by_role("link", name="Look for new messages")).to_be_visible()
    sam_writes(settings, "Good morning.")
    page.clock.fast_forward(14_000)
    assert page.locator("#log .link_worker").count() == 0
    page.clock.fast_forward(1_001)
    expect(last(page)).to_contain_text("Good morning.")


def test_messages_are_no_stops_on_the_way_through_the_page(browse: Callable[..., Any]) -> None:
    page = browse().open()
    begin(page)
    assert page.locator("#lines [tabindex], #lines li:focus").count() == 0
    assert page.locator("#lines .who").first.inner_text().startswith("You")
    assert all(page.locator("#lines .who").evaluate_all("all => all.map((one) => one.textContent.trim() !== '')"))


def test_numbers_that_save_lives_are_one_press_away(browse: Callable[..., Any]) -> None:
    page = browse(viewport=NARROW).open()
    begin(page)
    page.get_by_role("link", name="Urgent help").click()
    for number in ("tel:999", "tel:116123", "sms:85258"):
        expect(page.locator(f"#help a[href='{number}']")).to_be_in_viewport()


@pytest.mark.parametrize("scripted", [True, False], ids=["with JavaScript", "without"])
def test_a_copy_is_made_only_after_a_warning_and_its_name_tells_nothing(
    browse: Callable[..., Any], scripted: bool
) -> None:
    page = browse(java_script_enabled=scripted).open()
    begin(page)
    page.get_by_role("link", name="Save or print this chat").click()
    expect(page.get_by_role("heading", name="Other people may see it")).to_be_visible()
    with page.expect_download() as coming:
        page.get_by_role("link", name="Save as a text file").click()
    assert coming.value.suggested_filename == "notes.txt"
    told = coming.value.path().read_text()
    assert "You, " in told
    assert "Who is this for?" in told
    page.get_by_role("link", name="See a page to print").click()
    assert page.title() == "Notes"
    expect(last_of_copy(page)).to_contain_text("Who is this for?")
    expect(page.get_by_role("button", name="Print this page")).to_be_visible(visible=scripted)
    page.emulate_media(media="print")
    for hidden in (".top", ".bar", ".back", "#print", "#help"):
        expect(page.locator(hidden)).to_be_hidden()
    expect(last_of_copy(page)).to_be_visible()


def last_of_copy(page: Any) -> Any:
    return page.locator(".log > li").last


def test_the_first_load_is_light_and_asks_no_one_else(browse: Callable[..., Any]) -> None:
    browsing = browse()
    page = browsing.context.new_page()
    wire = browsing.context.new_cdp_session(page)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    wire.send("Network.enable")
    answers: list[Any] = []

    def note(answer: Any) -> None:
        answers.append(answer)

    page.on("response", note)
    page.goto(browsing.home + "/chat", wait_until="networkidle")
    assert len(answers) >= 5
    assert sum(sizes) <= MOST
    assert {answer.url.split("/")[2] for answer in answers} == {browsing.home.split("/")[2]}
    assert all(answer.ok for answer in answers)


PATHS = ["/", "/privacy", "/chat", "/chat/save", "/chat/saved", "/chat/my-data", "/docs", "/nowhere"]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_on_a_page_needs_what_its_guards_forbid(browse: Callable[..., Any], path: str) -> None:
    browsing = browse()
    begin(browsing.open())
    page = browsing.context.new_page()
    troubles: list[str] = []
    page.on("console", lambda told: troubles.append(told.text) if "Content Security" in told.text else None)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    answer = page.goto(browsing.home + path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert page.locator("[style], style, script:not([src])").count() == 0
    assert troubles == []


@pytest.mark.parametrize("settings_of", [{"forced_colors": "active"}, {"reduced_motion": "reduce"}])
def test_people_who_set_their_screen_their_way_can_use_the_page(
    browse: Callable[..., Any], settings_of: dict[str, str]
) -> None:
    page = browse(**settings_of).open()
    begin(page)
    page.get_by_role("button", name="For me").click()
    expect(last(page)).to_contain_text("How old")
    moving = "document.getAnimations().length"
    assert page.evaluate(moving) == 0
