"""The turn: one message in, heard once, answered and committed in one transaction."""

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, text

from bot import keywords, reading
from bot.ask import Here, Verb
from bot.conversation import Conversation, Talk
from bot.desk import Desk
from bot.keywords import Act
from bot.messages import Inbound, Reply
from bot.questions import Kind, Question
from bot.safety import Danger, reply_to
from bot.talks import AT, FLOWS, OPENS_WITH
from bot.words import words_in
from waitingroom import conversations, handoffs, queue
from waitingroom.columns import new_id
from waitingroom.conversations import UNCONSENTED_FOR, Owner, Place
from waitingroom.database import Session

ALWAYS = frozenset({"stop", "start"})
"""What is heard even while a link worker owns the talk: the person stays in charge."""

HEAR = text("""
WITH known AS (
    SELECT contact.id AS contact_id, v.id, v.place, v.owner, v.language, v.talk
    FROM contact JOIN conversation v ON v.id = contact.conversation_id
    WHERE contact.channel = :channel AND contact.address_hash = :address_hash
    FOR UPDATE OF v
), heard AS (
    INSERT INTO message (conversation_id, contact_id, author, body, dedupe, status, attempts, maybe_twice,
                         created_at)
    SELECT id, contact_id, 'person', :body, :dedupe, 'heard', 0, false, :now FROM known
    ON CONFLICT (dedupe) DO NOTHING RETURNING id
)
SELECT known.*, heard.id AS message_id FROM known LEFT JOIN heard ON true
""")
"""Finds the talk, locks its row and keeps the message, in one round trip. No message id: heard before."""

REMEMBER = """
WITH said AS (
    INSERT INTO message (conversation_id, contact_id, author, body, dedupe, status, attempts, maybe_twice,
                         next_try_at, created_at, sent_at)
    SELECT $1, $2, 'bot', body, dedupe, $3, 0, false, $4, $5, $6
    FROM unnest($7::bytea[], $8::text[]) WITH ORDINALITY AS r (body, dedupe, n)
    ORDER BY n RETURNING id
), reached AS (
    UPDATE contact SET heard_at = $5 WHERE id = $2
), stood AS (
    UPDATE conversation SET talk = $9, heard_at = $5 WHERE id = $1
)
SELECT id FROM said ORDER BY id
"""
"""Keeps the answer and where the talk stands, in one round trip: on the driver itself, half the cost."""


@dataclass(frozen=True)
class Turn:
    """What came of one message. `replies` carry the ids they are kept under; none for one heard before."""

    conversation_id: uuid.UUID
    message_id: int | None
    replies: tuple[tuple[int, Reply], ...] = ()

    @property
    def heard_before(self) -> bool:
        """Whether this very message had been taken already."""
        return self.message_id is None


async def take_turn(desk: Desk, inbound: Inbound) -> Turn:
    """Hear one message and queue the answer; both are committed when this returns, or neither is."""
    inbound = replace(inbound, text=reading.clean(inbound.text))
    async with desk.database.transaction() as session:
        known = await _hear(session, inbound)
        if known.message_id is None:
            return Turn(known.id, None)
        where = f"conversation:talk:{known.id}"
        talk = Talk.recalled(session.keys.unseal(known.talk, where) if known.talk else None)
        replies = await _answer(session, desk, inbound, known, talk)
        sealed = session.keys.seal(talk.kept(), where)
        ids = await _remember(session, desk, inbound, known, sealed, replies)
        return Turn(known.id, known.message_id, tuple(zip(ids, replies, strict=True)))


async def _answer(session: Session, desk: Desk, inbound: Inbound, known: Row[Any], talk: Talk) -> list[Reply]:
    """Say what is said back: danger first, then keywords, then the flow.

    While a person owns the talk the bot is silent but for danger, STOP and START.
    """
    conversation = _conversation(session, desk, inbound, known, talk)
    standing = conversation.standing()
    own_words = standing is not None and standing.kind is Kind.TEXT
    danger = None if _is_offered(standing, inbound.text) else desk.net.listen(inbound.text)
    crisis = await _sound_alarm(session, desk, inbound, known, danger) if danger else []
    in_waiting_room = known.place == Place.WAITING_ROOM
    asked = keywords.heard(inbound.text, in_waiting_room=in_waiting_room, in_own_words=own_words)
    if known.owner == Owner.LINK_WORKER:
        return crisis + (await replace(conversation, talk=Talk()).begin(asked) if asked in ALWAYS else [])
    if danger and not _is_answer_too(standing, inbound.text):
        return crisis + await conversation.again()
    if isinstance(asked, Act) and talk.frames:
        return crisis + await conversation.act(asked)
    if isinstance(asked, str) and not isinstance(asked, Act):
        return crisis + await conversation.begin(asked)
    if talk.frames:
        return crisis + await conversation.hear(inbound.text, to=standing, answering=inbound.answering)
    flow = AT[Place(known.place)]
    first = OPENS_WITH.get(flow)
    return crisis + await conversation.begin(flow, {first: inbound.text} if first else None)


def _is_offered(standing: Question[Any] | None, said: str) -> bool:
    """Say whether someone gave back, letter for letter, an answer we offered: our own words are no alarm."""
    return standing is not None and any(said == option.label for option in standing.options)


def _is_answer_too(standing: Question[Any] | None, said: str) -> bool:
    """Say whether words of danger also answer the question that stands: then nobody has to say them twice."""
    takes_words = standing is not None and standing.kind in {Kind.TEXT, Kind.CHOICE, Kind.SEVERAL}
    return standing is not None and takes_words and standing.read(said) is not None


def _conversation(session: Session, desk: Desk, inbound: Inbound, known: Row[Any], talk: Talk) -> Conversation:
    here = Here(
        conversation_id=known.id,
        contact_id=known.contact_id,
        message_id=known.message_id,
        channel=inbound.channel,
        place=Place(known.place),
        now=inbound.at,
        service=desk.service,
        words=words_in(known.language),
    )

    async def perform(verb: Verb[..., Any], facts: Mapping[str, Any], lasting: bool) -> Any:  # noqa: FBT001
        if not lasting:
            return await verb(session, **facts)
        async with session.savepoint():
            return await verb(session, **facts)

    return Conversation(talk, here, FLOWS, perform)


async def _sound_alarm(
    session: Session, desk: Desk, inbound: Inbound, known: Row[Any], danger: Danger
) -> list[Reply]:
    await handoffs.sound_alarm(
        session,
        conversation_id=known.id,
        message_id=known.message_id,
        kinds=danger.kinds,
        rules=danger.rules,
        now=inbound.at,
    )
    seen_by = desk.service.read_by(inbound.at)
    said = reply_to(danger, desk.service.content.safety, service=desk.service.name, seen_by=seen_by)
    return [Reply(words) for words in said]


async def _hear(session: Session, inbound: Inbound) -> Row[Any]:
    """Keep the message and lock the talk it belongs to; a first message opens one."""
    address_hash = session.keys.fingerprint(inbound.channel, inbound.address)
    dedupe = _dedupe(inbound, address_hash)
    facts = {
        "channel": inbound.channel,
        "address_hash": address_hash,
        "body": session.keys.seal(json.dumps({"text": inbound.text}), dedupe),
        "dedupe": dedupe,
        "now": inbound.at,
    }
    known = (await session.run(HEAR, facts)).first()
    while known is None:
        await _open_talk(session, inbound, address_hash)
        known = (await session.run(HEAR, facts)).first()
    return known


async def _open_talk(session: Session, inbound: Inbound, address_hash: bytes) -> None:
    conversation_id, contact_id = new_id(), new_id()
    await session.run(
        conversations.OPEN_TALK,
        {
            "id": conversation_id,
            "contact_id": contact_id,
            "channel": inbound.channel,
            "address_hash": address_hash,
            "address": session.keys.seal(inbound.address, f"contact:address:{contact_id}"),
            "now": inbound.at,
            "clear_at": inbound.at + UNCONSENTED_FOR,
        },
    )


async def _remember(
    session: Session, desk: Desk, inbound: Inbound, known: Row[Any], talk: bytes, replies: Sequence[Reply]
) -> list[int]:
    """Keep where the talk stands and queue the answer; wake a worker where the channel is pushed.

    On a channel that people read themselves the answer goes back in the same breath: it is delivered.
    """
    dedupes = [f"out:{known.message_id}:{number}" for number in range(len(replies))]
    bodies = [
        session.keys.seal(json.dumps(reply.kept()), dedupe) for reply, dedupe in zip(replies, dedupes, strict=True)
    ]
    now, kept = inbound.at, desk.kept(inbound.channel)
    status, next_try_at, sent_at = ("delivered", None, now) if kept else ("queued", now, None)
    driver = await session.raw()
    rows = await driver.fetch(
        REMEMBER, known.id, known.contact_id, status, next_try_at, now, sent_at, bodies, dedupes, talk
    )
    ids = [row["id"] for row in rows]
    if ids and not kept:
        await queue.poke(session, known.id)
    return ids


def _dedupe(inbound: Inbound, address_hash: bytes) -> str:
    """Name a message so that it is heard once: its provider's id, under its channel and address, hashed."""
    told = address_hash + inbound.message_id.encode("utf-8", "surrogatepass")
    return f"in:{inbound.channel}:{hashlib.sha256(told).hexdigest()[:40]}"
