"""Sharing: the yes to one other organisation being told of someone, and what follows where it is taken back."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlmodel import col, select

from waitingroom import consents, helping
from waitingroom.consents import Purpose, Recipient
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.handoffs import Handoff
from waitingroom.helping import Help, Status
from waitingroom.moves import moved
from waitingroom.roles import Role
from waitingroom.staff import Staff

ALOUD = "phone"
"""The channel of a yes that was said, not written."""
NOT_WRITTEN = 0
"""Stands for the message of a yes that was never written down by the person."""


class OneOfOursError(RefusedError):
    """They work here, so no other yes is needed to ask them."""


class Asked(BaseModel):
    """What someone is asked to agree to: which organisation may be told, for which help."""

    model_config = ConfigDict(frozen=True)

    help_id: uuid.UUID
    organisation: str


def organisation_of(helper: Staff) -> str:
    """Name the organisation a helper is of, as people know it; where none is set it is their own name."""
    return helping.organisation_of(helper)


async def asked(session: Session, *, conversation_id: uuid.UUID) -> Asked | None:
    """Find what the person of a talk is asked to agree to now, if anything."""
    waits = select(Help, Staff).join(Staff, col(Staff.id) == col(Help.helper_id))
    waits = waits.where(Help.conversation_id == conversation_id, Help.status == Status.TO_AGREE)
    found = (await session.exec(waits.order_by(col(Help.asked_at).desc()).limit(1))).first()
    return Asked(help_id=found[0].id, organisation=organisation_of(found[1])) if found else None


async def agree(session: Session, *, help_id: uuid.UUID, now: datetime) -> bool:
    """Ask the helper, now that the person has said yes. Returns False where nothing waited for it any more."""
    made = await helping.find(session, help_id=help_id)
    if made.status is not Status.TO_AGREE:
        return False
    await _settle(session, made, Status.ASKED)
    await helping.note_asked(session, made, now=now)
    return True


async def refuse(session: Session, *, help_id: uuid.UUID, now: datetime) -> bool:
    """Note that the person said no: the helper never hears of it. Returns whether it was still asked."""
    made = await helping.find(session, help_id=help_id)
    if made.status is not Status.TO_AGREE:
        return False
    made.ended_at = now
    await _settle(session, made, Status.NOT_AGREED)
    return True


async def note_heard(
    session: Session,
    *,
    handoff: Handoff,
    helper: Staff,
    heard_by: uuid.UUID,
    wording: str,
    wording_version: str,
    language: str,
    now: datetime,
) -> uuid.UUID:
    """Keep a yes that was said aloud: who heard it, when, and the very words that were read out.

    Returns the consent's id. Raises OneOfOursError.
    """
    if helper.role is not Role.PROVIDER:
        raise OneOfOursError
    return await consents.give(
        session,
        conversation_id=handoff.conversation_id,
        purpose=Purpose.SHARING,
        recipient=Recipient.SERVICE,
        wording=wording,
        wording_version=wording_version,
        language=language,
        channel=ALOUD,
        evidence=NOT_WRITTEN,
        which=organisation_of(helper),
        heard_by=heard_by,
        now=now,
    )


async def end(session: Session, *, conversation_id: uuid.UUID, organisation: str | None, now: datetime) -> int:
    """Call off all help of an organisation that is open, or of every other organisation. Returns how many."""
    standing = select(Help, Staff).join(Staff, col(Staff.id) == col(Help.helper_id))
    standing = standing.where(Help.conversation_id == conversation_id, Staff.role == Role.PROVIDER)
    live: Sequence[Status] = (Status.TO_AGREE, Status.ASKED, Status.OFFERED, Status.ACCEPTED)
    rows = (await session.exec(standing.where(col(Help.status).in_(live)).with_for_update(of=Help))).all()
    ended = [made for made, helper in rows if organisation in {None, organisation_of(helper)}]
    for made in ended:
        to = Status.NOT_AGREED if made.status is Status.TO_AGREE else Status.CALLED_OFF
        made.ended_at = now
        await _settle(session, made, to)
    return len(ended)


async def _settle(session: Session, made: Help, to: Status) -> None:
    made.status, made.version = moved(helping.MOVES, made.status, to), made.version + 1
    session.add(made)
    await session.flush()
