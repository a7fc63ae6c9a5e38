"""People: who someone is, as far as they chose to say."""

import json
import uuid
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlmodel import Field, SQLModel

from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError


class AboutYou(BaseModel):
    """What a person says of themselves: sealed whole in one column."""

    model_config = ConfigDict(frozen=True)

    name: str
    age: int
    postcode: str


class SafeContact(BaseModel):
    """How and when it is safe to reach someone."""

    model_config = ConfigDict(frozen=True)

    how: str
    """call, text or here (this same chat)"""
    when: str
    """in the person's own words or a part of the day"""
    phone: str = ""
    """E.164, empty where they want no call or text"""
    voicemail: bool = False
    """whether a message may be left"""


class Person(SQLModel, table=True):
    """Someone who asked for support. Every personal word is sealed; the area is kept for counting."""

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    about: bytes = Field(repr=False)
    safe_contact: bytes = Field(repr=False)
    area: str
    language: str
    created_at: datetime
    version: int = 1


def about(session: Session, person: Person) -> AboutYou:
    """Open what the person said of themselves."""
    return AboutYou.model_validate_json(session.keys.unseal(person.about, f"person:about:{person.id}"))


def safe_contact(session: Session, person: Person) -> SafeContact:
    """Open how and when it is safe to reach the person."""
    where = f"person:safe_contact:{person.id}"
    return SafeContact.model_validate_json(session.keys.unseal(person.safe_contact, where))


async def meet(
    session: Session, *, who: AboutYou, reach: SafeContact, area: str, language: str, now: datetime
) -> uuid.UUID:
    """Record a new person. `area` is an outward postcode; `language` a BCP 47 tag. Returns their id."""
    person_id = new_id()
    await session.put(
        Person,
        id=person_id,
        about=session.keys.seal(json.dumps(who.model_dump()), f"person:about:{person_id}"),
        safe_contact=session.keys.seal(json.dumps(reach.model_dump()), f"person:safe_contact:{person_id}"),
        area=area,
        language=language,
        created_at=now,
        version=1,
    )
    return person_id


async def person(session: Session, person_id: uuid.UUID) -> Person:
    """Find a person. Raises NotFoundError."""
    found = await session.get(Person, person_id)
    if found is None:
        raise NotFoundError
    return found
