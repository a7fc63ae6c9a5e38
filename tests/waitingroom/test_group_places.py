"""Groups: places go to one person at a time, a free one to the next, and the way in to nobody else."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    agreements,
    attending,
    consents,
    conversations,
    erasure,
    groups,
    joining,
    kept_places,
    meetings,
    memberships,
    moves,
    pairs,
    people,
    staff,
    withdrawing,
)
from waitingroom.consents import Purpose, Recipient
from waitingroom.database import Database
from waitingroom.errors import IllegalMoveError, StaleError
from waitingroom.groups import GroupPausedError, NotAWayInError, Way
from waitingroom.joining import Which
from waitingroom.meetings import What
from waitingroom.memberships import AlreadyInGroupError, Asked, PlaceGoneError, Status
from waitingroom.people import More

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEY = "tuesday_tea"
LINK = "https://meet.example.org/tea-4471"


async def someone(database: Database, at: datetime = MONDAY) -> uuid.UUID:
    """A talk of somebody; returns its id."""
    talk = uuid.uuid4()
    async with database.transaction() as session:
        await conversations.open_without_channel(session, conversation_id=talk, now=at)
    return talk


async def asks(
    database: Database, talk: uuid.UUID, *, places: int = 1, now: datetime = MONDAY, key: str = KEY
) -> Asked:
    async with database.transaction() as session:
        return await memberships.ask(
            session, conversation_id=talk, group_key=key, places=places, reminders=True, now=now
        )


async def status(database: Database, talk: uuid.UUID) -> Status:
    async with database.transaction() as session:
        (one,) = await memberships.of_talk(session, conversation_id=talk)
        return one.status


async def offers(database: Database, *, places: int = 1, now: datetime = MONDAY) -> int:
    async with database.transaction() as session:
        return await kept_places.offer_free(session, key=KEY, places=places, now=now)


async def leaves(database: Database, talk: uuid.UUID, now: datetime = MONDAY) -> bool:
    async with database.transaction() as session:
        return await memberships.leave(session, conversation_id=talk, group_key=KEY, now=now)


async def test_who_comes_first_has_the_place_and_the_next_waits_for_it(database: Database) -> None:
    ann, bea = await someone(database), await someone(database)
    assert await asks(database, ann) == Asked(status=Status.MEMBER)
    assert await asks(database, bea) == Asked(status=Status.LISTED, ahead=0)
    assert await asks(database, await someone(database)) == Asked(status=Status.LISTED, ahead=1)


async def test_of_many_who_ask_for_one_place_at_once_one_has_it(database: Database) -> None:
    talks = [await someone(database) for _ in range(6)]
    found = await asyncio.gather(*(asks(database, talk, places=2) for talk in talks))
    assert sorted(one.status for one in found) == [Status.LISTED] * 4 + [Status.MEMBER] * 2
    assert sorted(one.ahead for one in found if one.status is Status.LISTED) == [0, 1, 2, 3]


async def test_nobody_asks_twice(database: Database) -> None:
    ann = await someone(database)
    await asks(database, ann, places=5)
    with pytest.raises(AlreadyInGroupError):
        await asks(database, ann, places=5)


async def test_a_free_place_goes_to_whoever_waited_longest_and_not_to_a_newcomer(database: Database) -> None:
    ann, bea, cat = [await someone(database) for _ in range(3)]
    await asks(database, ann)
    await asks(database, bea, now=MONDAY + timedelta(minutes=1))
    assert await leaves(database, ann)
    assert (await asks(database, cat, now=MONDAY + timedelta(minutes=2))).status is Status.LISTED
    assert await offers(database) == 1
    assert await status(database, bea) is Status.OFFERED
    assert await offers(database) == 0
    assert await status(database, cat) is Status.LISTED
    async with database.transaction() as session:
        assert await memberships.accept(session, conversation_id=bea, group_key=KEY, now=MONDAY)
    assert await status(database, bea) is Status.MEMBER


async def test_two_workers_offer_a_free_place_once(database: Database) -> None:
    ann = await someone(database)
    await asks(database, ann)
    for _ in range(3):
        await asks(database, await someone(database))
    await leaves(database, ann)
    assert sum(await asyncio.gather(*(offers(database) for _ in range(4)))) == 1


async def test_a_kept_place_that_nobody_answers_for_goes_to_the_next(database: Database) -> None:
    ann, bea, cat = [await someone(database) for _ in range(3)]
    for minute, talk in enumerate((ann, bea, cat)):
        await asks(database, talk, now=MONDAY + timedelta(minutes=minute))
    await leaves(database, ann)
    await offers(database)
    async with database.transaction() as session:
        (one,) = await memberships.of_talk(session, conversation_id=bea)
        await kept_places.note_told(session, membership_id=one.id, now=MONDAY)
        ends = one.answer_by
    assert ends == MONDAY + timedelta(days=4)
    assert await offers(database, now=ends) == 0
    assert await offers(database, now=ends + timedelta(seconds=1)) == 1
    assert await status(database, bea) is Status.LAPSED
    assert await status(database, cat) is Status.OFFERED
    with pytest.raises(PlaceGoneError):
        async with database.transaction() as session:
            await memberships.accept(session, conversation_id=bea, group_key=KEY, now=ends)
    assert (await asks(database, bea, now=ends)).status is Status.LISTED


async def test_a_place_is_not_kept_for_ever_for_someone_who_cannot_be_told(database: Database) -> None:
    ann, bea = await someone(database), await someone(database)
    await asks(database, ann)
    await asks(database, bea)
    await leaves(database, ann)
    await offers(database)
    await offers(database, now=MONDAY + timedelta(days=4, seconds=1))
    assert await status(database, bea) is Status.LAPSED


async def test_an_answer_that_comes_too_late_takes_no_place(database: Database) -> None:
    ann, bea = await someone(database), await someone(database)
    await asks(database, ann)
    await asks(database, bea)
    await leaves(database, ann)
    await offers(database)
    async with database.transaction() as session:
        (one,) = await memberships.of_talk(session, conversation_id=bea)
        await kept_places.note_told(session, membership_id=one.id, now=MONDAY)
    late = MONDAY + timedelta(days=5)
    with pytest.raises(PlaceGoneError):
        async with database.transaction() as session:
            await memberships.accept(session, conversation_id=bea, group_key=KEY, now=late)


@pytest.mark.parametrize(
    ("told_at", "hours", "by"),
    [
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), 48, datetime(2026, 11, 27, 10, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 22, 0, tzinfo=UTC), 12, datetime(2026, 11, 24, 20, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 19, 0, tzinfo=UTC), 2, datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        # the clocks go back on Sunday 25 October 2026, and on on Sunday 28 March 2027
        (datetime(2026, 10, 24, 9, 0, tzinfo=UTC), 24, datetime(2026, 10, 26, 10, 0, tzinfo=UTC)),
        (datetime(2027, 3, 27, 10, 0, tzinfo=UTC), 24, datetime(2027, 3, 29, 9, 0, tzinfo=UTC)),
    ],
)
def test_only_waking_hours_count(told_at: datetime, hours: int, by: datetime) -> None:
    assert kept_places.waking_hours_after(told_at, timedelta(hours=hours)) == by


async def test_while_a_group_has_a_break_nobody_joins_and_no_place_is_offered(database: Database) -> None:
    ann, bea = await someone(database), await someone(database)
    await asks(database, ann)
    await asks(database, bea)
    await leaves(database, ann)
    async with database.transaction() as session:
        await groups.set_paused(session, key=KEY, paused=True, now=MONDAY)
    with pytest.raises(GroupPausedError):
        await asks(database, ann)
    assert await offers(database) == 0
    async with database.transaction() as session:
        assert (await attending.seats(session))[KEY].paused
        with pytest.raises(IllegalMoveError):
            await groups.set_paused(session, key=KEY, paused=True, now=MONDAY)
    async with database.transaction() as session:
        await groups.set_paused(session, key=KEY, paused=False, now=MONDAY)
    assert await offers(database) == 1


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (Way.VIDEO, LINK),
        (Way.VIDEO, "https://zoom.example.co.uk/j/123?pwd=a.b~c"),
        (Way.PHONE, "0330 123 4567"),
        (Way.PHONE, "+44 330 123 4567, PIN 4471#"),
    ],
)
async def test_a_way_in_is_sealed_and_opens_again(database: Database, way: Way, told: str) -> None:
    async with database.transaction() as session:
        group = await groups.set_way_in(session, key=KEY, way=way, way_in=f" {told} ")
        assert groups.way_in(session, group) == told
        assert group.way_in is not None
        assert told.encode() not in group.way_in
        assert (group.way_in_no, group.version) == (1, 2)


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (Way.VIDEO, "http://meet.example.org/tea"),
        (Way.VIDEO, "meet.example.org"),
        (Way.VIDEO, "https://meet.example.org/tea party"),
        (Way.VIDEO, "https://meet.example.org/" + "a" * 120),
        (Way.VIDEO, "https://meet.example.org/t\u00e9a"),
        (Way.VIDEO, "0330 123 4567"),
        (Way.PHONE, LINK),
        (Way.PHONE, "ring me"),
        (Way.PLACE, LINK),
    ],
)
async def test_what_is_no_way_in_is_refused_and_changes_nothing(database: Database, way: Way, told: str) -> None:
    async with database.transaction() as session:
        await groups.set_way_in(session, key=KEY, way=Way.VIDEO, way_in=LINK)
    with pytest.raises(NotAWayInError):
        async with database.transaction() as session:
            await groups.set_way_in(session, key=KEY, way=way, way_in=told)
    async with database.transaction() as session:
        assert groups.way_in(session, await groups.state(session, key=KEY)) == LINK


async def test_a_group_that_changed_since_it_was_read_is_not_changed(database: Database) -> None:
    async with database.transaction() as session:
        await groups.set_way_in(session, key=KEY, way=Way.VIDEO, way_in=LINK, version=1)
    for change in (
        lambda session: groups.set_way_in(session, key=KEY, way=Way.VIDEO, way_in=LINK + "2", version=1),
        lambda session: groups.set_paused(session, key=KEY, paused=True, version=1, now=MONDAY),
    ):
        with pytest.raises(StaleError):
            async with database.transaction() as session:
                await change(session)


async def test_the_way_in_is_told_to_members_only(database: Database) -> None:
    ann, bea = await someone(database), await someone(database)
    await asks(database, ann)
    await asks(database, bea)
    async with database.transaction() as session:
        await groups.set_way_in(session, key=KEY, way=Way.VIDEO, way_in=LINK)
        assert [one.way_in for one in await attending.own_groups(session, conversation_id=ann)] == [LINK]
        assert [one.way_in for one in await attending.own_groups(session, conversation_id=bea)] == [""]
        await groups.set_paused(session, key=KEY, paused=True, now=MONDAY)
        assert [one.way_in for one in await attending.own_groups(session, conversation_id=ann)] == [""]
    await leaves(database, ann)
    async with database.transaction() as session:
        assert await attending.own_groups(session, conversation_id=ann) == []


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Ann", "Ann"), ("Ann Smith", "Ann"), ("Mrs Ann Smith", "Ann"), ("Mrs Smith", "Mrs S"),
        ("Dr. Jones", "Dr. J"), ("Mrs", "Mrs"), ("Łukasz Nowak", "Łukasz"), ("", ""),
    ],
)  # fmt: skip
def test_a_host_sees_a_first_name_and_no_more(name: str, first: str) -> None:
    assert attending.first_name(name) == first


async def says_yes(ann: Speaker, key: str = KEY) -> uuid.UUID:
    """Ann, who waits, joins a group and agrees to its host being told; returns her talk."""
    await ann.says(*SHORTEST_REFERRAL)
    talk = ann.turns[-1].conversation_id
    await asks(ann.desk.database, talk, places=5, key=key)
    async with ann.desk.database.transaction() as session:
        await agrees(session, talk, key, ann.now)
    return talk


async def agrees(session, talk: uuid.UUID, key: str, now: datetime) -> None:
    await consents.give(
        session,
        conversation_id=talk,
        purpose=Purpose.SHARING,
        recipient=Recipient.GROUP,
        which=key,
        wording="May we tell them?",
        wording_version="1",
        language="en",
        channel="terminal",
        evidence=1,
        now=now,
    )


async def coming(database: Database, key: str = KEY) -> list[str]:
    async with database.transaction() as session:
        return await attending.coming(session, key=key)


async def test_a_host_sees_the_name_someone_uses_and_only_with_their_yes(ann: Speaker) -> None:
    database = ann.desk.database
    talk = await says_yes(ann)
    assert await coming(database) == ["Ann"]
    assert await coming(database, "game_night") == []
    async with database.transaction() as session:
        await people.add(session, conversation_id=talk, told=More(name_to_use="Bea Jones"))
    assert await coming(database) == ["Bea"]
    async with database.transaction() as session:
        await consents.withdraw(
            session, conversation_id=talk, purpose=Purpose.SHARING, recipient=Recipient.GROUP, now=ann.now
        )
    assert await coming(database) == []


async def test_who_takes_back_one_yes_leaves_that_group_and_no_other(ann: Speaker) -> None:
    database = ann.desk.database
    talk = await says_yes(ann)
    await asks(database, talk, places=5, key="saturday_soup")
    async with database.transaction() as session:
        await agrees(session, talk, "saturday_soup", ann.now)
        assert {yes.which for yes in (await agreements.agreed(session, conversation_id=talk)).yeses} == {
            "", KEY, "saturday_soup",
        }  # fmt: skip
        await agreements.take_back(
            session,
            conversation_id=talk,
            purpose=Purpose.SHARING,
            recipient=Recipient.GROUP,
            which=KEY,
            now=ann.now,
        )
        standing = {one.group_key: one.status for one in await memberships.of_talk(session, conversation_id=talk)}
    assert standing == {KEY: Status.LEFT, "saturday_soup": Status.MEMBER}
    assert await coming(database, "saturday_soup") == ["Ann"]


async def test_who_withdraws_their_request_is_in_no_group_any_more(ann: Speaker) -> None:
    talk = await says_yes(ann)
    async with ann.desk.database.transaction() as session:
        await withdrawing.withdraw_own(session, conversation_id=talk, now=ann.now)
    assert await status(ann.desk.database, talk) is Status.LEFT
    assert await coming(ann.desk.database) == []


async def test_who_is_erased_leaves_nothing_in_a_group_and_their_place_is_free(ann: Speaker) -> None:
    database = ann.desk.database
    talk = await says_yes(ann)
    async with database.transaction() as session:
        (one,) = await memberships.of_talk(session, conversation_id=talk)
        await meetings.note(session, membership_id=one.id, meets_at=MONDAY, what=What.REMINDER, no=0, now=ann.now)
        found = await conversations.find(session, talk)
        assert found.contact_id is not None
        await erasure.erase(
            session, conversation_id=talk, contact_id=found.contact_id, message_id=None, now=ann.now
        )
        for table in ("membership", "meeting_note"):
            left = await session.run(text(f"SELECT count(*) FROM {table}"))
            assert left.scalar_one() == 0
        assert await attending.seats(session) == {}


async def test_joined_with_another_of_the_same_person_they_keep_the_place_they_have(ann: Speaker) -> None:
    database = ann.desk.database
    earlier = await says_yes(ann)
    await leaves(database, earlier)
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    later = await says_yes(web)
    await asks(database, later, places=5, key="saturday_soup")
    async with database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        (match,) = await pairs.listed(session)
        await joining.join(
            session, match_id=match.id, tags={"*"}, reach=Which.EARLIER, staff_id=sam.id, now=web.now
        )
        standing = {
            one.group_key: one.status for one in await memberships.of_talk(session, conversation_id=earlier)
        }
    assert standing == {KEY: Status.MEMBER, "saturday_soup": Status.MEMBER}


def test_every_status_is_in_the_table_and_a_place_is_only_taken_once_offered() -> None:
    assert set(memberships.MOVES) == set(Status)
    with pytest.raises(IllegalMoveError):
        moves.moved(memberships.MOVES, Status.LISTED, Status.MEMBER)


async def test_a_meeting_is_noted_once_and_answered_for_once(database: Database) -> None:
    ann = await someone(database)
    await asks(database, ann)
    async with database.transaction() as session:
        (one,) = await memberships.of_talk(session, conversation_id=ann)
        facts = {"membership_id": one.id, "meets_at": MONDAY, "what": What.HOW_WAS_IT, "no": 0, "now": MONDAY}
        assert await meetings.to_answer(session, conversation_id=ann) is None
        assert not await meetings.answer(session, conversation_id=ann, good=True)
        assert await meetings.note(session, **facts)
        assert not await meetings.note(session, **facts)
        met = await meetings.to_answer(session, conversation_id=ann)
        assert met is not None
        assert met.group_key == KEY
        assert await meetings.answer(session, conversation_id=ann, good=False)
        assert not await meetings.answer(session, conversation_id=ann, good=True)
        assert await meetings.liked(session) == {KEY: (0, 1)}


async def test_hosts_know_their_own_groups(database: Database) -> None:
    async with database.transaction() as session:
        maggie = await staff.welcome(session, name="Maggie", now=MONDAY)
        assert await groups.let_host(session, staff_id=maggie.id, key=KEY)
        assert not await groups.let_host(session, staff_id=maggie.id, key=KEY)
        assert await groups.hosted_by(session, staff_id=maggie.id) == {KEY}
        roy = await staff.welcome(session, name="Roy", now=MONDAY)
        assert await groups.hosted_by(session, staff_id=roy.id) == frozenset()
