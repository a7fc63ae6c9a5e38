"""Limits: how fast a key or session of staff may ask, or a stranger's address, and how much of it is left.

Counted in this process, before the records are asked anything: what floods us must not reach them, and nobody has
to wait for a row that others count on. With several processes each counts for itself. Guessed passwords are
counted in the records, apart from this. People's own doors are counted in api/shedding.py.
"""

import hashlib
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from typing import TypeVar

from fastapi import FastAPI, HTTPException, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from waitingroom.staff import UnknownKeyError
from waitingroom.staff_sessions import SignedOutError

MOST_KNOWN = 10_000
"""How many keys, sessions and addresses are counted at once; of more, those longest silent are let go."""
TINY = 1e-6
"""Seconds that are only what adding fractions up leaves over."""
SHOWN = "limit_left"
POLICY = "staff"
"""The name of the limit in RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10)."""
Came = TypeVar("Came")


@dataclass(frozen=True)
class Left:
    """What is left of a limit: of `quota` at once `left`; it is whole again in `whole_in` seconds.

    `wait`: seconds until one more may come, 0 where it was let in.
    """

    quota: int
    left: int
    whole_in: float
    wait: float
    window: int

    @property
    def headers(self) -> Mapping[str, str]:
        """Say it as headers."""
        told = {
            "RateLimit-Policy": f'"{POLICY}";q={self.quota};w={self.window}',
            "RateLimit": f'"{POLICY}";r={self.left};t={math.ceil(self.whole_in)}',
        }
        return {**told, "Retry-After": str(math.ceil(self.wait))} if self.wait else told


@dataclass
class Limits:
    """`burst` at once, then `per_second`, for each name apart: the generic cell rate algorithm (ITU-T I.371)."""

    burst: int
    per_second: float
    clock: Callable[[], float] = time.monotonic
    _whole_at: OrderedDict[bytes, float] = field(default_factory=OrderedDict)

    def knows(self, name: bytes) -> bool:
        """Say whether somebody of this name came before."""
        return name in self._whole_at

    def forget(self, name: bytes) -> None:
        """Count this name no more."""
        self._whole_at.pop(name, None)

    def look(self, name: bytes) -> Left:
        """Say what is left, and take nothing."""
        now, gap = self.clock(), 1 / self.per_second
        whole_at = max(self._whole_at.get(name, now), now)
        return self._left(whole_at, now, wait=whole_at - now - gap * (self.burst - 1))

    def spend(self, name: bytes) -> Left:
        """Take one of the limit, where there is one; else `wait` says how long there is none."""
        stands = self.look(name)
        if stands.wait:
            return stands
        now = self.clock()
        self._whole_at[name] = whole_at = max(self._whole_at.get(name, now), now) + 1 / self.per_second
        self._whole_at.move_to_end(name)
        if len(self._whole_at) > MOST_KNOWN:
            self._whole_at.popitem(last=False)
        return self._left(whole_at, now, wait=0)

    def _left(self, whole_at: float, now: float, *, wait: float) -> Left:
        spent = math.ceil(round((whole_at - now) * self.per_second, 6))
        window = math.ceil(self.burst / self.per_second)
        return Left(self.burst, max(self.burst - spent, 0), whole_at - now, wait if wait > TINY else 0.0, window)


def install(app: FastAPI, *, burst: int, per_second: float) -> None:
    """Have staff's doors of `app` count, and each of their answers say what is left."""
    app.state.limits = Limits(burst, per_second)
    app.add_middleware(LimitsShown)


async def limited(request: Request, secret: str, come: Callable[[], Awaitable[Came]]) -> Came:
    """Let `come` be awaited for whoever shows `secret`: a key, or what a session's cookie holds.

    Raises 429 where they ask too fast. Secrets that nobody knows are counted for the address they come from, so
    guessing goes no faster with ever new ones; one that was good before is not held up by its neighbours.
    """
    limits: Limits = request.app.state.limits
    name, address = hashlib.sha256(secret.encode("utf-8", "replace")).digest(), address_of(request)
    if limits.knows(name):
        _let_in(request, limits.spend(name))
    else:
        _let_in(request, limits.look(address))
    try:
        came = await come()
    except (UnknownKeyError, SignedOutError):
        limits.forget(name)
        _show(request, limits.spend(address))
        raise
    except Exception:
        if not limits.knows(name):
            _show(request, limits.spend(address))
        raise
    if not limits.knows(name):
        _show(request, limits.spend(name))
    return came


async def for_strangers(request: Request) -> None:
    """Count a request of someone who need not be signed in for the address it comes from: a FastAPI dependency.

    Raises 429.
    """
    limits: Limits = request.app.state.limits
    _let_in(request, limits.spend(address_of(request)))


def address_of(request: Request) -> bytes:
    """Name the address somebody comes from, not to be read back: it is nowhere written down."""
    host = request.client.host if request.client else ""
    return hashlib.sha256(b"address " + _neighbourhood(host).encode()).digest()


def is_proxy(request: Request) -> bool:
    """Say whether this is one of our own proxies that does not say whom it asks for: everybody comes by it."""
    if request.client is None:
        return True
    proxies: Collection[str] = getattr(request.app.state, "proxies", ())
    return _among(request.client.host, tuple(proxies))


@lru_cache(maxsize=4096)
def _neighbourhood(host: str) -> str:
    """Return what one household or machine has for itself: an IPv4 address, or of IPv6 64 bits (RFC 6177)."""
    try:
        read = ip_address(host)
    except ValueError:
        return host
    if isinstance(read, IPv4Address):
        return host
    return str(read.ipv4_mapped) if read.ipv4_mapped else str(ip_network((read, 64), strict=False))


@lru_cache(maxsize=4096)
def _among(host: str, networks: tuple[str, ...]) -> bool:
    try:
        read = ip_address(host)
    except ValueError:
        return False
    return any(read in ip_network(one, strict=False) for one in networks)


def _let_in(request: Request, left: Left) -> None:
    _show(request, left)
    if left.wait:
        raise HTTPException(429, headers={"Retry-After": left.headers["Retry-After"]})


def _show(request: Request, left: Left) -> None:
    request.scope.setdefault("state", {})[SHOWN] = left


class LimitsShown:
    """ASGI middleware: each answer to staff, errors too, says what is left of their limit."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through; of people's own doors only the address is looked at."""
        if scope["type"] != "http" or not scope["path"].startswith(("/api/v1", "/staff")):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def sending(message: Message) -> None:
            left = state.get(SHOWN)
            if message["type"] == "http.response.start" and left is not None:
                MutableHeaders(scope=message).update(left.headers)
            await send(message)

        await self._app(scope, receive, sending)
