"""The directory is searched by need, words, distance, cost, access, language and day; the unchecked sinks."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from waitingroom import feeds, service_search, services
from waitingroom.database import Database, Session
from waitingroom.errors import NotFoundError
from waitingroom.feeds import LeftOut
from waitingroom.service_search import Found
from waitingroom.services import Offered, Price, Status

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TODAY = NOW.date()
CHECKED = date(2026, 5, 1)


def offered(name: str, **told: Any) -> Offered:
    facts = {
        "source_id": name,
        "postcode": "BB9 7AA",
        "latitude": 53.84,
        "longitude": -2.22,
        "assured_on": CHECKED,
    }
    return Offered(**{**facts, "name": name, "needs": ("lonely",), **told})


async def keep(session: Session, offers: Sequence[Offered], *, today: date = TODAY) -> uuid.UUID:
    feed = await feeds.begin(session, address="https://feed.example", now=NOW)
    await services.keep(session, feed_id=feed.id, offered=offers, today=today)
    return feed.id


async def names(database: Database, offers: Sequence[Offered], **asked: Any) -> list[str]:
    return [one.name for one in await found(database, offers, **asked)]


async def found(database: Database, offers: Sequence[Offered], **asked: Any) -> list[Found]:
    async with database.transaction() as session:
        await keep(session, offers)
        return await service_search.search(session, **{"today": TODAY, "near": "BB9", "most": 10, **asked})


async def test_what_fits_the_need_comes_before_what_is_near(database: Database) -> None:
    far = offered("Far but fitting", latitude=53.95, longitude=-2.0)
    near = offered("Near", needs=("money",))
    assert await names(database, [near, far], needs=["lonely"]) == ["Far but fitting", "Near"]


async def test_what_is_near_comes_before_what_was_checked_lately_and_that_before_what_is_free(
    database: Database,
) -> None:
    near_and_older = offered("Near", assured_on=date(2025, 1, 1), price=Price.PAID)
    free_and_older = offered("A bit far, free", latitude=53.90, assured_on=date(2025, 1, 1), price=Price.FREE)
    fresh = offered("A bit far, fresh", latitude=53.90, price=Price.PAID)
    fresh_and_free = offered("A bit far, fresh and free", latitude=53.90, price=Price.FREE)
    assert await names(database, [free_and_older, fresh, fresh_and_free, near_and_older]) == [
        "Near", "A bit far, fresh and free", "A bit far, fresh", "A bit far, free",
    ]  # fmt: skip


async def test_what_nobody_vouches_for_sinks_and_what_is_gone_is_hidden(database: Database) -> None:
    offers = [
        offered("Unchecked", assured_on=None),
        offered("Stale", assured_on=date(2019, 1, 1)),
        offered("Closed for now", status=Status.TEMPORARILY_CLOSED),
        offered("Defunct", status=Status.DEFUNCT),
        offered("Inactive", status=Status.INACTIVE),
        offered("Checked", latitude=53.95),
    ]
    shown = await names(database, offers)
    assert shown[0] == "Checked"
    assert set(shown) == {"Checked", "Unchecked", "Stale", "Closed for now"}


async def test_what_the_last_run_no_longer_told_of_sinks_and_after_half_a_year_is_hidden(
    database: Database,
) -> None:
    async with database.transaction() as session:
        feed_id = await keep(session, [offered("Gone quiet")], today=TODAY - timedelta(days=30))
        await services.keep(session, feed_id=feed_id, offered=[offered("Told of", latitude=53.95)], today=TODAY)
        meanwhile = await service_search.search(session, today=TODAY, near="BB9")
        assert [one.name for one in meanwhile] == ["Gone quiet", "Told of"]
        await feeds.end(session, feed_id=feed_id, now=NOW)
        shown = await service_search.search(session, today=TODAY, near="BB9")
        assert [one.name for one in shown] == ["Told of", "Gone quiet"]
        later = await service_search.search(session, today=TODAY + timedelta(days=160), near="BB9")
        assert [one.name for one in later] == ["Told of"]
        await services.note_seen(session, feed_id=feed_id, source_ids=["Gone quiet"], today=TODAY)
        later = await service_search.search(session, today=TODAY + timedelta(days=160), near="BB9")
        assert len(later) == 2


async def test_every_result_tells_its_price_and_when_it_was_checked(database: Database) -> None:
    (one,) = await found(database, [offered("Knit", price=Price.PAID, pence=250, price_words="a session")])
    assert (one.price, one.pence, one.price_words, one.assured_on) == (Price.PAID, 250, "a session", CHECKED)
    assert one.miles == pytest.approx(0, abs=0.1)


async def test_only_free_only_step_free_only_a_language_only_a_day_only_their_age(database: Database) -> None:
    offers = [
        offered("Free", price=Price.FREE),
        offered("Level", step_free=True),
        offered("Urdu", languages=("Urdu",)),
        offered("Tuesday", days=0b10),
        offered("For children", age_to=11),
    ]
    assert await names(database, offers, free_only=True) == ["Free"]
    assert await names(database, offers, step_free=True) == ["Level"]
    assert await names(database, offers, language="Urdu") == ["Urdu"]
    assert await names(database, offers, day=1) == ["Tuesday"]
    assert "For children" not in await names(database, offers, age=72)
    assert "For children" in await names(database, offers, age=9)


async def test_what_is_out_of_reach_is_not_near_and_what_is_online_is(database: Database) -> None:
    london = offered("London", postcode="SW1A 1AA", latitude=51.5, longitude=-0.13)
    online = offered("Online", virtual=True, postcode="", latitude=None, longitude=None)
    shown = await found(database, [london, online, offered("Here")])
    assert [one.name for one in shown] == ["Here", "Online"]
    assert shown[1].miles is None
    assert await names(database, [london], words="london") == ["London"]


@pytest.mark.parametrize("typed", ["gardening", "gardenning", "GARDNING", "garden", "gardenign club"])
async def test_a_slip_of_the_keys_is_forgiven(database: Database, typed: str) -> None:
    offers = [offered("Community gardening"), offered("Chess"), offered("Choir")]
    assert (await names(database, offers, words=typed))[0] == "Community gardening"


async def test_words_that_nothing_says_find_nothing(database: Database) -> None:
    assert await names(database, [offered("Chess")], words="trampoline") == []
    assert await names(database, [offered("Chess")], words="the and with") == []
    assert await names(database, [offered("Chess")], words="' OR 1=1 --") == []


async def test_what_says_more_of_the_words_comes_first(database: Database) -> None:
    offers = [offered("Walking"), offered("Chess club"), offered("Walking club", latitude=53.9)]
    assert (await names(database, offers, words="walking club"))[0] == "Walking club"


async def test_more_goes_on_where_the_last_three_ended(database: Database) -> None:
    offers = [offered(f"Number {number}") for number in range(7)]
    first = await names(database, offers, most=3)
    second = await names(database, offers, most=3, skip=3)
    third = await names(database, offers, most=3, skip=6)
    assert sorted([*first, *second, *third]) == [f"Number {number}" for number in range(7)]


async def test_where_the_table_has_no_place_the_directorys_own_services_say_where_it_is(
    database: Database,
) -> None:
    belfast = offered("Belfast", postcode="BT1 1AA", latitude=54.6, longitude=-5.93)
    lisburn = offered("Lisburn", postcode="BT28 1AA", latitude=54.51, longitude=-6.05)
    shown = await found(database, [lisburn, belfast], near="BT1")
    assert [one.name for one in shown] == ["Belfast", "Lisburn"]
    assert shown[1].miles == pytest.approx(8, abs=1)
    assert {one.miles for one in await found(database, [belfast], near="BT99")} == {None}


async def test_a_service_told_of_again_is_the_same_one_as_it_is_now(database: Database) -> None:
    async with database.transaction() as session:
        await keep(session, [offered("Old name", source_id="7")])
        (before,) = await service_search.search(session, today=TODAY, near="BB9")
        await keep(session, [offered("New name", source_id="7")])
        (after,) = await service_search.search(session, today=TODAY, near="BB9")
        assert (after.id, after.name) == (before.id, "New name")
        assert (await services.find(session, service_id=after.id)).name == "New name"
        with pytest.raises(NotFoundError):
            await services.find(session, service_id=uuid.uuid4())


async def test_a_run_that_was_cut_off_goes_on_and_one_that_ended_begins_again(database: Database) -> None:
    async with database.transaction() as session:
        feed = await feeds.begin(session, address="https://feed.example", now=NOW)
        left_out = [LeftOut("7", "It has no name.")]
        note = {"feed_id": feed.id, "pages": 3, "taken": 5, "now": NOW}
        await feeds.note_page(session, page=1, left_out=left_out, **note)
        again = await feeds.begin(session, address="https://feed.example", now=NOW + timedelta(hours=1))
        assert (again.id, again.page, again.taken, again.left_out) == (feed.id, 1, 5, 1)
        assert [one.record_id for one in await feeds.problems(session, feed_id=feed.id)] == ["7"]
        await feeds.end(session, feed_id=feed.id, now=NOW)
        anew = await feeds.begin(session, address="https://feed.example", now=NOW + timedelta(days=1))
        assert (anew.page, anew.taken, anew.left_out) == (0, 0, 0)
        assert await feeds.problems(session, feed_id=feed.id) == []
        assert [one.address for one in await feeds.every(session)] == ["https://feed.example"]
