"""The directory commands, against a real server: pages, stubs, trouble, kills, who may be asked."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from typer.testing import CliRunner

from api import directory_file
from api.cli import cli
from api.directory_feed import ApiSource, FileSource, NoSuchFileError, source_of
from api.directory_file import records_in
from api.directory_import import Progress, fits_by, import_feed
from api.public_web import AddressError, FetchError, Web, checked, is_public, public_web
from content import Content
from waitingroom import feeds, service_search
from waitingroom.database import Database
from waitingroom.feeds import LeftOut

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def record(number: int, **told: Any) -> dict[str, Any]:
    return {"id": f"id-{number}", "name": f"Club {number}", "status": "active", "cost_options": [], **told}


def stub(number: int) -> dict[str, Any]:
    return {"id": f"id-{number}", "name": f"Club {number}", "status": "active"}


class Directory:
    """A directory of somebody's, with whatever it answers. `asked` is every path and page that was asked for."""

    def __init__(self, records: list[Any], *, size: int = 2, version: int = 3) -> None:
        self.records, self.size, self.version = records, size, version
        self.details: dict[str, Any] = {}
        self.troubles: list[web.Response] = []
        self.asked: list[str] = []

    async def services(self, request: web.Request) -> web.Response:
        page = int(request.query.get("page", "1"))
        self.asked.append(f"page {page}")
        if self.troubles:
            return self.troubles.pop(0)
        there = self.records[(page - 1) * self.size : page * self.size]
        pages = -(-len(self.records) // self.size)
        if self.version == 1:
            return web.json_response(
                {"totalPages": pages, "number": page, "last": page >= pages, "content": there}
            )
        if self.version == 0:
            return web.json_response(there)
        return web.json_response(
            {"total_pages": pages, "page_number": page, "last_page": page >= pages, "contents": there}
        )

    async def one(self, request: web.Request) -> web.Response:
        source_id = request.match_info["id"]
        self.asked.append(source_id)
        answer = self.details.get(source_id)
        if isinstance(answer, web.Response):
            return answer
        return web.json_response(answer) if answer else web.json_response({}, status=404)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        app = web.Application()
        app.add_routes([web.get("/api/services", self.services), web.get("/api/services/{id}", self.one)])
        runner = web.AppRunner(app)
        await runner.setup()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            await web.SockSite(runner, listening).start()
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/api"
            await runner.cleanup()


@asynccontextmanager
async def the_web() -> AsyncIterator[Web]:
    async def at_once(_seconds: float) -> None:
        return None

    async with public_web(pause=at_once) as opened:
        yield opened


async def bring_in(
    database: Database, content: Content, address: str, tell: Callable[[Progress], None] = lambda _step: None
) -> feeds.Feed:
    async with the_web() as opened:
        source = source_of(address, opened)
        return await import_feed(database, source, fits=fits_by(content), clock=lambda: NOW, tell=tell)


async def names(database: Database) -> set[str]:
    async with database.transaction() as session:
        found = await service_search.search(session, today=NOW.date(), most=100)
    return {one.name for one in found}


async def problems(database: Database, feed: feeds.Feed) -> dict[str, str]:
    async with database.transaction() as session:
        return {one.record_id: one.reason for one in await feeds.problems(session, feed_id=feed.id)}


@pytest.mark.anyio
@pytest.mark.parametrize("version", [3, 1, 0])
async def test_every_page_is_read_whatever_the_envelope(
    database: Database, content: Content, version: int
) -> None:
    directory, told = Directory([record(n) for n in range(5)], version=version), []
    async with directory.open() as address:
        feed = await bring_in(database, content, f"{address}/", told.append)
    assert await names(database) == {f"Club {n}" for n in range(5)}
    assert (feed.taken, feed.left_out, feed.ended_at) == (5, 0, NOW)
    assert [step.page for step in told] == [1, 2, 3]
    assert directory.asked[:3] == ["page 1", "page 2", "page 3"]


@pytest.mark.anyio
async def test_the_rest_of_a_service_is_asked_for_where_the_page_only_names_it(
    database: Database, content: Content
) -> None:
    directory = Directory([stub(1), stub(2)])
    directory.details = {"id-1": record(1, name="Whole 1"), "id-2": record(2, name="Whole 2")}
    async with directory.open() as address:
        await bring_in(database, content, address)
    assert await names(database) == {"Whole 1", "Whole 2"}


@pytest.mark.anyio
async def test_where_there_are_no_details_at_all_the_page_is_taken_as_it_is(
    database: Database, content: Content
) -> None:
    async with Directory([stub(1), stub(2)]).open() as address:
        feed = await bring_in(database, content, address)
    assert (feed.taken, feed.left_out) == (2, 0)


@pytest.mark.anyio
async def test_what_cannot_be_taken_is_told_with_its_id_and_reason_and_its_last_good_version_stays(
    database: Database, content: Content
) -> None:
    directory = Directory([record(1), record(2), record(3)], size=10)
    async with directory.open() as address:
        await bring_in(database, content, address)
        directory.records = [record(1, name=""), record(2, status="lost"), record(3, name="New 3"), "nonsense", {}]
        feed = await bring_in(database, content, address)
    assert await names(database) == {"Club 1", "Club 2", "New 3"}
    assert await problems(database, feed) == {
        "id-1": "It has no name.",
        "id-2": "Its status is none that is known: 'lost'.",
        "(no id)": "It has no id.",
    }
    assert (feed.taken, feed.left_out) == (1, 4)


@pytest.mark.anyio
async def test_one_whose_details_are_broken_is_left_as_it_was(database: Database, content: Content) -> None:
    directory = Directory([stub(1), stub(2)])
    directory.details = {"id-1": record(1, name="Good 1"), "id-2": record(2, name="Good 2")}
    async with directory.open() as address:
        await bring_in(database, content, address)
        directory.details = {"id-1": web.Response(status=403), "id-2": record(2, name="Better 2")}
        feed = await bring_in(database, content, address)
    assert await names(database) == {"Good 1", "Better 2"}
    assert "403" in (await problems(database, feed))["id-1"]


@pytest.mark.anyio
async def test_a_run_that_is_killed_goes_on_at_the_page_after_the_last_one_kept(
    database: Database, content: Content
) -> None:
    directory = Directory([record(n) for n in range(6)])

    def killed(step: Progress) -> None:
        if step.page == 2:
            raise KeyboardInterrupt

    async with directory.open() as address:
        with pytest.raises(KeyboardInterrupt):
            await bring_in(database, content, address, killed)
        assert len(await names(database)) == 4
        directory.asked.clear()
        feed = await bring_in(database, content, address)
    assert directory.asked == ["page 3"]
    assert (feed.taken, len(await names(database))) == (6, 6)


@pytest.mark.anyio
async def test_a_busy_server_is_asked_again_and_a_broken_one_said_to_be(
    database: Database, content: Content
) -> None:
    directory = Directory([record(1)])
    async with directory.open() as address:
        directory.troubles = [web.Response(status=503), web.Response(status=429, headers={"Retry-After": "1"})]
        assert (await bring_in(database, content, address)).taken == 1
        directory.troubles = [web.Response(status=500) for _try in range(4)]
        with pytest.raises(FetchError, match="500"):
            await bring_in(database, content, address)
        directory.troubles = [web.Response(text="<html>")]
        with pytest.raises(FetchError, match="not JSON"):
            await bring_in(database, content, address)
        directory.troubles = [web.json_response({"message": "hello"})]
        with pytest.raises(FetchError, match="no services"):
            await bring_in(database, content, address)
        directory.troubles = [web.Response(status=302, headers={"Location": "http://169.254.169.254/"})]
        with pytest.raises(FetchError, match="302"):
            await bring_in(database, content, address)
    assert await names(database) == {"Club 1"}


@pytest.mark.anyio
async def test_an_answer_without_end_is_cut_off(
    database: Database, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.public_web.MOST_BYTES", 1000)
    async with Directory([record(1, description="x" * 5000)]).open() as address:
        with pytest.raises(FetchError, match="20 MB"):
            await bring_in(database, content, address)


@pytest.mark.anyio
async def test_a_server_that_gives_the_same_page_for_ever_is_left(database: Database, content: Content) -> None:
    class Stuck(Directory):
        async def services(self, request: web.Request) -> web.Response:
            self.asked.append("page")
            return web.json_response([record(1)])

    directory = Stuck([])
    async with directory.open() as address:
        await bring_in(database, content, address)
    assert len(directory.asked) == 2


# who may be asked


@pytest.mark.parametrize(
    "address",
    [
        "http://directory.example/", "ftp://directory.example", "file:///etc/passwd", "https://user:pw@directory.example",
        "https://10.0.0.1/", "https://192.168.1.1", "https://172.16.0.1", "https://169.254.169.254/latest",
        "https://[fc00::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]/", "https://0.0.0.0/",
        "https://100.64.0.1/", "https://224.0.0.1/", "https://2130706433/", "https://127.1/", "https:///path",
        "http://127.0.0.2/", "https://[::ffff:127.0.0.1]/", "https://directory.example:notaport/",
    ],
)  # fmt: skip
def test_no_address_inside_the_house_is_asked(address: str) -> None:
    with pytest.raises(AddressError):
        checked(address)


def test_public_addresses_and_this_very_machine_may_be_asked() -> None:
    for address in (
        "https://directory.example/api",
        "https://8.8.8.8/",
        "http://127.0.0.1:8001/api",
        "http://[::1]/",
    ):
        assert checked(address) == address
    assert is_public("8.8.8.8")
    assert is_public("2606:4700::1111")
    assert not is_public("directory.example")


class Names(AbstractResolver):
    """Tells, one after the other, which machine is behind a name."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.closed = False

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        address = self.addresses.pop(0)
        told = {"hostname": host, "host": address, "port": port, "family": family, "proto": 0, "flags": 0}
        return [ResolveResult(**told)]

    async def close(self) -> None:
        self.closed = True


@pytest.mark.anyio
@pytest.mark.parametrize(
    "inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:192.168.0.1"]
)
async def test_a_name_that_leads_inside_is_not_followed(inside: str) -> None:
    async with public_web(resolver=Names(inside)) as opened:
        with pytest.raises(AddressError):
            await opened.json("https://directory.example/services")


# files


def read(text: str) -> list[object]:
    return list(records_in(StringIO(text)))


@pytest.mark.parametrize(
    "text",
    [
        '[{"id": 1}, {"id": 2}]',
        '\ufeff [\n{"id": 1}\n,\n{"id": 2}\n]',
        '{"total_pages": 1, "nested": {"contents": [9]}, "contents": [{"id": 1}, {"id": 2}], "size": 2}',
        '{"content":[{"id":1},{"id":2}]}',
        '{"id": 1}\n{"id": 2}\n',
        '{"id": 1}\n\n{"id": 2}',
    ],
)
def test_a_list_an_envelope_and_lines_are_read_alike(text: str) -> None:
    assert read(text) == [{"id": 1}, {"id": 2}]


def test_one_record_alone_is_read_however_it_is_laid_out() -> None:
    assert read('{\n  "id": 1,\n  "more": {"contents": [1]}\n}') == [{"id": 1, "more": {"contents": [1]}}]
    assert read("") == []
    assert read("[]") == []


def test_a_broken_line_is_told_by_its_number_and_the_rest_is_read() -> None:
    found = read('{"id": 1}\n{"id": \n{"id": 3}\n')
    assert found == [{"id": 1}, LeftOut("line 2", "This line is not JSON."), {"id": 3}]


def test_a_list_that_breaks_off_keeps_what_came_before() -> None:
    found = read('[{"id": 1}, {"id": 2')
    assert found[0] == {"id": 1}
    assert isinstance(found[1], LeftOut)
    assert isinstance(read("not json at all")[0], LeftOut)
    assert isinstance(read("[" * 100_000)[0], LeftOut)


def test_a_long_file_is_never_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_file, "MOST_RECORD", 4096)
    monkeypatch.setattr(directory_file, "CHUNK", 512)

    class Counted(StringIO):
        most = 0

        def read(self, size: int | None = -1, /) -> str:
            assert size is not None
            assert 0 < size <= 8192
            return super().read(size)

    text = json.dumps([{"id": n, "name": "x" * 40} for n in range(5000)])
    assert len(list(records_in(Counted(text)))) == 5000


@pytest.mark.anyio
async def test_a_file_comes_in_by_the_hundred(database: Database, content: Content, tmp_path: Path) -> None:
    path = tmp_path / "town.jsonl"
    path.write_text("\n".join(json.dumps(record(n)) for n in range(250)))
    told: list[Progress] = []
    feed = await bring_in(database, content, str(path), told.append)
    assert (feed.taken, [step.page for step in told]) == (250, [1, 2, 3])
    assert feed.address == f"file:{path}"


@pytest.mark.anyio
async def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    async with the_web() as opened:
        with pytest.raises(NoSuchFileError):
            source_of(str(tmp_path / "none.json"), opened)
        with pytest.raises(NoSuchFileError):
            async for _page in FileSource(tmp_path).pages(after=0):
                pass
        with pytest.raises(AddressError):
            source_of("http://directory.example", opened)
        assert isinstance(source_of("https://directory.example/", opened), ApiSource)


# the commands


@pytest.fixture
def run(settings: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DATA", str(tmp_path))

    async def emptied() -> None:
        from waitingroom.columns import KeyRing

        database = Database(database_url, KeyRing.fresh())
        async with database.transaction() as session:
            await session.driver.execute("TRUNCATE feed CASCADE")
        await database.close()

    asyncio.run(emptied())
    return lambda *words: CliRunner().invoke(cli, ["directory", *words, "--demo"])


def test_an_operator_brings_in_lists_and_searches(run: Any, tmp_path: Path) -> None:
    assert "No directory yet" in run("list").output
    path = tmp_path / "town.json"
    path.write_text(json.dumps([record(1, name="Gardening club", fees="Free"), {"id": "2"}]))
    brought = run("import", str(path))
    assert brought.exit_code == 1
    assert "2: It has no name." in brought.output
    assert "Taken: 1. Left out: 1." in brought.output
    assert "taken 1, left out 1" in run("list").output
    found = run("search", "gardning", "--free")
    assert "Gardening club. Free. Not checked: call first." in found.output
    assert "Nothing was found" in run("search", "trampoline").output
    assert run("import", str(tmp_path / "none.json")).exit_code == 2
    assert run("import", "https://10.0.0.1/api").exit_code == 2
