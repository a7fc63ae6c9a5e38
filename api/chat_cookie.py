"""The chat's cookie: a secret that only this browser has, and only we can make."""

import base64
import hmac
import re
import secrets

from fastapi import Request, Response

from waitingroom.columns import KeyRing

KIND = "chat-cookie"
SHAPE = re.compile(r"[A-Za-z0-9_-]{43}\.[A-Za-z0-9_-]{16}")
DAYS_KEPT = 90
"""As long as a silent channel is trusted; every message begins the time anew."""


def mint(keys: KeyRing) -> str:
    """Make a new one: 32 random bytes, and the proof (96 bits of an HMAC) that we made it."""
    secret = secrets.token_urlsafe(32)
    return f"{secret}.{_proof(keys, secret)}"


def genuine(keys: KeyRing, told: str | None) -> str | None:
    """Return `told` where we made it; None for anything else, so that nobody chooses their own."""
    if told is None or not SHAPE.fullmatch(told):
        return None
    secret, _, proof = told.partition(".")
    return told if hmac.compare_digest(proof, _proof(keys, secret)) else None


def shown(request: Request) -> str | None:
    """Read this browser's cookie, once for each request; one that we did not make counts as none."""
    state: dict[str, str | None] = request.scope.setdefault("state", {})
    if KIND not in state:
        house = request.app.state.house
        told = request.cookies.get(name(secure=house.settings.secure_cookies))
        state[KIND] = genuine(house.database.keys, told)
    return state[KIND]


def name(*, secure: bool) -> str:
    """Name the cookie. `secure`: HTTPS only, bound by the browser to this very host."""
    return "__Host-chat" if secure else "chat"


def give(response: Response, cookie: str, *, secure: bool) -> None:
    """Have the browser keep the cookie: out of reach of scripts, and never sent with another site's form."""
    kept = f"{name(secure=secure)}={cookie}; Max-Age={DAYS_KEPT * 24 * 60 * 60}; Path=/; HttpOnly; SameSite=lax"
    response.headers.append("Set-Cookie", f"{kept}; Secure" if secure else kept)


def take_back(response: Response, *, secure: bool) -> None:
    """Have the browser forget the cookie."""
    response.delete_cookie(name(secure=secure), path="/", secure=secure, httponly=True, samesite="lax")


def _proof(keys: KeyRing, secret: str) -> str:
    return base64.urlsafe_b64encode(keys.fingerprint(KIND, secret)[:12]).decode()
