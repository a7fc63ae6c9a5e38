"""Twilio's signature: what says that a request is really Twilio's, checked on the address we gave it."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, parse_qsl, urlparse

from twilio.request_validator import RequestValidator, add_port, remove_port  # type: ignore[import-untyped]

MOST_FIELDS = 300
"""Twilio sends about thirty; a body of 64 kB could hold twenty thousand."""


@dataclass(frozen=True)
class Form:
    """A form as it came: its fields in order, a name as often as it was sent."""

    fields: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, body: bytes) -> "Form":
        """Read a form's body. Raises ValueError where it has too many fields or is not UTF-8."""
        told = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        return cls(tuple(told))

    def __iter__(self) -> Iterator[str]:
        """Give each field's name."""
        return (name for name, _ in self.fields)

    def __len__(self) -> int:
        """Count the fields."""
        return len(self.fields)

    def getlist(self, name: str) -> list[str]:
        """Give every value of one field: how Twilio's library asks a form for them."""
        return [value for told, value in self.fields if told == name]

    def get(self, name: str) -> str:
        """Give the first value of one field as it stands; empty where there is none."""
        return next(iter(self.getlist(name)), "")


def genuine(*, token: str, url: str, form: Form, signature: str) -> bool:
    """Say whether Twilio signed this form, posted to `url`, with our token (HMAC-SHA1, base64).

    Twilio signs the address with its port or without it, so either is good. Everything is compared in constant
    time. An empty token signs nothing: nothing is genuine then.
    """
    return _signed(token, url, form, signature)


def genuine_json(*, token: str, url: str, body: bytes, signature: str) -> bool:
    """Say whether Twilio signed this JSON body: the address carries its SHA-256, and the signature the address."""
    told = parse_qs(urlparse(url).query).get("bodySHA256", [""])[0]
    same = hmac.compare_digest(hashlib.sha256(body).hexdigest().encode(), _bytes(told))
    return _signed(token, url, Form(), signature) and same


def _signed(token: str, url: str, form: Form, signature: str) -> bool:
    if not token or not signature:
        return False
    try:
        parsed = urlparse(url)
        ways = (remove_port(parsed), add_port(parsed))
        made = [RequestValidator(token).compute_signature(way, form) for way in ways]
    except ValueError:
        return False
    return any([hmac.compare_digest(_bytes(one), _bytes(signature)) for one in made])  # noqa: C419 -- each is looked at


def _bytes(told: str) -> bytes:
    return told.encode("utf-8", "surrogatepass")
