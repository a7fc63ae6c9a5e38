"""The disk is full: people are asked to come again, and once there is space everything goes on by itself."""

import asyncio
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.faults.kept import at_a_random_moment, hold_to_the_promise, people_talking, well_again
from tests.faults.service import Service, service_running
from waitingroom import postgres
from waitingroom.postgres_programs import account_for, find_programs

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(900)]

SIZE = 200 * 2**20
"""Bytes of the small disk: a new database takes 60 million, and its log of changes up to twice as much."""
HEALS_WITHIN = 5.0
BUSY = 10.0
"""Seconds more that a machine may take which runs other tests beside."""
FULL_FOR = 3.0
FILES_OF_LOG = 40
"""Files of 16 million bytes: more than fit on the disk."""


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, in memory, that is soon full."""
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-full-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", folder],
        capture_output=True,
        check=False,
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip("needs the right to mount a small file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@pytest.fixture
def service(small_disk: Path) -> Iterator[Service]:
    with service_running(folder=small_disk) as service:
        yield service


def fill(disk: Path) -> Path:
    """Take all the space that is left."""
    filling = disk / "everything-else"
    with filling.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(2**20))
        except OSError:
            pass
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return filling


async def test_a_full_disk_costs_people_a_wait_and_nothing_else(
    service: Service, small_disk: Path, kills: int
) -> None:
    since: list[float] = []
    async with people_talking(service) as talkers:
        for number in range(max(1, kills // 20)):
            await at_a_random_moment(talkers, random.Random())
            told = sum(talker.refused for talker in talkers)
            filling = await asyncio.to_thread(fill, small_disk)
            async with asyncio.timeout(60):
                while sum(talker.refused for talker in talkers) == told:
                    await asyncio.to_thread(fill_up, filling)
                    await asyncio.sleep(0.05)
            if number % 2 == 0:
                await asyncio.to_thread(end_the_log, postgres.start(service.folder / "postgres").url)
            await asyncio.sleep(FULL_FOR)
            assert os.statvfs(small_disk).f_bavail * 4096 < 2**20, "it was full all the time"
            filling.unlink()
            since.append(time.monotonic())
            service.pass_leases()
            async with asyncio.timeout(60):
                while not any(began > since[-1] for one in talkers for began, _ in one.answered):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
    assert well_again(talkers, since) <= HEALS_WITHIN + BUSY
    await hold_to_the_promise(service, talkers)
    nothing_is_corrupt(service)


def fill_up(filling: Path) -> None:
    """Take what was freed since."""
    with filling.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def end_the_log(url: str) -> None:
    """Have PostgreSQL begin new files of its log of changes until there is no room for one: then it must stop."""
    with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True, connect_timeout=5) as admin:
        for _ in range(FILES_OF_LOG):
            admin.execute("SELECT pg_logical_emit_message(true, 'test', 'x'), pg_switch_wal()")
        raise AssertionError("there was room for the log all the time")


def nothing_is_corrupt(service: Service) -> None:
    """Read every row by table and by index, and have PostgreSQL sum every page once it is at rest."""
    running = postgres.start(service.folder / "postgres")
    with psycopg.connect(running.url) as records:
        tables = records.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname !~ '^(pg|sql)_'")
        for (table,) in tables.fetchall():
            walked = sql.SQL("SELECT count(*), sum(length(row::text)) FROM {} AS row").format(
                sql.Identifier(table)
            )
            counted = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            records.execute("SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off")
            rows = records.execute(walked).fetchone()
            records.execute("SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on")
            records.execute("SET LOCAL enable_seqscan = off")
            assert rows is not None
            assert records.execute(counted).fetchone() == (rows[0],), table
            records.execute("SET LOCAL enable_seqscan = on")
    service.kill()
    postgres.stop(running.data)
    programs = find_programs(account_for(running.data, None))
    summed = programs.run("pg_checksums", "--check", "-D", "cluster", room=running.data)
    assert summed.returncode == 0, summed.stdout + summed.stderr
