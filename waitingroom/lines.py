"""Lines to the database: after how long one that is silent counts as dead, so that nobody waits for ever."""

import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import asyncpg

CONNECT = 5.0
"""Seconds a new connection may take."""
DEAD = 5
"""Seconds after which a line counts as dead where nothing that was sent is acknowledged (RFC 5482)."""
ON_THE_WEB = timedelta(seconds=8)
"""How long a statement may take where somebody waits: Twilio gives a webhook fifteen seconds in all."""
AT_WORK = timedelta(minutes=5)
"""How long a statement may take where nobody waits. Longer than any that the night needs."""
GRACE = timedelta(seconds=2)
"""How much longer than the server we wait for word that it ended a statement. Then the line is given up."""

SERVER = {
    "tcp_keepalives_idle": str(DEAD),
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": str(DEAD),
    "tcp_user_timeout": str(DEAD * 2000),
}
"""What the server does on its side: a machine that vanished must not hold a lock. Sockets of files ignore it."""
_KEEPALIVE = {"TCP_KEEPIDLE": DEAD, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": DEAD, "TCP_USER_TIMEOUT": DEAD * 1000}
"""What our side does. Systems that lack one of these keep their own."""


def watch(connection: asyncpg.Connection) -> None:
    """Have the kernel find out when the other end of a line is gone, also where not even a reset comes back."""
    line = connection._transport.get_extra_info("socket")  # noqa: SLF001 -- asyncpg shows it nowhere else
    if line is None or line.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        option = getattr(socket, name, None)
        if option is not None:
            line.setsockopt(socket.IPPROTO_TCP, option, value)


def asked_of_asyncpg(settings: Mapping[str, str], most: timedelta | None) -> dict[str, Any]:
    """Return what asyncpg is told for one line: the server's `settings`, and how long anything may take.

    A statement that takes longer than `most` and a little is given up here, and raises TimeoutError.
    """
    given_up = None if most is None else (most + GRACE).total_seconds()
    return {"server_settings": dict(settings), "timeout": CONNECT, "command_timeout": given_up}


async def keep_to(connection: asyncpg.Connection, most: timedelta | None) -> None:
    """Have the server keep to our times on a new line, and end a statement itself after `most`.

    They are set by a statement, since poolers refuse such settings with the greeting.
    """
    asked = SERVER if most is None else {**SERVER, "statement_timeout": str(int(most.total_seconds() * 1000))}
    setting = "SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS told (name, value)"
    await connection.fetch(setting, list(asked), list(asked.values()))
