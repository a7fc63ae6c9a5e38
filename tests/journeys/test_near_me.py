"""Things near them: found, saved, asked about, gone to in place of waiting, and come back from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.house import default_channels
from bot import signposts
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from tests.at_the_desk import claims, handoff_of, hands_back, open_referral, place_of, reasons_of, story_of
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, everything, feeds, messages, saved_services, services, signposting
from waitingroom.conversations import Place
from waitingroom.handoffs import Reason
from waitingroom.referrals import Status
from waitingroom.services import Offered, Price
from waitingroom.signposting import Went

pytestmark = pytest.mark.anyio
CHECKED = date(2026, 5, 1)
HERE = {"postcode": "BB9 7AA", "latitude": 53.84, "longitude": -2.22, "assured_on": CHECKED}


def offered(name: str, **told: Any) -> Offered:
    return Offered(**{**HERE, "source_id": name, "name": name, "needs": ("lonely",), **told})


TOWN = (
    offered("Knit and Natter", phone="01282 555123", price=Price.FREE, days=0b1, times="10am to midday"),
    offered("Chair yoga", price=Price.PAID, pence=250, price_words="a class", help_words="Low income: £1"),
    offered("Walking club", latitude=53.86, price=Price.UNKNOWN),
    offered("Evening chat", virtual=True, postcode="", latitude=None, longitude=None, price=Price.FREE),
    offered("Old club", assured_on=None),
)


async def bring_in(who: Speaker, town: Sequence[Offered] = TOWN) -> None:
    async with who.desk.database.transaction() as session:
        feed = await feeds.begin(session, address="file:town", now=who.now)
        await services.keep(session, feed_id=feed.id, offered=town, today=who.now.date())


async def saved(who: Speaker) -> list[str]:
    async with who.desk.database.transaction() as session:
        kept = await saved_services.saved(session, conversation_id=who.turns[-1].conversation_id)
    return [one.name for one in kept]


async def started(who: Speaker) -> list[messages.Message]:
    async with who.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=who.turns[-1].conversation_id)
    return [one for one in said if one.kind == "started"]


async def test_someone_who_waits_sees_three_that_fit_with_price_distance_phone_and_when_each_was_checked(
    ann: Speaker,
) -> None:
    await bring_in(ann)
    heard = await ann.says(*SHORTEST_REFERRAL, "near me")
    assert (
        "1. Knit and Natter. Less than 1 mile. Free. Mon 10am to midday. 01282 555123. Checked in May 2026."
        in heard
    )
    assert "2. Chair yoga. Less than 1 mile. From £2.50 a class. Checked in May 2026." in heard
    assert "3. Walking club. About 1 mile. Ask what it costs." in heard
    assert "Old club" not in heard
    assert ann.asked == "wish_1"


async def test_more_shows_the_next_three_and_then_says_that_is_all(ann: Speaker) -> None:
    await bring_in(ann)
    heard = await ann.says(*SHORTEST_REFERRAL, "NEAR ME", "MORE")
    assert "Evening chat. By phone or online" in heard
    assert "Old club" in heard
    assert "Not checked: call first" in heard
    assert ann.asked == "wish_2"
    await bring_in(ann, [offered(f"Number {n}") for n in range(10, 14)])
    assert "That is all we know of" in await ann.says("near me", "more", "more", "more")


async def test_free_shows_only_what_is_free(ann: Speaker) -> None:
    await bring_in(ann)
    heard = await ann.says(*SHORTEST_REFERRAL, "near me", "free")
    assert "Knit and Natter" in heard
    assert "Evening chat" in heard
    assert "Chair yoga" not in heard
    assert "Walking club" not in heard


async def test_where_nothing_is_free_that_is_said(ann: Speaker) -> None:
    await bring_in(ann, TOWN[1:3])
    assert "nothing free near you" in await ann.says(*SHORTEST_REFERRAL, "near me", "FREE")


@pytest.mark.parametrize("said", ["save 1", "SAVE 1.", "Save1", "1|save it", "1|1", "knit and natter|save"])
async def test_one_is_saved_and_shown_again(ann: Speaker, said: str) -> None:
    await bring_in(ann)
    heard = await ann.says(*SHORTEST_REFERRAL, "near me", *said.split("|"))
    assert "Saved: Knit and Natter" in heard
    assert await saved(ann) == ["Knit and Natter"]
    assert "Knit and Natter: 01282 555123" in await ann.says("saved")


async def test_saved_twice_is_saved_once_and_nothing_saved_is_said(ann: Speaker) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL)
    assert "saved nothing yet" in await ann.says("saved")
    await ann.says("near me", "save 1", "save 1")
    assert len(await saved(ann)) == 1


async def test_a_stranger_on_the_phone_is_told_neither_what_was_saved_nor_where_someone_lives(
    ann: Speaker,
) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL, "near me", "save 1")
    async with ann.desk.database.transaction() as session:
        talk = ann.turns[-1].conversation_id
        await conversations.show_to(session, conversation_id=talk, place=Place.STRANGER)
    assert "saved nothing yet" in await ann.says("saved")
    await ann.says("near me")
    assert ann.asked == "where"
    assert "not on our list" in await ann.says("go myself")


async def test_cost_is_told_straight_with_who_pays_less_and_how_to_get_there(ann: Speaker) -> None:
    await bring_in(ann)
    heard = await ann.says(*SHORTEST_REFERRAL, "near me", "cost 2")
    assert "Chair yoga: From £2.50 a class." in heard
    assert "Who may pay less: Low income: £1" in heard
    assert "State Pension age" in heard
    assert ann.asked == "help_1"


async def test_help_with_costs_is_seen_by_staff_in_the_story_and_in_the_queue(ann: Speaker) -> None:
    await bring_in(ann)
    heard = await ann.says(*SHORTEST_REFERRAL, "near me", "cost 1", "yes")
    assert "can look for help with it" in heard
    assert Reason.HELP_WITH_COSTS in await reasons_of(ann)
    story = await story_of(ann)
    assert story.referral is not None
    assert story.referral.help_with_costs_at is not None
    await ann.says("cost 1")
    assert ann.asked == "wish_3"


async def test_no_help_asked_for_is_no_flag(ann: Speaker) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL, "near me", "cost 1", "no")
    assert Reason.HELP_WITH_COSTS not in await reasons_of(ann)


async def test_someone_we_do_not_know_is_asked_where_they_are_and_nothing_of_them_is_flagged(ann: Speaker) -> None:
    await bring_in(ann)
    await ann.says("near me")
    assert ann.asked == "where"
    heard = await ann.says("bb9 7aa")
    assert "Knit and Natter" in heard
    await ann.says("cost 1")
    assert ann.asked == "wish_2"
    assert await handoff_of(ann) is None


async def test_nothing_near_gives_away_what_nobody_else_may_know(ann: Speaker) -> None:
    await bring_in(ann, [*TOWN[:1], offered("Safe at Home: domestic abuse help", needs=("abuse",))])
    said = [*SHORTEST_REFERRAL]
    said[said.index("4")] = "Feeling unsafe, lonely"
    heard = await ann.says(*said, "near me")
    assert "Knit and Natter" in heard
    assert "Safe at Home" not in heard


async def test_in_an_empty_directory_there_is_always_someone_to_talk_to(ann: Speaker) -> None:
    assert "HELPLINES" in await ann.says(*SHORTEST_REFERRAL, "near me")


async def test_asked_what_matters_near_me_is_an_answer(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:7], "near me")
    assert ann.asked == "how"


# going oneself


async def going(ann: Speaker) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL, "near me", "go 1")
    assert ann.asked == "sure"
    await ann.says("yes")


async def test_someone_confident_goes_in_place_of_waiting_and_it_is_recorded_as_that(ann: Speaker) -> None:
    await going(ann)
    assert "COME BACK" in ann.heard
    assert "01282 555123" in ann.heard
    assert await open_referral(ann) is None
    assert await place_of(ann) is Place.FRONT_DOOR
    story = await story_of(ann)
    assert story.referral is not None
    assert story.referral.status is Status.SIGNPOSTED
    assert story.referral.close_reason == "signposted: they chose to go themselves"
    assert await handoff_of(ann) is None


@pytest.mark.parametrize("said", ["no", "not sure", "I suppose"])
async def test_anything_but_a_plain_yes_keeps_their_place(ann: Speaker, said: str) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL, "near me", "go 1", said)
    assert await open_referral(ann) is not None


async def test_whoever_has_a_link_worker_already_keeps_them(ann: Speaker) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL, "near me", "save 1")
    claimed = await claims(ann)
    await hands_back(ann, claimed)
    assert "A link worker is with you already" in await ann.says("go myself", "yes")
    assert await open_referral(ann) is not None


async def test_danger_stays_in_the_queue_though_they_go_themselves(ann: Speaker) -> None:
    await bring_in(ann)
    await ann.says(*SHORTEST_REFERRAL, "near me", "save 1", "I want to end my life", "go myself", "yes")
    assert {Reason.DANGER, Reason.SIGNPOSTED} <= set(await reasons_of(ann))


async def test_nothing_saved_or_not_on_the_list_there_is_nothing_to_give_up(ann: Speaker) -> None:
    assert "not on our list" in await ann.says("go myself")
    bob = Speaker(ann.desk, now=ann.now)
    assert "send NEAR ME" in await bob.says(*SHORTEST_REFERRAL, "go myself")
    assert await open_referral(bob) is not None


async def test_two_weeks_on_they_are_asked_once_by_day_and_never_again(ann: Speaker) -> None:
    await going(ann)
    due = ann.now + timedelta(days=14, minutes=1)
    assert await signposts.ask_if_they_went(ann.desk, now=due - timedelta(days=1)) == 0
    night = due.replace(hour=23)
    assert await signposts.ask_if_they_went(ann.desk, now=night) == 0
    assert await signposts.ask_if_they_went(ann.desk, now=due) == 1
    assert await signposts.ask_if_they_went(ann.desk, now=due) == 0
    (asked,) = await started(ann)
    ann.now = due
    heard = await ann.says("1")
    assert "Good to hear" in heard
    assert await went(ann) == [Went.YES]
    assert asked.kind == "started"


async def went(ann: Speaker) -> list[Went | None]:
    async with ann.desk.database.transaction() as session:
        chosen = await signposting.of_talk(session, conversation_id=ann.turns[-1].conversation_id)
    return [one.went for one in chosen]


async def test_what_goes_out_unasked_names_no_service_and_no_need(ann: Speaker) -> None:
    await going(ann)
    await signposts.ask_if_they_went(ann.desk, now=ann.now + timedelta(days=14, minutes=1))
    (asked,) = await started(ann)
    async with ann.desk.database.transaction() as session:
        words = str(messages.said(session, asked))
    assert "Knit" not in words
    assert "lonely" not in words


async def test_outside_their_own_hours_they_are_asked_later(ann: Speaker) -> None:
    said = [*SHORTEST_REFERRAL]
    said[-2] = "morning"
    await bring_in(ann)
    await ann.says(*said, "near me", "go 1", "yes")
    afternoon = (ann.now + timedelta(days=15)).replace(hour=15)
    assert await signposts.ask_if_they_went(ann.desk, now=afternoon) == 0
    assert await signposts.ask_if_they_went(ann.desk, now=afternoon + timedelta(hours=18)) == 1


async def test_after_danger_they_are_left_in_peace_for_a_week(ann: Speaker) -> None:
    await going(ann)
    due = ann.now + timedelta(days=14, hours=1)
    ann.now = due - timedelta(hours=3)
    await ann.says("I want to end my life")
    assert await signposts.ask_if_they_went(ann.desk, now=due) == 0


async def test_not_yet_and_one_word_later_they_have_their_old_place_again(ann: Speaker) -> None:
    await going(ann)
    before = (await story_of(ann)).referral
    await signposts.ask_if_they_went(ann.desk, now=ann.now + timedelta(days=14, minutes=1))
    ann.now += timedelta(days=14, hours=1)
    await ann.says("not yet")
    assert ann.asked == "back"
    assert "You have your old place" in await ann.says("yes")
    again = await open_referral(ann)
    assert again is not None
    assert before is not None
    assert (again.id, again.joined_at) == (before.id, before.joined_at)
    assert again.ended_at is None
    assert await place_of(ann) is Place.WAITING_ROOM
    assert Reason.NEW_REFERRAL in await reasons_of(ann)
    assert await went(ann) == [Went.NOT_YET]


async def test_come_back_works_at_any_time_and_only_once(ann: Speaker) -> None:
    assert "no place of yours" in await ann.says("come back")
    await going(ann)
    assert "You have your old place" in await ann.says("COME BACK")
    assert "no place of yours" in await ann.says("come back")
    await going(ann)
    assert await open_referral(ann) is None


async def test_what_was_saved_and_chosen_is_theirs_to_see_and_goes_with_them(ann: Speaker) -> None:
    await going(ann)
    talk = ann.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        held = await everything.of_talk(session, conversation_id=talk)
        assert [name for _row, name in held.saved] == ["Knit and Natter"]
        assert len(held.signposts) == 1
    await ann.says("delete", "72, BB9 7AA", "yes")
    async with ann.desk.database.transaction() as session:
        for table in ("saved_service", "signpost"):
            rows = await session.run(text(f"SELECT count(*) FROM {table}"))
            assert rows.scalar_one() == 0, table
        assert (await session.run(text("SELECT count(*) FROM service"))).scalar_one() == len(TOWN)


async def test_by_text_the_numbers_of_the_three_are_the_numbers_of_the_answers(ann: Speaker) -> None:
    sms = Sms(Account("AC" + "0" * 32, "nobody"), "+447700900000", drama_numbers=True)
    with_texts = replace(ann.desk, channels={**default_channels(), "sms": sms})
    phone = Speaker(with_texts, now=datetime(2026, 11, 23, 10, tzinfo=UTC), channel="sms", address="+447700900123")
    await bring_in(phone)
    await phone.says(*SHORTEST_REFERRAL, "near me", "2", "1")
    assert await saved(phone) == ["Chair yoga"]
