"""Hanging: every row that hangs on people and talks, found by what refers to what, in every table there is."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table
from sqlmodel import SQLModel

from waitingroom.database import Session

Row = dict[str, Any]
"""A row as PostgreSQL tells it in JSON: ids and times as text, bytes as `\\x` and hexadecimal digits."""
Rows = dict[str, list[Row]]
"""Rows by table."""
BODIES = frozenset({"message", "attachment"})
"""Tables whose bodies are many or large: they are read only where they are wanted."""
NOT_THROUGH = frozenset({"contact"})
"""A number can be given to someone else: what was said by way of it is found by the talk, never by the number."""


async def rows(session: Session, roots: Mapping[str, Sequence[uuid.UUID]], *, bodies: bool) -> Rows:
    """Give the rows of `roots`, by table and id, and all that refers to them, or to what refers to them.

    `bodies`: also what messages and attachments hold, and not only that they are there.
    """
    found: Rows = {}
    for table in SQLModel.metadata.sorted_tables:
        if asked := _asked(table, roots, found):
            found[table.name] = await of_table(session, table.name, asked, bodies=bodies)
    return found


async def of_table(
    session: Session, table: str, asked: Mapping[str, Sequence[Any]], *, bodies: bool = True
) -> list[Row]:
    """Give the rows of a table in which one of the columns `asked` has one of its values."""
    told = "to_jsonb(t)" if bodies or table not in BODIES else "to_jsonb(t) - 'body'"
    where = " OR ".join(f"t.{name} = ANY(${place})" for place, name in enumerate(asked, 1))
    statement = f'SELECT ({told})::text FROM "{table}" t WHERE {where}'  # noqa: S608 -- names of our own
    return [json.loads(row[0]) for row in await session.driver.fetch(statement, *asked.values())]


def key_of(table: str, row: Row) -> tuple[Any, ...]:
    """Give what a row is known by."""
    return tuple(row[name] for name in keys_of(table))


def keys_of(table: str) -> list[str]:
    """Name the columns that rows of a table are known by."""
    return [column.name for column in SQLModel.metadata.tables[table].primary_key.columns]


def _asked(table: Table, roots: Mapping[str, Sequence[uuid.UUID]], found: Rows) -> dict[str, list[Any]]:
    asked: dict[str, list[Any]] = {"id": list(roots[table.name])} if table.name in roots else {}
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        of = key.column.table.name
        if of in NOT_THROUGH or of == table.name:
            continue
        values = [row[key.column.name] for row in found.get(of, ())]
        if values:
            parse = uuid.UUID if key.column.type.python_type is uuid.UUID else _same
            asked[key.parent.name] = [parse(value) for value in values]
    return asked


def _same(value: Any) -> Any:
    return value
