"""Doors: how many talks may be begun from one place in an hour. What was begun goes on whatever the number."""

import math
from datetime import datetime, timedelta

from sqlalchemy import text

from waitingroom import rates
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.rates import Limit

HOUR = timedelta(hours=1)
KEY = "new:"
FORGET = text("DELETE FROM rate WHERE key LIKE 'new:%' AND full_at < :now")


class TooManyNewError(RefusedError):
    """Many chats were begun where you are just now. Please wait a little, then try again."""

    wait: timedelta = HOUR


def named(place: str, an_hour: int) -> str:
    """Name a door: where people come from, not to be read back, and how many talks may begin there in an hour."""
    return f"{an_hour}:{place}"


async def open_one(session: Session, *, door: str, now: datetime) -> None:
    """Count one talk begun at a door, whichever process hears it. Raises TooManyNewError, which says when."""
    an_hour = int(door.partition(":")[0])
    limit = Limit(f"{KEY}{door}", per_second=an_hour / HOUR.total_seconds(), burst=an_hour)
    wait = await rates.take(session, limit, now=now)
    if wait:
        refusal = TooManyNewError()
        refusal.wait = timedelta(seconds=math.ceil(wait.total_seconds()))
        raise refusal


async def forget(session: Session, *, now: datetime) -> int:
    """Delete what was counted of doors that stand wide open again: it names places. Returns how many."""
    done = await session.run(FORGET, {"now": now})
    return done.rowcount
