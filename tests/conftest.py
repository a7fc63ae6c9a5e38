"""What every test may ask for: a real PostgreSQL, the desk, a talk, a served application."""

import asyncio
import os
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

import content as words
from api.house import default_channels
from api.settings import Settings
from bot.desk import Desk
from bot.safety import Net
from bot.service import Service
from tests.talking import Speaker
from waitingroom import postgres, schema, tables
from waitingroom.columns import KeyRing
from waitingroom.database import Database, driver_url
from waitingroom.queue import Tick, Worker

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""The moment tests begin at, unless they say otherwise: a Monday morning, someone is at work."""
NOT_EMPTY = " UNION ALL ".join(
    f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")"
    for name in (*(str(table.__tablename__) for table in tables.ALL), "pgqueuer", "pgqueuer_log")
)
"""Which tables a test before has left something in: to empty those alone is ten times quicker than all."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def server_url() -> str:
    """The PostgreSQL named by DATABASE_URL, else the embedded one, shared by all workers and kept running."""
    named = os.environ.get("DATABASE_URL")
    if named:
        return named
    folder = Path(tempfile.gettempdir()) / f"waitingroom-tests-{os.getuid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    return postgres.start(folder / "postgres").url


@pytest.fixture(scope="session")
def database_url(server_url: str) -> Iterator[str]:
    """An empty database at the newest version, this worker's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = driver_url(server_url, "psycopg").set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    url = driver_url(server_url, "psycopg").set(drivername="postgresql", database=name)
    shown = url.render_as_string(hide_password=False)
    schema.upgrade(shown)
    yield shown
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def content() -> words.Content:
    return words.load()


@pytest.fixture(scope="session", autouse=True)
def read_once(content: words.Content) -> Iterator[None]:
    """Have applications take the packaged content as it was read first: it never changes."""
    read = words.load

    def load(directory: Path | None = None, *, measures: Path | None = None) -> words.Content:
        return read(directory, measures=measures) if directory or measures else content

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("content.load", load)
        yield


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    return KeyRing.fresh(demo=True)


@pytest.fixture
async def database(database_url: str, keys: KeyRing) -> AsyncIterator[Database]:
    """The records, empty."""
    database = Database(database_url, keys)
    async with database.transaction() as session:
        found = [row[0] for row in await session.run(text(NOT_EMPTY))]
        await session.run(text("SET LOCAL session_replication_role = replica"))  # no order, no guards
        for name in found:
            await session.run(text(f'DELETE FROM "{name}"'))
    yield database
    await database.close()


@pytest.fixture
def service(content: words.Content) -> Service:
    return Service(
        name="Pendle Waiting Room", content=content, areas=frozenset({"BB9", "BB8"}), drama_numbers=True
    )


@pytest.fixture(scope="session")
def net(content: words.Content) -> Net:
    return Net(content.safety)


@pytest.fixture
def desk(database: Database, service: Service, net: Net) -> Desk:
    return Desk(database, service, net, default_channels())


@pytest.fixture
def ann(desk: Desk) -> Speaker:
    """Someone at the terminal who has not said a word yet."""
    return Speaker(desk, now=MONDAY)


@pytest.fixture
def settings(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Settings(
        data=tmp_path,
        service_name="Pendle Waiting Room",
        areas=frozenset({"BB9", "BB8"}),
        secure_cookies=False,
        staff_burst=100_000,
    )


@pytest.fixture
async def app(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    """The whole application on empty records, its worker running."""
    from api.app import create_app

    app = create_app(settings, demo=True)
    async with running(app):
        yield app


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """Run an application's lifespan in a task of its own, as a server does."""
    stop, ready = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            ready.set()
            await stop.wait()

    task = asyncio.create_task(live())
    starting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, starting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if task.done():
            task.result()
        yield
    finally:
        starting.cancel()
        stop.set()
        await task


@pytest.fixture
def served(settings: Settings, database: Database) -> Iterator[str]:
    """The whole application on a real port of this machine; its address."""
    from api.app import create_app

    yield from serve(create_app(settings, demo=True))


def serve(app: FastAPI) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started:
            assert thread.is_alive(), "the application did not start"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(20)


class PokedAlone(Worker):
    """A worker that delivers whenever it is poked, and does nothing by the clock."""

    def schedule(self, name: str, cron: str, tick: Tick) -> None:
        """Leave it undone."""


@pytest.fixture(scope="session", autouse=True)
def clock_held() -> Iterator[None]:
    """Nothing is done by the clock beside a test: it would meddle with talks that a test lets happen in the past.

    Held for the whole session, so that an application shared by several tests is held too. What the clock does is
    called by name where a test needs it done; a test of the clock itself is marked `by_the_clock`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("api.house.Worker", PokedAlone)
        yield


@pytest.fixture(autouse=True)
def by_the_clock(request: pytest.FixtureRequest) -> Iterator[None]:
    """Applications opened for a test so marked do by the clock whatever is due."""
    with pytest.MonkeyPatch.context() as patch:
        if request.node.get_closest_marker("by_the_clock"):
            patch.setattr("api.house.Worker", Worker)
        yield


@pytest.fixture(autouse=True)
def no_spread() -> Iterator[None]:
    """A step goes to everyone at its own minute, so that a test can name it; a test may spread it again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.pacing.SPREAD", 1)
        yield
