"""A talk in the terminal: typed by a person, or read from a script and printed."""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from api.house import House, open_house
from api.settings import Settings
from bot.channels.terminal import NAME
from bot.messages import Inbound, numbered
from bot.turn import take_turn

Say = Callable[[str], object]


async def talk_here(settings: Settings, script: Path | None, name: str, say: Say) -> None:
    """Take turns until the lines end. A script is always a new person; `name` goes on with an older talk."""
    address = uuid.uuid4().hex if script else name
    async with open_house(settings, demo=True) as house:
        if script is None:
            say("Say hello to begin. An empty line ends.\n")
        async for line in _lines(script):
            if script is not None:
                say(f"> {line}")
            say(await hear(house, address, line) + "\n")


async def hear(house: House, address: str, line: str) -> str:
    """Take one turn at the terminal, and return what was answered as plain text."""
    inbound = Inbound(NAME, address, uuid.uuid4().hex, line, house.clock.now())
    turn = await take_turn(house.desk, inbound)
    return "\n".join(numbered(reply) for _, reply in turn.replies)


async def _lines(script: Path | None) -> AsyncIterator[str]:
    if script is not None:
        for line in (await asyncio.to_thread(script.read_text)).splitlines():
            if line and not line.startswith("#"):
                yield line
        return
    while line := (await asyncio.to_thread(_prompt)).strip():
        yield line


def _prompt() -> str:
    print("> ", end="", flush=True)  # noqa: T201
    return sys.stdin.readline()
