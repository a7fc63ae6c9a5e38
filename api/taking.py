"""Taking in: what a provider delivers is kept before it is thanked for, and nothing it sends stands in the way."""

import asyncpg
from sqlalchemy.exc import DBAPIError

from api import errors, watching
from api.house import House
from api.logs import log
from bot import arrivals
from bot.messages import Arrival, Unreadable

POISON = ("22", "23")
"""SQLSTATE classes of what the message itself is to blame for: data, constraints (PostgreSQL appendix A)."""


async def keep(house: House, arrival: Arrival, *, raw: str) -> None:
    """Take what arrived; it is committed when this returns.

    What cannot be taken however often it is tried is kept as a dead letter with its `raw` form, so that it never
    stands in the way of what comes after it. Raises what passes by itself, such as a database that is away.
    """
    with watching.arrival(house.traces, arrival) as seen:
        try:
            seen.took(await arrivals.take(house.desk, arrival))
        except Exception as error:
            if passing(error):
                raise
            log.error("trouble", trouble=type(error).__name__, channel=arrival.channel)
            letter = Unreadable(arrival.channel, raw, type(error).__name__, house.clock.now())
            await arrivals.take(house.desk, letter)
            seen.could_not_be_taken()
    if isinstance(arrival, Unreadable):
        log.warning("unreadable", channel=arrival.channel, problem=arrival.problem)


def passing(error: Exception) -> bool:
    """Say whether a trouble is ours and will be mended, so that the same may well be taken later."""
    if isinstance(error, errors.AWAY):
        return True
    state = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    return isinstance(error, DBAPIError | asyncpg.PostgresError) and not state.startswith(POISON)
