"""Pace: how fast messages leave for Telegram, in simulated time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.channel import TryLaterError
from bot.channels.telegram.line import FloodedError
from bot.channels.telegram.pace import BURST, CROWD, OVERALL, SLACK, Pace

pytestmark = pytest.mark.anyio


class Time:
    """Seconds that pass when they are told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pace(time: Time) -> Pace:
    return Pace(time)


async def send(
    pace: Pace, chat: int, answer: Callable[[], Any] = lambda: "sent", endpoint: str = "sendMessage"
) -> Any:
    async def call() -> Any:
        return answer()

    return await pace.process_request(call, (), {}, endpoint, {"chat_id": chat}, None)


def flooded(seconds: float) -> Callable[[], Any]:
    def refuse() -> Any:
        raise FloodedError(timedelta(seconds=seconds))

    return refuse


def test_one_person_gets_one_message_a_second(time: Time, pace: Pace) -> None:
    sent = 0
    for _ in range(1001):
        sent += pace.wait("ann") == 0
        time.now += 0.01
    assert 10 <= sent <= 11


def test_all_people_together_get_25_a_second(time: Time, pace: Pace) -> None:
    sent, chat = 0, 0
    for _ in range(1001):
        while pace.wait(str(chat)) == 0:
            sent, chat = sent + 1, chat + 1
        time.now += 0.01
    assert 10 * OVERALL <= sent <= 10 * OVERALL + BURST + SLACK * OVERALL + 1


def test_someone_told_to_wait_may_be_written_to_after_just_that_long(time: Time, pace: Pace) -> None:
    assert pace.wait("ann") == 0
    left = pace.wait("ann")
    time.now += left - 0.001
    assert pace.wait("ann") > 0
    time.now += 0.002
    assert pace.wait("ann") == 0


def test_being_turned_away_costs_nobody_a_slot(time: Time, pace: Pace) -> None:
    assert pace.wait("ann") == 0
    for _ in range(500):
        assert pace.wait("ann") > 0
    assert all(pace.wait(f"other {number}") == 0 for number in range(BURST - 1))


async def test_a_flooded_chat_waits_alone_while_all_others_go_on(time: Time, pace: Pace) -> None:
    with pytest.raises(FloodedError):
        await send(pace, 7, flooded(30))
    time.now += 10
    with pytest.raises(TryLaterError) as told:
        await send(pace, 7)
    assert told.value.after == timedelta(seconds=20)
    assert await send(pace, 8) == "sent"
    time.now += 20.01
    assert await send(pace, 7) == "sent"


async def test_what_puts_nothing_into_a_chat_is_not_held_back(pace: Pace) -> None:
    for _ in range(100):
        assert await send(pace, 7, endpoint="leaveChat") == "sent"
    assert await send(pace, 7) == "sent"


def test_chats_of_long_ago_are_forgotten(time: Time, pace: Pace) -> None:
    for number in range(CROWD + 50):
        pace.wait(str(number))
        time.now += 0.05
    assert len(pace._chats) <= CROWD + 1
