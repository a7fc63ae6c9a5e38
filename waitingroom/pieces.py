"""Pieces: what people said of the self-care they were sent, and what that says about the pieces."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel
from sqlalchemy import Column
from sqlmodel import Field, SQLModel, col, select

from waitingroom import referrals
from waitingroom.columns import by_value
from waitingroom.database import Session
from waitingroom.referrals import Referral
from waitingroom.waiting import SentStep

Z = 1.96
"""For a 95 % interval."""
LAST = """
SELECT item FROM sent_step WHERE referral_id = $1 AND item IS NOT NULL ORDER BY sent_at DESC, id DESC LIMIT 1
"""
TALLY = """
INSERT INTO piece_tally (item, helped, did_not_help) VALUES ($1, greatest($2, 0), greatest($3, 0))
ON CONFLICT (item) DO UPDATE SET helped = greatest(piece_tally.helped + $2, 0),
    did_not_help = greatest(piece_tally.did_not_help + $3, 0)
"""
SAY = """
INSERT INTO piece_answer (referral_id, item, said, said_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (referral_id, item) DO UPDATE SET said = $3, said_at = $4
"""
SAID = "SELECT said FROM piece_answer WHERE referral_id = $1 AND item = $2"


class Said(StrEnum):
    """What someone said of a piece."""

    HELPED = "helped"
    DID_NOT_HELP = "did_not_help"
    NOT_FOR_ME = "not_for_me"
    """they want something of another sort: it says nothing about the piece"""


class PieceAnswer(SQLModel, table=True):
    """What one person said of one piece: their own, shown to them and deleted with them."""

    __tablename__ = "piece_answer"

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True)
    item: str = Field(primary_key=True)
    said: Said = Field(sa_column=Column(by_value(Said), nullable=False))
    said_at: datetime


class PieceTally(SQLModel, table=True):
    """How many said that a piece helped, and how many that it did not. Nothing in it leads back to anyone."""

    __tablename__ = "piece_tally"

    item: str = Field(primary_key=True)
    helped: int
    did_not_help: int


class Tried(BaseModel):
    """What someone had and what they said of it: enough to choose what fits next."""

    referral_id: uuid.UUID
    needs: tuple[str, ...]
    items: tuple[str, ...] = ()
    last: str | None = None
    """the piece they had last"""
    said: Said | None = None
    """what they said of that one"""
    not_for_me: tuple[str, ...] = ()


def helpfulness(helped: int, did_not: int) -> float:
    """Say how helpful a piece is, from 0 to 1: the centre of the Wilson score interval at 95 %.

    A piece that nobody has judged is at 0.5, and few answers move it little (Wilson 1927; Agresti and Coull 1998).
    """
    return (helped + Z * Z / 2) / (helped + did_not + Z * Z)


async def ranking(session: Session) -> dict[str, float]:
    """Say how helpful each piece is that anyone has judged, from 0 to 1."""
    found = await session.exec(select(PieceTally))
    return {one.item: round(helpfulness(one.helped, one.did_not_help), 3) for one in found}


async def tried(session: Session, *, conversation_id: uuid.UUID) -> Tried | None:
    """Say what the person of a talk had and what they said of it, None where they are not on the list."""
    standing = await referrals.standing(session, conversation_id=conversation_id)
    if standing is None:
        return None
    last = await session.driver.fetchval(LAST, standing.referral_id)
    return Tried(
        referral_id=standing.referral_id,
        needs=standing.needs,
        items=standing.items,
        last=last,
        said=await session.driver.fetchval(SAID, standing.referral_id, last) if last else None,
        not_for_me=await not_for_them(session, referral_id=standing.referral_id),
    )


async def not_for_them(session: Session, *, referral_id: uuid.UUID) -> tuple[str, ...]:
    """List the pieces of whose sort someone wants no more."""
    theirs = (PieceAnswer.referral_id == referral_id, PieceAnswer.said == Said.NOT_FOR_ME)
    return tuple(await session.exec(select(col(PieceAnswer.item)).where(*theirs).order_by(col(PieceAnswer.item))))


async def say(session: Session, *, referral_id: uuid.UUID, item: str, said: Said, now: datetime) -> bool:
    """Keep what someone says of a piece they had, in place of what they said before. Returns True.

    They are counted once. Where they were not sent the piece, nothing is kept, and False comes back.
    """
    had = select(col(SentStep.id)).where(SentStep.referral_id == referral_id, SentStep.item == item)
    if (await session.exec(had.limit(1))).first() is None:
        return False
    before = await session.driver.fetchval(SAID, referral_id, item)
    await session.driver.execute(SAY, referral_id, item, said.value, now)
    change = {one: (one == said) - (one == before) for one in (Said.HELPED, Said.DID_NOT_HELP)}
    if any(change.values()):
        await session.driver.execute(TALLY, item, change[Said.HELPED], change[Said.DID_NOT_HELP])
    return True


async def said_of(session: Session, *, person_id: uuid.UUID) -> list[PieceAnswer]:
    """List what a person said of pieces, oldest first."""
    theirs = select(PieceAnswer).join(Referral, col(Referral.id) == col(PieceAnswer.referral_id))
    found = await session.exec(theirs.where(Referral.person_id == person_id).order_by(col(PieceAnswer.said_at)))
    return list(found)


async def counted(session: Session) -> Mapping[str, PieceTally]:
    """Give the count of every piece that anyone has judged."""
    return {one.item: one for one in await session.exec(select(PieceTally))}
