"""A pooler before the database: found, and refused where it would lose what we say."""

import asyncio
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from api.house import open_house
from api.settings import Settings
from waitingroom import pooler
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.pooler import UnfitDatabaseError

pytestmark = pytest.mark.anyio
PGBOUNCER = shutil.which("pgbouncer") or next(iter(map(str, Path("/usr/sbin").glob("pgbouncer"))), None)
IGNORED = "ignore_startup_parameters = extra_float_digits, " + pooler.LISTED


async def test_the_database_itself_is_as_it_should_be(database_url: str) -> None:
    await pooler.check(database_url)


@pytest.mark.parametrize(
    "address", ["postgresql://ann:s3cret@127.0.0.1:9/nothing", "postgresql://ann:s3cret@/x?host=/no"]
)
async def test_whoever_runs_it_hears_that_no_database_answers_and_never_the_password(address: str) -> None:
    with pytest.raises(UnfitDatabaseError, match="DATABASE_URL names does not answer") as refused:
        await pooler.check(address)
    assert "s3cret" not in str(refused.value)


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Stand:
    """Stands before PostgreSQL as a pool in transaction mode does, in little.

    What a client says between two moments of rest goes on the line that was free last, whoever used it before.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.free: asyncio.LifoQueue[Line] = asyncio.LifoQueue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held: asyncio.Task[None] | None = None
        try:
            size = await reader.readexactly(4)
            line = await asyncio.open_unix_connection(self.path)
            line[1].write(size + await reader.readexactly(int.from_bytes(size) - 4))
            held = asyncio.create_task(self._answers(line, writer))
            while (said := await message(reader))[:1] != b"X":
                if held.done():
                    line = await self.free.get()
                    held = asyncio.create_task(self._answers(line, writer))
                line[1].write(said)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if held is not None:
                held.cancel()
            writer.close()

    async def _answers(self, line: Line, writer: asyncio.StreamWriter) -> None:
        """Pass on what the server says until no transaction is open; then the line is free for anyone."""
        said = b""
        while said[:1] + said[5:] != b"ZI":
            said = await message(line[0])
            if said[:1] + said[5:] == b"ZI":
                self.free.put_nowait(line)
            writer.write(said)


async def message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(5)
    return head + await reader.readexactly(int.from_bytes(head[1:]) - 4)


@asynccontextmanager
async def standing_between(database_url: str) -> AsyncIterator[str]:
    """Give the address of a little pool in transaction mode before the database."""
    url = make_url(database_url)
    if "host" not in url.query:
        pytest.skip("the little pool reaches the embedded database only")
    stand = Stand(f"{url.query['host']}/.s.PGSQL.{url.query['port']}")
    server = await asyncio.start_server(stand.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"postgresql://{url.username}@127.0.0.1:{port}/{url.database}?sslmode=disable"
    finally:
        server.close()
        while not stand.free.empty():
            line = stand.free.get_nowait()[1]
            line.close()
            await line.wait_closed()
        await server.wait_closed()


async def test_a_pool_that_changes_servers_between_transactions_is_found_and_refused(database_url: str) -> None:
    async with standing_between(database_url) as address:
        with pytest.raises(UnfitDatabaseError, match="pool_mode = session"):
            await pooler.check(address)


@contextmanager
def pgbouncer(server_url: str, mode: str, *more: str) -> Iterator[Callable[[str], str]]:
    """Run the real PgBouncer before the embedded database; gives what makes an address through it."""
    url = make_url(server_url)
    if PGBOUNCER is None or "host" not in url.query:
        pytest.skip("needs Debian's package pgbouncer and the embedded database")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    owner = pwd.getpwuid(Path(str(url.query["host"])).stat().st_uid).pw_name
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-pool-"))
    folder.chmod(0o755)
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\n* = host={url.query['host']} port={url.query['port']} user={url.username}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = {mode}\ndefault_pool_size = 5\n" + "".join(f"{line}\n" for line in more)
    )
    running = subprocess.Popen(
        [PGBOUNCER, "-q", "-u", owner, str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert running.poll() is None, "pgbouncer ended by itself"
            time.sleep(0.02)
        yield lambda name: f"postgresql://{url.username}@127.0.0.1:{port}/{name}?sslmode=disable"
    finally:
        running.terminate()
        running.wait(10)
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", ["transaction", "statement"])
async def test_the_real_pgbouncer_is_refused_in_all_modes_but_session(
    server_url: str, database_url: str, mode: str
) -> None:
    with pgbouncer(server_url, mode, IGNORED) as through, pytest.raises(UnfitDatabaseError, match="pool_mode"):
        await pooler.check(through(str(make_url(database_url).database)))


async def test_the_real_pgbouncer_in_session_mode_says_which_setting_it_needs(
    server_url: str, database_url: str
) -> None:
    with pgbouncer(server_url, "session") as through, pytest.raises(UnfitDatabaseError) as refused:
        await pooler.check(through(str(make_url(database_url).database)))
    assert "ignore_startup_parameters = plan_cache_mode" in str(refused.value)


async def test_a_pool_that_drops_our_setting_is_refused_with_the_line_that_mends_it(
    server_url: str, database_url: str
) -> None:
    with pgbouncer(server_url, "session", IGNORED) as through, pytest.raises(UnfitDatabaseError) as refused:
        await pooler.check(through(str(make_url(database_url).database)))
    assert "ALTER ROLE waitingroom SET plan_cache_mode = force_custom_plan" in str(refused.value)


async def test_the_service_opens_through_the_real_pgbouncer_in_session_mode_once_that_is_done(
    server_url: str, database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = str(make_url(database_url).database)
    direct = Database(database_url, KeyRing.fresh())
    async with direct.transaction() as session:  # for this database alone: other tests share the account
        await session.run(text(f'ALTER DATABASE "{name}" SET plan_cache_mode = force_custom_plan'))
    try:
        with pgbouncer(server_url, "session", IGNORED, "default_pool_size = 40") as through:
            monkeypatch.setenv("DATABASE_URL", through(name))
            opening = open_house(Settings(data=settings.data), demo=True)
            async with opening as house, house.database.transaction() as session:
                assert (await session.run(text("SELECT 1"))).scalar_one() == 1
    finally:
        async with direct.transaction() as session:
            await session.run(text(f'ALTER DATABASE "{name}" RESET plan_cache_mode'))
        await direct.close()
