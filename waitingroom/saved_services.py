"""Saved services: what someone wants to come back to, and where they look from."""

import uuid
from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Field, SQLModel, col, select

from waitingroom import people, referrals
from waitingroom.conversations import Conversation, Place
from waitingroom.database import Session
from waitingroom.services import Service

KNOWN_AT = frozenset({Place.FRONT_DOOR, Place.WAITING_ROOM})
"""Where whoever writes is the person we know: nobody else is told what was saved, or where someone lives."""
MOST = 20
"""How many one person can keep: the oldest gives way."""
OLDEST = """
DELETE FROM saved_service WHERE conversation_id = $1 AND service_id IN (
    SELECT service_id FROM saved_service WHERE conversation_id = $1 ORDER BY saved_at DESC, service_id OFFSET $2)
"""


class SavedService(SQLModel, table=True):
    """One service that someone kept. What they like says something of them: it is theirs to see and delete."""

    __tablename__ = "saved_service"

    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", ondelete="CASCADE", primary_key=True)
    service_id: uuid.UUID = Field(foreign_key="service.id", ondelete="CASCADE", primary_key=True)
    saved_at: datetime


class Home(BaseModel):
    """Where someone looks from, and what for. Of someone we do not know, nothing."""

    area: str = ""
    age: int | None = None
    needs: tuple[str, ...] = ()
    on_the_list: bool = False


class Kept(BaseModel):
    """One service that someone saved, as it is told again."""

    id: uuid.UUID
    name: str
    phone: str
    web: str


async def home_of(session: Session, *, conversation_id: uuid.UUID) -> Home:
    """Say where the person of a talk lives, by the first half of their postcode, and what they want help with."""
    talk = await session.get(Conversation, conversation_id, populate_existing=True)
    if talk is None or talk.person_id is None or talk.place not in KNOWN_AT:
        return Home()
    person = await people.person(session, talk.person_id)
    referral = await referrals.open_referral(session, conversation_id=conversation_id)
    return Home(
        area=person.area,
        age=people.about(session, person).age,
        needs=tuple(referral.needs) if referral else (),
        on_the_list=referral is not None,
    )


async def save(session: Session, *, conversation_id: uuid.UUID, service_id: uuid.UUID, now: datetime) -> bool:
    """Keep a service for someone. Returns whether it is new to what they keep."""
    facts = {"conversation_id": conversation_id, "service_id": service_id, "saved_at": now}
    new = await session.put(SavedService, where_free=True, **facts)
    await session.driver.execute(OLDEST, conversation_id, MOST)
    return new


async def saved(session: Session, *, conversation_id: uuid.UUID) -> list[Kept]:
    """List what someone keeps, the newest first."""
    theirs = (
        select(Service)
        .join(SavedService, col(SavedService.service_id) == col(Service.id))
        .join(Conversation, col(Conversation.id) == col(SavedService.conversation_id))
        .where(SavedService.conversation_id == conversation_id, col(Conversation.place).in_(KNOWN_AT))
        .order_by(col(SavedService.saved_at).desc(), col(Service.name))
    )
    found = await session.exec(theirs)
    return [Kept(id=one.id, name=one.name, phone=one.phone, web=one.web) for one in found]


async def rows_of(session: Session, *, conversation_id: uuid.UUID) -> list[tuple[SavedService, str]]:
    """List every service saved in a talk with its name, the newest first, for whoever showed that it is theirs."""
    theirs = (
        select(SavedService, Service.name)
        .join(Service, col(SavedService.service_id) == col(Service.id))
        .where(SavedService.conversation_id == conversation_id)
        .order_by(col(SavedService.saved_at).desc())
    )
    return [(row, name) for row, name in await session.exec(theirs)]
