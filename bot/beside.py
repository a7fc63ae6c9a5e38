"""Beside a person: the few words the bot still answers while a link worker owns the talk, and nothing else."""

from dataclasses import replace

from bot.conversation import Conversation, Talk
from bot.keywords import Act
from bot.messages import Inbound, Reply

RIGHTS = frozenset({"consent", "my_data", "delete", "complaint"})
"""Talks about what someone may ask of the service, also while the person they would ask is the one it is about."""
AT_ONCE = frozenset({"stop", "start", "helplines", "privacy"})
"""Talks of one answer: the person stays in charge, and a number to call never waits for anybody."""
HEARD = RIGHTS | AT_ONCE


def of(conversation: Conversation) -> Conversation:
    """Return the talk with the bot alone that goes on beside the person's, if any; the rest stands still."""
    return replace(conversation, talk=Talk([one for one in conversation.talk.frames if one.flow in RIGHTS]))


async def answer(
    conversation: Conversation, beside: Conversation, inbound: Inbound, asked: Act | str | None
) -> list[Reply]:
    """Answer what is asked of the bot beside the talk with a person, or nothing where it is for that person.

    An answer that cannot be read is asked for once more. After that, the words are the link worker's.
    """
    said = await _said(beside, inbound, asked)
    still = [one for one in conversation.talk.frames if one.flow not in RIGHTS and not beside.talk.left]
    conversation.talk.frames = still + beside.talk.frames
    return said


def put_away(talk: Talk) -> None:
    """Leave a question of the bot open no longer: what comes next is said to the link worker who just wrote."""
    talk.frames = [one for one in talk.frames if one.flow not in RIGHTS]


async def _said(beside: Conversation, inbound: Inbound, asked: Act | str | None) -> list[Reply]:
    if isinstance(asked, str) and not isinstance(asked, Act):
        return await beside.begin(asked) if asked in HEARD else []
    if not beside.talk.frames or inbound.aside:
        return []
    if isinstance(asked, Act):
        return await beside.act(asked)
    question = beside.standing()
    if question is None or (question.read(inbound.text) is None and beside.talk.frames[-1].misses):
        beside.talk.frames.clear()
        return []
    return await beside.hear(inbound.text, answering=inbound.answering)
