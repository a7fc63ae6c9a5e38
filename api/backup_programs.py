"""PostgreSQL's own programs for backups, and how they are told where the database is."""

import itertools
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sqlalchemy.engine import make_url

from api.backup_errors import BackupError
from waitingroom.postgres_programs import ENVIRONMENT, clients

READ_AT_ONCE = 256 * 1024
KNOWS_THE_SETTING = 17
NEW_SETTING = b"SET transaction_timeout = 0;"
"""New in PostgreSQL 17."""
HEADER_LINES = 40


def plain_address(url: str) -> tuple[str, dict[str, str]]:
    """Give a database's address as libpq reads it, without its password, and the environment that holds that.

    What is on a command line can be seen by everyone on the machine.
    """
    parsed = make_url(url).set(drivername="postgresql")
    secret = {"PGPASSWORD": str(parsed.password)} if parsed.password else {}
    shown = parsed.set(password=None).render_as_string(hide_password=False)
    home = {"HOME": str(Path.home()), "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": "waitingroom backup"}
    return shown, {**ENVIRONMENT, **home, **secret}


def program(name: str, *, server: int) -> Path:
    """Find pg_dump or pg_restore, at least as new as the server (its major version). Raises BackupError."""
    found = clients(name)
    for version, path in found:
        if version >= server:
            return path
    have = f"the newest here is of version {found[0][0]}" if found else "there is none here"
    raise BackupError(
        f"The database is PostgreSQL {server}, and its own {name} of version {server} or newer is needed: {have}. "
        f"Install it (Debian: postgresql-client-{server})."
    )


def dumped(url: str, *, server: int, snapshot: str, without: tuple[str, ...]) -> Iterator[bytes]:
    """Give pg_dump's output as it comes. `without`: tables whose rows stay out. Raises BackupError."""
    address, environment = plain_address(url)
    words = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
    words += [f"--exclude-table-data={table}" for table in without]
    words += ["--lock-wait-timeout=60s", f"--dbname={address}"]
    running = subprocess.Popen(  # noqa: S603 -- the words are ours
        [program("pg_dump", server=server), *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout is not None  # noqa: S101
    assert running.stderr is not None  # noqa: S101
    try:
        while block := running.stdout.read(READ_AT_ONCE):
            yield block
        trouble = running.stderr.read().decode("utf-8", "replace")
        if running.wait() != 0:
            raise BackupError(
                f"The database did not let itself be read to the end. PostgreSQL says: {_last_line(trouble)}. "
                "No backup was written; earlier ones are untouched."
            )
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
        running.stderr.close()


@contextmanager
def restoring(url: str, *, server: int) -> Iterator[Callable[[bytes], object]]:
    """Run pg_restore in one transaction, and lend what feeds it: all of it is brought back, or nothing is."""
    if server < KNOWS_THE_SETTING:
        with _by_script(url, server=server) as take:
            yield take
        return
    address, environment = plain_address(url)
    words = ["--single-transaction", "--no-owner", "--no-privileges"]
    running = subprocess.Popen(  # noqa: S603 -- as above
        [program("pg_restore", server=server), *words, f"--dbname={address}"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert running.stdin is not None  # noqa: S101
    assert running.stderr is not None  # noqa: S101
    try:
        yield running.stdin.write
        _ended(running, running.stdin, running.stderr)
    except BrokenPipeError:
        _ended(running, running.stdin, running.stderr)
        raise
    finally:
        running.kill()
        running.wait()
        running.stderr.close()


@contextmanager
def _by_script(url: str, *, server: int) -> Iterator[Callable[[bytes], object]]:
    """Do the same for an older server: a new pg_restore begins with a setting that it does not know.

    So what it would say is written out, that line is left out, and psql says it, up to a COMMIT at the very end.
    """
    address, environment = plain_address(url)
    words = [str(program("pg_restore", server=server)), "--no-owner", "--no-privileges", "--file=-"]
    says = [
        str(program("psql", server=server)),
        "-Xq",
        "--output=/dev/null",
        "--set=ON_ERROR_STOP=1",
        f"--dbname={address}",
    ]
    with _running(words, environment) as writer, _running(says, environment) as speaker:
        assert writer.stdin is not None  # noqa: S101
        assert writer.stderr is not None  # noqa: S101
        assert writer.stdout is not None  # noqa: S101
        assert speaker.stdin is not None  # noqa: S101
        assert speaker.stderr is not None  # noqa: S101
        carrying = threading.Thread(target=_carry, args=(writer.stdout, speaker.stdin), daemon=True)
        carrying.start()
        try:
            with suppress(BrokenPipeError):  # psql ended early: what it said is told below
                yield writer.stdin.write
                _ended(writer, writer.stdin, writer.stderr)
                carrying.join()
                speaker.stdin.write(b"\nCOMMIT;\n")
            _ended(speaker, speaker.stdin, speaker.stderr)
        finally:
            writer.kill()
            speaker.kill()


def _running(words: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    pipe = subprocess.PIPE
    return subprocess.Popen(words, env=environment, stdin=pipe, stdout=pipe, stderr=pipe)  # noqa: S603


def _carry(script: IO[bytes], into: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        into.write(b"BEGIN;\n")
        for line in itertools.islice(script, HEADER_LINES):
            if line.strip() != NEW_SETTING:
                into.write(line)
        shutil.copyfileobj(script, into)
        into.flush()
    while script.read(READ_AT_ONCE):  # so that pg_restore ends, whatever became of psql
        pass


def _ended(running: subprocess.Popen[bytes], into: IO[bytes], told: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        into.close()
    trouble = told.read().decode("utf-8", "replace")
    if running.wait() != 0:
        raise BackupError(f"The records could not be brought back. PostgreSQL says: {_last_line(trouble)}.")


def _last_line(text: str) -> str:
    """Pick the line that names what went wrong, never one with DETAIL: that may hold a row."""
    lines = [line.strip() for line in text.splitlines() if "error:" in line.lower() and "DETAIL" not in line]
    return (lines or ["nothing"])[0].rstrip(".")
