"""Told of: the people others told us of, as staff see them, and what staff decide about asking them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import col, select

from waitingroom import alarms, asked, asking, authorities, consents, conversations, hubs, introductions, referrals
from waitingroom.authorities import AboutThem, Authority
from waitingroom.columns import new_id
from waitingroom.consents import Purpose, Recipient
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff
from waitingroom.handoffs import Status as HandoffStatus
from waitingroom.introductions import LASTS, MOVES, Introduction, Status, Told, Way
from waitingroom.moves import moved
from waitingroom.people import AboutYou, SafeContact
from waitingroom.referrals import Submitted

NOT_ON_PAPER = 0
"""No message of ours holds a yes that was said on the phone."""


class AgreedAlreadyError(RefusedError):
    """They have agreed, so this cannot be dropped. Close their referral instead."""


class NotToCallError(RefusedError):
    """They are not to be called about this: they are asked by text, or someone decides for them."""


class Ending(StrEnum):
    """Why nothing comes of an introduction."""

    SAID_NO = "said_no"
    NEVER_AGAIN = "never_again"
    """they want never to be asked again"""
    COULD_NOT_REACH = "could_not_reach"
    NOT_SAFE = "not_safe"
    OTHER = "other"


@dataclass(frozen=True)
class Seen:
    """An introduction as staff see it in a list: no name, no number, no words."""

    introduction: Introduction
    in_danger: bool
    """danger was heard where it was told, and nobody has said since that it is safe to ask"""
    handoff_id: uuid.UUID | None
    """the open hand-off of the talk it was told in"""


@dataclass(frozen=True)
class Opened:
    """All that was told, and by whom, as one member of staff reads it."""

    seen: Seen
    told: Told
    authority: Authority | None
    about: AboutThem | None
    dangers: Sequence[str]
    """what kinds of danger were heard where it was told, the newest last"""


async def listed(
    session: Session, *, status: Status | None = None, hub_id: uuid.UUID | None = None, limit: int = 200
) -> list[Seen]:
    """List introductions that wait for something, the oldest first; those agreed only where asked for.

    `hub_id`: only those told or asked in a talk that staff of this hub may see.
    """
    asked_there = col(Introduction.asked_in_id).is_not(None) & hubs.of_mine(hub_id, col(Introduction.asked_in_id))
    mine = hubs.of_mine(hub_id, col(Introduction.told_in_id)) | asked_there
    wanted = col(Introduction.status) == status if status else col(Introduction.status) != Status.AGREED
    found = await session.exec(
        select(Introduction)
        .where(wanted, mine)
        .order_by(col(Introduction.told_at), col(Introduction.id))
        .limit(limit)
    )
    return [await _seen(session, one) for one in found.all()]


async def look(session: Session, *, introduction_id: uuid.UUID) -> Opened:
    """Open one introduction. Raises NotFoundError."""
    return await _opened(session, await _find(session, introduction_id))


async def seen(session: Session, *, introduction_id: uuid.UUID) -> Seen:
    """Look at one introduction without opening it. Raises NotFoundError."""
    return await _seen(session, await _find(session, introduction_id))


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> list[Opened]:
    """Open the introductions of whoever a talk belongs to: those they were asked because of."""
    found = await session.exec(
        select(Introduction).where(Introduction.asked_in_id == conversation_id).order_by(col(Introduction.told_at))
    )
    return [await _opened(session, one) for one in found.all()]


async def made_in(session: Session, *, conversation_id: uuid.UUID) -> list[Seen]:
    """List the introductions that were made in a talk, oldest first."""
    found = await session.exec(
        select(Introduction).where(Introduction.told_in_id == conversation_id).order_by(col(Introduction.told_at))
    )
    return [await _seen(session, one) for one in found.all()]


async def hold(session: Session, *, introduction_id: uuid.UUID) -> Introduction:
    """Find an introduction and lock it, its talks first: a turn takes its locks in the same order.

    Raises NotFoundError.
    """
    known = await _find(session, introduction_id)
    for talk_id in sorted({known.told_in_id, known.asked_in_id} - {None}, key=str):
        await session.get(Conversation, talk_id, with_for_update=True)
    return await _find(session, introduction_id, lock=True)


async def release(
    session: Session, introduction: Introduction, *, staff_id: uuid.UUID, version: int, now: datetime
) -> None:
    """Let a person be asked whose phone was kept silent: staff have said that it is safe. It is held.

    It holds for whoever else told us of them too. Raises StaleError, IllegalMoveError where it was not silent.
    """
    if introduction.version != version:
        raise StaleError
    to, next_at = _after_release(introduction, now)
    moved(MOVES, introduction.status, to)
    for one in await asking.with_the_same(session, introduction):
        one.status = moved(MOVES, one.status, to)
        one.released_at, one.decided_by = now, staff_id
        if one.asked_at is not None:
            one.asked_at = now
        await asking.change(session, one, next_at=next_at if one.id == introduction.id else None)


def _after_release(introduction: Introduction, now: datetime) -> tuple[Status, datetime]:
    """Say where an introduction stands once it is released, and when something is next to be done about it."""
    if introduction.way is Way.CALL:
        return Status.TO_CALL, now + LASTS
    if introduction.asked_at is not None:
        return Status.AWAITING_PERSON, now + asking.REMINDED_AFTER
    return Status.TO_ASK, now


async def drop(session: Session, introduction: Introduction, *, why: Ending, version: int, now: datetime) -> None:
    """Delete all that was told of someone who has not agreed. It is held. After a no they are not asked again.

    Raises StaleError, AgreedAlreadyError where they have agreed.
    """
    if introduction.version != version:
        raise StaleError
    if introduction.status is Status.AGREED:
        raise AgreedAlreadyError
    hashed = introduction.number_hash
    if hashed is not None and why in {Ending.SAID_NO, Ending.NEVER_AGAIN}:
        until = None if why is Ending.NEVER_AGAIN else now + asked.NOT_SOON
        await asked.spare(session, number_hash=hashed, now=now, until=until)
    await asking.end(session, introduction, now=now)


async def take_back(session: Session, *, conversation_id: uuid.UUID, purpose: Purpose, now: datetime) -> None:
    """Whoever told us takes back a yes: it has its effect at once on everyone they told us of in this talk.

    Without leave to keep their name and number, whoever has not agreed is forgotten, and of whoever has only
    that they came by someone else is left. Without the yes they gave for another, no papers are checked.
    """
    if purpose not in {Purpose.INTRODUCING, Purpose.REFERRAL}:
        return
    for one in await made_in(session, conversation_id=conversation_id):
        introduction = one.introduction
        if introduction.status is Status.AUTHORITY_UNVERIFIED:
            await asking.end(session, introduction, now=now)
        elif purpose is Purpose.INTRODUCING and introduction.status is Status.AGREED:
            introductions.forget_who(session, introduction)
        elif purpose is Purpose.INTRODUCING:
            await asking.end(session, introduction, now=now)
    await session.flush()


async def heard_yes(
    session: Session,
    introduction: Introduction,
    *,
    staff_id: uuid.UUID,
    version: int,
    who: AboutYou,
    reach: SafeContact,
    needs: Sequence[str],
    what_matters: str,
    unsafe: bool,
    wording: str,
    wording_version: str,
    programme: str,
    next_at: datetime | None,
    now: datetime,
) -> Submitted:
    """The person said yes to staff on the phone, in answer to `wording`: they are in the waiting room. It is held.

    Everything else is as they said it themselves. They have no chat with us, so staff reach them by phone.
    Raises StaleError, NotToCallError.
    """
    if introduction.version != version:
        raise StaleError
    if introduction.status is not Status.TO_CALL:
        raise NotToCallError
    introduction.status = moved(MOVES, introduction.status, Status.AGREED)
    talk_id = new_id()
    await conversations.open_without_channel(session, conversation_id=talk_id, now=now)
    introduction.asked_in_id, introduction.answered_at, introduction.decided_by = talk_id, now, staff_id
    await asking.change(session, introduction, next_at=None)
    await consents.give(
        session,
        conversation_id=talk_id,
        purpose=Purpose.REFERRAL,
        recipient=Recipient.LINK_WORKER,
        wording=wording,
        wording_version=wording_version,
        language="en",
        channel="phone",
        evidence=NOT_ON_PAPER,
        now=now,
    )
    return await referrals.refer_self(
        session,
        conversation_id=talk_id,
        who=who,
        area=who.postcode.split()[0],
        language="en",
        needs=needs,
        what_matters=what_matters,
        reach=reach,
        unsafe=unsafe,
        programme=programme,
        next_at=next_at,
        now=now,
    )


async def _find(session: Session, introduction_id: uuid.UUID, *, lock: bool = False) -> Introduction:
    found = await session.get(Introduction, introduction_id, populate_existing=True, with_for_update=lock or None)
    if found is None:
        raise NotFoundError
    return found


async def _seen(session: Session, introduction: Introduction) -> Seen:
    raised = select(col(Handoff.id)).where(
        Handoff.conversation_id == introduction.told_in_id,
        col(Handoff.status).in_([HandoffStatus.WAITING, HandoffStatus.CLAIMED]),
    )
    handoff_id = (await session.exec(raised)).first()
    return Seen(introduction, await asking.in_danger(session, introduction), handoff_id)


async def _opened(session: Session, introduction: Introduction) -> Opened:
    authority = await authorities.find(session, introduction_id=introduction.id)
    heard = await alarms.of_talk(session, conversation_id=introduction.told_in_id)
    return Opened(
        seen=await _seen(session, introduction),
        told=introductions.told(session, introduction),
        authority=authority,
        about=authorities.about(session, authority) if authority else None,
        dangers=tuple(dict.fromkeys(kind for _, said in heard for kind in said["kinds"])),
    )
