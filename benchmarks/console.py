"""The console in a county: how long staff wait for a page, among 100,000 people and 2,000,000 messages.

python -m benchmarks.console [--people 100000] [--messages 20] [--times 100] [--json]

One web process on the embedded PostgreSQL, one link worker signed in, one request after the other. Beside the
queue stands its peer: the same fifty lines asked of PostgreSQL in plain SQL and drawn by nobody.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import uvloop

from api.console.access import cookie_name
from api.house import open_house
from api.settings import Settings
from benchmarks.a_county import AREAS, fill, named
from benchmarks.processes import WAITINGROOM, database, serving
from waitingroom import staff_sessions

PROMISED = {"queue": 100.0, "person": 100.0, "search": 150.0, "quarterly report": 2_000.0}
"""Milliseconds within which 95 of 100 must come."""
UNLIMITED = {"WAITINGROOM_STAFF_BURST": "100000"}
"""The pages come quicker than one member of staff may ask for them."""
PLAIN = """
SELECT h.*, v.language, p.area FROM handoff h JOIN conversation v ON v.id = h.conversation_id
LEFT JOIN person p ON p.id = v.person_id
WHERE h.status = 'waiting' AND (v.hub_id IS NULL OR v.hub_id = $1)
ORDER BY h.urgency, h.raised_at, h.id LIMIT 50
"""


def main() -> None:
    """Measure, and print a table, or JSON."""
    words = argparse.ArgumentParser(description="How long staff wait for a page in a county.")
    words.add_argument("--people", type=int, default=100_000)
    words.add_argument("--messages", type=int, default=20, help="to and from each")
    words.add_argument("--times", type=int, default=100)
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    with database() as (folder, url):
        secret, took = uvloop.run(_fill(folder, url, told.people, told.messages))
        peer = uvloop.run(_plain(url, told.times))
        with serving(str(WAITINGROOM), "web", folder=folder, ready="/readyz", settings=UNLIMITED) as web:
            pages = _measure(f"http://127.0.0.1:{web.port}", secret, told.people, told.times)
    figures = {"people": told.people, "messages": told.people * told.messages, "filled_s": took, "pages": pages}
    figures["pages"]["the queue in plain SQL"] = peer
    if told.json:
        json.dump(figures, sys.stdout, indent=1)
        return
    _print(figures)


async def _fill(folder: Path, url: str, people: int, messages: int) -> tuple[str, float]:
    began, now = time.perf_counter(), datetime.now(UTC)
    async with open_house(Settings(data=folder, database_url=url)) as house:
        await fill(house, people=people, messages_each=messages, now=now)
        async with house.database.transaction() as session:
            secret = await staff_sessions.begin(session, staff_id=named("staff", 1), browser="", now=now)
    return secret, time.perf_counter() - began


async def _plain(url: str, times: int) -> dict[str, float]:
    taken = []
    on = await asyncpg.connect(url)
    for _time in range(times):
        began = time.perf_counter()
        await on.fetch(PLAIN, named("hub", 2))
        taken.append(time.perf_counter() - began)
    await on.close()
    return _figures(taken)


def _measure(home: str, secret: str, people: int, times: int) -> dict[str, dict[str, float]]:
    newest = [people - number for number in range(100) if (people - number) % 3 == 1]  # of the hub of staff 1
    kinds: dict[str, Callable[[int], str]] = {
        "queue": lambda n: ("/staff", "/staff?tab=urgent", "/staff?tab=mine", f"/staff?area={AREAS[n % 10]}")[
            n % 4
        ],
        "person": lambda n: f"/staff/people/{named('person', newest[n % len(newest)])}",
        "search": lambda n: f"/staff/search?q={('Person', f'Person {people - n}', f'f{people - n}')[n % 3]}",
        "quarterly report": lambda _n: "/staff/reports/quarterly",
    }
    found = {}
    with httpx2.Client(base_url=home, timeout=60, cookies={cookie_name(secure=True): secret}) as client:
        for name, address in kinds.items():
            count = times if name != "quarterly report" else max(5, times // 10)
            found[name] = _figures([_time(client, address(number)) for number in range(count)][1:])
    return found


def _time(client: httpx2.Client, address: str) -> float:
    began = time.perf_counter()
    answered = client.get(address)
    taken = time.perf_counter() - began
    assert answered.status_code == 200, f"{address}: {answered.status_code}"
    return taken


def _figures(taken: list[float]) -> dict[str, float]:
    ranked = sorted(one * 1000 for one in taken)
    return {"p50": statistics.median(ranked), "p95": ranked[int(len(ranked) * 0.95)], "most": ranked[-1]}


def _print(figures: dict[str, Any]) -> None:
    print("| page | p50 ms | p95 ms | most ms | promised ms |\n|---|---|---|---|---|")
    for name, figure in figures["pages"].items():
        promised = f"{PROMISED[name]:.0f}" if name in PROMISED else ""
        told = f"{figure['p50']:.1f} | {figure['p95']:.1f} | {figure['most']:.1f}"
        print(f"| {name} | {told} | {promised} |")
    print(
        f"\n{figures['people']:,} people, {figures['messages']:,} messages, filled in {figures['filled_s']:.0f} s."
    )
    sys.exit(any(figures["pages"][name]["p95"] > most for name, most in PROMISED.items()))


if __name__ == "__main__":
    main()
