"""The public web: fetches JSON from an address that somebody else chose, and from nowhere inside."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from api.public_addresses import HERE, AddressError, checked, is_public
from waitingroom.errors import RefusedError

__all__ = [
    "AddressError",
    "FetchError",
    "NotThereError",
    "PublicOnly",
    "Web",
    "checked",
    "is_public",
    "public_web",
]

MOST_BYTES = 20 * 1024 * 1024
"""The largest answer that is read."""
PATIENCE = 30.0
"""Seconds for one answer, from dialling to its last byte."""
TRIES = 4
LONGEST_PAUSE = 30.0
Pause = Callable[[float], Awaitable[None]]


class FetchError(RefusedError):
    """That address did not answer with what was asked for."""


class NotThereError(FetchError):
    """There is nothing at that address."""


class PublicOnly(AbstractResolver):
    """Finds the machines behind a name, and gives only public ones: what is dialled is what was looked at."""

    def __init__(self, within: AbstractResolver | None = None, *, here: Collection[str] = HERE) -> None:
        """`within` does the looking up; `here`: the names by which this machine may be dialled too."""
        self._within = within or ThreadedResolver()
        self._here = here

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a name up. Raises AddressError where any machine behind it is not public."""
        found = await self._within.resolve(host, port, family)
        if host not in self._here and not all(is_public(one["host"]) for one in found):
            raise AddressError
        return found

    async def close(self) -> None:
        """Let go of what does the looking up."""
        await self._within.close()


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


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        message = "It answered with something that is not JSON."
        raise FetchError(message) from error
