"""Retention: what nobody agreed to keep is deleted."""

from datetime import datetime

from sqlalchemy import text

from waitingroom.database import Session

DUE = text("""
    SELECT id FROM conversation
    WHERE clear_at <= :now AND person_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM handoff WHERE handoff.conversation_id = conversation.id
                      AND handoff.status IN ('waiting', 'claimed'))
    LIMIT 500 FOR UPDATE SKIP LOCKED
""")

GIVE_BACK = text("""
    UPDATE contact SET conversation_id = earlier.talk, heard_at = earlier.heard_at
    FROM (SELECT c.id, v.before_id AS talk, max(m.created_at) AS heard_at
          FROM conversation v JOIN contact c ON c.conversation_id = v.id
          JOIN message m ON m.conversation_id = v.before_id AND m.contact_id = c.id AND m.author = 'person'
          WHERE v.id = ANY(:ids) GROUP BY c.id, v.before_id) AS earlier
    WHERE contact.id = earlier.id
""")
"""A chat that never proved itself after long silence is in the talk it had before again, as silent as it was."""

OF_A_TALK = ("crossing", "attachment", "alarm", "handoff", "message", "contact", "consent")
"""What goes with a talk, in the order that the tables' references allow."""


async def clear_unconsented(session: Session, *, now: datetime) -> int:
    """Delete talks whose time ran out before anyone agreed to keep them. Returns how many (500 at most).

    A talk in which danger was heard is kept until a person has dealt with its hand-off.
    """
    ids = [row[0] for row in await session.run(DUE, {"now": now})]
    await session.run(GIVE_BACK, {"ids": ids})
    for table in OF_A_TALK:
        statement = text(f"DELETE FROM {table} WHERE conversation_id = ANY(:ids)")  # noqa: S608
        await session.run(statement, {"ids": ids})
    await session.run(text("DELETE FROM conversation WHERE id = ANY(:ids)"), {"ids": ids})
    return len(ids)
