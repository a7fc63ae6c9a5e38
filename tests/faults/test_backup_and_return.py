"""A backup made while people talk, by the real command, is served from elsewhere; and both may be killed."""

import asyncio
import json
import random
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from api import backup_files
from api.backup_shelf import KEYS_OF_PEOPLE
from api.keys import read_keys
from tests.faults.commands import Command, begin
from tests.faults.kept import hold_to_the_promise, people_talking, story_of
from tests.faults.people import Browser, Talker
from tests.faults.service import Service, service_running
from tests.talking import SHORTEST_REFERRAL
from waitingroom import postgres
from waitingroom.conversations import of_contact
from waitingroom.database import Database

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(900)]

SAID = list(SHORTEST_REFERRAL)


class HalfWay(Browser):
    """Someone who says some things now, and the rest another time."""

    async def says(self, lines: Sequence[str]) -> None:
        async with httpx2.AsyncClient(base_url=self.url, timeout=10, trust_env=False, verify=False) as line:
            if not self.address:
                await self._begin(line)
            for words in lines:
                message_id = f"{len(self.acknowledged)}-{self.address[:20]}"
                self._note(await self._insist(line, "POST", *self._post(message_id, words)))
                self.acknowledged.append(message_id)


@dataclass(frozen=True)
class Operator:
    """Whoever runs the service: its data folder, a shelf, and the key that opens backups."""

    data: Path
    shelf: Path
    key: Path
    recipient: str

    def begin(self, *words: str, data: Path | None = None) -> Command:
        settings = {"WAITINGROOM_DATA": str(data or self.data), "WAITINGROOM_BACKUP_RECIPIENTS": self.recipient}
        return begin("backup", *words, said_in=self.key.with_name("said"), **settings)

    def run(self, *words: str, data: Path | None = None) -> tuple[int | None, str]:
        """Run a command to its end; the code it ended with and what it said."""
        command = self.begin(*words, data=data)
        return command.ends(), command.said

    def records(self) -> list[Path]:
        return sorted(self.shelf.glob("records-*.age"))

    def made(self) -> Path:
        """Make a backup; its file of records."""
        code, said = self.run("make", str(self.shelf))
        assert code == 0, said
        return self.records()[-1]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with service_running() as service:
        yield service


@pytest.fixture
def operator(service: Service, tmp_path: Path) -> Operator:
    secret, public = backup_files.make_identity()
    key = tmp_path / "key.txt"
    key.write_text(f"# public: {public}\n{secret}\n")
    return Operator(service.folder, tmp_path / "shelf", key, public)


@pytest.fixture
def new_folder(service: Service) -> Iterator[Path]:
    """A data folder with the service's keys and no database, as on a new machine."""
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-return-"))
    folder.chmod(0o755)
    for name in ("keys.json", "clock"):
        shutil.copy2(service.folder / name, folder / name)
    yield folder
    postgres.stop(folder / "postgres")
    shutil.rmtree(folder, ignore_errors=True)


async def said_by(data: Path, talkers: Sequence[Talker]) -> list[list[str]]:
    """Read what the records in a data folder have of what each of these people said, in order."""
    database = Database(postgres.start(data / "postgres").url, read_keys(data / "keys.json"))
    found = []
    try:
        for one in talkers:
            async with database.transaction() as session:
                channel = "web" if isinstance(one, Browser) else "loopback"
                known = await of_contact(session, channel=channel, address=one.address)
                found.append((await story_of(session, one)).of_person if known else [])
    finally:
        await database.close()
    return found


async def test_a_backup_made_while_people_talk_is_served_from_elsewhere(
    service: Service, operator: Operator, new_folder: Path
) -> None:
    half_way = HalfWay(service.url)
    await half_way.says(SAID[:6])
    early = [Browser(service.url), Talker(service.url)]
    await asyncio.gather(*(talker.talk() for talker in early))
    async with people_talking(service) as talkers:
        while not talkers or min(len(one.acknowledged) for one in talkers) < 2:  # noqa: ASYNC110 -- they are watched
            await asyncio.sleep(0.01)
        before = {id(one): len(one.acknowledged) for one in talkers}
        words = ("make", str(operator.shelf), "--identity", str(operator.key))
        code, said = await asyncio.to_thread(operator.run, *words)
    assert code == 0, said
    assert "is not in it" in said
    await hold_to_the_promise(service, talkers)

    words = ("restore", str(operator.records()[0]), "--identity", str(operator.key), "--data", str(new_folder))
    code, said = await asyncio.to_thread(operator.run, *words)
    assert code == 0, said
    assert "The audit fits together" in said
    assert await said_by(new_folder, [half_way, *early]) == [SAID[:6], SAID, SAID]
    for one, lines in zip(talkers, await said_by(new_folder, talkers), strict=True):
        assert lines == SAID[: len(lines)]
        assert len(lines) >= before.get(id(one), 0), "what was acknowledged before it began is in it"
    await goes_on(new_folder, half_way)


async def goes_on(folder: Path, half_way: HalfWay) -> None:
    """Serve from a folder: whoever was in mid-talk finishes it, and someone new comes."""
    with service_running(folder=folder) as again:
        half_way.url = again.url
        newcomers = [Browser(again.url), Talker(again.url)]
        await asyncio.gather(half_way.says(SAID[6:]), *(talker.talk() for talker in newcomers))
        await hold_to_the_promise(again, newcomers)
        assert await said_by(folder, [half_way]) == [SAID]
        assert any("Your reference is" in words for words in half_way.shown.values())


def test_what_cannot_be_relied_on_is_refused_in_one_line(operator: Operator, new_folder: Path) -> None:
    file = operator.made()
    other = operator.key.with_name("other.txt")
    other.write_text(backup_files.make_identity()[0])
    whole = file.read_bytes()
    turned = bytearray(whole)
    turned[len(turned) // 2] ^= 1
    for body, key in ((bytes(turned), operator.key), (whole[: len(whole) // 2], operator.key), (whole, other)):
        file.write_bytes(body)
        code, said = operator.run("restore", str(file), "--identity", str(key), "--data", str(new_folder))
        assert code == 1, said
        assert said.startswith(file.name)
        assert not (new_folder / "postgres").exists()
    assert operator.run("verify", str(file), "--identity", str(operator.key))[0] == 0


def test_a_whole_return_is_rehearsed_with_one_command(operator: Operator) -> None:
    operator.made()
    code, said = operator.run("rehearse", str(operator.shelf), "--identity", str(operator.key))
    assert code == 0, said
    assert "It came back whole" in said
    listing = json.loads((operator.shelf / "backups.json").read_text())
    assert all(kept["opened_at"] for kept in listing["files"].values())


def test_a_backup_that_is_killed_leaves_nothing_that_looks_whole(
    operator: Operator, kills: int, chance: random.Random
) -> None:
    identity = backup_files.read_identities(operator.key)
    begun, killed = time.monotonic(), 0
    assert operator.begin("make", str(operator.shelf)).ends() == 0
    takes = time.monotonic() - begun
    for _ in range(max(4, kills // 4)):
        making = operator.begin("make", str(operator.shelf), "--keep", "3")
        killed += killed_within(making, chance.uniform(0.1, 0.8) * takes)
        for file in [*operator.records(), *operator.shelf.glob(KEYS_OF_PEOPLE)]:
            backup_files.read(file, identity)
    operator.made()
    assert killed
    assert not list(operator.shelf.glob(".growing-*"))


def test_a_return_that_is_killed_is_started_again(
    operator: Operator, new_folder: Path, kills: int, chance: random.Random
) -> None:
    words = ("restore", str(operator.made()), "--identity", str(operator.key), "--data", str(new_folder))
    for _ in range(max(2, kills // 8)):
        killed_within(operator.begin(*words), chance.uniform(0.3, 3.0))
    code, said = operator.run(*words)
    if code != 0:  # one of them was quicker than its killer, so the place is not new any more
        assert "new and empty one only" in said
    assert operator.run("make", str(operator.shelf / "second"), data=new_folder)[0] == 0


def killed_within(command: Command, seconds: float) -> bool:
    """Kill a command after some time; False where it had ended by then."""
    if (code := command.ends(seconds)) is not None:
        assert code in (0, 2), command.said
        return False
    command.kill()
    return True
