"""Bringing a backup back: into a new place only, checked, and settled before anybody can be served from it."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from api import backup_files
from api.backup_errors import BackupError
from api.backup_files import Manifest
from api.backup_make import KEYS, OWN_KEYS, RECORDS, TABLES, mark_of, service_mark
from api.backup_make import OWNERS as OWNERS_PART
from api.backup_programs import plain_address, restoring
from bot.service import LONDON
from waitingroom import audit_check, backups, schema
from waitingroom.backups import OWNERS, RESTORING, Settled
from waitingroom.columns import KeyRing
from waitingroom.database import Database

IN_THE_WAY = """
SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.classid = 'pg_class'::regclass
                  AND d.deptype = 'e')
"""
ALONE = "SELECT pg_try_advisory_lock(7283965)"
CLEAR = f"""
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT oid::regclass AS name FROM pg_class
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND relname <> '{RESTORING}'
    LOOP EXECUTE 'DROP TABLE IF EXISTS ' || one.name || ' CASCADE'; END LOOP;
    FOR one IN SELECT oid::regprocedure AS name FROM pg_proc p
        WHERE pronamespace = current_schema()::regnamespace AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    LOOP EXECUTE 'DROP ROUTINE IF EXISTS ' || one.name || ' CASCADE'; END LOOP;
    FOR one IN SELECT oid::regtype AS name FROM pg_type t
        WHERE typnamespace = current_schema()::regnamespace AND typtype = 'e' AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'e')
    LOOP EXECUTE 'DROP TYPE IF EXISTS ' || one.name || ' CASCADE'; END LOOP;
END $$
"""  # noqa: S608 -- names of our own
"""Clears what an earlier try left: the place was empty when that began, so all of it is ours."""
BEGIN = f"CREATE TABLE {RESTORING} (made_at timestamptz NOT NULL)"
NOTE = sql.SQL("INSERT INTO {} VALUES (%s)").format(sql.Identifier(RESTORING))
IS_HALF = f"SELECT to_regclass('{RESTORING}') IS NOT NULL"
RENEW_OWNERS = (
    f"DROP TABLE IF EXISTS {OWNERS}; CREATE TABLE {OWNERS} (id uuid PRIMARY KEY, owner_id uuid NOT NULL)"
)
LATER_WORDS = (
    "What you wrote for later did not go by itself: the records were brought back from a backup made before its "
    "hour. It may have gone all the same. Ask, then write it again if it is still needed."
)

Say = Callable[[str], None]


class NotEmptyError(BackupError):
    """There is something in that database already. A backup is brought back to a new and empty one only."""


@dataclass(frozen=True)
class Source:
    """The files to bring back, and the keys that open them. `keys`: the newest file of people's own keys."""

    records: Path
    keys: Path | None
    identities: Sequence[Any]


@dataclass(frozen=True)
class Restored:
    """What came back: of when, how much, and what was done to it."""

    made_at: datetime
    rows: int
    people: int
    erased: int
    """people and talks that were erased again"""
    knew_own_keys: bool
    settled: Settled
    audit: str
    """the head of the audit as it was checked"""


def look(source: Source, keys: KeyRing) -> Manifest:
    """Read all files to their end, and check that they belong together and that this ring opens what is in them.

    Changes nothing. Raises BackupError.
    """
    manifest = backup_files.read(source.records, source.identities)
    _check_kind(manifest, "records", source.records)
    if manifest.service != service_mark(keys):
        raise BackupError(
            "These are not the keys (keys.json) that this backup is sealed with. Put back that file."
        )
    if missing := set(manifest.numbers) - set(keys.keys):
        numbers = ", ".join(map(str, sorted(missing)))
        raise BackupError(
            f"The key file lacks key {numbers}, which this backup may need. Put back its copy of then."
        )
    if manifest.schema > schema.newest():
        raise BackupError(
            f"This backup was made by version {manifest.code}, newer than this one. Restore it with that."
        )
    backup_files.read(source.records, source.identities, mark=mark_of(keys))
    if source.keys is None:
        if manifest.own_keys:
            raise BackupError("People's own keys are needed too: --keys-of-people keys-of-people.age")
        return manifest
    own = backup_files.read(source.keys, source.identities, mark=mark_of(keys))
    _check_kind(own, "keys of people", source.keys)
    if own.service != manifest.service:
        raise BackupError(
            "The keys of people are another service's. Take keys-of-people.age from the same folder."
        )
    if own.at < manifest.at:
        raise BackupError(
            "The keys of people are older than the records: everyone who came in between would be erased. Take "
            "the newest keys-of-people.age there is."
        )
    return manifest


def restore(source: Source, *, url: str, keys: KeyRing, now: datetime, say: Say) -> Restored:
    """Bring a backup back to the empty database at `url`, check it, and make it fit to be served from.

    Nothing is changed where a file is damaged, or the place is not new. Until the end the place says that it is
    half restored, and no process serves from it; cut off, it can be started again. Raises BackupError.
    """
    say("Reading the backup to its end.")
    manifest = look(source, keys)
    try:
        with _the_only_one(url) as connection:
            _begin(connection, manifest)
            say(f"Bringing back {sum(manifest.rows.values())} rows of {manifest.at:%d %B %Y, %H:%M} UTC.")
            _bring_back(connection, source, url)
            _check_rows(connection, manifest)
            if manifest.schema < schema.newest():
                say("Bringing the tables up to date.")
                schema.upgrade(url)
            _bring_keys(connection, source)
            return asyncio.run(_settle(url, keys, manifest, now, say))
    except psycopg.Error as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        why = lines[0].rstrip(".") if lines else type(error).__name__
        raise BackupError(f"The database to restore to cannot be used. It says: {why}.") from None


def _check_kind(manifest: Manifest, kind: str, path: Path) -> None:
    if manifest.kind != kind:
        raise BackupError(f"{path.name} holds {manifest.kind}, not {kind}. Name each file in its own place.")


@contextmanager
def _the_only_one(url: str) -> Iterator["psycopg.Connection[Any]"]:
    address, environment = plain_address(url)
    password = environment.get("PGPASSWORD")
    with psycopg.connect(address, password=password, connect_timeout=10, autocommit=True) as connection:
        if not _one(connection, ALONE):
            raise BackupError("Another restore to this database is going on. Wait until it is done.")
        yield connection


def _begin(connection: "psycopg.Connection[Any]", manifest: Manifest) -> None:
    """Mark the place as half restored. Raises NotEmptyError where there is something in it that is not ours."""
    if not _one(connection, IS_HALF):
        if _one(connection, IN_THE_WAY):
            raise NotEmptyError(NotEmptyError.__doc__)
        with connection.transaction():
            connection.execute(BEGIN)
            connection.execute(NOTE, [manifest.at])
    connection.execute(CLEAR)


def _bring_back(connection: "psycopg.Connection[Any]", source: Source, url: str) -> None:
    """Bring back the records, in one transaction, and who had a key of their own."""
    connection.execute(RENEW_OWNERS)
    server = connection.info.server_version // 10000
    owners = sql.SQL("COPY {} (id, owner_id) FROM STDIN").format(sql.Identifier(OWNERS))
    with (
        restoring(url, server=server) as take,
        connection.cursor().copy(owners) as copy,
    ):
        backup_files.read(source.records, source.identities, {RECORDS: take, OWNERS_PART: copy.write})


def _check_rows(connection: "psycopg.Connection[Any]", manifest: Manifest) -> None:
    """Check that every table has as many rows as when the backup was made. Raises BackupError naming one."""
    tables = {str(row[0]) for row in connection.execute(TABLES)} - {OWN_KEYS}
    for table in sorted(tables | set(manifest.rows)):
        count = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        found = _one(connection, count) if table in tables else None
        if found != manifest.rows.get(table):
            raise BackupError(
                f"The table {table} has {found} rows; it had {manifest.rows.get(table)}. Do not use what is there."
            )


def _bring_keys(connection: "psycopg.Connection[Any]", source: Source) -> None:
    """Bring back people's own keys, where this version has such a table."""
    if source.keys is None or not _one(connection, f"SELECT to_regclass('{OWN_KEYS}') IS NOT NULL"):
        return
    with connection.transaction():
        connection.execute("DELETE FROM own_key")
        with connection.cursor().copy("COPY own_key (id, owner_id, sealed) FROM STDIN") as copy:
            backup_files.read(source.keys, source.identities, {KEYS: copy.write})


async def _settle(url: str, keys: KeyRing, manifest: Manifest, now: datetime, say: Say) -> Restored:
    """Check what came back, erase again whom it must not hold, and let nothing go on that was under way."""
    database = Database(url, keys, pool_size=2)
    try:
        say("Checking the audit and a sample of what is sealed.")
        head = await _check(database, manifest)
        erased = await _erase_again(database, now)
        async with database.transaction() as session:
            people: int = await session.driver.fetchval("SELECT count(*) FROM person")
            settled = await backups.settle_down(
                session,
                made_at=manifest.at,
                words=LATER_WORDS,
                today=now.astimezone(LONDON).date(),
                now=now,
            )
    finally:
        await database.close()
    rows = sum(manifest.rows.values())
    return Restored(manifest.at, rows, people, erased, bool(manifest.own_keys), settled, head)


async def _check(database: Database, manifest: Manifest) -> str:
    async with database.transaction() as session:
        found = await audit_check.verify(session, kept=manifest.audit_head or None)
        tried, opened = await backups.sample(session)
    if found.wrong is not None:
        raise BackupError(f"The audit that came back is not whole: {found.wrong}. Do not use what is there.")
    if opened < tried:
        raise BackupError(
            f"Of {tried} sealed values {tried - opened} do not open with these keys. Put back the right key file."
        )
    return found.head


async def _erase_again(database: Database, now: datetime) -> int:
    """Erase whoever was erased since, one by one, each whole. Returns how many people and talks it was."""
    async with database.transaction() as session:
        people, talks = await backups.erased_since(session)
    for one in people:
        async with database.transaction() as session:
            await backups.erase_again(session, people=[one], talks=[], now=now)
    for one in talks:
        async with database.transaction() as session:
            await backups.erase_again(session, people=[], talks=[one], now=now)
    return len(people) + len(talks)


def _one(connection: "psycopg.Connection[Any]", statement: "str | sql.Composed") -> Any:
    asked = sql.SQL(statement) if isinstance(statement, str) else statement
    row = connection.execute(asked).fetchone()
    return row[0] if row else None
