"""Who writes to a link worker: told when it is read, and the truth when nobody answers; never left with nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import unanswered as silence
from bot.desk import Desk
from content import Content
from content.segments import outside_gsm7, segments
from tests.at_the_desk import claims, handoff_of, hands_back, open_referral, reasons_of
from tests.meeting import at, clock, picked_up, sent, writes
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import activities, away, staff
from waitingroom.handoffs import Reason, Status
from waitingroom.referrals import Status as ReferralStatus

pytestmark = pytest.mark.anyio

LATER = "If it cannot wait, reply HELPLINES. If a life is at risk, call 999."


async def test_in_working_hours_the_bot_says_nothing_over_a_link_worker(ann: Speaker) -> None:
    await picked_up(ann)
    assert await ann.says("are you there Sam") == ""


async def test_in_the_evening_a_person_is_told_once_when_it_is_read(ann: Speaker) -> None:
    await picked_up(ann)
    ann.now = at("2026-11-23", "18:00")
    assert (
        await ann.says("i need to ask you something")
        == f"Sam will read this on Tuesday 24 November from 9am. {LATER}"
    )
    assert await ann.says("it is about the letter") == ""
    ann.now = at("2026-11-24", "06:30")
    assert await ann.says("are you up yet") == ""
    ann.now = at("2026-11-24", "17:30")
    assert "on Wednesday 25 November from 9am" in await ann.says("sam?")


@pytest.mark.parametrize(
    ("day", "read_on"),
    [
        ("2026-11-27", "Monday 30 November"),
        ("2026-11-28", "Monday 30 November"),
        ("2026-12-24", "Tuesday 29 December"),
        ("2027-03-25", "Tuesday 30 March"),
    ],
)
async def test_weekends_and_bank_holidays_are_no_working_days(ann: Speaker, day: str, read_on: str) -> None:
    ann.now = at(day, "10:00").astimezone(UTC) - timedelta(days=2)
    await picked_up(ann)
    ann.now = at(day, "17:30")
    assert f"on {read_on} from 9am" in await ann.says("can we talk")


async def test_thanks_and_goodbye_want_no_answer(ann: Speaker) -> None:
    held = await picked_up(ann)
    await writes(ann, held, "I will ring on Tuesday.")
    ann.now = at("2026-11-23", "18:00")
    for said in ("ok thanks", "Thank you so much!", "\U0001f44d", "great, bye"):
        assert await ann.says(said) == "", said
    assert await clock(ann, at("2026-12-04", "12:00")) == []
    assert (await reasons_of(ann)).count(Reason.UNANSWERED) == 0


async def test_danger_in_the_evening_is_answered_with_crisis_lines_alone(ann: Speaker) -> None:
    await picked_up(ann)
    ann.now = at("2026-11-23", "18:00")
    heard = await ann.says("i want to kill myself")
    assert "116 123" in heard
    assert "Sam will read this" not in heard


async def test_a_worker_who_is_away_has_messages_say_so_and_who_reads_them(ann: Speaker) -> None:
    held = await picked_up(ann)
    assert held.claimed_by is not None
    async with ann.desk.database.transaction() as session:
        priya = await staff.welcome(session, name="Priya", now=ann.now)
        facts = {"staff_id": held.claimed_by, "today": ann.now.date(), "now": ann.now}
        with pytest.raises(away.NoCoverError):
            await away.leave(session, until_on=at("2026-12-07", "09:00").date(), cover_id=held.claimed_by, **facts)
        with pytest.raises(away.BackTooSoonError):
            await away.leave(session, until_on=ann.now.date(), cover_id=None, **facts)
        await away.leave(session, until_on=at("2026-12-07", "09:00").date(), cover_id=None, **facts)
    assert "Sam will read this on Monday 7 December from 9am." in await ann.says("hello sam are you there")
    assert await ann.says("or not") == ""
    async with ann.desk.database.transaction() as session:
        await away.leave(session, until_on=at("2026-12-07", "09:00").date(), cover_id=priya.id, **facts)
    assert "Sam is away. Priya will read this today." in await ann.says("who has my letter")
    ann.now = at("2026-11-23", "18:00")
    assert "Priya will read this on Tuesday 24 November from 9am" in await ann.says("hello?")
    async with ann.desk.database.transaction() as session:
        await away.come_back(session, staff_id=held.claimed_by)
    ann.now = at("2026-11-25", "11:00")
    assert await ann.says("hello sam") == ""


async def test_after_two_working_days_staff_are_reminded_and_the_person_is_told_the_truth_once(
    ann: Speaker,
) -> None:
    await picked_up(ann)
    ann.now = at("2026-11-26", "16:00")
    await ann.says("did you find out about the grant")
    ann.now = at("2026-11-27", "10:00")
    await ann.says("or not")
    assert await clock(ann, at("2026-11-30", "15:59")) == []
    assert Reason.UNANSWERED not in await reasons_of(ann)
    (told,) = await clock(ann, at("2026-11-30", "16:01"))
    assert told == f"Sam has not answered you yet, and we are sorry. We have reminded them. {LATER}"
    assert Reason.UNANSWERED in await reasons_of(ann)
    assert await clock(ann, at("2026-12-01", "12:00")) == []


async def test_two_more_working_days_later_they_are_back_with_the_bot_and_anyone_may_pick_them_up(
    ann: Speaker,
) -> None:
    await picked_up(ann)
    ann.now = at("2026-11-24", "11:00")
    await ann.says("did you find out about the grant")
    assert len(await clock(ann, at("2026-11-26", "11:01"))) == 1
    assert await ann.says("hello?") == ""
    assert await clock(ann, at("2026-11-30", "11:00")) == []
    (told,) = await clock(ann, at("2026-11-30", "11:02"))
    assert told.startswith("We have not been able to answer you, and we are sorry. I am the computer program.")
    raised = await handoff_of(ann)
    assert raised is not None
    assert (raised.status, raised.claimed_by) == (Status.WAITING, None)
    assert Reason.UNANSWERED in raised.reasons
    referral = await open_referral(ann)
    assert referral is not None
    assert referral.status is ReferralStatus.WAITING
    assert await clock(ann, at("2026-12-20", "11:02")) == []
    assert await ann.says("menu") != ""


async def test_an_answer_a_call_or_a_new_worker_ends_the_silence(ann: Speaker, desk: Desk) -> None:
    held = await picked_up(ann)
    ann.now = at("2026-11-24", "11:00")
    await ann.says("did you find out")
    await writes(ann, held, "Yes: they said yes.")
    assert await clock(ann, at("2026-11-27", "12:00")) == []
    bob = Speaker(desk, now=datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    bobs = await picked_up(bob, "Priya")
    await bob.says("can you ring me")
    referral = await open_referral(bob)
    assert referral is not None
    assert bobs.claimed_by is not None
    async with desk.database.transaction() as session:
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=bobs.claimed_by,
            kind=activities.Kind.CALL,
            minutes=10,
            attended=True,
            note="",
            now=bob.now + timedelta(hours=1),
        )
    assert await clock(bob, at("2026-11-27", "12:00")) == []
    await bob.says("and another thing")
    await hands_back(bob, bobs)
    assert await clock(bob, at("2026-12-04", "12:00")) == []


async def test_a_call_nobody_answered_is_no_answer(ann: Speaker) -> None:
    held = await picked_up(ann)
    await ann.says("can you ring me")
    referral = await open_referral(ann)
    assert referral is not None
    assert held.claimed_by is not None
    async with ann.desk.database.transaction() as session:
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=held.claimed_by,
            kind=activities.Kind.CALL,
            minutes=1,
            attended=False,
            note="",
            now=ann.now + timedelta(hours=1),
        )
    assert len(await clock(ann, at("2026-11-25", "12:00"))) == 1


async def test_the_truth_is_told_in_hours_that_are_safe_and_staff_are_reminded_all_the_same(ann: Speaker) -> None:
    told = list(SHORTEST_REFERRAL)
    told[told.index("any") : told.index("any") + 1] = ["4", "after 4pm"]
    await ann.says(*told)
    await claims(ann)
    await ann.says("are you there sam")
    assert await clock(ann, at("2026-11-25", "11:00")) == []
    assert Reason.UNANSWERED in await reasons_of(ann)
    assert len(await clock(ann, at("2026-11-25", "16:00"))) == 1


async def test_who_stopped_messages_is_not_told_but_staff_are(ann: Speaker) -> None:
    await picked_up(ann)
    await ann.says("are you there sam", "STOP")
    before = len(await sent(ann))
    await clock(ann, at("2026-11-25", "11:00"))
    await clock(ann, at("2026-11-27", "11:05"))
    assert len(await sent(ann)) == before
    raised = await handoff_of(ann)
    assert raised is not None
    assert raised.status is Status.WAITING


async def test_every_word_of_it_fits_two_text_messages_and_names_no_need(content: Content) -> None:
    facts = {
        "staff": "Bartholomew-Montgomery",
        "cover": "Wilhelmina-Alexandra",
        "when": "on Wednesday 30 September from 9:30am",
    }
    for words in (silence.WAITS, silence.COVERED, silence.NOT_YET, silence.GIVEN_BACK):
        said = words.format(**facts)
        assert not outside_gsm7(said)
        assert segments(said) <= 2
        for need in content.needs.values():
            assert not [word for word in need.private if f" {word} " in said.lower()]
