"""The only place that opens a session or commits."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import CursorResult, Executable, insert, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from waitingroom.columns import KeyRing

BEGIN = text("SELECT 1")
"""SQLAlchemy begins the transaction with the first statement that goes through it."""


class Session(AsyncSession):
    """One transaction's view of the records, with the keys that open personal words."""

    keys: KeyRing

    def __init__(self, *args: Any, keys: KeyRing, **kwargs: Any) -> None:
        """Take SQLAlchemy's arguments and the key ring."""
        super().__init__(*args, **kwargs)
        self.keys = keys

    async def run(self, statement: Executable, facts: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Run a plain statement on this transaction's connection, past the ORM and its cost."""
        connection = await self.connection()
        return await connection.execute(statement, facts)

    async def raw(self) -> asyncpg.Connection:
        """Return the driver's own connection, inside this transaction: it has begun once a statement was run."""
        connection = await self.connection()
        raw = (await connection.get_raw_connection()).driver_connection
        assert isinstance(raw, asyncpg.Connection)  # noqa: S101
        if not raw.is_in_transaction():
            await connection.execute(BEGIN)
        return raw

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Do something whole or not at all: what is raised inside undoes what was done inside, and no more."""
        raw = await self.raw()
        try:
            async with raw.transaction():  # inside a transaction, the driver makes a savepoint
                yield
                await self.flush()
        except BaseException:
            self.expunge_all()
            raise

    async def put(self, row: SQLModel) -> None:
        """Insert one row at once, past the ORM and its cost. What is None is left to the column's default."""
        columns = type(row).__table__.columns  # type: ignore[attr-defined]
        facts = {column.key: value for column in columns if (value := getattr(row, column.key)) is not None}
        await self.run(insert(type(row)), facts)


def driver_url(url: str | URL, driver: str) -> URL:
    """Return `url` for `driver`: 'asyncpg' for the product, 'psycopg' for migrations."""
    parsed = make_url(url)
    return parsed.set(drivername=f"postgresql+{driver}")


class Database:
    """A PostgreSQL database (14 or later): opens sessions, commits them, closes."""

    def __init__(self, url: str | URL, keys: KeyRing, *, pool_size: int = 12) -> None:
        """Prepare a pool of up to `pool_size` connections; nothing is dialled yet."""
        self.url = make_url(url)
        self.keys = keys
        self.engine: AsyncEngine = create_async_engine(
            driver_url(url, "asyncpg"),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            # Queue tables look empty to the planner; a cached plan made then costs seconds a fetch later.
            connect_args={"server_settings": {"plan_cache_mode": "force_custom_plan"}, "timeout": 5},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Open a session whose work is committed at the end, or undone where anything is raised."""
        session = Session(self.engine, keys=self.keys, expire_on_commit=False)
        async with session:
            yield session
            await session.commit()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
