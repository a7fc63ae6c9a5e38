"""Letters: messages that never arrived or could not be read, kept until a person has looked."""

from datetime import datetime

from sqlmodel import col, select, update

from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.messages import Message, Status


class NoSuchLetterError(RefusedError):
    """There is no dead letter with that number."""


async def dead(session: Session, *, limit: int = 100) -> list[Message]:
    """List dead letters, oldest first."""
    found = await session.exec(
        select(Message)
        .where(col(Message.status).in_([Status.DEAD, Status.UNREADABLE]))
        .order_by(col(Message.id))
        .limit(limit)
    )
    return list(found)


async def retry(session: Session, *, letter: int, now: datetime) -> Message:
    """Queue a dead outgoing letter again, its tries counted afresh. Raises NoSuchLetterError."""
    queued = await session.exec(
        update(Message)
        .where(col(Message.id) == letter, col(Message.status) == Status.DEAD)
        .values(status=Status.QUEUED, attempts=0, next_try_at=now, problem=None)
        .returning(Message)
    )
    message: Message | None = queued.scalars().first()
    if message is None:
        raise NoSuchLetterError
    return message
