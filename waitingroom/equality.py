"""Equality answers: who uses the service, kept apart from the referral and only ever counted."""

import json
import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col, select

from waitingroom import messages, own_keys, people
from waitingroom.alarms import Alarm
from waitingroom.columns import ID_BYTES, UnreadableError, key_of
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.messages import Author, Message, Status
from waitingroom.small_numbers import one_row
from waitingroom.young_people import GROWN_UP

LOOK_BACK = 12
"""How many messages before an answer its question is looked for."""
ANSWERS_OF = f"""
SELECT owner_hash, answers, {own_keys.carried_by("answers")} AS keys FROM equality_answers
WHERE owner_hash = ANY($1::bytea[])
"""  # noqa: S608 -- words of our own
OWN_WORDS = "_words"
"""What the key of an answer in own words ends in: it is kept, and not counted."""


class Standing(StrEnum):
    """What can be asked of whoever has a talk."""

    NEW = "new"
    ANSWERED = "answered"
    TOO_YOUNG = "too_young"
    NOBODY = "nobody"
    """we do not know them yet: there is nobody to keep answers for"""


class EqualityAnswers(SQLModel, table=True):
    """One person's answers, sealed whole, under a keyed hash of the person's id.

    Neither the row nor a reader of it knows whose it is: there is no id, no day, no referral. With the person's
    id and the service's key it is found again, so that they can change their answers and take them back.
    """

    __tablename__ = "equality_answers"

    owner_hash: bytes = Field(primary_key=True, repr=False)
    answers: bytes = Field(repr=False)


own_keys.carry(EqualityAnswers, EqualityAnswers.answers)


async def standing(session: Session, *, conversation_id: uuid.UUID) -> Standing:
    """Say whether someone may be asked, and whether they have answered before. Nobody under 18 is asked."""
    person_id = await _person_of(session, conversation_id)
    if person_id is None:
        return Standing.NOBODY
    about = people.about(session, await people.person(session, person_id))
    if about.age < GROWN_UP:
        return Standing.TOO_YOUNG
    return Standing.ANSWERED if await of_person(session, person_id=person_id) else Standing.NEW


async def keep(
    session: Session, *, conversation_id: uuid.UUID, asked: Sequence[str], answers: Mapping[str, str]
) -> bool:
    """Keep what someone answered to the questions `asked`, in place of what they answered to them before.

    Returns False where nobody is known in this talk, and nothing was kept.
    """
    person_id = await _person_of(session, conversation_id)
    if person_id is None:
        return False
    before = await of_person(session, person_id=person_id)
    gone = {*asked, *(f"{key}{OWN_WORDS}" for key in asked)}
    told = {key: value for key, value in before.items() if key not in gone} | dict(answers)
    owner = owner_of(session, person_id)
    await session.run(delete(EqualityAnswers).where(col(EqualityAnswers.owner_hash) == owner))
    sealed = (await own_keys.of(session, key_owner(owner))).seal(json.dumps(told), _where(owner))
    await session.put(EqualityAnswers, owner_hash=owner, answers=sealed)
    return True


async def of_person(session: Session, *, person_id: uuid.UUID) -> dict[str, str]:
    """Give what someone answered, for themselves alone to see; empty where they answered nothing."""
    owner = owner_of(session, person_id)
    kept = (await session.exec(select(EqualityAnswers).where(EqualityAnswers.owner_hash == owner))).first()
    return _opened(session, kept) if kept else {}


async def of_people(session: Session, *, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[str, str]]:
    """Give what these people answered, to be counted and for nothing else; who answered nothing is not there."""
    owners = {owner_of(session, person_id): person_id for person_id in ids}
    kept = await session.driver.fetch(ANSWERS_OF, list(owners))
    told = {owners[owner]: _told(session, sealed, owner, keys) for owner, sealed, keys in kept}
    return {person_id: answers for person_id, answers in told.items() if answers}


async def forget(session: Session, *, conversation_id: uuid.UUID) -> bool:
    """Delete what someone answered, at their word. Returns whether there was anything."""
    person_id = await _person_of(session, conversation_id)
    return person_id is not None and await erase(session, person_id=person_id)


async def erase(session: Session, *, person_id: uuid.UUID) -> bool:
    """Delete what a person answered, its key first, and before the person's row. Returns whether there was any."""
    await own_keys.destroy(session, owners=[key_owner(owner_of(session, person_id))])
    return await take_away(session, person_id=person_id)


async def take_away(session: Session, *, person_id: uuid.UUID) -> bool:
    """Delete what a person answered, and leave its key to whoever was given it. Returns whether there was any."""
    theirs = col(EqualityAnswers.owner_hash) == owner_of(session, person_id)
    return bool((await session.run(delete(EqualityAnswers).where(theirs))).rowcount)


async def drop_idle_key(session: Session, *, person_id: uuid.UUID) -> None:
    """Destroy the key of a person's answers where there are none."""
    if not await session.driver.fetch(ANSWERS_OF, [owner_of(session, person_id)]):
        await own_keys.destroy(session, owners=[key_owner(owner_of(session, person_id))])


async def set_apart(
    session: Session, *, conversation_id: uuid.UUID, message_id: int, asks: str, asked: str, answered: str
) -> bool:
    """Take an answer and its question out of the transcript: staff who read it must not see them.

    `asks` is the question's key; `asked` and `answered` are what stands there from now on. Words in which danger
    was heard stay as they are, for whoever must act on them. Returns whether the answer was taken out.
    """
    alarm = select(col(Alarm.id)).where(Alarm.message_id == message_id)
    if (await session.exec(alarm)).first() is not None:
        return False
    own = await own_keys.of(session, conversation_id)
    for message in await _around(session, conversation_id, message_id):
        said = messages.said(session, message)
        if message.author is Author.PERSON:
            said["text"] = answered
        elif said.get("asks") == asks:
            said = {"text": asked}
        message.body = messages.sealed_body(own, said, message.dedupe)
        session.add(message)
    await session.flush()
    return True


async def count(session: Session) -> dict[str, Counter[str]]:
    """Count the answers to each question, by its key and the answer's. Own words are not counted."""
    counts: dict[str, Counter[str]] = {}
    for kept in await session.exec(select(EqualityAnswers)):
        for question, answer in _opened(session, kept).items():
            if not question.endswith(OWN_WORDS):
                counts.setdefault(question, Counter())[answer] += 1
    return counts


def tellable(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Leave out what could point at someone, or would let it be worked out: those numbers are None."""
    return one_row(counts)


async def _around(session: Session, conversation_id: uuid.UUID, message_id: int) -> list[Message]:
    """Find the answer and what the bot said before it; what is still to be sent is left alone."""
    before = (
        select(Message)
        .where(
            Message.conversation_id == conversation_id,
            col(Message.id) < message_id,
            Message.author == Author.BOT,
            col(Message.status).not_in([Status.QUEUED, Status.SENDING]),
        )
        .order_by(col(Message.id).desc())
        .limit(LOOK_BACK)
    )
    answer = select(Message).where(Message.id == message_id, Message.conversation_id == conversation_id)
    return [*(await session.exec(before)), *(await session.exec(answer))]


async def _person_of(session: Session, conversation_id: uuid.UUID) -> uuid.UUID | None:
    talk = await session.get(Conversation, conversation_id, populate_existing=True)
    return talk.person_id if talk else None


def owner_of(session: Session, person_id: uuid.UUID) -> bytes:
    """Give the keyed hash that a person's answers are found by."""
    return session.keys.fingerprint("equality", str(person_id))


def key_owner(owner: bytes) -> uuid.UUID:
    """Name whose key a person's answers open with: made of the keyed hash, so that it names nobody either."""
    return uuid.UUID(bytes=owner[:ID_BYTES])


def _where(owner: bytes) -> str:
    return f"equality_answers:answers:{owner.hex()}"


def _opened(session: Session, kept: EqualityAnswers) -> dict[str, str]:
    return _told(session, kept.answers, kept.owner_hash, kept)


def _told(session: Session, sealed: bytes, owner: bytes, carried: own_keys.Carried) -> dict[str, str]:
    """Open answers; none where their key was destroyed: a copy from before brings nothing back."""
    try:
        opened: dict[str, str] = json.loads(own_keys.unseal(session, sealed, _where(owner), carried))
    except UnreadableError:
        if key_of(sealed) is None:
            raise
        return {}
    return opened
