"""Holds: messages kept back for a while, that let others of the talk go first and are never lost."""

import uuid
from datetime import datetime, time, timedelta, tzinfo

from sqlalchemy import text

from waitingroom.database import Session

WAITS_FOR_PERSON = "WaitsForPerson"
"""The provider takes it only once the person has written again."""
OVER_SPENDING = "OverSpending"
"""The day's most is reached."""
LOOK_AGAIN = timedelta(minutes=15)
"""How soon the day's most is looked at again: an operator may have raised it."""
SILENT_FOR = timedelta(hours=20)
"""Nobody heard since then can have a message that waits for them: providers that wait take a day at least."""

OTHER_WAY = "OtherWay"
"""It goes by another way than it was meant to (waitingroom.other_ways), at an hour that is safe."""

HELD = """
(status = 'queued' AND problem IN ('WaitsForPerson', 'OverSpending', 'OtherWay') AND next_try_at > $2) IS TRUE
"""
"""Says, as a condition on messages, which are held back at the moment $2."""
HOLD = """
UPDATE message SET status = 'queued', problem = $2, next_try_at = $3
WHERE id = $1 AND status IN ('queued', 'sending')
"""
EARLIER = """
SELECT earlier.next_try_at FROM message JOIN message earlier USING (conversation_id)
WHERE message.id = $1 AND earlier.contact_id = $2 AND earlier.status = 'queued'
  AND earlier.problem = 'WaitsForPerson' AND earlier.next_try_at > $3
  AND message.problem IS DISTINCT FROM 'WaitsForPerson'
LIMIT 1
"""
WAKE = text("""
UPDATE message SET next_try_at = :now
WHERE conversation_id = :conversation_id AND contact_id = :contact_id AND status = 'queued'
  AND problem = 'WaitsForPerson'
""")
DIVERT = text("""
UPDATE message SET contact_id = other.id, segments = :segments, status = 'queued', attempts = 0, problem = NULL,
                   next_try_at = :now
FROM (SELECT contact.id FROM contact JOIN message m ON m.conversation_id = contact.conversation_id
      WHERE m.id = :message_id AND contact.channel = :channel AND contact.state = 'open'
      ORDER BY contact.heard_at DESC LIMIT 1) AS other
WHERE message.id = :message_id AND message.status = 'sending'
RETURNING message.id
""")


async def hold(session: Session, *, message_id: int, problem: str, until: datetime) -> None:
    """Keep one message back, and let those behind it go."""
    await session.driver.execute(HOLD, message_id, problem, until)


async def until_person_writes(
    session: Session, *, message_id: int, contact_id: uuid.UUID, heard_at: datetime, now: datetime
) -> datetime | None:
    """Return how long an earlier message to this contact, last heard then, waits for the person; None: none does.

    What is queued after it waits too, so that everything comes in the order it was said.
    """
    if now - heard_at < SILENT_FOR:
        return None
    until: datetime | None = await session.driver.fetchval(EARLIER, message_id, contact_id, now)
    return until


async def wake(session: Session, *, conversation_id: uuid.UUID, contact_id: uuid.UUID, now: datetime) -> None:
    """Make due what has waited for this person: they have written."""
    await session.run(WAKE, {"conversation_id": conversation_id, "contact_id": contact_id, "now": now})


async def divert(session: Session, *, message_id: int, channel: str, segments: int, now: datetime) -> bool:
    """Send a message by another channel this person wrote to us on themselves; say whether there is one.

    It keeps its words; `segments` is what it is charged as there.
    """
    facts = {"message_id": message_id, "channel": channel, "segments": segments, "now": now}
    return (await session.run(DIVERT, facts)).first() is not None


def next_look(now: datetime, zone: tzinfo) -> datetime:
    """Return when to look at the day's most again: in a quarter of an hour, or as the next day begins."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(0), tzinfo=zone)
    return min(now + LOOK_AGAIN, midnight.astimezone(now.tzinfo))
