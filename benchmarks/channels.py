"""Channels: a referral over Telegram, answered as far as the simulated Bot API, beside two bots and a sketch.

    python -m benchmarks.channels [--seconds 4] [--rounds 3] [--talks 2] [--only turns|trials|flood]
                                  [--bot NAME] [--json]

Everything runs on this machine in one go: PostgreSQL, every bot in processes of its own, and the Bot API with the
people in this one.
"""

import argparse
import json
import os
import signal
import statistics
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import asyncpg

from api.keys import read_keys
from benchmarks.bots import Bot, begun, ours, peer, peers
from benchmarks.flooded import PER_CHAT, PER_SECOND, Waited, flood
from benchmarks.processes import database
from benchmarks.town import Took, Town, ask_for
from benchmarks.trials import Marked, Tried, none_marked, try_all
from tests.fakes.bot_api import BotApi

USERS = (1, 16)
WARM_UP = 2.0
MARKED = """SELECT count(*) FROM message JOIN contact USING (conversation_id)
WHERE channel = 'telegram' AND address_hash = $1 AND maybe_twice"""
MARKED_IN_SKETCH = "SELECT count(*) FROM sketch.outbox WHERE chat = $1 AND maybe_twice"


@dataclass(frozen=True)
class Figure:
    """What one bot did in one round. Times in milliseconds; processor time is for each turn."""

    bot: str
    users: int
    per_second: float
    p50: float
    p99: float
    acknowledged_p50: float
    acknowledged_p99: float
    cpu: tuple[float, ...]
    """of each process"""
    postgres_cpu: float


def main() -> None:
    """Measure, and print tables in Markdown, or JSON."""
    words = argparse.ArgumentParser(description="How people on Telegram are answered.")
    words.add_argument("--seconds", type=float, default=4.0, help="how long each bot is asked, each round")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--talks", type=int, default=2, help="talks of the person beside the flooded chat")
    words.add_argument("--only", choices=("turns", "trials", "flood"))
    words.add_argument("--bot", default="", help="measure only bots with this in their name")
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was begun is ended
    with ExitStack() as stack:
        town = Town(stack.enter_context(BotApi()))
        folder, url = stack.enter_context(database())
        apart = ours(folder, town)
        with begun(apart):
            town.script = town.run(partial(town.record, apart.port))
        bots = [apart, ours(folder, town, together=True), *peers(folder, url, town)]
        bots = [bot for bot in bots if told.bot in bot.name]
        figures = measure(bots, town, told.seconds, told.rounds) if told.only in {None, "turns"} else []
        tried = try_bots(bots, town, folder, url) if told.only in {None, "trials"} else {}
        waited = flood_bots(folder, town, told.talks) if told.only in {None, "flood"} else []
    if told.json:
        found = {
            "turns": [asdict(one) for one in figures],
            "trials": {name: asdict(one) for name, one in tried.items()},
            "flood": [asdict(one) for one in waited],
        }
        json.dump(found, sys.stdout, indent=1)
    else:
        print("\n".join((*turns_table(figures), *trials_table(tried), *flood_table(waited), *machine())))


def measure(bots: Sequence[Bot], town: Town, seconds: float, rounds: int) -> list[Figure]:
    """Ask every bot in turn, round after round, so that other work on the machine falls on all alike."""
    figures = []
    for _ in range(rounds):
        for bot in bots:
            with begun(bot):
                town.run(partial(ask_for, WARM_UP, town, bot.port, users=max(USERS)))
                figures += [_ask(bot, town, seconds, users) for users in USERS]
    return figures


def _ask(bot: Bot, town: Town, seconds: float, users: int) -> Figure:
    before = bot.cpu()
    took, lasted = town.run(partial(ask_for, seconds, town, bot.port, users=users))
    spent = [(now - then) * 1000 / len(took) for then, now in zip(before, bot.cpu(), strict=True)]
    answered = _percentiles(took, "answered")
    acknowledged = _percentiles(took, "acknowledged")
    return Figure(
        bot.name,
        users,
        len(took) / lasted,
        *answered,
        *acknowledged,
        cpu=tuple(spent[:-1]),
        postgres_cpu=spent[-1],
    )


def _percentiles(took: Sequence[Took], name: str) -> tuple[float, float]:
    cuts = statistics.quantiles((getattr(one, name) * 1000 for one in took), n=100, method="inclusive")
    return cuts[49], cuts[98]


def try_bots(bots: Sequence[Bot], town: Town, folder: Path, url: str) -> dict[str, Tried]:
    """Put every bot to the trials."""
    keys = read_keys(folder / "keys.json")

    async def in_ours(chat: int) -> int:
        return await _count(url, MARKED, keys.fingerprint("telegram", str(chat)))

    async def in_sketch(chat: int) -> int:
        return await _count(url, MARKED_IN_SKETCH, chat)

    def marked(bot: Bot) -> Marked:
        if bot.folder is None:
            return none_marked
        return in_sketch if "sketch" in bot.name else in_ours

    tried = {}
    for bot in bots:
        tried[bot.name] = try_all(bot, town, marked(bot))
        print(f"{bot.name}: {tried[bot.name]}", file=sys.stderr)
    return tried


async def _count(url: str, query: str, about: object) -> int:
    connection = await asyncpg.connect(url)
    try:
        found: int = await connection.fetchval(query, about)
    finally:
        await connection.close()
    return found


def flood_bots(folder: Path, town: Town, talks: int) -> list[Waited]:
    """Flood one chat of ours, and of python-telegram-bot's own limiter where it is installed."""
    limits = {
        "WAITINGROOM_TELEGRAM_PER_SECOND": str(PER_SECOND),
        "WAITINGROOM_TELEGRAM_PER_CHAT": str(PER_CHAT),
    }
    bots = [ours(folder, town, limits=limits)]
    if find_spec("aiolimiter"):
        bots.append(peer("PTB AIORateLimiter", "peers_ptb_paced", ["-"], town, folder / "script.json"))
    return [waited for bot in bots for waited in flood(bot, town, talks=talks)]


def turns_table(figures: Sequence[Figure]) -> Iterator[str]:
    """Write the turns as a table in Markdown: the median of the rounds, and between what the rates lay."""
    if not figures:
        return
    yield "| users | bot | turns/s | p50 ms | p99 ms | ack p50 | ack p99 | CPU ms a turn | PostgreSQL CPU ms |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for users in USERS:
        for bot in dict.fromkeys(figure.bot for figure in figures):
            these = [one for one in figures if one.users == users and one.bot == bot]
            rates = [one.per_second for one in these]
            names = ("p50", "p99", "acknowledged_p50", "acknowledged_p99")
            times = " | ".join(f"{_median(these, name):.1f}" for name in names)
            cpu = [statistics.median(spent) for spent in zip(*(one.cpu for one in these), strict=True)]
            shown = f"{sum(cpu):.2f}" + (f" ({' + '.join(f'{one:.2f}' for one in cpu)})" if len(cpu) > 1 else "")
            yield (
                f"| {users} | {bot} | {statistics.median(rates):.0f} ({min(rates):.0f} to {max(rates):.0f}) | "
                f"{times} | {shown} | {_median(these, 'postgres_cpu'):.2f} |"
            )
    yield ""


def trials_table(tried: dict[str, Tried]) -> Iterator[str]:
    """Write the trials as a table in Markdown."""
    if not tried:
        return
    yield "| bot | burst of three | delivered thrice | goes on | answers | missing | doubled | silently |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, one in tried.items():
        shares = " | ".join(f"{share:.0%}" for share in (one.burst, one.duplicates, one.resumed))
        yield f"| {name} | {shares} | {one.answers} | {one.missing} | {one.doubled} | {one.silent} |"
    yield ""


def flood_table(waited: Sequence[Waited]) -> Iterator[str]:
    """Write how long the other chat waited as a table in Markdown."""
    if not waited:
        return
    yield "| sender | one chat flooded | p50 ms | p99 ms | longest ms | never came |"
    yield "|---|---|---|---|---|---|"
    for one in waited:
        cuts = statistics.quantiles(one.took, n=100, method="inclusive")
        flooded = "yes" if one.flooded else "no"
        yield f"| {one.bot} | {flooded} | {cuts[49]:.0f} | {cuts[98]:.0f} | {max(one.took):.0f} | {one.lost} |"
    yield ""


def machine() -> Iterator[str]:
    """Say what it was measured on."""
    yield f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}."


def _median(figures: Sequence[Figure], name: str) -> float:
    return float(statistics.median(getattr(figure, name) for figure in figures))


if __name__ == "__main__":
    main()
