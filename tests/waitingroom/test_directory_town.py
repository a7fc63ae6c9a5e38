"""A made-up town is plausible, invented, and always the same."""

import time
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from bot.nearby import place_line
from bot.words import words_in
from content import load
from content.segments import plainly, segments
from waitingroom import feeds, service_search, services, town_services
from waitingroom.database import Database
from waitingroom.places import miles_between, place_of
from waitingroom.services import Offered, Price

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


def town(seed: int = 4, around: str = "BB9") -> list[Offered]:
    return list(town_services.town(around=around, seed=seed, count=1200, today=TODAY))


def test_the_same_seed_is_the_same_town_and_another_is_another() -> None:
    assert town() == town()
    assert town() != town(seed=5)


def test_it_is_around_where_it_should_be_and_nobody_is_ever_called() -> None:
    middle = place_of("BB9")
    assert middle is not None
    for one in town():
        assert one.phone.startswith("01632 960")
        assert ".example/" in one.web
        place = place_of(one.postcode)
        if place is not None:
            assert miles_between(middle, place) < town_services.REACH
    assert len(town(around="BT1")) == 1200


def test_every_need_but_the_discreet_one_and_something_else_has_services() -> None:
    needs = Counter(need for one in town() for need in one.needs)
    known = load().needs
    assert set(needs) == {key for key, need in known.items() if not need.discreet and key != "other"}
    assert min(needs.values()) >= 30
    assert {one.price for one in town()} == set(Price)


@pytest.mark.anyio
async def test_it_settles_within_a_second_and_every_line_fits_a_text(database: Database) -> None:
    began = time.perf_counter()
    async with database.transaction() as session:
        assert await town_services.settle(session, around="BB9", seed=4, count=1200, now=NOW) == 1200
        assert time.perf_counter() - began < 5
        found = await service_search.search(session, today=TODAY, near="BB9", most=1200)
        assert len(found) > 1000
        assert max(segments(plainly(place_line(one, words_in("en")))) for one in found) <= 2
        (feed,) = await feeds.every(session)
        assert (feed.address, feed.ended_at) == (town_services.ADDRESS, NOW)
        await services.keep(session, feed_id=feed.id, offered=(), today=TODAY)
