"""Collecting: what people sent and agreed to have kept is fetched from its provider, and tried again in time."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import col, select, update

from waitingroom import own_keys
from waitingroom.attachments import Attachment, Kind, Status, body_at, ref_at
from waitingroom.columns import UnreadableError
from waitingroom.database import Session

LEASE = timedelta(minutes=5)
"""How long one that is being fetched is left alone."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
TRIES = 30
"""About a day: six tries in the first hour, then one an hour."""

WANTED = text(f"""
WITH due AS MATERIALIZED (
    SELECT attachment.id FROM attachment JOIN conversation v ON v.id = attachment.conversation_id
    WHERE attachment.status = 'wanted' AND attachment.next_try_at <= :now AND v.clear_at IS NULL
    ORDER BY attachment.next_try_at LIMIT :limit FOR UPDATE OF attachment SKIP LOCKED
)
UPDATE attachment AS a SET attempts = a.attempts + 1, next_try_at = :again_at FROM due WHERE a.id = due.id
RETURNING a.id, a.message_id, a.channel, a.kind, a.mime, a.attempts, a.ref,
          {own_keys.carried_by("a.ref")} AS keys_of_it
""")  # noqa: S608 -- words of our own
"""Takes those that are due, looked for once: a subquery may be asked again for each row, and its limit with it.

Nothing is fetched of a talk that nobody has agreed to keep.
"""

KEPT = text("""
UPDATE attachment AS a SET status = 'kept', mime = :mime, size = :size, body = :body, problem = NULL
FROM conversation v
WHERE a.id = :id AND a.status = 'wanted' AND v.id = a.conversation_id AND v.clear_at IS NULL
""")


@dataclass(frozen=True)
class Wanted:
    """One to be fetched now. `mime` is what its channel said it was; `attempts` counts this one."""

    id: uuid.UUID
    message_id: int
    channel: str
    kind: Kind
    mime: str
    attempts: int
    ref: str = field(repr=False)


async def wanted(session: Session, *, now: datetime, limit: int) -> list[Wanted]:
    """Take up to `limit` that are due, for LEASE: whoever takes one fetches it and says what came of it.

    Of a talk that nobody has agreed to keep none is given. What does not open is GONE, and never jams the rest.
    """
    found = []
    for row in await session.run(WANTED, {"now": now, "again_at": now + LEASE, "limit": limit}):
        try:
            ref = own_keys.unseal_bytes(session, row.ref, ref_at(row.id), row.keys_of_it).decode(
                "utf-8", "surrogatepass"
            )
        except UnreadableError:
            await lost(session, attachment_id=row.id, status=Status.GONE, problem="Unreadable")
            continue
        found.append(Wanted(row.id, row.message_id, row.channel, Kind(row.kind), row.mime, row.attempts, ref))
    return found


async def kept(session: Session, *, attachment_id: uuid.UUID, mime: str, body: bytes) -> bool:
    """Keep what was fetched, sealed. Returns whether it was: not where it is wanted no more."""
    talk = (await session.exec(select(Attachment.conversation_id).where(Attachment.id == attachment_id))).first()
    if talk is None:
        return False
    sealed = (await own_keys.of(session, talk)).seal_bytes(body, body_at(attachment_id))
    done = await session.run(KEPT, {"id": attachment_id, "mime": mime, "size": len(body), "body": sealed})
    return bool(done.rowcount)


async def failed(
    session: Session, *, one: Wanted, problem: str, now: datetime, after: timedelta | None = None
) -> bool:
    """Have it tried again, later each time; after TRIES it is GONE. Returns whether it was given up.

    `problem`: the class of what went wrong; `after`: how long the provider asked us to wait, at least.
    """
    if one.attempts >= TRIES:
        return await lost(session, attachment_id=one.id, status=Status.GONE, problem=problem)
    backoff: timedelta = min(FIRST_WAIT * 2 ** min(one.attempts - 1, 10), LONGEST_WAIT)
    wait = max(backoff, after or backoff)
    await _settle(session, one.id, problem=problem, next_try_at=now + wait)
    return False


async def lost(session: Session, *, attachment_id: uuid.UUID, status: Status, problem: str) -> bool:
    """Give one up: GONE or TOO_BIG. Returns whether it was still wanted."""
    return await _settle(session, attachment_id, status=status, problem=problem, next_try_at=None)


async def _settle(session: Session, attachment_id: uuid.UUID, **values: object) -> bool:
    done = await session.exec(
        update(Attachment)
        .where(col(Attachment.id) == attachment_id, col(Attachment.status) == Status.WANTED)
        .values(**values)
    )
    return bool(done.rowcount)
