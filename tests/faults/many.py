"""The processes of a service on several machines: webs and workers, each a real process, on one database."""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import uvloop
from pydantic import SecretStr
from sqlalchemy import text

import api.house
import api.stopping
import api.work
import bot.courier
from api import logs
from api.app import create_app
from api.house import default_channels
from api.in_house import kindly
from api.settings import Settings
from api.work import run_worker, serve_until_told, server
from bot.channels.channel import Channel
from bot.desk import Desk
from bot.layout import TELEGRAM
from tests.fakes.loopback import NAME, LoopbackChannel
from tests.faults.served import hears_by_loopback

NOTE = text("""
INSERT INTO tick_seen (worker, due) SELECT :worker, next_run FROM pgqueuer_schedules WHERE entrypoint = 'note_it'
""")
STUCK = text(
    "INSERT INTO tick_stuck (worker) SELECT :worker WHERE NOT EXISTS (SELECT FROM tick_stuck) RETURNING worker"
)
TABLES = """
CREATE TABLE tick_seen (worker int, due timestamptz, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE tick_stuck (worker int, at timestamptz DEFAULT clock_timestamp());
CREATE TABLE tick_freed (worker int, at timestamptz DEFAULT clock_timestamp())
"""
PREPARE: Callable[[], None]


async def note_it(desk: Desk, *, now: datetime) -> None:
    """Note which worker did this, and the moment it will be due next: two that did it for one moment show."""
    async with desk.database.transaction() as session:
        await session.run(NOTE, {"worker": os.getpid()})


async def stick(desk: Desk, *, now: datetime) -> None:
    """Stick in the middle the first time anyone does this; whoever does it next notes when that was."""
    async with desk.database.transaction() as session:
        first = (await session.run(STUCK, {"worker": os.getpid()})).first()
        if first is None:
            await session.run(text("INSERT INTO tick_freed (worker) VALUES (:worker)"), {"worker": os.getpid()})
    if first is not None:
        await asyncio.sleep(3600)


def settings_for(folder: Path, url: str, port: int = 0) -> Settings:
    made = Settings(data=folder, port=port, secure_cookies=False, service_name="Pendle Waiting Room")
    return made.model_copy(update={"database_url": SecretStr(url)})


def channels_for(provider: str) -> dict[str, Channel]:
    return {**default_channels(), NAME: LoopbackChannel(provider, layout=TELEGRAM, patience=30)}


def _begin(folder: Path) -> None:
    """Write what is said to a file: whoever started this process may be another test."""
    sys.stderr = (folder / "said").open("a", buffering=1)
    logs.begin()


def web(folder: Path, url: str, provider: str, port: int, options: dict[str, Any]) -> None:
    """Serve the web alone. `by_workers`: it sends nothing itself; `last_words`: how long it may take to end."""
    _begin(folder)
    if options.get("by_workers"):
        bot.courier.MOST = 0
    api.stopping.LAST_WORDS = options.get("last_words", api.stopping.LAST_WORDS)
    api.work.LOOK_AGAIN = 0.3
    settings = settings_for(folder, url, port)
    app = create_app(settings, demo=True, work=False, channels=channels_for(provider))

    hears_by_loopback(app)

    with kindly():
        uvloop.run(serve_until_told(app, server(app, settings)))


def work(folder: Path, url: str, provider: str, _port: int, options: dict[str, Any]) -> None:
    """Work alone, with a tick that notes when it is done, and where `sticks` one that gets stuck."""
    _begin(folder)
    api.stopping.LAST_WORDS = options.get("last_words", api.stopping.LAST_WORDS)
    api.work.LOOK_AGAIN = 0.3
    ticks: dict[Any, str] = {note_it: "* * * * * */2"}
    if options.get("sticks"):
        ticks[stick] = "* * * * * */2"
    api.house.TICKS = {**api.house.TICKS, **ticks}
    named = f"{url}{'&' if '?' in url else '?'}application_name=worker-{os.getpid()}"
    with kindly():
        uvloop.run(run_worker(settings_for(folder, named), demo=True, channels=channels_for(provider)))


CONTEXT = multiprocessing.get_context("forkserver")
