"""To-dos: what a link worker has set themselves, or a colleague, to do by a day.

Staff tasks (`staff_tasks`) are something else: calls and letters that the programme owes someone who reads no
messages. They fall due by themselves and belong to whoever makes them; a to-do is one worker's own.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel, and_, col, or_, select

from waitingroom import hubs, own_keys, people
from waitingroom.columns import by_value, new_id, readable
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, StaleError
from waitingroom.people import Person
from waitingroom.roles import Role
from waitingroom.staff import Caller, Staff

MOST = 200
WITH_PEOPLE = frozenset({Role.LINK_WORKER, Role.LEAD})


class Kind(StrEnum):
    """What kind of thing is to be done."""

    TO_DO = "to_do"
    NEXT_CONTACT = "next_contact"
    """the day they are to be contacted next: one a person, shown on the caseload"""
    TALK_THROUGH = "talk_through"
    """after danger: talk it through with your lead (`supervision`)"""


class When(StrEnum):
    """Which to-dos, by their day."""

    OVERDUE = "overdue"
    TODAY = "today"
    COMING = "coming"


class ToDo(SQLModel, table=True):
    """One thing to do by a day, for one member of staff, about someone or about nobody. Its words are sealed."""

    __tablename__ = "to_do"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    words: bytes | None = Field(default=None, repr=False)
    due_on: date
    for_id: uuid.UUID = Field(foreign_key="staff.id")
    set_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    """who set it; none: the service did"""
    conversation_id: uuid.UUID | None = Field(
        default=None, foreign_key="conversation.id", ondelete="CASCADE", index=True
    )
    """whom it is about; none: nobody"""
    only_once: str | None = Field(default=None, unique=True)
    """what it was made for by the service, so that it is made once"""
    made_at: datetime
    done_at: datetime | None = None
    done_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    version: int = 1

    __table_args__ = (Index("ix_to_do_open", "for_id", "due_on", postgresql_where=text("done_at IS NULL")),)


own_keys.carry(ToDo, ToDo.words)


@dataclass(frozen=True)
class Opened:
    """A to-do with its words, the person it is about, and whose it is."""

    to_do: ToDo
    words: str
    person_id: uuid.UUID | None
    name: str
    """the name to use; empty where it is about nobody, or about someone not known yet"""
    whose: str


async def add(
    session: Session,
    *,
    words: str,
    due_on: date,
    for_id: uuid.UUID,
    set_by: uuid.UUID | None,
    now: datetime,
    conversation_id: uuid.UUID | None = None,
    kind: Kind = Kind.TO_DO,
) -> ToDo:
    """Set something to be done by `due_on`, a day of the service's own zone, for `for_id`.

    Raises NotFoundError where nobody of that id works with people here, in the hub it is about.
    """
    await _check_may(session, for_id, set_by, conversation_id)
    to_do = ToDo(
        kind=kind,
        due_on=due_on,
        for_id=for_id,
        set_by=set_by,
        conversation_id=conversation_id,
        made_at=now,
    )
    to_do.words = await _sealed(session, to_do, words)
    session.add(to_do)
    await session.flush()
    return to_do


async def contact_on(
    session: Session, *, conversation_id: uuid.UUID, day: date, staff_id: uuid.UUID, now: datetime
) -> ToDo:
    """Set the day someone is to be contacted next: in place of the one that stood. Their talk is held.

    Raises NotFoundError.
    """
    standing = await _next_contacts(session, [conversation_id])
    if not standing:
        return await add(
            session,
            words="",
            due_on=day,
            for_id=staff_id,
            set_by=staff_id,
            conversation_id=conversation_id,
            kind=Kind.NEXT_CONTACT,
            now=now,
        )
    before, *spare = standing
    for one in spare:
        one.done_at, one.done_by, one.version = now, staff_id, one.version + 1
    before.due_on, before.for_id, before.set_by, before.version = day, staff_id, staff_id, before.version + 1
    await session.flush()
    return before


async def next_contacts(session: Session, *, talks: Sequence[uuid.UUID]) -> dict[uuid.UUID, date]:
    """Say on which day the people of these talks are to be contacted next, by talk, where a day is set."""
    found: dict[uuid.UUID, date] = {}
    for one in await _next_contacts(session, talks):
        assert one.conversation_id is not None  # noqa: S101
        found.setdefault(one.conversation_id, one.due_on)
    return found


async def change(
    session: Session,
    *,
    to_do_id: uuid.UUID,
    caller: Caller,
    version: int,
    words: str | None = None,
    due_on: date | None = None,
) -> ToDo:
    """Change the words or the day of one that is not done. Raises NotFoundError, StaleError."""
    to_do = await _held(session, to_do_id, caller, version)
    if to_do.done_at is not None:
        raise StaleError
    if words is not None:
        to_do.words = await _sealed(session, to_do, words)
    to_do.due_on = due_on or to_do.due_on
    return await _changed(session, to_do)


async def tick_off(
    session: Session, *, to_do_id: uuid.UUID, caller: Caller, version: int, done: bool, now: datetime
) -> ToDo:
    """Note that one is done, or that it is not after all; asked again it stays as it is.

    Raises NotFoundError where it is not theirs to see, StaleError.
    """
    to_do = await _held(session, to_do_id, caller, version)
    if (to_do.done_at is not None) is not done:
        to_do.done_at, to_do.done_by = (now, caller.staff_id) if done else (None, None)
        await _changed(session, to_do)
    return to_do


async def mine(
    session: Session, *, staff_id: uuid.UUID, today: date, when: When | None = None, limit: int = MOST
) -> list[Opened]:
    """List what `staff_id` has still to do, the longest due first; `when`: only that, seen from `today`."""
    due = col(ToDo.due_on)
    days = {When.OVERDUE: due < today, When.TODAY: due == today, When.COMING: due > today}
    asked = [ToDo.for_id == staff_id, col(ToDo.done_at).is_(None), *([days[when]] if when else [])]
    return await _list(session, *asked, limit=limit)


async def ticked_off(session: Session, *, staff_id: uuid.UUID, since: datetime, limit: int = 20) -> list[Opened]:
    """List what `staff_id` was to do and somebody ticked off since, so that a slip of the finger can be undone."""
    return await _list(session, ToDo.for_id == staff_id, col(ToDo.done_at) >= since, limit=limit)


async def of_talk(session: Session, *, conversation_id: uuid.UUID, limit: int = MOST) -> list[Opened]:
    """List what is to be done, or was, about the person of one talk, whoever does it; the longest due first."""
    return await _list(session, ToDo.conversation_id == conversation_id, limit=limit)


async def look(session: Session, *, to_do_id: uuid.UUID, caller: Caller) -> Opened:
    """Open one. Raises NotFoundError where it is not theirs to see."""
    found = await _list(session, ToDo.id == to_do_id, *_theirs(caller), limit=1)
    if not found:
        raise NotFoundError
    return found[0]


def _theirs(caller: Caller) -> list[Any]:
    """Say which to-dos are a caller's to see: their own, those they set, and about people of their hub."""
    own = [ToDo.for_id == caller.staff_id, ToDo.set_by == caller.staff_id]
    about_theirs = and_(col(ToDo.conversation_id).is_not(None), hubs.of_mine(caller.hub_id))
    return [or_(*own, about_theirs)]


async def _list(session: Session, *asked: Any, limit: int) -> list[Opened]:
    lines = (
        select(ToDo, Conversation.person_id, Person, Staff.name)
        .outerjoin(Conversation, col(Conversation.id) == col(ToDo.conversation_id))
        .outerjoin(Person, col(Person.id) == col(Conversation.person_id))
        .join(Staff, col(Staff.id) == col(ToDo.for_id))
        .where(*asked)
        .order_by(col(ToDo.due_on), col(ToDo.made_at), col(ToDo.id))
    )
    found = await session.exec(lines.limit(limit).execution_options(populate_existing=True))
    return [
        Opened(
            to_do, _words(session, to_do), person_id, people.name_to_use(session, person) if person else "", name
        )
        for to_do, person_id, person, name in found
    ]


async def _next_contacts(session: Session, talks: Sequence[uuid.UUID]) -> Sequence[ToDo]:
    standing = select(ToDo).where(
        col(ToDo.conversation_id).in_(talks), ToDo.kind == Kind.NEXT_CONTACT, col(ToDo.done_at).is_(None)
    )
    return (await session.exec(standing.order_by(col(ToDo.due_on)))).all()


async def _check_may(
    session: Session, for_id: uuid.UUID, set_by: uuid.UUID | None, conversation_id: uuid.UUID | None
) -> None:
    """See that whoever is to do it works with people, in the hub of whoever set it and of whom it is about."""
    member = await session.get(Staff, for_id)
    if member is None or member.ended_at is not None or member.role not in WITH_PEOPLE:
        raise NotFoundError
    setter = await session.get(Staff, set_by) if set_by else None
    talk = await session.get(Conversation, conversation_id) if conversation_id else None
    hubs_in = (setter.hub_id if setter else None, talk.hub_id if talk else None)
    if not all(hubs.is_mine(hub_id, mine=member.hub_id) for hub_id in hubs_in):
        raise NotFoundError


async def _held(session: Session, to_do_id: uuid.UUID, caller: Caller, version: int) -> ToDo:
    await look(session, to_do_id=to_do_id, caller=caller)
    to_do = await session.get(ToDo, to_do_id, with_for_update=True, populate_existing=True)
    if to_do is None:
        raise NotFoundError
    if to_do.version != version:
        raise StaleError
    return to_do


async def _changed(session: Session, to_do: ToDo) -> ToDo:
    to_do.version += 1
    session.add(to_do)
    await session.flush()
    return to_do


def _words(session: Session, to_do: ToDo) -> str:
    sealed = to_do.words
    return readable(lambda: own_keys.unseal(session, sealed, _where(to_do.id), to_do), "") if sealed else ""


async def _sealed(session: Session, to_do: ToDo, words: str) -> bytes | None:
    """Seal what is to be done with the key of the talk it is about; about nobody, with the ring."""
    if not words:
        return None
    talk = to_do.conversation_id
    by = session.keys if talk is None else await own_keys.of(session, talk, to_do)
    return by.seal(words, _where(to_do.id))


def _where(to_do_id: uuid.UUID) -> str:
    return f"to_do:words:{to_do_id}"
