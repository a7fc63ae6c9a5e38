"""Rehanging: whatever refers to one row is made to refer to another, in every table there is."""

import uuid
from collections.abc import Iterator

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlmodel import SQLModel

from waitingroom.database import Session


async def rehang(session: Session, *, table: str, away: uuid.UUID, to: uuid.UUID) -> None:
    """Have all that refers to the row `away` of `table` refer to `to` instead.

    Where both have what there can be only one of, such as the same step sent, that of `to` stays.
    Rules that hold only for some rows, such as one open hand-off a talk, must be seen to before.
    """
    for other, column in _references(table):
        name, rules = column.name, list(_same(other, column.name))
        free = "".join(f" AND NOT EXISTS (SELECT 1 FROM {other.name} o WHERE {rule})" for rule in rules)  # noqa: S608
        move = f"UPDATE {other.name} t SET {name} = $2 WHERE t.{name} = $1{free}"  # noqa: S608 -- names of our own
        await session.driver.execute(move, away, to)
        if rules:
            await session.driver.execute(f"DELETE FROM {other.name} WHERE {name} = $1", away)  # noqa: S608


def _references(table: str) -> Iterator[tuple[Table, Column[object]]]:
    for other in SQLModel.metadata.sorted_tables:
        for key in sorted(other.foreign_keys, key=lambda key: key.parent.name):
            if key.column.table.name == table:
                yield other, key.parent


def _same(table: Table, name: str) -> Iterator[str]:
    """Give a condition for each rule of the table by which two rows that refer to the same could not both be."""
    for columns in _unique(table):
        if name in columns:
            rest = [f"o.{one} IS NOT DISTINCT FROM t.{one}" for one in columns if one != name]
            yield " AND ".join([f"o.{name} = $2", *rest])


def _unique(table: Table) -> Iterator[list[str]]:
    for rule in table.constraints:
        if isinstance(rule, UniqueConstraint | PrimaryKeyConstraint):
            yield [column.name for column in rule.columns]
    for index in table.indexes:
        if index.unique and not _partial(index):
            yield [column.name for column in index.columns]


def _partial(index: Index) -> bool:
    return index.dialect_options["postgresql"]["where"] is not None
