"""Key holders: which keys each running process knows, so that no key is used too soon or taken away too early."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Column, SmallInteger
from sqlmodel import Field, SQLModel

from waitingroom.columns import KeyRing
from waitingroom.database import Session
from waitingroom.errors import RefusedError

LIVES = "interval '60 seconds'"
"""For how long a process counts as running after it was heard of last: it tells of itself every 20 seconds."""
TELL = """
INSERT INTO key_holder (id, place, knows, seals, seen_at) VALUES ($1, $2, $3, $4, now())
ON CONFLICT (id) DO UPDATE SET knows = excluded.knows, seals = excluded.seals, seen_at = now()
"""
FORGET = "DELETE FROM key_holder WHERE id = $1 OR seen_at < now() - interval '1 day'"
LIVING = f"SELECT place, knows, seals, seen_at FROM key_holder WHERE seen_at > now() - {LIVES} ORDER BY place"  # noqa: S608
USED = """
INSERT INTO sealing_key (number, used_at) VALUES ($1, now())
ON CONFLICT (number) DO UPDATE SET used_at = now(), retired_at = NULL
"""
RETIRED = """
INSERT INTO sealing_key (number, used_at, retired_at) VALUES ($1, 'epoch', now())
ON CONFLICT (number) DO UPDATE SET retired_at = now()
"""
KEYS = "SELECT number, used_at, retired_at IS NOT NULL AS retired FROM sealing_key ORDER BY used_at"
BEGAN_BEFORE = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND xact_start < (SELECT max(used_at) FROM sealing_key) + interval '5 seconds'
"""
"""Transactions that may hold, not yet committed, what was sealed before every process took on the new key."""


PUT_THERE = "Put the new key file there; it is read by itself."


class KeyHolder(SQLModel, table=True):
    """A running process: which keys it knows, by number, and which it seals with. Times are the database's."""

    __tablename__ = "key_holder"

    id: uuid.UUID = Field(primary_key=True)
    place: str
    """machine and process, for whoever has to put a key file there"""
    knows: list[int] = Field(sa_column=Column(ARRAY(SmallInteger), nullable=False))
    seals: int = Field(sa_type=SmallInteger)
    seen_at: datetime


class SealingKey(SQLModel, table=True):
    """When a key began to seal, by the database's clock, and when it was taken away. Of the key itself nothing."""

    __tablename__ = "sealing_key"

    number: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    used_at: datetime
    retired_at: datetime | None = None


class NotEverywhereError(RefusedError):
    """Some processes do not have the new key yet."""


class StillSealsError(RefusedError):
    """Some processes still seal with that key."""


class StillSealedError(RefusedError):
    """Some words are still sealed with that key."""


class StillWrittenError(RefusedError):
    """Something that began before the change is still being written. Wait a minute, then run this again."""


class KeysBehindError(RefusedError):
    """This key file is older than the records: they are sealed with a newer key. Put the newest key file here."""


@dataclass(frozen=True)
class Holder:
    """One process that runs, as far as is known."""

    place: str
    knows: Sequence[int]
    seals: int


async def tell(session: Session, *, holder_id: uuid.UUID, place: str) -> None:
    """Say that a process runs, and which keys it has."""
    await session.driver.execute(TELL, holder_id, place, sorted(session.keys.keys), session.keys.seals)


async def forget(session: Session, *, holder_id: uuid.UUID) -> None:
    """Forget a process that ends, and all that were not heard of for a day."""
    await session.driver.execute(FORGET, holder_id)


async def living(session: Session) -> list[Holder]:
    """List the processes that run."""
    return [Holder(row["place"], row["knows"], row["seals"]) for row in await session.driver.fetch(LIVING)]


async def lacking(session: Session, *, number: int) -> list[Holder]:
    """List the processes that run and do not have a key."""
    return [one for one in await living(session) if number not in one.knows]


async def note_use(session: Session, *, number: int) -> None:
    """Note that a key is to seal from now on. Raises NotEverywhereError while a process does not have it."""
    if lack := await lacking(session, number=number):
        raise NotEverywhereError(f"These do not have key {number} yet: {_places(lack)}. {PUT_THERE}")
    await session.driver.execute(USED, number)


async def note_retired(session: Session, *, number: int, left: int) -> None:
    """Note that a key is taken away, with which `left` values are sealed.

    Raises StillSealsError, StillWrittenError or StillSealedError while anyone could need it.
    """
    if seal := [one for one in await living(session) if one.seals == number]:
        raise StillSealsError(f"These still seal with key {number}: {_places(seal)}. {PUT_THERE}")
    if await session.driver.fetchval(BEGAN_BEFORE):
        raise StillWrittenError
    if left:
        words = f"Still sealed with key {number}: {left} values. Run first: waitingroom keys change"
        raise StillSealedError(words)
    await session.driver.execute(RETIRED, number)


async def check(session: Session) -> None:
    """See that the keys here are as new as the records. Raises KeysBehindError where they are older."""
    if behind(session.keys, await session.driver.fetch(KEYS)):
        raise KeysBehindError


def behind(keys: KeyRing, known: Iterable[object]) -> bool:
    """Say whether keys are older than what the records say of them: rows of `sealing_key`, the oldest first."""
    rows = [dict(row) for row in known]  # type: ignore[call-overload]
    in_use = [row["number"] for row in rows if not row["retired"]]
    retired = {row["number"] for row in rows if row["retired"]}
    return keys.seals in retired or any(number not in keys.keys for number in in_use)


def _places(holders: Sequence[Holder]) -> str:
    return ", ".join(one.place for one in holders)
