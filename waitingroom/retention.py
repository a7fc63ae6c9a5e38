"""Retention: what nobody agreed to keep is deleted."""

from datetime import datetime

from sqlalchemy import text

from waitingroom import erasure
from waitingroom.database import Session
from waitingroom.reminders import FORGOTTEN_AFTER, HALF_WAY

DUE = text(f"""
    SELECT v.id FROM conversation v
    WHERE (v.clear_at <= :now AND v.person_id IS NULL OR {HALF_WAY} AND v.heard_at <= :silent_since)
      AND NOT EXISTS (SELECT 1 FROM handoff WHERE handoff.conversation_id = v.id
                      AND handoff.status IN ('waiting', 'claimed'))
      AND NOT EXISTS (SELECT 1 FROM complaint c WHERE c.conversation_id = v.id AND c.status <> 'closed')
      AND NOT EXISTS (SELECT 1 FROM data_request d WHERE d.conversation_id = v.id AND d.status = 'open')
    LIMIT 500 FOR UPDATE OF v SKIP LOCKED
""")  # noqa: S608 -- a condition of our own

GIVE_BACK = text("""
    UPDATE contact SET conversation_id = earlier.talk, heard_at = earlier.heard_at
    FROM (SELECT c.id, v.before_id AS talk, max(m.created_at) AS heard_at
          FROM conversation v JOIN contact c ON c.conversation_id = v.id
          JOIN message m ON m.conversation_id = v.before_id AND m.contact_id = c.id AND m.author = 'person'
          WHERE v.id = ANY(:ids) AND v.place <> 'stranger' GROUP BY c.id, v.before_id) AS earlier
    WHERE contact.id = earlier.id
""")
"""A chat that never proved itself after long silence is in the talk it had before again, as silent as it was."""


async def clear_unconsented(session: Session, *, now: datetime) -> int:
    """Delete talks whose time ran out before anyone agreed to keep them. Returns how many (500 at most).

    So are those of people who agreed, stopped half-way and have been silent for 30 days.

    A talk in which danger was heard is kept until a person has dealt with its hand-off; one in which someone
    complained, or asked about their data, until that is answered.
    """
    facts = {"now": now, "silent_since": now - FORGOTTEN_AFTER}
    ids = [row[0] for row in await session.run(DUE, facts)]
    await session.run(GIVE_BACK, {"ids": ids})
    await erasure.forget_talks(session, ids=ids)
    return len(ids)
