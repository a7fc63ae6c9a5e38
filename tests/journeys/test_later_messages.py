"""Messages for later: they go once, at their hour, to whoever is still their writer's, and else to nobody."""

import asyncio
from datetime import timedelta

import pytest

from bot import later as sending
from bot.later import UnsafeHourError
from tests.at_the_desk import claims, hands_back, reasons_of
from tests.meeting import at, clock, picked_up, planned, sent
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import later, to_dos
from waitingroom.errors import IllegalMoveError
from waitingroom.handoffs import Reason
from waitingroom.later import LaterMessage, NotLaterError, Status

pytestmark = pytest.mark.anyio

WORDS = "Hello Ann, how did it go? Sam"
THURSDAY = at("2026-11-26", "10:00")


async def now_of(who: Speaker, made: LaterMessage) -> LaterMessage:
    async with who.desk.database.transaction() as session:
        return await later.hold(session, later_id=made.id)


async def test_a_message_for_later_goes_at_its_hour_once_whatever_is_restarted(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await planned(ann, held, WORDS, THURSDAY)
    assert await clock(ann, THURSDAY - timedelta(seconds=1)) == []
    await asyncio.gather(*(sending.send_later(ann.desk, now=THURSDAY) for _worker in range(4)))
    assert (await sent(ann)).count(WORDS) == 1
    assert await clock(ann, THURSDAY + timedelta(days=1)) == []
    kept = await now_of(ann, made)
    assert kept.status is Status.SENT
    assert kept.message_id is not None


async def test_what_it_says_is_sealed_until_it_goes(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await planned(ann, held, WORDS, THURSDAY)
    assert WORDS.encode() not in made.words
    assert WORDS not in await sent(ann)


async def test_it_does_not_go_once_the_talk_is_no_longer_its_writers_and_the_writer_is_told(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await planned(ann, held, WORDS, THURSDAY)
    assert held.claimed_by is not None
    await hands_back(ann, held)
    assert await clock(ann, THURSDAY) == []
    assert (await now_of(ann, made)).status is Status.NOT_SENT
    async with ann.desk.database.transaction() as session:
        (told,) = await to_dos.mine(session, staff_id=held.claimed_by, today=THURSDAY.date(), limit=9)
    assert told.words == sending.NOT_SENT


async def test_it_does_not_go_after_stop_nor_after_another_picked_them_up(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await planned(ann, held, WORDS, THURSDAY)
    await ann.says("STOP")
    assert await clock(ann, THURSDAY) == []
    assert (await now_of(ann, made)).status is Status.NOT_SENT
    await ann.says("START")
    other = await planned(ann, held, "Again", THURSDAY + timedelta(days=1))
    await hands_back(ann, held)
    await ann.says("person")
    await claims(ann, "Priya")
    await clock(ann, THURSDAY + timedelta(days=1))
    assert (await now_of(ann, other)).status is Status.NOT_SENT
    assert "Again" not in await sent(ann)


async def test_where_its_writer_has_left_whoever_looks_at_the_queue_is_told(ann: Speaker) -> None:
    held = await picked_up(ann)
    await planned(ann, held, WORDS, THURSDAY)
    await hands_back(ann, held)
    async with ann.desk.database.transaction() as session:
        await session.driver.execute("UPDATE staff SET ended_at = $1", ann.now)
    await clock(ann, THURSDAY)
    assert Reason.NOT_SENT in await reasons_of(ann)


async def test_an_hour_that_is_not_safe_is_refused_and_the_next_is_named(ann: Speaker) -> None:
    told = list(SHORTEST_REFERRAL)
    told[told.index("any") : told.index("any") + 1] = ["4", "after 4pm"]
    await ann.says(*told)
    held = await claims(ann)
    with pytest.raises(UnsafeHourError, match="The next is Thu 26 Nov, 4pm"):
        await planned(ann, held, WORDS, THURSDAY)
    with pytest.raises(UnsafeHourError, match="The next is Fri 27 Nov, 4pm"):
        await planned(ann, held, WORDS, at("2026-11-26", "20:30"))
    await planned(ann, held, WORDS, THURSDAY, anyway=True)
    assert await clock(ann, THURSDAY) == [WORDS]


async def test_what_was_late_because_nothing_ran_waits_for_a_safe_hour(ann: Speaker) -> None:
    held = await picked_up(ann)
    await planned(ann, held, WORDS, THURSDAY)
    assert await clock(ann, at("2026-11-26", "21:00")) == []
    assert await clock(ann, at("2026-11-27", "07:59")) == []
    assert await clock(ann, at("2026-11-27", "08:00")) == [WORDS]


async def test_only_a_time_ahead_and_within_sixty_days_is_taken(ann: Speaker) -> None:
    held = await picked_up(ann)
    for when in (ann.now, ann.now - timedelta(days=1), ann.now + timedelta(days=60, minutes=1)):
        with pytest.raises(NotLaterError):
            await planned(ann, held, WORDS, when)


async def test_one_that_was_cancelled_or_has_gone_is_changed_no_more(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await planned(ann, held, WORDS, THURSDAY)
    async with ann.desk.database.transaction() as session:
        kept = await later.hold(session, later_id=made.id)
        await later.settle(session, kept, to=Status.CANCELLED, now=ann.now)
    assert await clock(ann, THURSDAY) == []
    async with ann.desk.database.transaction() as session:
        kept = await later.hold(session, later_id=made.id)
        with pytest.raises(IllegalMoveError):
            await sending.change(
                session,
                ann.desk,
                kept,
                words="x",
                send_at=THURSDAY + timedelta(days=1),
                anyway=True,
                now=ann.now,
            )


@pytest.mark.parametrize("day", ["2027-03-28", "2026-10-25"])
async def test_on_the_day_the_clocks_change_it_goes_at_the_hour_on_the_wall(ann: Speaker, day: str) -> None:
    ann.now = at(day, "10:00") - timedelta(days=5)
    held = await picked_up(ann)
    await planned(ann, held, WORDS, at(day, "10:00"))
    assert await clock(ann, at(day, "09:59")) == []
    assert await clock(ann, at(day, "10:00")) == [WORDS]
