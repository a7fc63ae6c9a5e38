"""Live pages: how long until two hundred open pages of the queue show someone new, and what that costs.

    python -m benchmarks.live_pages [--pages 200] [--people 20] [--waiting 40] [--every 5.0]

One web process. Each page is a member of staff of their own who follows `/staff/events` and, when told that the
queue changed, says who came and fetches the queue in its turn, as the page does. Someone refers themselves
by the chat; the clock starts when their last message is answered, and stops, for each page, when it tells of them
("seen") and when it has a list with them in it ("in the list"). The peer in the same run:
the same pages, which all fetch the list as soon as they hear.
"""

import argparse
import asyncio
import json
import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import random
from typing import Any

import httpx2
import uvloop

from api.console.access import cookie_name
from api.house import open_house
from api.settings import Settings
from benchmarks.asking import TALK, chat
from benchmarks.load import Line
from benchmarks.processes import WAITINGROOM, cpu_seconds, database, serving
from waitingroom import staff, staff_sessions

APART = 0.9
"""Seconds between two looks of one page, as its script keeps them."""
PATIENCE = 30.0
REFERENCE = re.compile(r"reference is ([0-9A-Z]{4}[ -][0-9A-Z]{4})")
ROOMY = {"WAITINGROOM_STAFF_BURST": "100000"}


@dataclass(eq=False)
class Page:
    """One open page of the queue. `news`, `shown`: when the news of someone, and the list with them, came."""

    web: httpx2.AsyncClient
    cookie: str
    awaited: str = ""
    at_once: bool = False
    told_at: float = 0.0
    seen_after: list[float] = field(default_factory=list)
    listed_after: list[float] = field(default_factory=list)
    looked: float = 0.0
    later: float = 0.0
    drawn: int = 0
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    due: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, open_: asyncio.Semaphore) -> None:
        """Follow what the queue does, and look whenever it changed."""
        looking = asyncio.create_task(self._look())
        try:
            head = {"cookie": self.cookie, "accept": "text/event-stream"}
            async with self.web.stream("GET", "/staff/events", headers=head, timeout=None) as stream:
                assert stream.status_code == 200, stream.status_code
                open_.release()
                async for line in stream.aiter_lines():
                    if line.startswith('data: {"came"'):
                        self._hears(json.loads(line[6:]))
        finally:
            looking.cancel()

    def _hears(self, told: dict[str, Any]) -> None:
        if self.awaited and told["came"] and not self.told_at and not self.at_once:
            self.told_at = time.perf_counter()
        self.later = 0.0 if self.at_once else random() * told["spread"] / 1000
        self.due.set()

    async def _look(self) -> None:
        while True:
            await self.due.wait()
            await asyncio.sleep(max(self.later, self.looked + APART - time.perf_counter()))
            self.due.clear()
            self.looked = time.perf_counter()
            drawn = await self.web.get("/staff", headers={"cookie": self.cookie})
            assert drawn.status_code == 200, drawn.status_code
            self.drawn += 1
            if self.awaited and self.awaited in drawn.text:
                self.seen.set()


def main() -> None:
    """Measure, and print a table."""
    words = argparse.ArgumentParser(description="How soon open pages show someone new.")
    words.add_argument("--pages", type=int, default=200)
    words.add_argument("--people", type=int, default=20, help="who come while it is measured")
    words.add_argument("--waiting", type=int, default=40, help="who wait already")
    words.add_argument("--every", type=float, default=5.0, help="seconds between two who come")
    told = words.parse_args()
    with database() as (folder, url):
        cookies = uvloop.run(_staff(folder, url, told.pages))
        with serving(str(WAITINGROOM), "web", folder=folder, ready="/readyz", settings=ROOMY) as web:
            uvloop.run(_waiting(web.port, told.waiting))
            print("| pages | | p50 ms | p95 ms | most ms |\n|---|---|---|---|---|")
            for at_once in (True, False):
                uvloop.run(_measure(web.pid, web.port, cookies, told.people, told.every, at_once=at_once))


async def _staff(folder: Path, url: str, count: int) -> list[str]:
    now = datetime.now(UTC)
    async with (
        open_house(Settings(data=folder, database_url=url)) as house,
        house.database.transaction() as session,
    ):
        members = [await staff.welcome(session, name=f"Worker {number}", now=now) for number in range(count)]
        secrets = [await staff_sessions.begin(session, staff_id=one.id, browser="", now=now) for one in members]
    return [f"{cookie_name(secure=True)}={secret}" for secret in secrets]


async def _waiting(port: int, count: int) -> None:
    line = await Line.to(port)
    for _person in range(count):
        await _refer(line)
    line.hang_up()


async def _measure(
    pid: int, port: int, cookies: Sequence[str], people: int, every: float, *, at_once: bool
) -> None:
    line = await Line.to(port)
    room = httpx2.Limits(max_connections=2 * len(cookies) + 10, max_keepalive_connections=2 * len(cookies) + 10)
    home = f"http://127.0.0.1:{port}"
    async with httpx2.AsyncClient(base_url=home, limits=room, timeout=PATIENCE) as web:
        pages = [Page(web, cookie, at_once=at_once) for cookie in cookies]
        opened = asyncio.Semaphore(0)
        following = [asyncio.create_task(page.follow(opened)) for page in pages]
        for _page in pages:
            await asyncio.wait_for(opened.acquire(), PATIENCE)
        await asyncio.sleep(2)
        before, begun, drawn = cpu_seconds(pid), time.perf_counter(), sum(page.drawn for page in pages)
        for _person in range(people):
            next_at = time.perf_counter() + every
            await _one(line, pages)
            await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
        used, lasted = cpu_seconds(pid) - before, time.perf_counter() - begun
        drawn = sum(page.drawn for page in pages) - drawn
        for task in following:
            task.cancel()
        await asyncio.gather(*following, return_exceptions=True)
    line.hang_up()
    way = "all ask at once" if at_once else "each in its turn"
    for name, taken in (
        ("seen", [one for page in pages for one in page.seen_after]),
        ("in the list", [one for page in pages for one in page.listed_after]),
    ):
        ranked = sorted(one * 1000 for one in taken)
        figures = statistics.median(ranked), ranked[int(len(ranked) * 0.95)], ranked[-1]
        print(f"| {way} | {name} | " + " | ".join(f"{one:.0f}" for one in figures) + " |")
    print(
        f"\n{len(pages)} pages, {people} people in {lasted:.0f} s, {drawn:,} lists drawn, "
        f"{used / lasted:.0%} of one core, {_memory(pid):.0f} MB\n"
    )


async def _one(line: Line, pages: Sequence[Page]) -> None:
    """Let someone come, and wait until every page shows them."""
    for page in pages:
        page.awaited, page.told_at = "", 0.0
        page.seen.clear()
    *before, _last = range(len(TALK))
    asking = chat()
    request = next(asking)
    for _words in before:
        request = asking.send(await line.ask(request))
    for page in pages:
        page.awaited = "?"
    answer = await line.ask(request)
    begun = time.perf_counter()
    found = REFERENCE.search(answer.decode())
    assert found is not None
    for page in pages:
        page.awaited = found[1]
        page.due.set() if page.told_at else None
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(_shown(page, begun) for page in pages))


async def _shown(page: Page, begun: float) -> None:
    await page.seen.wait()
    listed = time.perf_counter()
    page.listed_after.append(listed - begun)
    page.seen_after.append(max(0.0, min(page.told_at or listed, listed) - begun))


async def _refer(line: Line) -> None:
    asking = chat()
    request = next(asking)
    for _words in TALK:
        request = asking.send(await line.ask(request))


def _memory(pid: int) -> float:
    told = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", told)[0]) / 1024


if __name__ == "__main__":
    main()
