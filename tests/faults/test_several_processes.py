"""Several webs and workers on one database: nobody is elected, nothing is lost, and each may go at any time."""

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import httpx2
import psycopg
import pytest

from tests.fakes.loopback import NAME as LOOPBACK
from tests.fakes.provider import Answer
from tests.faults.fleet import Fleet, One, all_is_as_people_saw_it, fleet_on
from tests.faults.people import Browser, Talker
from waitingroom import schema

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(900)]


@pytest.fixture
def fleet(server_url: str) -> Iterator[Fleet]:
    with fleet_on(server_url) as fleet:
        yield fleet


@dataclass
class AnyLine:
    """A line to any of the webs, as behind a proxy."""

    line: httpx2.AsyncClient
    webs: list[One]

    async def request(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return await self.line.request(method, random.choice(self.webs).url + path, **options)


@dataclass
class Anywhere(Talker):
    """A person whose messages come in at any of the webs."""

    webs: list[One] = field(default_factory=list)

    async def _insist(self, line: Any, method: str, path: str, options: dict[str, Any]) -> httpx2.Response:
        await asyncio.sleep(0.05)
        return await super()._insist(AnyLine(line, self.webs), method, path, options)


@dataclass
class AnyPage(Anywhere, Browser):
    """The same at the chat page."""


async def talks(webs: list[One], enough: asyncio.Event) -> list[Talker]:
    """Have four people talk at any time, until it is enough; returns everyone who talked."""
    people: list[Talker] = []

    async def keep_talking(kind: type[Anywhere]) -> None:
        while not enough.is_set():
            people.append(one := kind(url=webs[0].url, webs=webs))
            await one.talk()

    async with asyncio.TaskGroup() as all_of_them:
        for _, kind in zip(range(4), cycle([Anywhere, AnyPage]), strict=False):
            all_of_them.create_task(keep_talking(kind))
    return people


async def all_has_left(fleet: Fleet, within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while fleet.asked("SELECT 1 FROM message WHERE status IN ('queued', 'sending') LIMIT 1"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_two_webs_and_two_workers_begin_at_once_on_an_empty_database_and_are_replaced_in_mid_talk(
    fleet: Fleet, kills: int
) -> None:
    with ThreadPoolExecutor(4) as at_once:
        begun = at_once.map(
            lambda begin: begin(), [fleet.web, lambda: fleet.web(by_workers=True), *[fleet.work] * 2]
        )
        webs, workers = [one for one in begun if one.port], [one for one in fleet.all if not one.port]
    fleet.ready(*fleet.all)
    assert fleet.asked("SELECT version_num FROM alembic_version") == [(schema.newest(),)]
    enough = asyncio.Event()
    talking = asyncio.create_task(talks(webs, enough))
    for place in range(2 if kills > 10 else 1):  # as an upgrade does: one after the other, the new one first
        new = fleet.web(by_workers=bool(place)), fleet.work()
        await asyncio.to_thread(fleet.ready, *new)
        old, webs[place] = webs[place], new[0]
        old.told()
        workers[place].told()
        assert await asyncio.to_thread(old.ended) == -15
        assert await asyncio.to_thread(workers[place].ended) == 0
    enough.set()
    people = await talking
    await all_is_as_people_saw_it(fleet, people)
    assert fleet.asked("SELECT count(*) FROM message WHERE maybe_twice") == [(0,)], "nobody was cut off"
    print(f"{len(people)} talks, {sum(one.tries for one in people)} requests, processes replaced meanwhile")


def begin_another(fleet: Fleet, like: One, **options: Any) -> One:
    new = fleet.web(**options) if like.port else fleet.work(**options)
    fleet.ready(new)
    return new


async def test_each_tick_is_done_once_whenever_it_is_due(fleet: Fleet) -> None:
    fleet.asked("DELETE FROM tick_seen")
    workers = [fleet.work(), fleet.work()]
    fleet.ready(*workers)
    await asyncio.to_thread(until, lambda: len(fleet.asked("SELECT due FROM tick_seen")) >= 4, 60)
    seen = Counter(due for (due,) in fleet.asked("SELECT due FROM tick_seen"))
    assert set(seen.values()) == {1}, "no moment was taken by two"


async def test_what_a_killed_worker_was_doing_by_the_clock_is_taken_up_in_seconds(fleet: Fleet) -> None:
    workers = {one.pid: one for one in (fleet.work(sticks=True), fleet.work(sticks=True))}
    stuck = await first(fleet, "SELECT worker FROM tick_stuck")
    fleet.ready(*workers.values())
    workers[stuck].process.kill()
    killed = time.monotonic()
    await first(fleet, "SELECT worker FROM tick_freed")
    took = time.monotonic() - killed
    print(f"taken up {took:.1f} s after the kill")
    assert took < 20, "pgqueuer's own 30 s would leave those on duty uncalled"


async def first(fleet: Fleet, question: str) -> Any:
    async with asyncio.timeout(60):
        while not (found := fleet.asked(question)):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return found[0][0]


async def says(line: httpx2.AsyncClient, web: One, who: str, words: str) -> int:
    told = {"sender": who, "message_id": uuid.uuid4().hex, "text": words}
    return (await line.post(f"{web.url}/loopback", json=told)).status_code


def status_of_newest(fleet: Fleet) -> tuple[str, bool]:
    found = fleet.asked("SELECT status, maybe_twice FROM message WHERE author = 'bot' ORDER BY id DESC LIMIT 1")
    return found[0][0], found[0][1]


async def test_a_web_told_to_stop_finishes_turns_and_letters_in_hand_and_lets_pages_go(fleet: Fleet) -> None:
    web = fleet.web()
    fleet.ready(web)
    who = uuid.uuid4().hex
    fleet.provider.began.clear()
    fleet.provider.let_go.clear()
    fleet.provider.will(Answer.LATE)
    async with httpx2.AsyncClient(timeout=20, trust_env=False, verify=False) as line:
        assert await says(line, web, who, "hello") == 200
        await asyncio.to_thread(fleet.provider.began.wait, 20)  # the letter is on its way
        page = await line.get(f"{web.url}/chat")
        begin = page.text.split('name="begin" value="')[1].split('"')[0]
        form = {"text": "hello", "message_id": uuid.uuid4().hex, "begin": begin}
        await line.post(f"{web.url}/chat/messages", data=form, headers={"Accept": "application/json"})
        async with line.stream("GET", f"{web.url}/chat/live", timeout=20) as live:
            assert live.status_code == 200
            with psycopg.connect(fleet.url) as other:
                other.execute("SELECT id FROM conversation FOR UPDATE")  # holds everybody's turn
                in_hand = asyncio.create_task(says(line, web, who, "me"))
                await asyncio.to_thread(someone_waits_for_a_lock, fleet)
                web.told()
                await asyncio.to_thread(until, web.refuses)
                assert not in_hand.done()
                async for _ in live.aiter_bytes():
                    pass  # the page is let go while others are still served
                other.rollback()
            assert await in_hand == 200
    fleet.provider.let_go.set()
    assert await asyncio.to_thread(web.ended) == -15
    newest_kept = fleet.asked(
        "SELECT count(*) FROM message m JOIN contact c ON c.id = m.contact_id "
        "WHERE c.channel = %s AND m.status = 'sending'",
        LOOPBACK,
    )
    assert newest_kept == [(0,)], "what was on its way is recorded, not left to a lease"


def someone_waits_for_a_lock(fleet: Fleet) -> None:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    until(lambda: bool(fleet.asked(waiting)))


def until(so: Any, within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not so():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("asked_again", "last_words"), [(True, 10.0), (False, 1.0)], ids=["asked twice", "too slow"]
)
async def test_a_web_that_cannot_finish_ends_all_the_same(
    fleet: Fleet, asked_again: bool, last_words: float
) -> None:
    web = fleet.web(last_words=last_words)
    fleet.ready(web)
    fleet.provider.began.clear()
    fleet.provider.let_go.clear()
    fleet.provider.will(Answer.LATE)
    async with httpx2.AsyncClient(timeout=20, trust_env=False, verify=False) as line:
        assert await says(line, web, uuid.uuid4().hex, "hello") == 200
    await asyncio.to_thread(fleet.provider.began.wait, 20)
    web.told()
    await asyncio.to_thread(until, web.refuses)
    told = time.monotonic()
    if asked_again:
        assert web.ended(0.5) is None
        web.told()
    assert await asyncio.to_thread(web.ended, 8) == -15
    assert time.monotonic() - told < 8
    fleet.provider.let_go.set()
    assert status_of_newest(fleet)[0] == "sending", "it is another's when the lease is over"


async def test_a_worker_told_to_stop_finishes_its_message_and_another_goes_on_at_once(fleet: Fleet) -> None:
    web, first_worker = fleet.web(by_workers=True), fleet.work()
    fleet.ready(web, first_worker)
    fleet.provider.began.clear()
    fleet.provider.let_go.clear()
    fleet.provider.will(Answer.LATE)
    who = uuid.uuid4().hex
    async with httpx2.AsyncClient(timeout=20, trust_env=False, verify=False) as line:
        for words in ("hello", "me", "72"):
            assert await says(line, web, who, words) == 200
    await asyncio.to_thread(fleet.provider.began.wait, 20)
    second = await asyncio.to_thread(begin_another, fleet, first_worker)
    first_worker.told()
    assert first_worker.ended(0.3) is None, "its message is in hand"
    told = time.monotonic()
    fleet.provider.let_go.set()
    await all_has_left(fleet, within=25)
    took = time.monotonic() - told
    assert first_worker.ended() == 0
    assert second.process.is_alive()
    came = [taken.text for taken in fleet.provider.taken if taken.to == who]
    assert len(came) == len(set(came)) >= 3
    assert fleet.asked(
        "SELECT count(*) FROM message WHERE maybe_twice AND author = 'bot' AND status = 'sent' "
        "AND created_at > now() - interval '1 minute' AND conversation_id = "
        "(SELECT conversation_id FROM message ORDER BY id DESC LIMIT 1)"
    ) == [(0,)]
    print(f"the other went on after {took:.2f} s")
    assert took < 20, "nobody waited for the lease"


async def test_a_worker_asked_twice_does_not_wait_for_a_provider(fleet: Fleet) -> None:
    web, worker = fleet.web(by_workers=True), fleet.work()
    fleet.ready(web, worker)
    fleet.provider.began.clear()
    fleet.provider.let_go.clear()
    fleet.provider.will(Answer.LATE)
    async with httpx2.AsyncClient(timeout=20, trust_env=False, verify=False) as line:
        assert await says(line, web, uuid.uuid4().hex, "hello") == 200
    await asyncio.to_thread(fleet.provider.began.wait, 20)
    worker.told()
    assert worker.ended(0.5) is None
    worker.told()
    assert worker.ended(5) == 0
    fleet.provider.let_go.set()
