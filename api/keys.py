"""The key file: made once, read by its owner only, read again wherever it changes."""

import base64
import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from waitingroom.columns import KeyRing

OWNER_ONLY = 0o600
LOOK_EVERY = 1.0
"""Seconds for which a process that seals does not look whether its key file changed."""
LARGEST_NUMBER = 255
"""A key's number is the first byte of what it seals; 0 is for keys that are a person's own."""


class KeysError(Exception):
    """The sealing keys cannot be used."""


@dataclass
class _Look:
    """Reads a key file again once it has changed: looked at once a second at most, or at once where asked."""

    path: Path
    seen: tuple[int, int, int]
    again_at: float = field(default_factory=time.monotonic)

    def __call__(self, at_once: bool) -> KeyRing | None:  # noqa: FBT001 -- the shape the ring asks in
        """Give the ring in the file where it changed, else None. What cannot be read changes nothing."""
        now = time.monotonic()
        if now < self.again_at and not at_once:
            return None
        self.again_at = now + LOOK_EVERY
        try:
            seen = _stamp(self.path)
            if seen == self.seen:
                return None
            found = read_keys(self.path)
        except (OSError, KeysError):
            return None
        self.seen = seen
        return found


def read_keys(path: Path) -> KeyRing:
    """Read the key ring at `path`; it takes on by itself what is changed in the file from then on.

    Raises KeysError where it is missing, open to others, or not a key ring.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeysError(f"{path} can be read by others. Run: chmod 600 {path}")
        seen = _stamp(path)
        return _ring(path.read_text(), _Look(path, seen))
    except FileNotFoundError:
        raise KeysError(f"There are no keys at {path}. Run: waitingroom keys make") from None
    except (ValueError, KeyError, TypeError) as error:
        raise KeysError(f"{path} is not a key file. Put back the one you saved.") from error


def make_keys(path: Path, *, demo: bool) -> KeyRing:
    """Make a new key ring at `path`, unless there is one: then that is read. Two makers at once make one."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            if not path.exists():
                _put(path, KeyRing.fresh(demo=demo))
    return read_keys(path)


def add_key(path: Path) -> int:
    """Add a new random key to the ring at `path`, and return its number. It seals nothing until it is used."""
    with _alone(path):
        ring = read_keys(path)
        number = _free(ring)
        keys = {**ring.keys, number: secrets.token_bytes(32)}
        _put(path, KeyRing(keys, ring.hashing, demo=ring.demo, seals=ring.seals))
    return number


def have_key(path: Path, number: int) -> KeyRing:
    """Read the ring at `path`. Raises KeysError where it has no key `number`."""
    ring = read_keys(path)
    if number not in ring.keys:
        raise KeysError(f"There is no key {number} in {path}. It has: {', '.join(map(str, sorted(ring.keys)))}.")
    return ring


def use_key(path: Path, number: int) -> None:
    """Seal with key `number` of the ring at `path` from now on. Raises KeysError where there is none."""
    with _alone(path):
        ring = have_key(path, number)
        if number != ring.seals:
            _put(path, KeyRing(ring.keys, ring.hashing, demo=ring.demo, seals=number))


def drop_key(path: Path, number: int) -> None:
    """Take key `number` out of the ring at `path`. Raises KeysError for one that is not there, or seals."""
    with _alone(path):
        ring = have_key(path, number)
        if number == ring.seals:
            raise KeysError(f"Key {number} is the one that seals. Run first: waitingroom keys change")
        kept = {other: key for other, key in ring.keys.items() if other != number}
        _put(path, KeyRing(kept, ring.hashing, demo=ring.demo, seals=ring.seals))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Change the file at `path` alone: two who change it at once would lose one another's keys."""
    try:
        with path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise KeysError(f"{path} cannot be changed: {error.strerror or error}. Whose file is it?") from error


def _free(ring: KeyRing) -> int:
    """Give the number after the newest: numbers are never given twice."""
    if max(ring.keys) == LARGEST_NUMBER:
        raise KeysError(f"There can be no key after number {LARGEST_NUMBER}: it is kept in one byte.")
    return max(ring.keys) + 1


def _ring(text: str, look: Callable[[bool], KeyRing | None]) -> KeyRing:
    kept = json.loads(text)
    keys = {int(number): base64.b64decode(key) for number, key in kept["keys"].items()}
    seals = int(kept.get("seals", max(keys)))
    if seals not in keys:
        raise ValueError("the key that seals is not among them")
    return KeyRing(keys, base64.b64decode(kept["hashing"]), demo=bool(kept["demo"]), seals=seals, look=look)


def _put(path: Path, ring: KeyRing) -> None:
    """Put a ring in place of the one at `path`, whole or not at all, and down on the disk."""
    draft = _draft(path, ring)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(path: Path, ring: KeyRing) -> Path:
    """Write a ring beside its place, for its owner only; where another owns the file there, for that one."""
    kept = {
        "keys": {str(number): base64.b64encode(key).decode() for number, key in ring.keys.items()},
        "seals": ring.seals,
        "hashing": base64.b64encode(ring.hashing).decode(),
        "demo": ring.demo,
    }
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(opened, "w") as file:
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    if path.exists() and os.geteuid() == 0:
        owner = path.stat()
        os.chown(draft, owner.st_uid, owner.st_gid)
    return draft


def _stamp(path: Path) -> tuple[int, int, int]:
    """Give what tells one state of a file from the next."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
