"""Whoever watches the service sees whether it is well, in time and cheaply, and nothing of anybody."""

import asyncio
import json
import os
import re
import signal
import socket
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import yaml
from fastapi import FastAPI, Request
from httpx2 import ASGITransport, AsyncClient
from prometheus_client import Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from api import figures, metrics, webchat
from api.app import create_app
from api.health import may_read, watch_of
from api.house import House, open_house
from api.one_look import OneLook, TooSlowError
from api.settings import Settings
from api.side_door import SideDoorTakenError, side_door
from api.vital import WORKER, Vital
from bot.messages import Inbound
from tests.conftest import MONDAY, running
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import heartbeats, postgres
from waitingroom.database import Database

pytestmark = pytest.mark.anyio
OBSERVING = Path("deploy/observing")


def asking(app: FastAPI, client: tuple[str, int] = ("127.0.0.1", 4000)) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app, client=client), base_url="http://here")


@pytest.fixture
async def web(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    """The web alone, with no worker."""
    app = create_app(settings, demo=True, work=False)
    async with running(app):
        yield app


@pytest.fixture
async def house(settings: Settings, database: Database) -> AsyncIterator[House]:
    async with open_house(settings, demo=True) as house:
        yield house


async def told_by(app: FastAPI) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    async with asking(app) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    return read(answer.text)


def read(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


# figures


def forget_what_was_counted() -> None:
    """Other tests in this process counted what only tests have."""
    for collector in list(metrics.REGISTRY._collector_to_names):
        if isinstance(collector, Counter | Histogram):
            collector.clear()


async def test_no_label_names_a_person_a_number_or_a_talk_and_names_keep_prometheus_rules(app: FastAPI) -> None:
    forget_what_was_counted()
    async with asking(app) as client:
        page = await client.get("/")
        for words in (*SHORTEST_REFERRAL, "I want to die, says Ethelburga"):
            await client.post("/chat/messages", data={"text": words, "once": os.urandom(8).hex()})
    assert page.status_code < 500
    known = (
        {"web", "terminal", "telegram", "sms", "whatsapp"}
        | {"answered", "heard_before", "failed", "unreadable", metrics.TAKEN}
        | {*metrics.DOORS.values(), metrics.PAGES, "2xx", "3xx", "4xx", "5xx"}
        | {*figures.URGENCIES, "person", "cap", "provider", "turns", "work", "worker", "poll"}
        | set(app.state.house.schedules)
    )
    number = re.compile(r"\+Inf|\d+(\.\d+)?(e[+-]\d+)?")
    for name, labels in await told_by(app):
        for key, value in labels:
            if key == "le":
                assert number.fullmatch(value)
            elif name == "waitingroom_build_info":
                assert re.fullmatch(r"[0-9.a-z+]+", value)
            else:
                assert value in known, f"{name}: {key}={value}"
    async with asking(app) as client:
        text = (await client.get("/metrics")).text
    for family in text_string_to_metric_families(text):
        if family.name.startswith("process_"):
            continue
        assert re.fullmatch(r"waitingroom_[a-z_]+", family.name)
        assert family.documentation
        assert not re.search(r"_(milliseconds|ms|minutes|mb|percent)$", family.name)
        assert family.type != "counter" or all(one.name.endswith("_total") for one in family.samples)


async def test_a_turn_is_counted_once_by_what_became_of_it(app: FastAPI) -> None:
    def count(told: dict[Any, float], outcome: str) -> float:
        return told.get(("waitingroom_turns_total", (("channel", "web"), ("outcome", outcome))), 0)

    before = await told_by(app)
    house: House = app.state.house
    for once in ("first", "first", "second"):
        await webchat.take(house, Inbound("web", "a-cookie-of-a-page", once, "hello", house.clock.now()))
    after = await told_by(app)
    assert count(after, "answered") - count(before, "answered") == 2
    assert count(after, "heard_before") - count(before, "heard_before") == 1
    took = ("waitingroom_turn_seconds_count", (("channel", "web"),))
    assert after[took] - before.get(took, 0) == 3


async def test_danger_that_nobody_has_claimed_is_told_with_its_age_since_the_alarm(
    app: FastAPI, ann: Speaker
) -> None:
    house: House = app.state.house
    now = house.clock.now()
    ann.now = now - timedelta(hours=2)
    await ann.says(*SHORTEST_REFERRAL)
    ann.now = now - timedelta(minutes=7)
    await ann.says("I want to kill myself")
    told = await told_by(app)
    assert told["waitingroom_crisis_unclaimed", ()] == 1
    assert told["waitingroom_alarms_unsettled", ()] == 1
    assert 400 < told["waitingroom_crisis_unclaimed_oldest_seconds", ()] < 500
    assert told["waitingroom_handoffs_waiting", (("urgency", "urgent"),)] == 1


async def test_a_figure_costs_the_same_at_any_size(database: Database, ann: Speaker) -> None:
    await ann.says("hello")
    async with database.transaction() as session:
        row = await session.driver.fetchrow("SELECT conversation_id, contact_id FROM message LIMIT 1")
        await session.driver.execute(
            """INSERT INTO message (conversation_id, contact_id, author, kind, segments, dedupe, status, attempts,
                                    maybe_twice, created_at, next_try_at)
            SELECT $1, $2, 'bot', 'answer', 0, 'many:' || n,
                   CASE WHEN n % 1000 = 0 THEN 'queued' ELSE 'delivered' END, 0, false, now(),
                   CASE WHEN n % 1000 = 0 THEN now() END
            FROM generate_series(1, 30000) AS n""",
            *row,
        )
        await session.driver.execute("ANALYZE message")
        asked = {
            figures.OUTGOING: (MONDAY, "WaitsForPerson", "OverSpending", figures.MOST),
            figures.DEAD: (figures.MOST,),
            figures.WAITING: (figures.MOST,),
            figures.CRISIS: (MONDAY, figures.MOST),
            figures.ALARMS: (figures.MOST,),
        }
        for statement, facts in asked.items():
            plan = await session.driver.fetchval(f"EXPLAIN (FORMAT JSON) {statement}", *facts)
            for node in nodes(plan[0]["Plan"]):
                assert (node["Node Type"], node.get("Relation Name")) != ("Seq Scan", "message"), statement
            assert "LIMIT" in statement
        outgoing = await session.driver.fetchrow(figures.OUTGOING, MONDAY, "WaitsForPerson", "OverSpending", 7)
        assert outgoing["unsent"] == 7


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


async def test_figures_of_the_records_are_the_same_whoever_tells_them(app: FastAPI, web: FastAPI) -> None:
    here, there = await told_by(app), await told_by(web)
    shared = [
        name
        for name, _ in figures.FIGURES.items()
        if not re.search("connections|live|data|age|silent|lag|failing", name)
    ]
    assert shared
    for key, value in here.items():
        if key[0] in shared:
            assert there[key] == value


async def test_the_last_backup_is_told_where_there_was_one(tmp_path: Path) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert "waitingroom_backup_age_seconds" not in dict(name_and_value(tmp_path, now))
    noted = {"at": "2026-11-23T11:00:00+00:00", "bytes": 5, "verified": True}
    (tmp_path / figures.BACKUP).write_text(json.dumps(noted))
    told = dict(name_and_value(tmp_path, now))
    assert told["waitingroom_backup_age_seconds"] == 3600
    assert told["waitingroom_backup_verified"] == 1
    (tmp_path / figures.BACKUP).write_text("{half a fi")
    assert "waitingroom_backup_age_seconds" not in dict(name_and_value(tmp_path, now))


def name_and_value(folder: Path, now: datetime) -> list[tuple[str, float]]:
    return [(name, value) for name, _, value in figures.of_machine(folder, now)]


# who may read them


async def test_figures_are_not_for_those_who_ask_from_elsewhere(web: FastAPI) -> None:
    here = ("127.0.0.1", 4000)
    for client, headers in (
        (("10.0.0.7", 4000), {}),
        (here, {"X-Forwarded-For": "127.0.0.1"}),
        (here, {"Forwarded": "for=127.0.0.1"}),
        (here, {"Via": "1.1 proxy"}),
    ):
        async with asking(web, client) as asks:
            answer = await asks.get("/metrics", headers=headers)
            assert answer.status_code == 403
            assert "waitingroom_" not in answer.text
            assert (await asks.get("/livez", headers=headers)).status_code == 200


def asked(headers: dict[str, str], client: str = "127.0.0.1") -> Request:
    told = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "headers": told, "client": (client, 4000)})


def test_a_public_service_tells_figures_only_by_token(settings: Settings) -> None:
    assert may_read(asked({}), settings)
    public = settings.model_copy(update={"public_url": "https://waiting.example.org"})
    assert not may_read(asked({}), public)
    known = public.model_copy(update={"metrics_token": SecretStr("sesame-1234567890")})
    for shown in ("", "Bearer ", "Bearer sesame", "sesame-1234567890", "Bearer s\xe9same"):
        assert not may_read(asked({"Authorization": shown}), known)
    assert not may_read(asked({}), settings.model_copy(update={"metrics_token": SecretStr("sesame-1234567890")}))
    good = {"Authorization": "Bearer sesame-1234567890", "X-Forwarded-For": "10.0.0.9"}
    assert may_read(asked(good, "10.0.0.7"), known)


# ready or not


async def test_a_web_process_stays_in_when_no_worker_is_alive_and_says_so(web: FastAPI) -> None:
    async with asking(web) as asks:
        answer = await asks.get("/readyz")
    assert answer.status_code == 200
    told = answer.json()
    assert told["status"] == "degraded"
    assert told["checks"] == {"database": True, "schema": True, "workers": False, "clock": True}
    assert len(told["notes"]) == 1
    assert ("waitingroom_processes_alive", (("kind", "worker"),)) not in await told_by(web)


async def test_a_worker_that_lives_elsewhere_is_seen(web: FastAPI) -> None:
    vital = Vital(web.state.house.at_work.database, WORKER, ["send_due", "tell_hooks"])
    await vital.beat()
    async with asking(web) as asks:
        assert (await asks.get("/readyz")).json()["status"] == "ready"
    told = await told_by(web)
    assert told["waitingroom_processes_alive", (("kind", "worker"),)] == 1
    async with web.state.house.database.transaction() as session:
        await session.driver.execute("UPDATE heartbeat SET beat_at = now() - interval '31 seconds'")
    async with asking(web) as asks:
        assert (await asks.get("/readyz")).json()["status"] == "degraded"
    told = await told_by(web)
    assert told["waitingroom_processes_alive", (("kind", "worker"),)] == 0
    assert 30 < told["waitingroom_process_silent_seconds", (("kind", "worker"),)] < 60


async def test_a_process_that_ends_takes_its_sign_of_life_with_it(house: House) -> None:
    living = asyncio.create_task(Vital(house.database, WORKER).live())
    async with asyncio.timeout(10):
        while not await kinds(house):  # noqa: ASYNC110 -- what another task writes into the records is awaited
            await asyncio.sleep(0.02)
    living.cancel()
    await asyncio.wait({living})
    assert await kinds(house) == {}


async def kinds(house: House) -> dict[str, heartbeats.Alive]:
    async with house.database.transaction() as session:
        return await heartbeats.standing(session)


async def test_a_worker_here_that_never_worked_keeps_people_away_and_one_that_stumbled_does_not(
    app: FastAPI,
) -> None:
    worker = app.state.worker
    async with asyncio.timeout(10):
        await worker.begun.wait()
    worker.ready.clear()
    async with asking(app) as asks:
        answer = await asks.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        worker.begun.clear()
        answer = await asks.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (503, "not ready")


async def test_a_wrong_clock_is_told_and_a_very_wrong_one_serves_nobody(
    web: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    readiness = watch_of_app(web).readiness
    right = readiness._now
    for apart, status in ((2, 200), (30, 200), (-30, 200), (121, 503), (-7200, 503)):
        monkeypatch.setattr(readiness, "_now", lambda apart=apart: right() + timedelta(seconds=apart))
        async with asking(web) as asks:
            answer = await asks.get("/readyz")
        assert answer.status_code == status
        assert answer.json()["checks"]["clock"] is (abs(apart) <= 5)


def watch_of_app(app: FastAPI) -> Any:
    return watch_of(type("Asked", (), {"app": app})())  # type: ignore[arg-type]


async def test_what_is_done_by_the_clock_is_overdue_once_it_should_have_been_done(house: House) -> None:
    vital = Vital(house.database, WORKER, ["send_due", "call_those_on_duty"])

    async def fails() -> None:
        raise LookupError("Ethelburga")

    async def does() -> None:
        return None

    await vital.noting("send_due", does)()
    with pytest.raises(LookupError):
        await vital.noting("call_those_on_duty", fails)()
    await vital.beat()
    told = {(name, labels): value for name, labels, value in await figures.read(house)}
    assert told["waitingroom_schedule_lag_seconds", ("send_due",)] < 5
    assert told["waitingroom_schedule_failing", ("call_those_on_duty",)] == 1
    assert told["waitingroom_schedule_failing", ("send_due",)] == 0
    async with house.database.transaction() as session:
        back = "UPDATE tick_run SET since_at = since_at - interval '1 hour', ran_at = ran_at - interval '1 hour'"
        await session.driver.execute(back)
        assert await session.driver.fetchval("SELECT count(*) FROM tick_run WHERE trouble = 'LookupError'") == 1
    told = {(name, labels): value for name, labels, value in await figures.read(house)}
    assert 3580 < told["waitingroom_schedule_lag_seconds", ("send_due",)] < 3660


async def test_signs_of_life_that_could_not_be_told_are_told_the_next_time(house: House) -> None:
    vital = Vital(house.database, WORKER, ["send_due"])
    async with house.database.transaction() as session:
        await session.driver.execute("ALTER TABLE tick_run RENAME TO away")
    with pytest.raises(asyncpg.UndefinedTableError):
        await vital.beat()
    async with house.database.transaction() as session:
        await session.driver.execute("ALTER TABLE away RENAME TO tick_run")
    await vital.beat()
    async with house.database.transaction() as session:
        assert set(await heartbeats.runs(session)) == {"send_due"}


# a database that hangs


async def test_one_look_is_shared_and_never_waited_for_too_long() -> None:
    looks, go = 0, asyncio.Event()

    async def look() -> int:
        nonlocal looks
        looks += 1
        await go.wait()
        return looks

    once = OneLook(look)
    for _ in range(3):
        with pytest.raises(TooSlowError):
            await once.within(0.01)
    waiting = asyncio.create_task(once.within(5))
    await asyncio.sleep(0)
    go.set()
    assert await waiting == 1
    assert await once.within(5) == 2


@pytest.mark.skipif("DATABASE_URL" in os.environ, reason="that server is not ours to stop")
async def test_a_database_that_stands_still_is_told_in_time_and_scraped_all_the_same(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every process of a PostgreSQL of its own is stopped, as by a disk that hangs, and goes on later."""
    monkeypatch.delenv("DATABASE_URL")
    folder = tmp_path / "own"
    folder.mkdir(mode=0o755)
    tmp_path.chmod(0o755)  # noqa: ASYNC240 -- before anything runs
    own = settings.model_copy(update={"database_url": None, "data": folder})
    app = create_app(own, demo=True, work=False)
    try:
        async with running(app), asking(app) as asks:
            assert (await asks.get("/readyz")).status_code == 200
            stopped = stop_postgres(folder)
            try:
                began = time.monotonic()
                ready, told = await asyncio.gather(asks.get("/readyz"), asks.get("/metrics"))
                assert time.monotonic() - began < 6
                assert (ready.status_code, told.status_code) == (503, 200)
                assert ready.json()["checks"] == {"database": False}
                assert read(told.text)["waitingroom_database_up", ()] == 0
                assert ("waitingroom_unsent_messages", ()) not in read(told.text)
            finally:
                for pid in stopped:
                    os.kill(pid, signal.SIGCONT)
            async with asyncio.timeout(30):
                while not await well(asks):  # noqa: ASYNC110 -- what is asked is the test
                    await asyncio.sleep(0.1)
    finally:
        await asyncio.to_thread(postgres.stop, folder / "postgres")


async def well(asks: AsyncClient) -> bool:
    """Whether both addresses see the database again, and no look of theirs is left hanging."""
    ready, told = await asks.get("/readyz"), await asks.get("/metrics")
    return ready.status_code == 200 and read(told.text)["waitingroom_database_up", ()] == 1


def stop_postgres(folder: Path) -> list[int]:
    home = postgres.home(folder / "postgres")
    postmaster = int((home / "cluster" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    pids = [postmaster, *map(int, children)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


# the side door


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_a_process_that_serves_nobody_answers_at_a_side_door_of_this_machine(house: House) -> None:
    port = free_port()
    asked = House(**{**vars(house), "settings": house.settings.model_copy(update={"metrics_port": port})})
    before = signal.getsignal(signal.SIGTERM)
    async with side_door(asked), AsyncClient(base_url=f"http://127.0.0.1:{port}") as asks:
        async with asyncio.timeout(10):
            while True:
                try:
                    assert (await asks.get("/livez")).status_code == 200
                    break
                except OSError:
                    await asyncio.sleep(0.05)
        assert (await asks.get("/readyz")).json()["checks"]["database"] is True
        assert "waitingroom_oldest_unsent_seconds" in (await asks.get("/metrics")).text
        assert (await asks.get("/chat")).status_code == 404
        assert signal.getsignal(signal.SIGTERM) is before, "its signals stay the process's own"
        with pytest.raises(SideDoorTakenError, match="WAITINGROOM_METRICS_PORT"):
            async with side_door(asked):
                pass


async def test_without_a_port_there_is_no_side_door(house: House) -> None:
    assert house.settings.metrics_port is None
    async with side_door(house):
        assert house.settings.metrics_host == "127.0.0.1"


# what is drawn and what alarms


def names_there_are() -> set[str]:
    counted = {one.name for family in metrics.REGISTRY.collect() for one in family.samples}
    histograms = (metrics.TURN_SECONDS, metrics.SEND_SECONDS, metrics.PROVIDER_SECONDS)
    counters = (metrics.TURNS, metrics.SENDS, metrics.RECEIPTS, metrics.ANSWERS)
    return (
        counted
        | set(figures.FIGURES)
        | {f"{one._name}_total" for one in counters}
        | {f"{one._name}_{part}" for one in histograms for part in ("bucket", "sum", "count")}
    )


@pytest.mark.parametrize("file", ["alerts.yaml", "dashboard.json", "alerts_test.yaml"])
def test_rules_and_dashboard_name_only_figures_there_are(file: str) -> None:
    named = set(re.findall(r"\b(?:waitingroom|process)_[a-z_]+", (OBSERVING / file).read_text()))
    assert named
    assert named <= names_there_are() | {"waitingroom_overview"}


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    groups = yaml.safe_load((OBSERVING / "alerts.yaml").read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert len(alerts) >= 12
    for rule in alerts:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "do"}
        assert all(text.endswith(".") and "\n" not in text for text in rule["annotations"].values())
    tried = yaml.safe_load((OBSERVING / "alerts_test.yaml").read_text())["tests"]
    assert {one["alertname"] for test in tried for one in test["alert_rule_test"]} == {
        rule["alert"] for rule in alerts
    }


def test_the_dashboard_is_whole_and_its_panels_ask_something() -> None:
    drawn = json.loads((OBSERVING / "dashboard.json").read_text())
    panels = [panel for panel in drawn["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in drawn["panels"]}) == len(drawn["panels"])
    assert all(target["expr"] for panel in panels for target in panel["targets"])
    assert all(panel["title"] and panel["description"] for panel in panels)
