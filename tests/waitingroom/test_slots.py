"""Slots: all processes together never send faster than a limit allows, and none holds a slot for long."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.telegram.channel import Telegram
from waitingroom.database import Database
from waitingroom.rates import Limit
from waitingroom.slots import BLOCK, Slots

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
FREE = timedelta(0)


def most_in_a_second(went: list[datetime]) -> int:
    return max(sum(at <= other < at + timedelta(seconds=1) for other in went) for at in went)


@pytest.mark.parametrize("seed", range(3))
async def test_three_processes_on_telegram_never_send_more_than_it_takes_in_any_second(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)
    limits = Telegram("5:token", "http://127.0.0.1:9").limits
    processes = [Slots(database) for _ in range(3)]
    went: list[datetime] = []
    now = MONDAY
    while now < MONDAY + timedelta(seconds=4):
        if await chance.choice(processes).take_each(limits, now=now) == FREE:
            went.append(now)
        now += timedelta(milliseconds=chance.choice((1, 1, 2, 20)))
    assert most_in_a_second(went) <= 30
    assert len(went) >= 4 * 20


async def test_a_block_that_is_not_used_is_lost_and_never_saved_up(database: Database) -> None:
    limit = Limit("x", per_second=20, burst=2)
    slots = Slots(database)
    assert await slots.take_each([limit], now=MONDAY) == FREE
    later = MONDAY + BLOCK
    taken = [await slots.take_each([limit], now=later) for _ in range(3)]
    assert taken[:2] == [FREE, FREE]
    assert taken[2] > FREE


async def test_a_slot_that_is_given_back_is_anothers(database: Database) -> None:
    limit = Limit("x", per_second=0.1)
    slots = Slots(database)
    assert await slots.take_each([limit], now=MONDAY) == FREE
    assert await slots.take_each([limit], now=MONDAY) == timedelta(seconds=10)
    slots.give_back([limit])
    assert await slots.take_each([limit], now=MONDAY) == FREE


async def test_where_one_limit_is_full_no_slot_of_the_others_is_used(database: Database) -> None:
    wide, narrow = Limit("wide", per_second=0.1), Limit("narrow", per_second=0.1)
    slots = Slots(database)
    assert await slots.take_each([narrow], now=MONDAY) == FREE
    assert await slots.take_each([wide, narrow], now=MONDAY) > FREE
    assert await slots.take_each([wide], now=MONDAY) == FREE


async def test_a_limit_for_each_contact_is_not_shared(database: Database) -> None:
    slots = Slots(database)
    for _ in range(3):
        assert await slots.take_each([Limit("chat:", per_second=0.1)], now=MONDAY) == FREE
