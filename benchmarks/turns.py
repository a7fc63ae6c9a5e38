"""Turns: how fast people are answered through the chat, beside a bare FastAPI and a raw-SQL turn in the same run.

    python -m benchmarks.turns [--seconds 4] [--rounds 3] [--json]

Every server runs in its own process on one embedded PostgreSQL; the asking is done from this one.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from benchmarks.asking import bare_turn, chat, ping
from benchmarks.load import Asking, ask_for
from benchmarks.processes import WAITINGROOM, Serving, cpu_seconds, database, postgres_cpu_seconds, serving

USERS = (1, 16)
WARM_UP = 2.0


@dataclass(frozen=True)
class Door:
    """One door under measurement: who asks there, and the server behind it."""

    name: str
    begin: Callable[[], Asking]
    server: Serving


@dataclass(frozen=True)
class Figure:
    """What one door did in one round. Times in milliseconds; processor time is for each answer."""

    door: str
    users: int
    per_second: float
    p50: float
    p99: float
    server_cpu: float
    postgres_cpu: float


def main() -> None:
    """Measure, and print a table in Markdown, or JSON."""
    words = argparse.ArgumentParser(description="How fast people are answered.")
    words.add_argument("--seconds", type=float, default=4.0, help="how long each door is asked, each round")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    with _doors() as (folder, doors):
        figures = uvloop.run(_measure(doors, folder, seconds=told.seconds, rounds=told.rounds))
    if told.json:
        json.dump([asdict(figure) for figure in figures], sys.stdout, indent=1)
    else:
        print("\n".join(table(figures)))


@contextmanager
def _doors() -> Iterator[tuple[Path, Sequence[Door]]]:
    with (
        database() as (folder, url),
        serving(str(WAITINGROOM), "web", folder=folder, ready="/readyz") as web,
        serving(sys.executable, "-m", "benchmarks.bare", url, folder=folder, ready="/ping") as bare,
    ):
        yield (
            folder,
            (
                Door("FastAPI /ping", ping, bare),
                Door("raw-SQL turn", bare_turn, bare),
                Door("web chat turn", chat, web),
            ),
        )


async def _measure(doors: Sequence[Door], folder: Path, *, seconds: float, rounds: int) -> list[Figure]:
    """Ask at every door in turn, round after round, so that other work on the machine falls on all alike."""
    for door in doors:
        await ask_for(WARM_UP, door.server.port, door.begin, users=max(USERS))
    return [
        await _ask_at(door, folder, seconds=seconds, users=users)
        for _ in range(rounds)
        for users in USERS
        for door in doors
    ]


async def _ask_at(door: Door, folder: Path, *, seconds: float, users: int) -> Figure:
    pid = door.server.pid
    before = cpu_seconds(pid), postgres_cpu_seconds(folder)
    answered = await ask_for(seconds, door.server.port, door.begin, users=users)
    after = cpu_seconds(pid), postgres_cpu_seconds(folder)
    server, postgres = ((now - then) * 1000 / len(answered.took) for then, now in zip(before, after, strict=True))
    return Figure(
        door.name,
        users,
        answered.per_second,
        answered.percentile(50),
        answered.percentile(99),
        server,
        postgres,
    )


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """Write figures as a table in Markdown: the median of the rounds, and between what they lay."""
    yield "| users | door | a second | of raw SQL | p50 ms | p99 ms | server CPU ms | PostgreSQL CPU ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for users in USERS:
        raw = _median([one for one in figures if one.users == users and one.door == "raw-SQL turn"], "per_second")
        for door in dict.fromkeys(figure.door for figure in figures):
            these = [one for one in figures if one.users == users and one.door == door]
            rates = [one.per_second for one in these]
            shown = [_median(these, name) for name in ("p50", "p99", "server_cpu", "postgres_cpu")]
            rate = statistics.median(rates)
            yield (
                f"| {users} | {door} | {rate:.0f} ({min(rates):.0f} to {max(rates):.0f}) | {rate / raw:.0%} | "
                + " | ".join(f"{one:.2f}" for one in shown)
                + " |"
            )
    yield ""
    rounds = len(figures) // len({(one.door, one.users) for one in figures})
    busy = os.getloadavg()[0]
    yield f"Median of {rounds} rounds, and their range. {os.cpu_count()} cores, load average {busy:.1f}."


def _median(figures: Sequence[Figure], name: str) -> float:
    return float(statistics.median(getattr(figure, name) for figure in figures))


if __name__ == "__main__":
    main()
