"""The sealing keys on the command line: a change from beginning to end, and what is refused on the way."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import cli
from api.keys import read_keys
from waitingroom.database import Database

pytestmark = pytest.mark.anyio


@pytest.fixture
def here(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("WAITINGROOM_DATA", str(tmp_path))
    return tmp_path / "keys.json"


def said(*words: str, ends: int = 0) -> str:
    ran = CliRunner().invoke(cli, ["keys", *words])
    assert ran.exit_code == ends, ran.output
    return ran.output


@pytest.mark.usefixtures("database")
async def test_keys_are_changed_step_by_step_and_what_comes_too_early_is_refused(here: Path) -> None:
    await asyncio.to_thread(changed, here)


def changed(path: Path) -> None:
    said("make")
    assert "Key 2 is in" in said("add")
    assert read_keys(path).seals == 1
    said("use", "7", ends=2)
    assert "Key 2 seals from now on" in said("use", "2"), "what was refused left nothing behind"
    said("retire", "2", ends=2)
    assert "keys retire 1" in said("change")
    assert "Key 2: 0 values, and seals" in said("list")
    assert "Key 1 is taken away" in said("retire", "1")
    assert set(read_keys(path).keys) == {2}


async def test_a_key_that_is_needed_and_not_there_is_named_and_an_older_file_is_kept_out(
    here: Path, database: Database
) -> None:
    await asyncio.to_thread(said, "make")
    async with database.transaction() as session:
        await session.driver.execute(
            """INSERT INTO raw_letter (channel, body, digest, problem, created_at)
            VALUES ('sms', $1, $2, 'Unread', now())""",
            b"\x09" + b"x" * 40,
            b"digest",
        )
    assert "Key 9 is not in the file, and is needed." in await asyncio.to_thread(said, "list")
    told = await asyncio.to_thread(said, "change")
    assert "raw_letter.body" in told
    async with database.transaction() as session:
        await session.driver.execute("INSERT INTO sealing_key (number, used_at) VALUES (9, now())")
    await asyncio.to_thread(lambda: said("list", ends=2))
