"""Idempotency: the same request sent twice is done once, and both get the same reply."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Field, SQLModel

from waitingroom.database import Session
from waitingroom.errors import RefusedError

KEPT_FOR = timedelta(hours=24)
"""The least the draft asks for (draft-ietf-httpapi-idempotency-key-header-07, section 2.3: the server says)."""

FORGET = text("""
WITH old AS MATERIALIZED (
    SELECT staff_id, key_hash FROM idempotent_reply WHERE made_at <= :until LIMIT 100 FOR UPDATE SKIP LOCKED
)
DELETE FROM idempotent_reply r USING old WHERE r.staff_id = old.staff_id AND r.key_hash = old.key_hash
""")
TAKE = text("""
INSERT INTO idempotent_reply (staff_id, key_hash, asked, made_at) VALUES (:staff_id, :key_hash, :asked, :now)
ON CONFLICT (staff_id, key_hash) DO UPDATE
SET asked = :asked, made_at = :now, status = NULL, etag = NULL, body = NULL
WHERE idempotent_reply.made_at <= :until
RETURNING 1
""")
RECALL = text("""
SELECT asked, status, etag, body FROM idempotent_reply WHERE staff_id = :staff_id AND key_hash = :key_hash
""")
KEEP = text("""
UPDATE idempotent_reply SET status = :status, etag = :etag, body = :body
WHERE staff_id = :staff_id AND key_hash = :key_hash
""")


class KeyReusedError(RefusedError):
    """This Idempotency-Key came with another request before. Use a new key for a new request."""


class IdempotentReply(SQLModel, table=True):
    """What one request was answered with, sealed, kept a day. Keys and requests are kept as keyed hashes only."""

    __tablename__ = "idempotent_reply"

    staff_id: uuid.UUID = Field(foreign_key="staff.id", primary_key=True)
    key_hash: bytes = Field(primary_key=True, repr=False)
    asked: bytes = Field(repr=False)
    status: int | None = None
    etag: str | None = None
    body: bytes | None = Field(default=None, repr=False)
    made_at: datetime = Field(index=True)


@dataclass(frozen=True)
class Once:
    """One request that must be done once: whose, under which key, and what it asked for (its bytes)."""

    staff_id: uuid.UUID
    key: str
    asked: bytes


@dataclass(frozen=True)
class Reply:
    """What a request was answered with: HTTP status, entity tag, JSON body."""

    status: int
    etag: str | None
    body: str


async def begin(session: Session, once: Once, *, now: datetime) -> Reply | None:
    """Take the key for this transaction; returns the reply where the request was answered before.

    A request still being done elsewhere is waited for. Where it is refused or fails nothing is kept, so it may be
    sent again. Raises KeyReusedError where the key came with another request in the last 24 hours.
    """
    names = _names(session, once)
    asked = session.keys.fingerprint("idempotent-request", once.asked.decode("latin-1"))
    until = now - KEPT_FOR
    await session.run(FORGET, {"until": until})
    if (await session.run(TAKE, {**names, "asked": asked, "now": now, "until": until})).first():
        return None
    kept = (await session.run(RECALL, names)).one()
    if bytes(kept.asked) != asked:
        raise KeyReusedError
    return Reply(kept.status, kept.etag, session.keys.unseal(kept.body, _where(session, once)))


async def keep(session: Session, once: Once, reply: Reply) -> None:
    """Keep what the request was answered with."""
    names = _names(session, once)
    sealed = session.keys.seal(reply.body, _where(session, once))
    await session.run(KEEP, {**names, "status": reply.status, "etag": reply.etag, "body": sealed})


def _names(session: Session, once: Once) -> dict[str, uuid.UUID | bytes]:
    return {"staff_id": once.staff_id, "key_hash": _key_hash(session, once)}


def _key_hash(session: Session, once: Once) -> bytes:
    return session.keys.fingerprint("idempotency-key", f"{once.staff_id}:{once.key}")


def _where(session: Session, once: Once) -> str:
    return f"idempotent_reply:body:{_key_hash(session, once).hex()}"
