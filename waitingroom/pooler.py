"""The pooler: found where one stands before the database, and refused where it would lose what we say."""

import asyncpg
from sqlalchemy.engine import URL

from waitingroom import lines
from waitingroom.database import driver_url

OLDEST = 14
"""The oldest PostgreSQL this code is tested on."""
LOOKS = 3
PLANS = "force_custom_plan"
OURS = {"plan_cache_mode": PLANS}
LISTED = ", ".join(sorted(OURS))


class UnfitDatabaseError(Exception):
    """The database that DATABASE_URL names cannot be used as it is. The message says why, and what to do."""


MANY_BACKENDS = (
    "Between here and PostgreSQL stands a pooler (such as PgBouncer) that changes the server behind a connection "
    "from one transaction to the next. Notifications, settings and prepared statements get lost on it. Put the "
    "address of PostgreSQL itself in DATABASE_URL, or of a pool in session mode (PgBouncer: pool_mode = session)."
)
REFUSES = (
    "A pooler (such as PgBouncer) stands before PostgreSQL and refuses a setting of ours: {said}. Put the address "
    f"of PostgreSQL itself in DATABASE_URL, or add to the pooler: ignore_startup_parameters = {LISTED}"
)
DROPS = (
    "A pooler stands before PostgreSQL and drops our setting plan_cache_mode, without which a burst of messages "
    "makes the queue slow. Set it for the account instead, then restart the pooler: "
    f"ALTER ROLE {{role}} SET plan_cache_mode = {PLANS}"
)
TOO_OLD = "The database is PostgreSQL {version}. Version {oldest} or later is needed."
UNREACHABLE = (
    "The database that DATABASE_URL names does not answer, or does not let us in ({said}). Check the address."
)


async def check(url: str | URL) -> None:
    """Make sure that a session with the database at `url` stays the same session, and keeps our settings.

    Raises UnfitDatabaseError; its message has no password in it.
    """
    address = driver_url(url, "asyncpg").set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        await _keeps_sessions(address)
        await _keeps_settings(address)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        if "pooling mode" in str(error):
            raise UnfitDatabaseError(MANY_BACKENDS) from error
        raise UnfitDatabaseError(UNREACHABLE.format(said=str(error) or type(error).__name__)) from error


async def _keeps_sessions(address: str) -> None:
    first = await _connect(address)
    try:
        if first.get_server_version().major < OLDEST:
            raise UnfitDatabaseError(TOO_OLD.format(version=first.get_server_version().major, oldest=OLDEST))
        second = await _connect(address)
        try:
            if await _share_backends(first, second):
                raise UnfitDatabaseError(MANY_BACKENDS)
        finally:
            await second.close(timeout=lines.CONNECT)
    finally:
        await first.close(timeout=lines.CONNECT)


async def _connect(address: str, **asked: str) -> asyncpg.Connection:
    """Open one connection that leaves nothing behind; with the settings `asked` for, or none."""
    try:
        return await asyncpg.connect(
            address,
            timeout=lines.CONNECT,
            command_timeout=lines.CONNECT,
            statement_cache_size=0,
            server_settings=asked,
        )
    except asyncpg.ProtocolViolationError as error:
        raise UnfitDatabaseError(REFUSES.format(said=error)) from error


async def _share_backends(first: asyncpg.Connection, second: asyncpg.Connection) -> bool:
    """Say whether two connections meet at one server process, or one of them at two.

    Each keeps its own from beginning to end where nothing stands between, or a pool in session mode. While
    `second` holds what it has, a pool in transaction mode must give `first` another one than before.
    """
    seen = {await _backend(first)}
    async with second.transaction():
        held = await second.fetchval("SELECT pg_backend_pid()")
        if held in seen:
            return True
        for _ in range(LOOKS):
            seen.add(await _backend(first))
    return len(seen) > 1 or await _backend(second) != held


async def _backend(connection: asyncpg.Connection) -> int:
    async with connection.transaction():
        return int(await connection.fetchval("SELECT pg_backend_pid()"))


async def _keeps_settings(address: str) -> None:
    """Make sure that what we set at the start of a session holds in it."""
    connection = await _connect(address, **OURS)
    try:
        if await connection.fetchval("SHOW plan_cache_mode") != PLANS:
            role = await connection.fetchval("SELECT quote_ident(current_user)")
            raise UnfitDatabaseError(DROPS.format(role=role))
    finally:
        await connection.close(timeout=lines.CONNECT)
