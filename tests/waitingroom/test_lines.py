"""Lines to the database: a silent one is given up in time, and the next caller has another."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text

from tests.faults.line import Line, line_to
from waitingroom import lines
from waitingroom.columns import KeyRing
from waitingroom.database import Database, driver_url

pytestmark = pytest.mark.anyio

MOST = timedelta(seconds=0.3)


@pytest.fixture
def line(database_url: str) -> Iterator[Line]:
    asked = driver_url(database_url, "psycopg").query
    if "host" not in asked:
        pytest.skip("the database is not the embedded one")
    with line_to(Path(str(asked["host"])) / f".s.PGSQL.{asked['port']}") as line:
        yield line


@pytest.fixture
def by_line(database_url: str, line: Line) -> str:
    named = driver_url(database_url, "psycopg")
    return f"postgresql://{named.username}@127.0.0.1:{line.port}/{named.database}"


async def test_a_statement_that_takes_too_long_is_ended_and_its_line_is_still_good(
    database_url: str, keys: KeyRing
) -> None:
    database = Database(database_url, keys, pool_size=1, most=MOST)
    with pytest.raises(asyncpg.QueryCanceledError):
        async with database.transaction() as session:
            await session.driver.fetchval("SELECT pg_sleep(20)")
    async with database.transaction() as session:
        assert await session.driver.fetchval("SELECT 1") == 1
    await database.close()


@pytest.mark.parametrize("by_orm", [False, True])
async def test_a_line_that_falls_silent_is_given_up_and_the_next_one_serves(
    by_line: str, line: Line, keys: KeyRing, monkeypatch: pytest.MonkeyPatch, *, by_orm: bool
) -> None:
    monkeypatch.setattr(lines, "GRACE", timedelta(seconds=0.2))
    database = Database(by_line, keys, pool_size=1, most=MOST)
    began = time.monotonic()

    async def asks() -> None:
        async with database.transaction() as session:
            line.silent = True
            await (session.run(text("SELECT 1")) if by_orm else session.driver.fetchval("SELECT 1"))

    with pytest.raises((OSError, asyncpg.InterfaceError)):
        await asks()
    assert time.monotonic() - began < 5
    line.silent = False
    async with database.transaction() as session:
        assert await session.driver.fetchval("SELECT 1") == 1
    await database.close()


async def test_the_kernel_and_the_server_watch_a_line_over_the_network(by_line: str, keys: KeyRing) -> None:
    database = Database(by_line, keys, pool_size=1)
    async with database.transaction() as session:
        end = session.driver._transport.get_extra_info("socket")
        assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert end.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == lines.DEAD * 1000
    await database.close()


async def test_where_nobody_waits_a_statement_has_all_the_time_it_needs(database_url: str, keys: KeyRing) -> None:
    database = Database(database_url, keys, pool_size=1)
    async with database.transaction() as session:
        assert await session.driver.fetchval("SHOW statement_timeout") == "0"
    await database.close()
