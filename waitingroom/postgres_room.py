"""The folder of one embedded PostgreSQL: who may enter, who works in it, and which processes live there."""

import fcntl
import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from waitingroom.postgres_programs import Account, PostgresUnavailableError

PATIENCE = 60.0
PORT = 5432
LONGEST_SOCKET_PATH = 100  # bytes; Linux allows 107 (sys/un.h), macOS 103
PROCESSES = Path("/proc")
OURS = re.compile(r"cluster|run|lock|log|log\.old|growing-.*|lost\+found")


@dataclass(frozen=True)
class Room:
    """One folder with a cluster, its socket, log and lock, and the account that owns them."""

    path: Path
    account: Account

    @property
    def cluster(self) -> Path:
        """The cluster itself: what PostgreSQL calls its data directory."""
        return self.path / "cluster"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.path / "log"

    @property
    def tag(self) -> str:
        """The name in the titles of its processes, which tells them from any other PostgreSQL."""
        return "waitingroom-" + hashlib.sha256(bytes(self.path)).hexdigest()[:12]

    @property
    def sockets(self) -> Path:
        """A folder whose path is short enough for a socket and plain enough for every driver's address."""
        beside = self.path / "run"
        plain = re.fullmatch(r"[A-Za-z0-9/._-]+", str(beside)) is not None
        if plain and len(str(beside / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return beside
        return Path("/tmp") / f"{self.tag}-{self.account.uid}"  # noqa: S108 - open_up checks whose it is

    @property
    def sees_processes(self) -> bool:
        """Whether this system lists its processes in /proc."""
        return (PROCESSES / "self" / "cmdline").exists()

    def made_by(self) -> int | None:
        """Read which major version of PostgreSQL made the cluster; None where there is none yet."""
        try:
            return int((self.cluster / "PG_VERSION").read_text())
        except FileNotFoundError:
            return None

    def log_text(self) -> str:
        """Read the server's log; empty where there is none."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def processes(self) -> tuple[list[int], list[int]]:
        """List the living processes of this room's server: its postmaster, and the others.

        A process is known by the title PostgreSQL gives it, which anybody may read. A zombie has no title, so
        it counts as dead, which it is. A child that was born this moment still has its postmaster's title.
        """
        if not self.sees_processes:
            return self._postmaster_by_file(), []
        postmasters, others = [], []
        for entry in PROCESSES.iterdir():
            words = self._title(entry) if entry.name.isdigit() else [b""]
            if words[0].endswith(b"postgres") and f"cluster_name={self.tag}".encode() in words:
                postmasters.append(int(entry.name))
            elif words[0].startswith(f"postgres: {self.tag}: ".encode()):
                others.append(int(entry.name))
        return postmasters, others

    def _title(self, process: Path) -> list[bytes]:
        try:
            if process.stat().st_uid == self.account.uid:
                return (process / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
        return [b""]

    def _postmaster_by_file(self) -> list[int]:
        try:
            pid = int((self.cluster / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
        except (FileNotFoundError, IndexError, ProcessLookupError, PermissionError):
            return []
        return [pid]


def open_up(room: Room) -> None:
    """Make the room's folders, closed to everybody but the account that owns them (and root).

    Raises PostgresUnavailableError where the folder is somebody else's or holds other things.
    """
    if not room.path.exists():
        for parent in reversed([parent for parent in room.path.parents if not parent.exists()]):
            parent.mkdir(exist_ok=True)
            if room.account.change:
                parent.chmod(0o755)
    elif not room.cluster.exists() and any(not OURS.fullmatch(child.name) for child in room.path.iterdir()):
        raise PostgresUnavailableError(
            f"The folder {room.path} holds other things. Choose a new or empty folder for the database."
        )
    for folder in (room.path, room.sockets):
        folder.mkdir(mode=0o700, exist_ok=True)
        _close_to_others(folder, room.account)


def _close_to_others(folder: Path, account: Account) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        owner = os.fstat(descriptor).st_uid
        if owner not in (account.uid, 0) or (owner == 0 and not account.change):
            raise PostgresUnavailableError(
                f"The folder {folder} belongs to somebody else. Choose another folder for the database, "
                "or run this as the person who made it."
            )
        if account.change:
            os.fchown(descriptor, account.uid, account.gid)
        os.fchmod(descriptor, 0o700)
    finally:
        os.close(descriptor)


@contextmanager
def the_only_one(room: Room, deadline: float, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the room's lock: of several processes that start or stop its server at once, the others wait."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(room.path / "lock", flags, 0o600)
    try:
        if room.account.change and os.fstat(descriptor).st_uid == 0:
            os.fchown(descriptor, room.account.uid, room.account.gid)
        told = False
        while not _locked(descriptor):
            if not told:
                say("Another process is starting or stopping the database. Waiting for it.")
                told = True
            be_patient(room, deadline, "Another process is still starting or stopping the database.")
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def be_patient(room: Room, deadline: float, trouble: str) -> None:
    """Wait a moment. Raises PostgresUnavailableError, naming the `trouble`, once the deadline is past."""
    if time.monotonic() > deadline:
        raise PostgresUnavailableError(
            f"{trouble} We waited for {PATIENCE:.0f} seconds. Try again in a minute. The log is {room.log}."
        )
    time.sleep(0.02)
