"""Appointments, as the people have them who are offered a time: taken, moved, reminded of, missed, kept."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from bot.desk import Desk
from tests.at_the_desk import claims, close_referral, handoff_of, hands_back, open_referral, reasons_of
from tests.meeting import at, clock, ends, found, offers, picked_up, sent, writes
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import activities, answering_offers, appointments, staff_tasks
from waitingroom.appointments import (
    LiveAppointmentError,
    NotAheadError,
    NotBegunError,
    Status,
    TimeTakenError,
    Way,
)
from waitingroom.errors import IllegalMoveError, RefusedError
from waitingroom.handoffs import Reason

pytestmark = pytest.mark.anyio

TUESDAY, WEDNESDAY, THURSDAY = at("2026-12-01", "10:00"), at("2026-12-02", "14:30"), at("2026-12-03", "10:00")


async def test_a_person_takes_the_second_of_three_times_and_the_link_worker_sees_it_at_once(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY, THURSDAY)
    offered = (await sent(ann))[-1]
    assert offered.startswith("Sam can call you. Which time suits you?")
    heard = await ann.says("2")
    assert heard == "Sam will call you on Wed 2 Dec, 2:30pm. If you cannot talk then, reply MOVE."
    taken = await found(ann, made)
    assert (taken.status, taken.starts_at) == (Status.ACCEPTED, WEDNESDAY)
    assert taken.version == made.version + 1


@pytest.mark.parametrize("said", ["tues 1 dec", "Tuesday at 10 please", "1", "the first one", "tuesday"])
async def test_a_person_takes_a_time_in_words(ann: Speaker, said: str) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY, THURSDAY)
    assert "Tue 1 Dec, 10am" in await ann.says(said)
    assert (await found(ann, made)).starts_at == TUESDAY


async def test_what_is_no_answer_goes_to_the_link_worker_in_silence_and_the_offer_stands(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY)
    for said in ("who are you bringing", "my sister died on tuesday", "is that on the phone?", "ok"):
        assert await ann.says(said) == "", said
    await writes(ann, held, "It is on the phone, yes.")
    assert (await found(ann, made)).status is Status.OFFERED
    assert "Wed 2 Dec" in await ann.says("wednesday then please")


async def test_random_words_never_book_anybody(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY, THURSDAY)
    words = "i feel bit low really maybe bus dog tea not sure about it on at dec 77 and she said"
    chance = random.Random(11)
    for _turn in range(40):
        await ann.says(" ".join(chance.choices(words.split(), k=chance.randint(2, 6))))
        assert (await found(ann, made)).status in {Status.OFFERED}
    assert "Sam will call you" in await ann.says("3")


async def test_none_of_these_has_the_link_worker_look_for_another(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY)
    assert await ann.says("none of these") == "Thank you for telling us. Sam will offer you another time."
    assert (await found(ann, made)).status is Status.DECLINED
    assert Reason.OTHER_TIME in await reasons_of(ann)
    assert await ann.says("2") == ""


async def test_danger_stop_and_rights_come_before_an_offer(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    assert "116 123" in await ann.says("tuesday i want to kill myself")
    assert (await found(ann, made)).status is Status.OFFERED
    assert "said yes to" in await ann.says("consent")
    assert "stop" in (await ann.says("STOP")).lower()
    assert (await found(ann, made)).status is Status.OFFERED


async def test_a_person_who_cannot_come_says_so_in_one_word_and_no_reason_is_asked(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    await ann.says("1")
    assert await ann.says("can't come") == "Thank you for telling us. Sam will offer you another time."
    assert (await found(ann, made)).status is Status.CALLED_OFF
    assert Reason.OTHER_TIME in await reasons_of(ann)
    assert await clock(ann, TUESDAY - timedelta(hours=1)) == []
    assert await ann.says("MOVE") == ""


async def test_move_to_an_offer_means_none_of_these(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    assert "another time" in await ann.says("MOVE")
    assert (await found(ann, made)).status is Status.DECLINED


async def test_who_is_back_with_the_bot_still_has_their_appointment(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, way=Way.PLACE, place="Nelson Library")
    assert "Nelson Library" not in "".join(await sent(ann))
    assert "Nelson Library" in await ann.says("1")
    await hands_back(ann, held)
    assert "Sam will meet you on Tue 1 Dec, 10am." in await ann.says("appointment")
    assert "Sam will offer you another time" in await ann.says("move")
    assert (await found(ann, made)).status is Status.CALLED_OFF
    assert Reason.OTHER_TIME in await reasons_of(ann)
    assert "You have no appointment" in await ann.says("appointment")


async def test_an_offer_can_be_answered_after_the_talk_is_back_with_the_bot(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY)
    await hands_back(ann, held)
    assert "Tue 1 Dec" in await ann.says("1")
    assert (await found(ann, made)).status is Status.ACCEPTED


async def test_reminders_come_the_day_before_and_an_hour_before_and_never_twice(ann: Speaker) -> None:
    held = await picked_up(ann)
    await offers(ann, held, TUESDAY)
    await ann.says("1")
    assert await clock(ann, at("2026-11-30", "09:59")) == []
    reminder = "A reminder. Sam will call you on Tue 1 Dec, 10am. If you cannot talk then, reply MOVE."
    assert await clock(ann, at("2026-11-30", "10:00")) == [reminder]
    assert await clock(ann, at("2026-12-01", "08:59")) == []
    assert await clock(ann, at("2026-12-01", "09:00")) == [reminder]
    assert await clock(ann, at("2026-12-01", "09:30")) == []


async def test_no_reminder_goes_at_night_or_right_after_the_person_took_the_time(ann: Speaker) -> None:
    held = await picked_up(ann)
    await offers(ann, held, at("2026-11-24", "08:30"))
    await ann.says("1")
    for hour in range(24):
        assert await clock(ann, at("2026-11-23", "11:00") + timedelta(hours=hour)) == [], hour


async def test_no_reminder_goes_outside_the_hours_someone_said_are_safe(ann: Speaker) -> None:
    told = list(SHORTEST_REFERRAL)
    told[told.index("any") : told.index("any") + 1] = ["4", "after 4pm"]
    await ann.says(*told)
    held = await claims(ann)
    await offers(ann, held, at("2026-12-03", "10:00"))
    await ann.says("1")
    assert await clock(ann, at("2026-12-02", "10:00")) == []
    assert len(await clock(ann, at("2026-12-02", "16:00"))) == 1
    assert await clock(ann, at("2026-12-03", "09:00")) == []


async def test_a_reminder_that_was_missed_while_nothing_ran_goes_once_or_not_at_all(ann: Speaker) -> None:
    held = await picked_up(ann)
    await offers(ann, held, TUESDAY)
    await ann.says("1")
    assert len(await clock(ann, at("2026-11-30", "19:00"))) == 1
    assert await clock(ann, at("2026-12-01", "10:01")) == []


@pytest.mark.parametrize(("before", "day"), [("2027-03-27", "2027-03-28"), ("2026-10-24", "2026-10-25")])
async def test_at_both_clock_changes_the_reminder_keeps_to_the_clock_on_the_wall(
    ann: Speaker, before: str, day: str
) -> None:
    ann.now = at(before, "10:00").astimezone(UTC) - timedelta(days=6)
    held = await picked_up(ann)
    made = await offers(ann, held, at(day, "11:00"))
    assert "11am" in await ann.says("1")
    assert await clock(ann, at(before, "10:59").astimezone(UTC)) == []
    assert len(await clock(ann, at(before, "11:00").astimezone(UTC))) == 1
    assert await clock(ann, at(day, "09:59").astimezone(UTC)) == []
    assert len(await clock(ann, at(day, "10:00").astimezone(UTC))) == 1
    taken = await found(ann, made)
    assert taken.starts_at is not None
    assert taken.ends_at == taken.starts_at + timedelta(minutes=30)


async def test_nothing_is_reminded_of_after_stop_or_once_the_referral_has_ended(desk: Desk, ann: Speaker) -> None:
    held = await picked_up(ann)
    await offers(ann, held, TUESDAY)
    await ann.says("1", "STOP")
    assert await clock(ann, at("2026-11-30", "10:00")) == []
    bob = Speaker(desk, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC))
    await offers(bob, await picked_up(bob, "Priya"), THURSDAY)
    await bob.says("1")
    standing = await handoff_of(bob)
    assert standing is not None
    await hands_back(bob, standing)
    await bob.says("person")
    await close_referral(bob)
    assert await clock(bob, at("2026-12-02", "10:00")) == []


async def test_a_kept_appointment_is_an_activity_that_stops_the_clock_of_the_wait(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, minutes=45)
    await ann.says("1")
    with pytest.raises(NotBegunError):
        await ends(ann, made, Status.KEPT)
    ann.now = TUESDAY + timedelta(hours=1)
    await ends(ann, made, Status.KEPT)
    referral = await open_referral(ann)
    assert referral is not None
    async with ann.desk.database.transaction() as session:
        (noted,) = await activities.of_referral(session, referral_id=referral.id)
    assert (noted.kind, noted.minutes, noted.attended, noted.done_at) == (activities.Kind.CALL, 45, True, TUESDAY)
    with pytest.raises(IllegalMoveError):
        await ends(ann, made, Status.MISSED)


async def test_who_missed_an_appointment_hears_no_blame_and_two_ways_on(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    await ann.says("1")
    ann.now = TUESDAY + timedelta(hours=1)
    await ends(ann, made, Status.MISSED)
    (rescue,) = [said for said in await sent(ann) if "missed" in said]
    assert rescue.startswith("Sorry we missed each other. What would you like?")
    assert await clock(ann, ann.now) == []
    assert "will write to you here" in await ann.says("2")
    assert Reason.MESSAGE_INSTEAD in await reasons_of(ann)
    assert await open_referral(ann) is not None


async def test_the_words_after_a_missed_appointment_wait_for_the_morning(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, at("2026-12-01", "19:00"))
    await ann.says("1")
    ann.now = at("2026-12-01", "20:30")
    await ends(ann, made, Status.MISSED)
    assert not [said for said in await sent(ann) if "missed" in said]
    assert await clock(ann, at("2026-12-02", "07:59")) == []
    assert len(await clock(ann, at("2026-12-02", "08:00"))) == 1


async def test_after_two_missed_staff_are_asked_to_think_of_another_way_and_nothing_ends(ann: Speaker) -> None:
    held = await picked_up(ann)
    for start in (TUESDAY, THURSDAY):
        made = await offers(ann, held, start)
        await ann.says("1")
        assert Reason.MISSED_TWICE not in await reasons_of(ann)
        ann.now = start + timedelta(hours=1)
        await ends(ann, made, Status.MISSED)
        await ann.says("1")
    assert Reason.MISSED_TWICE in await reasons_of(ann)
    assert await open_referral(ann) is not None


async def test_an_offer_nobody_answers_lapses_and_staff_look(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY, WEDNESDAY)
    assert await clock(ann, TUESDAY + timedelta(minutes=1)) == []
    assert (await found(ann, made)).status is Status.OFFERED
    assert "that time has just gone" in await ann.says("tuesday")
    await clock(ann, WEDNESDAY)
    assert (await found(ann, made)).status is Status.LAPSED
    assert Reason.OTHER_TIME in await reasons_of(ann)
    assert await ann.says("2") == ""


async def test_a_person_is_told_that_staff_cannot_make_it_after_all(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    await ann.says("1")
    await ends(ann, made, Status.CANCELLED)
    assert (await sent(ann))[-1].startswith("Sam cannot make Tue 1 Dec, 10am after all")
    assert await clock(ann, at("2026-11-30", "10:00")) == []
    other = await offers(ann, held, WEDNESDAY)
    await ends(ann, other, Status.CANCELLED)
    assert "taken back the times" in (await sent(ann))[-1]
    assert await ann.says("1") == ""


async def test_moving_an_appointment_offers_new_times_in_one_message(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    await ann.says("1")
    before = len(await sent(ann))
    moved = await offers(ann, held, WEDNESDAY, THURSDAY, in_place_of=made)
    assert len(await sent(ann)) == before + 1
    assert (await found(ann, made)).status is Status.CANCELLED
    assert await clock(ann, ann.now) == []
    assert "Thu 3 Dec" in await ann.says("thursday")
    assert (await found(ann, moved)).status is Status.ACCEPTED


async def test_times_that_are_over_too_far_or_twice_the_same_are_not_offered(ann: Speaker) -> None:
    held = await picked_up(ann)
    for starts in (
        (ann.now,),
        (TUESDAY, TUESDAY),
        (),
        (ann.now + timedelta(days=181),),
        tuple(TUESDAY + timedelta(hours=n) for n in range(4)),
    ):
        with pytest.raises(NotAheadError):
            await offers(ann, held, *starts)
    await offers(ann, held, TUESDAY)
    with pytest.raises(LiveAppointmentError):
        await offers(ann, held, WEDNESDAY)


async def test_who_asked_to_be_called_is_not_sent_an_offer_but_may_agree_one_on_the_phone(ann: Speaker) -> None:
    held = await picked_up(ann)
    referral = await open_referral(ann)
    assert referral is not None
    async with ann.desk.database.transaction() as session:
        here = {"person_id": referral.person_id, "address": ["1 Mill Lane", "Nelson"]}
        await staff_tasks.reach_by(session, kind=staff_tasks.Kind.LETTER, **here)
    with pytest.raises(RefusedError, match="Agree a time"):
        await offers(ann, held, TUESDAY)
    before = await sent(ann)
    made = await offers(ann, held, TUESDAY, agreed=True)
    assert (await found(ann, made)).status is Status.ACCEPTED
    await clock(ann, at("2026-11-30", "10:00"))
    assert await sent(ann) == before


async def test_two_people_who_take_the_same_hour_at_once_have_one_winner(desk: Desk) -> None:
    people = [Speaker(desk, now=datetime(2026, 11, 23, 10, 0, tzinfo=UTC)) for _one in range(6)]
    made = [await offers(one, await picked_up(one), TUESDAY + timedelta(minutes=10), WEDNESDAY) for one in people]
    heard = await asyncio.gather(*(one.says("1") for one in people))
    assert sum("Sam will call you on Tue 1 Dec" in said for said in heard) == 1
    lost = [(one, said) for one, said in zip(people, heard, strict=True) if "just gone" in said]
    assert len(lost) == 5
    statuses = [(await found(one, it)).status for one, it in zip(people, made, strict=True)]
    assert statuses.count(Status.ACCEPTED) == 1
    assert "Wed 2 Dec" in await lost[0][0].says("1")
    assert "another time" in await lost[1][0].says("1")


async def test_a_time_that_is_taken_is_not_offered_to_another(desk: Desk, ann: Speaker) -> None:
    held = await picked_up(ann)
    await offers(ann, held, TUESDAY)
    await ann.says("1")
    bob = Speaker(desk, now=ann.now)
    sams = await picked_up(bob)
    for start in (TUESDAY, TUESDAY - timedelta(minutes=29), TUESDAY + timedelta(minutes=29)):
        with pytest.raises(TimeTakenError):
            await offers(bob, sams, start)
    await offers(bob, sams, TUESDAY + timedelta(minutes=30))


async def test_an_offer_that_is_gone_cannot_be_taken(ann: Speaker) -> None:
    held = await picked_up(ann)
    made = await offers(ann, held, TUESDAY)
    async with ann.desk.database.transaction() as session:
        kept = await appointments.hold(session, appointment_id=made.id)
        await appointments.settle(session, kept, to=Status.CANCELLED, now=ann.now)
        with pytest.raises(answering_offers.OfferGoneError):
            await answering_offers.take(session, appointment_id=made.id, starts_at=TUESDAY, now=ann.now)
    assert "That offer is over" in await ann.says("1")


def test_every_status_of_an_appointment_has_its_moves() -> None:
    assert set(appointments.MOVES) == set(Status)
    assert all(not appointments.MOVES[status] for status in set(Status) - set(appointments.LIVE))
