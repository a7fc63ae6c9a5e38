"""Whatever the clock does, set wrong and right again, or turned in spring and autumn: each thing comes once."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.house import TICKS
from bot import outreach
from bot.desk import Desk
from tests.conftest import MONDAY, NOT_EMPTY
from tests.meeting import LONDON, offers, picked_up, planned, sent
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import queue, queue_clock
from waitingroom.database import Database
from waitingroom.outbox import LEASE
from waitingroom.queue import Worker

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(900)]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WRONG = 2 * HOUR
AUTUMN = date(2026, 10, 25)
DAYS = (AUTUMN, date(2026, 3, 29), date(2027, 3, 28), date(2027, 10, 31), date(2028, 2, 29), date(2027, 1, 31))
"""Days on which the clocks change, which not every year has, or after which a month is shorter."""
NOTE = "I said I would write today. How is the knee? Sam"
HOW = "How are things?"
SOON = 30.0


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=LONDON)


def moments(day: date, days: int) -> list[datetime]:
    """When the clock is looked at: every six hours from two days before, and often in the night."""
    middle = noon(day).astimezone(UTC)
    far = [middle + n * 6 * HOUR for n in range(-8, 4 * days - 7)]
    often = HOUR / 2 if days > 7 else HOUR
    near = [middle + n * often for n in range(-26, 5)]
    return sorted({*far, *near})


def set_wrong_and_right(told: Sequence[datetime]) -> list[datetime]:
    """The same moments on a clock that is now and then two hours ahead, or behind, for a minute."""
    steps: list[datetime] = []
    for number, at in enumerate(told):
        steps.append(at)
        if number % 3 == 2:
            wrong = WRONG if number % 2 else -WRONG
            steps += [at + wrong, at + wrong + timedelta(minutes=1), at + timedelta(minutes=1)]
    return steps


async def lived(desk: Desk, day: date, told: Sequence[datetime]) -> Mapping[str, Counter[str]]:
    """Let three people live through these moments, everything done by the clock; what each was told unasked."""
    begins = told[0]
    people = {name: Speaker(desk, now=begins) for name in ("waits", "supported", "half-way")}
    await people["waits"].says(*SHORTEST_REFERRAL)
    await people["half-way"].says(*SHORTEST_REFERRAL[:6])
    supported = people["supported"]
    held = await picked_up(supported)
    await offers(supported, held, noon(day) + DAY)
    await supported.says("1")
    await planned(supported, held, NOTE, noon(day) + HOUR, anyway=True)
    await supported.says("what should i bring")
    before = {name: Counter(await sent(who)) for name, who in people.items()}
    for now in told:
        for tick in TICKS:
            await tick(desk, now=now)
    return {name: Counter(await sent(who)) - before[name] for name, who in people.items()}


async def empty(database: Database) -> None:
    async with database.transaction() as session:
        found = [row[0] for row in await session.run(text(NOT_EMPTY))]
        await session.run(text("SET LOCAL session_replication_role = replica"))
        for name in found:
            await session.run(text(f'DELETE FROM "{name}"'))


@pytest.mark.parametrize("day", DAYS, ids=str)
async def test_each_timer_goes_once_also_on_a_clock_that_is_set_wrong_and_right_again(
    desk: Desk, day: date, kills: int
) -> None:
    if kills < 50 and day != AUTUMN:
        pytest.skip("the short form lives through one of them")
    desk = replace(desk, service=replace(desk.service, how_are_you_days=3))
    days = 28 if kills >= 50 else 4
    told = moments(day, days)
    orderly = await lived(desk, day, told)
    await empty(desk.database)
    jumpy = await lived(desk, day, set_wrong_and_right(told))
    for name in ("supported", "half-way"):
        assert jumpy[name] == orderly[name]
    assert jumpy["waits"][HOW] == orderly["waits"][HOW]
    # pieces keep 20 hours apart and wait for an open question, so one may come after the last of these moments
    assert abs(jumpy["waits"].total() - orderly["waits"].total()) <= 1
    pieces = [said for said in jumpy["waits"].elements() if said not in {HOW, "Did this help?"}]
    assert len(set(pieces)) == len(pieces), "no piece comes twice"
    assert orderly["supported"][NOTE] == 1
    reminders = [said for said in orderly["supported"].elements() if said.startswith("A reminder.")]
    assert len(reminders) == 1, "of their call, at its hour on the wall"
    assert "midday" in reminders[0]
    assert orderly["half-way"].total() == 1
    assert orderly["waits"].total() >= 1


class Ticks:
    """Counts how often something was done by the clock."""

    def __init__(self) -> None:
        self.done = 0
        self._again = asyncio.Event()

    async def __call__(self) -> None:
        self.done += 1
        self._again.set()

    async def again(self) -> None:
        self._again.clear()
        async with asyncio.timeout(SOON):
            await self._again.wait()


async def nobody(_lane: uuid.UUID) -> timedelta | None:
    return None


async def run(database: Database, statement: str, *facts: Any) -> str:
    async with database.statements() as driver:
        done: str = await driver.execute(statement, *facts)
    return done


SET_BACK = "UPDATE pgqueuer_schedules SET next_run = next_run + $1::interval, heartbeat = heartbeat + $1::interval"


async def test_what_is_done_by_the_clock_does_not_rest_for_hours_when_the_database_is_set_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the records a clock set back is the same as all of them moved on."""
    await run(database, "DELETE FROM pgqueuer_schedules")
    monkeypatch.setattr(queue_clock, "EVERY", timedelta(seconds=0.2))
    ticks = Ticks()
    worker = Worker(database, nobody)
    worker.schedule("tick", "* * * * * *", ticks)
    working = asyncio.create_task(worker.run(on_trouble=lambda _trouble: None))
    try:
        await ticks.again()
        assert await run(database, SET_BACK, WRONG) == "UPDATE 1"
        await ticks.again()
        assert await run(database, SET_BACK, -WRONG) == "UPDATE 1"
        before = ticks.done
        await ticks.again()
        assert ticks.done == before + 1, "what was missed is done once, not once for every time"
    finally:
        worker.stop()
        await working


async def test_a_sign_of_life_from_the_future_keeps_nothing_from_other_workers(database: Database) -> None:
    await run(database, "DELETE FROM pgqueuer_schedules")
    plans = {("lost", "* * * * *"): timedelta(seconds=30), ("well", "*/5 * * * *"): timedelta(seconds=90)}
    async with queue.lines_of(database) as pool:
        for (name, cron), due in plans.items():
            await run(database, PLAN, name, cron, due)
        assert await queue_clock.bring_forward(pool, plans) == 0
        await run(database, "UPDATE pgqueuer_schedules SET status = 'picked', heartbeat = now() + $1", WRONG)
        await run(database, "UPDATE pgqueuer_schedules SET heartbeat = now() WHERE entrypoint = 'well'")
        assert await queue_clock.bring_forward(pool, plans) == 1
        assert await pool.fetchval("SELECT count(*) FROM pgqueuer_schedules WHERE heartbeat > now()") == 0
        assert await queue_clock.bring_forward(pool, {}) == 0


PLAN = "INSERT INTO pgqueuer_schedules (entrypoint, expression, next_run) VALUES ($1, $2, now() + $3)"


async def test_sending_does_not_rest_for_hours_when_the_clock_was_set_back(ann: Speaker) -> None:
    """A lane, a message on its way, one to be tried, and a slot: all of them from a clock two hours ahead."""
    ahead = MONDAY + WRONG
    ann.now = ahead
    await ann.says("hello")
    database = ann.desk.database
    await run(database, "UPDATE conversation SET lane_until = $1", ahead + LEASE)
    await run(database, "INSERT INTO rate (key, full_at) VALUES ('all', $1)", ahead)
    await run(database, "UPDATE message SET status = 'queued', next_try_at = $1 WHERE author = 'bot'", ahead)
    assert await outreach.go_back(ann.desk, now=ahead) == 0, "the clock is as it was"
    assert await outreach.go_back(ann.desk, now=MONDAY) == 1
    assert await outreach.go_back(ann.desk, now=MONDAY) == 0, "once is enough"
    async with database.statements() as driver:
        (lane,) = await driver.fetchrow("SELECT lane_until FROM conversation")
        (full,) = await driver.fetchrow("SELECT full_at FROM rate")
        tries = {row[0] for row in await driver.fetch("SELECT next_try_at FROM message WHERE author = 'bot'")}
        assert await driver.fetchval("SELECT count(*) FROM pgqueuer") > 0, "a worker is woken"
    assert (lane, full, tries) == (MONDAY + LEASE, MONDAY, {MONDAY})


async def test_what_is_held_or_on_its_way_keeps_its_time_when_the_clock_was_set_back(ann: Speaker) -> None:
    ann.now = MONDAY + WRONG
    await ann.says("hello")
    database, tomorrow = ann.desk.database, MONDAY + DAY
    held = "UPDATE message SET status = 'queued', problem = 'OverSpending', next_try_at = $1 WHERE author = 'bot'"
    await run(database, held, tomorrow)
    assert await outreach.go_back(ann.desk, now=MONDAY) == 0
    sending = "UPDATE message SET status = 'sending', problem = NULL, next_try_at = $1 WHERE author = 'bot'"
    await run(database, sending, MONDAY + WRONG + LEASE)
    assert await outreach.go_back(ann.desk, now=MONDAY) == 1
    async with database.statements() as driver:
        tries = {row[0] for row in await driver.fetch("SELECT next_try_at FROM message WHERE author = 'bot'")}
    assert tries == {MONDAY + LEASE}, "whoever has it in hand has a whole lease left"
