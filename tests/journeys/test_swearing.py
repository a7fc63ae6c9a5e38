"""People who swear: no lecture, no barred door, and a person offered."""

import pytest

from tests.at_the_desk import reasons_of, story_of
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom.handoffs import Reason

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("said", ["fuck this", "Bollocks", "you useless bloody bot", "FFS!"])
async def test_swearing_alone_is_answered_kindly_and_the_question_stays(ann: Speaker, said: str) -> None:
    heard = await ann.says("hello", "me", said)
    assert "That sounds hard" in heard
    assert "PERSON" in heard
    assert said.casefold() not in heard.casefold()
    assert ann.asked == "age"
    await ann.says("72")
    assert ann.asked == "consent"


async def test_after_a_second_time_a_person_is_offered_still_and_nobody_is_barred(ann: Speaker) -> None:
    await ann.says("hello")
    for _ in range(4):
        assert "PERSON" in await ann.says("fuck you")
    await ann.says("me")
    assert ann.asked == "age"


async def test_swearing_counts_with_other_misses_towards_the_offer_of_a_person(ann: Speaker) -> None:
    heard = await ann.says("hello", "me", "shit", "blah blah", "blah blah blah")
    assert "A person can help with this: reply PERSON" in heard


async def test_swearing_inside_an_answer_is_an_answer_and_kept_word_for_word(ann: Speaker) -> None:
    said = "I'm fucking lonely since my wife died"
    await ann.says(*SHORTEST_REFERRAL[:7], said, *SHORTEST_REFERRAL[8:])
    assert (await story_of(ann)).what_matters == said


async def test_in_own_words_swearing_alone_is_no_answer(ann: Speaker) -> None:
    heard = await ann.says(*SHORTEST_REFERRAL[:7], "fuck off")
    assert "That sounds hard" in heard
    assert ann.asked == "what_matters"


@pytest.mark.parametrize("name", ["Dick", "Fanny", "Cock", "Randy", "Willy Bastard"])
async def test_a_name_is_a_name(ann: Speaker, name: str) -> None:
    await ann.says(*SHORTEST_REFERRAL[:4], name)
    assert ann.asked == "postcode"


async def test_someone_waiting_who_swears_is_offered_a_person_and_takes_it(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    heard = await ann.says("bloody useless")
    assert "That sounds hard" in heard
    assert ann.asked == "wish"
    await ann.says("PERSON")
    assert Reason.ASKED_FOR_PERSON in await reasons_of(ann)
    assert Reason.WORD_LEFT not in await reasons_of(ann)


async def test_a_threat_is_heard_as_danger_not_as_swearing(ann: Speaker) -> None:
    heard = await ann.says(*SHORTEST_REFERRAL, "I'm going to fucking kill him")
    assert "999" in heard
    assert Reason.DANGER in await reasons_of(ann)
