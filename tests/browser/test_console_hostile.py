"""Every page of the console in a real browser, in a town where everyone writes what would run: nothing does."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Error, expect

from api import access
from api.settings import Settings
from tests.browser.at_the_page import WIDE, within
from tests.browser.conftest import Browsing
from tests.signed_in import browser_cookie
from tests.under_attack import PAYLOADS, WORKER, at_rest, every_route, hostile_town
from waitingroom.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("anyio_backend")]
STREAMS = {"queueEvents", "talkEvents"}
RUNS = "<img src=x onerror=alert(1)><script>alert(1)</script>"


@pytest.fixture
def town(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, str], list[str]]:
    """What stands in the paths of a hostile town, and every path of the console there is to look at."""
    monkeypatch.setattr("api.console.timeline.MOST", 2000)
    things: dict[str, str] = {}
    paths: list[str] = []

    def pages(app: FastAPI) -> list[str]:
        return [
            path
            for route, path, method in every_route(app)
            if path.startswith("/staff") and method == "GET" and access.name_of(route) not in STREAMS
        ]

    async def fill() -> None:
        async with at_rest(settings) as app:
            things.update(await hostile_town(app))
            paths.extend(pages(app))

    within(fill)
    return things, paths


def test_nothing_that_anyone_wrote_runs_on_any_page_of_the_console(
    browse: Callable[..., Browsing], settings: Settings, town: tuple[dict[str, str], list[str]]
) -> None:
    things, paths = town
    ran: list[str] = []
    seen: dict[str, str] = {}
    for role, name in (
        (Role.LEAD, WORKER),
        (Role.ADMIN, "Ada <svg/onload=alert(1)>"),
        (Role.AUDITOR, "</title>x"),
    ):
        browsing = browse(viewport=WIDE)
        cookie = browser_cookie(settings, browsing.home, name, role, hub=_hub(things, role))
        browsing.context.add_cookies([cookie])  # type: ignore[list-item]
        page = browsing.open("/staff")
        page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
        for path in paths:
            where = re.sub(r"{(\w+)}", lambda part: things.get(part[1], "anything"), path)
            try:
                answer = page.goto(browsing.home + where)
            except Error as error:
                if "Download is starting" not in str(error) and "ERR_ABORTED" not in str(error):
                    raise
                continue  # a file, or a sheet
            if answer is not None and answer.status == 200 and path not in seen:
                seen[path] = re.sub(r"\s+", " ", page.locator("html").text_content() or "")
            elif answer is not None:
                assert answer.status < 500, where
        page.wait_for_timeout(300)
        assert [one for one in browsing.elsewhere if not one.startswith("data:")] == [], name
    assert ran == []
    everything = " ".join(seen.values())
    assert [one for one in PAYLOADS if re.sub(r"\s+", " ", one) not in everything] == [], "each was on a page"


def test_the_browser_of_this_test_would_notice_a_word_that_runs(browse: Callable[..., Browsing]) -> None:
    page = browse().context.new_page()
    ran: list[Any] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.set_content(RUNS)
    expect(page.locator("img")).to_have_count(1)
    page.wait_for_timeout(200)
    assert ran


def _hub(things: dict[str, str], role: Role) -> uuid.UUID | None:
    return uuid.UUID(things["hub_id"]) if role is Role.LEAD else None
