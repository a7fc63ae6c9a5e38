"""A real browser at the real application: Chromium from Debian's packages, with no way out to any other host."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NOWHERE = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@dataclass
class Browsing:
    """Tabs on the application; every request they make is noted."""

    context: BrowserContext
    home: str
    asked: list[str] = field(default_factory=list)
    """addresses asked for, in order"""

    def open(self, path: str = "/chat") -> Page:
        page = self.context.new_page()
        page.on("request", self._note)
        page.goto(self.home + path)
        return page

    @property
    def elsewhere(self) -> list[str]:
        """Addresses asked of any host but our own."""
        own = urlsplit(self.home).netloc
        return [address for address in self.asked if urlsplit(address).netloc != own]

    def _note(self, request: Request) -> None:
        self.asked.append(request.url)


@pytest.fixture
def browse(served: str) -> Iterator[Callable[..., Browsing]]:
    """Open browsers on the application: `browse(java_script_enabled=False, viewport=…)`."""
    if CHROMIUM is None:
        told = "Chromium is not here. On Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, NOWHERE])
        contexts: list[BrowserContext] = []

        def opened(**settings: object) -> Browsing:
            context = chromium.new_context(**settings)  # type: ignore[arg-type]
            context.set_default_timeout(10_000)
            contexts.append(context)
            return Browsing(context, served)

        yield opened
        for context in contexts:
            context.close()
        chromium.close()
