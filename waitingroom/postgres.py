"""Runs the embedded PostgreSQL: makes its files, starts it or joins it, mends what a sudden stop left."""

import hashlib
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from waitingroom.postgres_programs import (
    PostgresUnavailableError,
    Programs,
    account_for,
    find_programs,
    shared_home,
)
from waitingroom.postgres_room import PATIENCE, PORT, Room, be_patient, open_up, the_only_one

__all__ = ["PostgresUnavailableError", "Running", "home", "quiet", "start", "stop"]

USER = "waitingroom"
DATABASE = "waitingroom"
LAUNCHES = 2
LARGEST_LOG = 10_000_000
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # what people wrote stays out of the log: no statements, no DETAIL lines
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class Running:
    """A PostgreSQL that answers: the folder of its socket, its files, and whether it ran before we came."""

    host: Path
    data: Path
    attached: bool
    port: int = PORT
    user: str = USER
    database: str = DATABASE

    @property
    def url(self) -> str:
        """Its address, as asyncpg and psycopg read it."""
        return self.url_for()

    def url_for(self, *, driver: str = "", database: str = DATABASE) -> str:
        """Give the address of a database in it; with `driver` (say "asyncpg") as SQLAlchemy reads it."""
        scheme = f"postgresql+{driver}" if driver else "postgresql"
        return f"{scheme}://{self.user}@/{database}?host={self.host}&port={self.port}"


def quiet(_line: str) -> None:
    """Say nothing."""


def home(preferred: Path, run_as: str | None = None) -> Path:
    """Say where the files of a database asked for at `preferred` really go.

    It is `preferred` itself, unless we are root and the account that runs PostgreSQL cannot get there (a
    closed home, say): then it is a folder of its own under /var/lib/waitingroom, always the same one.
    """
    wanted = preferred.expanduser().resolve()
    if os.geteuid() != 0:
        return wanted
    moved = shared_home() / ("data-" + hashlib.sha256(bytes(wanted)).hexdigest()[:12])
    if moved.exists() and not (wanted / "cluster").exists():
        return moved
    nearest = next(parent for parent in wanted.parents if parent.exists())
    return wanted if account_for(wanted, run_as).can_enter(nearest) else moved


def start(data: Path, *, run_as: str | None = None, say: Callable[[str], None] = quiet) -> Running:
    """Make sure that PostgreSQL runs on the files at `data`, with the database "waitingroom" in it.

    Makes the files the first time; joins a server that already runs; mends what a kill or a power cut left.
    Waits for up to 60 seconds and tells `say` how it goes. As root, PostgreSQL runs as the owner of the
    files, else as `run_as`, else as postgres or nobody.
    Raises PostgresUnavailableError, which says what can be done, where it cannot.
    """
    with _in_plain_words(data):
        path = home(data, run_as)
        room = Room(path, account_for(path, run_as))
        deadline = time.monotonic() + PATIENCE
        open_up(room)
        with the_only_one(room, deadline, say):
            programs = find_programs(room.account, room.made_by())
            if not room.cluster.exists():
                say("Making a new database. This takes a few seconds.")
                _make_cluster(room, programs)
            started = _bring_up(room, programs, deadline, say)
    return Running(host=room.sockets, data=path, attached=not started)


def address(data: Path) -> str:
    """Give the address at which the PostgreSQL on the files at `data` answers where it runs; nothing is started.

    Raises PostgresUnavailableError where no account here could run it.
    """
    path = home(data)
    return Running(host=Room(path, account_for(path, None)).sockets, data=path, attached=True).url


def stop(data: Path) -> None:
    """Stop the PostgreSQL that runs on `data`, if one does: its connections are ended, its files closed well.

    Waits for up to 60 seconds. Raises PostgresUnavailableError where it goes on all the same.
    """
    with _in_plain_words(data):
        path = home(data)
        if not (path / "cluster").exists():
            return
        room = Room(path, account_for(path, None))
        deadline = time.monotonic() + PATIENCE
        with the_only_one(room, deadline, quiet):
            postmasters, orphans = room.processes()
            for pid in postmasters:
                os.kill(pid, signal.SIGINT)
            if orphans and not postmasters:
                _bury(room, orphans, deadline)
            while any(room.processes()):
                be_patient(room, deadline, "The database did not stop.")


@contextmanager
def _in_plain_words(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PostgresUnavailableError(
            f"The database cannot use the folder {data}: {error.strerror or error} "
            f"({error.filename or 'no file named'}). Check that the disk has space and that the folder is "
            "yours, or choose another folder."
        ) from error


def _make_cluster(room: Room, programs: Programs) -> None:
    """Make a cluster beside its place and move it there whole: a kill half way leaves no half of one."""
    for left in room.path.glob("growing-*"):
        shutil.rmtree(left, ignore_errors=True)
    growing = room.path / f"growing-{time.time_ns()}"
    words = ["-D", growing.name, "-U", USER, "--auth-local=trust", "--auth-host=reject", "--data-checksums"]
    words += ["--encoding=UTF8", "--locale=C"]
    if programs.version >= 17:
        words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    made = programs.run("initdb", *words, room=room.path)
    if made.returncode != 0:
        shutil.rmtree(growing, ignore_errors=True)
        raise PostgresUnavailableError(
            f"A new database could not be made in {room.path}. PostgreSQL says: {_last_words(made.stderr)}. "
            "Check that the disk has space, or choose another folder."
        )
    growing.rename(room.cluster)


def _bring_up(room: Room, programs: Programs, deadline: float, say: Callable[[str], None]) -> bool:
    """Wait until the server answers, and start it where none runs; True where this call started it."""
    launches = 0
    next_word = time.monotonic() + 3
    while not (ready := _is_ready(room, programs)):
        postmasters, orphans = room.processes()
        if ready is None and not postmasters:
            if launches == LAUNCHES:
                raise PostgresUnavailableError(
                    f"The database did not start. PostgreSQL says: {_last_words(room.log_text())}. "
                    f"Its log is {room.log}."
                )
            _bury(room, orphans, deadline)
            say("Starting the database.")
            _launch(room, programs)
            launches += 1
            continue
        if time.monotonic() > next_word:
            say("The database is getting ready. After a sudden stop this can take a minute.")
            next_word += 5
        be_patient(room, deadline, "The database is still getting ready.")
    return launches > 0


def _is_ready(room: Room, programs: Programs) -> bool | None:
    """Ask the server itself: True where it can be used, False where it is coming or going, None if silent."""
    where = ("-h", str(room.sockets), "-p", str(PORT), "-U", USER)
    said = programs.run("pg_isready", *where, "-t", "5", "-q", room=room.path).returncode
    if said != 0:
        return False if said == 1 else None
    found = programs.run("psql", *where, "-XAtq", "-d", DATABASE, "-c", "select 1", room=room.path)
    if "does not exist" in found.stderr:
        create = f"create database {DATABASE}"
        found = programs.run("psql", *where, "-Xq", "-d", "postgres", "-c", create, room=room.path)
    return found.returncode == 0


def _bury(room: Room, orphans: list[int], deadline: float) -> None:
    """End what outlived a killed postmaster, and take away the files that say it still lives.

    Its children hold shared memory that a new server must not share; nobody can hear them commit. The lock
    files may name a zombie, or a stranger who was given the same number since: PostgreSQL would stop at
    either.
    """
    for pid in orphans:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    while any(room.processes()):
        be_patient(room, deadline, "A part of the earlier database server does not end.")
    if room.sees_processes:
        (room.cluster / "postmaster.pid").unlink(missing_ok=True)
        (room.sockets / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _launch(room: Room, programs: Programs) -> None:
    """Start the server in a session of its own, so that Ctrl-C in our terminal does not reach it."""
    if room.log.exists() and room.log.stat().st_size > LARGEST_LOG:
        room.log.rename(room.path / "log.old")
    settings = {**SETTINGS, "unix_socket_directories": str(room.sockets), "cluster_name": room.tag}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    words = ("start", "-w", "-t", "3", "-D", room.cluster.name, "-l", room.log.name, "-o", options)
    programs.run("pg_ctl", *words, room=room.path)


def _last_words(text: str) -> str:
    """Pick the lines of a PostgreSQL program's output that name what went wrong, or its last ones."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines[-20:] if re.search(r"FATAL|PANIC|error:|could not", line)]
    return " ".join((wrong or lines)[-2:]).rstrip(".") or "nothing"
