"""Someone who waits is asked how things are; worse is seen the same day, and silence takes nobody off the list."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot import how_are_you as by_clock
from content.segments import segments
from tests.at_the_desk import claims, handoff_of, hands_back, open_referral, place_of, reasons_of
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import how_are_you, messages, waiting
from waitingroom.conversations import Place
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency
from waitingroom.how_are_you import Answer, Asks, HowAreYou
from waitingroom.waiting import Pace

pytestmark = pytest.mark.anyio

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
THINGS, STAY = "How are things?", "Do you still want to stay on our list?"


async def clock(who: Speaker, *, until: datetime, every: timedelta = timedelta(hours=6)) -> int:
    """Let time pass; the clock looks every so often. Returns how many times someone was asked."""
    asked = 0
    while who.now < until:
        who.now += every
        asked += await by_clock.ask_how_they_are(who.desk, now=who.now)
    return asked


async def unasked(who: Speaker) -> list[str]:
    async with who.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=who.turns[0].conversation_id)
        return [messages.said(session, one)["text"] for one in said if one.kind == "started"]


async def times(who: Speaker) -> list[HowAreYou]:
    referral = await open_referral(who)
    assert referral is not None
    async with who.desk.database.transaction() as session:
        return await how_are_you.of_referral(session, referral_id=referral.id)


@pytest.fixture
async def waits(ann: Speaker) -> Speaker:
    """Ann waits, and has left no question open."""
    await ann.says(*SHORTEST_REFERRAL)
    return ann


async def test_every_two_weeks_someone_is_asked_one_question_that_names_nothing(waits: Speaker) -> None:
    joined = waits.now
    assert await clock(waits, until=joined + 13 * DAY) == 0
    assert await clock(waits, until=joined + 15 * DAY) == 1
    (said,) = await unasked(waits)
    assert said.startswith(THINGS)
    assert segments(said) == 1
    content = waits.desk.service.content
    told = [word for need in content.needs.values() for word in (need.label, *need.private)]
    assert not [word for word in (*told, "Ann", "health", "link worker") if word in said]


@pytest.mark.parametrize(
    ("said", "answer"),
    [("1", Answer.BETTER), ("a bit better", Answer.BETTER), ("2", Answer.SAME), ("about the same", Answer.SAME)],
)
async def test_better_or_the_same_is_kept_and_nobody_is_called(waits: Speaker, said: str, answer: Answer) -> None:
    await clock(waits, until=waits.now + 15 * DAY)
    heard = await waits.says(said)
    assert "You keep your place" in heard
    assert (await times(waits))[0].answer is answer
    assert Reason.GETTING_WORSE not in await reasons_of(waits)
    assert [one.turn for one in await times(waits)] == [1, 2]


async def test_worse_is_seen_by_a_link_worker_the_same_day_and_said_truthfully(waits: Speaker) -> None:
    await clock(waits, until=waits.now + 15 * DAY)
    waits.now = waits.now.replace(hour=11)
    heard = await waits.says("worse")
    raised = await handoff_of(waits)
    assert raised is not None
    assert Reason.GETTING_WORSE in raised.reasons
    assert raised.urgency == Urgency.SOON
    assert waits.desk.service.read_by(waits.now) in heard
    assert "999" in heard


async def test_danger_in_the_answer_is_danger(waits: Speaker) -> None:
    await clock(waits, until=waits.now + 15 * DAY)
    assert "999" in await waits.says("worse, I want to end my life")
    raised = await handoff_of(waits)
    assert raised is not None
    assert raised.urgency == Urgency.URGENT


async def test_free_words_are_kept_for_the_link_worker(waits: Speaker) -> None:
    await clock(waits, until=waits.now + 15 * DAY)
    assert "your link worker will see it" in await waits.says("my sister came to stay for a while")
    assert Reason.WORD_LEFT in await reasons_of(waits)
    assert (await times(waits))[0].answer is Answer.OWN_WORDS


async def answers_twice(who: Speaker) -> None:
    for _ in range(2):
        await clock(who, until=who.now + 15 * DAY)
        await who.says("the same")


async def test_the_third_time_she_is_asked_whether_she_still_wants_to_wait(waits: Speaker) -> None:
    await answers_twice(waits)
    await clock(waits, until=waits.now + 15 * DAY)
    assert [said.split("\n")[0] for said in await unasked(waits)] == [THINGS, THINGS, STAY]
    assert "You keep your place" in await waits.says("1")
    assert [one.answer for one in await times(waits)] == [Answer.SAME, Answer.SAME, Answer.YES, None]


async def test_no_leads_to_the_talk_about_leaving_and_takes_nobody_off_by_itself(waits: Speaker) -> None:
    await answers_twice(waits)
    await clock(waits, until=waits.now + 15 * DAY)
    assert "Do you want to take back your request?" in await waits.says("no")
    assert await open_referral(waits) is not None
    assert "you keep your place" in await waits.says("no")
    assert await place_of(waits) is Place.WAITING_ROOM


async def test_not_sure_keeps_the_place(waits: Speaker) -> None:
    await answers_twice(waits)
    await clock(waits, until=waits.now + 15 * DAY)
    assert "You keep your place" in await waits.says("not sure")
    assert await place_of(waits) is Place.WAITING_ROOM


async def test_silent_twice_she_is_asked_once_whether_to_stay_and_then_staff_look_and_she_stays(
    waits: Speaker,
) -> None:
    joined = waits.now
    await clock(waits, until=joined + 200 * DAY)
    assert [said.split("\n")[0] for said in await unasked(waits)] == [THINGS, THINGS, STAY]
    raised = await handoff_of(waits)
    assert raised is not None
    assert raised.reasons[-1] == Reason.SILENT
    assert raised.urgency == Urgency.ROUTINE
    assert await place_of(waits) is Place.WAITING_ROOM
    assert await open_referral(waits) is not None
    assert [one.answer for one in await times(waits)][:3] == [None, None, Answer.SILENCE]


async def test_who_was_silent_and_writes_again_is_asked_again_in_time(waits: Speaker) -> None:
    await clock(waits, until=waits.now + 70 * DAY)
    assert len(await unasked(waits)) == 3
    await waits.says("more")
    await clock(waits, until=waits.now + 17 * DAY)
    assert (await unasked(waits))[-1].startswith(THINGS)


async def test_who_writes_anything_is_not_silent(waits: Speaker) -> None:
    for _ in range(2):
        await clock(waits, until=waits.now + 15 * DAY)
        await waits.says("helplines")
    assert [said.split("\n")[0] for said in await unasked(waits)] == [THINGS, THINGS]
    await clock(waits, until=waits.now + 45 * DAY)
    assert Reason.SILENT not in await reasons_of(waits)


async def test_nobody_is_asked_in_the_night(waits: Speaker) -> None:
    waits.now = (waits.now + 15 * DAY).replace(hour=20, minute=30)
    assert await clock(waits, until=waits.now + timedelta(hours=11), every=timedelta(hours=1)) == 0
    assert await clock(waits, until=waits.now + timedelta(hours=2), every=timedelta(hours=1)) == 1


async def test_outside_the_hours_she_called_safe_she_is_not_asked(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:-2], "afternoons", "yes")
    ann.now = (ann.now + 15 * DAY).replace(hour=8, minute=30)
    assert await clock(ann, until=ann.now + timedelta(hours=3), every=timedelta(hours=1)) == 0
    assert await clock(ann, until=ann.now + timedelta(hours=3), every=timedelta(hours=1)) == 1


async def test_who_paused_is_not_asked_until_they_resume(waits: Speaker) -> None:
    await waits.says("pause")
    assert await clock(waits, until=waits.now + 40 * DAY) == 0
    await waits.says("resume")
    assert await clock(waits, until=waits.now + 15 * DAY) == 1


async def test_a_talk_a_link_worker_has_is_left_alone(waits: Speaker) -> None:
    claimed = await claims(waits)
    assert await clock(waits, until=waits.now + 20 * DAY) == 0
    await hands_back(waits, claimed)
    assert await clock(waits, until=waits.now + 10 * DAY) == 1


async def test_nothing_else_unasked_went_within_twenty_hours(waits: Speaker) -> None:
    referral = await open_referral(waits)
    assert referral is not None
    waits.now = (waits.now + 14 * DAY).replace(hour=12)
    async with waits.desk.database.transaction() as session:
        await waiting.note_sent(session, referral_id=referral.id, step="some_step", item=None, now=waits.now)
    assert await clock(waits, until=waits.now + timedelta(hours=19), every=timedelta(hours=1)) == 0
    assert await clock(waits, until=waits.now + timedelta(hours=6), every=timedelta(hours=1)) == 1


async def test_who_left_the_list_is_asked_no_more_and_not_looked_at_either(waits: Speaker) -> None:
    await waits.says("withdraw", "yes")
    assert await clock(waits, until=waits.now + 40 * DAY) == 0
    async with waits.desk.database.transaction() as session:
        left = (await session.run(text("SELECT count(*) FROM how_are_you WHERE asked_at IS NULL"))).scalar_one()
    assert left == 0


async def test_a_service_may_ask_every_month_or_never(waits: Speaker) -> None:
    monthly = replace(waits.desk, service=replace(waits.desk.service, how_are_you_days=28))
    never = replace(waits.desk, service=replace(waits.desk.service, how_are_you_days=0))
    later = (waits.now + 20 * DAY).replace(hour=11)
    assert await by_clock.ask_how_they_are(never, now=later) == 0
    later += 15 * DAY
    assert await by_clock.ask_how_they_are(monthly, now=later) == 1


async def test_a_clock_that_is_started_again_asks_nothing_twice(waits: Speaker) -> None:
    later = (waits.now + 15 * DAY).replace(hour=11)
    assert await by_clock.ask_how_they_are(waits.desk, now=later) == 1
    async with waits.desk.database.transaction() as session:
        first = how_are_you.Due(
            (await times(waits))[0].referral_id,
            1,
            waits.turns[0].conversation_id,
            later,
            waits.now,
            Pace.ACTIVE,
        )
        assert not await how_are_you.note_asked(session, first, asks=Asks.THINGS, next_at=later + DAY, now=later)
    assert await by_clock.ask_how_they_are(waits.desk, now=later) == 0
    assert len(await unasked(waits)) == 1


async def test_of_two_times_planned_for_one_person_who_was_two_on_record_one_goes_on(waits: Speaker) -> None:
    (planned,) = await times(waits)
    async with waits.desk.database.transaction() as session:
        again = "INSERT INTO how_are_you (referral_id, turn, due_at) VALUES ($1, 7, $2)"
        await session.driver.execute(again, planned.referral_id, planned.due_at)
    joined = waits.now
    assert await clock(waits, until=joined + 20 * DAY) == 1
    assert len([one for one in await times(waits) if one.asked_at is None]) == 1


async def test_finding_who_is_due_costs_as_much_as_there_are_of_them(waits: Speaker) -> None:
    async with waits.desk.database.transaction() as session:
        plan = await _plan(session)
    assert "ix_how_are_you_due" in plan


async def _plan(session: Session) -> str:
    await session.run(text("SET LOCAL enable_seqscan = off"))
    found = await session.run(text("EXPLAIN " + how_are_you.DUE.replace("$1", "now()").replace("$2", "100")))
    return "\n".join(row[0] for row in found)
