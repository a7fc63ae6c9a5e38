"""Cursors: the place in a list, signed so that only those made here are taken."""

import base64
import binascii
import hmac
import json
import uuid
from datetime import datetime

from fastapi.exceptions import RequestValidationError

from waitingroom.caseload import After
from waitingroom.columns import KeyRing

MARK_BYTES = 16


def cursor(keys: KeyRing, after: After, *, of: str) -> str:
    """Write the place `after` in the list called `of`: base64url, good for that list only."""
    place = json.dumps([after.urgency, after.raised_at.isoformat(), str(after.id)]).encode()
    return base64.urlsafe_b64encode(_mark(keys, place, of) + place).decode().rstrip("=")


def place_of(keys: KeyRing, told: str, *, of: str) -> After:
    """Read a cursor back. Raises RequestValidationError for one that was not made here for this list."""
    try:
        opened = base64.b64decode(told + "=" * (-len(told) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        opened = b""
    mark, place = opened[:MARK_BYTES], opened[MARK_BYTES:]
    if not hmac.compare_digest(mark, _mark(keys, place, of)):
        raise RequestValidationError([{"type": "cursor", "loc": ("query", "cursor"), "msg": "", "input": None}])
    urgency, raised_at, id_ = json.loads(place)
    return After(urgency, datetime.fromisoformat(raised_at), uuid.UUID(id_))


def _mark(keys: KeyRing, place: bytes, of: str) -> bytes:
    return keys.fingerprint(f"cursor:{of}", place.decode("latin-1"))[:MARK_BYTES]
