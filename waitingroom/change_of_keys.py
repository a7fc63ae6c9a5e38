"""Change of keys: all that is sealed with an older key is sealed anew, a little at a time, while people talk.

How far it has come is in the values themselves: the first byte of each names its key. So it can be killed at any
moment, and goes on where it stood.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlmodel import SQLModel, col, select

from waitingroom import sealed_copies
from waitingroom.columns import OWN, KeyRing, UnreadableError
from waitingroom.database import Session
from waitingroom.hanging import keys_of
from waitingroom.join_papers import JoinPaper
from waitingroom.sealed_columns import SEALED, place

AT_ONCE = 100
"""Rows in one transaction: a person whose row is among them waits for some hundredths of a second."""
FEW: Mapping[str, int] = {"attachment": 4}
"""Rows in one transaction where each may be 10 MB."""
PAPERS = "join_paper"
"""They hold sealed copies of other rows' values: sealed anew as a whole, when all rows have been."""


@dataclass(frozen=True)
class Step:
    """What one transaction did: how many rows it sealed anew, which values did not open, and where to go on."""

    renewed: int
    lost: Sequence[str]
    """table, column and the row's key of each: never what it says"""
    last: tuple[Any, ...] | None
    """the key of the last row; None: there are no more"""


def sealed_tables() -> list[str]:
    """Name the tables that hold sealed values of their own, in order; join papers come after all of them."""
    return sorted({table for table, _ in SEALED} - {PAPERS})


async def count(session: Session) -> Counter[int]:
    """Count all sealed values by the number of the key each is sealed with; those in join papers too.

    0 stands for keys that are a person's own. Every table is read once.
    """
    found: Counter[int] = Counter()
    for table, columns in _columns().items():
        told = ", ".join(f"({name})" for name in columns)
        statement = (
            f'SELECT get_byte(substring(c.v from 1 for 1), 0), count(*) FROM "{table}" t, '  # noqa: S608
            f"LATERAL (VALUES {told}) AS c(v) WHERE length(c.v) > 0 GROUP BY 1"
        )
        found.update(dict(await session.driver.fetch(statement)))
    return found + await sealed_copies.count(session)


async def renew_some(
    session: Session, table: str, *, after: tuple[Any, ...] | None = None, at_once: int = AT_ONCE
) -> Step:
    """Seal anew the next rows of a table that hold anything sealed with another key than the one that seals.

    Rows that others are writing this moment are passed over: they are found the next time round. Nothing here
    waits for a lock, so no turn and it can wait for each other. What does not open stays as it is.
    """
    names, columns = keys_of(table), _columns()[table]
    limit = min(at_once, FEW.get(table, at_once))
    keeps = [bytes([OWN]), bytes([session.keys.seals])]
    rows = await session.driver.fetch(_find(table, from_start=after is None), keeps, limit, *(after or ()))
    lost: list[str] = []
    sealed = [[*_renewed(session.keys, table, row, lost), *(row[name] for name in names)] for row in rows]
    places = range(1, len(columns) + 1)
    sets = ", ".join(f"{name} = ${at}" for name, at in zip(columns, places, strict=True))
    known = " AND ".join(f"{name} = ${at}" for at, name in enumerate(names, len(columns) + 1))
    await session.driver.executemany(f'UPDATE "{table}" SET {sets} WHERE {known}', sealed)  # noqa: S608
    last = tuple(rows[-1][name] for name in names) if rows else None
    return Step(len(rows) - len({one.rpartition(" ")[2] for one in lost}), lost, last)


async def renew_papers(session: Session) -> Step:
    """Seal anew every join paper that is free, with the copies it holds, once all rows have been."""
    found = await session.exec(select(JoinPaper).order_by(col(JoinPaper.id)).with_for_update(skip_locked=True))
    lost: list[str] = []
    papers = found.all()
    for paper in papers:
        try:
            lost += [f"{PAPERS}.what {paper.id}"] * await sealed_copies.renew(session, paper)
        except (UnreadableError, ValueError):
            lost.append(f"{PAPERS}.what {paper.id}")
    await session.flush()
    return Step(len(papers), lost, None)


async def sample(session: Session) -> Sequence[str]:
    """Open the newest value of each sealed column: which of them do not open, as "table.column"."""
    wrong: list[str] = []
    for (table, column), where in SEALED.items():
        order = ", ".join(f"{name} DESC" for name in keys_of(table))
        statement = f'SELECT * FROM "{table}" WHERE length({column}) > 0 ORDER BY {order} LIMIT 1'  # noqa: S608
        row = await session.driver.fetchrow(statement)
        if row is None or row[column][0] == OWN:
            continue
        try:
            session.keys.unseal_bytes(row[column], place(where, dict(row)))
        except UnreadableError:
            wrong.append(f"{table}.{column}")
    return wrong


@cache
def _columns() -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in SEALED:
        found.setdefault(table, []).append(column)
    return found


@cache
def _find(table: str, *, from_start: bool) -> str:
    names = keys_of(table)
    listed = ", ".join(names)
    old = " OR ".join(f"substring({one} from 1 for 1) <> ALL($1::bytea[])" for one in _columns()[table])
    places = ", ".join(f"${at}" for at in range(3, len(names) + 3))
    after = "" if from_start else f"AND ({listed}) > ({places}) "
    wanted = ", ".join(column.name for column in SQLModel.metadata.tables[table].columns)
    return (
        f'SELECT {wanted} FROM "{table}" WHERE ({old}) {after}'  # noqa: S608 -- names of our own
        f"ORDER BY {listed} LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"
    )


def _renewed(keys: KeyRing, table: str, row: Any, lost: list[str]) -> list[bytes | None]:
    """Give a row's sealed values, those that are sealed with an older key sealed anew."""
    found: list[bytes | None] = []
    for column in _columns()[table]:
        value = row[column]
        if value and value[0] not in {OWN, keys.seals}:
            where = place(SEALED[table, column], dict(row))
            try:
                value = keys.seal_bytes(keys.unseal_bytes(value, where), where)
            except UnreadableError:
                lost.append(f"{table}.{column} {'/'.join(str(row[name]) for name in keys_of(table))}")
        found.append(value)
    return found
