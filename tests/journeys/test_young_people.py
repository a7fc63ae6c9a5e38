"""What age decides: a child, someone of 13 to 15, someone of 16 or 17, and a service that has no team for them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot import outreach
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import consents, conversations, handoffs, people, referrals
from waitingroom.handoffs import Handoff, Reason, Urgency

pytestmark = pytest.mark.anyio

YOUNG = ("hello", "me, 14", "yes", "Jo", "text me, mornings", "07700 900123")
KEPT = ("person", "referral", "consent", "handoff")


async def handoff_of(someone: Speaker) -> Handoff:
    async with someone.desk.database.transaction() as session:
        return await handoffs.of_conversation(session, conversation_id=someone.turns[-1].conversation_id)


async def rows(someone: Speaker, table: str) -> int:
    async with someone.desk.database.transaction() as session:
        return int((await session.run(text(f"SELECT count(*) FROM {table}"))).scalar_one())


@pytest.mark.parametrize("said", [("me, 9",), ("me", "12"), ("for me, I am 10 years old",)])
async def test_a_child_hears_of_an_adult_they_trust_and_childline_and_nothing_is_kept(
    ann: Speaker, said: tuple[str, ...]
) -> None:
    heard = await ann.says("hello", *said)
    assert "adult you trust" in heard
    assert "0800 1111" in heard
    assert "We keep nothing" in heard
    assert [await rows(ann, table) for table in KEPT] == [0, 0, 0, 0]
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=2)) == 1


async def test_danger_in_a_childs_words_is_heard_like_anyones(ann: Speaker) -> None:
    heard = await ann.says("hello", "me, 9 and my dad hits me")
    assert "999" in heard
    assert (await handoff_of(ann)).urgency == Urgency.URGENT
    heard = await ann.says("me", "9")
    assert "Childline" in heard
    assert "A person will read what you wrote first" in heard
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=2)) == 0


async def test_someone_of_14_is_asked_for_no_more_than_a_first_name_and_a_safe_way(ann: Speaker) -> None:
    heard = await ann.says(*YOUNG)
    assert [line for line in heard.splitlines() if ":" in line] == [
        "Age: 14",
        "Name: Jo",
        "Contact: Text me",
        "Number: 07700 900123",
        "When: Mornings",
    ]
    heard = await ann.says("yes")
    assert "A person will see this today by 5pm" in heard
    assert "0800 1111" in heard
    asked = [reply.asks for turn in ann.turns for _, reply in turn.replies if reply.asks]
    assert asked == ["for_whom", "young_consent", "name", "how", "phone", "check_answers"]


async def test_a_person_is_told_that_someone_young_asked_and_no_referral_is_made(ann: Speaker) -> None:
    await ann.says(*YOUNG, "yes")
    handoff = await handoff_of(ann)
    assert (handoff.reasons, handoff.urgency) == ([Reason.YOUNG_PERSON], Urgency.SOON)
    assert await rows(ann, "referral") == 0
    async with ann.desk.database.transaction() as session:
        talk = await conversations.find(session, ann.turns[-1].conversation_id)
        assert talk.person_id is not None
        person = await people.person(session, talk.person_id)
        about = people.about(session, person)
        assert (about.name, about.age, about.postcode, person.area) == ("Jo", 14, "", "")
        (consent,) = await consents.standing(session, conversation_id=talk.id)
    assert "your first name, your age and how to reach you" in consent.wording


async def test_someone_of_14_who_says_no_is_told_of_childline_and_nothing_is_kept(ann: Speaker) -> None:
    heard = await ann.says("hello", "me, 14", "no")
    assert "0800 1111" in heard
    assert "We keep nothing" in heard
    assert [await rows(ann, table) for table in KEPT] == [0, 0, 0, 0]
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=2)) == 1


async def test_someone_of_14_is_never_asked_for_a_time_in_their_own_words(ann: Speaker) -> None:
    heard = await ann.says(*YOUNG[:4], "here")
    assert "3 Afternoons" in heard
    assert "I will say when" not in heard


async def test_someone_of_14_who_asks_twice_is_told_that_we_have_their_name(ann: Speaker) -> None:
    await ann.says(*YOUNG, "yes")
    heard = await ann.says(*YOUNG, "yes")
    assert "We have your name already" in heard
    assert await rows(ann, "person") == 1


async def test_someone_of_17_has_the_ordinary_talk_and_the_young_peoples_team_is_told(ann: Speaker) -> None:
    heard = await ann.says(*("17" if said == "72" else said for said in SHORTEST_REFERRAL))
    assert "our young people's team reads this" in heard
    assert set((await handoff_of(ann)).reasons) == {Reason.NEW_REFERRAL, Reason.YOUNG_PEOPLES_TEAM}


async def test_a_grown_up_is_not_for_the_young_peoples_team(ann: Speaker) -> None:
    await ann.says(*("18" if said == "72" else said for said in SHORTEST_REFERRAL))
    assert (await handoff_of(ann)).reasons == [Reason.NEW_REFERRAL]


@pytest.mark.parametrize("age", ["13", "15", "17"])
async def test_a_service_without_a_team_for_young_people_says_where_to_go_and_keeps_nothing(
    ann: Speaker, age: str
) -> None:
    ann.desk = replace(ann.desk, service=replace(ann.desk.service, youngest=18))
    heard = await ann.says("hello", f"me, {age}")
    assert "people aged 18 and over" in heard
    assert "Childline" in heard
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=2)) == 1


async def test_someone_who_puts_their_age_right_at_the_end_to_a_childs_is_not_kept(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:-1], "change", "age")
    heard = await ann.says("12")
    assert "Childline" in heard
    assert "We keep nothing" in heard
    async with ann.desk.database.transaction() as session:
        (consent,) = await consents.standing(session, conversation_id=ann.turns[-1].conversation_id)
    assert consent.withdrawn_at is not None
    assert await outreach.clear_unconsented(ann.desk, now=ann.now + timedelta(hours=2)) == 1


async def test_someone_who_puts_their_age_right_to_14_is_asked_for_a_yes_of_their_own(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:-1], "change", "age", "14")
    assert ann.asked == "young_consent"
    heard = await ann.says("yes")
    assert "What matters" not in heard
    assert "Help with" not in heard
    await ann.says("yes")
    async with ann.desk.database.transaction() as session:
        talk = await conversations.find(session, ann.turns[-1].conversation_id)
        assert await referrals.open_referral(session, conversation_id=talk.id) is None
    assert (await handoff_of(ann)).reasons == [Reason.YOUNG_PERSON]
