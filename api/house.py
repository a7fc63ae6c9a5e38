"""Putting the house together: database, keys, words, channels, clock."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import text

import content
from api import audit_head, hooks, watching
from api.clock import Clock
from api.key_holding import hold
from api.keys import make_keys, read_keys
from api.logs import log
from api.settings import Settings
from api.telemetry import OFF, Traces, traces
from api.vital import WORKER, Vital
from bot import (
    appointing,
    asking,
    duty_calls,
    endings,
    fetching,
    giving_up,
    group_news,
    how_are_you,
    later,
    outreach,
    signposts,
    tidying,
    transferring,
    unanswered,
    wait_news,
)
from bot.channels.channel import Channel, Closing
from bot.channels.telegram.channel import Telegram
from bot.channels.terminal import Terminal
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.channels.twilio.whatsapp import WhatsApp
from bot.channels.webchat import WebChat
from bot.courier import Courier
from bot.delivery import Delivery
from bot.desk import Desk
from bot.recorder import Recorder
from bot.safety import Net
from bot.service import Service
from waitingroom import backups, key_holders, lines, pooler, postgres, schema, spending
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.queue import Worker
from waitingroom.slots import Slots

Say = Callable[[str], None]
LOOK_AGAIN = 1.0
"""Seconds between looks at the embedded database."""
ALIVE = text("SELECT 1")


class UnsafeKeysError(Exception):
    """Demo keys protect nobody: they are only for this machine. Run `waitingroom keys make` first."""


class Tick(Protocol):
    """Something done by the clock. Returns how many it did something for, or nothing."""

    __name__: str

    def __call__(self, desk: Desk, *, now: datetime) -> Awaitable[int | None]:
        """Do it once."""
        ...


TICKS: Mapping[Tick, str] = {
    duty_calls.call_those_on_duty: "* * * * * */2",
    outreach.send_due: "* * * * * */5",
    endings.ask_at_the_end: "*/15 * * * *",
    signposts.ask_if_they_went: "10,40 * * * *",
    asking.ask_introduced: "* * * * * */20",
    wait_news.stop_clocks: "* * * * * 35",
    wait_news.work_out_waits: "*/10 * * * *",
    wait_news.tell_changed: "5,35 * * * *",
    transferring.tell_transferred: "* * * * * */10",
    how_are_you.ask_how_they_are: "* * * * * 50",
    appointing.keep_appointments: "* * * * * */20",
    later.send_later: "* * * * * */10",
    unanswered.mind_the_unanswered: "* * * * * 40",
    outreach.wake_stale: "* * * * * */10",
    giving_up.give_up_long_waiting: "* * * * * 25",
    outreach.go_back: "* * * * * */10",
    fetching.fetch_wanted: "* * * * * */10",
    outreach.remind_half_way: "* * * * * 45",
    group_news.tell_groups: "* * * * * 20",
    outreach.clear_unconsented: "* * * * * 30",
    tidying.clear_old_records: "20 3 * * *",
    tidying.forget_doors: "7 * * * *",
    outreach.purge_queue_log: "30 3 * * *",
    outreach.clear_raw_letters: "45 3 * * *",
    audit_head.tell_audit_head: "0 4 * * *",
    hooks.tell_hooks: "* * * * * */5",
    hooks.forget_told: "50 3 * * *",
}
"""What is done by the clock, and when: five fields, or six with seconds last."""
SOUND_SPENDING = "sound_spending"
DEMO_ADDRESS = "demo-address"
"""The file among the demo's own in which it keeps where it is served, for commands beside it."""


@dataclass(frozen=True)
class House:
    """Everything a door needs: settings, the desk that takes turns, the records, the clock.

    `at_work` is the same desk over connections of the worker's own.
    """

    settings: Settings
    desk: Desk
    at_work: Desk
    clock: Clock
    demo: bool
    traces: Traces = OFF

    @property
    def address(self) -> str:
        """Where it is reached; of the demo, where it was served last."""
        kept = self.settings.data / DEMO_ADDRESS
        here = f"http://{self.settings.host}:{self.settings.port}"
        return self.settings.public_url or (kept.read_text() if self.demo and kept.exists() else here)

    @property
    def database(self) -> Database:
        """The records."""
        return self.desk.database

    def worker(self) -> Worker:
        """Return a worker for this house: delivers messages, and runs what is due by the clock."""
        watch = watching.sends(self.traces, self.clock.now)
        delivery = Delivery(self.at_work, self.clock.now, Slots(self.database), watch=watch)
        worker = Worker(self.database, delivery.deliver, stopping=delivery.stopping)
        does = {tick.__name__: partial(self._tick, tick) for tick in TICKS} | {
            SOUND_SPENDING: self._sound_spending
        }
        vital = Vital(self.at_work.database, WORKER, self.schedules)
        for name, cron in self.schedules.items():
            worker.schedule(name, cron, vital.noting(name, does[name]))
        worker.beside(partial(vital.live, worker.ready))
        return worker

    @property
    def schedules(self) -> dict[str, str]:
        """What is done by the clock, by name, and when."""
        return {tick.__name__: cron for tick, cron in TICKS.items()} | {SOUND_SPENDING: "* * * * * 15"}

    async def _tick(self, tick: Tick) -> None:
        count = await tick(self.at_work, now=self.clock.now())
        if count:
            log.info("tick", tick=tick.__name__, count=count)

    async def _sound_spending(self) -> None:
        async with self.at_work.database.transaction() as session:
            for spend in await spending.alarms(session):
                log.error("spending cap", channel=spend.channel, segments=spend.segments, held=spend.held)


def default_channels() -> dict[str, Channel]:
    """Return the channels that need no account with anyone."""
    return {channel.name: channel for channel in (WebChat(), Terminal())}


def channels_of(settings: Settings, *, demo: bool = False) -> dict[str, Channel]:
    """Return the channels there are: those that need no account, and each whose settings are all there."""
    channels = default_channels()
    if settings.telegram_token is not None:
        telegram = Telegram(
            settings.telegram_token.get_secret_value(),
            settings.telegram_api,
            per_second=settings.telegram_per_second,
            per_chat=settings.telegram_per_chat,
        )
        channels[telegram.name] = telegram
    account = twilio_account(settings)
    if account is not None and settings.sms_from:
        sms = Sms(
            account,
            settings.sms_from,
            countries=settings.sms_countries,
            per_second=settings.sms_per_second,
            cap=settings.sms_daily_parts,
            drama_numbers=demo,
        )
        channels[sms.name] = sms
    if account is not None and settings.whatsapp_from:
        whatsapp = WhatsApp(account, settings.whatsapp_from, template=settings.whatsapp_template)
        channels[whatsapp.name] = whatsapp
    return channels


def twilio_account(settings: Settings) -> Account | None:
    """Return the account texts and WhatsApp go by, None where there is none."""
    if not settings.twilio_account or settings.twilio_token is None:
        return None
    return Account(
        settings.twilio_account,
        settings.twilio_token.get_secret_value(),
        api=settings.twilio_api,
        public_url=settings.public_url,
        service=settings.twilio_service,
    )


@asynccontextmanager
async def open_house(
    settings: Settings,
    *,
    demo: bool = False,
    channels: Mapping[str, Channel] | None = None,
    say: Say = postgres.quiet,
    most: timedelta | None = None,
) -> AsyncIterator[House]:
    """Open the house: start or find the database, bring it up to date, read keys and words.

    `most`: how long a statement may take where people wait for the answer; None: as long as it needs.
    Raises PostgresUnavailableError, UnfitDatabaseError, schema.TooOldError, schema.TablesBusyError, KeysError,
    ContentError or UnsafeKeysError, each saying what to do.
    """
    keys = make_keys(settings.keys_path, demo=True) if demo else read_keys(settings.keys_path)
    _check_keys(settings, keys)
    url = await _reach_database(settings, say)
    database = Database(url, keys, most=most)
    words = content.load(settings.content, measures=settings.measures)
    service = _service(settings, words, demo=demo)
    desk = Desk(database, service, Net(words.safety), channels or channels_of(settings, demo=demo))
    worker_database = Database(url, keys, pool_size=6, plans="fresh", most=lines.AT_WORK)
    clock = Clock(settings.data / "clock" if demo else None)
    at_work = replace(desk, database=worker_database)
    told = traces(settings.otlp_endpoint)
    courier = _courier(at_work, database, clock, told)
    watch = asyncio.create_task(_watch(settings, database)) if settings.database_url is None else None
    holding: asyncio.Task[None] | None = None
    try:
        await _bring_up_to_date(database)
        async with database.transaction() as session:
            await key_holders.check(session)
        holding = asyncio.create_task(hold(worker_database))
        yield House(settings, replace(desk, courier=courier), at_work, clock, demo, told)
    finally:
        await courier.close()
        if aside := {task for task in (watch, holding) if task is not None}:
            for task in aside:
                task.cancel()
            await asyncio.wait(aside)
        await _close(desk, told)
        await worker_database.close()
        await database.close()


def _service(settings: Settings, words: content.Content, *, demo: bool) -> Service:
    return Service(
        name=settings.service_name,
        content=words,
        areas=settings.areas,
        phone=settings.service_phone,
        nation=settings.nation,
        youngest=settings.youngest,
        opens=settings.opens,
        closes=settings.closes,
        how_are_you_days=settings.how_are_you_days,
        target_weeks=settings.target_weeks,
        public_url=settings.public_url,
        staff_page=settings.staff_page,
        keeps=settings.keeps,
        drama_numbers=demo,
    )


async def _close(desk: Desk, told: Traces) -> None:
    """Close what dials out."""
    for channel in desk.channels.values():
        if isinstance(channel, Closing):
            await channel.close()
    await told.close()


def _courier(at_work: Desk, database: Database, clock: Clock, told: Traces) -> Courier:
    delivery = Delivery(at_work, clock.now, Slots(database), watch=watching.sends(told, clock.now))
    return Courier(delivery, Recorder(database), _sending_waits)


def _sending_waits(trouble: BaseException) -> None:
    log.warning("sending waits", trouble=type(trouble).__name__)


def find_database(settings: Settings, say: Say = postgres.quiet) -> str:
    """Return the database's address, starting the embedded one where no other is named."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return postgres.start(settings.data / "postgres", say=say).url


async def _reach_database(settings: Settings, say: Say) -> str:
    """Return the database's address; one that was named is looked at first, for what stands in between."""
    url = await asyncio.to_thread(find_database, settings, say)
    if settings.database_url is not None:
        await pooler.check(url)
    return url


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
    """Bring an older database up to date. A newer one is served as it is, while it allows code of this age."""
    async with database.transaction() as session:
        await backups.check_whole(session)
        standing = await schema.standing(session)
    if standing.too_new:
        raise schema.TooOldError(standing)
    if standing.behind:
        await asyncio.to_thread(schema.upgrade, database.url)


def _check_keys(settings: Settings, keys: KeyRing) -> None:
    if keys.demo and not settings.on_loopback:
        raise UnsafeKeysError(UnsafeKeysError.__doc__)
