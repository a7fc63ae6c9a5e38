"""The database goes away, or its line has faults: people are asked to come again, nothing is lost, it heals."""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import httpx2
import psycopg
import pytest

from tests.faults.kept import at_a_random_moment, hold_to_the_promise, people_talking, well_again
from tests.faults.line import Line, line_to
from tests.faults.people import BEGIN, Talker
from tests.faults.service import Service, service_running
from waitingroom import lines, postgres

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(900)]

WORDS = "I could do with company"
HEALS_WITHIN = 5.0
"""Seconds after the database can be reached again."""
BUSY = 10.0
"""Seconds more that a machine may take which runs other tests beside."""
LONGEST_WAIT = 15.0
"""Seconds in which Twilio wants a webhook answered: the least patient of those who call us."""
CUT = """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@pytest.fixture(scope="module")
def line(cluster: postgres.Running) -> Iterator[Line]:
    with line_to(cluster.host / f".s.PGSQL.{cluster.port}") as line:
        yield line


@pytest.fixture(scope="module")
def service(cluster: postgres.Running, line: Line) -> Iterator[Service]:
    url = f"postgresql://{cluster.user}@127.0.0.1:{line.port}/{cluster.database}"
    with service_running(url=url) as service:
        yield service


@pytest.fixture
def aways(kills: int) -> Sequence[float]:
    """For how many seconds the database is away, one time after the other."""
    return (12.0, 30.0) if kills >= 50 else (3.0,)


@asynccontextmanager
async def people_are_served_again(service: Service) -> AsyncIterator[list[Talker]]:
    """Let people talk through a fault that is over when the block ends; then hold everything to the promise."""
    async with people_talking(service) as talkers:
        await at_a_random_moment(talkers, random.Random())
        yield talkers
        over = time.monotonic()
        service.pass_leases()
        await well_since(talkers, over)
    assert well_again(talkers, [over]) <= HEALS_WITHIN + BUSY
    await hold_to_the_promise(service, talkers)
    print(f"slowest {max(talker.slowest for talker in talkers):.1f} s")


async def well_since(talkers: Sequence[Talker], then: float) -> None:
    async with asyncio.timeout(60):
        while not any(began > then for talker in talkers for began, _ in talker.answered):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_database_that_is_away_for_a_while_costs_people_a_wait_and_nothing_else(
    service: Service, cluster: postgres.Running, aways: Sequence[float]
) -> None:
    for seconds in aways:
        async with people_are_served_again(service) as talkers:
            await asyncio.to_thread(postgres.stop, cluster.data)
            await asyncio.sleep(seconds)
            await the_page_is_kind(service)
            assert sum(talker.refused for talker in talkers) > 0
            await asyncio.to_thread(postgres.start, cluster.data)


async def the_page_is_kind(service: Service) -> None:
    """What a person's browser is shown while the records are away: whom to call, and to come again."""
    async with httpx2.AsyncClient(base_url=service.url, timeout=20, trust_env=False, verify=False) as line:
        found = BEGIN.search((await line.get("/chat")).text)
        assert found is not None, "to begin needs no records"
        form = {"text": WORDS, "message_id": uuid.uuid4().hex, "begin": found[1]}
        page = await line.post("/chat/messages", data=form, headers={"Accept": "text/html"})
    assert page.status_code == 503
    assert WORDS in page.text, "what they wrote is still there to be sent"
    assert int(page.headers["Retry-After"]) > 0
    assert 'href="tel:999"' in page.text
    assert "116 123" in page.text


async def test_lines_that_are_cut_reset_half_closed_or_slow_lose_nothing(
    service: Service, cluster: postgres.Running, line: Line, kills: int
) -> None:
    async def ended_by_the_server() -> None:
        async with await psycopg.AsyncConnection.connect(cluster.url, autocommit=True) as admin:
            await admin.execute(CUT)

    async def reset() -> None:
        line.cut()

    async def half_closed() -> None:
        line.close_by_half()

    async def refused_for_a_second() -> None:
        line.refuses = True
        line.cut()
        await asyncio.sleep(1)
        line.refuses = False

    async def slow_for_a_second() -> None:
        line.slow = 0.05
        await asyncio.sleep(1)
        line.slow = 0.0

    ways = (ended_by_the_server, reset, half_closed, refused_for_a_second, slow_for_a_second)
    since: list[float] = []
    async with people_talking(service) as talkers:
        for fault in ways * max(1, kills // 20):
            await at_a_random_moment(talkers, random.Random())
            await fault()
            since.append(time.monotonic())
            service.pass_leases()
            await well_since(talkers, since[-1])
    assert well_again(talkers, since) <= HEALS_WITHIN + BUSY
    await hold_to_the_promise(service, talkers)


async def test_a_line_that_falls_silent_holds_nobody_longer_than_a_caller_waits(
    service: Service, line: Line, kills: int
) -> None:
    """Nothing is refused and nothing is reset: bytes go in, and nothing comes back."""
    seconds = 30.0 if kills >= 50 else (lines.ON_THE_WEB + lines.GRACE).total_seconds() + 1
    async with people_are_served_again(service) as talkers:
        line.silent = True
        await asyncio.sleep(seconds)
        line.silent = False
    assert sum(talker.refused for talker in talkers) > 0, "they were told, in place of being left waiting"
    assert max(talker.slowest for talker in talkers) <= LONGEST_WAIT + 1
