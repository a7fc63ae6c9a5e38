"""Who may be one person, compared; and what becomes of everything that hangs on two who are made one."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from tests.at_the_desk import story_of
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import equality, joining, matching, moves, pairs, people, rights, staff, tables, withdrawing
from waitingroom.errors import IllegalMoveError
from waitingroom.joining import Which
from waitingroom.likeness import Said, Sureness, alike, compare, same_place
from waitingroom.matching import Status
from waitingroom.people import AboutYou, More
from waitingroom.rights import Fact

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ann"), ("Ann", "Ann Smith"), ("Mrs Ann Smith", "ann smith"), ("José", "Jose"), ("Ann", "Annie"),
     ("Ann-Marie O'Neill", "Ann Marie O\u2019Neill"), ("Łukasz", "Łukasz"), ("ਸਿਮਰਨ", "ਸਿਮਰਨ")],
)  # fmt: skip
def test_names_that_may_be_one_persons_are_alike(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Ann", "Bob"), ("Ann Smith", "Ann Jones"), ("Jo", "Joan"), ("", "Ann"), ("Mrs", "Ann")]
)
def test_names_of_two_people_are_not(one: str, other: str) -> None:
    assert not alike(one, other)


@pytest.mark.parametrize(("one", "other", "same"), [
    ("BB9 7AA", "BB9 7AA", True), ("BB9", "BB9 7AA", True), ("BB9", "BB9", True), ("BB9 7AA", "BB9 7AB", False),
    ("BB8", "BB9 7AA", False), ("", "BB9", False),
])  # fmt: skip
def test_half_a_postcode_may_be_the_whole_of_it(one: str, other: str, same: bool) -> None:
    assert same_place(one, other) is same


def said(name: str = "Ann", age: int = 72, postcode: str = "BB9 7AA", *, years_ago: int = 0) -> Said:
    at = NOW - timedelta(days=365 * years_ago)
    return Said(AboutYou(name=name, age=age, postcode=postcode), at)


def test_how_sure_it_is_depends_on_what_agrees() -> None:
    assert compare(said(), said(), same_phone=True) is Sureness.CERTAIN
    assert compare(said(), said(postcode="BB8"), same_phone=True) is Sureness.CERTAIN
    assert compare(said(), said(age=40), same_phone=True) is Sureness.LIKELY
    assert compare(said(), said(), same_phone=False) is Sureness.LIKELY
    assert compare(said(), said(age=40), same_phone=False) is None
    assert compare(said(), said(postcode="BB8"), same_phone=False) is None
    assert compare(said(), said(name="Bob"), same_phone=True) is None


def test_an_age_grows_with_the_years() -> None:
    assert compare(said(age=75), said(age=72, years_ago=3), same_phone=False) is Sureness.LIKELY
    assert compare(said(age=72), said(age=72, years_ago=3), same_phone=False) is None


def test_every_status_of_a_match_is_in_its_table_of_moves() -> None:
    assert set(matching.MOVES) == set(Status)
    with pytest.raises(IllegalMoveError):
        moves.moved(matching.MOVES, Status.KEPT_APART, Status.JOINED)


async def test_everything_that_hangs_on_either_hangs_on_the_one_they_become(ann: Speaker) -> None:
    """Every table that refers to a person, a talk or a referral, also one that is made after this was written."""
    await ann.says(*SHORTEST_REFERRAL, "PRIVACY", "COMPLAINT", "Nobody wrote to me", "PERSON")
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*SHORTEST_REFERRAL, "PRIVACY", "COMPLAINT", "Nobody rang", "MORE", "CONTINUE")
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        (match,) = await pairs.listed(session)
        pair = await pairs.look(session, match_id=match.id)
        gone = {
            "person": pair.later.person.id,
            "conversation": pair.later.talk.id,
            "referral": pair.later.referral.id,
        }
        await joining.join(
            session, match_id=match.id, tags={"*"}, reach=Which.EARLIER, staff_id=sam.id, now=web.now
        )
        still = [
            f"{table.name}.{key.parent.name}"
            for table in SQLModel.metadata.sorted_tables
            for key in table.foreign_keys
            if (of := key.column.table.name) in gone
            and (
                await session.run(
                    text(f"SELECT count(*) FROM {table.name} WHERE {key.parent.name} = :id"), {"id": gone[of]}
                )
            ).scalar_one()
        ]
    assert still == []
    assert tables.ALL


async def test_what_either_added_about_themselves_is_kept(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*SHORTEST_REFERRAL)
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        first, second = ann.turns[-1].conversation_id, web.turns[-1].conversation_id
        await people.add(session, conversation_id=first, told=More(gp_surgery="Pendle View"))
        await people.add(session, conversation_id=second, told=More(gp_surgery="Elsewhere", code_word="Bluebell"))
        await equality.keep(session, conversation_id=second, asked=["sex"], answers={"sex": "female"})
        (match,) = await pairs.listed(session)
        person_id = await joining.join(
            session, match_id=match.id, tags={"*"}, reach=Which.EARLIER, staff_id=sam.id, now=web.now
        )
        assert await equality.of_person(session, person_id=person_id) == {"sex": "female"}
        assert (await session.run(text("SELECT count(*) FROM equality_answers"))).scalar_one() == 1
    more = (await story_of(ann)).more
    assert more is not None
    assert (more.gp_surgery, more.code_word) == ("Pendle View", "Bluebell")


async def test_why_is_noted_only_on_what_was_just_withdrawn(ann: Speaker) -> None:
    await ann.says(*SHORTEST_REFERRAL, "withdraw", "yes")
    conversation_id = ann.turns[-1].conversation_id
    why = withdrawing.Why.BETTER
    async with ann.desk.database.transaction() as session:
        late = ann.now + timedelta(days=8)
        assert not await withdrawing.note_why(session, conversation_id=conversation_id, why=why, now=late)
        assert await withdrawing.note_why(session, conversation_id=conversation_id, why=why, now=ann.now)
        assert not await withdrawing.withdraw_own(session, conversation_id=conversation_id, now=ann.now)


async def test_someone_who_put_their_number_right_is_found_by_the_right_one(ann: Speaker) -> None:
    by_text = (*SHORTEST_REFERRAL[:-3], "text me")
    await ann.says(*by_text, "07700 900111", "any", "yes")
    number = "+447700900222"
    async with ann.desk.database.transaction() as session:
        talk = ann.turns[-1].conversation_id
        assert await rights.correct(session, conversation_id=talk, fact=Fact.PHONE, value=number, now=ann.now)
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*by_text, "07700 900222", "any", "yes")
    async with ann.desk.database.transaction() as session:
        (match,) = await pairs.listed(session)
    assert match.sureness is Sureness.CERTAIN
