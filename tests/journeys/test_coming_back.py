"""People who come back, and people who come twice: each stays one, and no two are made one by a program."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from api.house import default_channels
from bot import outreach
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.channels.twilio.whatsapp import WhatsApp
from bot.desk import Desk
from tests.at_the_desk import claims, close_referral, everyone, hands_back, open_referral, reasons_of, story_of
from tests.talking import Speaker
from waitingroom import (
    conversations,
    erasure,
    joining,
    matching,
    messages,
    pairs,
    people,
    referrals,
    staff,
    waiting,
)
from waitingroom.database import Session
from waitingroom.errors import IllegalMoveError, StaleError
from waitingroom.handoffs import Reason
from waitingroom.joining import BothTalkingError, Which
from waitingroom.likeness import Sureness
from waitingroom.matching import PersonMatch, Status
from waitingroom.pairs import GoneError, Pair

pytestmark = pytest.mark.anyio

PHONE = "07700 900123"
REFERENCE = re.compile(r"\b\d{4} \d{4}\b")
CRY = "I want to end my life"


def referral(
    *, name: str = "Ann Smith", age: str = "72", postcode: str = "BB9 7AA", need: str = "4", words: str = "Company"
) -> tuple[str, ...]:
    """What someone says who wants to be reached in this chat."""
    return ("hello", "me", age, "yes", name, postcode, need, words, "here", "any", "yes")


def by_phone(number: str = PHONE, **told: str) -> tuple[str, ...]:
    """What someone says who wants to be texted."""
    return (*referral(**told)[:-3], "text me", number, "any", "yes")


def elsewhere(who: Speaker, channel: str = "web") -> Speaker:
    return Speaker(who.desk, now=who.now + timedelta(days=3), channel=channel)


async def matches(who: Speaker) -> list[PersonMatch]:
    async with who.desk.database.transaction() as session:
        return await pairs.listed(session)


async def the_pair(session: Session) -> Pair:
    (match,) = await pairs.listed(session)
    return await pairs.look(session, match_id=match.id)


async def joined(who: Speaker, *, reach: Which = Which.EARLIER) -> None:
    """A link worker joins the only two who may be one."""
    async with who.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=who.now)
        pair = await the_pair(session)
        await joining.join(
            session, match_id=pair.match.id, tags={pair.tag}, reach=reach, staff_id=sam.id, now=who.now
        )


async def count(who: Speaker, table: str, where: str = "true") -> int:
    async with who.desk.database.transaction() as session:
        return int((await session.run(text(f"SELECT count(*) FROM {table} WHERE {where}"))).scalar_one())


async def test_someone_who_comes_back_is_the_same_person_brought_up_to_date(ann: Speaker) -> None:
    await ann.says(*referral())
    (before,) = await everyone(ann)
    await close_referral(ann)
    ann.now += timedelta(days=60)
    heard = await ann.says("hello")
    assert "Welcome back" in heard
    await ann.says(*referral(name="Ann", age="73", postcode="BB8 0AA", words="A warm home")[1:])
    (now,) = await everyone(ann)
    assert now.id == before.id
    told = await story_of(ann)
    assert told.about is not None
    assert (told.about.name, told.about.age, told.about.postcode) == ("Ann", 73, "BB8 0AA")
    assert told.what_matters == "A warm home"
    assert await count(ann, "referral") == 2
    assert await matches(ann) == []


async def test_someone_who_withdrew_and_comes_back_is_not_doubled(ann: Speaker) -> None:
    await ann.says(*referral(), "withdraw", "yes", "keep it", "skip", *referral())
    assert "Your reference is" in ann.heard
    assert len(await everyone(ann)) == 1


async def test_someone_new_is_not_welcomed_back(ann: Speaker) -> None:
    assert "Welcome back" not in await ann.says("hello")


async def test_after_long_silence_nothing_says_that_we_know_them(ann: Speaker) -> None:
    await ann.says(*referral())
    await close_referral(ann)
    ann.now += timedelta(days=91)
    heard = await ann.says("hello", "1", "hello")
    assert "We still have" not in heard
    assert "Ann" not in heard


async def test_her_husband_on_the_same_phone_is_a_person_of_his_own(ann: Speaker) -> None:
    await ann.says(*referral())
    await close_referral(ann)
    await ann.says(*referral(name="Bob Smith", age="74"))
    names = set()
    async with ann.desk.database.transaction() as session:
        for person in await everyone(ann):
            names.add(people.about(session, person).name)
    assert names == {"Ann Smith", "Bob Smith"}
    assert await matches(ann) == []


async def test_a_phone_two_people_used_is_forgotten_with_both(ann: Speaker) -> None:
    await ann.says(*referral())
    await close_referral(ann)
    await ann.says(*referral(name="Bob Smith", age="74"))
    async with ann.desk.database.transaction() as session:
        talk = await conversations.find(session, ann.turns[-1].conversation_id)
        assert talk.contact_id is not None
        await erasure.erase(
            session, conversation_id=talk.id, contact_id=talk.contact_id, message_id=None, now=ann.now
        )
    assert await everyone(ann) == []


async def test_someone_already_waiting_who_comes_again_elsewhere_is_taken_and_staff_are_asked(
    ann: Speaker,
) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    heard = await web.says(*referral(words="My rent"))
    assert "Your reference is" in heard
    (match,) = await matches(ann)
    assert match.sureness is Sureness.LIKELY
    assert await reasons_of(web) == [Reason.NEW_REFERRAL, Reason.MAYBE_KNOWN]
    assert await count(ann, "person") == 2


async def test_nothing_of_the_first_is_shown_where_the_second_is_made(ann: Speaker) -> None:
    first = REFERENCE.search(await ann.says(*by_phone(words="Company in the evenings")))
    assert first is not None
    web = elsewhere(ann)
    heard = ""
    for said in by_phone(words="My rent"):
        heard += await web.says(said)
    heard += await web.says("menu") + await web.says("MORE")
    assert "Company in the evenings" not in heard
    assert first[0] not in heard
    assert "already" not in heard


async def test_the_same_number_and_name_is_certain_and_still_a_person_decides(ann: Speaker) -> None:
    await ann.says(*by_phone(postcode="BB9 7AA"))
    web = elsewhere(ann)
    await web.says(*by_phone("0770 0900 123", name="ann", postcode="BB8 0AA"))
    (match,) = await matches(ann)
    assert match.sureness is Sureness.CERTAIN
    assert await count(ann, "person") == 2


async def test_the_number_they_write_from_counts_as_well_as_the_one_they_give(ann: Speaker, desk: Desk) -> None:
    account = Account("AC" + "0" * 32, "nobody")
    sms, whatsapp = Sms(account, "+447700900000", drama_numbers=True), WhatsApp(account, "+447700900000")
    with_phones = replace(desk, channels={**default_channels(), "sms": sms, "whatsapp": whatsapp})
    texting = Speaker(with_phones, now=ann.now, channel="sms", address="+447700900123")
    await texting.says(*referral())
    web = Speaker(with_phones, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*by_phone(postcode="BB8"))
    chatting = Speaker(with_phones, now=ann.now + timedelta(days=2), channel="whatsapp", address="+447700900123")
    await chatting.says(*referral(postcode="BB8"))
    assert {match.sureness for match in await matches(ann)} == {Sureness.CERTAIN}
    assert len(await matches(ann)) == 3


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("her twin", {"name": "Jean Smith"}),
        ("someone of her name elsewhere", {"postcode": "BB8 0AA"}),
        ("her daughter of the same name", {"age": "44"}),
        ("someone of her age next door", {"name": "Annette Jones"}),
    ],
)
async def test_someone_else_is_not_taken_for_her(ann: Speaker, who: str, told: dict[str, str]) -> None:
    await ann.says(*referral())
    await elsewhere(ann).says(*referral(**told))
    assert await matches(ann) == [], who


async def test_father_and_son_of_one_name_and_one_phone_are_shown_and_never_joined_by_themselves(
    ann: Speaker,
) -> None:
    await ann.says(*by_phone(name="John Smith", age="70"))
    son = elsewhere(ann)
    await son.says(*by_phone(name="John Smith", age="41"))
    (match,) = await matches(ann)
    assert match.sureness is Sureness.LIKELY
    assert await count(ann, "referral", "status = 'waiting'") == 2
    assert son.turns[-1].conversation_id != ann.turns[-1].conversation_id


async def test_a_number_that_too_many_have_tells_nobody_apart_and_the_rest_still_does(
    ann: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matching, "MOST", 3)
    for number, age in enumerate(("30", "45", "60")):
        guest = Speaker(ann.desk, now=ann.now + timedelta(days=number), channel="web")
        await guest.says(*by_phone(name="Ann Smith", age=age, postcode=f"BB9 {number}AA"))
    assert len(await matches(ann)) == 3
    await elsewhere(ann).says(*by_phone(name="Ann Smith", age="22", postcode="BB9 7AA"))
    assert len(await matches(ann)) == 3, "by now the hostel's number says nothing"
    await elsewhere(ann).says(*referral(name="Ann Smith", age="60", postcode="BB9 2AA"))
    assert len(await matches(ann)) == 4


async def test_half_a_postcode_and_a_birthday_in_between_are_forgiven(ann: Speaker) -> None:
    await ann.says(*referral(age="72"))
    later = elsewhere(ann)
    later.now += timedelta(days=300)
    await later.says(*referral(name="Mrs Ann Smith", age="73", postcode="BB9"))
    assert len(await matches(ann)) == 1


async def test_what_people_are_found_again_by_can_be_read_by_nobody(ann: Speaker) -> None:
    await ann.says(*by_phone())
    async with ann.desk.database.transaction() as session:
        marks = [row[0] for row in await session.run(text("SELECT mark FROM person_mark"))]
    assert len(marks) >= 3
    assert all(len(mark) == 32 for mark in marks)
    assert not any(word in mark for mark in marks for word in (b"Ann", b"ann", b"770", b"BB9", b"1954"))


async def test_joined_they_are_one_person_with_one_referral_and_nothing_is_lost(ann: Speaker) -> None:
    first = REFERENCE.search(await ann.says(*referral(need="4", words="Company in the evenings")))
    web = elsewhere(ann)
    second = REFERENCE.search(await web.says(*referral(need="1", words="My rent")))
    assert first is not None
    assert second is not None
    waited_since = (await open_referral(ann)).joined_at  # type: ignore[union-attr]
    await joined(web)
    assert await matches(ann) == []
    told = await story_of(ann)
    assert told.referral is not None
    assert (told.referral.reference, told.referral.joined_at) == (first[0], waited_since)
    assert {"lonely"} < set(told.referral.needs)
    assert told.what_matters == "Company in the evenings\nMy rent"
    assert {way.channel for way in told.contacts} == {"terminal", "web"}
    words = {said["text"] for message, said in told.messages if message.author == "person"}
    assert {"Company in the evenings", "My rent"} <= words
    assert await count(ann, "person") == 1
    assert await count(ann, "referral", "status = 'waiting'") == 1
    assert await count(ann, "handoff", "status = 'waiting'") == 1
    assert await count(ann, "waiting", "pace <> 'left'") == 1


async def test_joined_both_chats_reach_the_same_talk(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral())
    await joined(web)
    ann.now = web.now
    await ann.says("menu")
    await web.says("menu")
    assert ann.turns[-1].conversation_id == web.turns[-1].conversation_id
    assert "What would you like?" in web.heard
    await outreach.clear_unconsented(ann.desk, now=web.now + timedelta(days=2))
    assert "What would you like?" in await web.says("menu")
    assert await count(ann, "conversation") == 1


async def test_joined_either_reference_proves_who_they_are(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    second = REFERENCE.search(await web.says(*referral()))
    assert second is not None
    await joined(web)
    web.now += timedelta(days=91)
    await web.says("hello")
    assert "You are back" in await web.says(second[0])


async def test_joined_while_a_chat_has_yet_to_prove_itself_it_still_can(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    second = REFERENCE.search(await web.says(*referral()))
    assert second is not None
    web.now += timedelta(days=91)
    await web.says("hello")
    assert web.asked == "who"
    await joined(web)
    assert "You are back" in await web.says(second[0])
    ann.now = web.now - timedelta(days=89)
    assert web.turns[-1].conversation_id == ann.turns[-1].conversation_id


async def test_joined_they_get_no_piece_twice_and_one_programme(ann: Speaker) -> None:
    await ann.says(*referral(), "MORE", "MORE")
    web = elsewhere(ann)
    await web.says(*referral(), "MORE")
    await joined(web)
    standing = (await story_of(ann)).sent
    assert len({step.step for step in standing}) == len(standing)
    async with ann.desk.database.transaction() as session:
        place = await waiting.find(session, conversation_id=ann.turns[-1].conversation_id)
        assert place is not None
    await outreach.send_due(ann.desk, now=web.now + timedelta(days=3))


@pytest.mark.parametrize(("reach", "how", "channel"), [("earlier", "here", "terminal"), ("later", "text", "web")])
async def test_whose_way_to_be_reached_stands_is_for_staff_to_say(
    ann: Speaker, reach: str, how: str, channel: str
) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*by_phone())
    await joined(web, reach=Which(reach))
    told = await story_of(ann)
    assert told.reach is not None
    assert told.reach.how == how
    (now,) = [way.channel for way in told.contacts if way.id == told.conversation.contact_id]
    assert now == channel


async def test_one_picked_up_stays_picked_up_with_the_earlier_date(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral())
    waited_since = (await open_referral(ann)).joined_at  # type: ignore[union-attr]
    claimed = await claims(web)
    await joined(web)
    told = await story_of(web)
    assert told.conversation.id == claimed.conversation_id
    assert told.conversation.owner == "link_worker"
    assert told.referral is not None
    assert told.referral.status is referrals.Status.PICKED_UP
    assert told.referral.joined_at == waited_since
    assert told.handoff is not None
    assert told.handoff.claimed_by == claimed.claimed_by
    assert await ann.says("hello") == ""


async def test_two_who_each_talk_with_a_link_worker_are_not_joined_over_their_heads(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral())
    await claims(ann, "Priya")
    held = await claims(web)
    with pytest.raises(BothTalkingError):
        await joined(web)
    assert await count(ann, "person") == 2
    await hands_back(web, held)
    await joined(web)
    assert await count(ann, "person") == 1


async def test_someone_whose_first_request_is_over_keeps_the_second(ann: Speaker) -> None:
    await ann.says(*referral())
    await close_referral(ann)
    web = elsewhere(ann)
    await web.says(*referral(words="My rent"))
    await joined(web)
    told = await story_of(ann)
    assert told.what_matters == "My rent"
    assert told.referral is not None
    assert told.referral.status is referrals.Status.WAITING
    assert await count(ann, "referral") == 2
    assert "What would you like?" in await ann.says("menu")


async def test_danger_heard_in_the_second_is_urgent_in_the_one(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral(), CRY)
    await joined(web)
    told = await story_of(ann)
    assert len(told.alarms) == 1
    assert told.handoff is not None
    assert told.handoff.urgency == 0
    assert Reason.DANGER in told.handoff.reasons


async def test_kept_apart_is_remembered_and_not_asked_again(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral())
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        pair = await the_pair(session)
        kept = await joining.keep_apart(
            session, match_id=pair.match.id, tags={pair.tag}, staff_id=sam.id, now=web.now
        )
        assert (kept.status, kept.decided_by) == (Status.KEPT_APART, sam.id)
    assert await matches(ann) == []
    assert Reason.MAYBE_KNOWN not in await reasons_of(web)
    await web.says("withdraw", "yes", "keep it", "skip", *referral())
    assert await matches(ann) == []
    assert await count(ann, "person") == 2


async def test_what_was_decided_once_is_decided(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral())
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        pair = await the_pair(session)
        facts: dict[str, Any] = {"match_id": pair.match.id, "tags": {"*"}, "staff_id": sam.id, "now": web.now}
        await joining.keep_apart(session, **facts)
        with pytest.raises(IllegalMoveError):
            await joining.join(session, reach=Which.EARLIER, **facts)
    assert await count(ann, "person") == 2


async def test_a_preview_that_is_out_of_date_joins_nobody(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral())
    async with ann.desk.database.transaction() as session:
        pair = await the_pair(session)
        tag, match_id = pair.tag, pair.match.id
    ann.now = web.now
    await ann.says("withdraw", "yes")
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        with pytest.raises(StaleError):
            await joining.join(
                session, match_id=match_id, tags={tag}, reach=Which.EARLIER, staff_id=sam.id, now=web.now
            )
    assert await count(ann, "person") == 2


async def test_a_third_time_is_found_with_the_one_they_have_become(ann: Speaker) -> None:
    await ann.says(*referral())
    web = elsewhere(ann)
    await web.says(*referral(words="My rent"))
    third = elsewhere(web, "terminal")
    await third.says(*referral(words="My garden"))
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=third.now)
        for left in (3, 1):
            found = await pairs.listed(session)
            assert len(found) == left
            pair = await pairs.look(session, match_id=found[0].id)
            await joining.join(
                session, match_id=found[0].id, tags={pair.tag}, reach=Which.EARLIER, staff_id=sam.id, now=third.now
            )
        assert await pairs.listed(session) == []
    assert await count(ann, "person") == 1
    assert (await story_of(ann)).what_matters == "Company\nMy rent\nMy garden"


async def test_a_message_that_waited_to_go_still_goes_where_it_was_meant_for(ann: Speaker, desk: Desk) -> None:
    sms = Sms(Account("AC" + "0" * 32, "nobody"), "+447700900000", drama_numbers=True)
    with_texts = replace(desk, channels={**default_channels(), "sms": sms})
    await ann.says(*referral())
    phone = Speaker(with_texts, now=ann.now + timedelta(days=1), channel="sms", address="+447700900123")
    await phone.says(*referral())
    await joined(phone)
    async with ann.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=ann.turns[-1].conversation_id)
        told = await story_of(ann)
    ways = {way.id: way.channel for way in told.contacts}
    queued = [one for one in said if one.status == "queued"]
    assert queued
    assert {ways[one.contact_id] for one in queued} == {"sms"}


async def test_a_pair_of_whom_one_has_gone_is_listed_no_more(ann: Speaker) -> None:
    await ann.says(*referral())
    await close_referral(ann)
    web = elsewhere(ann)
    await web.says(*referral())
    (match,) = await matches(ann)
    await ann.says(*referral(name="Bob Smith", age="74"))
    assert await matches(ann) == []
    async with ann.desk.database.transaction() as session:
        with pytest.raises(GoneError):
            await pairs.look(session, match_id=match.id)
