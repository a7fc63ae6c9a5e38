"""Finding company: someone looks for a group, joins, is told in time and in discreet words, and leaves again."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select

from api.held import Telling
from bot import group_news
from bot.desk import Desk
from bot.words import words_in
from content.segments import outside_gsm7, segments
from content.texts import revealing
from tests.at_the_desk import claims, hands_back, reasons_of
from tests.talking import Speaker
from waitingroom import (
    agreements,
    attending,
    conversations,
    everything,
    groups,
    kept_places,
    memberships,
    messages,
    referrals,
)
from waitingroom.groups import Way
from waitingroom.handoffs import Reason
from waitingroom.memberships import Status
from waitingroom.messages import Message

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
TUESDAY_2PM = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
LINK = "https://meet.example.org/tea-4471"


async def waits(desk: Desk, *, name: str = "Ann", age: str = "72", when: str = "any", need: str = "4") -> Speaker:
    """Someone who is in the waiting room since this morning."""
    person = Speaker(desk, now=MONDAY)
    await person.says("hello", "me", age, "yes", name, "BB9 7AA", need, "Company", "here", when, "yes")
    return person


async def joins(person: Speaker, *, reminders: str = "yes") -> str:
    if "Tuesday tea and talk" not in await person.says("groups"):
        await person.says("more")
    return await person.says("Tuesday tea and talk", "yes", reminders, "yes")


async def fills(desk: Desk, places: int = 12) -> uuid.UUID:
    """Others take places in the Tuesday group; returns the talk of one of them."""
    for _ in range(places):
        talk = uuid.uuid4()
        async with desk.database.transaction() as session:
            await conversations.open_without_channel(session, conversation_id=talk, now=MONDAY)
            await memberships.ask(
                session, conversation_id=talk, group_key="tuesday_tea", places=12, reminders=False, now=MONDAY
            )
    return talk


async def one_leaves(desk: Desk, talk: uuid.UUID) -> None:
    async with desk.database.transaction() as session:
        await memberships.leave(session, conversation_id=talk, group_key="tuesday_tea", now=MONDAY)


async def unasked(person: Speaker) -> list[str]:
    async with person.desk.database.transaction() as session:
        found = await session.exec(
            select(Message)
            .where(
                Message.conversation_id == person.turns[-1].conversation_id, Message.kind == messages.Kind.STARTED
            )
            .order_by(col(Message.id))
        )
        return [messages.said(session, one)["text"] for one in found]


async def link_given(desk: Desk, way_in: str = LINK, key: str = "tuesday_tea") -> None:
    async with desk.database.transaction() as session:
        await groups.set_way_in(session, key=key, way=Way.VIDEO, way_in=way_in)


async def passes(desk: Desk, since: datetime, until: datetime, *, every: int = 30) -> None:
    """Let time pass, with a look every so many minutes."""
    while since <= until:
        await group_news.tell_groups(desk, now=since)
        since += timedelta(minutes=every)


async def standing(person: Speaker) -> dict[str, Status]:
    async with person.desk.database.transaction() as session:
        found = await memberships.of_talk(session, conversation_id=person.turns[-1].conversation_id)
    return {one.group_key: one.status for one in found}


async def coming(desk: Desk) -> list[str]:
    async with desk.database.transaction() as session:
        return await attending.coming(session, key="tuesday_tea")


async def test_someone_lonely_is_shown_three_groups_and_then_more(desk: Desk) -> None:
    ann = await waits(desk)
    heard = await ann.says("GROUPS")
    assert "1 Monday hello: Monday 23 November, 10:15am, free, 15 places left" in heard
    assert "2 Tuesday tea and talk: Tuesday 24 November, 2pm, free, 12 places left" in heard
    assert "3 Thursday morning call: Thursday 26 November, 10:30am, a normal call, 8 places left" in heard
    assert "4 More groups\n5 None of these" in heard
    assert segments(heard) <= 2
    heard = await ann.says("more")
    assert "1 Saturday soup" in heard
    assert "Coffee in Polish" not in heard
    assert "game night" not in heard
    assert "That is fine" in await ann.says("none of these")


async def test_someone_joins_with_one_yes_for_each_thing(desk: Desk) -> None:
    ann = await waits(desk)
    await ann.says("groups")
    heard = await ann.says("join 2")
    assert "Bring a cup of tea" in heard
    assert "Ground rules: Be kind." in heard
    assert "May we write to you" in await ann.says("yes")
    assert "Maggie from Pendle Good Company needs to know who is coming" in await ann.says("yes")
    heard = await ann.says("yes")
    assert "You have a place. Tuesday tea and talk is on Tuesday 24 November, 2pm." in heard
    assert await coming(desk) == ["Ann"]


@pytest.mark.parametrize("answers", [("no",), ("yes", "yes", "no")])
async def test_without_a_yes_to_the_rules_and_to_the_host_nobody_joins_and_nobody_is_told(
    desk: Desk, answers: tuple[str, ...]
) -> None:
    ann = await waits(desk)
    heard = await ann.says("groups", "2", *answers)
    assert "That is fine" in heard
    assert await standing(ann) == {}
    assert await coming(desk) == []


async def test_a_shrug_is_no_yes_to_being_told_of(desk: Desk) -> None:
    ann = await waits(desk)
    await ann.says("groups", "2", "yes", "yes", "i suppose")
    assert ann.asked == "share"


async def test_who_is_under_18_is_shown_only_what_says_so(desk: Desk) -> None:
    zoe = await waits(desk, age="17")
    heard = await zoe.says("groups")
    assert "1 Monday game night" in heard
    assert "2 None of these" in heard


async def test_who_asked_for_another_language_is_shown_groups_that_speak_it_first(desk: Desk) -> None:
    ewa = await waits(desk, name="Ewa")
    await ewa.says("language", "polski", "no")
    heard = await ewa.says("groups")
    assert "1 Coffee in Polish" in heard


async def test_of_a_group_that_is_full_the_waiting_list_is_told_straight(desk: Desk) -> None:
    other = await fills(desk)
    ann = await waits(desk)
    heard = await ann.says("groups")
    assert "Tuesday tea and talk: Tuesday 24 November, 2pm, free, waiting list" in await ann.says("more")
    assert "Tuesday tea" not in heard.split("\n4 More")[0]
    heard = await ann.says("Tuesday tea and talk", "yes", "yes", "yes")
    assert "It is full for now. You are on its waiting list. People before you: 0." in heard
    assert await standing(ann) == {"tuesday_tea": Status.LISTED}
    await one_leaves(desk, other)
    await group_news.tell_groups(desk, now=ann.now + timedelta(minutes=31))
    assert await unasked(ann) == [
        "Hello from Pendle Waiting Room. Something you asked for is free now. To take it or not, reply MY GROUPS."
    ]
    await group_news.tell_groups(desk, now=ann.now + timedelta(minutes=61))
    assert len(await unasked(ann)) == 1
    heard = await ann.says("my groups")
    assert "A place is free for you in Tuesday tea and talk. It is next on Tuesday 24 November, 2pm." in heard
    assert "The place is yours" in await ann.says("yes")
    assert await standing(ann) == {"tuesday_tea": Status.MEMBER}
    assert "Ann" in await coming(desk)


async def test_a_place_that_came_free_can_be_declined_and_goes_on(desk: Desk) -> None:
    other = await fills(desk)
    ann, cat = await waits(desk), await waits(desk, name="Cat")
    cat.now += timedelta(minutes=1)
    await joins(ann)
    await joins(cat)
    await one_leaves(desk, other)
    await group_news.tell_groups(desk, now=ann.now + timedelta(minutes=31))
    await ann.says("my groups", "no")
    await group_news.tell_groups(desk, now=ann.now + timedelta(minutes=62))
    assert len(await unasked(cat)) == 1
    assert await standing(ann) == {"tuesday_tea": Status.LEFT}
    assert await standing(cat) == {"tuesday_tea": Status.OFFERED}


async def test_a_yes_that_comes_after_the_place_has_gone_is_told_so(desk: Desk) -> None:
    other = await fills(desk)
    ann = await waits(desk)
    await joins(ann)
    await one_leaves(desk, other)
    await group_news.tell_groups(desk, now=ann.now + timedelta(minutes=31))
    await ann.says("my groups")
    async with desk.database.transaction() as session:
        later = ann.now + timedelta(days=5)
        await kept_places.offer_free(session, key="tuesday_tea", places=12, now=later)
    assert "has gone to someone else" in await ann.says("yes")


async def test_members_hear_the_day_before_half_an_hour_before_and_once_after(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await passes(desk, datetime(2026, 11, 23, 6, 0, tzinfo=UTC), TUESDAY_2PM + timedelta(days=1))
    reminder, way_in, how = await unasked(ann)
    assert reminder == (
        "Hello from Pendle Waiting Room. A reminder: you have something planned for Tuesday 24 November, at 2pm. "
        "To see more, reply MY GROUPS."
    )
    assert way_in.endswith(f"begins at 2pm. It is fine to come a little late. This is the way in: {LINK}")
    assert "You had something planned on Tuesday 24 November. How was it?" in how
    assert "Tuesday tea" not in reminder + way_in + how


async def sent_at(person: Speaker, words: str) -> datetime:
    async with person.desk.database.transaction() as session:
        found = await session.exec(
            select(Message).where(
                Message.conversation_id == person.turns[-1].conversation_id, Message.kind == messages.Kind.STARTED
            )
        )
        (at,) = [one.created_at for one in found if words in messages.said(session, one)["text"]]
        return at


async def test_each_is_told_when_it_is_due(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await passes(desk, datetime(2026, 11, 23, 6, 0, tzinfo=UTC), TUESDAY_2PM + timedelta(days=1))
    assert await sent_at(ann, "A reminder") == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert await sent_at(ann, LINK) == TUESDAY_2PM - timedelta(minutes=30)
    assert await sent_at(ann, "How was it") == datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


async def test_what_goes_out_unasked_gives_nothing_away_and_hides_the_link_from_a_preview(desk: Desk) -> None:
    private = [word for need in desk.service.content.needs.values() for word in need.private]
    longest = "https://meet.example.org/" + "a" * (groups.LONGEST - 25)
    for words in (group_news.REMINDER, group_news.CALLED_OFF, group_news.WAY_IN, group_news.PLACE_FREE):
        told = words.format(service="Us", day="Wednesday 30 September", time="10:30am", way_in=longest)
        assert revealing(told.replace(longest, ""), private) == ()
        assert outside_gsm7(told) == ()
        assert segments(told.replace("Us", "Pendle Waiting Room")) <= 2
        if longest in told:
            assert told.index(longest) >= 60
        else:
            assert "http" not in told


async def test_nobody_is_told_anything_twice_though_workers_start_again(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    for at in (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), TUESDAY_2PM - timedelta(minutes=30)):
        for _ in range(3):
            await group_news.tell_groups(desk, now=at)
    assert len(await unasked(ann)) == 2


async def test_who_wants_no_messages_gets_none_and_finds_the_way_in_by_asking(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    await joins(ann, reminders="no")
    await passes(desk, MONDAY, TUESDAY_2PM + timedelta(days=1), every=60)
    assert await unasked(ann) == []
    ann.now = TUESDAY_2PM - timedelta(minutes=40)
    heard = await ann.says("my groups")
    assert "Tuesday tea and talk: you meet next on Tuesday 24 November, 2pm." in heard
    assert LINK not in heard
    await ann.says("keep")
    ann.now = TUESDAY_2PM - timedelta(minutes=20)
    heard = await ann.says("my groups")
    assert LINK in heard
    told = next(reply.text for reply in ann.replies if LINK in reply.text)
    assert told.index(LINK) >= 60


async def test_a_link_is_never_told_to_a_stranger_or_to_who_left(desk: Desk) -> None:
    await link_given(desk)
    ann, bea = await waits(desk), await waits(desk, name="Bea")
    await joins(ann)
    ann.now = bea.now = TUESDAY_2PM - timedelta(minutes=20)
    assert LINK not in await bea.says("my groups")
    assert LINK not in await joins(bea, reminders="no")
    await ann.says("my groups", "leave tuesday tea and talk")
    assert LINK not in await ann.says("my groups")
    assert await coming(desk) == ["Bea"]


async def test_a_new_link_is_told_anew_to_those_who_have_the_old_one(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await group_news.tell_groups(desk, now=TUESDAY_2PM - timedelta(minutes=30))
    await link_given(desk, LINK + "-new")
    await group_news.tell_groups(desk, now=TUESDAY_2PM - timedelta(minutes=20))
    assert [text.split()[-1] for text in await unasked(ann)] == [LINK, LINK + "-new"]


async def test_a_link_goes_out_late_by_a_quarter_of_an_hour_at_most(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await group_news.tell_groups(desk, now=TUESDAY_2PM + timedelta(minutes=16))
    assert await unasked(ann) == []


async def test_the_hours_someone_said_are_safe_come_first(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk, when="mornings")
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await passes(desk, datetime(2026, 11, 23, 6, 0, tzinfo=UTC), TUESDAY_2PM + timedelta(days=1))
    told = await unasked(ann)
    assert [LINK in text for text in told] == [False, False]
    bea = await waits(desk, name="Bea", when="afternoons")
    bea.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(bea)
    await passes(desk, datetime(2026, 11, 30, 6, 0, tzinfo=UTC), datetime(2026, 11, 30, 13, 0, tzinfo=UTC))
    assert await sent_at(bea, "A reminder") == datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


async def test_nothing_goes_out_while_a_link_worker_has_the_talk_or_they_have_just_written(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    due = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    ann.now = due - timedelta(minutes=5)
    await ann.says("how long")
    await group_news.tell_groups(desk, now=due)
    assert await unasked(ann) == []
    claimed = await claims(ann)
    await group_news.tell_groups(desk, now=due + timedelta(hours=1))
    assert await unasked(ann) == []
    await hands_back(ann, claimed)
    await group_news.tell_groups(desk, now=due + timedelta(hours=2))
    assert len(await unasked(ann)) == 1


async def test_who_paused_messages_gets_none_from_a_group_until_they_go_on(desk: Desk) -> None:
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await ann.says("PAUSE")
    await group_news.tell_groups(desk, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    assert await unasked(ann) == []
    await ann.says("RESUME")
    await group_news.tell_groups(desk, now=datetime(2026, 11, 23, 11, 0, tzinfo=UTC))
    assert len(await unasked(ann)) == 1


async def test_who_stopped_messages_gets_none_from_a_group(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await ann.says("STOP")
    await passes(desk, datetime(2026, 11, 23, 9, 0, tzinfo=UTC), TUESDAY_2PM + timedelta(days=1), every=60)
    assert await unasked(ann) == []


async def test_when_a_group_is_paused_members_hear_in_time_that_it_is_off_and_are_sent_no_link(desk: Desk) -> None:
    await link_given(desk)
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    await group_news.tell_groups(desk, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    async with desk.database.transaction() as session:
        await groups.set_paused(session, key="tuesday_tea", paused=True, now=MONDAY)
    await passes(desk, datetime(2026, 11, 23, 11, 0, tzinfo=UTC), TUESDAY_2PM + timedelta(minutes=30))
    async with desk.database.transaction() as session:
        await groups.set_paused(session, key="tuesday_tea", paused=False, now=TUESDAY_2PM)
    await passes(desk, TUESDAY_2PM + timedelta(hours=18), TUESDAY_2PM + timedelta(hours=22))
    reminder, off = await unasked(ann)
    assert "A reminder" in reminder
    assert "for Tuesday 24 November, at 2pm, will not take place this time" in off
    assert LINK not in off


async def test_a_group_that_is_paused_in_the_middle_of_asking_is_not_joined_and_nobody_is_told(desk: Desk) -> None:
    ann = await waits(desk)
    await ann.says("groups", "2", "yes", "yes")
    async with desk.database.transaction() as session:
        await groups.set_paused(session, key="tuesday_tea", paused=True, now=MONDAY)
    assert "has a break just now" in await ann.says("yes")
    assert await standing(ann) == {}
    async with desk.database.transaction() as session:
        agreed = await agreements.agreed(session, conversation_id=ann.turns[-1].conversation_id)
    assert "tuesday_tea" not in {yes.which for yes in agreed.yeses}


async def test_while_a_group_has_a_break_it_is_not_shown(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await groups.set_paused(session, key="tuesday_tea", paused=True, now=MONDAY)
    ann = await waits(desk)
    assert "Tuesday tea" not in await ann.says("groups") + await ann.says("more")


async def asked_how_it_was(desk: Desk) -> Speaker:
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    ann.now = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
    await group_news.tell_groups(desk, now=ann.now)
    return ann


async def test_it_was_good_is_kept_and_counts(desk: Desk) -> None:
    ann = await asked_how_it_was(desk)
    assert "It is good to hear that" in await ann.says("1")
    async with desk.database.transaction() as session:
        assert (await attending.seats(session))["tuesday_tea"].good == 1
    assert await standing(ann) == {"tuesday_tea": Status.MEMBER}


async def test_not_for_me_offers_to_leave_and_that_group_is_not_shown_again(desk: Desk) -> None:
    ann = await asked_how_it_was(desk)
    assert "Would you like to leave Tuesday tea and talk?" in await ann.says("not for me")
    assert "You have left Tuesday tea and talk" in await ann.says("yes")
    assert await coming(desk) == []
    assert "Tuesday tea" not in await ann.says("groups") + await ann.says("more")
    async with desk.database.transaction() as session:
        assert (await attending.seats(session))["tuesday_tea"].not_for_me == 1


async def test_own_words_about_a_group_reach_the_link_worker(desk: Desk) -> None:
    ann = await asked_how_it_was(desk)
    assert "your link worker will see it" in await ann.says("It was loud but Roy was lovely to me")
    assert Reason.WORD_LEFT in await reasons_of(ann)


async def test_danger_said_to_that_question_is_heard(desk: Desk) -> None:
    ann = await asked_how_it_was(desk)
    heard = await ann.says("i want to kill myself")
    assert "999" in heard
    assert Reason.DANGER in await reasons_of(ann)


async def test_after_danger_nobody_is_asked_how_a_group_was(desk: Desk) -> None:
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
    await joins(ann)
    ann.now = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    await ann.says("i want to kill myself")
    before = len(await unasked(ann))
    await group_news.tell_groups(desk, now=datetime(2026, 11, 25, 10, 0, tzinfo=UTC))
    assert len(await unasked(ann)) == before


async def test_consent_shows_the_group_by_name_and_taking_it_back_leaves_it(desk: Desk) -> None:
    ann = await waits(desk)
    await joins(ann)
    heard = await ann.says("consent")
    assert "We may tell Pendle Good Company that you come to Tuesday tea and talk" in heard
    await ann.says("take back 2")
    assert await standing(ann) == {"tuesday_tea": Status.LEFT}
    assert await coming(desk) == []
    assert "You are in no group just now" in await ann.says("my groups")


async def test_someone_we_do_not_know_is_in_no_group(desk: Desk) -> None:
    stranger = Speaker(desk, now=MONDAY)
    assert "You are in no group" in await stranger.says("my groups")


@pytest.mark.parametrize(("reason", "kept"), [("died", False), ("no_longer_wanted", False), ("goals_met", True)])
async def test_a_group_writes_to_nobody_who_has_died_or_wants_nothing_more(
    desk: Desk, reason: str, *, kept: bool
) -> None:
    ann = await waits(desk)
    await joins(ann)
    async with desk.database.transaction() as session:
        referral = await referrals.open_referral(session, conversation_id=ann.turns[-1].conversation_id)
        assert referral is not None
        await referrals.close(session, referral_id=referral.id, reason=reason, now=ann.now)
    assert (await standing(ann) == {"tuesday_tea": Status.MEMBER}) is kept
    assert (await coming(desk) == ["Ann"]) is kept


async def test_who_joined_the_evening_before_hears_too_that_it_is_off(desk: Desk) -> None:
    ann = await waits(desk)
    ann.now = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    await joins(ann)
    async with desk.database.transaction() as session:
        await groups.set_paused(session, key="tuesday_tea", paused=True, now=ann.now)
    await passes(desk, datetime(2026, 11, 24, 9, 0, tzinfo=UTC), TUESDAY_2PM)
    (off,) = await unasked(ann)
    assert "will not take place" in off


async def test_who_looks_at_what_is_held_of_them_sees_their_groups(desk: Desk) -> None:
    ann = await waits(desk)
    await joins(ann)
    async with desk.database.transaction() as session:
        held = await everything.of_talk(session, conversation_id=ann.turns[-1].conversation_id)
    shown = {section.title: section.lines for section in Telling(desk.service, words_in("en")).sections(held)}
    assert shown["Groups you asked to join"] == [("Tuesday tea and talk", "member, 23 November 2026")]
