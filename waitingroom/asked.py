"""Asked: what someone says who was asked because another person suggested it; and a no is a no."""

import uuid
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, select

from waitingroom import asking, conversations, introductions
from waitingroom.conversations import Place
from waitingroom.database import Session
from waitingroom.introductions import Introduction, Status

NOT_SOON = timedelta(days=182)
"""How long nobody is asked again after a no."""
LONGEST_NAME = 20

YES = """
UPDATE introduction SET status = 'agreed', answered_at = $2, evidence = $3, next_at = NULL, version = version + 1
WHERE asked_in_id = $1 AND asked_at IS NOT NULL AND status IN ('awaiting_person', 'held') RETURNING id
"""
NO = """
DELETE FROM introduction i USING conversation v
WHERE i.asked_in_id = $1 AND v.id = $1 AND v.person_id IS NULL RETURNING i.number_hash
"""
NO_ELSEWHERE = "DELETE FROM introduction WHERE number_hash = $1 AND status IN ('to_ask', 'to_call', 'held')"
NOTE_NO = """
INSERT INTO do_not_ask AS d (number_hash, noted_at, ends_at) VALUES ($1, $2, $3)
ON CONFLICT (number_hash) DO UPDATE SET noted_at = excluded.noted_at,
    ends_at = CASE WHEN d.ends_at IS NULL THEN NULL ELSE excluded.ends_at END
"""


class DoNotAsk(SQLModel, table=True):
    """A number whose owner said no, as a keyed hash and nothing else: nobody can have them asked again."""

    __tablename__ = "do_not_ask"

    number_hash: bytes = Field(primary_key=True, repr=False)
    noted_at: datetime
    ends_at: datetime | None = None
    """Until when it holds; none: for ever."""


async def who_suggested(session: Session, *, conversation_id: uuid.UUID) -> str:
    """Give the first name of whoever suggested the person of this talk; empty where it may not be told.

    Only where they agreed to it, no danger was heard where they told us, and it looks like a name and nothing
    else: whoever holds this phone will read it.
    """
    for introduction in await _awaiting(session, conversation_id):
        told = introductions.told(session, introduction)
        name = (told.by.split() or [""])[0]
        plain = name.replace("-", "").replace("'", "").isalpha() and len(name) <= LONGEST_NAME
        if told.may_name and plain and not await asking.in_danger(session, introduction):
            return name
    return ""


async def accept(session: Session, *, conversation_id: uuid.UUID, message_id: int, now: datetime) -> bool:
    """The person says yes to hearing more, in this message. Returns whether they had been suggested at all.

    Said twice is said once.
    """
    agreed = await session.driver.fetch(YES, conversation_id, now, message_id)
    await conversations.show_to(session, conversation_id=conversation_id, place=Place.FRONT_DOOR)
    return bool(agreed)


async def lost(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> None:
    """Have staff call someone who was asked by a text that never arrived."""
    for introduction in await _awaiting(session, conversation_id):
        await asking.have_called(session, introduction, now=now)


async def decline(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """The person says no: all that was told of them is deleted at once, and nobody has them asked again soon.

    Returns whether there was anything. The talk itself goes within the hour, time enough to read the last answer.
    """
    return await _refuse(session, conversation_id, now, until=now + NOT_SOON)


async def never(session: Session, *, conversation_id: uuid.UUID, now: datetime) -> bool:
    """The person wants never to be asked again: all is deleted but a keyed hash. Returns whether there was any."""
    return await _refuse(session, conversation_id, now, until=None)


async def spare(session: Session, *, number_hash: bytes, now: datetime, until: datetime | None) -> None:
    """Note that whoever has this number is not to be asked, until then or for ever. For ever stays for ever."""
    await session.driver.execute(NOTE_NO, number_hash, now, until)


async def _refuse(session: Session, conversation_id: uuid.UUID, now: datetime, *, until: datetime | None) -> bool:
    gone = await session.driver.fetch(NO, conversation_id)
    for row in gone:
        if row["number_hash"] is not None:
            await spare(session, number_hash=row["number_hash"], now=now, until=until)
            await session.driver.execute(NO_ELSEWHERE, row["number_hash"])
    if gone:
        await conversations.show_to(session, conversation_id=conversation_id, place=Place.FRONT_DOOR)
        await conversations.forget_soon(session, conversation_id=conversation_id, now=now)
    return bool(gone)


async def _awaiting(session: Session, conversation_id: uuid.UUID) -> list[Introduction]:
    found = await session.exec(
        select(Introduction)
        .where(Introduction.asked_in_id == conversation_id, Introduction.status == Status.AWAITING_PERSON)
        .order_by(col(Introduction.told_at))
    )
    return list(found)
