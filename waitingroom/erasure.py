"""Erasure: everything that hangs on a talk is deleted, in every table there is, and counted."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table

from waitingroom import asked, equality, hooks, introductions, legal_holds, own_keys, tables
from waitingroom.columns import UnreadableError
from waitingroom.conversations import FORGOTTEN_AFTER
from waitingroom.database import Session
from waitingroom.legal_holds import OnHoldError

KEPT_BARE: Mapping[str, tuple[str, ...]] = {
    "complaint": ("words",),
    "data_request": ("words",),
}
"""Rows that stay as proof of what was done, by table: with nothing in them that says whose, or what was said."""

OWNERS = ("conversation", "person")
"""Tables of whose rows each has a key of its own."""

LOCK = """
SELECT id, person_id, hub_id FROM conversation
WHERE id = $1 OR person_id = (SELECT person_id FROM conversation WHERE id = $1)
ORDER BY id FOR UPDATE
"""
WERE_HERE = """
SELECT DISTINCT person_id FROM referral r WHERE r.conversation_id = ANY($1)
AND NOT EXISTS (SELECT 1 FROM conversation v WHERE v.person_id = r.person_id AND v.id <> ALL($1))
"""
"""Whoever else asked for support in the same talk, as two in one family may on one phone."""
STILL_TO_GO = f"""
SELECT id, body, dedupe, {own_keys.carried_by("body")} AS keys FROM message
WHERE conversation_id = $1 AND contact_id = $2 AND kind = 'crisis' AND status IN ('queued', 'sending')
"""  # noqa: S608 -- words of our own
SEAL = "UPDATE message SET body = $2 WHERE id = $1"
EMPTY = """
UPDATE conversation
SET person_id = NULL, place = 'front_door', owner = 'bot', owned_by = NULL, talk = NULL, before_id = NULL,
    language_wanted = NULL, interpreter_wanted = NULL, clear_at = $2, contact_id = $3, hub_id = NULL
WHERE id = $1
"""
STOPPED = """
SELECT id, address FROM contact
WHERE conversation_id = ANY($1) AND state = 'stopped' AND channel IN ('sms', 'whatsapp')
"""
UNTIE = "UPDATE conversation SET before_id = NULL WHERE before_id = ANY($1)"
WIPE = "UPDATE message SET body = NULL WHERE id = $1"
HUB = "SELECT hub_id FROM conversation WHERE id = ANY($1) LIMIT 1"
UNMATCH = "DELETE FROM person_match WHERE earlier_id = ANY($1) OR later_id = ANY($1)"
TRIES = "DELETE FROM rate WHERE key LIKE '%:' || $1"


@dataclass
class Doom:
    """What goes: by table, and in it by column, the values that other tables know its rows by.

    `spared`: rows that stay, by table and id, though what hangs on them goes.
    """

    known_by: dict[str, dict[str, list[Any]]]
    spared: Mapping[str, Sequence[Any]] = field(default_factory=dict)


async def erase(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    contact_id: uuid.UUID,
    message_id: int | None,
    now: datetime,
) -> int:
    """Delete all that is held of the person of a talk. Returns how many rows went.

    Their keys are destroyed first: what was sealed with them opens in no copy of these rows either.
    Left, so that a last answer can reach them, is an empty talk, the way they wrote and crisis lines that still
    wait to go, all deleted within the hour; and of `message_id`, which asked for it, that it came.
    Raises OnHoldError while any of it is on a legal hold.
    """
    talks = await session.driver.fetch(LOCK, conversation_id)
    ids = [talk["id"] for talk in talks]
    if await legal_holds.stands(session, talks=ids):
        raise OnHoldError
    before = await session.driver.fetch(WERE_HERE, ids)
    people = list({one["person_id"] for one in (*talks, *before) if one["person_id"] is not None})
    lines = await session.driver.fetch(STILL_TO_GO, conversation_id, contact_id)
    opened = {line["id"]: (line["dedupe"], body) for line in lines if (body := _crisis(session, line)) is not None}
    await own_keys.destroy(session, owners=[*ids, *people, *_apart(session, people)])
    await _keep_crisis(session, conversation_id, opened)
    await _stay_silent(session, ids, now)
    await _forget_apart(session, people)
    await session.driver.execute(UNTIE, ids)
    await session.driver.execute(EMPTY, conversation_id, now + FORGOTTEN_AFTER, contact_id)
    stays = [*opened, *([message_id] if message_id is not None else [])]
    doom = Doom(
        known_by={"conversation": {"id": ids}, "person": {"id": people}},
        spared={"conversation": [conversation_id], "contact": [contact_id], "message": stays},
    )
    gone = await remove(session, doom)
    if message_id is not None:
        await session.driver.execute(WIPE, message_id)
    await session.driver.execute(TRIES, str(conversation_id))
    for person_id in people:
        hub_id = next(talk["hub_id"] for talk in talks)
        await hooks.tell(session, hooks.Kind.PERSON_ERASED, hub_id=hub_id, person_id=person_id, now=now)
    return gone


def _crisis(session: Session, line: Mapping[str, Any]) -> bytes | None:
    """Open a crisis line that has still to go; None where it does not open."""
    try:
        return own_keys.unseal_bytes(session, line["body"] or b"", line["dedupe"], line["keys"])
    except UnreadableError:
        return None


async def _keep_crisis(
    session: Session, conversation_id: uuid.UUID, opened: Mapping[int, tuple[str, bytes]]
) -> None:
    """Seal crisis lines with the new key of the talk that is left, so that they still go."""
    own = await own_keys.of(session, conversation_id)
    for message_id, (dedupe, body) in opened.items():
        await session.driver.execute(SEAL, message_id, own.seal_bytes(body, dedupe))


async def _stay_silent(session: Session, talks: Sequence[uuid.UUID], now: datetime) -> None:
    """Keep, as a keyed hash and for ever, that a number said STOP: nobody can have it written to again."""
    for contact in await session.driver.fetch(STOPPED, talks):
        phone = session.keys.unseal(contact["address"], f"contact:address:{contact['id']}")
        number_hash = introductions.number_hash(session, phone)
        await asked.spare(session, number_hash=number_hash, now=now, until=None)


def _apart(session: Session, people: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Name whose keys what these people answered apart opens with."""
    return [equality.key_owner(equality.owner_of(session, person_id)) for person_id in people]


async def _forget_apart(session: Session, people: Sequence[uuid.UUID]) -> None:
    """Delete what is kept of people apart from everything that refers to them."""
    await session.driver.execute(UNMATCH, people)
    for person_id in people:
        await equality.erase(session, person_id=person_id)


async def end(session: Session, *, people: Sequence[uuid.UUID], talks: Sequence[uuid.UUID], now: datetime) -> int:
    """Delete all that is kept of people and their talks, which are locked. Returns how many rows went.

    Raises OnHoldError while any of it is on a legal hold.
    """
    if await legal_holds.stands(session, talks=talks):
        raise OnHoldError
    await own_keys.destroy(session, owners=[*talks, *people, *_apart(session, people)])
    await _stay_silent(session, talks, now)
    await _forget_apart(session, people)
    await session.driver.execute(UNTIE, list(talks))
    hub_id = await session.driver.fetchval(HUB, list(talks))
    gone = await remove(
        session, Doom(known_by={"conversation": {"id": list(talks)}, "person": {"id": list(people)}})
    )
    for person_id in people:
        await hooks.tell(session, hooks.Kind.PERSON_ERASED, hub_id=hub_id, person_id=person_id, now=now)
    return gone


async def forget_talks(session: Session, *, ids: Sequence[uuid.UUID]) -> int:
    """Delete talks and everything that hangs on them, people apart. Returns how many rows went."""
    return await remove(session, Doom(known_by={"conversation": {"id": list(ids)}})) if ids else 0


async def remove(session: Session, doom: Doom) -> int:
    """Delete what is doomed and all that refers to it, in every table. Returns how many rows went.

    First the keys go that were made for it. A row goes where a column that must be filled, or is made to go along,
    refers to one that goes; where a column may be empty it is emptied.
    """
    owners = {one for table in OWNERS for one in doom.known_by.get(table, {}).get("id", ())}
    spared = {one for table in OWNERS for one in doom.spared.get(table, ())}
    await own_keys.destroy(session, owners=owners - spared)
    every = _every()
    for table in every:
        await _follow(session, table, doom)
    for table in every:
        await _loosen(session, table, doom)
    gone = 0
    for table in reversed(every):
        gone += await _delete(session, table, doom)
    return gone


def goes_with(name: str) -> list[tuple[str, str]]:
    """List what goes with a row of the table called `name`: each other table, and the column that refers to it."""
    return [
        (table.name, key.parent.name)
        for table in _every()
        for key in table.foreign_keys
        if key.column.table.name == name and _binds(key.parent)
    ]


def _every() -> list[Table]:
    """List every table, those that others refer to first."""
    return tables.ALL[0].metadata.sorted_tables


async def _follow(session: Session, table: Table, doom: Doom) -> None:
    """Find which rows of a table go, as far as other tables refer to them."""
    told_by = sorted({key.column.name for other in _every() for key in _keys(other, table)})
    held = list(_held(table, doom))
    if not told_by or not held:
        return
    condition, values = _condition(held)
    names = ", ".join(told_by)
    rows = await session.driver.fetch(f"SELECT {names} FROM {table.name} WHERE {condition}", *values)  # noqa: S608
    found = doom.known_by.setdefault(table.name, {})
    for name in told_by:
        found[name] = [*found.get(name, ()), *(row[name] for row in rows)]


async def _loosen(session: Session, table: Table, doom: Doom) -> None:
    """Empty the columns that may be empty and refer to what goes, and the words of what is kept bare."""
    for column, values in _referring(table, doom):
        if not _binds(column):
            emptied = ", ".join(f"{name} = NULL" for name in (column.name, *KEPT_BARE.get(table.name, ())))
            await session.driver.execute(
                f"UPDATE {table.name} SET {emptied} WHERE {column.name} = ANY($1)",  # noqa: S608
                values,
            )


async def _delete(session: Session, table: Table, doom: Doom) -> int:
    own = doom.known_by.get(table.name, {})
    held = [*_held(table, doom), *((name, values) for name, values in own.items() if name == "id")]
    if not held:
        return 0
    condition, values = _condition(held)
    spared = doom.spared.get(table.name)
    if spared:
        condition, values = f"({condition}) AND NOT id = ANY(${len(values) + 1})", [*values, list(spared)]
    done: str = await session.driver.execute(f"DELETE FROM {table.name} WHERE {condition}", *values)  # noqa: S608
    return int(done.rpartition(" ")[2])


def _held(table: Table, doom: Doom) -> Iterator[tuple[str, list[Any]]]:
    """Name the columns by which rows of a table go with what they refer to."""
    return ((column.name, values) for column, values in _referring(table, doom) if _binds(column))


def _binds(column: Column[Any]) -> bool:
    """Say whether a row goes with what this column of it refers to."""
    return not column.nullable or any(key.ondelete == "CASCADE" for key in column.foreign_keys)


def _referring(table: Table, doom: Doom) -> Iterator[tuple[Column[Any], list[Any]]]:
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        values = doom.known_by.get(key.column.table.name, {}).get(key.column.name)
        if values:
            yield key.parent, values


def _keys(table: Table, to: Table) -> Iterator[Any]:
    return (key for key in table.foreign_keys if key.column.table is to)


def _condition(held: Sequence[tuple[str, list[Any]]]) -> tuple[str, list[Any]]:
    parts = [f"{name} = ANY(${number})" for number, (name, _values) in enumerate(held, 1)]
    return " OR ".join(parts), [values for _name, values in held]
