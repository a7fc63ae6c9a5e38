"""Whatever is killed, and whenever: what people say is kept once, answers arrive, and nobody is asked twice."""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence

import pytest

from tests.faults.kept import at_a_random_moment, hold_to_the_promise, people_talking, well_again
from tests.faults.service import Service, service_running

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(1800)]

WELL_AGAIN = 5.0
"""Seconds after any kill in which somebody is answered again: the promise, held where these tests run alone."""
WHEN_BUSY = 60.0
"""The same beside other tests: a program starts as slowly as its machine is busy."""


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with service_running() as service:
        yield service


async def attacked(
    service: Service, chance: random.Random, kills: int, attack: Callable[[], Awaitable[None]]
) -> None:
    """Let people talk while `attack` is done again and again, then hold the records against what they saw."""
    killed_at: list[float] = []
    async with people_talking(service) as talkers:
        for _ in range(kills):
            await at_a_random_moment(talkers, chance)
            killed_at.append(time.monotonic())
            await attack()
    await hold_to_the_promise(service, talkers)
    assert well_again(talkers, killed_at) <= (WHEN_BUSY if "PYTEST_XDIST_WORKER" in os.environ else WELL_AGAIN)
    print(f"{len(talkers)} talks, {sum(talker.tries for talker in talkers)} requests, {kills} kills")


async def test_nothing_is_lost_or_said_twice_when_the_process_is_killed(
    service: Service, chance: random.Random, kills: int
) -> None:
    async def kill() -> None:
        service.kill()
        await asyncio.to_thread(service.start)

    await attacked(service, chance, kills, kill)


async def test_nothing_is_lost_or_said_twice_when_postgresql_is_killed(
    service: Service, chance: random.Random, kills: int
) -> None:
    async def kill() -> None:
        await asyncio.to_thread(service.kill_postgres, all_of_it=chance.random() < 0.5)

    await attacked(service, chance, kills, kill)


@pytest.fixture(scope="module")
def apart() -> Iterator[Service]:
    """Web and worker as processes of their own."""
    with service_running(apart=True) as service:
        yield service


async def test_nothing_is_lost_or_said_twice_when_web_worker_or_all_at_once_are_killed(
    apart: Service, chance: random.Random, kills: int
) -> None:
    ways: Sequence[Callable[[], None]] = (
        apart.kill,
        apart.kill_worker,
        lambda: (apart.kill(), apart.kill_worker())[0],
        lambda: apart.kill_postgres(all_of_it=True),
        lambda: apart.kill_postgres(all_of_it=False),
        apart.kill_everything,
    )
    turns = itertools.cycle(chance.sample(ways, len(ways)))

    async def kill() -> None:
        await asyncio.to_thread(next(turns))
        await asyncio.to_thread(apart.start)

    await attacked(apart, chance, kills, kill)
