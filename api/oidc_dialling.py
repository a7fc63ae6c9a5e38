"""Dialling a sign-in provider: the names it gives are looked up here, and lead to nothing inside but itself."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore2
import httpx2

from api.public_addresses import is_public

LookUp = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses behind a name."""


async def look_up(host: str, port: int) -> list[str]:
    """Look a name up as this machine does. Raises OSError where there is none of it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[4][0]) for place in found]


class OutwardOnly(httpcore2.AsyncNetworkBackend):
    """Opens connections to the provider that the settings name, wherever it is, and else to public addresses only.

    What is connected to is what was looked at: a name that answers otherwise the second time leads nowhere else.
    """

    def __init__(self, home: str, find: LookUp = look_up) -> None:
        """`home`: the host of the provider itself; `find` looks names up."""
        self._home = home
        self._find = find
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to a host. Raises httpcore2.ConnectError where any machine behind its name is not public."""
        try:
            found = await asyncio.wait_for(self._find(host, port), timeout)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise httpcore2.ConnectError(type(error).__name__) from error
        if not found or (host != self._home and not all(is_public(one) for one in found)):
            raise httpcore2.ConnectError("not a public address")
        return await self._network.connect_tcp(found[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries."""
        await asyncio.sleep(seconds)


class Outward(httpx2.AsyncHTTPTransport):
    """The way out to a provider, and no proxy of this machine's environment in between."""

    def __init__(self, home: str, find: LookUp = look_up) -> None:
        """Take the host of the provider itself."""
        super().__init__(trust_env=False)
        context = httpx2.create_ssl_context(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(ssl_context=context, network_backend=OutwardOnly(home, find))
