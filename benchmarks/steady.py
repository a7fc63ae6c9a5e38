"""Steady: messages that come at a set pace, whatever the answers do; what is lost or doubled, and how late it is.

    python -m benchmarks.steady [--rate 100] [--seconds 600] [--burst 300] [--burst-seconds 10] [--json]

One process on the embedded PostgreSQL, web and worker in one, as a small charity runs it; then, in the same run
and at the same pace, the plain-SQL turn of `benchmarks.bare` as the peer. People write by the chat, ten messages
each, every two seconds. Each message has its moment; where the answer before it is late, its lateness counts; what
is asked to come again later (503) comes again. At the end the records are asked: is each acknowledged message
there, once, answered in its place, and did each talk come to its reference.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop

from benchmarks.asking import TALK, bare_turn, chat
from benchmarks.load import Asking, Line
from benchmarks.processes import WAITINGROOM, cpu_seconds, database, serving

BETWEEN = 2.0
"""Seconds between two messages of one person."""
LATER = b"HTTP/1.1 503"
AGAIN = 1.0
"""Seconds after which what was not taken is sent again."""
PROMISED = 250.0
"""Milliseconds within which 95 of 100 must be acknowledged."""
OPEN = {
    "WAITINGROOM_NEW_CHATS_AN_HOUR": "0",
    "WAITINGROOM_DOOR_BURST": "10000000",
    "WAITINGROOM_DOOR_PER_SECOND": "1000000",
}
"""Everyone comes from one address here."""
KEPT = """
SELECT count(*) FILTER (WHERE author = 'person'), count(DISTINCT dedupe) FILTER (WHERE author = 'person'),
       count(*) FILTER (WHERE author = 'bot'), (SELECT count(*) FROM referral WHERE joined_at >= $1)
FROM message WHERE created_at >= $1
"""
OUT_OF_ORDER = """
SELECT count(*) FROM (
    SELECT author, lag(author) OVER (PARTITION BY conversation_id ORDER BY id) AS before FROM message
    WHERE created_at >= $1
) AS m WHERE author = 'person' AND before = 'person'
"""
"""Messages of a person with no answer between: they wrote on only when they had been answered."""


@dataclass(frozen=True)
class Figure:
    """What came of one stretch. Times in milliseconds from the moment each message was due."""

    door: str
    rate: float
    seconds: float
    sent: int
    p50: float
    p95: float
    p99: float
    most: float
    lost: int
    doubled: int
    unfinished: int
    cpu_ms: float


def main() -> None:
    """Measure, and print a table, or JSON. Ends with 1 where a promise does not hold."""
    words = argparse.ArgumentParser(description="What a steady pace, and a burst, do.")
    words.add_argument("--rate", type=float, default=100.0)
    words.add_argument("--seconds", type=float, default=600.0)
    words.add_argument("--burst", type=float, default=300.0)
    words.add_argument("--burst-seconds", type=float, default=10.0)
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    paces = [(told.rate, told.seconds), (told.burst, told.burst_seconds)]
    with database() as (folder, url):
        with serving(str(WAITINGROOM), "serve", folder=folder, ready="/readyz", settings=OPEN) as ours:
            figures = [uvloop.run(_ours(ours.pid, ours.port, url, rate, lasts)) for rate, lasts in paces]
        with serving(sys.executable, "-m", "benchmarks.bare", url, folder=folder, ready="/ping") as bare:
            figures += [uvloop.run(_peer(bare.pid, bare.port, rate, min(lasts, 60))) for rate, lasts in paces]
    if told.json:
        json.dump([asdict(one) for one in figures], sys.stdout, indent=1)
    else:
        _print(figures)
    sys.exit(any(one.lost or one.doubled or one.p95 > PROMISED for one in figures[: len(paces)]))


async def _ours(pid: int, port: int, url: str, rate: float, seconds: float) -> Figure:
    await _come(port, chat, rate=20, seconds=3)
    on = await asyncpg.connect(url)
    begun, before = datetime.now(UTC), cpu_seconds(pid)
    took, talks = await _come(port, chat, rate=rate, seconds=seconds)
    used = cpu_seconds(pid) - before
    heard, different, answered, referred = await on.fetchrow(KEPT, begun)
    disorder = await on.fetchval(OUT_OF_ORDER, begun)
    await on.close()
    lost = max(0, len(took) - different) + max(0, len(took) - answered)
    return _figure(
        "web chat turn",
        rate,
        seconds,
        took,
        lost=lost,
        doubled=heard - different + max(0, different - len(took)) + disorder,
        unfinished=max(0, talks - referred),
        used=used,
    )


async def _peer(pid: int, port: int, rate: float, seconds: float) -> Figure:
    await _come(port, bare_turn, rate=20, seconds=3)
    before = cpu_seconds(pid)
    took, _talks = await _come(port, bare_turn, rate=rate, seconds=seconds)
    used = cpu_seconds(pid) - before
    return _figure("plain-SQL turn", rate, seconds, took, lost=0, doubled=0, unfinished=0, used=used)


async def _come(port: int, begin: Callable[[], Asking], *, rate: float, seconds: float) -> tuple[list[float], int]:
    """Have `rate` messages a second come; how late each was taken, in seconds, and how many talks came to an end.

    Someone writes every two seconds; as soon as one talk is over, another person takes the seat.
    """
    took: list[float] = []
    seats = max(1, round(rate * BETWEEN))
    begun = time.perf_counter() + 0.2
    starts = [begun + number * BETWEEN / seats for number in range(seats)]
    ended = await asyncio.gather(*(_seat(port, begin(), at, begun + seconds, took) for at in starts))
    return took, sum(ended)


async def _seat(port: int, asking: Asking, due: float, until: float, took: list[float]) -> int:
    line = await Line.to(port)
    request, said = next(asking), 0
    while due < until:
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        while (answer := await line.ask(request)).startswith(LATER):  # noqa: ASYNC110 -- each is another request
            await asyncio.sleep(AGAIN)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode(errors="replace")[:500])
        took.append(time.perf_counter() - due)
        request, said, due = asking.send(answer), said + 1, due + BETWEEN
    line.hang_up()
    return said // len(TALK)


def _figure(
    door: str,
    rate: float,
    seconds: float,
    took: Sequence[float],
    *,
    lost: int,
    doubled: int,
    unfinished: int,
    used: float,
) -> Figure:
    ranked = sorted(one * 1000 for one in took)
    p50, p95, p99 = (ranked[int(len(ranked) * share)] for share in (0.5, 0.95, 0.99))
    each = used * 1000 / len(ranked)
    return Figure(door, rate, seconds, len(ranked), p50, p95, p99, ranked[-1], lost, doubled, unfinished, each)


def _print(figures: Sequence[Figure]) -> None:
    print("| door | a second | for s | messages | p50 ms | p95 ms | p99 ms | most ms | lost | doubled | CPU ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for one in figures:
        print(
            f"| {one.door} | {one.rate:.0f} | {one.seconds:.0f} | {one.sent:,} | {one.p50:.1f} | {one.p95:.1f} | "
            f"{one.p99:.1f} | {one.most:.0f} | {one.lost} | {one.doubled} | {one.cpu_ms:.2f} |"
        )
    print(f"\nTalks that did not come to a reference: {sum(one.unfinished for one in figures)}.")
    print(f"Load average {Path('/proc/loadavg').read_text().split()[0]}.")


if __name__ == "__main__":
    main()
