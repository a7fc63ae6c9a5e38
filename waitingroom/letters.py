"""Letters: messages that never arrived or could not be read, kept until a person has looked."""

import hashlib
from datetime import datetime, timedelta

import structlog
from sqlalchemy import BigInteger, Column, Identity, text
from sqlmodel import Field, SQLModel, col, delete, select, update

from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.messages import Message, Status

RAW_KEPT_FOR = timedelta(days=30)
"""How long what cannot be read is kept: nobody knows whose it is, so nobody agreed to it."""
MOST_RAW = 10_000
"""How many are kept at most: a flood must not fill the disk."""
LONGEST_RAW = 64 * 1024
"""The most kept of one, in bytes: as much as any door reads."""

KEEP_RAW = text("""
INSERT INTO raw_letter (channel, body, digest, problem, created_at)
VALUES (:channel, :body, :digest, :problem, :now)
ON CONFLICT (digest) DO UPDATE SET problem = :problem
RETURNING id, xmax = 0 AS new
""")
DROP_OLDEST = text("""
DELETE FROM raw_letter WHERE id IN (
    SELECT id FROM raw_letter ORDER BY id DESC OFFSET :most FOR UPDATE SKIP LOCKED
)
""")

log: structlog.stdlib.BoundLogger = structlog.get_logger("waitingroom")


class NoSuchLetterError(RefusedError):
    """There is no dead letter with that number."""


class RawLetter(SQLModel, table=True):
    """Something that came in and cannot be read at all, as it came, sealed. The same is kept once."""

    __tablename__ = "raw_letter"

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(), primary_key=True))
    channel: str
    body: bytes = Field(repr=False)
    digest: bytes = Field(unique=True, repr=False)
    problem: str
    """The class of what went wrong, never its words."""
    created_at: datetime = Field(index=True)


async def dead(session: Session, *, limit: int = 100) -> list[Message]:
    """List dead letters, oldest first."""
    found = await session.exec(
        select(Message)
        .where(col(Message.status).in_([Status.DEAD, Status.UNREADABLE]))
        .order_by(col(Message.id))
        .limit(limit)
    )
    return list(found)


async def retry(session: Session, *, letter: int, now: datetime) -> Message:
    """Queue a dead outgoing letter again, its tries counted afresh. Raises NoSuchLetterError."""
    queued = await session.exec(
        update(Message)
        .where(col(Message.id) == letter, col(Message.status) == Status.DEAD)
        .values(status=Status.QUEUED, attempts=0, next_try_at=now, problem=None)
        .returning(Message)
    )
    message: Message | None = queued.scalars().first()
    if message is None:
        raise NoSuchLetterError
    return message


async def keep_raw(session: Session, *, channel: str, raw: str, problem: str, now: datetime) -> int:
    """Keep what cannot be read, the first LONGEST_RAW bytes of it. Returns its number.

    What is kept already is not kept twice. Over MOST_RAW the oldest go, and the log says how many.
    """
    body = raw.encode("utf-8", "surrogatepass")[:LONGEST_RAW]
    digest = session.keys.fingerprint(f"raw-letter:{channel}", hashlib.sha256(body).hexdigest())
    facts = {
        "channel": channel,
        "body": session.keys.seal_bytes(body, _where(digest)),
        "digest": digest,
        "problem": problem,
        "now": now,
    }
    kept = (await session.run(KEEP_RAW, facts)).one()
    dropped = (await session.run(DROP_OLDEST, {"most": MOST_RAW})).rowcount if kept.new else 0
    if dropped:
        log.warning("raw letters dropped", count=dropped)
    number: int = kept.id
    return number


async def raw(session: Session, *, limit: int = 100) -> list[RawLetter]:
    """List what could not be read, oldest first; `open_raw` says what it is."""
    return list(await session.exec(select(RawLetter).order_by(col(RawLetter.id)).limit(limit)))


async def open_raw(session: Session, *, letter: int) -> str:
    """Open what could not be read, as it came. Raises NoSuchLetterError."""
    found = await session.get(RawLetter, letter)
    if found is None:
        raise NoSuchLetterError
    return session.keys.unseal_bytes(found.body, _where(found.digest)).decode("utf-8", "replace")


async def done(session: Session, *, letter: int) -> None:
    """Delete what could not be read: a person has looked. Raises NoSuchLetterError."""
    gone = await session.exec(delete(RawLetter).where(col(RawLetter.id) == letter))
    if not gone.rowcount:
        raise NoSuchLetterError


async def clear_raw(session: Session, *, now: datetime) -> int:
    """Delete what could not be read and has been kept for RAW_KEPT_FOR. Returns how many."""
    gone = await session.exec(delete(RawLetter).where(col(RawLetter.created_at) <= now - RAW_KEPT_FOR))
    return int(gone.rowcount)


def _where(digest: bytes) -> str:
    return f"raw_letter:body:{digest.hex()}"
