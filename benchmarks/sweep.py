"""Finding who is due: the programme's sweep with few waiting and with very many, the same number due.

    .venv/bin/python -m benchmarks.sweep [--many 1000000] [--few 10000] [--due 200] [--rounds 5]

The people who are due refer themselves by the same talk as anyone; the others are rows put in beside them, with
nothing due. Both are measured on one PostgreSQL, one after the other.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import asyncpg

from api.house import House, open_house
from api.made_up.people import somebody
from api.made_up.talks import Talking
from api.settings import Settings
from benchmarks.processes import database
from bot import how_are_you, outreach
from bot.channels.webchat import NAME as WEB
from waitingroom import waiting

MONDAY = datetime(2027, 1, 4, 10, tzinfo=UTC)
AT_ONCE = 8
FILL = """
WITH more AS (SELECT n, gen_random_uuid() AS person, gen_random_uuid() AS talk, gen_random_uuid() AS referral
              FROM generate_series($1::int, $2::int) AS n),
p AS (INSERT INTO person (id, about, safe_contact, area, language, created_at, version)
      SELECT person, 'x', 'x', 'BB9', 'en', $3, 1 FROM more),
c AS (INSERT INTO conversation (id, place, owner, language, person_id, created_at, heard_at)
      SELECT talk, 'waiting_room', 'bot', 'en', person, $3, $3 FROM more),
r AS (INSERT INTO referral (id, reference, person_id, conversation_id, source, status, needs, what_matters,
                            joined_at, version)
      SELECT referral, 'f' || n, person, talk, 'self', 'waiting', '{lonely}', 'x', $3, 1 FROM more),
h AS (INSERT INTO how_are_you (referral_id, turn, due_at) SELECT referral, 0, $4 FROM more)
INSERT INTO waiting (referral_id, conversation_id, programme, pace, joined_at, next_at)
SELECT referral, talk, 'waiting_well', 'active', $3, $4 + n * interval '1 second' FROM more
"""
DUE = """UPDATE waiting SET next_at = $1, joined_at = $1::timestamptz - interval '15 days'
WHERE referral_id = ANY($2)"""
ASKED = "UPDATE how_are_you SET due_at = $1 WHERE referral_id = ANY($2)"
QUIET = """UPDATE conversation SET heard_at = $1::timestamptz - interval '10 days', talk = NULL
WHERE talk IS NOT NULL"""
UNSENT = "DELETE FROM sent_step; DELETE FROM message WHERE kind = 'started'"
BATCH = 50_000


async def main() -> None:
    """Measure, and print a table in Markdown."""
    words = argparse.ArgumentParser(description="How long finding who is due takes.")
    words.add_argument("--many", type=int, default=1_000_000)
    words.add_argument("--few", type=int, default=10_000)
    words.add_argument("--due", type=int, default=200)
    words.add_argument("--rounds", type=int, default=5)
    told = words.parse_args()
    with database() as (folder, url):
        async with open_house(Settings(data=folder), demo=True) as house:
            ids = await _bring_in(house, url, told.due)
            figures = []
            upto = 0
            for waits in (told.few, told.many):
                await _fill(url, upto + 1, waits)
                upto = waits
                figures.append(await _measure(house, url, ids, told.rounds))
    print(f"{told.due} due; the median of {told.rounds} rounds, in milliseconds\n")
    print(f"| | {told.few:,} waiting | {told.many:,} waiting | ratio |\n|---|---|---|---|")
    for name in figures[0]:
        few, many = (statistics.median(one[name]) for one in figures)
        print(f"| {name} | {few:.1f} | {many:.1f} | {many / few:.2f} |")


async def _bring_in(house: House, url: str, count: int) -> list[object]:
    chance = Random(1)
    needs = tuple(house.desk.service.content.needs)
    town = [
        Talking(somebody(number, chance, areas=["BB9"], needs=needs), WEB, MONDAY - timedelta(days=15))
        for number in range(count)
    ]
    for some in range(0, count, AT_ONCE):
        await asyncio.gather(*(one.refers(house.desk) for one in town[some : some + AT_ONCE]))
    connection = await asyncpg.connect(url)
    found = await connection.fetch("SELECT referral_id FROM waiting")
    await connection.close()
    return [row["referral_id"] for row in found]


async def _fill(url: str, first: int, last: int) -> None:
    connection = await asyncpg.connect(url)
    later = MONDAY + timedelta(days=365)
    for begins in range(first, last + 1, BATCH):
        ends = min(begins + BATCH - 1, last)
        await connection.execute(FILL, begins, ends, MONDAY - timedelta(days=20), later)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


async def _measure(house: House, url: str, ids: Sequence[object], rounds: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {"find who is due": [], "find and send": [], "ask how they are": []}
    connection = await asyncpg.connect(url)
    for number in range(rounds + 1):
        now = MONDAY + timedelta(days=7 * number)
        await connection.execute(UNSENT)
        await connection.execute(DUE, now, ids)
        await connection.execute(QUIET, now)
        began = time.perf_counter()
        async with house.at_work.database.transaction() as session:
            found = len(await waiting.due(session, now=now, limit=len(ids)))
        took["find who is due"].append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        looked_at = await outreach.send_due(house.at_work, now=now)
        took["find and send"].append((time.perf_counter() - began) * 1000)
        assert found == looked_at == len(ids), (found, looked_at)
        await connection.execute(QUIET, now)
        await connection.execute(UNSENT)
        await connection.execute(ASKED, now, ids)
        began = time.perf_counter()
        await how_are_you.ask_how_they_are(house.at_work, now=now + timedelta(hours=1))
        took["ask how they are"].append((time.perf_counter() - began) * 1000)
    await connection.close()
    return {name: these[1:] for name, these in took.items()}


if __name__ == "__main__":
    asyncio.run(main())
