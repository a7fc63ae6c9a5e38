"""What a column may hold: sealed personal words, enums by value, ids."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Enum

Value = TypeVar("Value")
NONCE_BYTES = 12
"""NIST SP 800-38D section 8.2: 96-bit nonces for AES-GCM."""
KEY_BYTES = 32
ID_BYTES = 16
OWN = 0
"""The first byte of what was sealed with an own key. The ring's keys are numbered from 1, so none begins so."""


class UnreadableError(Exception):
    """A sealed value does not open: wrong key, moved to another row, or altered."""


def readable(opened: Callable[[], Value], otherwise: Value) -> Value:
    """Open something of a list; `otherwise` where it does not open, so that one never hides all the others."""
    try:
        return opened()
    except UnreadableError:
        return otherwise


@dataclass(eq=False)
class KeyRing:
    """The keys personal words are sealed with, AES-256-GCM.

    `keys` maps a key's number (1 to 255) to its 32 bytes; `hashing` is the 32-byte key of the look-up hashes.
    `demo` keys are made on the first demo run and never good enough for real people.
    `seals` is the number of the key used for sealing, the newest unless one is named.
    `look` is asked whether the keys have changed: before each sealing (it may answer None at once), and with True
    before a value is given up because its key is not here.
    Raises ValueError for a number that cannot stand in front of what it seals, or a key that is no key.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    hashing: bytes = field(repr=False)
    demo: bool = False
    seals: int = -1
    look: Callable[[bool], "KeyRing | None"] = field(repr=False, default=lambda _at_once: None)
    _ciphers: dict[int, AESGCM] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare one cipher a key."""
        if not all(OWN < number < 256 for number in self.keys):
            raise ValueError("keys are numbered 1 to 255")
        self._ciphers = {number: AESGCM(key) for number, key in self.keys.items()}
        self.seals = self.seals if self.seals in self._ciphers else max(self._ciphers)

    @classmethod
    def fresh(cls, *, demo: bool = False) -> "KeyRing":
        """Make a ring of one new random key."""
        return cls(keys={1: secrets.token_bytes(32)}, hashing=secrets.token_bytes(32), demo=demo)

    def renew(self, *, at_once: bool = True) -> None:
        """Look whether the keys have changed, and take them on. Keys of another service are never taken on."""
        found = self.look(at_once)
        if found is not None and hmac.compare_digest(found.hashing, self.hashing):
            self.keys, self.seals = found.keys, found.seals
            self._ciphers = {number: AESGCM(key) for number, key in found.keys.items()}

    def seal(self, words: str, where: str) -> bytes:
        """Seal `words` so that they open only at `where`, a name for one column of one row."""
        return self.seal_bytes(words.encode("utf-8"), where)

    def unseal(self, sealed: bytes, where: str) -> str:
        """Open the words sealed at `where`. Raises UnreadableError, as `unseal_bytes` does."""
        return _words(self.unseal_bytes(sealed, where), where)

    def seal_bytes(self, body: bytes, where: str) -> bytes:
        """Seal `body`, up to 2 GB, so that it opens only at `where`."""
        self.renew(at_once=False)
        return bytes([self.seals]) + _sealed(self._ciphers[self.seals], body, where)

    def unseal_bytes(self, sealed: bytes, where: str) -> bytes:
        """Open what was sealed at `where`.

        Raises UnreadableError where the key is gone, or the value was altered or stood in another row.
        """
        if sealed and sealed[0] not in self._ciphers:
            self.renew()
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        if cipher is None:
            raise UnreadableError(where)
        return _opened(cipher, sealed[1:], where)

    def fingerprint(self, kind: str, value: str) -> bytes:
        """Hash `value` (a phone number, a chat handle) for look-up, HMAC-SHA256, 32 bytes."""
        return hmac.digest(self.hashing, f"{kind}:{value}".encode(), hashlib.sha256)

    def brief(self, kind: str, value: str) -> bytes:
        """Hash `value` to know it again for a while, keyed BLAKE2b (RFC 7693), 8 bytes: a fifth of the cost."""
        return hashlib.blake2b(f"{kind}:{value}".encode(), key=self.hashing, digest_size=8).digest()


@dataclass(frozen=True)
class OwnKey:
    """The key of one talk or person, AES-256-GCM. What it seals names it: byte 0, then `id`, nonce and body."""

    id: uuid.UUID
    _cipher: AESGCM = field(repr=False)

    @classmethod
    def of_bytes(cls, key_id: uuid.UUID, key: bytes) -> "OwnKey":
        """Prepare the key `key_id` from its 32 bytes."""
        return cls(key_id, AESGCM(key))

    def seal(self, words: str, where: str) -> bytes:
        """Seal `words` so that they open only with this key and at `where`."""
        return self.seal_bytes(words.encode("utf-8"), where)

    def unseal(self, sealed: bytes, where: str) -> str:
        """Open the words sealed at `where`. Raises UnreadableError, as `unseal_bytes` does."""
        return _words(self.unseal_bytes(sealed, where), where)

    def seal_bytes(self, body: bytes, where: str) -> bytes:
        """Seal `body`, up to 2 GB, so that it opens only with this key and at `where`."""
        return bytes([OWN]) + self.id.bytes + _sealed(self._cipher, body, where)

    def unseal_bytes(self, sealed: bytes, where: str) -> bytes:
        """Open what was sealed at `where`. Raises UnreadableError where it was not with this key, or altered."""
        if key_of(sealed) != self.id:
            raise UnreadableError(where)
        return _opened(self._cipher, sealed[1 + ID_BYTES :], where)


def key_of(sealed: bytes) -> uuid.UUID | None:
    """Name the own key something was sealed with; None: with the ring's, or with none at all."""
    if len(sealed) <= ID_BYTES or sealed[0] != OWN:
        return None
    return uuid.UUID(bytes=sealed[1 : 1 + ID_BYTES])


def _sealed(cipher: AESGCM, body: bytes, where: str) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, body, where.encode("utf-8"))


def _opened(cipher: AESGCM, sealed: bytes, where: str) -> bytes:
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], where.encode("utf-8"))
    except (InvalidTag, ValueError) as error:
        raise UnreadableError(where) from error


def _words(body: bytes, where: str) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(where) from error


def by_value(kind: type[StrEnum]) -> Enum:
    """Return the column type that stores an enum as its value, in plain text."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def new_id() -> uuid.UUID:
    """Make an id nobody can guess (RFC 9562 version 4)."""
    return uuid.uuid4()
