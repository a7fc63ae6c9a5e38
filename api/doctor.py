"""The doctor: everything an operator without sleep would look at, one line each, and what to do about it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from api.settings import Settings
from waitingroom.columns import KeyRing
from waitingroom.database import Database, Session

PATIENCE = 8.0
"""Seconds for one check: with it, a database that hangs is told of within ten seconds."""


class State(StrEnum):
    """How something stands."""

    OK = "OK"
    LOOK = "look"
    """somebody should look at it by daylight"""
    BROKEN = "broken"
    """people are let down now, or will be"""


@dataclass(frozen=True)
class Finding:
    """What a check found, in one line, and what to do, in one line."""

    state: State
    words: str
    do: str = ""


@dataclass(frozen=True)
class Site:
    """What is looked at. `keys`: None where the key file cannot be read; `now`: the real time.

    `database` has keys of its own where the file cannot be read; nothing is opened with those.
    """

    settings: Settings
    database: Database
    keys: KeyRing | None
    keys_trouble: str
    now: datetime
    dial: bool = False


@dataclass(frozen=True)
class Check:
    """One thing to look at: its name, who looks, and what must answer before it makes sense to look."""

    name: str
    look: Callable[[Site], Awaitable[Finding]]
    needs_database: bool = False
    needs_keys: bool = False


@dataclass(frozen=True)
class Told:
    """The finding of one check."""

    name: str
    finding: Finding


def fine(words: str) -> Finding:
    """All is well."""
    return Finding(State.OK, words)


def look(words: str, do: str) -> Finding:
    """Somebody should look."""
    return Finding(State.LOOK, words, do)


def broken(words: str, do: str) -> Finding:
    """Something must be mended."""
    return Finding(State.BROKEN, words, do)


def in_records(ask: Callable[[Session, Site], Awaitable[Finding]]) -> Callable[[Site], Awaitable[Finding]]:
    """Make a check of what asks the records something, in a transaction of its own."""

    async def asked(site: Site) -> Finding:
        async with site.database.transaction() as session:
            return await ask(session, site)

    return asked


async def examine(site: Site, checks: Sequence[Check]) -> AsyncIterator[Told]:
    """Look at everything, one after the other. No check that fails or hangs keeps the others from being made.

    Once the database has not answered, nothing else is asked of it.
    """
    answers = True
    for check in checks:
        if check.needs_database and not answers:
            yield Told(check.name, look("not looked at: the database does not answer", "Mend the database first."))
            continue
        if check.needs_keys and site.keys is None:
            yield Told(check.name, look("not looked at: the keys cannot be read", "Mend the keys first."))
            continue
        finding, hung = await _looked(site, check)
        if hung or (check.name == "database" and finding.state is State.BROKEN):
            answers = answers and not (check.needs_database or check.name == "database")
        yield Told(check.name, finding)


async def _looked(site: Site, check: Check) -> tuple[Finding, bool]:
    """Look at one thing; say too whether it took too long, or no line was to be had."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await check.look(site), False
    except (TimeoutError, ConnectionError) as trouble:
        words = (
            f"no answer within {PATIENCE:.0f} seconds" if isinstance(trouble, TimeoutError) else "no connection"
        )
        return broken(words, "See whether the database runs, and what it is busy with."), True
    except Exception as trouble:  # noqa: BLE001 -- whatever one check meets, the others are made
        return broken(
            f"could not be looked at ({type(trouble).__name__})", "Report this: a check should not fail."
        ), False
