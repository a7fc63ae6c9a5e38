"""A flood: one chat writes without end while Telegram is held at 25 a second, and another one waits."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from benchmarks.bots import Bot, begun
from benchmarks.posting import Line, LineBrokeError
from benchmarks.town import TALK, Town
from tests.fakes.orders import Flood

PER_SECOND, PER_CHAT = 25.0, 1.0
MESSAGES = 40
"""What the flooded chat says at once: each is answered, at one a second."""
EVERY = 1.3
"""Seconds between messages of the other chat, who keeps below the limit of its own."""
WARM = 3
"""Answers not counted: what is loaded with the first message is loaded then."""


@dataclass(frozen=True)
class Waited:
    """How long the other chat waited for its answers, in milliseconds; `lost`: answers that never came."""

    bot: str
    flooded: bool
    took: tuple[float, ...]
    lost: int


def flood(bot: Bot, town: Town, *, talks: int) -> list[Waited]:
    """Have one person talk `talks` times without a flood, and as often with one in another chat."""
    figures = []
    for flooded in (False, True):
        with begun(bot):
            town.api.limits = Flood(PER_SECOND, PER_CHAT)
            figures.append(town.run(partial(_measure, bot, town, talks=talks, flooded=flooded)))
            town.api.limits = Flood()
    return figures


async def _measure(bot: Bot, town: Town, *, talks: int, flooded: bool) -> Waited:
    line = await Line.to(bot.port)
    warm = town.somebody()
    for number in range(WARM):
        with suppress(RuntimeError):
            await town.turn(line, warm, TALK[number], expect=1)
        await asyncio.sleep(EVERY)
    flooding = asyncio.create_task(_flood(bot, town, talks)) if flooded else None
    took: list[float] = []
    lost = 0
    for _ in range(talks):
        person = town.somebody()
        for words, answers in zip(TALK, town.script, strict=True):
            try:
                turn = await town.turn(line, person, words, expect=len(answers))
                took.append(turn.answered * 1000)
            except RuntimeError:
                lost += 1
            await asyncio.sleep(EVERY)
    if flooding is not None:
        flooding.cancel()
    line.hang_up()
    return Waited(bot.name, flooded, tuple(took), lost)


async def _flood(bot: Bot, town: Town, talks: int) -> None:
    """Say far more than may be answered, again and again."""
    person, line = town.somebody(), await Line.to(bot.port)
    for _ in range(talks):
        for number in range(MESSAGES):
            with suppress(LineBrokeError):
                await town.deliver(line, person.writes(f"message {number}"))
        await asyncio.sleep(EVERY * len(TALK))
