"""How referrals go: once at a time, and to a clean end."""

from datetime import timedelta

import pytest

from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, referrals, waiting
from waitingroom.conversations import Place
from waitingroom.errors import IllegalMoveError, NotFoundError
from waitingroom.referrals import AlreadyReferredError, Status

pytestmark = pytest.mark.anyio


async def test_nobody_stands_twice_in_the_same_queue(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    conversation_id = ann.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        referral = await referrals.open_referral(session, conversation_id=conversation_id)
        assert referral is not None
        from waitingroom.people import AboutYou, SafeContact

        with pytest.raises(AlreadyReferredError, match="already on our list"):
            await referrals.refer_self(
                session,
                conversation_id=conversation_id,
                who=AboutYou(name="Ann", age=72, postcode="BB9"),
                area="BB9",
                language="en",
                needs=["lonely"],
                what_matters="",
                reach=SafeContact(how="here", when="any"),
                unsafe=False,
                programme="waiting_well",
                next_at=None,
                now=ann.now,
            )


async def test_a_referral_that_ends_shows_the_person_back_to_the_front_door(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    conversation_id = ann.turns[-1].conversation_id
    async with ann.desk.database.transaction() as session:
        referral = await referrals.open_referral(session, conversation_id=conversation_id)
        assert referral is not None
        picked_up = await referrals.pick_up(session, referral_id=referral.id, now=ann.now)
        assert picked_up.picked_up_at == ann.now
        closed = await referrals.close(session, referral_id=referral.id, reason="goals_met", now=ann.now)
        assert closed.status is Status.CLOSED
        assert (await conversations.find(session, conversation_id)).place is Place.FRONT_DOOR
        assert await waiting.find(session, conversation_id=conversation_id) is None
        with pytest.raises(IllegalMoveError):
            await referrals.withdraw(session, referral_id=referral.id, now=ann.now)
    assert "Who is this for?" in await ann.says("hello again")


async def test_picking_up_twice_keeps_the_first_moment(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    async with ann.desk.database.transaction() as session:
        referral = await referrals.open_referral(session, conversation_id=ann.turns[-1].conversation_id)
        assert referral is not None
        await referrals.pick_up(session, referral_id=referral.id, now=ann.now)
        again = await referrals.pick_up(session, referral_id=referral.id, now=ann.now + timedelta(days=2))
        assert again.picked_up_at == ann.now


async def test_a_referral_nobody_made_cannot_be_closed(ann: Speaker) -> None:
    import uuid

    async with ann.desk.database.transaction() as session:
        with pytest.raises(NotFoundError):
            await referrals.close(session, referral_id=uuid.uuid4(), reason="moved_on", now=ann.now)
