"""What stands in the records behind a person in a test, and what staff do about it."""

from sqlmodel import select

from tests.talking import Speaker
from waitingroom import conversations, handoffs, referrals, staff, stories
from waitingroom.conversations import Place
from waitingroom.errors import NotFoundError
from waitingroom.handoffs import Handoff, Reason, Status
from waitingroom.people import Person
from waitingroom.referrals import Referral
from waitingroom.stories import Story


async def open_referral(who: Speaker) -> Referral | None:
    async with who.desk.database.transaction() as session:
        return await referrals.open_referral(session, conversation_id=who.turns[-1].conversation_id)


async def close_referral(who: Speaker) -> None:
    """A link worker closes what was asked for, and its hand-off: all is well."""
    claimed = await claims(who)
    async with who.desk.database.transaction() as session:
        referral = await referrals.open_referral(session, conversation_id=claimed.conversation_id)
        assert referral is not None
        await referrals.close(session, referral_id=referral.id, reason="goals_met", now=who.now)
    await hands_back(who, claimed, to=Status.CLOSED)


async def place_of(who: Speaker) -> Place:
    async with who.desk.database.transaction() as session:
        return (await conversations.find(session, who.turns[-1].conversation_id)).place


async def handoff_of(who: Speaker) -> Handoff | None:
    async with who.desk.database.transaction() as session:
        try:
            return await handoffs.of_conversation(session, conversation_id=who.turns[-1].conversation_id)
        except NotFoundError:
            return None


async def reasons_of(who: Speaker) -> list[Reason]:
    raised = await handoff_of(who)
    return [Reason(reason) for reason in raised.reasons] if raised else []


async def claims(who: Speaker, name: str = "Sam") -> Handoff:
    """A link worker picks up whoever this is."""
    from waitingroom import caseload

    async with who.desk.database.transaction() as session:
        sam = await staff.welcome(session, name=name, now=who.now)
        raised = await handoffs.of_conversation(session, conversation_id=who.turns[-1].conversation_id)
        return await caseload.pick_up(
            session, handoff=raised, staff_id=sam.id, version=raised.version, now=who.now
        )


async def hands_back(who: Speaker, claimed: Handoff, *, to: Status = Status.HANDED_BACK) -> None:
    async with who.desk.database.transaction() as session:
        assert claimed.claimed_by is not None
        found = await handoffs.find(session, handoff_id=claimed.id)
        await handoffs.end(
            session,
            handoff_id=found.id,
            staff_id=claimed.claimed_by,
            version=found.version,
            to=to,
            now=who.now,
        )


async def story_of(who: Speaker) -> Story:
    async with who.desk.database.transaction() as session:
        return await stories.of_talk(session, conversation_id=who.turns[-1].conversation_id)


async def everyone(who: Speaker) -> list[Person]:
    """Every person there is on record."""
    async with who.desk.database.transaction() as session:
        return list((await session.exec(select(Person))).all())
