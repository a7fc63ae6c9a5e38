"""Reports over a whole county: how long each takes, the quarterly report above all.

    .venv/bin/python -m benchmarks.reports [--people 100000] [--messages 2000000] [--rounds 10]

Measured as a door makes them, from the records to the words; wall time and, beside it, this process's own CPU.
"""

import argparse
import asyncio
import statistics
import time
from datetime import UTC, datetime

from api import reports
from api.house import House, open_house
from api.settings import Settings
from api.staff.access import Visit
from benchmarks.a_county import fill, named
from benchmarks.processes import database
from waitingroom.roles import Scope
from waitingroom.staff import Caller

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def main() -> None:
    """Fill a database, make every report for the whole service and for one hub, and print a table in Markdown."""
    words = argparse.ArgumentParser(description="How long reports take.")
    words.add_argument("--people", type=int, default=100_000)
    words.add_argument("--messages", type=int, default=2_000_000)
    words.add_argument("--rounds", type=int, default=10)
    told = words.parse_args()
    with database() as (folder, _url):
        async with open_house(Settings(data=folder), demo=True) as house:
            begun = time.perf_counter()
            await fill(house, people=told.people, messages_each=told.messages // told.people, now=NOW)
            took = time.perf_counter() - begun
            print(f"{told.people:,} people, {told.messages:,} messages, filled in {took:.0f} s\n")
            print("| report | p50 s | p95 s | CPU s | one hub, p50 s |\n|---|---|---|---|---|")
            for name in reports.MAKERS:
                whole = [await _make(house, name, hub=False) for _ in range(told.rounds)]
                hub = [await _make(house, name, hub=True) for _ in range(told.rounds)]
                wall, cpu = sorted(one[0] for one in whole), statistics.median(one[1] for one in whole)
                high = wall[min(len(wall) - 1, round(0.95 * len(wall)))]
                hubs = statistics.median(one[0] for one in hub)
                print(
                    f"| {name} | {statistics.median(wall):.2f} | {high:.2f} | {cpu:.2f} | {hubs:.2f} |", flush=True
                )


async def _make(house: House, name: str, *, hub: bool) -> tuple[float, float]:
    """Make one report in words; gives seconds by the wall, and of CPU in this process."""
    caller = Caller(named("staff", 1), "Lee", frozenset(Scope), hub_id=named("hub", 1) if hub else None)
    begun, cpu = time.perf_counter(), time.process_time()
    async with house.database.transaction() as session:
        made = await reports.made(session, Visit(house, caller, NOW), name)
    reports.told(made, house.desk.service)
    return time.perf_counter() - begun, time.process_time() - cpu


if __name__ == "__main__":
    asyncio.run(main())
