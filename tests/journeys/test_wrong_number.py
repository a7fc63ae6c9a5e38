"""A stranger reads what was meant for somebody else; and somebody wonders who we are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.house import default_channels
from bot import outreach
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.desk import Desk
from tests.at_the_desk import handoff_of, open_referral, place_of, reasons_of, story_of
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, handoffs, messages
from waitingroom.conversations import Place, StoppedError
from waitingroom.handoffs import Reason

pytestmark = pytest.mark.anyio
OURS = ("Ann", "BB9", "lonely", "Company", "reference is", "What would you like?")
CRY = "I want to end my life"


def by_text(desk: Desk, who: Speaker) -> Speaker:
    sms = Sms(Account("AC" + "0" * 32, "nobody"), "+447700900000", drama_numbers=True)
    with_texts = replace(desk, channels={**default_channels(), "sms": sms})
    return Speaker(with_texts, now=who.now, channel="sms", address="+447700900123")


@pytest.fixture
async def stranger(ann: Speaker, desk: Desk) -> Speaker:
    """Somebody who has the phone that Ann referred herself from."""
    phone = by_text(desk, ann)
    await phone.says(*SHORTEST_REFERRAL)
    return phone


async def raised_for(who: Speaker) -> handoffs.Handoff:
    async with who.desk.database.transaction() as session:
        return await handoffs.of_conversation(session, conversation_id=who.turns[0].conversation_id)


async def test_a_stranger_is_told_sorry_and_staff_are_told_that_her_way_is_wrong(stranger: Speaker) -> None:
    heard = await stranger.says("Wrong number")
    assert "Sorry to have troubled you" in heard
    assert not any(word in heard for word in OURS)
    assert set((await raised_for(stranger)).reasons) == {Reason.NEW_REFERRAL, Reason.WRONG_NUMBER}


async def test_what_is_said_to_a_stranger_stays_out_of_her_talk(stranger: Speaker) -> None:
    before = stranger.turns[-1].conversation_id
    await stranger.says("wrong number")
    assert stranger.turns[-1].moved
    assert stranger.turns[-1].conversation_id != before
    async with stranger.desk.database.transaction() as session:
        talk = await conversations.find(session, before)
        theirs = await messages.transcript(session, conversation_id=stranger.turns[-1].conversation_id)
    assert talk.contact_id is None
    assert [one.author for one in theirs] == ["person", "bot"]


async def test_nothing_more_goes_to_that_number_unasked(stranger: Speaker) -> None:
    await stranger.says("wrong number")
    for days in range(1, 20):
        await outreach.send_due(stranger.desk, now=stranger.now + timedelta(days=days))
        await outreach.remind_half_way(stranger.desk, now=stranger.now + timedelta(days=days))
    async with stranger.desk.database.transaction() as session:
        for turn in (stranger.turns[0], stranger.turns[-1]):
            said = await messages.transcript(session, conversation_id=turn.conversation_id)
            assert [one for one in said if one.kind == "started"] == []
        with pytest.raises(StoppedError):
            await conversations.way_to_reach(session, conversation_id=stranger.turns[0].conversation_id)


async def test_what_still_waited_to_go_there_does_not(stranger: Speaker) -> None:
    await outreach.send_due(stranger.desk, now=stranger.now + timedelta(days=2))
    stranger.now += timedelta(days=2, minutes=1)
    await stranger.says("wrong number")
    async with stranger.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=stranger.turns[0].conversation_id)
    assert {one.status for one in said if one.kind == "started"} == {"failed"}


@pytest.mark.parametrize("said", ["hello", "MORE", "MENU", "HOW LONG", "CHANGE", "BACK", "MY DATA", "RESUME"])
async def test_the_talk_it_was_tied_to_shows_nothing_any_more(stranger: Speaker, said: str) -> None:
    await stranger.says("wrong number")
    heard = await stranger.says(said)
    assert not any(word in heard for word in OURS)
    assert stranger.turns[-1].conversation_id != stranger.turns[0].conversation_id
    assert await open_referral(stranger) is None


async def test_her_place_is_not_lost_by_words_from_her_phone(stranger: Speaker) -> None:
    reference = (await story_of(stranger)).referral
    assert reference is not None
    await stranger.says("wrong number")
    assert "You are back where you were" in await stranger.says(f"it is me, {reference.reference}")
    assert await open_referral(stranger) is not None
    assert "What would you like?" in await stranger.says("menu")


async def test_a_wrong_reference_opens_nothing(stranger: Speaker) -> None:
    await stranger.says("wrong number")
    assert "not the reference" in await stranger.says("1234 5674")
    assert await place_of(stranger) is Place.STRANGER


async def test_a_day_later_the_number_is_nobodys_and_stays_out_of_her_talk(stranger: Speaker) -> None:
    await stranger.says("wrong number")
    assert await outreach.clear_unconsented(stranger.desk, now=stranger.now + timedelta(hours=25)) == 1
    stranger.now += timedelta(hours=26)
    heard = await stranger.says("hello")
    assert "Welcome back" not in heard
    assert stranger.turns[-1].conversation_id != stranger.turns[0].conversation_id


async def test_words_that_may_mean_something_else_are_asked_about_first(stranger: Speaker) -> None:
    await stranger.says("I don't know you")
    assert stranger.asked == "wrong"
    assert await stranger.says("no")
    assert stranger.turns[-1].conversation_id == stranger.turns[0].conversation_id
    assert Reason.WRONG_NUMBER not in (await raised_for(stranger)).reasons
    await stranger.says("not me")
    assert "Sorry to have troubled you" in await stranger.says("yes")
    assert stranger.turns[-1].conversation_id != stranger.turns[0].conversation_id
    assert Reason.WRONG_NUMBER in (await raised_for(stranger)).reasons


async def test_no_wrong_number_is_no_no(stranger: Speaker) -> None:
    assert "Sorry to have troubled you" in await stranger.says("not me", "no, wrong number")


async def test_an_answer_that_says_both_is_asked_again(stranger: Speaker) -> None:
    await stranger.says("not me", "yes it's me")
    assert stranger.asked == "wrong"
    assert stranger.turns[-1].conversation_id == stranger.turns[0].conversation_id


async def test_in_a_question_for_own_words_it_is_an_answer(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:7], "I keep getting wrong number calls, wrong number after wrong number")
    assert ann.asked == "how"


async def test_someone_half_way_may_mean_a_number_they_gave(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:8], "call me", "07700 900123", "wrong number")
    assert ann.asked == "wrong"
    assert "reply CHANGE" in await ann.says("no")
    assert ann.asked == "voicemail"


async def test_wrong_number_where_the_answers_are_read_back_changes_one(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:8], "text me", "07700 900123", "any", "wrong number")
    assert "Which answer would you like to change?" in ann.heard


async def test_a_stranger_who_never_asked_for_anything_is_forgotten(ann: Speaker) -> None:
    assert "Sorry to have troubled you" in await ann.says("hello", "wrong number")
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=1)) == 1


async def test_danger_beside_those_words_is_heard(stranger: Speaker) -> None:
    heard = await stranger.says(f"wrong number, {CRY}")
    assert "116 123" in heard
    assert Reason.DANGER in (await raised_for(stranger)).reasons


async def test_someone_new_at_an_old_number_who_says_so_is_never_given_back_to_the_old_talk(
    stranger: Speaker,
) -> None:
    stranger.now += timedelta(days=91)
    await stranger.says("hello", "wrong number")
    assert Reason.WRONG_NUMBER in (await raised_for(stranger)).reasons
    assert await outreach.clear_unconsented(stranger.desk, now=stranger.now + timedelta(hours=1)) == 1
    stranger.now += timedelta(hours=2)
    assert "reference" not in await stranger.says("hello")


async def test_a_stranger_who_asks_for_a_person_gets_one(stranger: Speaker) -> None:
    await stranger.says("wrong number", "PERSON")
    assert await reasons_of(stranger) == [Reason.ASKED_FOR_PERSON]


@pytest.mark.parametrize("said", ["who is this?", "how did you get my number", "is this a scam", "are you a bot?"])
async def test_whoever_asks_who_we_are_is_told_and_the_question_goes_on(ann: Speaker, said: str) -> None:
    heard = await ann.says("hello", "me", said)
    assert "Pendle Waiting Room" in heard
    assert "computer program" in heard
    assert "STOP" in heard
    assert ann.asked == "age"


async def test_who_is_this_names_no_need_and_gives_a_number_to_check(ann: Speaker, desk: Desk) -> None:
    with_phone = replace(desk, service=replace(desk.service, phone="01632 960123"))
    someone = Speaker(with_phone, now=ann.now)
    heard = await someone.says(*SHORTEST_REFERRAL, "who is this?")
    assert "01632 960123" in heard
    needs = [word for need in desk.service.content.needs.values() for word in (need.label, *need.private)]
    assert not [word for word in needs if word.casefold() in heard.casefold()]
    assert await handoff_of(someone) is not None


async def test_who_is_this_is_answered_in_a_question_for_own_words_too(ann: Speaker) -> None:
    heard = await ann.says(*SHORTEST_REFERRAL[:7], "who is this?")
    assert "Pendle Waiting Room" in heard
    assert ann.asked == "what_matters"
