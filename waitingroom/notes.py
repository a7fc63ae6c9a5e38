"""Private notes: what staff write down about someone for each other, never said to them in a chat."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Field, SQLModel, col, select

from waitingroom import own_keys
from waitingroom.columns import new_id
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff, NotYoursError
from waitingroom.roles import Role
from waitingroom.staff import Caller

OPEN_FOR = timedelta(minutes=15)
"""How long its writer may change a note: time to put a slip right, and nobody has relied on it yet."""


class NoteStandsError(RefusedError):
    """A note stands as it is 15 minutes after it was written. Write another one to add to it."""


class NotYourNoteError(NotYoursError):
    """Only whoever wrote a note may change it. Write one of your own to add to it."""


class PrivateNote(SQLModel, table=True):
    """One note about someone. Its words are sealed. They are personal data, and theirs to have a copy of."""

    __tablename__ = "private_note"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    conversation_id: uuid.UUID = Field(foreign_key="conversation.id", index=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id")
    words: bytes = Field(repr=False)
    third_party: bool = False
    """it tells of somebody else, or what they said in confidence: left out of the copy the person gets"""
    written_at: datetime
    changed_at: datetime | None = None
    version: int = 1


own_keys.carry(PrivateNote, PrivateNote.words)


def check_may_write(handoff: Handoff, caller: Caller) -> None:
    """Raise NotYoursError but for whoever has a hand-off, or had it last, and for a lead."""
    if handoff.claimed_by != caller.staff_id and caller.role is not Role.LEAD:
        raise NotYoursError


async def write(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    staff_id: uuid.UUID,
    words: str,
    now: datetime,
    third_party: bool = False,
) -> PrivateNote:
    """Write a note about the person of a talk."""
    note_id = new_id()
    note = PrivateNote(
        id=note_id,
        conversation_id=conversation_id,
        staff_id=staff_id,
        words=(await own_keys.of(session, conversation_id)).seal(words, _where(note_id)),
        third_party=third_party,
        written_at=now,
    )
    session.add(note)
    await session.flush()
    return note


async def find(session: Session, *, note_id: uuid.UUID) -> PrivateNote:
    """Find a note. Raises NotFoundError."""
    found = await session.get(PrivateNote, note_id, populate_existing=True)
    if found is None:
        raise NotFoundError
    return found


async def change(
    session: Session,
    *,
    note_id: uuid.UUID,
    staff_id: uuid.UUID,
    version: int,
    words: str,
    third_party: bool,
    now: datetime,
) -> PrivateNote:
    """Put a note right within 15 minutes of writing it.

    Raises NotFoundError, NotYourNoteError, NoteStandsError, StaleError.
    """
    note = await session.get(PrivateNote, note_id, with_for_update=True, populate_existing=True)
    if note is None:
        raise NotFoundError
    if note.staff_id != staff_id:
        raise NotYourNoteError
    if now - note.written_at > OPEN_FOR:
        raise NoteStandsError
    if note.version != version:
        raise StaleError
    own = await own_keys.of(session, note.conversation_id, note)
    note.words, note.third_party = own.seal(words, _where(note.id)), third_party
    note.changed_at, note.version = now, note.version + 1
    session.add(note)
    await session.flush()
    return note


def words_of(session: Session, note: PrivateNote) -> str:
    """Open what a note says."""
    return own_keys.unseal(session, note.words, _where(note.id), note)


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Sequence[tuple[PrivateNote, str]]:
    """List the notes about the person of a talk with their words, oldest first."""
    found = select(PrivateNote).where(PrivateNote.conversation_id == conversation_id)
    written = await session.exec(found.order_by(col(PrivateNote.written_at), col(PrivateNote.id)))
    return [(note, words_of(session, note)) for note in written]


def _where(note_id: uuid.UUID) -> str:
    return f"private_note:words:{note_id}"
