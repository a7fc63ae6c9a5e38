"""A change of keys from beginning to end: a new key everywhere, all words under it, the old one away."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from api.keys import add_key, drop_key, have_key, read_keys, use_key
from waitingroom import audit, change_of_keys, key_holders
from waitingroom.change_of_keys import Step
from waitingroom.database import Database

Say = Callable[[str], None]
GIVE_WAY = 0.01
"""Seconds between two transactions, so that turns come first."""
PASSES = 20
"""How often all is gone through again for rows that somebody was writing each time."""
EVERYWHERE_WITHIN = 30.0
"""Seconds to wait for every process to have read the new key."""


async def change(database: Database, path: Path, *, say: Say) -> Counter[int]:
    """Bring a new key into use and seal everything with it; or go on with a change that was stopped half-way.

    A change is under way where the ring has more than one key: no further one is added then. Returns how many
    values are sealed with each key in the end. Raises KeysError, or NotEverywhereError where a process has not
    read the new key: it is added then, and waits to be used.
    """
    ring = read_keys(path)
    number = max(ring.keys) if len(ring.keys) > 1 else add_key(path)
    await use(database, path, number)
    say(f"Key {number} seals from now on. All that older keys sealed is sealed anew.")
    return await renew(database, say=say)


async def until_everywhere(database: Database, number: int) -> None:
    """Wait until every process that runs has a key, up to half a minute; then use() says who has not."""
    until = time.monotonic() + EVERYWHERE_WITHIN
    while time.monotonic() < until:
        async with database.transaction() as session:
            if not await key_holders.lacking(session, number=number):
                return
        await asyncio.sleep(0.2)


async def use(database: Database, path: Path, number: int) -> None:
    """Seal with a key from now on, here and in every process that reads this file. It is noted in the audit.

    Raises KeysError where there is no such key, NotEverywhereError where a process has not read it.
    """
    ring = have_key(path, number)
    database.keys.renew()
    if number == ring.seals == database.keys.seals:
        return
    await until_everywhere(database, number)
    async with database.transaction() as session:
        now = await session.driver.fetchval("SELECT now()")
        await key_holders.note_use(session, number=number)
        audit.note_command(session, "changeKeys", record=f"key {number}", now=now)
    use_key(path, number)
    database.keys.renew()


async def renew(database: Database, *, say: Say) -> Counter[int]:
    """Seal all anew that is sealed with an older key than the one that seals. Returns how much each key has now.

    Each hundred rows are a transaction of their own: whatever was done stays done.
    """
    lost: set[str] = set()
    for _ in range(PASSES):
        lost = set()
        for table in change_of_keys.sealed_tables():
            done = await _renew_table(database, table, lost)
            if done:
                say(f"{table}: {done} rows sealed anew.")
        async with database.transaction() as session:
            papers = await change_of_keys.renew_papers(session)
        lost.update(papers.lost)
        async with database.transaction() as session:
            left = await change_of_keys.count(session)
        old = sum(many for number, many in left.items() if number not in {0, database.keys.seals})
        if old <= len(lost):
            break
        await asyncio.sleep(0.5)
    for one in sorted(lost):
        say(f"Does not open with any key here, and stays as it is: {one}")
    return left


async def retire(database: Database, path: Path, number: int) -> None:
    """Take a key away for good, once nothing is sealed with it and nobody seals with it. Noted in the audit.

    Raises KeysError, StillSealsError, StillWrittenError or StillSealedError; then nothing is changed.
    """
    async with database.transaction() as session:
        now = await session.driver.fetchval("SELECT now()")
        left = (await change_of_keys.count(session))[number]
        await key_holders.note_retired(session, number=number, left=left)
        audit.note_command(session, "retireKey", record=f"key {number}", now=now)
        drop_key(path, number)
    database.keys.renew()


async def _renew_table(database: Database, table: str, lost: set[str]) -> int:
    done, after = 0, None
    while True:
        async with database.transaction() as session:
            step: Step = await change_of_keys.renew_some(session, table, after=after)
        done += step.renewed
        lost.update(step.lost)
        if step.last is None:
            return done
        after = step.last
        await asyncio.sleep(GIVE_WAY)
