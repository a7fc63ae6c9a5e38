"""Rows made up for tables that no talk fills in a test: one in each table, with words in every sealed column."""

import uuid
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ARRAY, Column, Enum, Table, TypeDecorator
from sqlmodel import SQLModel

from waitingroom.database import Session
from waitingroom.sealed_columns import SEALED, place

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
Row = dict[str, Any]


class Planter:
    """Plants one row a table, those that can referring to those before. `known`: the rows there are, by table."""

    def __init__(self, session: Session, *, words: str = "planted") -> None:
        self.session = session
        self.known: dict[str, Row] = {}
        self.given: dict[tuple[str, str], Any] = {}
        """values that columns are to have"""
        self.words = words
        self.sealed: dict[tuple[str, str], bytes] = {}

    async def everywhere(self) -> dict[tuple[str, str], bytes]:
        """Plant words in every sealed column of every table; returns each as it is sealed."""
        for table in SQLModel.metadata.sorted_tables:
            if any(name == table.name for name, _ in SEALED):
                await self.in_table(table)
        return self.sealed

    async def in_table(self, table: Table) -> Row:
        """Plant a row, and those it must refer to; or give the one that is known."""
        if table.name not in self.known:
            self.known[table.name] = await self._planted(table)
        return self.known[table.name]

    async def _planted(self, table: Table) -> Row:
        row: Row = {}
        for column in table.columns:
            if column.server_default is None and column.identity is None:
                row[column.name] = await self._value(table, column)
        for (name, column_name), where in SEALED.items():
            if name == table.name:
                at = place(where, row if "{id}" not in where or "id" in row else {**row, "id": 0})
                row[column_name] = self.session.keys.seal(f"{self.words} {name}.{column_name}", at)
                self.sealed[name, column_name] = row[column_name]
        keys = list(table.primary_key.columns)
        found = (await self.session.run(table.insert().values(row).returning(*keys))).one()
        return {**row, **dict(zip((key.name for key in keys), found, strict=True))}

    async def _value(self, table: Table, column: Column[Any]) -> Any:
        if (table.name, column.name) in self.given:
            return self.given[table.name, column.name]
        for key in column.foreign_keys:
            other = key.column.table
            if column.nullable and (other.name not in self.known or other is table):
                return None
            return (await self.in_table(other))[key.column.name]
        return None if column.nullable else made_up(column)


def made_up(column: Column[Any]) -> Any:
    """Make up a value that a column takes."""
    kind = column.type
    if isinstance(kind, ARRAY):
        return []
    if isinstance(kind, Enum):
        assert kind.enum_class is not None
        return next(iter(kind.enum_class))
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    plain: dict[type, Any] = {
        uuid.UUID: uuid.uuid4(),
        str: f"planted-{uuid.uuid4().hex}",
        bytes: uuid.uuid4().bytes * 2,
        datetime: AT,
        date: AT.date(),
        bool: False,
        int: 1,
        float: 1.0,
        dict: {},
        list: [],
    }
    return plain[kind.python_type]
