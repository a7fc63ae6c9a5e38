"""Someone who was referred, and what they answer when asked how things are."""

from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from tests.talking import Speaker
from waitingroom import referrals
from waitingroom.conversations import Conversation
from waitingroom.people import AboutYou, SafeContact
from waitingroom.referrals import Submitted

LONELINESS = ("often", "some of the time", "hardly ever or never", "occasionally")
ALL = ("7", "six", "about 8", "2", *LONELINESS, "More company in the evenings", "3")
"""Answers of someone who answers everything."""


async def refer(ann: Speaker, *, age: int = 72, needs: tuple[str, ...] = ("lonely",)) -> Submitted:
    """Ann is referred by the verb that her talk would use, so that these tests know nothing of that talk."""
    if not ann.turns:
        await ann.says("hello")
    ann.now += timedelta(minutes=1)
    async with ann.desk.database.transaction() as session:
        submitted = await referrals.refer_self(
            session,
            conversation_id=ann.turns[-1].conversation_id,
            who=AboutYou(name="Ann", age=age, postcode="BB9 7AA"),
            area="BB9",
            language="en",
            needs=needs,
            what_matters="Company",
            reach=SafeContact(how="here", when="any"),
            unsafe="abuse" in needs,
            programme="waiting_well",
            next_at=ann.now + timedelta(days=2),
            now=ann.now,
        )
        await session.run(
            update(Conversation).where(col(Conversation.id) == ann.turns[-1].conversation_id).values(talk=None)
        )
    return submitted
