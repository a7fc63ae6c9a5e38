"""Retention: what nobody agreed to keep is deleted, and what has been kept long enough."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from sqlalchemy import text

from waitingroom import erasure, old_records, own_keys
from waitingroom.database import Session
from waitingroom.record_classes import KeptFor, RecordClass
from waitingroom.reminders import FORGOTTEN_AFTER, HALF_WAY
from waitingroom.report_drop_off import Ended, note

DUE = text(f"""
    SELECT v.id FROM conversation v
    WHERE (v.clear_at <= :now AND v.person_id IS NULL OR {HALF_WAY} AND v.created_at <= :silent_since
           AND v.heard_at <= :silent_since)
      AND NOT EXISTS (SELECT 1 FROM handoff WHERE handoff.conversation_id = v.id
                      AND handoff.status IN ('waiting', 'claimed'))
      AND NOT EXISTS (SELECT 1 FROM complaint c WHERE c.conversation_id = v.id AND c.status <> 'closed')
      AND NOT EXISTS (SELECT 1 FROM data_request d WHERE d.conversation_id = v.id AND d.status = 'open')
      AND NOT EXISTS (SELECT 1 FROM legal_hold l JOIN referral r ON r.person_id = l.person_id
                      WHERE r.conversation_id = v.id AND l.lifted_at IS NULL)
    LIMIT 500 FOR UPDATE OF v SKIP LOCKED
""")  # noqa: S608 -- a condition of our own

TALKS = f"""
SELECT id, talk, {own_keys.carried_by("talk")} FROM conversation WHERE id = ANY($1) AND talk IS NOT NULL
"""  # noqa: S608 -- words of our own
MOST_LISTED = 100_000
"""More rows of one class than anyone would read."""

GIVE_BACK = text("""
    UPDATE contact SET conversation_id = earlier.talk, heard_at = earlier.heard_at
    FROM (SELECT c.id, v.before_id AS talk, max(m.created_at) AS heard_at
          FROM conversation v JOIN contact c ON c.conversation_id = v.id
          JOIN message m ON m.conversation_id = v.before_id AND m.contact_id = c.id AND m.author = 'person'
          WHERE v.id = ANY(:ids) AND v.place <> 'stranger' GROUP BY c.id, v.before_id) AS earlier
    WHERE contact.id = earlier.id
""")
"""A chat that never proved itself after long silence is in the talk it had before again, as silent as it was."""


Read = Callable[[str], Iterable[Ended]]
"""Says of a talk, as it was kept, where it was left."""


async def clear_unconsented(session: Session, *, now: datetime, read: Read | None = None) -> int:
    """Delete talks whose time ran out before anyone agreed to keep them. Returns how many (500 at most).

    So are those of people who agreed, stopped half-way and have been silent for 30 days.

    A talk in which danger was heard is kept until a person has dealt with its hand-off; one in which someone
    complained, or asked about their data, until that is answered.
    `read`: with it, the questions at which these people stopped are counted before all is gone.
    """
    facts = {"now": now, "silent_since": now - FORGOTTEN_AFTER}
    ids = [row[0] for row in await session.run(DUE, facts)]
    if read is not None:
        await _count_stops(session, ids=ids, read=read, now=now)
    await session.run(GIVE_BACK, {"ids": ids})
    await erasure.forget_talks(session, ids=ids)
    return len(ids)


async def _count_stops(session: Session, *, ids: Sequence[uuid.UUID], read: Read, now: datetime) -> None:
    found = await session.driver.fetch(TALKS, ids) if ids else []
    ended: list[Ended] = []
    for talk_id, talk, keys in found:
        with suppress(Exception):  # a talk that cannot be read is not counted: whatever it is, it must still go
            ended += read(own_keys.unseal(session, talk, f"conversation:talk:{talk_id}", keys))
    note(session, ended=ended, on=now.date())


async def due(session: Session, *, keeps: KeptFor, now: datetime) -> Mapping[RecordClass, list[str]]:
    """List all that would go now, by class: ids, never what they say. Nothing is deleted."""
    found: dict[RecordClass, list[str]] = {kind: [] for kind in RecordClass}
    facts = {"now": now, "silent_since": now - FORGOTTEN_AFTER}
    found[RecordClass.UNAGREED] = [str(row[0]) for row in await session.run(DUE, facts)]
    for kind in old_records.TABLES:
        found[kind] = await old_records.rows(session, kind, keeps=keeps, now=now, limit=MOST_LISTED)
    after: uuid.UUID | None = None
    while True:
        old, after = await old_records.people(session, keeps=keeps, now=now, after=after)
        for one in old:
            found[one.kind].append(str(one.person_id))
        if after is None:
            return found
