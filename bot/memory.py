"""Memory: what a turn hears, and what it keeps. A few statements, each in one round trip."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.courier import Errand
from bot.desk import Desk
from bot.messages import Inbound, Reply
from waitingroom import conversations, crossings, doors, holds, messages, outbox, own_keys, queue, reach
from waitingroom.busy import Pace
from waitingroom.columns import OwnKey, UnreadableError, key_of, new_id
from waitingroom.conversations import UNCONSENTED_FOR, ContactState, Owner, Place
from waitingroom.database import Session
from waitingroom.outbox import Letter

HEAR = """
WITH known AS (
    SELECT v.id, contact.id AS contact_id, v.place, v.owner, v.language, v.talk, contact.heard_at, contact.state,
           v.full_at, v.said_hash, v.said_times, v.said_since, v.answered_hash,
           (SELECT sealed FROM own_key WHERE id = v.id) AS own
    FROM contact JOIN conversation v ON v.id = contact.conversation_id
    WHERE contact.channel = $1 AND contact.address_hash = $2
    FOR NO KEY UPDATE OF v, contact
), heard AS (
    INSERT INTO message (conversation_id, contact_id, author, kind, segments, body, dedupe, status, attempts,
                         maybe_twice, created_at)
    SELECT id, contact_id, 'person', 'heard', 0, NULL, $3, 'heard', 0, false, $4 FROM known
    ON CONFLICT (dedupe) DO NOTHING RETURNING id
)
SELECT known.*, COALESCE(heard.id, 0) AS message_id FROM known LEFT JOIN heard ON true
"""
"""Finds the talk and its key, locks its row and notes the message, in one round trip. Message 0: heard before.

What the message says is kept with the answer, when the talk whose key it is sealed with is known for sure.

The contact is locked after the talk: a chat that was carried into another talk meanwhile is then not found here,
and looked for anew, so that words sent together with a code are heard where the code leads.
"""

RECALL = """
SELECT v.place, v.owner, v.language, v.talk, (SELECT sealed FROM own_key WHERE id = v.id) AS own
FROM conversation v WHERE v.id = $1 FOR NO KEY UPDATE
"""

_REMEMBER = """
WITH {way}, said AS (
    INSERT INTO message (conversation_id, contact_id, author, kind, segments, body, dedupe, status, attempts,
                         maybe_twice, next_try_at, created_at, sent_at)
    SELECT $1, $2, 'bot', kind, segments, body, dedupe, CASE WHEN open THEN 'sending' ELSE $3 END, open::int,
           false, CASE WHEN open THEN $12 ELSE $4::timestamptz END, $5, $6
    FROM unnest($7::bytea[], $8::text[], $10::text[], $11::int[]) WITH ORDINALITY
         AS r (body, dedupe, kind, segments, n), way
    ORDER BY n RETURNING id, status
), heard AS (
    UPDATE message SET body = $13 WHERE id = $14 AND body IS NULL
), reached AS (
    UPDATE contact SET heard_at = $5 WHERE id = $2 AND heard_at < $5 - interval '1 minute'
), stood AS (
    UPDATE conversation SET talk = $9, heard_at = $5, contact_id = $2, {pace} WHERE id = $1
)
SELECT id, status FROM said ORDER BY id
"""
_PACE = "full_at = ${}, said_hash = ${}, said_times = ${}, said_since = ${}, answered_hash = ${}"
REMEMBER = _REMEMBER.format(way="way AS (SELECT false AS open)", pace=_PACE.format(*range(15, 20)))
"""Keeps the answer and where the talk stands, in one round trip."""
REMEMBER_AND_GO = _REMEMBER.format(way=outbox.AT_ONCE, pace=_PACE.format(*range(19, 24)))
"""The same, and begins to send the answer where it may go at once."""


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a message comes from: their talk, whose row is locked, and the message; 0 where it was heard before."""

    id: uuid.UUID
    contact_id: uuid.UUID
    place: Place
    owner: Owner
    language: str
    talk: str | None
    """what was said so far, opened"""
    heard_at: datetime
    state: ContactState
    message_id: int
    pace: Pace
    dedupe: str
    """the name the message is bound to"""
    own: OwnKey
    """the key of the talk"""

    @classmethod
    def told(cls, row: Sequence[Any], dedupe: str, own: OwnKey, talk: str | None) -> "Known":
        """Read a row of HEAR."""
        talk_id, contact_id, place, owner, language, _talk, heard_at, state, *pace, _own, message_id = row
        standing = Place(place), Owner(owner), language, talk, heard_at, ContactState(state)
        return cls(talk_id, contact_id, *standing, message_id, Pace(*pace), dedupe, own)


async def apart(session: Session, inbound: Inbound, known: Known) -> Known:
    """Give a chat that was silent too long a talk of its own: nothing is shown until it has proved itself."""
    own_id = await crossings.part(
        session,
        conversation_id=known.id,
        contact_id=known.contact_id,
        message_id=known.message_id,
        now=inbound.at,
        clear_at=inbound.at + UNCONSENTED_FOR,
    )
    return await moved(session, known, own_id)


async def moved(session: Session, known: Known, conversation_id: uuid.UUID) -> Known:
    """Recall the talk a chat was carried into, which is locked from now on."""
    row = await session.driver.fetchrow(RECALL, conversation_id)
    place, owner, language, sealed, key = row
    own, talk = await _open(session, conversation_id, key, sealed)
    standing = {"place": Place(place), "owner": Owner(owner), "language": language, "talk": talk}
    return replace(known, id=conversation_id, own=own, **standing)


async def _open(
    session: Session, talk_id: uuid.UUID, key: bytes | None, sealed: bytes | None
) -> tuple[OwnKey, str | None]:
    """Give the key of a talk that is locked now, and open what was said in it.

    The key was read as it was before the lock was waited for: one that does not open the talk is looked for again.
    A talk whose key was destroyed, and that came back from a copy, begins anew.
    """
    where = f"conversation:talk:{talk_id}"
    if sealed is None:
        return await own_keys.of(session, talk_id), None
    own = own_keys.meet_one(session, talk_id, key)
    try:
        return own or await own_keys.of(session, talk_id), own_keys.unseal(session, sealed, where)
    except UnreadableError:
        if key_of(sealed) is None:
            raise
    session.own.pop(talk_id, None)
    own = await own_keys.of(session, talk_id)
    try:
        return own, own_keys.unseal(session, sealed, where)
    except UnreadableError:
        return own, None


async def hear(session: Session, inbound: Inbound) -> Known:
    """Keep the message and lock the talk it belongs to; a first message opens one."""
    address_hash = session.keys.fingerprint(inbound.channel, inbound.address)
    dedupe = _dedupe(inbound, address_hash)
    facts = (inbound.channel, address_hash, dedupe, inbound.at)
    while (row := await session.driver.fetchrow(HEAR, *facts)) is None:
        await _open_talk(session, inbound, address_hash)
    known = Known.told(row, dedupe, *await _open(session, row["id"], row["own"], row["talk"]))
    if known.state is ContactState.UNREACHABLE:
        await reach.regain(session, contact_id=known.contact_id, now=inbound.at)
    return known


def _kept(inbound: Inbound) -> dict[str, Any]:
    """Return the message as it is kept in the transcript."""
    said: dict[str, Any] = {"text": inbound.text}
    if inbound.attachments:
        said["sent"] = [one.kind.value for one in inbound.attachments]
    if inbound.aside:
        said["aside"] = inbound.aside.value
    return said


async def _open_talk(session: Session, inbound: Inbound, address_hash: bytes) -> None:
    if inbound.door:
        await doors.open_one(session, door=inbound.door, now=inbound.at)
    conversation_id, contact_id = new_id(), new_id()
    await session.driver.execute(
        conversations.OPEN_TALK,
        conversation_id,
        contact_id,
        inbound.channel,
        address_hash,
        session.keys.seal(inbound.address, f"contact:address:{contact_id}"),
        inbound.at,
        inbound.at + UNCONSENTED_FOR,
        own_keys.fresh(session, conversation_id),
    )


async def remember(
    session: Session,
    desk: Desk,
    inbound: Inbound,
    known: Known,
    talk: str,
    replies: Sequence[Reply],
    errand: Errand | None = None,
) -> list[int]:
    """Keep where the talk stands and queue the answer: sent at once by `errand` where it may be, else by a worker.

    On a channel that people read themselves the answer goes back in the same breath: it is delivered.
    """
    own, heard = await own_keys.of(session, known.id), None
    if own is known.own:  # else all that was said was erased in this very turn, and this with it
        heard = messages.sealed_body(own, _kept(inbound), known.dedupe)
    dedupes = [f"out:{known.message_id}:{number}" for number in range(len(replies))]
    said = [reply.kept() for reply in replies]
    bodies = [messages.sealed_body(own, one, dedupe) for one, dedupe in zip(said, dedupes, strict=True)]
    now, kept = inbound.at, desk.kept(inbound.channel)
    status, next_try_at, sent_at = ("delivered", None, now) if kept else ("queued", now, None)
    kinds = [messages.Kind.CRISIS if reply.crisis else messages.Kind.ANSWER for reply in replies]
    segments = [desk.channels[inbound.channel].segments(reply) for reply in replies]
    way = errand.way(known.id, known.contact_id) if errand is not None and segments == [0] else None
    rows = await session.driver.fetch(
        REMEMBER if way is None else REMEMBER_AND_GO,
        known.id,
        known.contact_id,
        status,
        next_try_at,
        now,
        sent_at,
        bodies,
        dedupes,
        own.seal(talk, f"conversation:talk:{known.id}"),
        kinds,
        segments,
        now + outbox.LEASE,
        heard,
        known.message_id,
        *(way or ()),
        *known.pace.columns,
    )
    if now - known.heard_at > holds.SILENT_FOR:
        await holds.wake(session, conversation_id=known.id, contact_id=known.contact_id, now=now)
    ids = [row["id"] for row in rows]
    if errand is not None and way is not None and rows[0]["status"] == messages.Status.SENDING:
        errand.takes(Letter(ids[0], inbound.channel, known.contact_id, inbound.address, said[0], 1, now))
    elif ids and not kept:
        await queue.poke(session, known.id)
    return ids


def _dedupe(inbound: Inbound, address_hash: bytes) -> str:
    """Name a message so that it is heard once: its provider's id, under its channel and address, hashed."""
    told = address_hash + inbound.message_id.encode("utf-8", "surrogatepass")
    return f"in:{inbound.channel}:{hashlib.sha256(told).hexdigest()[:40]}"
