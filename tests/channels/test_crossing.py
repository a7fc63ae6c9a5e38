"""Crossing: a talk goes on elsewhere by a code, and a chat long silent proves itself before anything is shown."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.house import default_channels
from bot import crossing, outreach
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.channels.twilio.whatsapp import WhatsApp
from bot.desk import Desk
from bot.turn import take_turn
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, handoffs, staff, stories
from waitingroom.conversations import Owner
from waitingroom.erasure import goes_with
from waitingroom.handoffs import Handoff, Reason, Urgency
from waitingroom.stories import Story

pytestmark = pytest.mark.anyio

CODE = re.compile(r"CONTINUE ([A-Z2-9]{4} [A-Z2-9]{4})")
REFERENCE = re.compile(r"\b\d{4} \d{4}\b")
CRY = "I want to end my life"
LIFELINE = "116 123"
SILENCE = timedelta(days=90, minutes=5)
OURS = ("Ann", "age 72", "BB9", "lonely", "Company", "link worker reads this")
"""What Ann said, and what only someone in her place is told."""


def elsewhere(ann: Speaker, channel: str = "web") -> Speaker:
    """Ann, or anyone, at a place they never wrote from, at the same moment."""
    return Speaker(ann.desk, now=ann.now, channel=channel)


async def code_for(ann: Speaker) -> str:
    found = CODE.search(await ann.says("CONTINUE"))
    assert found is not None
    return found[1]


async def refers_herself(ann: Speaker) -> str:
    """Ann refers herself; returns her reference."""
    found = REFERENCE.search(await ann.says(*SHORTEST_REFERRAL))
    assert found is not None
    return found[0]


async def comes_back_after_silence(ann: Speaker, said: str = "hello") -> str:
    ann.now += SILENCE
    return await ann.says(said)


async def story(ann: Speaker) -> Story:
    async with ann.desk.database.transaction() as session:
        return await stories.of_talk(session, conversation_id=ann.turns[-1].conversation_id)


async def claimed_by_sam(ann: Speaker) -> Handoff:
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=ann.now)
        raised = await handoffs.of_conversation(session, conversation_id=ann.turns[-1].conversation_id)
        return await handoffs.claim(
            session, handoff_id=raised.id, staff_id=sam.id, version=raised.version, now=ann.now
        )


async def raised_for(ann: Speaker) -> Handoff:
    async with ann.desk.database.transaction() as session:
        return await handoffs.of_conversation(session, conversation_id=ann.turns[-1].conversation_id)


async def left_of(desk: Desk, conversation_id: uuid.UUID) -> dict[str, int]:
    """How many rows there still are of a talk, by table."""
    counted = {}
    async with desk.database.transaction() as session:
        for table, column in goes_with("conversation"):
            found = await session.run(
                text(f"SELECT count(*) FROM {table} WHERE {column} = :id"), {"id": conversation_id}
            )
            counted[f"{table}.{column}"] = found.scalar_one()
        found = await session.run(
            text("SELECT count(*) FROM conversation WHERE id = :id"), {"id": conversation_id}
        )
        counted["conversation"] = found.scalar_one()
    return {place: count for place, count in counted.items() if count}


async def test_someone_goes_on_elsewhere_where_she_stood_with_everything_said(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:6])
    code = await code_for(ann)
    web = elsewhere(ann)
    await web.says("hello")
    heard = await web.says(f"CONTINUE {code}")
    assert "You are back where you were" in heard
    assert web.asked == "needs"
    heard = await web.says(*SHORTEST_REFERRAL[6:])
    assert "Thank you, Ann. Your reference is" in heard
    told = await story(web)
    assert told.about is not None
    assert (told.about.name, told.about.age, told.about.postcode) == ("Ann", 72, "BB9 7AA")
    assert told.what_matters == "Company in the evenings"


async def test_her_first_words_elsewhere_may_be_the_code(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes", "Ann")
    web = elsewhere(ann)
    assert "You are back where you were" in await web.says(f"CONTINUE {await code_for(ann)}")
    assert web.asked == "postcode"


async def test_the_way_she_came_from_stays_open_too(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    await web.says(f"CONTINUE {await code_for(ann)}", "Ann")
    ann.now = web.now
    await ann.says("BB9 7AA")
    assert ann.asked == "needs"


async def test_staff_see_one_story_with_both_ways_to_reach_her(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:4])
    web = elsewhere(ann)
    await web.says("is anyone there")
    await web.says(f"CONTINUE {await code_for(ann)}", *SHORTEST_REFERRAL[4:])
    told = await story(web)
    assert [way.channel for way in told.contacts] == ["web", "terminal"]
    words = [said["text"] for message, said in told.messages if message.author == "person"]
    assert {"Ann", "is anyone there", "Company in the evenings"} <= set(words)
    assert told.consents[0].channel == "terminal"
    async with ann.desk.database.transaction() as session:
        assert (await session.run(text("SELECT count(*) FROM referral"))).scalar_one() == 1
        assert (await session.run(text("SELECT count(*) FROM handoff"))).scalar_one() == 1


@pytest.mark.parametrize(
    "written",
    [
        "continue {code}",
        "Continue {code}.",
        "CONTINUE {bare}",
        "continue {lower}",
        "continue: {code}",
        "CONTINUE  {dashed}",
        "  continue {code}  ",
        "CONTINUE\n{code}",
    ],
)
async def test_the_code_is_taken_however_it_is_typed(ann: Speaker, written: str) -> None:
    await ann.says("hello", "me, 72", "yes")
    code = await code_for(ann)
    spelt = {
        "code": code,
        "bare": code.replace(" ", ""),
        "lower": code.lower().replace(" ", ""),
        "dashed": code.replace(" ", "-"),
    }
    web = elsewhere(ann)
    assert "You are back" in await web.says(written.format(**spelt))
    assert web.asked == "name"


async def test_a_wrong_code_shows_nothing_and_the_talk_there_goes_on(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes", "Ann")
    await code_for(ann)
    web = elsewhere(ann)
    await web.says("hello")
    heard = await web.says("CONTINUE AAAA 2222")
    assert "That code is not right" in heard
    assert "Ann" not in heard
    assert web.asked == "for_whom"


async def test_a_code_lasts_ten_minutes_and_no_longer(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    code = await code_for(ann)
    late, in_time = elsewhere(ann), elsewhere(ann)
    in_time.now += timedelta(minutes=9, seconds=39)
    late.now += timedelta(minutes=9, seconds=41)
    assert "That code is not right, or it has run out" in await late.says(f"CONTINUE {code}")
    assert "You are back" in await in_time.says(f"CONTINUE {code}")


async def test_a_code_works_once(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    code = await code_for(ann)
    first, second = elsewhere(ann), elsewhere(ann)
    assert "You are back" in await first.says(f"CONTINUE {code}")
    assert "That code is not right" in await second.says(f"CONTINUE {code}")
    assert second.turns[-1].conversation_id != first.turns[-1].conversation_id


async def test_only_the_newest_code_works(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    older, newer = await code_for(ann), await code_for(ann)
    web = elsewhere(ann)
    assert "That code is not right" in await web.says(f"CONTINUE {older}")
    assert "You are back" in await web.says(f"CONTINUE {newer}")


async def test_a_code_sent_where_it_was_made_is_not_used_up(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    code = await code_for(ann)
    assert "That code is not right" in await ann.says(f"CONTINUE {code}")
    assert ann.asked == "name"
    assert "You are back" in await elsewhere(ann).says(f"CONTINUE {code}")


async def test_who_guesses_five_times_may_not_guess_again_for_ten_minutes(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    stranger = elsewhere(ann)
    for letter in "ABCDE":
        assert "That code is not right" in await stranger.says(f"CONTINUE {letter * 4} 2222")
    ann.now = stranger.now
    code = await code_for(ann)
    assert "tried too often" in await stranger.says(f"CONTINUE {code}")
    assert "You are back" in await elsewhere(ann).says(f"CONTINUE {code}")
    stranger.now += timedelta(minutes=10)
    ann.now = stranger.now
    assert "You are back" in await stranger.says(f"CONTINUE {await code_for(ann)}")


async def test_a_chat_that_is_somebodys_already_cannot_be_joined_to_another(ann: Speaker) -> None:
    await refers_herself(ann)
    code = await code_for(ann)
    bob = elsewhere(ann)
    await bob.says(*("Bob" if said == "Ann" else said for said in SHORTEST_REFERRAL))
    heard = await bob.says(f"CONTINUE {code}")
    assert "cannot join the two" in heard
    assert (await story(bob)).about is not None
    assert [way.channel for way in (await story(ann)).contacts] == ["terminal"]
    assert "You are back" in await elsewhere(ann).says(f"CONTINUE {code}")


async def test_a_phone_number_alone_never_links_two_chats(ann: Speaker) -> None:
    account = Account("AC" + "0" * 32, "nobody")
    sms, whatsapp = Sms(account, "+447700900000", drama_numbers=True), WhatsApp(account, "+447700900000")
    desk = replace(ann.desk, channels={**default_channels(), "sms": sms, "whatsapp": whatsapp})
    number = "+447700900123"
    texting = Speaker(desk, now=ann.now, channel="sms", address=number)
    chatting = Speaker(desk, now=ann.now, channel="whatsapp", address=number)
    await texting.says(*SHORTEST_REFERRAL)
    heard = await chatting.says("hello", "MORE", "HOW LONG", "CHANGE")
    assert chatting.asked == "for_whom"
    assert not any(word in heard for word in OURS)
    assert chatting.turns[-1].conversation_id != texting.turns[-1].conversation_id


async def test_the_very_same_code_message_delivered_again_changes_nothing(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    sent = web.message(f"CONTINUE {await code_for(ann)}")
    first = await take_turn(web.desk, sent)
    again = await take_turn(web.desk, sent)
    assert first.moved
    assert again.heard_before
    assert again.conversation_id == first.conversation_id


async def test_danger_heard_before_crossing_keeps_its_hand_off_and_its_message(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    assert LIFELINE in await web.says(CRY)
    was = web.turns[-1].conversation_id
    await web.says(f"CONTINUE {await code_for(ann)}")
    raised = await raised_for(ann)
    assert raised.urgency == Urgency.URGENT
    assert Reason.DANGER in raised.reasons
    told = await story(ann)
    ((alarm, _heard),) = told.alarms
    assert any(message.id == alarm.message_id and said["text"] == CRY for message, said in told.messages)
    async with ann.desk.database.transaction() as session:
        waiting = text("SELECT count(*) FROM handoff WHERE conversation_id = :id AND status = 'waiting'")
        assert (await session.run(waiting, {"id": was})).scalar_one() == 0


@pytest.mark.parametrize("said", [f"CONTINUE AAAA 2222 {CRY}", f"{CRY} CONTINUE AAAA 2222"])
async def test_danger_beside_a_code_is_heard(ann: Speaker, said: str) -> None:
    assert LIFELINE in await ann.says(said)
    assert (await raised_for(ann)).urgency == Urgency.URGENT


async def test_danger_is_heard_right_after_crossing_before_anything_else_is_asked(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    await web.says(f"CONTINUE {await code_for(ann)}")
    await web.says(CRY)
    assert web.replies[0].crisis
    assert (await raised_for(ann)).urgency == Urgency.URGENT


async def test_while_a_link_worker_has_the_talk_the_bot_says_no_more_than_welcome(ann: Speaker) -> None:
    await refers_herself(ann)
    code = await code_for(ann)
    await claimed_by_sam(ann)
    web = elsewhere(ann)
    await web.says(f"CONTINUE {code}")
    assert [reply.text for reply in web.replies] == ["You are back where you were. Nothing is lost."]
    assert await web.says("hello Sam") == ""
    told = await story(web)
    assert told.conversation.owner is Owner.LINK_WORKER
    assert told.conversation.contact_id == next(way.id for way in told.contacts if way.channel == "web")


async def test_who_had_asked_for_a_person_before_crossing_has_still_asked(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    await web.says("PERSON")
    was = await claimed_by_sam(web)
    await web.says(f"CONTINUE {await code_for(ann)}")
    raised = await raised_for(ann)
    assert raised.id != was.id
    assert raised.status is handoffs.Status.WAITING
    assert raised.reasons == [Reason.ASKED_FOR_PERSON]


async def test_a_talk_nobody_agreed_to_is_forgotten_with_its_code(ann: Speaker) -> None:
    await ann.says("hello")
    code = await code_for(ann)
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=25)) == 1
    web = elsewhere(ann)
    assert "That code is not right" in await web.says(f"CONTINUE {code}")


@pytest.mark.parametrize("said", [("hello",), ("hello", "me, 72", "yes", "Ann")])
async def test_nothing_stays_behind_in_the_talk_she_left(ann: Speaker, said: tuple[str, ...]) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    await web.says(*said)
    was = web.turns[-1].conversation_id
    await code_for(web)
    await web.says(f"CONTINUE {await code_for(ann)}")
    await outreach.clear_unconsented(ann.desk, now=web.now + timedelta(minutes=1))
    assert await left_of(ann.desk, was) == {}
    assert "person" in {message.author for message, _ in (await story(ann)).messages}


async def test_a_code_made_in_a_talk_she_left_leads_nowhere(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    web = elsewhere(ann)
    await web.says("hello")
    stale = await code_for(web)
    await web.says(f"CONTINUE {await code_for(ann)}")
    assert "That code is not right" in await elsewhere(web).says(f"CONTINUE {stale}")


async def test_words_sent_together_with_the_code_are_heard_where_it_leads(
    ann: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ann.says("hello", "me, 72", "yes", "Ann")
    web = elsewhere(ann)
    await web.says("hello")
    code = await code_for(ann)
    both = await at_once(monkeypatch, web, f"CONTINUE {code}", "BB9 7AA")
    assert [turn.conversation_id for turn in both] == [ann.turns[-1].conversation_id] * 2
    assert both[1].replies[-1][1].asks == "needs"


async def test_two_messages_at_once_after_long_silence_are_in_one_talk(
    ann: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refers_herself(ann)
    ann.now += SILENCE
    first, second = await at_once(monkeypatch, ann, "hello", CRY, waits_in="too_long_silent")
    assert first.conversation_id == second.conversation_id
    assert second.replies[0][1].crisis


async def at_once(
    monkeypatch: pytest.MonkeyPatch, who: Speaker, first: str, second: str, *, waits_in: str = "carry"
) -> list[Any]:
    """Take two turns of one chat, the second of which comes in while the first is under way."""
    coming: list[asyncio.Task[Any]] = []
    lets_in = crossing.carry

    async def carry(*facts: Any, **more: Any) -> uuid.UUID:
        await second_waits()
        return await lets_in(*facts, **more)

    async def second_waits() -> None:
        if not coming:
            coming.append(asyncio.create_task(take_turn(who.desk, who.message(second))))
            await until(lambda: someone_waits(who.desk))

    if waits_in == "carry":
        monkeypatch.setattr(crossing, "carry", carry)
        turns = [await take_turn(who.desk, who.message(first))]
    else:
        from bot import memory

        parts = memory.apart

        async def apart(*facts: Any, **more: Any) -> Any:
            await second_waits()
            return await parts(*facts, **more)

        monkeypatch.setattr(memory, "apart", apart)
        turns = [await take_turn(who.desk, who.message(first))]
    return [*turns, await coming[0]]


async def someone_waits(desk: Desk) -> bool:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    async with desk.database.transaction() as session:
        return bool((await session.run(text(waiting))).scalar_one())


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await happened():  # noqa: ASYNC110 -- what happens, happens in the database
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    "said", ["hello", "MORE", "CHANGE", "BACK", "AGAIN", "HOW LONG", "CONTINUE", "what did I say?"]
)
async def test_after_90_silent_days_nothing_of_the_old_talk_is_shown(ann: Speaker, said: str) -> None:
    reference = await refers_herself(ann)
    heard = await comes_back_after_silence(ann, said)
    assert not any(word in heard for word in (*OURS, reference))
    assert ann.turns[-1].conversation_id != ann.turns[0].conversation_id


async def test_after_90_silent_days_half_a_referral_is_not_shown_either(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:-1])
    heard = await comes_back_after_silence(ann, "CHANGE")
    heard += await ann.says("AGAIN", "CHANGE")
    assert not any(word in heard for word in OURS)
    assert (await story_of_first(ann)).handoff is None


async def test_up_to_90_days_she_goes_on_as_before(ann: Speaker) -> None:
    await refers_herself(ann)
    ann.now += timedelta(days=89)
    assert "What would you like?" in await ann.says("MENU")


async def test_her_reference_brings_her_back_to_her_place(ann: Speaker) -> None:
    reference = await refers_herself(ann)
    assert "Please send your reference" in await comes_back_after_silence(ann)
    assert "You are back where you were" in await ann.says(f"it is {reference}")
    assert ann.turns[-1].conversation_id == ann.turns[0].conversation_id
    assert "What would you like?" in await ann.says("MENU")


async def test_a_wrong_reference_shows_nothing_and_is_tried_five_times_at_most(ann: Speaker) -> None:
    reference = await refers_herself(ann)
    await comes_back_after_silence(ann)
    wrong = "1234 5674" if reference != "1234 5674" else "7654 3210"
    for _ in range(5):
        assert "not the reference we have" in await ann.says(wrong)
        assert ann.asked == "who"
    assert "tried too often" in await ann.says(reference)


async def test_somebody_elses_reference_opens_nothing(ann: Speaker) -> None:
    bob = elsewhere(ann)
    theirs = await refers_herself(bob)
    await refers_herself(ann)
    await comes_back_after_silence(ann)
    assert "not the reference we have" in await ann.says(theirs)


async def test_danger_is_heard_from_someone_who_has_not_proved_who_they_are(ann: Speaker) -> None:
    await refers_herself(ann)
    await comes_back_after_silence(ann, CRY)
    assert ann.replies[0].crisis
    assert (await raised_for(ann)).reasons == [Reason.DANGER]


async def test_danger_said_with_the_reference_is_heard_too(ann: Speaker) -> None:
    reference = await refers_herself(ann)
    await comes_back_after_silence(ann)
    heard = await ann.says(f"{reference} {CRY}")
    assert LIFELINE in heard
    assert (await raised_for(ann)).urgency == Urgency.URGENT


async def test_danger_heard_while_returning_goes_along_with_the_proof(ann: Speaker) -> None:
    reference = await refers_herself(ann)
    await comes_back_after_silence(ann, CRY)
    await ann.says(reference)
    raised = await raised_for(ann)
    assert raised.conversation_id == ann.turns[0].conversation_id
    assert raised.urgency == Urgency.URGENT
    assert set(raised.reasons) == {Reason.NEW_REFERRAL, Reason.UNREACHABLE, Reason.DANGER}


@pytest.mark.parametrize("said", ["NEW", "1", "new here", "no"])
async def test_someone_new_at_an_old_number_begins_afresh(ann: Speaker, said: str) -> None:
    await refers_herself(ann)
    await comes_back_after_silence(ann)
    assert "Send HELLO to begin" in await ann.says(said)
    heard = await ann.says("hello")
    assert ann.asked == "for_whom"
    assert not any(word in heard for word in OURS)
    heard = await ann.says("me, 40", "yes", "Jo", "BB8 0AA", "1", "A warm home", "here", "any", "yes")
    assert "Thank you, Jo" in heard
    assert (await story(ann)).about != (await story_of_first(ann)).about


async def story_of_first(ann: Speaker) -> Story:
    async with ann.desk.database.transaction() as session:
        return await stories.of_talk(session, conversation_id=ann.turns[0].conversation_id)


async def test_stop_is_heard_from_someone_who_has_not_proved_who_they_are(ann: Speaker) -> None:
    await refers_herself(ann)
    assert "We have stopped" in await comes_back_after_silence(ann, "STOP")


async def test_only_the_silent_way_proves_itself_the_other_goes_on(ann: Speaker) -> None:
    await refers_herself(ann)
    web = elsewhere(ann)
    await web.says(f"CONTINUE {await code_for(ann)}")
    web.now += timedelta(days=60)
    await web.says("MENU")
    web.now += timedelta(days=31)
    assert "What would you like?" in await web.says("MENU")
    assert "Please send your reference" in await comes_back_after_silence(ann)
    web.now += timedelta(days=1)
    assert "What would you like?" in await web.says("MENU")


async def test_a_talk_a_link_worker_has_is_not_shown_after_silence_and_stays_theirs(ann: Speaker) -> None:
    reference = await refers_herself(ann)
    held = await claimed_by_sam(ann)
    assert "Please send your reference" in await comes_back_after_silence(ann)
    assert "You are back" in await ann.says(reference)
    assert await ann.says("Hello Sam") == ""
    async with ann.desk.database.transaction() as session:
        talk = await conversations.find(session, held.conversation_id)
        assert talk.owner is Owner.LINK_WORKER
        assert (await handoffs.find(session, handoff_id=held.id)).status is handoffs.Status.CLAIMED


async def test_a_code_from_where_she_is_known_proves_it_as_well(ann: Speaker) -> None:
    await refers_herself(ann)
    web = elsewhere(ann)
    await web.says(f"CONTINUE {await code_for(ann)}")
    await comes_back_after_silence(ann)
    web.now = ann.now - timedelta(days=10)
    await web.says("MENU")
    web.now = ann.now
    assert "You are back" in await ann.says(f"CONTINUE {await code_for(web)}")
    assert ann.turns[-1].conversation_id == web.turns[-1].conversation_id


async def test_who_does_not_prove_it_in_a_day_is_asked_again_and_may_still_prove_it(ann: Speaker) -> None:
    reference = await refers_herself(ann)
    await comes_back_after_silence(ann)
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=25)) == 1
    ann.now += timedelta(hours=26)
    heard = await ann.says("hello")
    assert "Please send your reference" in heard
    assert not any(word in heard for word in OURS)
    assert "You are back" in await ann.says(reference)
