"""How the house is opened: its keys, its clock, its settings, and what it loads."""

import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from api.clock import Clock
from api.house import UnsafeKeysError, open_house
from api.keys import KeysError, make_keys, read_keys
from api.settings import Settings
from waitingroom.database import Database

HEAVY = ("aiogram", "telegram", "twilio.rest")


def test_the_house_loads_no_messaging_library_it_does_not_need() -> None:
    code = (
        "import sys, api.app, api.cli, bot.turn, bot.delivery, waitingroom.tables; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_only_the_database_module_commits() -> None:
    folders = ("api", "bot", "content", "waitingroom")
    files = [path for folder in folders for path in Path(folder).rglob("*.py")]
    assert len(files) > 50
    commits = [str(path) for path in files if ".commit(" in path.read_text()]
    assert commits == ["waitingroom/database.py"]


def test_keys_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    made = make_keys(path, demo=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert make_keys(path, demo=True).keys == made.keys
    assert read_keys(path).demo


def test_keys_that_others_can_read_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    make_keys(path, demo=False)
    path.chmod(0o644)
    with pytest.raises(KeysError, match="chmod 600"):
        read_keys(path)


@pytest.mark.parametrize(
    "kept", ["", "{}", "[]", '{"keys": {"1": "short"}, "hashing": "x", "demo": false}', "\x00"]
)
def test_a_file_that_is_no_key_file_is_refused_with_what_to_do(tmp_path: Path, kept: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(kept)
    path.chmod(0o600)
    with pytest.raises(KeysError, match="not a key file"):
        read_keys(path)


def test_missing_keys_are_not_made_up(tmp_path: Path) -> None:
    with pytest.raises(KeysError, match="waitingroom keys make"):
        read_keys(tmp_path / "keys.json")


@pytest.mark.anyio
async def test_demo_keys_are_refused_anywhere_but_on_this_machine(settings: Settings, database: Database) -> None:
    open_to_all = settings.model_copy(update={"host": "0.0.0.0"})
    with pytest.raises(UnsafeKeysError):
        async with open_house(open_to_all, demo=True):
            pass
    async with open_house(settings, demo=True) as house:
        assert house.database.keys.demo


def test_the_demos_clock_can_be_moved_and_the_real_one_cannot(tmp_path: Path) -> None:
    demo = Clock(tmp_path / "clock")
    before = demo.now()
    demo.move_on(timedelta(days=7))
    demo.move_on(timedelta(days=1))
    assert timedelta(days=8) <= demo.now() - before < timedelta(days=8, minutes=1)
    assert Clock(tmp_path / "clock").ahead() == timedelta(days=8)
    with pytest.raises(RuntimeError):
        Clock().move_on(timedelta(days=1))
    (tmp_path / "clock").write_text("not a number")
    assert demo.ahead() == timedelta(0)


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAITINGROOM_AREAS", "bb9, BB8")
    monkeypatch.setenv("WAITINGROOM_SERVICE_NAME", "Pendle")
    settings = Settings()
    assert settings.areas == {"BB9", "BB8"}
    assert settings.service_name == "Pendle"
    assert settings.on_loopback


def test_a_database_that_is_not_postgresql_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///here.db")
    with pytest.raises(ValidationError, match="only PostgreSQL"):
        Settings()
