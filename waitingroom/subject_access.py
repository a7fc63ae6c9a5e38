"""Subject access: a copy of all that is held of one person, from every table there is (UK GDPR, article 15)."""

import json
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from waitingroom import equality, hanging, own_keys, staff
from waitingroom.columns import UnreadableError
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.hanging import Row, Rows
from waitingroom.people import Person
from waitingroom.record_columns import (
    ABOUT_OTHERS,
    LEFT_OUT,
    OF_OTHERS,
    OPENED,
    TITLES,
    Reason,
    marked_third_party,
)
from waitingroom.sealed_columns import place

BESIDE = "audit_entry"
"""Rows that refer to people and talks without being bound to them: they outlast whom they are of."""
SHARED = """
SELECT count(DISTINCT r.person_id) FROM referral r WHERE r.conversation_id = ANY($1) AND r.person_id <> $2
"""


@dataclass(frozen=True)
class Part:
    """What one table holds of someone: a name for it in plain words, and its rows, opened."""

    table: str
    title: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class LeftOut:
    """Something that is not in the copy: what it is, how many of it there are, and why."""

    what: str
    why: str
    many: int


@dataclass(frozen=True)
class Record:
    """A copy of all that is held of one person. `shared`: how many others used the same chat or phone."""

    person_id: uuid.UUID
    made_at: datetime
    parts: Sequence[Part]
    left_out: Sequence[LeftOut]
    shared: int


@dataclass
class _Sorting:
    """What is sorted while the rows are opened: names of staff by id, and what was left out."""

    names: Mapping[str, str]
    third_party: bool
    out: dict[tuple[str, str], int] = field(default_factory=dict)

    def leave_out(self, what: str, why: str) -> None:
        self.out[what, why] = self.out.get((what, why), 0) + 1


async def record(session: Session, *, person_id: uuid.UUID, now: datetime, third_party: bool = False) -> Record:
    """Gather a copy of all that is held of a person. Raises NotFoundError.

    What others said of them, what they said of others, and notes marked so are left out and named as left out,
    unless `third_party`: whoever asks for that has decided it by the Data Protection Act 2018, schedule 2,
    paragraph 16 (the other person agreed, or it is reasonable without).
    """
    person = await session.get(Person, person_id, populate_existing=True)
    if person is None:
        raise NotFoundError
    rows = await _rows(session, person_id)
    talks = [uuid.UUID(row["id"]) for row in rows.get("conversation", ())]
    await own_keys.meet(session, _sealed(rows))
    sorting = _Sorting(await _names(session, rows), third_party)
    parts = []
    for table, found in rows.items():
        told = [one for row in found if (one := _told(session, table, row, sorting)) is not None]
        if told:
            parts.append(Part(table, TITLES.get(table, table.replace("_", " ").capitalize()), told))
    shared = await session.driver.fetchval(SHARED, talks, person_id)
    out = [LeftOut(what, why, many) for (what, why), many in sorted(sorting.out.items())]
    return Record(person_id, now, parts, out, shared)


def _sealed(rows: Rows) -> Iterator[bytes]:
    """Give every sealed value of these rows."""
    for table, column in OPENED:
        for row in rows.get(table, ()):
            if isinstance(value := row.get(column), str) and value.startswith("\\x"):
                yield bytes.fromhex(value[2:])


async def _rows(session: Session, person_id: uuid.UUID) -> Rows:
    """Find every row that is theirs: of a talk that others use too, what is known to be the others' is not."""
    found = await hanging.rows(session, {"person": [person_id]}, bodies=True)
    talks = [uuid.UUID(row["id"]) for row in found.get("conversation", ())]
    made_in = {uuid.UUID(row["conversation_id"]) for row in found.get("referral", ())}
    if made_in - set(talks):
        talks = await _theirs(session, person_id, [*talks, *made_in])
    found = await hanging.rows(session, {"person": [person_id], "conversation": talks}, bodies=True)
    others = {row["id"] for row in found.get("referral", ()) if row["person_id"] != str(person_id)}
    for table, rows in found.items():
        name = "id" if table == "referral" else "referral_id"
        found[table] = [row for row in rows if row.get(name) not in others]
    owner = {"owner_hash": [equality.owner_of(session, person_id)]}
    found["equality_answers"] = await hanging.of_table(session, "equality_answers", owner)
    seen = {"person_id": [person_id], "conversation_id": talks}
    found[BESIDE] = await hanging.of_table(session, BESIDE, seen)
    return found


async def _theirs(session: Session, person_id: uuid.UUID, talks: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """Leave out talks that are another person's now: theirs is what hangs on the referral they made there."""
    found = [await session.get(Conversation, talk) for talk in sorted(set(talks), key=str)]
    return [talk.id for talk in found if talk is not None and talk.person_id in {None, person_id}]


async def _names(session: Session, rows: Rows) -> dict[str, str]:
    ids = {row[name] for table, found in rows.items() for name in _by_staff(table) for row in found if row[name]}
    named = await staff.names(session, ids={uuid.UUID(one) for one in ids})
    return {str(one): name for one, name in named.items()}


def _by_staff(table: str) -> list[str]:
    """Name the columns that say who of staff it was."""
    keys = SQLModel.metadata.tables[table].foreign_keys
    named = [key.parent.name for key in keys if key.column.table.name == "staff"]
    return [*named, "staff_id"] if table == BESIDE and "staff_id" not in named else named


def _told(session: Session, table: str, row: Row, sorting: _Sorting) -> Row | None:
    """Open one row; None where the whole of it is left out."""
    if marked_third_party(table, row) and not sorting.third_party:
        sorting.leave_out(TITLES.get(table, table), Reason.THIRD_PARTY)
        return None
    told: Row = {}
    for name, value in row.items():
        why = LEFT_OUT.get((table, name))
        of_others = (table, name) in OF_OTHERS and not sorting.third_party
        if why is None and not of_others:
            told[name] = _opened(session, table, row, name, sorting)
        elif value is not None and (of_others or why in ABOUT_OTHERS):
            sorting.leave_out(OF_OTHERS.get((table, name), TITLES.get(table, table)), why or Reason.THIRD_PARTY)
    for name in _by_staff(table):
        if told.get(name):
            told[name] = sorting.names.get(told[name], told[name])
    return told


def _opened(session: Session, table: str, row: Row, name: str, sorting: _Sorting) -> Any:
    """Open what is sealed; what does not open is left out and counted, and never stops the copy."""
    value = row[name]
    where = OPENED.get((table, name))
    if where is None or value is None:
        if isinstance(value, str) and value.startswith("\\x"):
            sorting.leave_out(f"{table}.{name}", Reason.NOT_OPENED)
            return None
        return value
    try:
        words = own_keys.unseal(session, bytes.fromhex(value[2:]), place(where, row))
    except UnreadableError:
        sorting.leave_out(f"{table}.{name}", Reason.NOT_OPENED)
        return None
    try:
        return json.loads(words) if words[:1] in {"{", "["} else words
    except (ValueError, RecursionError):
        return words  # what somebody wrote only begins so
