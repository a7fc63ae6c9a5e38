"""Messages that come at once, twice, or in the wrong order leave people where an orderly talk would have."""

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.conversation import Talk
from bot.desk import Desk
from bot.messages import Inbound
from bot.turn import Turn, take_turn
from tests.opening_words import opened
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, messages
from waitingroom.conversations import Conversation
from waitingroom.messages import Author

pytestmark = pytest.mark.anyio


async def conversation_of(speaker: Speaker) -> Conversation:
    async with speaker.desk.database.transaction() as session:
        found = await conversations.of_contact(session, channel=speaker.channel, address=speaker.address)
        assert found is not None
        return found


async def stands(speaker: Speaker) -> list[Any]:
    """Where someone's talk stands: place, flows under way, question asked, and every answer they gave."""
    conversation = await conversation_of(speaker)
    keys = speaker.desk.database.keys
    talk = Talk.recalled(opened(keys, conversation, "talk", f"conversation:talk:{conversation.id}"))
    frames = [(frame.flow, frame.asked, frame.heard, _given(frame.answers)) for frame in talk.frames]
    return [conversation.place, conversation.owner, frames]


def _given(answers: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the records made up themselves: ids and times."""
    return {key: kept for key, kept in answers.items() if not isinstance(kept, dict) and not _is_id(kept)}


def _is_id(kept: object) -> bool:
    try:
        return bool(uuid.UUID(str(kept)))
    except ValueError:
        return False


async def story(speaker: Speaker) -> list[tuple[Author, str]]:
    conversation = await conversation_of(speaker)
    async with speaker.desk.database.transaction() as session:
        found = await messages.transcript(session, conversation_id=conversation.id)
        return [(one.author, messages.said(session, one)["text"]) for one in found]


async def said_by(speaker: Speaker) -> list[str]:
    return [words for author, words in await story(speaker) if author is Author.PERSON]


def orderly(speaker: Speaker) -> Speaker:
    """Someone else, on another line."""
    return Speaker(speaker.desk, now=speaker.now, channel=speaker.channel)


async def at_once(desk: Desk, *inbound: Inbound) -> list[Turn]:
    return list(await asyncio.gather(*(take_turn(desk, one) for one in inbound)))


@pytest.mark.parametrize("already", [1, 3, 6])
async def test_three_messages_at_once_are_three_turns_one_after_the_other(ann: Speaker, already: int) -> None:
    await ann.says(*SHORTEST_REFERRAL[:already])
    now = ann.now + timedelta(seconds=20)
    three = [replace(ann.message(words), at=now) for words in SHORTEST_REFERRAL[already : already + 3]]
    turns = await at_once(ann.desk, *three)
    assert len({turn.message_id for turn in turns}) == 3
    jim = orderly(ann)
    jim.now = ann.now - timedelta(seconds=20 * already)
    await jim.says(*await said_by(ann))
    assert await stands(ann) == await stands(jim)
    assert sorted(await said_by(ann)) == sorted(SHORTEST_REFERRAL[: already + 3])


async def test_three_wishes_at_once_are_each_granted_once(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    before = await stands(ann)
    turns = await at_once(ann.desk, *(ann.message(words) for words in ("more", "helplines", "how long")))
    assert all(turn.replies for turn in turns)
    assert await stands(ann) == before
    assert len(await said_by(ann)) == len(SHORTEST_REFERRAL) + 3


async def test_the_same_message_three_times_at_once_is_heard_and_answered_once(ann: Speaker) -> None:
    await ann.says("hello", "me, 72")
    turns = await at_once(ann.desk, *[ann.message("yes", message_id="once")] * 3)
    assert sorted(turn.heard_before for turn in turns) == [False, True, True]
    assert await said_by(ann) == ["hello", "me, 72", "yes"]
    jim = orderly(ann)
    await jim.says("hello", "me, 72", "yes")
    assert await stands(ann) == await stands(jim)
    assert [author for author, _ in await story(ann)] == [author for author, _ in await story(jim)]


async def test_a_message_that_comes_again_much_later_changes_nothing(ann: Speaker) -> None:
    await ann.says("hello", "me, 72", "yes")
    name = ann.message("Ann")
    await take_turn(ann.desk, name)
    await ann.says("BB9 7AA")
    before = await stands(ann), await story(ann)
    assert (await take_turn(ann.desk, replace(name, at=ann.now + timedelta(days=2)))).heard_before
    assert (await stands(ann), await story(ann)) == before


async def test_two_answers_that_swap_places_are_never_taken_for_each_other(ann: Speaker) -> None:
    until_how = SHORTEST_REFERRAL[: SHORTEST_REFERRAL.index("here")]
    await ann.says(*until_how)
    await ann.says("Any time in the day", answering="when")
    await ann.says("Write to me here", answering="how")
    await ann.says("Any time in the day", answering="when")
    jim = orderly(ann)
    await jim.says(*until_how)
    await jim.says("Write to me here", answering="how")
    await jim.says("Any time in the day", answering="when")
    assert await stands(ann) == await stands(jim)


async def test_the_first_two_messages_of_someone_new_at_once_open_one_talk(ann: Speaker) -> None:
    hello, again = ann.message("hello"), ann.message("hello there")
    turns = await at_once(ann.desk, hello, again)
    assert turns[0].conversation_id == turns[1].conversation_id
    assert sorted(await said_by(ann)) == ["hello", "hello there"]
    assert (await stands(ann))[2][0][1] == "for_whom"


async def test_a_first_message_that_comes_five_times_at_once_is_heard_once(ann: Speaker) -> None:
    turns = await at_once(ann.desk, *[ann.message("hello", message_id="once")] * 5)
    assert len({turn.conversation_id for turn in turns}) == 1
    assert sum(not turn.heard_before for turn in turns) == 1
    assert await said_by(ann) == ["hello"]


async def test_many_new_people_at_once_get_a_talk_each(desk: Desk, ann: Speaker) -> None:
    people = [Speaker(desk, now=ann.now, address=uuid.uuid4().hex) for _ in range(20)]
    turns = await at_once(desk, *(person.message("hello") for person in people))
    assert len({turn.conversation_id for turn in turns}) == 20
    async with desk.database.transaction() as session:
        counted = (await session.run(text("SELECT count(*) FROM conversation"))).scalar_one()
    assert counted == 20
