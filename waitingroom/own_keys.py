"""Own keys: what is sealed for one talk or person opens with its own key, and with nothing once that is gone."""

import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Uuid, and_, case, cast, func, inspect, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import column_property
from sqlmodel import Field, SQLModel, col

from waitingroom.columns import ID_BYTES, KEY_BYTES, OwnKey, UnreadableError, key_of
from waitingroom.database import Session

CARRIED = "carried_keys"
"""The attribute of a row read through SQLModel that holds the keys its values open with, themselves sealed."""

Carried = SQLModel | Sequence[bytes] | None
"""A row read through SQLModel, or the keys that came with a row by `carried_by`."""
MAKE = "INSERT INTO own_key (id, owner_id, sealed) VALUES ($1, $1, $2)"
FIND_OR_MAKE = f"""
WITH made AS ({MAKE} ON CONFLICT (id) DO NOTHING RETURNING sealed)
SELECT sealed FROM made UNION ALL SELECT sealed FROM own_key WHERE id = $1 LIMIT 1
"""  # noqa: S608 -- words of our own
OF_IDS = "SELECT id, sealed FROM own_key WHERE id = ANY($1)"
DESTROY = "DELETE FROM own_key WHERE owner_id = ANY($1) RETURNING id"
OWNED = "SELECT id FROM own_key WHERE owner_id = $1"
GIVE = "UPDATE own_key SET owner_id = $2 WHERE owner_id = $1"
GIVE_BACK = "UPDATE own_key SET owner_id = $2 WHERE owner_id = $1 AND id = ANY($3)"


class KeptKey(SQLModel, table=True):
    """One own key, sealed with the ring. What it sealed names it; it is destroyed with what owns it.

    It is made with the id of the talk or person it is for. Where that goes into another, that one owns it:
    so a talk or person has one key it seals with, whose id is its own, and may own others.
    """

    __tablename__ = "own_key"

    id: uuid.UUID = Field(primary_key=True)
    owner_id: uuid.UUID = Field(index=True)
    sealed: bytes = Field(repr=False)


def fresh(session: Session, owner_id: uuid.UUID) -> bytes:
    """Make a key for a talk or person that is made now; returns it sealed, for the statement that makes both."""
    sealed = _new(session, owner_id)
    _met(session, owner_id, sealed)
    return sealed


async def of(session: Session, owner_id: uuid.UUID, carried: Carried = None) -> OwnKey:
    """Give the key that is sealed with for a talk or person; one from before there were keys gets its own now.

    No statement where this transaction has met it, or a row brings it with it (`carried`).
    Raises UnreadableError where it does not open.
    """
    _meet_carried(session, carried)
    known = session.own.get(owner_id)
    if known is not None:
        return known
    sealed, offered = None, _new(session, owner_id)
    while sealed is None:  # another made it this very moment: it is there at the next look
        sealed = await session.driver.fetchval(FIND_OR_MAKE, owner_id, offered)
    return _met(session, owner_id, sealed)


async def meet(session: Session, sealed: Iterable[bytes | None]) -> None:
    """Fetch the keys that these values open with, in one statement, so that they can be opened one by one."""
    ids = {key_id for one in sealed if one is not None and (key_id := key_of(one)) is not None}
    if ids := ids.difference(session.own):
        for key_id, kept in await session.driver.fetch(OF_IDS, list(ids)):
            meet_one(session, key_id, kept)


def meet_one(session: Session, owner_id: uuid.UUID, sealed: bytes | None) -> OwnKey | None:
    """Take the key that came with a row of a talk or person; None where there is none, or it does not open."""
    if sealed is None:
        return None
    try:
        return session.own.get(owner_id) or _met(session, owner_id, sealed)
    except UnreadableError:
        return None


def unseal(session: Session, sealed: bytes, where: str, carried: Carried = None) -> str:
    """Open words sealed at `where`, with an own key or with the ring. Raises UnreadableError.

    `carried`: the row read through SQLModel, or the keys that came with it by `carried_by`; None where the key was
    met before in this transaction.
    """
    key = _key(session, sealed, where, carried)
    return session.keys.unseal(sealed, where) if key is None else key.unseal(sealed, where)


def unseal_bytes(session: Session, sealed: bytes, where: str, carried: Carried = None) -> bytes:
    """Open what was sealed at `where`, as `unseal` does."""
    key = _key(session, sealed, where, carried)
    return session.keys.unseal_bytes(sealed, where) if key is None else key.unseal_bytes(sealed, where)


async def destroy(session: Session, *, owners: Collection[uuid.UUID]) -> int:
    """Destroy every key of talks and people: what was sealed with them opens no more, here or in any copy.

    Returns how many keys went.
    """
    gone = await session.driver.fetch(DESTROY, list(owners))
    for row in gone:
        session.own.pop(row["id"], None)
    return len(gone)


async def owned(session: Session, owner_id: uuid.UUID) -> list[uuid.UUID]:
    """List the keys a talk or person has: its own, and those of what went into it."""
    return [row["id"] for row in await session.driver.fetch(OWNED, owner_id)]


async def give(session: Session, *, away: uuid.UUID, to: uuid.UUID) -> None:
    """Give the keys of what goes into another to that one: what they sealed is its own from now on."""
    await session.driver.execute(GIVE, away, to)


async def give_back(session: Session, *, ids: Sequence[uuid.UUID], had_by: uuid.UUID, to: uuid.UUID) -> None:
    """Give back keys that were given: to what they were of before."""
    await session.driver.execute(GIVE_BACK, had_by, to, list(ids))


def carry(table: type[SQLModel], *columns: bytes | None) -> None:
    """Have rows of a table read through SQLModel bring the keys with them that these columns open with."""
    found = _opening(columns)
    held = func.uuid_send(KeptKey.id, type_=LargeBinary).op("||")(col(KeptKey.sealed))
    keys = select(func.array_agg(held, type_=ARRAY(LargeBinary))).where(found).scalar_subquery()
    inspect(table).add_property(CARRIED, column_property(keys, expire_on_flush=False))


def _opening(columns: Sequence[Any]) -> ColumnElement[bool]:
    """Say, as a condition on keys, which of them these columns of a row open with."""
    return col(KeptKey.id).in_([_named_in(col(one)) for one in columns])


def carried_by(*columns: str) -> str:
    """Say, in a statement of our own, that a row brings the keys with it that these columns open with."""
    ids = ", ".join(named_in(one) for one in columns)
    held = "uuid_send(own_key.id) || own_key.sealed"
    return f"(SELECT array_agg({held}) FROM own_key WHERE own_key.id IN ({ids}))"  # noqa: S608 -- as above


def named_in(column: str) -> str:
    """Say, in a statement of our own, which own key a column was sealed with; NULL: with the ring's."""
    return (
        f"CASE WHEN substring({column}, 1, 1) = '\\x00' AND octet_length({column}) > {ID_BYTES}"
        f" THEN encode(substring({column}, 2, {ID_BYTES}), 'hex')::uuid END"
    )


def _named_in(column: Any) -> ColumnElement[uuid.UUID]:
    own = and_(
        func.substring(column, 1, 1, type_=LargeBinary) == func.decode("00", "hex", type_=LargeBinary),
        func.octet_length(column) > ID_BYTES,
    )
    told = func.encode(func.substring(column, 2, ID_BYTES, type_=LargeBinary), "hex")
    return case((own, cast(told, Uuid())))


def _key(session: Session, sealed: bytes, where: str, carried: Carried) -> OwnKey | None:
    """Find the key of a value; None where it is not sealed with an own key."""
    key_id = key_of(sealed)
    if key_id is None:
        return None
    if key_id not in session.own:
        _meet_carried(session, carried)
    if key_id not in session.own:
        raise UnreadableError(where)
    return session.own[key_id]


def _meet_carried(session: Session, carried: Carried) -> None:
    told = vars(carried).get(CARRIED) if isinstance(carried, SQLModel) else carried
    for one in told or ():
        meet_one(session, uuid.UUID(bytes=one[:ID_BYTES]), one[ID_BYTES:])


def _met(session: Session, owner_id: uuid.UUID, sealed: bytes) -> OwnKey:
    key = session.own[owner_id] = OwnKey.of_bytes(owner_id, session.keys.unseal_bytes(sealed, where(owner_id)))
    return key


def _new(session: Session, owner_id: uuid.UUID) -> bytes:
    return session.keys.seal_bytes(secrets.token_bytes(KEY_BYTES), where(owner_id))


def where(key_id: uuid.UUID) -> str:
    """Name the place an own key is sealed for."""
    return f"own_key:sealed:{key_id}"
