"""A copy of all that is held of someone: every table, every column, and what is left out is named."""

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import ARRAY, LargeBinary
from sqlmodel import SQLModel

from tests.at_the_desk import claims, close_referral
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    activities,
    equality,
    hanging,
    legal_holds,
    notes,
    record_columns,
    referrals,
    staff,
    stories,
    subject_access,
    tables,
)
from waitingroom.columns import new_id
from waitingroom.errors import NotFoundError
from waitingroom.record_columns import LEFT_OUT, OF_OTHERS, OPENED, TITLES
from waitingroom.subject_access import BESIDE, Record

pytestmark = pytest.mark.anyio

APART = {
    BESIDE: "read by the ids of the person and their talks",
    "equality_answers": "read by the keyed hash of the person's id",
    "person_match": "two who may be one: it tells of someone else, and that they are two is not known yet",
}
"""Tables that hold or name a person and that no key binds to them."""
OF_NOBODY = {
    "do_not_ask": "a keyed hash of a number alone, kept so that it is never written to again: of nobody we know",
    "idempotent_reply": "replies to programs of staff, sealed, for a day",
    "raw_letter": "what could not be read: we do not know whose it is",
    "rate": "counters by id for minutes",
}
REFERS = ("person_id", "conversation_id", "referral_id", "handoff_id", "talk_id", "contact_id", "message_id")


def hung() -> set[str]:
    """Every table that refers to a person or a talk, or to what refers to them."""
    found = {"person", "conversation"}
    for table in SQLModel.metadata.sorted_tables:
        if any(key.column.table.name in found - hanging.NOT_THROUGH for key in table.foreign_keys):
            found.add(table.name)
    return found


def test_every_table_that_names_a_person_is_in_the_copy_or_has_a_reason_not_to_be() -> None:
    assert tables.ALL
    missed = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if column.name in REFERS and table.name not in hung() | APART.keys() | OF_NOBODY.keys() | {"duty"}
    }
    assert missed == set()


def test_every_column_of_those_tables_is_told_or_left_out_for_a_reason() -> None:
    unsaid = {
        (name, column.name)
        for name in hung() | {BESIDE, "equality_answers"}
        for column in SQLModel.metadata.tables[name].columns
        if _bytes(column.type) and (name, column.name) not in {*OPENED, *LEFT_OUT}
    }
    assert unsaid == set(), "say in record_columns where each is sealed, or why it is left out"
    there = {(table.name, column.name) for table in SQLModel.metadata.sorted_tables for column in table.columns}
    assert {*OPENED, *LEFT_OUT, *OF_OTHERS} <= there
    assert hung() <= set(TITLES), "every table has a title in plain words"


def _bytes(kind: Any) -> bool:
    return isinstance(kind.item_type if isinstance(kind, ARRAY) else kind, LargeBinary)


async def record(who: Speaker, **how: Any) -> Record:
    async with who.desk.database.transaction() as session:
        story = await stories.of_talk(session, conversation_id=who.turns[-1].conversation_id)
        assert story.person is not None
        return await subject_access.record(session, person_id=story.person.id, now=who.now, **how)


def told(found: Record) -> str:
    return json.dumps([part.rows for part in found.parts])


async def a_full_life(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "PRIVACY", "COMPLAINT", "Nobody wrote to me", "PERSON")
    claimed = await claims(ann)
    async with ann.desk.database.transaction() as session:
        talk = ann.turns[-1].conversation_id
        sam = await staff.welcome(session, name="Sam", now=ann.now)
        referral = await referrals.open_referral(session, conversation_id=talk)
        assert referral is not None
        assert claimed.claimed_by == sam.id
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=sam.id,
            kind=activities.Kind.CALL,
            minutes=5,
            attended=True,
            note="Spoke of the allotment",
            now=ann.now,
        )
        for words, third_party in (("Likes the mornings", False), ("Her daughter worries", True)):
            await notes.write(
                session, conversation_id=talk, staff_id=sam.id, words=words, now=ann.now, third_party=third_party
            )
        await equality.keep(session, conversation_id=talk, asked=["sex"], answers={"sex": "female"})
        await legal_holds.place(
            session, person_id=referral.person_id, reason="A secret plan", staff_id=sam.id, now=ann.now
        )


async def test_the_copy_holds_all_words_of_theirs_and_of_staff_opened(ann: Speaker) -> None:
    await a_full_life(ann)
    found = await record(ann)
    words = told(found)
    for said in (
        "Company in the evenings",
        "BB9 7AA",
        "Nobody wrote to me",
        "Spoke of the allotment",
        "Likes the mornings",
        '"sex": "female"',
        "computer program",
    ):
        assert said in words, said
    assert "\\\\x" not in words, "nothing is left sealed"
    assert not [one for one in found.left_out if one.why == record_columns.Reason.NOT_OPENED]
    activity = next(part for part in found.parts if part.table == "activity")
    assert activity.rows[0]["staff_id"] == "Sam"
    assert found.shared == 0


async def test_what_tells_of_others_is_left_out_and_named_and_a_lead_can_decide_otherwise(ann: Speaker) -> None:
    await a_full_life(ann)
    found = await record(ann)
    assert "daughter" not in told(found)
    assert {(one.what, one.many) for one in found.left_out if "someone else" in one.why} == {
        ("Private notes of staff", 1)
    }
    assert "Her daughter worries" in told(await record(ann, third_party=True))


async def test_why_there_is_a_legal_hold_is_never_in_the_copy_and_that_it_is_there_is(ann: Speaker) -> None:
    await a_full_life(ann)
    found = await record(ann, third_party=True)
    assert "secret plan" not in told(found)
    assert any(part.table == "legal_hold" for part in found.parts)
    assert any("legal claim" in one.why for one in found.left_out)


async def test_what_someone_else_told_of_her_is_not_hers_to_read(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    async with ann.desk.database.transaction() as session:
        talk = ann.turns[-1].conversation_id
        other = new_id()
        await session.driver.execute(
            """INSERT INTO conversation (id, place, owner, language, created_at, heard_at)
            VALUES ($1, 'front_door', 'bot', 'en', $2, $2)""",
            other,
            ann.now,
        )
        made = new_id()
        sealed = session.keys.seal(
            '{"name": "Ann", "by": "she drinks", "by_phone": ""}', f"introduction:told:{made}"
        )
        await session.driver.execute(
            """INSERT INTO introduction
                (id, told_in_id, asked_in_id, relationship, way, status, told, told_at, version)
            VALUES ($1, $2, $3, 'child', 'text', 'agreed', $4, $5, 1)""",
            made,
            other,
            talk,
            sealed,
            ann.now,
        )
    found = await record(ann)
    assert "drinks" not in told(found)
    assert [one.what for one in found.left_out if "someone else" in one.why] == [
        "What was told where someone told us of another"
    ]
    assert "drinks" in told(await record(ann, third_party=True))


async def test_of_two_on_one_phone_each_has_their_own_referral_in_the_copy_and_staff_are_warned(
    ann: Speaker,
) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    first = await record(ann)
    await close_referral(ann)
    ann.now += timedelta(days=1)
    await ann.says("hello", "me", "45", "yes", "Bob", "BB9 7AA", "4", "My rent", "here", "any", "yes")
    bob = await record(ann)
    assert bob.person_id != first.person_id
    assert bob.shared == 1
    referral = next(part for part in bob.parts if part.table == "referral")
    assert [row["what_matters"] for row in referral.rows] == ["My rent"]
    async with ann.desk.database.transaction() as session:
        anns = await subject_access.record(session, person_id=first.person_id, now=ann.now)
    referral = next(part for part in anns.parts if part.table == "referral")
    assert [row["what_matters"] for row in referral.rows] == ["Company in the evenings"]


async def test_nobody_has_no_copy(ann: Speaker) -> None:
    async with ann.desk.database.transaction() as session:
        with pytest.raises(NotFoundError):
            await subject_access.record(session, person_id=new_id(), now=ann.now)
