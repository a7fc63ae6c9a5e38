"""Written afresh: what was deleted leaves the database's own files too, and its write-ahead log."""

from collections.abc import Sequence

import asyncpg
from sqlmodel import SQLModel

from waitingroom.database import Database

ROUNDS = 5
SEGMENT = "^[0-9A-F]{24}$"
AHEAD = f"""
SELECT count(*) FROM pg_ls_waldir()
WHERE name ~ '{SEGMENT}' AND name > pg_walfile_name(pg_current_wal_insert_lsn())
"""  # noqa: S608 -- a pattern of our own
"""Segments that were used before, and wait to be used again with what is in them."""
BEHIND = f"""
SELECT count(*) FROM pg_ls_waldir()
WHERE name ~ '{SEGMENT}' AND name < pg_walfile_name(pg_current_wal_insert_lsn())
"""  # noqa: S608 -- as above


async def write_tables(database: Database, only: Sequence[str] = ()) -> None:
    """Write every table, or `only` these, afresh.

    Deleted rows stay in a table's file, sealed, until PostgreSQL uses their place.
    PostgreSQL's samples of columns are made anew with it: they hold sealed values too. Each table is closed to all
    others while it is written: for hours when nobody writes.
    """
    every = only or [table.name for table in SQLModel.metadata.sorted_tables]
    names = ", ".join(f'"{name}"' for name in every)
    async with database.statements() as driver:
        await driver.execute(f"VACUUM (FULL, ANALYZE) {names}", timeout=None)
        await driver.execute("VACUUM (FULL) pg_statistic", timeout=None)


async def write_log(database: Database) -> bool:
    """Have PostgreSQL throw away its write-ahead log up to now, which holds what was written and deleted.

    As it is, it uses the files of its log again without emptying them. For this once each is gone over, and
    those no longer needed are deleted. False where that cannot be done: the account may not say so (as with most
    providers), or a replica or an archive still needs the log.
    """
    async with database.statements() as driver:
        try:
            await driver.execute("ALTER SYSTEM SET wal_recycle = off")
        except asyncpg.InsufficientPrivilegeError:
            return False
        try:
            await driver.execute("SELECT pg_reload_conf()")
            return await _gone_over(driver)
        finally:
            await driver.execute("ALTER SYSTEM RESET wal_recycle")
            await driver.execute("SELECT pg_reload_conf()")


async def _gone_over(driver: asyncpg.Connection) -> bool:
    for _ in range(ROUNDS):
        for _segment in range(1 + await driver.fetchval(AHEAD)):
            await driver.execute("SELECT pg_logical_emit_message(false, 'waitingroom', 'afresh')")
            await driver.execute("SELECT pg_switch_wal()", timeout=None)
        await driver.execute("CHECKPOINT", timeout=None)
        if not await driver.fetchval(AHEAD) and not await driver.fetchval(BEHIND):
            return True
    return False
