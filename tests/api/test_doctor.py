"""What an operator without sleep would look at: each thing well, and each thing as it goes wrong."""

import asyncio
import json
import shutil
import socket
import time
import uuid
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from api import cli_doctor, doctor, doctor_database, doctor_machine, doctor_service
from api.cli import cli
from api.doctor import Check, Finding, Site, State, Told, fine
from api.keys import add_key, make_keys, read_keys
from api.settings import Settings
from content.helplines import Helpline
from tests.planted import Planter
from waitingroom import audit, heartbeats, key_holders, retention_runs, staff
from waitingroom.audit import By, Noted
from waitingroom.columns import KeyRing
from waitingroom.database import Database, Session
from waitingroom.duty import Duty
from waitingroom.record_classes import RecordClass

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
"""The day on which a test looks."""
NAMES = {check.name: check for check in cli_doctor.CHECKS}


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    """Keys from a file, as a service has them."""
    return make_keys(tmp_path / "keys.json", demo=False)


@pytest.fixture
def site(database: Database, settings: Settings, keys: KeyRing) -> Site:
    told = {"public_url": "https://waiting.example.org", "secure_cookies": True}
    return Site(settings.model_copy(update=told), database, keys, "", NOON)


async def found(site: Site, name: str) -> Finding:
    (told,) = [told async for told in doctor.examine(site, [NAMES[name]])]
    return told.finding


async def planted(session: Session) -> Planter:
    planter = Planter(session)
    await planter.everywhere()
    return planter


@dataclass(frozen=True)
class Ill:
    """One way in which something in the records goes wrong: which check finds it, how badly, in which words."""

    check: str
    state: State
    says: str
    sql: tuple[str, ...]


ILLS = (
    Ill("tables", State.BROKEN, "this code needs", ("UPDATE alembic_version SET version_num = '0001'",)),
    Ill("danger", State.LOOK, "1 in danger", ("UPDATE handoff SET status = 'waiting'",)),
    Ill("danger", State.BROKEN, "60 minutes", (
        "UPDATE handoff SET status = 'waiting', raised_at = {now} - interval '1 hour'",
    )),
    Ill("unsent", State.BROKEN, "3600 seconds", (
        "UPDATE message SET status = 'queued', next_try_at = NULL, problem = NULL, "
        "created_at = {now} - interval '1 hour'",
    )),
    Ill("dead letters", State.LOOK, "dead letters", ("UPDATE message SET status = 'dead'",)),
    Ill("spending", State.BROKEN, "held messages back 3 times", (
        "INSERT INTO spend (channel, on_day, segments, held, told) VALUES ('sms', '2026-11-24', 9, 3, false)",
    )),
    Ill("second factor", State.LOOK, "1 of staff", (
        "UPDATE staff_account SET password_hash = 'x', authenticator = NULL",
    )),
    Ill("webhooks", State.LOOK, "1 webhooks turned", ("UPDATE hook SET off_at = {now}, off_because = 'failing'",)),
    Ill("webhooks", State.LOOK, "1 fail", ("UPDATE hook SET off_at = NULL, failing_since = {now}",)),
    Ill("legal holds", State.LOOK, "1 legal holds", (
        "UPDATE legal_hold SET lifted_at = NULL, placed_at = {now} - interval '2 years'",
    )),
    Ill("retention", State.BROKEN, "not cleared for over a day: audit", (
        "UPDATE retention_run SET ran_at = {now} - interval '3 days' WHERE kind = 'audit'",
    )),
    Ill("retention", State.LOOK, "never cleared yet: audit", ("DELETE FROM retention_run WHERE kind = 'audit'",)),
    Ill("audit", State.BROKEN, "was changed", ("UPDATE audit_entry SET action = 'x'",)),
    Ill("audit", State.BROKEN, "cut off", ("DELETE FROM audit_entry WHERE place = 2",)),
    Ill("schedule", State.BROKEN, "overdue", ("UPDATE tick_run SET ran_at = now() - interval '1 hour'",)),
    Ill("schedule", State.BROKEN, "last try", ("UPDATE tick_run SET failed_at = now() + interval '1 second'",)),
    Ill("schedule", State.LOOK, "nothing was ever done", ("DELETE FROM tick_run",)),
    Ill("workers", State.BROKEN, "no worker", ("UPDATE heartbeat SET beat_at = now() - interval '5 minutes'",)),
    Ill("duty", State.BROKEN, "nobody is on duty", ("UPDATE duty SET ended_at = {now}",)),
    Ill("sealed words", State.BROKEN, "private_note.words", (
        "UPDATE private_note SET words = '\\x01' || decode(repeat('ab', 40), 'hex')",
    )),
    Ill("sealed words", State.BROKEN, "older than the records", (
        "INSERT INTO sealing_key (number, used_at) VALUES (9, now())",
    )),
    Ill("keys everywhere", State.LOOK, "process 7 on b seals with key 9", (
        "INSERT INTO key_holder VALUES (gen_random_uuid(), 'process 7 on b', '{{9}}', 9, now())",
    )),
    Ill("durable", State.BROKEN, "synchronous_commit is off", ("SET LOCAL synchronous_commit = off",)),
)  # fmt: skip


async def in_order(session: Session, now: datetime) -> None:
    """Records of a service that goes well."""
    planter = await planted(session)
    contact = planter.known["contact"]["id"]
    member = planter.known["staff"]["id"]
    for statement in (
        "DELETE FROM raw_letter",
        "UPDATE message SET status = 'sent'",
        "UPDATE alarm SET settled_at = $1",
        "UPDATE legal_hold SET placed_at = $1",
    ):
        await session.driver.execute(statement, *([now] if "$1" in statement else []))
    await session.driver.execute("UPDATE handoff SET status = 'closed', urgency = 0, raised_at = $1", now)
    session.add(Duty(staff_id=member, contact_id=contact, starts=clock(0), ends=clock(23, 59)))
    for kind in RecordClass:
        await retention_runs.note(session, kind=kind, gone=0, now=now)
    sign = heartbeats.Sign(uuid.uuid4(), "worker", "a", 1, "1")
    await heartbeats.beat(session, sign, {"send_due": heartbeats.Ran(well=0.0)})
    for number in range(2):
        audit.note(session, Noted(now, member, By.KEY, "getStory", record=f"handoff {number}"))


async def test_where_all_is_well_every_check_of_the_records_says_so(site: Site) -> None:
    async with site.database.transaction() as session:
        await in_order(session, NOON)
    for check in (*doctor_database.CHECKS, *doctor_service.CHECKS):
        finding = await found(site, check.name)
        assert (check.name, finding.state, finding.do) == (check.name, State.OK, ""), finding


async def test_what_goes_wrong_in_the_records_is_found_and_it_is_said_what_to_do(site: Site) -> None:
    checks = {one.name: one.look for one in (*doctor_database.CHECKS, *doctor_service.CHECKS)}
    async with site.database.transaction() as session:
        await in_order(session, NOON)
    async with site.database.transaction() as session:
        await session.driver.execute("SET LOCAL session_replication_role = replica")
        same = replace(site, database=_Same(session))  # type: ignore[arg-type]
        for ill in ILLS:
            aside = session.driver.transaction()
            await aside.start()
            for statement in ill.sql:
                await session.driver.execute(statement.format(now=f"'{NOON.isoformat()}'::timestamptz"))
            finding = await looked(session, checks[ill.check](same))
            assert (finding.state, ill.says in finding.words) == (ill.state, True), (ill, finding)
            assert finding.do
            await aside.rollback()
            assert (await looked(session, checks[ill.check](same))).state is State.OK, ill


async def looked(session: Session, check: Awaitable[Finding]) -> Finding:
    """Let a check look, and give up the savepoint it may leave."""
    finding = await check
    if session.in_transaction():
        await session.commit()
    return finding


class _Same:
    """Records that are looked at inside the transaction in which they went wrong."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def transaction(self) -> "_Same":
        return self

    async def __aenter__(self) -> Session:
        return self._session

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_few_connections_many_processes_and_old_transactions_are_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await found(site, "connections")).state is State.OK
    async with site.database.transaction() as session:
        for number in range(6):
            await key_holders.tell(session, holder_id=uuid.uuid4(), place=f"process {number}")
    assert (await found(site, "connections")).state is State.LOOK
    monkeypatch.setattr(doctor_database, "LONG", -1.0)
    assert (await found(site, "long transactions")).state is State.LOOK
    monkeypatch.setattr(doctor_database, "TOO_LONG", -1.0)
    assert (await found(site, "long transactions")).state is State.BROKEN


async def test_clocks_that_differ_dead_rows_and_a_full_disk_are_found(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor_database, "DRIFT", -1.0)
    assert (await found(site, "clocks")).state is State.LOOK
    monkeypatch.setattr(doctor_database, "TOO_FAR", -1.0)
    assert (await found(site, "clocks")).state is State.BROKEN
    monkeypatch.setattr(doctor_database, "DEAD_ROWS", "SELECT 'message' AS relname, $1::int AS dead")
    assert "VACUUM ANALYZE message" in (await found(site, "deleted rows")).do
    for free, state in (
        (50 * doctor_machine.GB, State.OK),
        (3 * doctor_machine.GB, State.LOOK),
        (1000, State.BROKEN),
    ):
        usage = SimpleNamespace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _at, usage=usage: usage)
        assert (await found(site, "disk")).state is state
        embedded = replace(
            site, settings=site.settings.model_copy(update={"database_url": None, "data": tmp_path})
        )
        assert (await found(embedded, "size")).state in {state, State.OK}
    assert (await found(embedded, "size")).state is State.BROKEN


async def test_keys_of_a_demo_half_changed_and_gone_are_found(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    assert (await found(site, "keys")).state is State.OK
    demo = replace(site, keys=KeyRing.fresh(demo=True))
    assert (await found(demo, "keys")).state is State.LOOK
    add_key(path)
    assert "under way" in (await found(replace(site, keys=read_keys(path)), "keys")).words
    gone = replace(site, keys=None, keys_trouble="There are no keys")
    assert (await found(gone, "keys")).state is State.BROKEN
    assert "keys cannot be read" in (await found(gone, "sealed words")).words


async def test_words_sealed_with_a_key_that_is_not_here_are_found(site: Site, tmp_path: Path) -> None:
    async with site.database.transaction() as session:
        await planted(session)
        await session.driver.execute(
            "INSERT INTO raw_letter (channel, body, digest, problem, created_at) VALUES ('sms', $1, $2, 'x', $3)",
            b"\x09" + b"x" * 40, b"digest", datetime(1999, 1, 1, tzinfo=UTC),
        )  # fmt: skip
        await session.driver.execute("UPDATE raw_letter SET id = 0 - id WHERE digest = $1", b"digest")
    finding = await found(site, "sealed words")
    assert (finding.state, "key 9" in finding.words) == (State.BROKEN, True)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({}, State.OK),
        ({"public_url": ""}, State.LOOK),
        ({"public_url": "http://waiting.example.org"}, State.BROKEN),
        ({"secure_cookies": False, "host": "0.0.0.0"}, State.BROKEN),
    ],
)
async def test_an_address_people_cannot_come_by_safely_is_found(
    site: Site, told: dict[str, object], state: State
) -> None:
    assert (await found(replace(site, settings=site.settings.model_copy(update=told)), "address")).state is state


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({}, ""),
        ({"telegram_token": SecretStr("x")}, "no secret"),
        ({"sms_from": "+447700900000"}, "no Twilio account"),
        ({"twilio_account": "AC1"}, "without its token"),
        ({"twilio_account": "AC1", "twilio_token": SecretStr("x")}, "no number"),
    ],
)
async def test_a_channel_with_half_its_settings_is_found(site: Site, told: dict[str, object], says: str) -> None:
    finding = await found(replace(site, settings=site.settings.model_copy(update=told)), "channels")
    assert (finding.state, says in finding.words) == (State.BROKEN if says else State.OK, True)


@pytest.mark.parametrize(
    ("noted", "state"),
    [
        (None, State.BROKEN),
        ({"at": (NOON - timedelta(hours=3)).isoformat(), "bytes": 1, "verified": True}, State.OK),
        ({"at": (NOON - timedelta(hours=3)).isoformat(), "bytes": 1, "verified": False}, State.BROKEN),
        ({"at": (NOON - timedelta(hours=30)).isoformat(), "bytes": 1, "verified": True}, State.LOOK),
        ({"at": (NOON - timedelta(days=9)).isoformat(), "bytes": 1, "verified": True}, State.BROKEN),
        ({"when": 3}, State.BROKEN),
    ],
)
async def test_a_backup_that_is_late_or_was_never_read_back_is_found(
    site: Site, noted: dict[str, object] | None, state: State
) -> None:
    if noted is not None:
        (site.settings.data / "backup.json").write_text(json.dumps(noted))
    assert (await found(site, "backup")).state is state


async def test_stale_words_and_helplines_and_a_machine_without_summer_time_are_found(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [(await found(site, name)).state for name in ("words", "helplines", "time zone")] == [State.OK] * 3
    monkeypatch.setattr("content.check", lambda *_, **__: ["one"])
    assert (await found(site, "words")).state is State.LOOK
    monkeypatch.setattr(Helpline, "is_fresh", lambda _self, _today: False)
    assert "samaritans" in (await found(site, "helplines")).words
    monkeypatch.setattr(doctor_machine, "ZONE", "Etc/UTC")
    assert "no summer time" in (await found(site, "time zone")).words
    monkeypatch.setattr(doctor_machine, "ZONE", "Europe/Nowhere")
    assert "does not know" in (await found(site, "time zone")).words


async def test_a_check_that_fails_stops_no_other(site: Site) -> None:
    async def fails(_site: Site) -> Finding:
        raise ZeroDivisionError

    async def well(_site: Site) -> Finding:
        return fine("well")

    told = [one async for one in doctor.examine(site, [Check("one", fails), Check("two", well)])]
    assert [one.finding.state for one in told] == [State.BROKEN, State.OK]
    assert "ZeroDivisionError" in told[0].finding.words


async def test_a_database_that_hangs_is_told_of_within_ten_seconds_and_asked_nothing_more(
    site: Site, settings: Settings
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"postgresql://waitingroom@127.0.0.1:{silent.getsockname()[1]}/waitingroom"
        away = Database(url, KeyRing.fresh(), pool_size=1)
        began = time.monotonic()
        checks = (*doctor_database.CHECKS, *doctor_service.CHECKS)
        async with asyncio.timeout(30):
            told = [one async for one in doctor.examine(replace(site, database=away), checks)]
        took = time.monotonic() - began
        await away.close()
    assert told[0].finding.state is State.BROKEN
    assert {one.finding.words for one in told[1:]} == {"not looked at: the database does not answer"}
    assert took < 10


def test_the_command_says_a_line_each_and_ends_with_1_where_anything_is_broken(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("WAITINGROOM_DATA", str(tmp_path))
    ran = CliRunner().invoke(cli, ["doctor", "--json"])
    told = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert [one["name"] for one in told] == list(NAMES)
    assert {one["name"]: one["state"] for one in told}["keys"] == "broken"
    assert not (tmp_path / "keys.json").exists()
    assert list(tmp_path.iterdir()) == [], "it makes nothing"
    monkeypatch.setenv("WAITINGROOM_PORT", "many")
    ran = CliRunner().invoke(cli, ["doctor"])
    assert (ran.exit_code, "WAITINGROOM_PORT" in ran.stdout.upper() or "port" in ran.stdout) == (1, True)


def test_where_nothing_is_broken_it_ends_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    async def all_well(*_: object, **__: object) -> list[Told]:
        return [Told("one", fine("well")), Told("two", doctor.look("so so", "Look."))]

    monkeypatch.setattr(cli_doctor, "examined", all_well)
    assert CliRunner().invoke(cli, ["doctor"]).exit_code == 0


async def test_a_member_of_staff_who_left_needs_no_second_factor(site: Site) -> None:
    async with site.database.transaction() as session:
        await planted(session)
        await session.driver.execute("UPDATE staff_account SET password_hash = 'x', authenticator = NULL")
        await session.driver.execute("UPDATE staff SET ended_at = $1", NOON)
        assert staff
    assert (await found(site, "second factor")).state is State.OK
