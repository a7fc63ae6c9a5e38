"""Running a command in the house: opened, closed, and what goes wrong said in one line."""

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import uvloop
from rich.console import Console

from api.house import House, UnsafeKeysError, open_house
from api.keys import KeysError
from api.settings import Settings
from api.work import PortTakenError
from content import ContentError
from waitingroom.errors import RefusedError
from waitingroom.pooler import UnfitDatabaseError
from waitingroom.postgres import PostgresUnavailableError
from waitingroom.schema import TablesBusyError, TooOldError

R = TypeVar("R")


def in_house(job: Callable[[House], Awaitable[R]], *, demo: bool) -> R:
    """Do a job in the house, and return what came of it. Ends the command with 2 where it cannot be done."""

    async def run() -> R:
        async with open_house(Settings(), demo=demo) as house:
            return await job(house)

    with kindly():
        return uvloop.run(run())


@contextmanager
def kindly() -> Iterator[None]:
    """Say what went wrong and what to do, in one line, where it is something an operator can mend."""
    try:
        yield
    except (
        PostgresUnavailableError,
        KeysError,
        UnsafeKeysError,
        PortTakenError,
        ContentError,
        RefusedError,
        TablesBusyError,
        TooOldError,
        UnfitDatabaseError,
    ) as trouble:
        Console(stderr=True, highlight=False, soft_wrap=True).print(str(trouble), style="bold", markup=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
