"""Supervision: after danger was dealt with, whoever dealt with it is to talk it through with their lead.

Three link workers in five had no supervision (National Association of Link Workers, 2020).
"""

import uuid
from datetime import date, datetime, timedelta

from waitingroom import own_keys
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.to_dos import Kind, ToDo

WORKING_DAYS = 3
"""Within how many working days."""
WEEKEND = (5, 6)
WORDS = "Talk this through with your lead"
NEWEST = """
SELECT id FROM alarm
WHERE conversation_id = $1 AND (verdict IS NULL OR verdict NOT IN ('a_way_of_speaking', 'a_try'))
ORDER BY raised_at DESC LIMIT 1
"""


async def prompt(session: Session, *, conversation_id: uuid.UUID, staff_id: uuid.UUID, now: datetime) -> bool:
    """Have `staff_id` talk through with their lead the danger heard last in a talk. Returns whether it is new.

    Once for each time danger was heard; never where it was found to be none.
    """
    alarm_id = await session.driver.fetchval(NEWEST, conversation_id)
    if alarm_id is None:
        return False
    to_do_id = new_id()
    return await session.put(
        ToDo,
        where_free=True,
        id=to_do_id,
        kind=Kind.TALK_THROUGH,
        words=(await own_keys.of(session, conversation_id)).seal(WORDS, f"to_do:words:{to_do_id}"),
        due_on=due(now.date()),
        for_id=staff_id,
        conversation_id=conversation_id,
        only_once=f"talk_through:{alarm_id}:{staff_id}",
        made_at=now,
        version=1,
    )


def due(today: date) -> date:
    """Return the day three working days after `today`. Bank holidays count, so it is never too late."""
    day, left = today, WORKING_DAYS
    while left:
        day += timedelta(days=1)
        left -= day.weekday() not in WEEKEND
    return day
