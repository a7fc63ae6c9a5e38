"""Keys changed while people talk, killed again and again: all is under the new key in the end, and opens."""

import asyncio
import multiprocessing
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import key_change
from api.keys import read_keys
from tests.faults import changing
from tests.faults.kept import hold_to_the_promise, people_talking
from tests.faults.service import Service, service_running
from tests.opening_words import every_value
from waitingroom import change_of_keys, postgres
from waitingroom.columns import OWN
from waitingroom.database import Database
from waitingroom.key_holders import StillSealsError, StillWrittenError

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(1800)]

LETTERS = 600
"""Sealed values beside those of the talks for each time it is killed, so that a change takes long enough."""
WAITS = 120


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with service_running() as service:
        yield service


async def test_keys_are_changed_for_good_though_the_change_is_killed_again_and_again_while_people_talk(
    service: Service, chance: random.Random, kills: int
) -> None:
    path = service.folder / "keys.json"
    url = postgres.start(service.folder / "postgres").url
    database = Database(url, read_keys(path))
    await many_letters(database, LETTERS * kills)
    killed = 0
    async with people_talking(service) as talkers:
        async with asyncio.timeout(WAITS * kills):
            while killed < kills:
                killed += await stopped_half_way(service.folder, database, chance)
                if await finished(database):
                    break
        async with asyncio.timeout(WAITS):
            left = await key_change.change(database, path, say=print)
            assert set(left) - {OWN} == {2}
            await retired(database, path)
    await hold_to_the_promise(service, talkers)
    assert killed >= min(kills, 5), "it was in the middle when it was killed"
    assert set(read_keys(path).keys) == {2}
    fresh = Database(url, read_keys(path))
    async with fresh.transaction() as session:
        assert set(await change_of_keys.count(session)) - {OWN} == {2}
        assert await every_value(session)
    await fresh.close()
    await database.close()
    print(f"{killed} kills in the middle of a change, {len(talkers)} talks")


async def many_letters(database: Database, many: int) -> None:
    async with database.transaction() as session:
        rows = []
        for number in range(many):
            digest = session.keys.fingerprint("raw-letter:sms", str(number))
            rows.append((session.keys.seal(f"a letter {number}", f"raw_letter:body:{digest.hex()}"), digest))
        await session.driver.executemany(
            """INSERT INTO raw_letter (channel, body, digest, problem, created_at)
            VALUES ('sms', $1, $2, 'Unread', now())""",
            rows,
        )


async def stopped_half_way(folder: Path, database: Database, chance: random.Random) -> bool:
    """Begin a change, and kill it after it has got somewhere; True where it was still at it."""
    context = multiprocessing.get_context("forkserver")
    url = database.url.render_as_string(hide_password=False)
    process = context.Process(target=changing.change_keys, args=(folder, url), daemon=True)
    far = await sealed_anew(database) + chance.randrange(1, 400)
    process.start()
    while process.is_alive() and await sealed_anew(database) < far:  # noqa: ASYNC110 -- another process is watched
        await asyncio.sleep(0.02)
    await asyncio.sleep(chance.uniform(0, 0.02))
    at_it = process.is_alive()
    process.kill()
    await asyncio.to_thread(process.join)
    return at_it


async def sealed_anew(database: Database) -> int:
    async with database.transaction() as session:
        many: int = await session.driver.fetchval("SELECT count(*) FROM raw_letter WHERE get_byte(body, 0) = 2")
    return many


async def finished(database: Database) -> bool:
    async with database.transaction() as session:
        return set(await change_of_keys.count(session)) - {OWN} == {2}


async def retired(database: Database, path: Path) -> None:
    """Take the old key away, as soon as every process has gone over to the new one."""
    while True:
        try:
            await key_change.retire(database, path, 1)
        except (StillSealsError, StillWrittenError):
            await asyncio.sleep(0.2)
        else:
            return
