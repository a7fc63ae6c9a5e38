"""Circuits: a provider that fails is left alone by every process, and tried again with one letter at a time."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel, col, select

from waitingroom.database import Session

OPENS_AFTER = 5
"""Troubles in a row, each of another letter than the one before, after which a provider is left alone."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=5)
"""How long it is left alone at first, and at most. Each letter that fails in trying it doubles the pause."""
PROBE = timedelta(seconds=30)
"""How long the letter that tries it has: as long as a lease. Where its process dies, another tries then."""
AWAY_FOR = timedelta(hours=4)
"""How long letters wait for a provider before a person is asked: as long as GOV.UK Notify tries to send a text."""

NOTE = """
INSERT INTO circuit AS c (channel, troubles, last_letter, probing, probes) VALUES ($1, 1, $2, false, 0)
ON CONFLICT (channel) DO UPDATE SET
    troubles = c.troubles + 1,
    last_letter = $2,
    opened_at = CASE WHEN c.troubles + 1 >= $4 THEN COALESCE(c.opened_at, $3::timestamptz) END,
    probes = c.probes + c.probing::int,
    probing = false,
    probe_at = CASE WHEN c.troubles + 1 >= $4 THEN $3::timestamptz + GREATEST(
        $5::interval, $6::float8 * LEAST($7::interval * 2 ^ LEAST(c.probes + c.probing::int, 10), $8::interval)
    ) END
WHERE c.probing OR (c.opened_at IS NULL AND c.last_letter IS DISTINCT FROM $2)
"""
"""Counts a trouble. What fails while it is open, but was on its way before, says nothing new."""
MEND = """
UPDATE circuit SET troubles = 0, last_letter = NULL, opened_at = NULL, probe_at = NULL, probing = false, probes = 0
WHERE channel = ANY($1) AND troubles > 0
"""


class Circuit(SQLModel, table=True):
    """One channel's provider, once it had trouble. Open while `opened_at` stands; it leads to nobody."""

    channel: str = Field(primary_key=True)
    troubles: int
    """in a row: whatever the provider takes makes it none"""
    last_letter: int | None = Field(default=None, sa_type=BigInteger)
    """the number of the message that failed last: one that fails again and again says nothing of the others"""
    opened_at: datetime | None = None
    probe_at: datetime | None = None
    """when one letter may try; while one does, when another may"""
    probing: bool
    probes: int
    """how many letters have tried in vain since it opened"""


def note(session: Session, *, channel: str, letter: int, now: datetime, asked: timedelta | None = None) -> None:
    """Count a trouble that is the provider's and not the person's; enough of them in a row open the circuit.

    `asked`: how long the provider wants to be left alone. Done as the transaction ends: the row is everyone's.
    """

    async def count() -> None:
        await session.driver.execute(
            NOTE,
            channel,
            letter,
            now,
            OPENS_AFTER,
            asked,
            random.uniform(0.75, 1.0),  # noqa: S311 -- spreads load, guards nothing
            FIRST_PAUSE,
            LONGEST_PAUSE,
        )

    session.at_last(count)


async def mend(driver: asyncpg.Connection, channels: Sequence[str]) -> None:
    """Close the circuits of these channels, and forget their troubles: their providers have taken a letter."""
    await driver.execute(MEND, channels)


async def standing(session: Session) -> list[Circuit]:
    """List the circuits that are open, the longest first."""
    opened = select(Circuit).where(col(Circuit.opened_at).is_not(None)).order_by(col(Circuit.opened_at))
    return list(await session.exec(opened))
