"""How are you: someone who waits is asked every so often how things are, and whether they still want to wait."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Column, Index, SmallInteger, text
from sqlmodel import Field, SQLModel, col, select

from waitingroom import handoffs
from waitingroom.columns import by_value
from waitingroom.database import Session, Work
from waitingroom.handoffs import Reason, Urgency

FIRST_LOOK = timedelta(days=7)
"""When someone who joined is first looked at; whether they are asked yet is for the service's own setting."""
WHETHER_TO_STAY = 3
"""Every so many times they are asked whether they still want to wait, in place of how things are."""

PLAN = """
INSERT INTO how_are_you (referral_id, turn, due_at)
SELECT $1, COALESCE(max(turn), 0) + 1, $2 FROM how_are_you WHERE referral_id = $1
HAVING COALESCE(bool_and(asked_at IS NOT NULL), TRUE)
"""
DUE = """
SELECT h.referral_id, h.turn, r.conversation_id, r.joined_at, v.heard_at, w.pace
FROM how_are_you h JOIN referral r ON r.id = h.referral_id JOIN waiting w ON w.referral_id = h.referral_id
JOIN conversation v ON v.id = r.conversation_id
WHERE h.asked_at IS NULL AND h.due_at <= $1 ORDER BY h.due_at LIMIT $2 FOR NO KEY UPDATE OF v SKIP LOCKED
"""
PUT_OFF = "UPDATE how_are_you SET due_at = $3 WHERE referral_id = $1 AND turn = $2 AND asked_at IS NULL"
DROP = "DELETE FROM how_are_you WHERE referral_id = $1 AND asked_at IS NULL"
ASKED = """
UPDATE how_are_you SET asks = $3, asked_at = $4 WHERE referral_id = $1 AND turn = $2 AND asked_at IS NULL
"""
ANSWERED = """
UPDATE how_are_you h SET answer = $2, answered_at = $3
FROM (SELECT n.referral_id, n.turn FROM how_are_you n JOIN referral r ON r.id = n.referral_id
      WHERE r.conversation_id = $1 AND r.status IN ('waiting', 'picked_up') AND n.asked_at IS NOT NULL
      ORDER BY n.asked_at DESC LIMIT 1) AS newest
WHERE h.referral_id = newest.referral_id AND h.turn = newest.turn AND h.answered_at IS NULL
"""
SILENT = "UPDATE how_are_you SET answer = 'silence' WHERE referral_id = $1 AND turn = $2"


class Asks(StrEnum):
    """What someone is asked."""

    THINGS = "things"
    STAY = "stay"
    """whether they still want to wait"""


class Answer(StrEnum):
    """What someone answered."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    YES = "yes"
    NO = "no"
    NOT_SURE = "not_sure"
    OWN_WORDS = "own_words"
    """they wrote something else: it stands in the talk, and a link worker is asked to read it"""
    SILENCE = "silence"
    """nothing came, several times: staff were asked to look"""


class Next(StrEnum):
    """What is to be done when the time has come to ask."""

    THINGS = "things"
    STAY = "stay"
    TELL_STAFF = "tell_staff"
    LET_BE = "let_be"
    """staff were told that they are silent, and they have not written since"""


class HowAreYou(SQLModel, table=True):
    """One time of asking, from when it is planned. Each turn is asked once; it takes nobody off the list."""

    __tablename__ = "how_are_you"

    referral_id: uuid.UUID = Field(foreign_key="referral.id", primary_key=True, ondelete="CASCADE")
    turn: int = Field(primary_key=True, sa_type=SmallInteger)
    due_at: datetime
    asks: Asks | None = Field(default=None, sa_column=Column(by_value(Asks)))
    asked_at: datetime | None = None
    answer: Answer | None = Field(default=None, sa_column=Column(by_value(Answer)))
    answered_at: datetime | None = None

    __table_args__ = (Index("ix_how_are_you_due", "due_at", postgresql_where=text("asked_at IS NULL")),)


@dataclass(frozen=True)
class Due:
    """Someone whose time has come. Their talk is locked."""

    referral_id: uuid.UUID
    turn: int
    conversation_id: uuid.UUID
    joined_at: datetime
    heard_at: datetime
    pace: str


async def begin(session: Session, *, referral_id: uuid.UUID, now: datetime) -> None:
    """Have someone who comes back asked in time."""
    await session.together(beginning(referral_id=referral_id, now=now))


def beginning(*, referral_id: uuid.UUID, now: datetime) -> Work:
    """Return the work of having someone who joins asked in time."""
    return PLAN, (referral_id, now + FIRST_LOOK)


async def due(session: Session, *, now: datetime, limit: int = 100) -> list[Due]:
    """Take up to `limit` people whose time has come, their talks locked. Costs as much as there are of them."""
    return [Due(*row) for row in await session.driver.fetch(DUE, now, limit)]


async def put_off(session: Session, one: Due, *, until: datetime) -> None:
    """Look at someone again later."""
    await session.driver.execute(PUT_OFF, one.referral_id, one.turn, until)


async def drop(session: Session, one: Due) -> None:
    """Ask someone no more: they wait no longer."""
    await session.driver.execute(DROP, one.referral_id)


async def what_next(session: Session, one: Due) -> Next:
    """Say what is to be asked of someone, from how often they were asked and whether they are ever heard.

    Silent twice, they are asked once whether they want to stay on the list; silent to that, staff are told, and
    they are let be until they write. Nothing of this ever takes anyone off the list.
    """
    asked = [row for row in await of_referral(session, referral_id=one.referral_id) if row.asked_at is not None]
    silent = [row.answer is None and row.asked_at is not None and one.heard_at < row.asked_at for row in asked]
    last = asked[-1] if asked else None
    if last and last.answer is Answer.SILENCE and last.asked_at is not None and one.heard_at < last.asked_at:
        return Next.LET_BE
    if last and last.asks is Asks.STAY and silent[-3:] == [True] * 3:
        return Next.TELL_STAFF
    if silent[-2:] == [True, True] or one.turn % WHETHER_TO_STAY == 0:
        return Next.STAY
    return Next.THINGS


async def note_asked(session: Session, one: Due, *, asks: Asks, next_at: datetime, now: datetime) -> bool:
    """Note that someone is asked now, and plan the next time. Returns whether that is new: only then may it go.

    Of two referrals that were joined, each with a time planned, one goes on.
    """
    done: str = await session.driver.execute(ASKED, one.referral_id, one.turn, asks.value, now)
    await session.driver.execute(DROP, one.referral_id)
    await session.driver.execute(PLAN, one.referral_id, next_at)
    return done.endswith("1")


async def tell_staff(session: Session, one: Due, *, now: datetime) -> None:
    """Have a link worker look, as routine, at someone not heard for long. They stay on the list."""
    asked = [row for row in await of_referral(session, referral_id=one.referral_id) if row.asked_at is not None]
    await session.driver.execute(SILENT, one.referral_id, asked[-1].turn)
    await handoffs.raise_hand(
        session,
        conversation_id=one.conversation_id,
        reason=Reason.SILENT,
        urgency=Urgency.ROUTINE,
        referral_id=one.referral_id,
        now=now,
    )


async def answer(session: Session, *, conversation_id: uuid.UUID, answer: Answer, now: datetime) -> bool:
    """Keep what someone answered to what they were asked last; "worse" has a link worker look the same day.

    Returns whether they had been asked.
    """
    done: str = await session.driver.execute(ANSWERED, conversation_id, answer.value, now)
    if answer is Answer.WORSE:
        await handoffs.raise_hand(
            session,
            conversation_id=conversation_id,
            reason=Reason.GETTING_WORSE,
            urgency=Urgency.SOON,
            now=now,
        )
    return done.endswith("1")


async def of_referral(session: Session, *, referral_id: uuid.UUID) -> list[HowAreYou]:
    """List when someone was, and will be, asked, and what they answered, oldest first."""
    found = select(HowAreYou).where(HowAreYou.referral_id == referral_id).order_by(col(HowAreYou.turn))
    return list((await session.exec(found.execution_options(populate_existing=True))).all())
