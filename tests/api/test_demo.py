"""The demo does the whole main job, and nothing anyone says ends up in a log."""

import asyncio
import logging
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import select

import content
from api import demo, logs
from api.cli_staff import link
from api.house import House, open_house
from api.made_up.sights import groups_this_week, sights
from api.settings import Settings
from api.work import Server
from content.meeting_days import next_start
from tests.conftest import MONDAY
from waitingroom import caseload
from waitingroom.database import Database
from waitingroom.handoffs import Status, Urgency
from waitingroom.referrals import Referral

WAITINGROOM = Path(sys.executable).with_name("waitingroom")
SECRETS = ("Company in the evenings", "BB9 7AA", "Ann", "Shall I call", "after ten", "end it all", "A good talk")


@pytest.mark.slow
def test_the_demo_walks_the_whole_main_job_over_http_and_logs_nothing_anyone_said(tmp_path: Path) -> None:
    ran = subprocess.run(
        [WAITINGROOM, "demo", "--check"], capture_output=True, text=True, cwd=tmp_path, timeout=110, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("  ok  ") >= 15
    assert "The whole main job happened." in ran.stdout
    assert [secret for secret in SECRETS if secret in ran.stderr] == []


@pytest.mark.anyio
async def test_trouble_is_logged_by_its_kind_and_never_by_its_words(
    app: FastAPI, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from api import webchat

    async def falls_over(*_args: object, **_facts: object) -> None:
        raise LookupError("Ann said: Company in the evenings")

    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    logs.begin()
    try:
        monkeypatch.setattr(webchat, "take_turn", falls_over)
        transport = ASGITransport(app=app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url="http://here") as client:
            answer = await client.post(
                "/chat/messages", data={"text": "I am Ann"}, headers={"Accept": "application/json"}
            )
        logging.getLogger("some.library").warning("It quotes %s", "Ann")
    finally:
        logging.getLogger().handlers, logging.getLogger().level = handlers, level
    assert answer.status_code == 500
    written = capfd.readouterr().err
    assert "LookupError" in written
    assert "some.library" in written
    assert "Ann" not in written
    assert "Company" not in answer.text + written


@pytest.mark.anyio
async def test_whoever_is_asked_in_is_sent_to_the_port_the_demo_is_served_on(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_house: House, _say: object) -> str:
        return "a key"

    async def nothing(_house: House) -> list[str]:
        return []

    made: list[Server] = []
    make = demo.server
    monkeypatch.setattr(demo, "fill", nobody)
    monkeypatch.setattr(demo, "sights", nothing)
    monkeypatch.setattr(demo, "server", lambda app, settings: made.append(make(app, settings)) or made[0])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = asyncio.Event()

    def say(words: object) -> None:
        if f":{port}/chat" in str(words):
            served.set()

    serving = asyncio.create_task(demo.serve(settings.model_copy(update={"port": port}), say))
    try:
        await asyncio.wait_for(served.wait(), 30)
        async with open_house(settings, demo=True) as house:
            assert link(house, "token") == f"http://127.0.0.1:{port}/staff/join/token"
        async with open_house(settings.model_copy(update={"public_url": "https://a.example"}), demo=True) as house:
            assert link(house, "token") == "https://a.example/staff/join/token"
    finally:
        made[0].should_exit = True
        await serving


@pytest.mark.anyio
async def test_everyone_made_up_is_on_the_list_and_staff_see_who_comes_first(
    app: FastAPI,
) -> None:
    house: House = app.state.house
    key = await demo.fill(house, lambda _: None, waiting=9, supported=3)
    assert key == await demo.fill(house, lambda _: None), "they come once"
    async with house.database.transaction() as session:
        waiting = await caseload.queue(session, status=Status.WAITING)
        made = (await session.exec(select(Referral))).all()
    assert len(made) == 12
    assert len(waiting) == 9
    assert [one.handoff.urgency for one in waiting[:3]] == [Urgency.URGENT, Urgency.SOON, Urgency.ROUTINE]
    people, groups, lines, services = await sights(house)
    assert people.endswith("9 people, 1 to be seen first")
    assert ";" in groups
    assert "Samaritans" in lines
    assert services.endswith("1,200 services")


def test_groups_of_this_week_stand_in_the_order_they_meet() -> None:
    words = content.load()
    named = groups_this_week(words, MONDAY)
    starts = {group.name: next_start(group.meetings, MONDAY) for group in words.groups.values()}
    soon = {name: at for name, at in starts.items() if at and at < MONDAY + timedelta(days=7)}
    assert [one.split(" (")[0] for one in named] == sorted(soon, key=lambda name: (soon[name], name))
    assert len(named) >= 3
    assert groups_this_week(replace(words, groups={}), MONDAY) == []
