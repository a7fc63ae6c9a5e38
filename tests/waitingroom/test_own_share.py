"""Own share: one person, or a machine, cannot use up what everyone's texts may cost in a day."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from tests.conftest import MONDAY
from waitingroom import erasure, own_share
from waitingroom.database import Database
from waitingroom.messages import Kind
from waitingroom.own_share import Cost
from waitingroom.rates import Rate

pytestmark = pytest.mark.anyio
ANN, MO = uuid.uuid4(), uuid.uuid4()


async def take(
    records: Database,
    segments: int = 1,
    *,
    who: uuid.UUID = ANN,
    kind: Kind = Kind.ANSWER,
    most: int | None = 500,
    now: datetime = MONDAY,
) -> bool:
    async with records.transaction() as session:
        return await own_share.take(session, Cost("sms", who, segments, kind, most), now=now)


async def test_one_person_gets_a_fifth_of_the_days_most_and_others_still_get_theirs(database: Database) -> None:
    assert [await take(database, 10) for _ in range(11)] == [True] * 10 + [False]
    assert not await take(database, kind=Kind.STARTED)
    assert await take(database, 10, who=MO)


async def test_someone_in_danger_and_a_link_workers_words_are_never_held(database: Database) -> None:
    for _ in range(10):
        assert await take(database, 10)
    assert await take(database, 20, kind=Kind.CRISIS)
    assert await take(database, 20, kind=Kind.STAFF)
    assert not await take(database, now=MONDAY + timedelta(minutes=14))
    assert await take(database, now=MONDAY + timedelta(minutes=15))  # danger made nobody wait longer for the rest


async def test_what_was_used_up_comes_back_over_a_day(database: Database) -> None:
    assert [await take(database, 10) for _ in range(11)].count(True) == 10
    half = MONDAY + timedelta(hours=12)
    assert [await take(database, 10, now=half) for _ in range(6)] == [True] * 5 + [False]
    assert [await take(database, 10, now=half + timedelta(days=1)) for _ in range(11)].count(True) == 10


async def test_the_longest_text_goes_however_small_the_days_most_is(database: Database) -> None:
    assert await take(database, 24, most=30)
    assert not await take(database, 24, most=30)


async def test_what_was_not_sent_is_given_back(database: Database) -> None:
    for _ in range(10):
        assert await take(database, 10)
    async with database.transaction() as session:
        await own_share.give_back(session, Cost("sms", ANN, 10, Kind.ANSWER, 500))
    assert await take(database, 10)


async def test_where_there_is_no_most_nothing_is_counted(database: Database) -> None:
    assert all([await take(database, 100, most=None) for _ in range(10)])
    assert all([await take(database, 0) for _ in range(1000)])
    async with database.transaction() as session:
        assert (await session.exec(select(col(Rate.key)))).all() == []


async def test_what_is_counted_of_somebody_goes_when_they_are_deleted(database: Database) -> None:
    await take(database, 10)
    async with database.transaction() as session:
        await session.driver.execute(erasure.TRIES, str(ANN))
        assert (await session.exec(select(col(Rate.key)))).all() == []


async def test_a_day_is_24_hours_whenever_it_begins(database: Database) -> None:
    night = datetime(2026, 10, 24, 23, 50, tzinfo=UTC)
    assert [await take(database, 10, now=night) for _ in range(11)].count(True) == 10
    assert not await take(database, 10, now=night + timedelta(minutes=20))
