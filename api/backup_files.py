"""The files of a backup: a tar archive as a stream, encrypted with age, so that no plain byte touches the disk.

In each: `manifest.json`, then the parts in pieces (`records.dump.00001` …), then `seal.json` with the SHA-256 of
every part and a keyed hash over all of them. `age -d -i KEY FILE | tar x` and `cat records.dump.*` give what
PostgreSQL's own programs read.
"""

import hashlib
import hmac
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import pyrage  # type: ignore[import-untyped]

from api.backup_errors import BackupError, NotWholeError, of_disk

FORMAT = 1
PIECE = 4 * 1024 * 1024
"""Bytes of a part in one member of the archive: the most that is held in memory of it."""
HEADER = b"age-encryption.org/v1\n"
MANIFEST, SEAL = "manifest.json", "seal.json"

Part = tuple[str, Iterable[bytes]]
Take = Callable[[bytes], object]
Mark = Callable[[str], str]
"""Makes the keyed hash that only this service can make: anyone can encrypt for a public recipient."""


@dataclass(frozen=True)
class Manifest:
    """What a file holds, and of when: written inside it.

    `rows` counts each table at the one moment the backup is of. `service` is a keyed hash that tells whose sealing
    keys open what is sealed in it, and `numbers` which of them there were.
    """

    kind: str
    made_at: str
    code: str
    schema: str
    postgresql: str
    service: str
    numbers: tuple[int, ...]
    rows: Mapping[str, int]
    audit_head: str
    own_keys: int
    """how many people's own keys there were"""
    format: int = FORMAT

    @property
    def at(self) -> datetime:
        """The moment it is of."""
        return datetime.fromisoformat(self.made_at)


def make_identity() -> tuple[str, str]:
    """Make a key: the secret that opens backups, and the public recipient they are made for."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def recipient(words: str) -> Any:
    """Read a public recipient. Raises BackupError."""
    try:
        return pyrage.x25519.Recipient.from_str(words.strip())
    except pyrage.RecipientError:
        raise BackupError(
            f"{words[:20]!r} is no recipient: it begins with age1. Make one: waitingroom backup keygen"
        ) from None


def identity(words: str) -> Any:
    """Read a key that `make_identity` made."""
    return pyrage.x25519.Identity.from_str(words)


def read_identities(path: Path) -> list[Any]:
    """Read the keys in an identity file, as `waitingroom backup keygen` and age-keygen write it."""
    try:
        lines = [line.strip() for line in path.read_text().splitlines()]
        found = [
            pyrage.x25519.Identity.from_str(line) for line in lines if line.upper().startswith("AGE-SECRET-KEY-")
        ]
    except OSError as error:
        raise BackupError(f"{WHERE} It cannot be read: {path} ({error.strerror}).") from None
    except (UnicodeDecodeError, pyrage.IdentityError):
        raise BackupError(f"{WHERE} This is not one: {path}") from None
    if not found:
        raise BackupError(f"{WHERE} There is none in {path}")
    return found


WHERE = "The identity is the line that begins with AGE-SECRET-KEY-1, as `waitingroom backup keygen` printed it."


class _Source:
    """Gives an iterator's bytes to who reads it, and keeps what went wrong in it."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._held, self.trouble = blocks, memoryview(b""), None

    trouble: BaseException | None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._held:
                self._held = memoryview(next(self._blocks))
        except StopIteration:
            return b""
        except BaseException as error:
            self.trouble = error
            raise
        given = self._held[: size if size > 0 else PIECE]
        self._held = self._held[len(given) :]
        return bytes(given)


class _Target:
    """Writes a file, and keeps what went wrong and how much was written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.bytes, self.digest = file, 0, hashlib.sha256()
        self.trouble: BaseException | None = None

    def write(self, block: bytes) -> int:
        try:
            self._file.write(block)
        except BaseException as error:
            self.trouble = error
            raise
        self.bytes += len(block)
        self.digest.update(block)
        return len(block)

    def flush(self) -> None:
        """Leave flushing to the end."""


@dataclass(frozen=True)
class Written:
    """A file that was written: how long it is, and the SHA-256 of its bytes as they lie on the disk."""

    bytes: int
    sha256: str


def write(
    path: Path, manifest: Manifest, parts: Iterable[Part], recipients: Sequence[Any], *, mark: Mark
) -> Written:
    """Write a file for `recipients`, flushed to the disk, readable by its owner only.

    Raises BackupError, and whatever `parts` raise; the caller takes the half file away.
    """
    source = _Source(_archive(manifest, parts, mark))
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            target = _Target(file)
            try:
                pyrage.encrypt_io(source, target, list(recipients))
            except Exception as error:  # noqa: BLE001 -- pyrage wraps what our own side raised
                raise source.trouble or target.trouble or error from None
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise of_disk(error, path.parent) from error
    return Written(target.bytes, target.digest.hexdigest())


def read(
    path: Path, identities: Sequence[Any], takes: Mapping[str, Take] | None = None, *, mark: Mark | None = None
) -> Manifest:
    """Read a file to its end, give each part's bytes to whoever takes them, and check every SHA-256.

    Whether the file is whole, and with `mark` whether this service wrote it, is known only at the end: so read
    once before anything is done with it. Raises NotWholeError, BackupError, and whatever a take raises.
    """
    with _Plain(path, identities) as plain:
        return _walk(plain, takes or {}, path, mark)


def looks_whole(path: Path, written: Written) -> bool:
    """Say whether the very bytes that were written lie on the disk: all that is known without a key."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        begins = file.read(len(HEADER))
        digest.update(begins)
        while block := file.read(PIECE):
            digest.update(block)
        return begins == HEADER and file.tell() == written.bytes and digest.hexdigest() == written.sha256


def _archive(manifest: Manifest, parts: Iterable[Part], mark: Mark) -> Iterator[bytes]:
    yield from _member(MANIFEST, json.dumps(asdict(manifest), indent=1).encode())
    sums: dict[str, str] = {}
    for name, blocks in parts:
        digest = hashlib.sha256()
        for number, piece in enumerate(_pieces(blocks), 1):
            digest.update(piece)
            yield from _member(f"{name}.{number:05}", piece)
        sums[name] = digest.hexdigest()
    yield from _member(SEAL, json.dumps({"sha256": sums, "mark": mark(_marked(manifest, sums))}).encode())
    yield bytes(2 * tarfile.BLOCKSIZE)


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def _member(name: str, body: bytes) -> Iterator[bytes]:
    head = tarfile.TarInfo(name)
    head.size, head.mode = len(body), 0o600
    yield head.tobuf(tarfile.USTAR_FORMAT)
    yield body
    yield bytes(-len(body) % tarfile.BLOCKSIZE)


class _Plain:
    """A file's plain bytes, as a pipe that is filled while it is read."""

    def __init__(self, path: Path, identities: Sequence[Any]) -> None:
        self._path, self._identities = path, list(identities)
        self._trouble: BaseException | None = None

    def __enter__(self) -> IO[bytes]:
        try:
            self._file = self._path.open("rb")
        except OSError as error:
            raise BackupError(f"{self._path} cannot be read: {error.strerror}.") from None
        out, into = os.pipe()
        self._out = os.fdopen(out, "rb")
        self._thread = threading.Thread(target=self._fill, args=(os.fdopen(into, "wb"),), daemon=True)
        self._thread.start()
        return self._out

    def _fill(self, into: IO[bytes]) -> None:
        try:
            with into:
                pyrage.decrypt_io(self._file, into, self._identities)
        except BaseException as error:  # noqa: BLE001 -- told to whoever reads
            self._trouble = error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, NotWholeError):
            while self._out.read(PIECE):  # what comes behind the archive's end is authenticated too
                pass
        self._out.close()
        self._thread.join()
        self._file.close()
        if self._trouble is not None and (error is None or isinstance(error, NotWholeError)):
            raise NotWholeError(_unopened(self._path, self._trouble)) from None


def _unopened(path: Path, trouble: BaseException) -> str:
    if "No matching keys" in str(trouble):
        return f"{path.name} was made for another key than this one. Nothing was done with it."
    return f"{path.name} is damaged or cut short. Nothing in it can be relied on: take another."


def _walk(plain: IO[bytes], takes: Mapping[str, Take], path: Path, mark: Mark | None) -> Manifest:
    manifest: Manifest | None = None
    sums: dict[str, Any] = {}
    try:
        with tarfile.open(fileobj=plain, mode="r|", bufsize=tarfile.BLOCKSIZE * 128) as archive:
            for member in archive:
                body = archive.extractfile(member)
                held = body.read() if body else b""
                if member.name == MANIFEST:
                    manifest = _manifest(held, path)
                elif member.name == SEAL:
                    return _sealed(manifest, json.loads(held), _digests(sums), path, mark)
                else:
                    name = member.name.rpartition(".")[0]
                    sums.setdefault(name, hashlib.sha256()).update(held)
                    if take := takes.get(name):
                        take(held)
    except (tarfile.TarError, EOFError, ValueError, KeyError) as error:
        raise NotWholeError(_unopened(path, error)) from None
    raise NotWholeError(_unopened(path, EOFError()))


EMPTY = hashlib.sha256().hexdigest()


def _sealed(
    manifest: Manifest | None, seal: Mapping[str, Any], sums: Mapping[str, str], path: Path, mark: Mark | None
) -> Manifest:
    told = seal["sha256"]
    if manifest is None or told != {**dict.fromkeys(told, EMPTY), **sums}:
        raise NotWholeError(_unopened(path, EOFError()))
    if mark is not None and not hmac.compare_digest(seal["mark"], mark(_marked(manifest, told))):
        raise NotWholeError(
            f"{path.name} was not written by this service, or with another keys.json. Do not use it."
        )
    return manifest


def _marked(manifest: Manifest, sums: Mapping[str, str]) -> str:
    return json.dumps([asdict(manifest), sums], sort_keys=True)


def _digests(sums: Mapping[str, Any]) -> dict[str, str]:
    return {name: digest.hexdigest() for name, digest in sums.items()}


def _manifest(body: bytes, path: Path) -> Manifest:
    told = json.loads(body)
    if told.get("format") != FORMAT:
        raise BackupError(f"{path.name} was written by a newer version of this product. Use that one to read it.")
    return Manifest(**{**told, "numbers": tuple(told["numbers"])})
