"""Spending: how many parts of messages went out on each day, and the most that may."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlalchemy import text
from sqlmodel import Field, SQLModel

from waitingroom.database import Session
from waitingroom.messages import Kind

SHARE: Mapping[Kind, Decimal | None] = {
    Kind.STARTED: Decimal("0.8"),
    Kind.ANSWER: Decimal(1),
    Kind.STAFF: Decimal(1),
    Kind.CRISIS: None,
}
"""How much of a day's most each kind of message may use up: what we start stops first, crisis lines never stop."""

TAKE = text("""
INSERT INTO spend AS s (channel, on_day, segments, held, told)
SELECT CAST(:channel AS varchar), CAST(:on_day AS date), asked.segments, 0, false
FROM (SELECT CAST(:segments AS integer) AS segments) AS asked
WHERE CAST(:most AS integer) IS NULL OR asked.segments <= CAST(:most AS integer)
ON CONFLICT (channel, on_day) DO UPDATE SET segments = s.segments + EXCLUDED.segments
WHERE CAST(:most AS integer) IS NULL OR s.segments + EXCLUDED.segments <= CAST(:most AS integer)
RETURNING segments
""")
HELD = text("""
INSERT INTO spend AS s (channel, on_day, segments, held, told) VALUES (:channel, :on_day, 0, 1, false)
ON CONFLICT (channel, on_day) DO UPDATE SET held = s.held + 1
""")
GIVE_BACK = text("""
UPDATE spend SET segments = GREATEST(segments - CAST(:segments AS integer), 0)
WHERE channel = :channel AND on_day = :on_day
""")
TODAY = text("SELECT channel, on_day, segments, held, told FROM spend WHERE on_day = :on_day")
TELL = text("""
UPDATE spend SET told = true WHERE held > 0 AND NOT told RETURNING channel, on_day, segments, held, told
""")


class Spend(SQLModel, table=True):
    """What one channel sent on one day, in parts as they are charged."""

    channel: str = Field(primary_key=True)
    on_day: date = Field(primary_key=True)
    """local to the service"""
    segments: int = 0
    held: int = 0
    """how often a message was held back: the same one counts each time it is looked at"""
    told: bool = False
    """the alarm for this day has been sounded"""


async def take(
    session: Session, *, channel: str, on_day: date, segments: int, kind: Kind, most: int | None
) -> bool:
    """Count one message of `segments` parts, unless the day's most is reached; say whether it may go.

    `most` is in parts; None: there is none. What we start may use four fifths of it, answers and staff all of it;
    crisis lines are counted and always go. Holds whatever the number of workers that ask at once.
    """
    share = SHARE[kind]
    upto = None if most is None or share is None else int(most * share)
    day = {"channel": channel, "on_day": on_day}
    if (await session.run(TAKE, {**day, "segments": segments, "most": upto})).first():
        return True
    await note_held(session, channel=channel, on_day=on_day)
    return False


async def note_held(session: Session, *, channel: str, on_day: date) -> None:
    """Note that a message was held back, so that an operator hears of it."""
    await session.run(HELD, {"channel": channel, "on_day": on_day})


async def give_back(session: Session, *, channel: str, on_day: date, segments: int) -> None:
    """Take off what was counted for a message that was not sent after all."""
    await session.run(GIVE_BACK, {"channel": channel, "on_day": on_day, "segments": segments})


async def of_today(session: Session, *, on_day: date) -> dict[str, Spend]:
    """Return what each channel has sent on this day, by the channel's name."""
    found = await session.run(TODAY, {"on_day": on_day})
    return {row.channel: Spend(**row._mapping) for row in found}  # noqa: SLF001 -- SQLAlchemy's own public name


async def alarms(session: Session) -> list[Spend]:
    """Return each channel and day whose most was reached since this was last asked: each is told once."""
    found = await session.run(TELL)
    return [Spend(**row._mapping) for row in found]  # noqa: SLF001 -- SQLAlchemy's own public name
