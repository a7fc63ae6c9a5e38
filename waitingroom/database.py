"""The only place that opens a session or commits."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache, partial
from itertools import chain
from typing import Any, Literal

import asyncpg
from sqlalchemy import CursorResult, Executable, PoolProxiedConnection, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import greenlet_spawn
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from waitingroom import lines
from waitingroom.columns import KeyRing, OwnKey

PLANS = {"auto": "auto", "fresh": "force_custom_plan"}
FACT = re.compile(r"\$(\d+)")
"""Where a statement takes one of its facts."""
Work = tuple[str, Sequence[object]]
"""A statement that changes records, and its facts: something to be done together with others."""
PATIENCE = 10.0
"""Seconds a transaction waits for a connection that others hold."""


class Session(AsyncSession):
    """One transaction's view of the records, with the keys that open personal words.

    `driver` is the connection itself, inside the transaction: the turn speaks plain SQL on it, at a third of
    the cost. What goes through SQLModel joins the same transaction, by a savepoint of its own. A session stays
    with its connection, and serves one transaction after the other.
    """

    keys: KeyRing
    own: dict[uuid.UUID, OwnKey]
    """the own keys this transaction has met, by their ids; forgotten at its end"""
    driver: asyncpg.Connection

    def __init__(self, engine: AsyncEngine, lent: PoolProxiedConnection, keys: KeyRing) -> None:
        """Take a connection lent by the engine."""
        connection = Connection(engine.sync_engine, connection=lent)
        super().__init__(AsyncConnection(engine, connection), expire_on_commit=False)
        assert isinstance(lent.driver_connection, asyncpg.Connection)  # noqa: S101
        self.driver = lent.driver_connection
        self.keys = keys
        self.own = {}
        self._lent = lent
        self._last: list[Callable[[], Awaitable[None]]] = []

    def at_last(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have `work` done when everything else is, inside the same transaction: what must not be held for long.

        It speaks by `driver` only.
        """
        self._last.append(work)

    async def run(self, statement: Executable, facts: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Run a statement of SQLAlchemy's on this transaction's connection, past the ORM and its cost."""
        connection = await self.connection()
        return await connection.execute(statement, facts)

    async def put(self, table: type[SQLModel], *, where_free: bool = False, **facts: object) -> bool:
        """Insert one row at once, past the ORM and its cost. What is None is left to the column's default.

        Returns True; with `where_free`, False where something unique stood in the way and nothing was inserted.
        """
        insert, told = row(table, where_free=where_free, **facts)
        done: str = await self.driver.execute(insert, *told)
        return done.endswith("1")

    async def together(self, *works: Work) -> None:
        """Do several things in one statement and one round trip. None of them sees what another does."""
        statement = _together(tuple((work, len(facts)) for work, facts in works))
        await self.driver.execute(statement, *chain.from_iterable(facts for _, facts in works))

    @asynccontextmanager
    async def _whole(self) -> AsyncIterator[None]:
        async with self.driver.transaction():
            self.own.clear()
            try:
                yield
                await self._settle()
                while self._last:
                    await self._last.pop(0)()
            except BaseException as error:
                if isinstance(error, TimeoutError):
                    self.driver.terminate()  # nothing comes back on it: to ask for ROLLBACK would wait again
                self._last.clear()
                await self._undo()
                raise
            finally:
                self.own.clear()

    async def _settle(self) -> None:
        """Write what SQLModel still holds, and give up its savepoint: savepoints must close in order."""
        if self.in_transaction():
            await self.commit()

    async def _undo(self) -> None:
        """Forget what SQLModel holds."""
        if self.in_transaction() and not self.driver.is_closed():
            await self.rollback()
        self.expunge_all()


def row(table: type[SQLModel], *, where_free: bool = False, **facts: object) -> Work:
    """Return the work of inserting one row, as Session.put does it."""
    told = {name: value for name, value in facts.items() if value is not None}
    return _insert(table, tuple(told), where_free=where_free), tuple(told.values())


@cache
def _together(works: tuple[tuple[str, int], ...]) -> str:
    """Write statements as parts of one, the facts of each numbered on from those before it."""
    parts, before = [], 0
    for number, (work, facts) in enumerate(works):
        numbered = FACT.sub(lambda found, before=before: f"${int(found[1]) + before}", work)  # type: ignore[misc]
        parts.append(f"part{number} AS ({numbered})")
        before += facts
    return f"WITH {', '.join(parts)} SELECT"


@cache
def _insert(table: type[SQLModel], names: tuple[str, ...], *, where_free: bool) -> str:
    places = ", ".join(f"${number}" for number in range(1, len(names) + 1))
    insert = f'INSERT INTO "{table.__tablename__}" ({", ".join(names)}) VALUES ({places})'  # noqa: S608
    return f"{insert} ON CONFLICT DO NOTHING" if where_free else insert


def _watched(most: timedelta | None, connection: Any, _record: object) -> None:
    lines.watch(connection.driver_connection)
    connection.run_async(partial(lines.keep_to, most=most))


def driver_url(url: str | URL, driver: str) -> URL:
    """Return `url` for `driver`: 'asyncpg' for the product, 'psycopg' for migrations."""
    parsed = make_url(url)
    return parsed.set(drivername=f"postgresql+{driver}")


class Database:
    """A PostgreSQL database (14 or later): opens sessions, commits them, closes."""

    def __init__(
        self,
        url: str | URL,
        keys: KeyRing,
        *,
        pool_size: int = 12,
        plans: Literal["auto", "fresh"] = "auto",
        most: timedelta | None = None,
    ) -> None:
        """Prepare for up to `pool_size` connections; nothing is dialled yet.

        `plans`: fresh where statements meet queues, which look empty to the planner: a plan made then and kept
        costs seconds a look later. `most`: how long one statement may take; None: as long as it needs.
        """
        self.url = make_url(url)
        self.keys = keys
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url, "asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_reset_on_return=None,  # every transaction is ended here, below
            async_creator=partial(
                asyncpg.connect,  # reads an address as libpq does: sslmode, sslrootcert and all
                self.url.set(drivername="postgresql").render_as_string(hide_password=False),
                **lines.asked_of_asyncpg({"plan_cache_mode": PLANS[plans]}, most),
            ),
        )
        event.listen(self.engine.sync_engine, "connect", partial(_watched, most))
        self.pool_size = pool_size
        self.in_use = 0
        """how many connections are lent at this moment"""
        self._places = asyncio.Semaphore(pool_size)
        self._idle: list[Session] = []

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Open a session whose work is committed at the end, or undone where anything is raised.

        Raises TimeoutError where no connection is free in time, ConnectionRefusedError where none can be made.
        """
        async with self._lent() as session, session._whole():  # noqa: SLF001
            yield session

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[asyncpg.Connection]:
        """Lend a connection outside any transaction: each statement on it is committed by itself.

        Raises as transaction() does.
        """
        async with self._lent() as session:
            yield session.driver

    @asynccontextmanager
    async def _lent(self) -> AsyncIterator[Session]:
        if self._places.locked():
            async with asyncio.timeout(PATIENCE):
                await self._places.acquire()
        else:
            await self._places.acquire()
        self.in_use += 1
        try:
            session = await self._session()
            try:
                yield session
            except (asyncpg.InternalClientError, TimeoutError):
                session.driver.terminate()  # cut off in the middle of a word, it no longer knows where it stands
                raise
            finally:
                if session.identity_map:
                    session.expunge_all()
                self._idle.append(session)
        finally:
            self.in_use -= 1
            self._places.release()

    async def close(self) -> None:
        """Close every connection."""
        while self._idle:
            await greenlet_spawn(self._idle.pop()._lent.close)  # noqa: SLF001
        await self.engine.dispose()

    async def _session(self) -> Session:
        """Take the connection used last, or a new one; those that died while they rested are thrown away."""
        while self._idle:
            session = self._idle.pop()
            if not session.driver.is_closed():
                return session
            if session._lent.is_valid:  # noqa: SLF001 -- else SQLAlchemy has seen it itself
                await greenlet_spawn(session._lent.invalidate)  # noqa: SLF001
        try:
            lent = await self.engine.raw_connection()
        except self.engine.dialect.loaded_dbapi.Error as error:
            raise ConnectionRefusedError from error
        return Session(self.engine, lent, self.keys)
