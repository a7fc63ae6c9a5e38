"""Making a backup: one moment of the records, while people go on talking, read back before it counts."""

import importlib.metadata
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from api import backup_files
from api.backup_errors import BackupError, of_disk
from api.backup_files import Manifest, Mark, Part, Written
from api.backup_programs import dumped, plain_address
from api.backup_shelf import KEYS_OF_PEOPLE, Shelf, as_kept, records_name, write_whole
from waitingroom.columns import KeyRing

PRODUCT = "social-prescribing-waiting-room"
OWN_KEYS = "own_key"
NOT_KEPT = ("pgqueuer*", OWN_KEYS)
"""Rows that stay out of the records: the queue's, which only wakes workers, and people's own keys."""
RECORDS, OWNERS, KEYS = "records.dump", "owners.copy", "keys.copy"
NOTE = "backup.json"

BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
NO_LIMITS = """
SELECT set_config('idle_in_transaction_session_timeout', '0', true), set_config('statement_timeout', '0', true)
"""
TABLES = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname = current_schema()
  AND c.relname NOT LIKE 'pgqueuer%' AND c.relname NOT LIKE 'waitingroom_restoring%' ORDER BY 1
"""
HEAD = "SELECT last, link FROM audit_head WHERE id = 1"


@dataclass(frozen=True)
class Made:
    """What was made: the file of records, its size in bytes, of when, and which older files went."""

    file: Path
    bytes: int
    at: datetime
    people: int
    pruned: Sequence[str]


@dataclass(frozen=True)
class Moment:
    """One moment of the records, held open by a connection: its snapshot, and what it holds."""

    connection: "psycopg.Connection[Any]"
    snapshot: str
    server: int
    manifest: Manifest


def service_mark(keys: KeyRing) -> str:
    """Tell one service's keys from another's, without saying anything of them."""
    return keys.fingerprint("backup", "service").hex()[:16]


def mark_of(keys: KeyRing) -> Mark:
    """Give what marks files as written by whoever has these keys."""
    return lambda words: keys.fingerprint("backup-file", words).hex()


def make(
    folder: Path,
    *,
    url: str,
    keys: KeyRing,
    recipients: Sequence[Any],
    identities: Sequence[Any] = (),
    keep: int | None = None,
    fewer: bool = False,
    data: Path | None = None,
    clock: Callable[[], datetime],
) -> Made:
    """Write a backup of the records at `url` to `folder`, for `recipients`, while all else goes on.

    Both files are read back and checked before they get their names: with a key made for this run that is then
    forgotten, and with `identities` where they are given. `data`: where backup.json is to say that it is done.
    Raises BackupError: then what was there before is untouched.
    """
    if not recipients:
        raise BackupError("Say for whom: --recipient age1…, as `waitingroom backup keygen` makes one.")
    passing, open_to = backup_files.make_identity()
    read_back = backup_files.identity(passing)
    readers = [*recipients, backup_files.recipient(open_to)]
    shelf = Shelf(folder)
    with shelf.held(), _moment(url, keys, clock()) as moment:
        people = moment.manifest.rows.get("person", 0)
        shelf.check(service=moment.manifest.service, people=people, fewer=fewer)
        name, mark = records_name(moment.manifest.at), mark_of(keys)
        try:
            _grow(shelf, KEYS_OF_PEOPLE, _only_keys(moment.manifest), _keys(moment), readers, [read_back], mark)
            checks = [read_back, *identities[:1]]
            written = _grow(shelf, name, moment.manifest, _records(moment, url), readers, checks, mark)
            shelf.put(KEYS_OF_PEOPLE)  # before the records: newer keys open older records, not the other way round
            file = shelf.put(name)
        finally:
            for left in (KEYS_OF_PEOPLE, name):
                shelf.growing(left).unlink(missing_ok=True)
        kept = as_kept(written, at=moment.manifest.at, opened=bool(identities))
        shelf.note(name, kept, service=moment.manifest.service, people=people)
        gone = shelf.prune(keep) if keep else []
    if data is not None:
        note_done(data, at=moment.manifest.at, size=written.bytes)
    return Made(file, written.bytes, moment.manifest.at, people, gone)


def note_done(data: Path, *, at: datetime, size: int) -> None:
    """Say in the data folder that a backup was made and verified, for whoever watches: time, bytes, verified."""
    write_whole(data / NOTE, json.dumps({"at": at.isoformat(), "bytes": size, "verified": True}))


def _grow(
    shelf: Shelf,
    name: str,
    manifest: Manifest,
    parts: Iterator[Part],
    recipients: Sequence[Any],
    checks: Sequence[Any],
    mark: Mark,
) -> Written:
    path = shelf.growing(name)
    try:
        written = backup_files.write(path, manifest, parts, recipients, mark=mark)
        for identity in checks:
            if backup_files.read(path, [identity], mark=mark) != manifest:
                raise BackupError("What was read back is not what was written. Look at the disk.")
        if not backup_files.looks_whole(path, written):
            raise BackupError("What was read back is not what was written. Look at the disk.")
    except psycopg.Error as error:
        raise _gone(error) from None
    except OSError as error:
        raise of_disk(error, shelf.folder) from error
    return written


@contextmanager
def _moment(url: str, keys: KeyRing, now: datetime) -> Iterator[Moment]:
    """Hold one moment of the records open, and count what it holds."""
    address, environment = plain_address(url)
    try:
        connection = psycopg.connect(
            address, password=environment.get("PGPASSWORD"), connect_timeout=10, autocommit=True
        )
    except psycopg.Error as error:
        raise _gone(error) from None
    try:
        with connection:
            try:
                connection.execute(BEGIN)
                connection.execute(NO_LIMITS)
                moment = _look(connection, keys, now)
            except psycopg.Error as error:
                raise _gone(error) from None
            yield moment
    except psycopg.Error as error:  # as the connection closes: the backup stands
        raise _gone(error) from None


def _look(connection: "psycopg.Connection[Any]", keys: KeyRing, now: datetime) -> Moment:
    tables = [row[0] for row in connection.execute(TABLES)]
    if "alembic_version" not in tables:
        raise BackupError("There are no records in this database: there is nothing to back up.")
    rows = {table: _one(connection, sql.SQL("SELECT count(*) FROM {}").format(_name(table))) for table in tables}
    own = rows.pop(OWN_KEYS, 0)
    head = connection.execute(HEAD).fetchone() if "audit_head" in rows else None
    server = connection.info.server_version
    manifest = Manifest(
        kind="records",
        made_at=now.astimezone(UTC).isoformat(),
        code=importlib.metadata.version(PRODUCT),
        schema=str(_one(connection, sql.SQL("SELECT version_num FROM alembic_version"))),
        postgresql=f"{server // 10000}.{server % 10000}",
        service=service_mark(keys),
        numbers=tuple(sorted(keys.keys)),
        rows=rows,
        audit_head=f"{head[0]}-{bytes(head[1]).hex()}" if head else "",
        own_keys=own,
    )
    snapshot = str(_one(connection, sql.SQL("SELECT pg_export_snapshot()")))
    return Moment(connection, snapshot, server // 10000, manifest)


def _records(moment: Moment, url: str) -> Iterator[Part]:
    yield RECORDS, dumped(url, server=moment.server, snapshot=moment.snapshot, without=NOT_KEPT)
    if _has_own_keys(moment):
        yield OWNERS, _copied(moment, "COPY (SELECT id, owner_id FROM own_key) TO STDOUT")


def _keys(moment: Moment) -> Iterator[Part]:
    if _has_own_keys(moment):
        yield KEYS, _copied(moment, "COPY (SELECT id, owner_id, sealed FROM own_key) TO STDOUT")


def _only_keys(manifest: Manifest) -> Manifest:
    return Manifest(**{**manifest.__dict__, "kind": "keys of people", "rows": {}})


def _copied(moment: Moment, statement: str) -> Iterator[bytes]:
    with moment.connection.cursor().copy(statement) as copy:
        for block in copy:
            yield bytes(block)


def _has_own_keys(moment: Moment) -> bool:
    return bool(_one(moment.connection, sql.SQL("SELECT to_regclass('own_key') IS NOT NULL")))


def _one(connection: "psycopg.Connection[Any]", statement: sql.SQL | sql.Composed) -> Any:
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(table)


def _gone(error: psycopg.Error) -> BackupError:
    lines = [line for line in str(error).splitlines() if line.strip()]
    why = lines[0].strip().rstrip(".") if lines else type(error).__name__
    return BackupError(f"The database cannot be reached, or went away. It says: {why}. No backup was written.")
