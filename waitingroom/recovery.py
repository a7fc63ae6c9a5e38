"""Recovery: ten codes to keep on paper, for whoever has lost their authenticator."""

import secrets
import uuid
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import Field, SQLModel, col, select

from waitingroom.columns import new_id
from waitingroom.database import Session

COUNT = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""No letter or figure that is taken for another."""
PARTS, PART = 3, 4
"""Twelve letters: 59 bits. With the keyed hash they need no slow one."""

USE = """
UPDATE recovery_code SET used_at = $3 WHERE staff_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING id
"""


class RecoveryCode(SQLModel, table=True):
    """One code that stands in for the authenticator, once. Only its keyed hash is kept."""

    __tablename__ = "recovery_code"

    id: uuid.UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: uuid.UUID = Field(foreign_key="staff.id", index=True)
    code_hash: bytes = Field(unique=True, repr=False)
    made_at: datetime
    used_at: datetime | None = None


async def make_anew(session: Session, *, staff_id: uuid.UUID, now: datetime) -> list[str]:
    """Make ten codes and return them: the only time they are ever seen. Those made before are void."""
    await void(session, staff_id=staff_id)
    codes = [_new() for _ in range(COUNT)]
    rows = [
        RecoveryCode(staff_id=staff_id, code_hash=_hash(session, staff_id, code), made_at=now) for code in codes
    ]
    session.add_all(rows)
    await session.flush()
    return codes


async def void(session: Session, *, staff_id: uuid.UUID) -> None:
    """Make every code of someone's void."""
    await session.run(delete(RecoveryCode).where(col(RecoveryCode.staff_id) == staff_id))


async def use(session: Session, *, staff_id: uuid.UUID, code: str, now: datetime) -> bool:
    """Use a code up. Returns False where it is not one of theirs, or was used before."""
    return bool(await session.driver.fetch(USE, staff_id, _hash(session, staff_id, code), now))


async def left(session: Session, *, staff_id: uuid.UUID) -> int:
    """Count the codes someone still has."""
    rows = await session.exec(
        select(RecoveryCode.id).where(RecoveryCode.staff_id == staff_id, col(RecoveryCode.used_at).is_(None))
    )
    return len(rows.all())


def looks_like_one(told: str) -> bool:
    """Say whether this was meant as a recovery code, rather than six figures."""
    return len(_plain(told)) == PARTS * PART


def _new() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(PART)) for _ in range(PARTS))


def _plain(told: str) -> str:
    return "".join(letter for letter in told.casefold() if letter.isalnum())


def _hash(session: Session, staff_id: uuid.UUID, code: str) -> bytes:
    return session.keys.fingerprint("recovery-code", f"{staff_id}:{_plain(code)}")
