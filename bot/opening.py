"""Opening: a talk that we begin ourselves, with someone who has not just written."""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from bot import beside
from bot.ask import Here, Verb
from bot.conversation import Conversation, Talk
from bot.desk import Desk
from bot.messages import Reply
from bot.talks import FIRST_ASKED, FLOWS
from bot.words import words_in
from waitingroom import conversations, own_keys
from waitingroom.conversations import Contact, Owner
from waitingroom.conversations import Conversation as Kept
from waitingroom.database import Session

STILL_TALKING = timedelta(minutes=30)
STALE = timedelta(days=2)
"""A question left without an answer for this long keeps nobody from being asked something else."""
NO_MESSAGE = 0


async def is_free(session: Session, kept: Kept, *, now: datetime) -> bool:
    """Say whether nothing is under way with someone: no link worker has the talk, no question was left lately."""
    silent = now - kept.heard_at
    if kept.owner is Owner.LINK_WORKER or silent < STILL_TALKING:
        return False
    return silent >= STALE or not has_question(session, kept)


def has_question(session: Session, kept: Kept) -> bool:
    """Say whether a question of ours stands open with someone that wants an answer."""
    return _recalled(session, kept).under_way()


async def open_talk(session: Session, desk: Desk, contact: Contact, flow: str, *, now: datetime) -> list[Reply]:
    """Begin a talk with the person of a contact. Their talk's row must be locked.

    Returns what is to be said, on top of whatever was under way; but what we asked earlier on our own, and nobody
    answered, is asked no more: one question at a time.
    """
    kept = await conversations.find(session, contact.conversation_id)
    talk = _recalled(session, kept)
    here = Here(
        conversation_id=kept.id,
        contact_id=contact.id,
        message_id=NO_MESSAGE,
        channel=contact.channel,
        place=kept.place,
        now=now,
        service=desk.service,
        words=words_in(kept.language),
    )

    async def perform(verb: Verb[..., Any], facts: Mapping[str, Any]) -> Any:
        return await verb(session, **facts)

    talk.look_away(also_from=FIRST_ASKED)
    said = await Conversation(talk, here, FLOWS, perform).begin(flow)
    await _keep(session, kept, talk)
    return said


async def put_away(session: Session, *, conversation_id: uuid.UUID) -> None:
    """Leave open no question of the bot beside a talk with a person. The talk's row must be locked."""
    kept = await conversations.find(session, conversation_id)
    talk = _recalled(session, kept)
    if talk.frames:
        beside.put_away(talk)
        await _keep(session, kept, talk)


async def leave(session: Session, *, conversation_id: uuid.UUID, flows: Collection[str]) -> None:
    """Leave the talks named, wherever they stand: what they asked is over. The talk's row must be locked."""
    kept = await conversations.find(session, conversation_id)
    talk = _recalled(session, kept)
    if any(one.flow in flows for one in talk.frames):
        talk.frames = [one for one in talk.frames if one.flow not in flows]
        await _keep(session, kept, talk)


async def _keep(session: Session, kept: Kept, talk: Talk) -> None:
    sealed = (await own_keys.of(session, kept.id)).seal(talk.kept(), _where(kept))
    await session.run(update(Kept).where(col(Kept.id) == kept.id).values(talk=sealed))


def _recalled(session: Session, kept: Kept) -> Talk:
    return Talk.recalled(own_keys.unseal(session, kept.talk, _where(kept), kept) if kept.talk else None)


def _where(kept: Kept) -> str:
    return f"conversation:talk:{kept.id}"
