"""Opening what is sealed in a row that was read, after its transaction is over."""

from types import SimpleNamespace
from typing import Any, cast

from sqlmodel import SQLModel

from waitingroom import own_keys
from waitingroom.columns import KeyRing
from waitingroom.database import Session
from waitingroom.sealed_columns import SEALED, place


def opened(keys: KeyRing, row: SQLModel, column: str, where: str) -> str | None:
    """What a sealed column of a row says, None where it says nothing."""
    sealed = getattr(row, column)
    session = cast("Session", SimpleNamespace(keys=keys, own={}))
    return own_keys.unseal(session, sealed, where, row) if sealed is not None else None


async def all_opened(session: Session, table: str, column: str, where: str) -> list[str]:
    """What a column says in every row of a table, `where` naming the place by the row's columns."""
    rows: list[Any] = await session.driver.fetch(f'SELECT * FROM "{table}" WHERE {column} IS NOT NULL')
    await own_keys.meet(session, [row[column] for row in rows])
    return [own_keys.unseal(session, row[column], where.format(**dict(row))) for row in rows]


async def every_value(session: Session) -> dict[str, list[str]]:
    """What every sealed column of every table says, by "table.column". Raises UnreadableError."""
    found: dict[str, list[str]] = {}
    for (table, column), where in SEALED.items():
        rows: list[Any] = await session.driver.fetch(f'SELECT * FROM "{table}" WHERE {column} IS NOT NULL')
        await own_keys.meet(session, [row[column] for row in rows])
        told = [own_keys.unseal_bytes(session, row[column], place(where, dict(row))) for row in rows]
        found[f"{table}.{column}"] = sorted(one.decode("utf-8", "replace") for one in told)
    return found
