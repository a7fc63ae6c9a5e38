"""A clock that was set back: what was to rest for seconds would rest until the clock is there again."""

import uuid
from datetime import datetime, timedelta

from waitingroom import holds
from waitingroom.database import Session
from waitingroom.outbox import LEASE

AHEAD = timedelta(seconds=15)
"""How far in the future the newest message may be: the clocks of machines are never quite the same."""
FAR = timedelta(minutes=30)
"""Longer than any pause between two tries. What rests longer was told so by a clock that was ahead."""

NEWEST = "SELECT created_at FROM message ORDER BY id DESC LIMIT 1"
LANES = "UPDATE conversation SET lane_until = $1 WHERE lane_until > $1"
RATES = "UPDATE rate SET full_at = $1 WHERE full_at > $1::timestamptz + $2::interval"
UNSENT = f"""
UPDATE message AS m SET next_try_at = CASE WHEN m.status = 'sending' THEN $1 ELSE $2 END
WHERE m.status IN ('queued', 'sending') AND NOT {holds.HELD} AND m.created_at > $2
    AND m.next_try_at > (CASE WHEN m.status = 'sending' THEN $1 ELSE $2::timestamptz + $3::interval END)
RETURNING m.conversation_id
"""  # noqa: S608 -- a condition of our own
"""A message on its way keeps a whole lease, in case that whoever has it is still there."""


async def put_right(session: Session, *, now: datetime) -> list[uuid.UUID]:
    """Let what waits for seconds wait for seconds from `now`, where the clock was set back.

    That is: lanes in somebody's hands, messages to be tried, and slots of sending. What waits for a day and an
    hour keeps it. Whether the clock was set back shows in the newest message: it is from the future. Returns the
    conversations whose messages may go; none, at the cost of one look, where all is well.
    """
    newest = await session.driver.fetchval(NEWEST)
    if newest is None or newest <= now + AHEAD:
        return []
    await session.driver.execute(LANES, now + LEASE)
    await session.driver.execute(RATES, now, FAR)
    return [row[0] for row in await session.driver.fetch(UNSENT, now + LEASE, now, FAR)]
