"""Crossings: a talk goes on by another channel, and a channel long silent proves itself again."""

import secrets
import uuid
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel

from waitingroom import handoffs, own_keys, rates
from waitingroom.columns import new_id
from waitingroom.conversations import Place
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.rates import Limit

LETTERS = "BGJKLMNPQRTVWXYZ2345678"
"""23 signs that are not taken for one another when read out, and that spell no short word for danger.

So no vowels, no 0, 1 or 9, and no C, D, F, H or S (CPR, DV, FGM, SH).
"""
LENGTH = 8
"""36 bits: five tries in ten minutes find one in 15 thousand million codes."""
LASTS = timedelta(minutes=10)
TRIES = 5
SILENT_FOR = timedelta(days=90)
"""Mobile numbers are given to someone else after a silence; so a channel proves itself again after this long."""

FORGET = "DELETE FROM crossing WHERE conversation_id = $1 OR ends_at <= $2"
TAKE = """
DELETE FROM crossing WHERE code_hash = $1 AND ends_at > $2 AND conversation_id <> $3 RETURNING conversation_id
"""
BEFORE = """
SELECT before.id FROM conversation v
JOIN conversation before ON before.id = v.before_id
JOIN referral ON referral.conversation_id = before.id AND referral.reference = $2
WHERE v.id = $1
"""
OWN_PLACE = "SELECT person_id IS NOT NULL FROM conversation WHERE id = $1"
LOCK = "SELECT id FROM conversation WHERE id = $1 FOR NO KEY UPDATE"
PART = """
WITH was AS (
    SELECT place FROM conversation WHERE id = $1
), fresh AS (
    INSERT INTO conversation (id, place, owner, language, clear_at, created_at, heard_at, before_id)
    SELECT $2, $7, 'bot', language, $5, $4, $4, id FROM conversation WHERE id = $1 RETURNING id
), own AS (
    INSERT INTO own_key (id, owner_id, sealed) SELECT id, id, $8 FROM fresh
), moved AS (
    UPDATE contact SET conversation_id = $2, heard_at = $4 FROM fresh WHERE contact.id = $3
), gone AS (
    UPDATE conversation SET contact_id = NULL WHERE id = $1 AND contact_id = $3
)
UPDATE message SET conversation_id = $2 FROM fresh, was WHERE message.id = $6 RETURNING was.place
"""
MOVED = ("contact", "message", "attachment", "alarm", "consent")
"""What goes along where someone crosses: all they said on the way there."""
FOLLOW = (
    "UPDATE introduction SET told_in_id = $2 WHERE told_in_id = $1",
    "UPDATE introduction SET asked_in_id = $2 WHERE asked_in_id = $1",
    "UPDATE complaint SET conversation_id = $2 WHERE conversation_id = $1",
    "UPDATE data_request SET conversation_id = $2 WHERE conversation_id = $1",
    """
    UPDATE notice_shown n SET conversation_id = $2 WHERE conversation_id = $1 AND NOT EXISTS (
        SELECT FROM notice_shown o WHERE o.conversation_id = $2 AND o.version = n.version
        AND o.language = n.language AND o.channel = n.channel AND o.showing = n.showing)
    """,
)
"""What was told of others there, and what others told of them, is found from the new talk; so are complaints,
requests and notices. A notice that was shown in both counts once: the other goes with what is left."""
EMPTY = """
WITH emptied AS (
    UPDATE conversation SET talk = NULL, clear_at = $3 WHERE id = $1 RETURNING before_id
)
UPDATE conversation SET before_id = COALESCE(conversation.before_id, emptied.before_id) FROM emptied
WHERE conversation.id = $2 AND emptied.before_id <> $2
"""
"""Leaves nothing in a talk that was left: what remains of it goes with all else that nobody agreed to keep."""
MOVE_HAND = """
UPDATE handoff SET status = 'closed', ended_at = $2, version = version + 1
WHERE conversation_id = $1 AND status IN ('waiting', 'claimed') RETURNING reasons, urgency
"""


class WrongCodeError(RefusedError):
    """That code is not right, or it has run out. To get a new one, send CONTINUE where you were before."""


class WrongReferenceError(RefusedError):
    """That is not the reference we have for you here."""


class TooManyTriesError(RefusedError):
    """That was tried too often. Please wait 10 minutes, then try again."""


class OwnPlaceError(RefusedError):
    """This chat has its own place with us already, so we cannot join the two. Reply PERSON and a person can."""


class Crossing(SQLModel, table=True):
    """A code that carries a talk to another channel, once. Only its hash is kept."""

    code_hash: bytes = Field(primary_key=True, repr=False)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    ends_at: datetime


async def offer(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> str:
    """Make a code that carries this talk to another channel within 10 minutes. One made before works no more."""
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    await session.driver.execute(FORGET, conversation_id, now)
    await session.put(
        Crossing, code_hash=_hash(session, code), conversation_id=conversation_id, ends_at=now + LASTS
    )
    return f"{code[:4]} {code[4:]}"


async def cross(
    session: Session, *, conversation_id: uuid.UUID, contact_id: uuid.UUID, code: str, now: datetime
) -> uuid.UUID:
    """Carry a chat, and what was said there so far, into the talk that `code` was made for; returns that talk.

    Raises WrongCodeError, TooManyTriesError, and OwnPlaceError where this chat is someone's already.
    """
    await _try(session, contact_id, now)
    if await session.driver.fetchval(OWN_PLACE, conversation_id):
        raise OwnPlaceError
    to: uuid.UUID | None = await session.driver.fetchval(TAKE, _hash(session, code), now, conversation_id)
    if to is None:
        raise WrongCodeError
    await _carry(session, conversation_id, to, now)
    return to


async def part(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    contact_id: uuid.UUID,
    message_id: int,
    now: datetime,
    clear_at: datetime,
    place: Place = Place.RETURNING,
    reason: Reason = Reason.UNREACHABLE,
) -> uuid.UUID:
    """Give a chat that was silent too long, or is a stranger's, a talk of its own from this message on.

    The talk it had is out of reach by it until it has proved itself: of someone who waits, staff are told.
    Returns the new talk.
    """
    own_id = new_id()
    was = await session.driver.fetchval(
        PART,
        conversation_id,
        own_id,
        contact_id,
        now,
        clear_at,
        message_id,
        place,
        own_keys.fresh(session, own_id),
    )
    if was == Place.WAITING_ROOM:
        await handoffs.raise_hand(
            session, conversation_id=conversation_id, reason=reason, urgency=Urgency.ROUTINE, now=now
        )
    return own_id


async def prove(
    session: Session, *, conversation_id: uuid.UUID, contact_id: uuid.UUID, reference: str, now: datetime
) -> uuid.UUID:
    """Take a chat back into the talk it had before, by the reference that was given there; returns that talk.

    Raises WrongReferenceError, TooManyTriesError.
    """
    await _try(session, contact_id, now)
    to: uuid.UUID | None = await session.driver.fetchval(BEFORE, conversation_id, reference)
    if to is None:
        raise WrongReferenceError
    await _carry(session, conversation_id, to, now)
    return to


async def _try(session: Session, contact_id: uuid.UUID, now: datetime) -> None:
    limit = Limit(f"crossing:{contact_id}", per_second=TRIES / LASTS.total_seconds(), burst=TRIES)
    if await rates.take(session, limit, now=now):
        raise TooManyTriesError


async def _carry(session: Session, away: uuid.UUID, to: uuid.UUID, now: datetime) -> None:
    """Move everything of one talk into another, which is locked; a hand-off that was open there is raised here."""
    await session.driver.execute(LOCK, to)
    for table in MOVED:
        await session.driver.execute(
            f"UPDATE {table} SET conversation_id = $2 WHERE conversation_id = $1",  # noqa: S608
            away,
            to,
        )
    for follow in FOLLOW:
        await session.driver.execute(follow, away, to)
    await own_keys.give(session, away=away, to=to)
    await session.driver.execute(FORGET, away, now)
    await session.driver.execute(EMPTY, away, to, now)
    hand = await session.driver.fetchrow(MOVE_HAND, away, now)
    for reason in hand["reasons"] if hand else ():
        urgency = Urgency(hand["urgency"])
        await handoffs.raise_hand(session, conversation_id=to, reason=Reason(reason), urgency=urgency, now=now)


def _hash(session: Session, code: str) -> bytes:
    return session.keys.fingerprint("crossing", "".join(code.upper().split()))
