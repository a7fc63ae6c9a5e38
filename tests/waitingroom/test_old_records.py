"""What has been kept long enough goes, by its class and no sooner; what is still needed stays."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import tidying
from tests.at_the_desk import close_referral
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    complaints,
    data_requests,
    idempotency,
    introductions,
    legal_holds,
    retention,
    staff,
    staff_sessions,
    stories,
)
from waitingroom.complaints import Outcome
from waitingroom.data_requests import Kind
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.idempotency import Once, Reply
from waitingroom.record_classes import RULES, KeptFor, RecordClass, case_ends, years_after

pytestmark = pytest.mark.anyio

KEEPS = KeptFor()
DAY = timedelta(days=1)


def at(year: int, month: int = 1, day: int = 1) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def test_a_grown_ups_case_is_kept_eight_years() -> None:
    assert case_ends(age=40, told_at=at(2026), last_at=at(2027, 3, 1), keeps=KEEPS) == (
        RecordClass.ADULT_CASE,
        at(2035, 3, 1),
    )


def test_a_childs_case_is_kept_until_they_are_25_whatever_day_they_were_born() -> None:
    kind, ends_at = case_ends(age=14, told_at=at(2026), last_at=at(2026, 6, 1), keeps=KEEPS)
    assert (kind, ends_at) == (RecordClass.YOUNG_CASE, at(2037))


@pytest.mark.parametrize("age", [16, 17])
def test_who_may_have_been_17_at_the_end_is_kept_until_26(age: int) -> None:
    kind, ends_at = case_ends(age=age, told_at=at(2026), last_at=at(2026, 6, 1), keeps=KEEPS)
    assert (kind, ends_at) == (RecordClass.YOUNG_CASE, years_after(at(2026), 26 - age))


def test_who_was_a_child_when_they_told_us_and_grown_up_at_the_end_is_kept_as_a_grown_up() -> None:
    kind, ends_at = case_ends(age=17, told_at=at(2026), last_at=at(2027, 1, 1), keeps=KEEPS)
    assert (kind, ends_at) == (RecordClass.ADULT_CASE, at(2035))


def test_no_childs_case_goes_sooner_than_a_grown_ups() -> None:
    longer = replace(KEEPS, adult_years=20)
    assert case_ends(age=14, told_at=at(2026), last_at=at(2026), keeps=longer)[1] == at(2046)


def test_a_leap_day_has_its_years_too() -> None:
    assert years_after(datetime(2028, 2, 29, tzinfo=UTC), 8) == datetime(2036, 2, 29, tzinfo=UTC)
    assert years_after(datetime(2028, 2, 29, tzinfo=UTC), 1) == datetime(2029, 3, 1, tzinfo=UTC)


def test_every_class_has_its_rule_and_says_where_it_comes_from() -> None:
    assert set(RULES) == set(RecordClass)
    assert all(rule.source and rule.kept(KEEPS) for rule in RULES.values())


async def is_there(who: Speaker) -> bool:
    async with who.desk.database.transaction() as session:
        try:
            return (
                await stories.of_talk(session, conversation_id=who.turns[-1].conversation_id)
            ).person is not None
        except NotFoundError:
            return False


async def due(who: Speaker, now: datetime) -> dict[RecordClass, list[str]]:
    async with who.desk.database.transaction() as session:
        return {kind: ids for kind, ids in (await retention.due(session, keeps=KEEPS, now=now)).items() if ids}


async def person_id(session: Session, who: Speaker) -> uuid.UUID:
    story = await stories.of_talk(session, conversation_id=who.turns[-1].conversation_id)
    assert story.person is not None
    return story.person.id


async def worked_with(ann: Speaker) -> datetime:
    """Ann was taken on, and it ended well; returns when her record has been kept long enough."""
    await ann.says(*SHORTEST_REFERRAL)
    await close_referral(ann)
    return years_after(ann.now, 8) + DAY


async def test_a_case_goes_after_eight_years_and_not_a_day_before(ann: Speaker) -> None:
    over = await worked_with(ann)
    assert await due(ann, over - 2 * DAY) == {}
    await tidying.clear(ann.desk, now=over - 2 * DAY)
    assert await is_there(ann)
    async with ann.desk.database.transaction() as session:
        known = str(await person_id(session, ann))
    assert await due(ann, over) == {RecordClass.ADULT_CASE: [known]}
    assert await is_there(ann), "saying what is due deletes nothing"
    assert (await tidying.clear(ann.desk, now=over))[RecordClass.ADULT_CASE] == 1
    assert not await is_there(ann)
    assert await tidying.clear_old_records(ann.desk, now=over) == 0


async def test_whoever_nobody_took_on_goes_after_a_year(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "withdraw", "yes")
    await close_hand(ann)
    assert await due(ann, ann.now + 364 * DAY) == {}
    assert list(await due(ann, ann.now + 366 * DAY)) == [RecordClass.NEVER_TAKEN_ON]
    await tidying.clear(ann.desk, now=ann.now + 366 * DAY)
    assert not await is_there(ann)


async def close_hand(who: Speaker) -> None:
    """Whatever was raised for them is over; nobody took them on."""
    async with who.desk.database.transaction() as session:
        await session.driver.execute("UPDATE handoff SET status = 'closed', ended_at = $1", who.now)


async def test_whoever_waits_is_kept_however_long_it_takes(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    assert await due(ann, ann.now + timedelta(days=40 * 365)) == {}


async def test_whoever_wrote_again_is_kept_from_then_on(ann: Speaker) -> None:
    over = await worked_with(ann)
    ann.now += 60 * DAY
    await ann.says("hello")
    assert await due(ann, over) == {}


async def test_a_complaint_is_kept_ten_years_and_the_case_with_it(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "PRIVACY", "COMPLAINT", "Nobody wrote to me")
    over = await worked_with_again(ann)
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=ann.now)
        (made,) = await complaints.queue(session)
        await complaints.move(
            session,
            complaint_id=made.id,
            staff_id=sam.id,
            version=made.version,
            to=complaints.Status.CLOSED,
            outcome=Outcome.TAKEN_BACK,
            now=ann.now,
        )
    assert await due(ann, over) == {}
    assert RecordClass.ADULT_CASE in await due(ann, years_after(ann.now, 10) + DAY)
    await tidying.clear(ann.desk, now=years_after(ann.now, 10) + DAY)
    async with ann.desk.database.transaction() as session:
        assert await complaints.queue(session, closed=True) == []


async def worked_with_again(ann: Speaker) -> datetime:
    await close_referral(ann)
    return years_after(ann.now, 8) + DAY


async def test_an_open_request_keeps_a_record_and_a_met_one_is_kept_three_years(ann: Speaker) -> None:
    over = await worked_with(ann)
    async with ann.desk.database.transaction() as session:
        talk = ann.turns[-1].conversation_id
        await data_requests.ask(
            session, conversation_id=talk, kind=Kind.ACCESS, words="", today=over.date(), now=over
        )
        await data_requests.note_erased(session, kind=Kind.ERASURE, rows=3, today=ann.now.date(), now=ann.now)
    found = await due(ann, over)
    assert set(found) == {RecordClass.DATA_REQUEST}
    await tidying.clear(ann.desk, now=over)
    assert await is_there(ann)
    async with ann.desk.database.transaction() as session:
        assert await data_requests.queue(session, ended=True) == []
        assert len(await data_requests.queue(session)) == 1


async def test_a_case_on_legal_hold_stays_until_the_hold_is_lifted(ann: Speaker) -> None:
    over = await worked_with(ann)
    async with ann.desk.database.transaction() as session:
        lead = await staff.welcome(session, name="Lee", now=ann.now)
        hold = await legal_holds.place(
            session, person_id=await person_id(session, ann), reason="A claim", staff_id=lead.id, now=ann.now
        )
    assert await due(ann, over) == {}
    await tidying.clear(ann.desk, now=over)
    assert await is_there(ann)
    async with ann.desk.database.transaction() as session:
        await legal_holds.lift(session, hold_id=hold.id, version=1, staff_id=lead.id, now=over)
    assert list(await due(ann, over)) == [RecordClass.ADULT_CASE]
    await tidying.clear(ann.desk, now=over)
    assert not await is_there(ann)


async def test_two_on_one_phone_go_together_or_not_at_all(ann: Speaker) -> None:
    over = await worked_with(ann)
    ann.now += 30 * DAY
    await ann.says("hello", "me", "45", "yes", "Bob", "BB9 7AA", "4", "My rent", "here", "any", "yes")
    await close_referral(ann)
    assert await due(ann, over) == {}
    found = await due(ann, years_after(ann.now, 8) + DAY)
    assert len(found[RecordClass.ADULT_CASE]) == 2
    gone = await tidying.clear(ann.desk, now=years_after(ann.now, 8) + DAY)
    assert gone[RecordClass.ADULT_CASE] in {1, 2}
    assert await due(ann, years_after(ann.now, 9)) == {}


async def test_staff_sessions_replies_and_papers_go_by_their_own_clocks(ann: Speaker) -> None:
    now = ann.now
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=now)
        await staff_sessions.begin(session, staff_id=sam.id, browser="a test", now=now)
        once = Once(sam.id, "a key", b"asked")
        await idempotency.begin(session, once, now=now)
        await idempotency.keep(session, once, Reply(200, None, "{}"))
    assert await due(ann, now + timedelta(hours=23)) == {}
    assert set(await due(ann, now + 2 * DAY)) == {RecordClass.REPLY}
    assert set(await due(ann, now + 91 * DAY)) == {RecordClass.REPLY, RecordClass.STAFF_SESSION}
    await tidying.clear(ann.desk, now=now + 91 * DAY)
    assert await due(ann, now + 91 * DAY) == {}


async def test_what_a_provider_knows_a_message_by_is_forgotten_and_the_message_stays(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    async with ann.desk.database.transaction() as session:
        many = await session.driver.fetchval("SELECT count(*) FROM message")
        await session.driver.execute("UPDATE message SET provider_id = 'sms:SM' || id")
    assert await due(ann, ann.now + 89 * DAY) == {}
    later = ann.now + 91 * DAY
    assert len((await due(ann, later))[RecordClass.SENDING]) == many
    await tidying.clear(ann.desk, now=later)
    async with ann.desk.database.transaction() as session:
        assert await session.driver.fetchval("SELECT count(*) FROM message WHERE provider_id IS NULL") == many


async def test_a_service_can_keep_things_longer_or_shorter(ann: Speaker) -> None:
    over = await worked_with(ann)
    shorter = Speaker(
        replace(ann.desk, service=replace(ann.desk.service, keeps=replace(KEEPS, adult_years=2))), now=ann.now
    )
    await tidying.clear(shorter.desk, now=over - timedelta(days=7 * 365))
    assert await is_there(ann)
    await tidying.clear(shorter.desk, now=over - timedelta(days=5 * 365))
    assert not await is_there(ann)


async def test_a_number_that_said_stop_is_spared_also_after_its_record_has_gone(ann: Speaker) -> None:
    text = Speaker(ann.desk, now=ann.now, channel="web")
    over = await worked_with(text)
    async with ann.desk.database.transaction() as session:
        await session.driver.execute("UPDATE contact SET state = 'stopped', channel = 'sms'")
        number = introductions.number_hash(session, text.address)
    await tidying.clear(ann.desk, now=over)
    async with ann.desk.database.transaction() as session:
        assert await session.driver.fetchval(
            "SELECT ends_at IS NULL FROM do_not_ask WHERE number_hash = $1", number
        )
