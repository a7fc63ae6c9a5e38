"""People are told of their wait, and told again when it has changed, in the records and by the clock."""

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot import wait_news
from bot.desk import Desk
from tests.at_the_desk import claims, hands_back, open_referral
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    activities,
    conversations,
    erasure,
    everything,
    messages,
    referrals,
    waiting,
    waits,
)
from waitingroom.activities import Kind
from waitingroom.database import Database
from waitingroom.referrals import Referral
from waitingroom.waiting import Pace
from waitingroom.waits import Wait

pytestmark = pytest.mark.anyio

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
OTHERS = """
INSERT INTO referral (id, reference, person_id, conversation_id, source, status, needs, what_matters, joined_at,
                      picked_up_at, contacted_at, ended_at, version)
VALUES ($1, $2, $3, $4, 'self', $5, '{}', '', $6, $7, $7, $8, 1)
"""


async def others(desk: Desk, *, joined: list[datetime], waited: timedelta | None, left: bool = False) -> None:
    """Others who came at these moments, and spoke with a link worker, left, or wait still."""
    async with desk.database.transaction() as session:
        for at in joined:
            person, talk, referral = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
            await session.driver.execute(
                "INSERT INTO conversation (id, place, owner, language, created_at, heard_at) "
                "VALUES ($1, 'waiting_room', 'bot', 'en', $2, $2)",
                talk,
                at,
            )
            await session.driver.execute(
                "INSERT INTO person (id, about, safe_contact, area, language, created_at, version) "
                "VALUES ($1, '', '', 'BB9', 'en', $2, 1)",
                person,
                at,
            )
            end = at + waited if waited else None
            status = "waiting" if end is None else "withdrawn" if left else "closed"
            spoke = None if left else end
            await session.driver.execute(OTHERS, referral, referral.hex, person, talk, status, at, spoke, end)


def every_day(*, since: datetime, until: datetime, times: int = 1) -> list[datetime]:
    return [since + DAY * number for number in range((until - since).days) for _ in range(times)]


async def steady(desk: Desk, *, now: datetime, wait: timedelta = 4 * WEEK) -> None:
    """One comes a day and is spoken with after `wait`; whoever came since waits still."""
    since = now - 30 * WEEK
    await others(desk, joined=every_day(since=since, until=now - wait), waited=wait)
    await others(desk, joined=every_day(since=now - wait, until=now), waited=None)
    await wait_news.work_out_waits(desk, now=now)


async def steady_still(desk: Desk, *, now: datetime) -> None:
    """Time has passed, and the service goes on as it did."""
    async with desk.database.transaction() as session:
        await session.driver.execute("DELETE FROM referral WHERE what_matters = ''")
    await steady(desk, now=now)


async def open_one(who: Speaker) -> Referral:
    found = await open_referral(who)
    assert found is not None
    return found


async def unasked(who: Speaker) -> list[str]:
    async with who.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=who.turns[0].conversation_id)
        return [messages.said(session, one)["text"] for one in said if one.kind == "started"]


async def news(who: Speaker, now: datetime) -> int:
    await wait_news.work_out_waits(who.desk, now=now)
    return await wait_news.tell_changed(who.desk, now=now)


async def test_with_too_little_known_we_do_not_know_yet(ann: Speaker) -> None:
    await wait_news.work_out_waits(ann.desk, now=ann.now)
    assert "We do not know yet how long it takes" in await ann.says(*SHORTEST_REFERRAL)
    assert "We do not know yet" in await ann.says("how long")


async def test_someone_who_joins_is_told_a_range_that_fits_and_nothing_like_a_place(ann: Speaker) -> None:
    await steady(ann.desk, now=ann.now)
    heard = await ann.says(*SHORTEST_REFERRAL)
    assert "We think it will be" in heard
    async with ann.desk.database.transaction() as session:
        wait = await waits.of_talk(session, conversation_id=ann.turns[0].conversation_id, now=ann.now)
    assert wait.from_weeks is not None
    assert wait.to_weeks is not None
    assert wait.from_weeks <= 4 <= wait.to_weeks <= 8
    heard = await ann.says("how long")
    assert f"{wait.from_weeks} to {wait.to_weeks} weeks" in heard
    assert "People in danger are seen first" in heard
    assert "place" not in heard.casefold()
    assert "number" not in heard.casefold()


async def test_what_someone_has_waited_already_is_taken_off(ann: Speaker) -> None:
    await steady(ann.desk, now=ann.now)
    await ann.says(*SHORTEST_REFERRAL)
    later = ann.now + 2 * WEEK
    await steady_still(ann.desk, now=later)
    async with ann.desk.database.transaction() as session:
        wait = await waits.of_talk(session, conversation_id=ann.turns[0].conversation_id, now=later)
    assert wait.to_weeks is not None
    assert wait.to_weeks <= 4


async def test_waits_of_long_ago_are_told_to_nobody(ann: Speaker) -> None:
    long_ago = ann.now - 40 * WEEK
    await others(ann.desk, joined=every_day(since=long_ago, until=long_ago + 10 * WEEK), waited=WEEK)
    await wait_news.work_out_waits(ann.desk, now=ann.now)
    assert "do not know yet" in await ann.says(*SHORTEST_REFERRAL, "how long")


async def test_what_she_was_told_stands_in_what_is_held_of_her_and_goes_with_it(ann: Speaker) -> None:
    await steady(ann.desk, now=ann.now)
    await ann.says(*SHORTEST_REFERRAL)
    talk = ann.turns[0].conversation_id
    async with ann.desk.database.transaction() as session:
        held = await everything.of_talk(session, conversation_id=talk)
        assert [one.middle_on is not None for one in held.waits] == [True]
        contact = await conversations.way_to_reach(session, conversation_id=talk)
        await erasure.erase(session, conversation_id=talk, contact_id=contact.id, message_id=None, now=ann.now)
        assert await session.driver.fetchval("SELECT count(*) FROM wait_told") == 0
        assert await session.driver.fetchval("SELECT count(*) FROM how_are_you") == 0


async def test_figures_nobody_brought_up_to_date_are_told_to_nobody(ann: Speaker) -> None:
    await steady(ann.desk, now=ann.now)
    await ann.says(*SHORTEST_REFERRAL)
    ann.now += 3 * DAY
    assert "We do not know yet" in await ann.says("how long")


async def test_someone_in_danger_is_not_told_the_wait_of_those_in_turn(ann: Speaker) -> None:
    await steady(ann.desk, now=ann.now)
    await ann.says(*SHORTEST_REFERRAL, "I want to end my life")
    assert "weeks" not in await ann.says("how long")


async def test_when_it_moves_by_more_than_a_week_she_is_told_once_and_not_again_for_two_weeks(
    ann: Speaker,
) -> None:
    await steady(ann.desk, now=ann.now)
    await ann.says(*SHORTEST_REFERRAL)
    await others(ann.desk, joined=every_day(since=ann.now - 4 * WEEK, until=ann.now, times=3), waited=None)
    later = ann.now + 3 * DAY
    assert await news(ann, later) == 0, "she was told three days ago"
    later = (ann.now + 15 * DAY).replace(hour=11)
    assert await news(ann, later) == 1
    (said,) = await unasked(ann)
    assert "Our guess of your wait has changed" in said
    assert "weeks from now" in said
    assert [await news(ann, later + timedelta(hours=hour)) for hour in range(1, 30, 7)] == [0, 0, 0, 0, 0]
    assert len(await unasked(ann)) == 1


async def test_a_wait_that_has_hardly_moved_is_no_news(ann: Speaker) -> None:
    await steady(ann.desk, now=ann.now)
    await ann.says(*SHORTEST_REFERRAL)
    later = (ann.now + 15 * DAY).replace(hour=11)
    await steady_still(ann.desk, now=later)
    assert await wait_news.tell_changed(ann.desk, now=later) == 0
    assert await unasked(ann) == []


async def test_who_was_told_that_we_do_not_know_is_told_once_we_do(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "how long")
    later = (ann.now + 15 * DAY).replace(hour=11)
    await steady(ann.desk, now=later)
    assert await wait_news.tell_changed(ann.desk, now=later) == 1


@pytest.mark.parametrize("why", ["night", "paused", "owned", "gone", "met"])
async def test_nobody_is_told_in_the_night_or_while_paused_or_spoken_with_or_gone(ann: Speaker, why: str) -> None:
    await ann.says(*SHORTEST_REFERRAL, "how long")
    later = (ann.now + 15 * DAY).replace(hour=23 if why == "night" else 11)
    if why == "paused":
        async with ann.desk.database.transaction() as session:
            talk = ann.turns[0].conversation_id
            await waiting.set_pace(session, conversation_id=talk, pace=Pace.PAUSED)
    if why == "owned":
        await claims(ann)
    if why == "gone":
        await ann.says("withdraw", "yes")
    if why == "met":
        await hands_back(ann, await claims(ann))
        await call(ann, at=later - DAY)
    await steady(ann.desk, now=later)
    assert await wait_news.tell_changed(ann.desk, now=later) == 0
    assert await unasked(ann) == []


async def call(who: Speaker, *, at: datetime, attended: bool = True, kind: Kind = Kind.CALL) -> None:
    """A link worker notes a call, as of `at`, and the clock looks."""
    referral = await open_referral(who)
    async with who.desk.database.transaction() as session:
        staff_id = await session.driver.fetchval("SELECT id FROM staff LIMIT 1")
        await activities.log(
            session,
            referral_id=referral.id if referral else uuid.uuid4(),
            staff_id=staff_id,
            kind=kind,
            minutes=10,
            note="",
            attended=attended,
            now=at,
        )
    await wait_news.stop_clocks(who.desk, now=at)


@pytest.mark.parametrize(
    ("kind", "attended", "stops"),
    [(Kind.CALL, True, True), (Kind.CALL, False, False), (Kind.VISIT, True, True), (Kind.TEXT, True, False)],
)
async def test_an_attended_first_contact_stops_the_clock_and_trying_does_not(
    ann: Speaker, kind: Kind, attended: bool, stops: bool
) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    at = ann.now + DAY
    await call(ann, at=at, kind=kind, attended=attended)
    referral = await open_one(ann)
    assert referral.contacted_at == (at if stops else None)


async def test_words_back_to_a_link_worker_stop_the_clock(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    async with ann.desk.database.transaction() as session:
        from bot import relay

        assert claimed.claimed_by is not None
        await relay.write(
            session, ann.desk, handoff=claimed, staff_id=claimed.claimed_by, text="Hello Ann", now=ann.now
        )
    await wait_news.stop_clocks(ann.desk, now=ann.now)
    referral = await open_one(ann)
    assert referral.contacted_at is None
    await ann.says("hello Sam")
    assert await wait_news.stop_clocks(ann.desk, now=ann.now) == 1
    referral = await open_one(ann)
    assert referral.contacted_at is not None
    async with ann.desk.database.transaction() as session:
        wait = await waits.of_talk(session, conversation_id=ann.turns[0].conversation_id, now=ann.now)
    assert wait == Wait(met=True)


async def test_put_back_on_the_list_the_clock_runs_on_from_the_day_she_came(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    await call(ann, at=ann.now)
    referral = await open_one(ann)
    async with ann.desk.database.transaction() as session:
        await referrals.put_back(session, referral_id=referral.id)
    referral = await open_one(ann)
    assert referral.contacted_at is None


async def test_a_contact_noted_just_before_the_end_still_counts(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    referral = await open_one(ann)
    assert claimed.claimed_by is not None
    async with ann.desk.database.transaction() as session:
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=claimed.claimed_by,
            kind=Kind.VISIT,
            minutes=30,
            note="",
            now=ann.now,
        )
        ended = await referrals.close(session, referral_id=referral.id, reason="goals_met", now=ann.now)
    assert ended.contacted_at == ann.now


async def test_finding_who_is_to_be_told_never_walks_the_whole_list(database: Database) -> None:
    async with database.transaction() as session:
        await session.run(text("SET LOCAL enable_seqscan = off"))
        found = await session.run(
            text(
                "EXPLAIN "
                + waits.CHANGED.replace("$2::int", "7")
                .replace("$1", "now()")
                .replace("$3", "now()")
                .replace("$4", "10")
            )
        )
        plan = "\n".join(row[0] for row in found)
    assert plan.count("ix_wait_told_middle") == 3
