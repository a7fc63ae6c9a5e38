"""Putting the house together: database, keys, words, channels, clock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial

from sqlalchemy import text

import content
from api.clock import Clock
from api.keys import make_keys, read_keys
from api.logs import log
from api.settings import Settings
from bot import outreach
from bot.channels.channel import Channel
from bot.channels.terminal import Terminal
from bot.channels.webchat import WebChat
from bot.delivery import Delivery
from bot.desk import Desk
from bot.safety import Net
from bot.service import Service
from waitingroom import postgres, schema
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.queue import Worker

Say = Callable[[str], None]
LOOK_AGAIN = 1.0
"""Seconds between looks at the embedded database."""
ALIVE = text("SELECT 1")


class UnsafeKeysError(Exception):
    """Demo keys protect nobody: they are only for this machine. Run `waitingroom keys make` first."""


@dataclass(frozen=True)
class House:
    """Everything a door needs: settings, the desk that takes turns, the records, the clock."""

    settings: Settings
    desk: Desk
    clock: Clock
    demo: bool

    @property
    def database(self) -> Database:
        """The records."""
        return self.desk.database

    def worker(self) -> Worker:
        """Return a worker for this house: delivers messages, and runs what is due by the clock."""
        worker = Worker(self.database, Delivery(self.desk, self.clock.now).deliver)
        every = {"send_due": "* * * * * */5", "wake_stale": "* * * * * */10", "clear_unconsented": "* * * * * 30"}
        every["purge_queue_log"] = "30 3 * * *"
        for name, cron in every.items():
            tick = getattr(outreach, name)
            worker.schedule(name, cron, partial(self._tick, name, tick))
        return worker

    async def _tick(self, name: str, tick: Callable[..., object]) -> None:
        done = tick(self.desk, now=self.clock.now())
        assert asyncio.iscoroutine(done)  # noqa: S101
        count = await done
        if count:
            log.info("tick", tick=name, count=count)


def default_channels() -> dict[str, Channel]:
    """Return the channels that need no account with anyone."""
    return {channel.name: channel for channel in (WebChat(), Terminal())}


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    demo: bool = False,
    channels: Mapping[str, Channel] | None = None,
    say: Say = postgres.quiet,
) -> AsyncIterator[House]:
    """Open the house: start or find the database, bring it up to date, read keys and words.

    Raises PostgresUnavailableError, KeysError, ContentError or UnsafeKeysError, each saying what to do.
    """
    keys = make_keys(settings.keys_path, demo=True) if demo else read_keys(settings.keys_path)
    _check_keys(settings, keys)
    url = await asyncio.to_thread(find_database, settings, say)
    database = Database(url, keys)
    words = content.load(settings.content)
    service = Service(
        name=settings.service_name,
        content=words,
        areas=settings.areas,
        phone=settings.service_phone,
        nation=settings.nation,
        opens=settings.opens,
        closes=settings.closes,
        drama_numbers=demo,
    )
    desk = Desk(database, service, Net(words.safety), channels or default_channels())
    clock = Clock(settings.data / "clock" if demo else None)
    watch = asyncio.create_task(_watch(settings, database)) if settings.database_url is None else None
    try:
        await _bring_up_to_date(database)
        yield House(settings, desk, clock, demo)
    finally:
        if watch is not None:
            watch.cancel()
            await asyncio.wait({watch})
        await database.close()


def find_database(settings: Settings, say: Say = postgres.quiet) -> str:
    """Return the database's address, starting the embedded one where no other is named."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return postgres.start(settings.data / "postgres", say=say).url


async def _watch(settings: Settings, database: Database) -> None:
    """Look at the embedded database every second, and start it again where it was stopped or killed."""
    while True:
        await asyncio.sleep(LOOK_AGAIN)
        try:
            async with database.transaction() as session:
                await session.run(ALIVE)
        except Exception as trouble:  # noqa: BLE001 -- whatever it is, starting what runs already costs nothing
            log.warning("database is started again", trouble=type(trouble).__name__)
            with suppress(postgres.PostgresUnavailableError):
                await asyncio.to_thread(find_database, settings)


async def _bring_up_to_date(database: Database) -> None:
    async with database.transaction() as session:
        at = await schema.current(session)
    if at != schema.newest():
        await asyncio.to_thread(schema.upgrade, database.url)


def _check_keys(settings: Settings, keys: KeyRing) -> None:
    if keys.demo and not settings.on_loopback:
        raise UnsafeKeysError(UnsafeKeysError.__doc__)
