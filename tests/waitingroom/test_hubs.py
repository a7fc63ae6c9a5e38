"""Whose a talk is: the hub where the person lives has it, and moves with them."""

import uuid
from typing import Any

import pytest
from sqlalchemy import Uuid, column, literal, select
from sqlmodel import col

from tests.conftest import MONDAY
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import hubs, rights
from waitingroom.conversations import Conversation
from waitingroom.database import Database
from waitingroom.hubs import AreaTakenError, Hub, HubKnownError
from waitingroom.rights import Fact

pytestmark = pytest.mark.anyio


async def opens(database: Database, name: str, *areas: str) -> Hub:
    async with database.transaction() as session:
        return await hubs.add(session, name=name, areas=areas, now=MONDAY)


async def hub_of(database: Database) -> uuid.UUID | None:
    async with database.transaction() as session:
        found: uuid.UUID | None = await session.driver.fetchval("SELECT hub_id FROM conversation")
        return found


async def corrects(database: Database, postcode: str) -> None:
    async with database.transaction() as session:
        talk = await session.driver.fetchval("SELECT id FROM conversation")
        await rights.correct(session, conversation_id=talk, fact=Fact.POSTCODE, value=postcode, now=MONDAY)


async def test_someone_who_refers_themselves_belongs_to_the_hub_where_they_live(
    ann: Speaker, database: Database
) -> None:
    await opens(database, "Colne", "BB8")
    nelson = await opens(database, "Nelson", "bb9 ")
    await ann.says(*SHORTEST_REFERRAL)
    assert await hub_of(database) == nelson.id


async def test_someone_who_lives_in_no_hubs_area_belongs_to_none(ann: Speaker, database: Database) -> None:
    await opens(database, "Colne", "BB8")
    await ann.says(*SHORTEST_REFERRAL)
    assert await hub_of(database) is None


async def test_someone_who_puts_right_where_they_live_goes_to_that_hub(ann: Speaker, database: Database) -> None:
    await opens(database, "Nelson", "BB9")
    colne = await opens(database, "Colne", "BB8")
    await ann.says(*SHORTEST_REFERRAL)
    await corrects(database, "BB8 0JG")
    assert await hub_of(database) == colne.id
    await corrects(database, "BB18 5AA")
    assert await hub_of(database) is None


async def test_a_new_hub_has_those_who_live_there_already(ann: Speaker, database: Database) -> None:
    await ann.says(*SHORTEST_REFERRAL)
    await opens(database, "Colne", "BB8")
    assert await hub_of(database) is None
    nelson = await opens(database, "Nelson", "BB9")
    assert await hub_of(database) == nelson.id


async def test_an_area_has_one_hub_and_a_name_too(database: Database) -> None:
    await opens(database, "Nelson", "BB9")
    with pytest.raises(AreaTakenError):
        await opens(database, "Colne", "BB8", "bb9")
    with pytest.raises(HubKnownError):
        await opens(database, "nelson", "BB8")


@pytest.mark.parametrize("theirs", ["none", "mine", "other"])
@pytest.mark.parametrize("asks", ["none", "mine"])
async def test_the_rule_says_the_same_in_all_its_forms(
    ann: Speaker, database: Database, theirs: str, asks: str
) -> None:
    mine, other = await opens(database, "Nelson", "BB9"), await opens(database, "Colne", "BB8")
    await ann.says("hello")
    known = {"none": None, "mine": mine.id, "other": other.id}
    async with database.transaction() as session:
        await session.driver.execute("UPDATE conversation SET hub_id = $1", known[theirs])
        wanted = not (theirs == "other" and asks == "mine")
        assert hubs.is_mine(known[theirs], mine=known[asks]) is wanted
        plain = select(col(Conversation.id)).where(hubs.of_mine(known[asks]))
        assert bool((await session.run(plain)).all()) is wanted
        ids = select(col(Conversation.id).label("talk")).subquery()
        hung = select(literal(1)).select_from(ids).where(hubs.of_mine(known[asks], ids.c.talk))
        assert bool((await session.run(hung)).all()) is wanted
        in_sql = f"SELECT 1 FROM conversation v WHERE {hubs.MINE.format(mine='$1', hub='v.hub_id')}"
        assert bool(await session.driver.fetch(in_sql, known[asks])) is wanted


async def test_what_hangs_on_no_talk_is_everyones(database: Database) -> None:
    mine = await opens(database, "Nelson", "BB9")
    async with database.transaction() as session:
        nobodys = select(literal(None, Uuid()).label("talk")).subquery()
        found: Any = select(column("talk")).select_from(nobodys).where(hubs.of_mine(mine.id, nobodys.c.talk))
        assert (await session.run(found)).all()
