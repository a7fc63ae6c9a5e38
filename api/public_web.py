"""The public web: fetches JSON from an address that somebody else chose, and from nowhere inside."""

import asyncio
import ipaddress
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from waitingroom.errors import RefusedError

MOST_BYTES = 20 * 1024 * 1024
"""The largest answer that is read."""
PATIENCE = 30.0
"""Seconds for one answer, from dialling to its last byte."""
TRIES = 4
LONGEST_PAUSE = 30.0
HERE = frozenset({"127.0.0.1", "::1", "localhost"})
"""This very machine, only where the address names it so itself: for a directory that is served here."""
Pause = Callable[[float], Awaitable[None]]


class AddressError(RefusedError):
    """Only addresses that begin with https:// and are on the public internet are fetched."""


class FetchError(RefusedError):
    """That address did not answer with what was asked for."""


class NotThereError(FetchError):
    """There is nothing at that address."""


class PublicOnly(AbstractResolver):
    """Finds the machines behind a name, and gives only public ones: what is dialled is what was looked at."""

    def __init__(self, within: AbstractResolver | None = None) -> None:
        """`within` does the looking up."""
        self._within = within or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a name up. Raises AddressError where any machine behind it is not public."""
        found = await self._within.resolve(host, port, family)
        if host not in HERE and not all(is_public(one["host"]) for one in found):
            raise AddressError
        return found

    async def close(self) -> None:
        """Let go of what does the looking up."""
        await self._within.close()


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public internet: not this machine, not this house, no metadata."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    if inner is not None:
        found = inner
    return found.is_global and not found.is_multicast and not found.is_reserved


def checked(url: str) -> str:
    """Return an address that may be fetched. Raises AddressError for any other."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise AddressError from None
    here = host in HERE
    if parts.scheme != "https" and not (here and parts.scheme == "http"):
        raise AddressError
    if not host or parts.username is not None or parts.password is not None:
        raise AddressError
    if not here and _is_number(host) and not is_public(host):
        raise AddressError
    return url


@dataclass(frozen=True)
class Web:
    """Fetches from one address after the other over kept connections."""

    session: aiohttp.ClientSession
    pause: Pause = asyncio.sleep

    async def json(self, url: str, query: Mapping[str, str] | None = None) -> Any:
        """Fetch JSON, again where the other side is busy.

        Raises AddressError, NotThereError, and FetchError saying what else went wrong. Nothing is followed: an
        address that has moved is an error that names no new one.
        """
        for attempt in range(1, TRIES + 1):
            try:
                status, wait, body = await self._get(checked(url), query)
            except (aiohttp.ClientError, TimeoutError) as error:
                trouble: str = f"It cannot be reached ({type(error).__name__})."
                wait = None
            else:
                if status == 200:
                    return _read(body)
                if status in {404, 410}:
                    raise NotThereError
                trouble = f"It answered {status} in place of what was asked for."
                if status != 429 and status < 500:
                    raise FetchError(trouble)
            if attempt < TRIES:
                await self.pause(min(2.0**attempt if wait is None else wait, LONGEST_PAUSE))
        raise FetchError(trouble)

    async def _get(self, url: str, query: Mapping[str, str] | None) -> tuple[int, float | None, bytes]:
        async with self.session.get(url, params=query, allow_redirects=False) as answer:
            told = answer.headers.get("Retry-After", "")
            wait = float(told) if told.isdigit() else None
            if answer.status != 200:
                return answer.status, wait, b""
            body = bytearray()
            async for chunk in answer.content.iter_chunked(64 * 1024):
                body += chunk
                if len(body) > MOST_BYTES:
                    message = "It answered with more than 20 MB at once."
                    raise FetchError(message)
            return answer.status, wait, bytes(body)


@asynccontextmanager
async def public_web(
    *, resolver: AbstractResolver | None = None, pause: Pause = asyncio.sleep
) -> AsyncIterator[Web]:
    """Open the way to the public web. `resolver` looks names up, for tests."""
    connector = aiohttp.TCPConnector(resolver=PublicOnly(resolver), limit=8, use_dns_cache=False)
    headers = {"Accept": "application/json", "User-Agent": "waiting-room-directory"}
    patience = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=connector, headers=headers, timeout=patience) as session:
        yield Web(session, pause)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and host.replace(".", "").isdigit()
    return True


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "It answered with something that is not JSON."
        raise FetchError(message) from error
