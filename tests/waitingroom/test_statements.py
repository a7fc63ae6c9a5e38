"""Statements that go in few round trips: what is done together, and what every turn writes."""

import re
from datetime import UTC, datetime

import asyncpg
import pytest
from sqlalchemy import text

from bot.memory import REMEMBER
from waitingroom.columns import new_id
from waitingroom.conversations import Conversation, Owner, Place
from waitingroom.database import Database, row

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
COUNT = "SELECT count(*) FROM conversation WHERE language = $1"
CALL_ALL = "UPDATE conversation SET language = $2 WHERE language = $1"
INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'conversation'"
SET = re.compile(r"UPDATE conversation SET (.+?) WHERE", re.DOTALL)


def talk(language: str, **facts: object) -> tuple[str, tuple[object, ...]]:
    standing = {"place": Place.FRONT_DOOR, "owner": Owner.BOT, "created_at": NOW, "heard_at": NOW}
    work, told = row(Conversation, **{"id": new_id(), "language": language, **standing, **facts})
    return work, tuple(told)


async def test_things_done_together_have_each_its_own_facts_and_do_not_see_each_other(database: Database) -> None:
    async with database.transaction() as session:
        await session.together(talk("cy"), (CALL_ALL, ("cy", "pl")), talk("cy"))
        assert await session.driver.fetchval(COUNT, "cy") == 2
        await session.together((CALL_ALL, ("cy", "pl")), talk("en"))
        assert [await session.driver.fetchval(COUNT, one) for one in ("cy", "pl", "en")] == [0, 2, 1]


async def test_where_one_of_them_fails_none_is_done(database: Database) -> None:
    with pytest.raises(asyncpg.NotNullViolationError):
        async with database.transaction() as session:
            await session.together(talk("cy"), talk("cy", place=None))
    async with database.transaction() as session:
        assert await session.driver.fetchval(COUNT, "cy") == 0


def written_each_turn() -> set[str]:
    """The columns of a talk that every turn writes, read from the turn's own statement."""
    found = SET.search(REMEMBER)
    assert found is not None
    return {one.partition("=")[0].strip() for one in found[1].split(",")}


async def test_no_index_of_talks_holds_what_every_turn_writes(database: Database) -> None:
    columns = written_each_turn()
    assert {"talk", "heard_at", "full_at"} <= columns
    async with database.transaction() as session:
        indexes = dict((await session.run(text(INDEXES))).all())
    assert len(indexes) >= 4
    held = {
        name for name, made in indexes.items() if columns & set(re.findall(r"\w+", made.partition("USING")[2]))
    }
    assert held == set()
