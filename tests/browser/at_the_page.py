"""What people do at the chat page in a browser, and what a link worker does at the other end."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import text

from api.clock import Clock
from api.keys import read_keys
from api.settings import Settings
from waitingroom import messages, staff
from waitingroom.database import Database
from waitingroom.messages import Author, Kind

NARROW, MIDDLE, WIDE = (
    {"width": 320, "height": 640},
    {"width": 768, "height": 1024},
    {"width": 1280, "height": 800},
)
SIZES = (NARROW, MIDDLE, WIDE)
SHOTS = Path(__file__).parents[2] / "docs" / "screenshots"
TALLEST = 800
"""Pixels of a page that a picture shows."""


def last(page: Page) -> Any:
    return page.locator("#lines > li").last


def types(page: Page, *talk: tuple[str, str]) -> None:
    """Type and send with the keyboard; each time wait for what is said back."""
    for said, answer in talk:
        expect(page.locator("#text")).to_be_focused()
        page.keyboard.type(said)
        page.keyboard.press("Enter")
        expect(last(page)).to_contain_text(answer)


def begin(page: Page) -> None:
    page.get_by_role("button", name="Say hello").click()
    expect(last(page)).to_contain_text("Who is this for?")
    page.wait_for_load_state()


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
                    kind=Kind.STAFF,
                    said={"text": words},
                    dedupe=f"sam:{contact_id}:{words}",
                    now=now,
                    kept=True,
                    staff_id=sam.id,
                )
        await database.close()

    within(write)


def is_usable(page: Page) -> None:
    """No rule of axe is broken, nothing is cut off sideways, and everything can be hit with a thumb."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    links = "a:not(.nhsuk-skip-link):visible, summary:visible"
    fields = "button:visible, .nhsuk-checkboxes__label, textarea:visible, input:visible"
    small = page.locator(f"{links}, {fields}").evaluate_all(
        """all => all.map((one) => [one.textContent, one.getBoundingClientRect(), one.tagName])
        .filter(([, box, tag]) => box.bottom > 0 && (box.height < (tag === "BUTTON" ? 44 : 24) || box.width < 24))
        .map(([words]) => words)"""
    )
    assert small == [], small


def keep_picture(page: Page, name: str) -> None:
    """Keep a picture of the console for the documents: the first of a long page, so that it stays small."""
    SHOTS.mkdir(exist_ok=True)
    tall, wide = page.evaluate("[document.documentElement.scrollHeight, innerWidth]")
    clip: Any = {"x": 0, "y": 0, "width": wide, "height": min(tall, TALLEST)}
    page.screenshot(path=SHOTS / f"console-{name}.png", full_page=True, clip=clip)
