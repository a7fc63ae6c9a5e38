"""While a link worker owns the talk: what is theirs stays theirs, and nobody has to ask them for a right."""

import pytest
from sqlalchemy import text

from bot import relay
from tests.at_the_desk import claims, hands_back
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import referrals

pytestmark = pytest.mark.anyio


async def count(who: Speaker, table: str) -> int:
    async with who.desk.database.transaction() as session:
        return int((await session.run(text(f"SELECT count(*) FROM {table}"))).scalar_one())


@pytest.mark.parametrize("words", ["hello", "more", "MENU", "how long", "yes", "person", "correct", "CHANGE", "1"])
async def test_what_is_said_to_the_link_worker_is_answered_by_nobody_else(ann: Speaker, words: str) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    assert await ann.says(words) == ""


async def test_a_complaint_is_taken_also_from_someone_who_has_a_link_worker(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    assert "what, in your own words" in await ann.says("COMPLAINT")
    assert "reference of your complaint" in await ann.says("Sam never rang when he said he would")
    assert await count(ann, "complaint") == 1
    assert await ann.says("and he was late") == "", "the talk with the link worker goes on"


async def test_a_yes_taken_back_beside_a_link_worker_has_its_effect_at_once(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    assert "1" in await ann.says("consent")
    await ann.says("1", "yes")
    async with ann.desk.database.transaction() as session:
        assert await referrals.open_referral(session, conversation_id=ann.turns[-1].conversation_id) is None


async def test_a_yes_to_the_link_worker_is_never_taken_for_a_yes_to_deleting(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    claimed = await claims(ann)
    assert "delete it all?" in await ann.says("DELETE", "72, BB9 7AA")
    async with ann.desk.database.transaction() as session:
        await relay.write(
            session,
            ann.desk,
            handoff=claimed,
            staff_id=claimed.claimed_by,
            text="Shall I ring you at 2?",
            now=ann.now,
        )
    assert await ann.says("yes") == ""
    assert await count(ann, "data_request") == 0
    assert "delete it all?" in await ann.says("delete", "72, BB9 7AA")
    assert "We have stopped" in await ann.says("yes")
    assert await count(ann, "data_request") == 1


async def test_words_that_answer_no_question_of_the_bot_are_the_link_workers_in_the_end(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    await ann.says("delete", "72, BB9 7AA")
    assert "did not understand" in await ann.says("see you on Tuesday then")
    assert await ann.says("I mean Sam") == ""
    assert await ann.says("yes") == ""
    assert await count(ann, "data_request") == 0


async def test_danger_is_answered_first_beside_a_link_worker_too_and_a_complaint_is_not_said_twice(
    ann: Speaker,
) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    heard = await ann.says("COMPLAINT", "Nobody listens and I want to kill myself")
    assert "116 123" in heard
    assert await count(ann, "complaint") == 1


async def test_helplines_wait_for_nobody(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await claims(ann)
    assert "999" in await ann.says("HELPLINES")


async def test_what_stood_before_the_link_worker_came_stands_when_they_have_gone(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL[:5], "PERSON")
    claimed = await claims(ann)
    assert await ann.says("COMPLAINT") != ""
    assert "reference of your complaint" in await ann.says("It is all too slow")
    await hands_back(ann, claimed)
    assert "postcode" in await ann.says("hello")
