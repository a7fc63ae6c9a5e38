"""Staff tasks: a call to make or a letter to post, for someone who waits and is not to be reached by text."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Index, SmallInteger, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import handoffs, how_are_you, hubs, own_keys, people
from waitingroom.columns import by_value, new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.how_are_you import Answer
from waitingroom.moves import moved
from waitingroom.people import Person, SafeContact
from waitingroom.referrals import UNDER_WAY, Referral

MOST_TRIES = 3
"""After so many tries that did not reach them a link worker decides what to do."""
PERSON = "SELECT person_id FROM referral WHERE id = $1"
TRY_AGAIN = timedelta(days=1)


HEARD = "UPDATE conversation SET heard_at = $2 WHERE id = $1 AND heard_at < $2"
"""Whoever was spoken with on the phone has been heard, as if they had written."""


class NoPhoneError(RefusedError):
    """They have given no number to call. Ask them for one, or write letters."""


class Kind(StrEnum):
    """How someone is told by hand."""

    CALL = "call"
    LETTER = "letter"


class Status(StrEnum):
    """Where a task stands."""

    TO_DO = "to_do"
    DONE = "done"
    FAILED = "failed"
    """they could not be reached: a link worker was asked to look"""


MOVES: dict[Status, frozenset[Status]] = {
    Status.TO_DO: frozenset({Status.DONE, Status.FAILED}),
    Status.DONE: frozenset(),
    Status.FAILED: frozenset(),
}
"""The only steps a task can take."""


class StaffTask(SQLModel, table=True):
    """All that one person is to be told by hand in one week. What is to be said is sealed."""

    __tablename__ = "staff_task"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    referral_id: uuid.UUID = Field(foreign_key="referral.id")
    week_on: date
    """the Monday of its week"""
    kind: Kind = Field(sa_column=Column(by_value(Kind), nullable=False))
    due_on: date
    words: bytes = Field(repr=False)
    status: Status = Field(sa_column=Column(by_value(Status), nullable=False))
    tries: int = Field(default=0, sa_type=SmallInteger)
    made_at: datetime
    settled_at: datetime | None = None
    settled_by: uuid.UUID | None = Field(default=None, foreign_key="staff.id")
    version: int = 1

    __table_args__ = (
        Index("uq_staff_task_week", "referral_id", "week_on", unique=True),
        Index("ix_staff_task_to_do", "due_on", "id", postgresql_where=text("status = 'to_do'")),
    )


own_keys.carry(StaffTask, StaffTask.words)


@dataclass(frozen=True)
class Opened:
    """A task with all that is needed to do it: who, how it is safe to reach them, and what to say."""

    task: StaffTask
    name: str
    """the name to use"""
    reach: SafeContact
    code_word: str
    words: Sequence[str]


async def kind_for(session: Session, *, conversation_id: uuid.UUID) -> Kind | None:
    """Say whether the person of a talk is to be called or written a letter; None: neither, they read messages."""
    theirs = select(Person).join(Referral, col(Referral.person_id) == col(Person.id))
    newest = theirs.where(Referral.conversation_id == conversation_id).order_by(col(Referral.joined_at).desc())
    person = (await session.exec(newest.limit(1))).first()
    how = people.safe_contact(session, person).how if person else ""
    return Kind(how) if how in set(Kind) else None


async def add(
    session: Session, *, referral_id: uuid.UUID, kind: Kind, words: str, on: date, now: datetime
) -> StaffTask:
    """Have someone told something by hand: what is due in one week goes in one call, or one letter.

    Where that week's was made or posted already, it goes with the next week's.
    """
    week_on = on - timedelta(days=on.weekday())
    task = await _of_week(session, referral_id, week_on)
    while task is not None and task.status is not Status.TO_DO:
        week_on += timedelta(weeks=1)
        task = await _of_week(session, referral_id, week_on)
    if task is None:
        task = StaffTask(
            referral_id=referral_id,
            week_on=week_on,
            kind=kind,
            due_on=max(on, week_on),
            words=b"",
            status=Status.TO_DO,
            made_at=now,
        )
    said = [*(_words(session, task) if task.words else ()), words]
    own = await own_keys.of(session, await session.driver.fetchval(PERSON, referral_id), task)
    task.words = own.seal(json.dumps(said), _where(task.id))
    task.kind, task.version = kind, task.version + (1 if len(said) > 1 else 0)
    session.add(task)
    await session.flush()
    return task


async def to_do(
    session: Session,
    *,
    kind: Kind | None = None,
    due_by: date | None = None,
    hub_id: uuid.UUID | None = None,
    limit: int = 200,
) -> list[StaffTask]:
    """List what is to be done, the longest due first. Nobody's who waits no more.

    `hub_id`: only for those whom staff of this hub may see.
    """
    listed = select(StaffTask).join(Referral, col(Referral.id) == col(StaffTask.referral_id))
    listed = listed.where(StaffTask.status == Status.TO_DO, col(Referral.status).in_(UNDER_WAY))
    listed = listed.where(hubs.of_mine(hub_id, col(Referral.conversation_id)))
    if kind is not None:
        listed = listed.where(StaffTask.kind == kind)
    if due_by is not None:
        listed = listed.where(col(StaffTask.due_on) <= due_by)
    return list((await session.exec(listed.order_by(col(StaffTask.due_on), col(StaffTask.id)).limit(limit))).all())


async def look(session: Session, *, task_id: uuid.UUID) -> Opened:
    """Open one task. Raises NotFoundError."""
    return await opened(session, await _find(session, task_id))


async def opened(session: Session, task: StaffTask) -> Opened:
    """Open a task: who it is for and what to say. Raises NotFoundError."""
    referral = await session.get(Referral, task.referral_id)
    if referral is None:
        raise NotFoundError
    person = await people.person(session, referral.person_id)
    more = people.more(session, person)
    return Opened(
        task=task,
        name=more.name_to_use or people.about(session, person).name,
        reach=people.safe_contact(session, person),
        code_word=more.code_word or "",
        words=_words(session, task),
    )


async def settle(
    session: Session,
    *,
    task_id: uuid.UUID,
    reached: bool,
    staff_id: uuid.UUID,
    version: int,
    now: datetime,
    answer: Answer | None = None,
) -> StaffTask:
    """Note that someone was told, or could not be reached: then it is due again tomorrow, three times at most.

    After that a link worker is asked to look. `answer`: what they said on the phone when asked how things are, or
    whether they want to stay. Raises NotFoundError, StaleError, IllegalMoveError.
    """
    task = await _find(session, task_id, lock=True)
    to = Status.DONE if reached else Status.FAILED
    moved(MOVES, task.status, to)
    if task.version != version:
        raise StaleError
    task.version, task.tries = task.version + 1, task.tries + 1
    if reached or task.tries >= MOST_TRIES:
        task.status, task.settled_at, task.settled_by = to, now, staff_id
    else:
        task.due_on = now.date() + TRY_AGAIN
    session.add(task)
    await session.flush()
    referral = await session.get(Referral, task.referral_id)
    assert referral is not None  # noqa: S101
    if reached and task.kind is Kind.CALL:
        await session.driver.execute(HEARD, referral.conversation_id, now)
    if reached and answer is not None:
        talk = referral.conversation_id
        await how_are_you.answer(session, conversation_id=talk, answer=answer, now=now)
    if task.status is Status.FAILED:
        await handoffs.raise_hand(
            session,
            conversation_id=referral.conversation_id,
            reason=Reason.NOT_REACHED,
            urgency=Urgency.ROUTINE,
            referral_id=referral.id,
            now=now,
        )
    return task


async def reach_by(
    session: Session, *, person_id: uuid.UUID, kind: Kind, address: Sequence[str] = ()
) -> SafeContact:
    """Have someone called, or written letters to `address`, from now on; what is to be done already goes so too.

    Raises NotFoundError, NoPhoneError.
    """
    person = await session.get(Person, person_id, with_for_update=True, populate_existing=True)
    if person is None:
        raise NotFoundError
    before = people.safe_contact(session, person)
    if kind is Kind.CALL and not before.phone:
        raise NoPhoneError
    kept = tuple(address) or before.address
    reach = before.model_copy(update={"how": kind.value, "address": kept})
    own = await own_keys.of(session, person.id)
    person.safe_contact = own.seal(reach.model_dump_json(), f"person:safe_contact:{person.id}")
    person.version += 1
    session.add(person)
    theirs = select(StaffTask).join(Referral, col(Referral.id) == col(StaffTask.referral_id))
    for task in await session.exec(
        theirs.where(Referral.person_id == person_id, StaffTask.status == Status.TO_DO)
    ):
        task.kind, task.version = kind, task.version + 1
        session.add(task)
    await session.flush()
    return reach


async def of_referral(session: Session, *, referral_id: uuid.UUID) -> list[tuple[StaffTask, Sequence[str]]]:
    """List what someone was, or is to be, told by hand, oldest first, with the words."""
    found = select(StaffTask).where(StaffTask.referral_id == referral_id).order_by(col(StaffTask.week_on))
    return [(task, _words(session, task)) for task in await session.exec(found)]


async def _of_week(session: Session, referral_id: uuid.UUID, week_on: date) -> StaffTask | None:
    found = select(StaffTask).where(StaffTask.referral_id == referral_id, StaffTask.week_on == week_on)
    return (await session.exec(found.with_for_update())).first()


async def _find(session: Session, task_id: uuid.UUID, *, lock: bool = False) -> StaffTask:
    found = await session.get(StaffTask, task_id, populate_existing=True, with_for_update=lock or None)
    if found is None:
        raise NotFoundError
    return found


def _words(session: Session, task: StaffTask) -> list[str]:
    said: list[str] = json.loads(own_keys.unseal(session, task.words, _where(task.id), task))
    return said


def _where(task_id: uuid.UUID) -> str:
    return f"staff_task:words:{task_id}"
