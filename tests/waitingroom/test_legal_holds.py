"""A legal hold: nothing is deleted, the person hears the truth, and one day it is lifted."""

from typing import Any

import pytest

from tests.at_the_desk import close_referral
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import data_requests, erasure, legal_holds, rights, staff, stories
from waitingroom.data_requests import Kind
from waitingroom.errors import NotFoundError, StaleError
from waitingroom.legal_holds import AlreadyOnHoldError, LegalHold, LiftedError, OnHoldError

pytestmark = pytest.mark.anyio


async def held(ann: Speaker) -> LegalHold:
    async with ann.desk.database.transaction() as session:
        lead = await staff.welcome(session, name="Lee", now=ann.now)
        story = await stories.of_talk(session, conversation_id=ann.turns[-1].conversation_id)
        assert story.person is not None
        return await legal_holds.place(
            session, person_id=story.person.id, reason="A claim at court", staff_id=lead.id, now=ann.now
        )


async def test_who_asks_for_all_to_be_deleted_is_told_the_law_lets_us_keep_it_and_who_answers(
    ann: Speaker,
) -> None:
    await ann.says(*SHORTEST_REFERRAL, "withdraw", "yes", "keep it")
    await held(ann)
    heard = await ann.says("delete", "72, BB9 7AA", "yes")
    assert "the law lets us keep what we hold of you" in heard
    assert "23 December 2026" in heard
    assert "deletes what the law lets us" not in heard
    assert "court" not in heard
    async with ann.desk.database.transaction() as session:
        (asked,) = await data_requests.queue(session)
        assert asked.kind is Kind.ERASURE
        story = await stories.of_talk(session, conversation_id=ann.turns[-1].conversation_id)
        assert story.person is not None


async def test_without_a_hold_the_same_is_deleted_at_once(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "withdraw", "yes", "keep it")
    assert "We deleted all we held about you" in await ann.says("delete", "72, BB9 7AA", "yes")


async def test_staff_cannot_delete_what_is_on_hold_and_can_once_it_is_lifted(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await close_referral(ann)
    await ann.says("delete", "72, BB9 7AA", "yes")
    hold = await held(ann)
    async with ann.desk.database.transaction() as session:
        (asked,) = await data_requests.queue(session)
        facts: dict[str, Any] = {
            "request_id": asked.id,
            "staff_id": hold.placed_by,
            "version": asked.version,
            "now": ann.now,
        }
        with pytest.raises(OnHoldError):
            await rights.meet_erasure(session, **facts)
        assert (await data_requests.find(session, request_id=asked.id)).status is data_requests.Status.OPEN
        await legal_holds.lift(session, hold_id=hold.id, version=1, staff_id=hold.placed_by, now=ann.now)
        await rights.meet_erasure(session, **facts)
        with pytest.raises(NotFoundError):
            await legal_holds.find(session, hold_id=hold.id)


async def test_no_way_of_deleting_goes_round_a_hold(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await held(ann)
    async with ann.desk.database.transaction() as session:
        row = await session.driver.fetchrow("SELECT id, contact_id, person_id FROM conversation")
        before = await session.driver.fetchval("SELECT count(*) FROM message")
        with pytest.raises(OnHoldError):
            await erasure.erase(
                session, conversation_id=row["id"], contact_id=row["contact_id"], message_id=None, now=ann.now
            )
        with pytest.raises(OnHoldError):
            await erasure.end(session, people=[row["person_id"]], talks=[row["id"]], now=ann.now)
        assert await session.driver.fetchval("SELECT count(*) FROM message") == before


async def test_one_person_has_one_hold_at_a_time_and_it_is_lifted_once(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    hold = await held(ann)
    with pytest.raises(AlreadyOnHoldError):
        await held(ann)
    async with ann.desk.database.transaction() as session:
        (stands,) = await legal_holds.listed(session)
        assert stands.id == hold.id
        assert legal_holds.reason_of(session, stands) == "A claim at court"
        with pytest.raises(StaleError):
            await legal_holds.lift(session, hold_id=hold.id, version=7, staff_id=hold.placed_by, now=ann.now)
        await legal_holds.lift(session, hold_id=hold.id, version=1, staff_id=hold.placed_by, now=ann.now)
        with pytest.raises(LiftedError):
            await legal_holds.lift(session, hold_id=hold.id, version=2, staff_id=hold.placed_by, now=ann.now)
        assert await legal_holds.listed(session) == []
        assert [one.id for one in await legal_holds.listed(session, lifted=True)] == [hold.id]
    again = await held(ann)
    assert again.id != hold.id


async def test_the_reason_is_sealed_where_it_is_kept(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await held(ann)
    async with ann.desk.database.transaction() as session:
        assert b"court" not in bytes(await session.driver.fetchval("SELECT reason FROM legal_hold"))
