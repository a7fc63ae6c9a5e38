"""Trials: bursts, duplicates and kills, and whether everyone was answered as in the orderly run."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from benchmarks.bots import Bot, begun
from benchmarks.posting import Line, LineBrokeError
from benchmarks.town import QUIET, TALK, Neighbour, Town, alike

PEOPLE = 8
KILLS = 3
HALF = 5
"""After how many answers the power goes, in the trial of going on."""
BURST = slice(2, 5)
"""The questions answered all at once in a burst: name, age, postcode."""
PATIENCE = 40.0
"""Seconds someone waits for an answer after a kill: a lane a lost worker held is free again after 30."""
SOON = 10.0
"""Seconds someone waits for an answer where nothing was killed."""

Marked = Callable[[int], Awaitable[int]]
"""Says how many messages to a chat are marked as perhaps sent twice."""


@dataclass(frozen=True)
class Tried:
    """What came of the trials of one bot: shares of people (0 to 1), and counts of messages."""

    burst: float
    duplicates: float
    resumed: float
    answers: int
    missing: int
    doubled: int
    silent: int
    """of the doubled, those nothing is known of"""


async def none_marked(_: int) -> int:
    """Say that nothing is marked: the peers keep no such note."""
    return 0


def try_all(bot: Bot, town: Town, marked: Marked = none_marked) -> Tried:
    """Put one bot to every trial."""
    with begun(bot):
        burst = town.run(lambda: _share(_burst, town, bot))
        duplicates = town.run(lambda: _share(_duplicates, town, bot))
    with begun(bot):
        resumed = town.run(lambda: _resumed(town, bot))
    with begun(bot):
        answers, missing, doubled, silent = town.run(lambda: _killed(town, bot, marked))
    return Tried(burst, duplicates, resumed, answers, missing, doubled, silent)


async def _share(trial: Callable[[Town, Bot], Awaitable[bool]], town: Town, bot: Bot) -> float:
    well = await asyncio.gather(*(trial(town, bot) for _ in range(PEOPLE)))
    return sum(well) / PEOPLE


async def _burst(town: Town, bot: Bot) -> bool:
    """Answer three questions in three messages at once; then go on as usual."""
    person = town.somebody()
    for number in range(len(TALK)):
        if number == BURST.start:
            await asyncio.gather(*(_post(town, bot, person.writes(words)) for words in TALK[BURST]))
        elif number not in range(BURST.start, BURST.stop):
            await _post(town, bot, person.writes(TALK[number]))
        if number not in range(BURST.start, BURST.stop - 1):
            await person.hears(_expected(town, number + 1), patience=SOON)
    return _orderly(town, person)


async def _duplicates(town: Town, bot: Bot) -> bool:
    """Say everything once, and have each message delivered three times at once."""
    person = town.somebody()
    for number, words in enumerate(TALK):
        update = person.writes(words)
        await asyncio.gather(*(_post(town, bot, update) for _ in range(3)))
        await person.hears(_expected(town, number + 1), patience=SOON)
    await asyncio.sleep(QUIET)
    return _orderly(town, person)


async def _resumed(town: Town, bot: Bot) -> float:
    """Kill the bot in the middle of talks that are all answered, begin it again, and have the talks go on."""
    people = [town.somebody() for _ in range(PEOPLE)]
    await asyncio.gather(*(_talk(town, bot, person, 0, HALF, SOON) for person in people))
    await asyncio.sleep(QUIET)
    await asyncio.to_thread(bot.kill)
    await asyncio.to_thread(bot.begin)
    await asyncio.gather(*(_talk(town, bot, person, HALF, len(TALK), PATIENCE) for person in people))
    await asyncio.sleep(QUIET)
    return sum(_orderly(town, person) for person in people) / PEOPLE


async def _killed(town: Town, bot: Bot, marked: Marked) -> tuple[int, int, int, int]:
    """Kill the bot three times while people talk; what nobody took is delivered again, as Telegram does."""
    people: list[tuple[Neighbour, int]] = []
    over = asyncio.Event()

    async def live() -> None:
        while not over.is_set():
            person = town.somebody()
            people.append((person, await _talk(town, bot, person, 0, len(TALK), PATIENCE)))

    lives = [asyncio.create_task(live()) for _ in range(PEOPLE)]
    try:
        for _ in range(KILLS):
            await asyncio.sleep(random.uniform(1.0, 2.0))
            await asyncio.to_thread(bot.kill)
            await asyncio.to_thread(bot.begin)
    finally:
        over.set()
        await asyncio.gather(*lives, return_exceptions=True)
    await asyncio.sleep(QUIET)
    answers = missing = doubled = silent = 0
    for person, said in people:
        expected = Counter(one.text for answer in town.script[:said] for one in answer)
        heard = Counter(map(alike, person.chat.texts))
        twice = (heard - expected).total()
        answers += expected.total()
        missing += (expected - heard).total()
        doubled += twice
        silent += max(0, twice - await marked(person.chat.id)) if twice else 0
    return answers, missing, doubled, silent


async def _talk(town: Town, bot: Bot, person: Neighbour, first: int, last: int, patience: float) -> int:
    """Say one thing after the other, each once the one before is answered. Returns how many were said in all."""
    for number in range(first, last):
        await town.deliver_until_taken(bot.port, person.writes(TALK[number]))
        if not await person.hears(_expected(town, number + 1), patience=patience):
            return number + 1
    return last


async def _post(town: Town, bot: Bot, update: bytes) -> None:
    with suppress(LineBrokeError):
        line = await Line.to(bot.port)
        await town.deliver(line, update)
        line.hang_up()


def _expected(town: Town, said: int) -> int:
    return sum(len(answer) for answer in town.script[:said])


def _orderly(town: Town, person: Neighbour) -> bool:
    """Say whether someone saw exactly what the orderly run shows, in its order."""
    return [alike(text) for text in person.chat.texts] == [one.text for answer in town.script for one in answer]
