"""The shelf: the folder backups lie in, what lies there, and which of it may go."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from api.backup_errors import BackupError, of_disk
from api.backup_files import Written

KEYS_OF_PEOPLE = "keys-of-people.age"
LIST = "backups.json"
GROWING = ".growing-"
FEW = 10
"""With fewer people than this before, no loss is too great to be meant."""


class AnotherServiceError(BackupError):
    """This folder holds the backups of another service, or of other keys. Choose another folder."""


class FewerPeopleError(BackupError):
    """Far fewer people are in the records than in the last backup here."""

    def __init__(self, before: int, now: int) -> None:
        super().__init__(
            f"The last backup here held {before} people, and the records hold {now} now. Nothing was written: "
            "this may be the wrong database, or one that lost its records. If it is right, say --fewer-people."
        )


@dataclass(frozen=True)
class Kept:
    """One file of records on the shelf. `opened_at`: when it was last read with the real key, if ever."""

    at: str
    bytes: int
    sha256: str
    verified: bool
    opened_at: str | None = None


@dataclass(frozen=True)
class Listing:
    """What lies on the shelf. `service`: as in manifests; `people`: how many the newest holds."""

    service: str = ""
    people: int = 0
    files: Mapping[str, Kept] = field(default_factory=dict)


def records_name(at: datetime) -> str:
    """Name a file of records by the moment it is of."""
    return f"records-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.age"


class Shelf:
    """One folder of backups, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Take a folder; `held` makes and locks it."""
        self.folder = folder

    @contextmanager
    def held(self) -> Iterator["Shelf"]:
        """Make the folder where it is missing, keep others out, and clear what a sudden stop left half written."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise of_disk(error, self.folder) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in self.folder.glob(f"{GROWING}*"):
                left.unlink(missing_ok=True)
            yield self
        except BlockingIOError:
            raise BackupError(
                f"Another backup is being written to {self.folder}. Wait until it is done."
            ) from None
        finally:
            os.close(lock)

    def growing(self, name: str) -> Path:
        """Name the place a file grows at: under its own name it is never seen half written."""
        return self.folder / f"{GROWING}{name}"

    def put(self, name: str) -> Path:
        """Give a grown file its name, for good."""
        try:
            self.growing(name).replace(self.folder / name)
            self._settle()
        except OSError as error:
            raise of_disk(error, self.folder) from error
        return self.folder / name

    def check(self, *, service: str, people: int, fewer: bool) -> None:
        """Check that the records to be kept are those of this shelf.

        Raises AnotherServiceError; and FewerPeopleError where half of the people are gone, unless `fewer`: a
        backup of an empty database takes the place of the keys of all those who are in the older ones.
        """
        before = self.listing()
        if before.service not in ("", service):
            raise AnotherServiceError(AnotherServiceError.__doc__)
        if not fewer and before.people >= FEW and people < before.people / 2:
            raise FewerPeopleError(before.people, people)

    def listing(self) -> Listing:
        """Read what lies here; a list that is lost or spoilt says nothing."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads((self.folder / LIST).read_text())
            files = {name: Kept(**kept) for name, kept in told["files"].items()}
            there = {name: kept for name, kept in files.items() if (self.folder / name).exists()}
            return Listing(told["service"], told["people"], there)
        return Listing()

    def note(self, name: str, kept: Kept, *, service: str, people: int) -> None:
        """Note a new file of records."""
        before = self.listing()
        self._list(Listing(service, people, {**before.files, name: kept}))

    def note_opened(self, name: str, *, at: datetime) -> None:
        """Note that a file was read with the real key."""
        before = self.listing()
        if name in before.files:
            opened = Kept(**{**asdict(before.files[name]), "opened_at": at.isoformat()})
            self._list(Listing(before.service, before.people, {**before.files, name: opened}))

    def prune(self, keep: int) -> list[str]:
        """Delete older files of records, all but `keep`; never the newest that was verified, or opened."""
        listing = self.listing()
        files = sorted(self.folder.glob("records-*.age"), reverse=True)
        spared = {file.name for file in files[:keep]}
        known = [(file.name, listing.files[file.name]) for file in files if file.name in listing.files]
        spared |= {name for name, _ in [one for one in known if one[1].verified][:1]}
        spared |= {name for name, _ in [one for one in known if one[1].opened_at][:1]}
        gone = [file.name for file in files if file.name not in spared]
        for name in gone:
            (self.folder / name).unlink(missing_ok=True)
        if gone:
            left = {name: kept for name, kept in listing.files.items() if name not in gone}
            self._list(Listing(listing.service, listing.people, left))
        return gone

    def newest(self) -> Path:
        """Find the newest file of records. Raises BackupError where there is none."""
        files = sorted(self.folder.glob("records-*.age"))
        if not files:
            raise BackupError(f"There is no backup in {self.folder}.")
        return files[-1]

    def _list(self, listing: Listing) -> None:
        write_whole(self.folder / LIST, json.dumps(asdict(listing), indent=1))

    def _settle(self) -> None:
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def as_kept(written: Written, *, at: datetime, opened: bool) -> Kept:
    """Describe a file that was written and read back."""
    stamp = at.isoformat()
    return Kept(stamp, written.bytes, written.sha256, verified=True, opened_at=stamp if opened else None)


def write_whole(path: Path, words: str) -> None:
    """Put a small file in place of the one that is there, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(words)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise of_disk(error, path.parent) from error
