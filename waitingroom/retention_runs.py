"""Retention runs: when each class of record was last cleared, so that a night that never came is noticed."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import BigInteger, Field, SQLModel

from waitingroom.database import Session
from waitingroom.record_classes import RecordClass

NOTE = """
INSERT INTO retention_run (kind, ran_at, gone) VALUES ($1, $2, $3)
ON CONFLICT (kind) DO UPDATE SET ran_at = excluded.ran_at, gone = excluded.gone
"""


class RetentionRun(SQLModel, table=True):
    """The last time a class was cleared, and how many records of it went."""

    __tablename__ = "retention_run"

    kind: str = Field(primary_key=True)
    ran_at: datetime
    gone: int = Field(sa_type=BigInteger)


async def note(session: Session, *, kind: RecordClass, gone: int, now: datetime) -> None:
    """Note that a class was cleared: all that was due of it has gone, `gone` records."""
    await session.driver.execute(NOTE, kind.value, now, gone)


async def last(session: Session) -> Mapping[RecordClass, datetime | None]:
    """Say of every class there is when it was last cleared; None: never."""
    ran = dict(await session.driver.fetch("SELECT kind, ran_at FROM retention_run"))
    return {kind: ran.get(kind.value) for kind in RecordClass}
