"""A fleet: several webs and workers on one database of their own, started, told to stop, and killed."""

import os
import shutil
import signal
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import psycopg

from api.keys import make_keys, read_keys
from tests.fakes.provider import Provider, provider_running
from tests.faults import kept, many
from tests.faults.people import Talker
from waitingroom.database import Database, driver_url

PATIENCE = 60.0


@dataclass
class One:
    """One process of a fleet."""

    process: ForkServerProcess
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def told(self) -> None:
        """Tell it to stop, as systemd and Docker do."""
        os.kill(self.pid, signal.SIGTERM)

    def ended(self, within: float = 30.0) -> int | None:
        """Wait for its end; returns how it ended, None where it goes on."""
        self.process.join(within)
        return self.process.exitcode

    def refuses(self) -> bool:
        """Say whether it takes no new connection any more."""
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", self.port)) != 0


@dataclass
class Fleet:
    """Processes on one database, which is empty at first."""

    url: str
    folder: Path
    provider: Provider
    all: list[One] = field(default_factory=list)

    def web(self, **options: Any) -> One:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            return self._start(many.web, free.getsockname()[1], options)

    def work(self, **options: Any) -> One:
        return self._start(many.work, 0, options)

    def _start(self, target: Callable[..., None], port: int, options: dict[str, Any]) -> One:
        facts = (self.folder, self.url, self.provider.url, port, options)
        one = One(many.CONTEXT.Process(target=target, args=facts, daemon=True), port)
        one.process.start()
        self.all.append(one)
        return one

    def ready(self, *ones: One) -> None:
        """Wait until webs serve, and workers listen."""
        until = time.monotonic() + PATIENCE
        for one in ones:
            while not (self._serves(one) if one.port else self._works(one)):
                assert one.process.is_alive(), "a process ended by itself"
                assert time.monotonic() < until, "a process did not become ready"
                time.sleep(0.05)

    def _serves(self, one: One) -> bool:
        try:
            with urlopen(f"{one.url}/readyz", timeout=5):
                return True
        except (URLError, OSError):
            return False

    def _works(self, one: One) -> bool:
        listens = "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND query ILIKE 'listen%%'"
        return bool(self.asked(listens, f"worker-{one.pid}"))

    def asked(self, question: str, *facts: Any) -> Sequence[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url, autocommit=True) as line:
            found = line.execute(question, facts or None)
            return found.fetchall() if found.description else []

    def stop(self) -> None:
        """Kill what still runs."""
        for one in self.all:
            one.process.kill()
            one.process.join()
        self.all.clear()


async def all_is_as_people_saw_it(fleet: Fleet, people: Sequence[Talker]) -> None:
    """Hold the records against what people saw and what their phones took, once everything has left."""
    database = Database(fleet.url, read_keys(fleet.folder / "keys.json"))
    try:
        await kept.everything_has_left(database)
        for one in people:
            async with database.transaction() as session:
                kept.hold_against_records(fleet, one, await kept.story_of(session, one))
    finally:
        await database.close()


@contextmanager
def fleet_on(server_url: str) -> Iterator[Fleet]:
    """Give a fleet on an empty database, both gone afterwards."""
    many.CONTEXT.set_forkserver_preload(["tests.faults.served", "tests.faults.many"])
    name = f"fleet_{uuid.uuid4().hex[:12]}"
    admin = driver_url(server_url, "psycopg").set(drivername="postgresql")
    shown = admin.set(database=name).render_as_string(hide_password=False)
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-fleet-"))
    make_keys(folder / "keys.json", demo=True)
    with (
        psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as line,
        provider_running() as own,
    ):
        line.execute(f'CREATE DATABASE "{name}"')
        fleet = Fleet(shown, folder, own)
        fleet.asked(many.TABLES)
        try:
            yield fleet
        finally:
            fleet.stop()
            line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            shutil.rmtree(folder)
