"""Someone who stops half-way is asked once whether to go on, and is then let be."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from bot import outreach
from tests.at_the_desk import claims
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import consents, conversations, messages, reminders
from waitingroom.consents import Purpose
from waitingroom.conversations import ContactState

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)
HALF = SHORTEST_REFERRAL[:6]
CRY = "I want to end my life"
WORDS = "You began something with us"


async def unasked(who: Speaker) -> list[str]:
    """All that was sent to someone without their having asked for it just now."""
    async with who.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=who.turns[0].conversation_id)
        return [messages.said(session, one)["text"] for one in said if one.kind == "started"]


async def remind_every_hour(who: Speaker, *, days: int, from_: datetime | None = None) -> int:
    since = from_ or who.now
    return sum(
        [await outreach.remind_half_way(who.desk, now=since + timedelta(hours=n)) for n in range(24 * days)]
    )


async def test_someone_silent_half_way_is_reminded_once_after_a_day(ann: Speaker) -> None:
    await ann.says(*HALF)
    assert await outreach.remind_half_way(ann.desk, now=ann.now + timedelta(hours=23)) == 0
    assert await remind_every_hour(ann, days=40) == 1
    (said,) = await unasked(ann)
    assert WORDS in said


async def test_the_reminder_names_nothing(ann: Speaker) -> None:
    await ann.says(*HALF)
    await remind_every_hour(ann, days=3)
    (said,) = await unasked(ann)
    content = ann.desk.service.content
    told = [word for need in content.needs.values() for word in (need.label, *need.private)]
    assert not [word for word in (*told, "Ann", "BB9", "health", "Waiting Room") if word in said]


async def test_yes_goes_on_where_they_stood_and_answers_nothing_else(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:8], "call me", "07700 900123")
    assert ann.asked == "voicemail"
    await remind_every_hour(ann, days=2)
    ann.now += 2 * DAY
    heard = await ann.says("yes")
    assert "Here is where we were" in heard
    assert ann.asked == "voicemail"


async def test_a_yes_to_the_reminder_never_sends_a_referral(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:-1])
    assert ann.asked == "check_answers"
    await remind_every_hour(ann, days=2)
    ann.now += 2 * DAY
    await ann.says("yes")
    assert ann.asked == "check_answers"
    assert "Your reference is" in await ann.says("yes")


async def test_no_forgets_it_all(ann: Speaker) -> None:
    await ann.says(*HALF)
    await remind_every_hour(ann, days=2)
    ann.now += 2 * DAY
    assert "deleted within the hour" in await ann.says("no thanks")
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=1)) == 1


async def test_stop_is_heard_at_the_reminder(ann: Speaker) -> None:
    await ann.says(*HALF)
    await remind_every_hour(ann, days=2)
    ann.now += 2 * DAY
    assert "We have stopped" in await ann.says("STOP")


async def test_other_words_bring_the_question_that_stood(ann: Speaker) -> None:
    await ann.says(*HALF)
    await remind_every_hour(ann, days=2)
    ann.now += 2 * DAY
    await ann.says("oh I forgot about you")
    assert ann.asked == "needs"


async def test_someone_reminded_who_falls_silent_again_is_let_be(ann: Speaker) -> None:
    await ann.says(*HALF)
    await remind_every_hour(ann, days=2)
    ann.now += 2 * DAY
    await ann.says("yes")
    assert await remind_every_hour(ann, days=10) == 0


async def test_nobody_is_reminded_in_the_night(ann: Speaker) -> None:
    ann.now = ann.now.replace(hour=22)
    await ann.says(*HALF)
    for hours in (24, 28, 33):
        assert await outreach.remind_half_way(ann.desk, now=ann.now + timedelta(hours=hours)) == 0
    assert await outreach.remind_half_way(ann.desk, now=ann.now + timedelta(hours=35)) == 1


async def test_a_service_that_was_down_for_days_does_not_remind_late(ann: Speaker) -> None:
    await ann.says(*HALF)
    assert await remind_every_hour(ann, days=5, from_=ann.now + 4 * DAY) == 0


async def test_two_workers_at_once_remind_once(ann: Speaker) -> None:
    await ann.says(*HALF)
    now = ann.now + timedelta(hours=25)
    done = await asyncio.gather(*(outreach.remind_half_way(ann.desk, now=now) for _ in range(5)))
    assert sum(done) == 1
    assert len(await unasked(ann)) == 1


async def test_who_has_not_agreed_to_anything_is_not_reminded(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:3])
    assert ann.asked == "consent"
    assert await remind_every_hour(ann, days=4) == 0


async def test_someone_in_the_waiting_room_is_never_chased_for_an_answer(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "menu")
    assert ann.asked == "wish"
    assert await remind_every_hour(ann, days=4) == 0


@pytest.mark.parametrize("state", [ContactState.STOPPED, ContactState.UNREACHABLE])
async def test_whoever_cannot_or_will_not_hear_from_us_does_not(ann: Speaker, state: ContactState) -> None:
    await ann.says(*HALF)
    async with ann.desk.database.transaction() as session:
        way = await conversations.way_to_reach(session, conversation_id=ann.turns[0].conversation_id)
        await conversations.set_contact(session, contact_id=way.id, state=state, now=ann.now)
    assert await remind_every_hour(ann, days=4) == 0


@pytest.mark.parametrize("said", [CRY, "PERSON"])
async def test_where_a_person_has_been_asked_to_look_no_program_writes(ann: Speaker, said: str) -> None:
    await ann.says(*HALF, said)
    assert await remind_every_hour(ann, days=4) == 0
    other = Speaker(ann.desk, now=ann.now)
    await other.says(*HALF, said)
    await claims(other)
    assert await remind_every_hour(other, days=4) == 0


async def test_what_was_told_half_way_is_deleted_after_30_silent_days(ann: Speaker) -> None:
    await ann.says(*HALF)
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(days=29, hours=23)) == 0
    ann.now += 20 * DAY
    await ann.says("again")
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(days=29)) == 0
    await remind_every_hour(ann, days=3)
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(days=30)) == 1
    async with ann.desk.database.transaction() as session:
        for table in ("conversation", "contact", "message", "consent", "reminder"):
            assert (await session.run(text(f"SELECT count(*) FROM {table}"))).scalar_one() == 0, table


async def test_danger_heard_half_way_keeps_it_until_a_person_has_looked(ann: Speaker) -> None:
    await ann.says(*HALF, CRY)
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + 60 * DAY) == 0


async def test_someone_who_waits_is_never_cleared_for_being_silent(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + 400 * DAY) == 0


async def test_half_way_without_a_standing_yes_is_nobody_to_remind(ann: Speaker) -> None:
    await ann.says(*HALF)
    conversation_id = ann.turns[0].conversation_id
    async with ann.desk.database.transaction() as session:
        await consents.withdraw(session, conversation_id=conversation_id, purpose=Purpose.REFERRAL, now=ann.now)
        assert await reminders.due(session, now=ann.now + timedelta(hours=25)) == []
