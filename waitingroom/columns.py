"""What a column may hold: sealed personal words, enums by value, ids."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Enum

NONCE_BYTES = 12
"""NIST SP 800-38D section 8.2: 96-bit nonces for AES-GCM."""


class UnreadableError(Exception):
    """A sealed value does not open: wrong key, moved to another row, or altered."""


@dataclass(eq=False)
class KeyRing:
    """The keys personal words are sealed with, AES-256-GCM.

    `keys` maps a key's number (0 to 255) to its 32 bytes; `hashing` is the 32-byte key of the look-up hashes.
    `demo` keys are made on the first demo run and never good enough for real people.
    `seals` is the number of the key used for sealing, the newest unless one is named.
    `look` is asked whether the keys have changed: before each sealing (it may answer None at once), and with True
    before a value is given up because its key is not here.
    """

    keys: Mapping[int, bytes] = field(repr=False)
    hashing: bytes = field(repr=False)
    demo: bool = False
    seals: int = -1
    look: Callable[[bool], "KeyRing | None"] = field(repr=False, default=lambda _at_once: None)
    _ciphers: dict[int, AESGCM] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare one cipher a key."""
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
        try:
            return self.unseal_bytes(sealed, where).decode("utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableError(where) from error

    def seal_bytes(self, body: bytes, where: str) -> bytes:
        """Seal `body`, up to 2 GB, so that it opens only at `where`."""
        self.renew(at_once=False)
        number, nonce = self.seals, secrets.token_bytes(NONCE_BYTES)
        sealed = self._ciphers[number].encrypt(nonce, body, where.encode("utf-8"))
        return bytes([number]) + nonce + sealed

    def unseal_bytes(self, sealed: bytes, where: str) -> bytes:
        """Open what was sealed at `where`.

        Raises UnreadableError where the key is gone, or the value was altered or stood in another row.
        """
        if sealed and sealed[0] not in self._ciphers:
            self.renew()
        cipher = self._ciphers.get(sealed[0]) if sealed else None
        if cipher is None:
            raise UnreadableError(where)
        try:
            nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
            return cipher.decrypt(nonce, body, where.encode("utf-8"))
        except (InvalidTag, ValueError) as error:
            raise UnreadableError(where) from error

    def fingerprint(self, kind: str, value: str) -> bytes:
        """Hash `value` (a phone number, a chat handle) for look-up, HMAC-SHA256, 32 bytes."""
        return hmac.digest(self.hashing, f"{kind}:{value}".encode(), hashlib.sha256)


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
