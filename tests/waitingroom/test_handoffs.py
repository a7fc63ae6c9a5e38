"""Hand-offs: however many reach for one at once, exactly one has it."""

import asyncio
import random
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlmodel import col, select, update

from waitingroom import caseload, handoffs, staff
from waitingroom.columns import KeyRing
from waitingroom.conversations import Conversation, Owner
from waitingroom.database import Database, Session
from waitingroom.errors import IllegalMoveError, NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import MOVES, AlreadyClaimedError, Handoff, NotYoursError, Reason, Status, Urgency

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CLAIMERS = 50
HANDOFFS = 500

Claim = Callable[[Session, uuid.UUID, uuid.UUID], Awaitable[object]]


@pytest.fixture
async def wide(database: Database, database_url: str, keys: KeyRing) -> AsyncIterator[Database]:
    """The same records, with a line of their own for each claimer."""
    wide = Database(database_url, keys, pool_size=CLAIMERS)
    yield wide
    await wide.close()


async def raised(database: Database, number: int) -> list[uuid.UUID]:
    """Raise hands for `number` people."""
    async with database.transaction() as session:
        talks = [Conversation(created_at=NOW, heard_at=NOW) for _ in range(number)]
        session.add_all(talks)
        await session.flush()
        return [
            await handoffs.raise_hand(
                session, conversation_id=talk.id, reason=Reason.DANGER, urgency=Urgency.URGENT, now=NOW
            )
            for talk in talks
        ]


async def hired(database: Database, number: int) -> list[uuid.UUID]:
    async with database.transaction() as session:
        return [(await staff.welcome(session, name=f"Worker {one}", now=NOW)).id for one in range(number)]


async def properly(session: Session, handoff_id: uuid.UUID, staff_id: uuid.UUID) -> object:
    """Claim as the staff API does."""
    held = await caseload.hold(session, handoff_id=handoff_id)
    return await caseload.pick_up(session, handoff=held, staff_id=staff_id, version=1, now=NOW)


async def by_the_verb_alone(session: Session, handoff_id: uuid.UUID, staff_id: uuid.UUID) -> object:
    return await handoffs.claim(session, handoff_id=handoff_id, staff_id=staff_id, version=1, now=NOW)


async def naively(session: Session, handoff_id: uuid.UUID, staff_id: uuid.UUID) -> object:
    """Look whether it is free, then take it: what everyone writes first."""
    found = await session.exec(select(Handoff.status).where(Handoff.id == handoff_id))
    if found.one() is not Status.WAITING:
        raise AlreadyClaimedError
    taken = {"status": Status.CLAIMED, "claimed_by": staff_id}
    await session.exec(update(Handoff).where(col(Handoff.id) == handoff_id).values(**taken))
    return None


async def winners(
    database: Database, claim: Claim, *, claimers: int, number: int, each: int | None = None
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Have every claimer reach for `each` of the hand-offs in the same order, all at once, or for all of them.

    Returns who believes they won each.
    """
    waiting = await raised(database, number)
    chance = random.Random(7)
    won: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)

    async def work(staff_id: uuid.UUID, wanted: list[uuid.UUID]) -> None:
        for handoff_id in wanted:
            with suppress(AlreadyClaimedError, StaleError):
                async with database.transaction() as session:
                    await claim(session, handoff_id, staff_id)
                won[handoff_id].append(staff_id)

    places = [sorted(chance.sample(range(number), each or number)) for _ in range(claimers)]
    workers = zip(await hired(database, claimers), places, strict=True)
    await asyncio.gather(*(work(one, [waiting[place] for place in mine]) for one, mine in workers))
    reached = {waiting[place] for mine in places for place in mine}
    assert set(won) == reached, "someone was left waiting"
    return won


def check_one_winner_each(won: dict[uuid.UUID, list[uuid.UUID]]) -> None:
    assert [handoff for handoff, who in won.items() if len(who) != 1] == []


@pytest.mark.slow
async def test_fifty_claimers_and_five_hundred_hand_offs_make_one_winner_each(wide: Database) -> None:
    won = await winners(wide, properly, claimers=CLAIMERS, number=HANDOFFS, each=60)
    check_one_winner_each(won)
    assert len(won) > HANDOFFS - 5
    async with wide.transaction() as session:
        kept = (await session.exec(select(Handoff))).all()
        talks = {talk.id: talk for talk in await session.exec(select(Conversation))}
    claimed = [handoff for handoff in kept if handoff.status is Status.CLAIMED]
    assert {handoff.id: [handoff.claimed_by] for handoff in claimed} == won
    for handoff in claimed:
        talk = talks[handoff.conversation_id]
        assert (talk.owner, talk.owned_by) == (Owner.LINK_WORKER, handoff.claimed_by)


async def test_fifty_who_reach_for_the_same_hand_off_at_once_make_one_winner(wide: Database) -> None:
    check_one_winner_each(await winners(wide, properly, claimers=CLAIMERS, number=5))


async def test_the_verb_alone_makes_one_winner_each(wide: Database) -> None:
    check_one_winner_each(await winners(wide, by_the_verb_alone, claimers=20, number=10))


async def test_claimers_who_look_and_then_take_are_found_out(wide: Database) -> None:
    won = await winners(wide, naively, claimers=20, number=10)
    with pytest.raises(AssertionError):
        check_one_winner_each(won)


@pytest.mark.parametrize("to", [Status.WAITING, Status.HANDED_BACK, Status.CLOSED])
async def test_only_who_claimed_it_ends_it_and_only_as_they_read_it(database: Database, to: Status) -> None:
    (handoff_id,) = await raised(database, 1)
    sam, priya = await hired(database, 2)
    async with database.transaction() as session:
        claimed = await properly(session, handoff_id, sam)
        assert isinstance(claimed, Handoff)
        end = {"handoff_id": handoff_id, "to": to, "now": NOW}
        refusals: list[tuple[uuid.UUID, int, type[RefusedError]]] = [
            (priya, 2, NotYoursError),
            (sam, 1, StaleError),
        ]
        for who, version, refusal in refusals:
            with pytest.raises(refusal):
                async with session.begin_nested():
                    await handoffs.end(session, staff_id=who, version=version, **end)
        ended = await handoffs.end(session, staff_id=sam, version=2, **end)
    assert (ended.status, ended.version) == (to, 3)


async def test_a_refusal_leaves_a_hand_off_as_it_was_even_where_all_else_is_kept(database: Database) -> None:
    (handoff_id,), (sam, priya) = await raised(database, 1), await hired(database, 2)
    async with database.transaction() as session:
        await handoffs.claim(session, handoff_id=handoff_id, staff_id=sam, version=1, now=NOW)
    for who, version in ((sam, 1), (priya, 2)):
        async with database.transaction() as session:
            with suppress(StaleError, NotYoursError):
                await handoffs.end(
                    session, handoff_id=handoff_id, staff_id=who, version=version, to=Status.HANDED_BACK, now=NOW
                )
    async with database.transaction() as session:
        assert (await handoffs.find(session, handoff_id=handoff_id)).status is Status.CLAIMED


async def test_every_status_has_its_row_of_moves_and_what_ended_stays_ended(database: Database) -> None:
    assert set(MOVES) == set(Status)
    (handoff_id,) = await raised(database, 1)
    (sam,) = await hired(database, 1)
    async with database.transaction() as session:
        await properly(session, handoff_id, sam)
        await handoffs.end(session, handoff_id=handoff_id, staff_id=sam, version=2, to=Status.CLOSED, now=NOW)
    for version in (1, 3):
        async with database.transaction() as session:
            held = await caseload.hold(session, handoff_id=handoff_id)
            with pytest.raises(IllegalMoveError):
                await caseload.pick_up(session, handoff=held, staff_id=sam, version=version, now=NOW)


async def test_a_hand_off_nobody_raised_is_not_found(database: Database) -> None:
    async with database.transaction() as session:
        with pytest.raises(NotFoundError):
            await caseload.hold(session, handoff_id=uuid.uuid4())


async def test_news_joins_an_open_hand_off_and_only_ever_makes_it_more_urgent(database: Database) -> None:
    async with database.transaction() as session:
        talk = Conversation(created_at=NOW, heard_at=NOW)
        session.add(talk)
        await session.flush()
        raise_hand = {"conversation_id": talk.id, "now": NOW}
        steps = [(Reason.NEW_REFERRAL, Urgency.ROUTINE), (Reason.DANGER, Urgency.URGENT)]
        steps += [(Reason.ASKED_FOR_PERSON, Urgency.SOON), (Reason.DANGER, Urgency.ROUTINE)]
        ids = {
            await handoffs.raise_hand(session, reason=reason, urgency=urgency, **raise_hand)
            for reason, urgency in steps
        }
        (only,) = ids
        handoff = await handoffs.find(session, handoff_id=only)
    assert handoff.urgency == Urgency.URGENT
    assert handoff.version == 4
    assert sorted(handoff.reasons) == ["asked_for_person", "danger", "new_referral"]
