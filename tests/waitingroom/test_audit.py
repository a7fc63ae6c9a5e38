"""Who saw and did what: nothing that was noted can be changed, taken away or moved unseen."""

import asyncio
import time
import uuid
from datetime import timedelta

import asyncpg
import pytest

from tests.conftest import MONDAY
from waitingroom import audit, audit_check
from waitingroom.audit import By, Noted, Outcome
from waitingroom.database import Database, Session
from waitingroom.errors import RefusedError

pytestmark = pytest.mark.anyio
ROWS = 12
SAM = uuid.uuid4()


def seen(number: int, *, action: str = "getStory") -> Noted:
    at = MONDAY + timedelta(minutes=number)
    return Noted(at, SAM, By.KEY, action, conversation_id=uuid.uuid4(), record=f"handoff {number}")


async def noted(database: Database, *entries: Noted) -> None:
    for one in entries or [seen(number) for number in range(ROWS)]:
        async with database.transaction() as session:
            audit.note(session, one)


async def wrong_with(database: Database, *, kept: str | None = None) -> str | None:
    async with database.transaction() as session:
        return (await audit_check.verify(session, kept=kept)).wrong


async def by_force(database: Database, *statements: str) -> None:
    """Do what only someone with the run of the database can do: past the guard."""
    async with database.transaction() as session:
        await session.driver.execute("SET LOCAL session_replication_role = replica")
        for one in statements:
            await session.driver.execute(one)


async def test_what_was_noted_fits_together_however_it_is_read(database: Database) -> None:
    await noted(database)
    async with database.transaction() as session:
        found = await audit_check.verify(session)
        assert (found.rows, found.wrong) == (ROWS, None)
        assert found.head == await audit_check.head(session)
        assert found.head.startswith(f"{ROWS}-")


async def test_nothing_noted_yet_is_nothing_wrong(database: Database) -> None:
    assert await wrong_with(database) is None


@pytest.mark.parametrize(
    "change",
    [
        "staff_id = gen_random_uuid()",
        "staff_id = NULL",
        "at = at + interval '1 microsecond'",
        "by = 'session'",
        "action = 'getPerson'",
        "outcome = 'refused'",
        "hub_id = gen_random_uuid()",
        "conversation_id = NULL",
        "person_id = gen_random_uuid()",
        "record = 'handoff 99'",
        "link = sha256(link)",
    ],
)
async def test_a_row_that_was_changed_is_named(database: Database, change: str) -> None:
    await noted(database)
    await by_force(database, f"UPDATE audit_entry SET {change} WHERE place = 5")
    assert await wrong_with(database) == "row 5 was changed, or is not the one that stood there"


async def test_a_row_that_was_taken_out_is_named(database: Database) -> None:
    await noted(database)
    await by_force(database, "DELETE FROM audit_entry WHERE place = 7")
    assert await wrong_with(database) == "row 7 is missing"


async def test_a_row_taken_out_and_the_rest_moved_up_is_named(database: Database) -> None:
    await noted(database)
    up = [f"UPDATE audit_entry SET place = {place} - 1 WHERE place = {place}" for place in range(8, ROWS + 1)]
    await by_force(database, "DELETE FROM audit_entry WHERE place = 7", *up)
    assert (await wrong_with(database) or "").startswith("row 7 was changed")


async def test_two_rows_that_changed_places_are_found(database: Database) -> None:
    await noted(database)
    await by_force(
        database,
        "UPDATE audit_entry SET place = 0 WHERE place = 3",
        "UPDATE audit_entry SET place = 3 WHERE place = 4",
        "UPDATE audit_entry SET place = 4 WHERE place = 0",
    )
    assert (await wrong_with(database) or "").startswith("row 3 was changed")


async def test_rows_cut_off_at_the_end_are_missed(database: Database) -> None:
    await noted(database)
    await by_force(database, "DELETE FROM audit_entry WHERE place > 9")
    assert await wrong_with(database) == "rows 10 to 12 are missing: they were cut off"


async def test_rows_cut_off_at_the_beginning_are_missed(database: Database) -> None:
    await noted(database)
    await by_force(database, "DELETE FROM audit_entry WHERE place < 3")
    assert await wrong_with(database) == "row 1 is missing"


async def test_a_head_written_by_someone_without_the_key_is_found(database: Database) -> None:
    await noted(database)
    cut = "UPDATE audit_head SET last = 9, link = (SELECT link FROM audit_entry WHERE place = 9)"
    await by_force(database, "DELETE FROM audit_entry WHERE place > 9", cut)
    assert await wrong_with(database) == "the head was changed"


async def test_a_head_that_is_gone_is_missed(database: Database) -> None:
    await noted(database)
    await by_force(database, "DELETE FROM audit_head")
    assert await wrong_with(database) == "the head is gone"


async def test_an_older_copy_put_in_place_is_found_by_the_head_that_was_kept_elsewhere(database: Database) -> None:
    await noted(database)
    async with database.transaction() as session:
        old = dict(await session.driver.fetchrow("SELECT * FROM audit_head"))
    await noted(database, *(seen(number) for number in range(20, 25)))
    async with database.transaction() as session:
        kept = await audit_check.head(session)
    async with database.transaction() as session:
        await session.driver.execute("SET LOCAL session_replication_role = replica")
        await session.driver.execute(f"DELETE FROM audit_entry WHERE place > {ROWS}")
        head = ("UPDATE audit_head SET last = $1, link = $2, mark = $3", old["last"], old["link"], old["mark"])
        await session.driver.execute(*head)
    assert await wrong_with(database) is None
    found = await wrong_with(database, kept=kept)
    assert found == "rows 13 to 17 are missing: they were there when that head was kept"


async def test_another_history_of_the_same_length_is_found_by_the_head_that_was_kept(database: Database) -> None:
    await noted(database)
    async with database.transaction() as session:
        kept = await audit_check.head(session)
    await by_force(database, "DELETE FROM audit_entry", "DELETE FROM audit_head")
    await noted(database)
    assert await wrong_with(database) is None
    assert await wrong_with(database, kept=kept) == "row 12 is not the one whose head was kept"


async def test_a_head_of_another_shape_is_refused_kindly(database: Database) -> None:
    with pytest.raises(RefusedError, match="as `waitingroom audit head` printed it"):
        await wrong_with(database, kept="twelve")


async def test_what_was_noted_cannot_be_changed_or_deleted_by_the_application(database: Database) -> None:
    await noted(database)
    for statement in ("UPDATE audit_entry SET action = 'x' WHERE place = 1", "DELETE FROM audit_entry"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="what was noted stands"):
            async with database.transaction() as session:
                await session.driver.execute(statement)
    even_when_tidying = (
        "SET LOCAL waitingroom.retention = 'on'; UPDATE audit_entry SET action = 'x' WHERE place = 1"
    )
    with pytest.raises(asyncpg.IntegrityConstraintViolationError):
        async with database.transaction() as session:
            await session.driver.execute(even_when_tidying)
    assert await wrong_with(database) is None


async def test_what_is_undone_is_not_noted(database: Database) -> None:
    async def changes_their_mind(session: Session) -> None:
        audit.note(session, seen(1))
        raise RefusedError

    with pytest.raises(RefusedError):
        async with database.transaction() as session:
            await changes_their_mind(session)
    async with database.transaction() as session:
        assert (await audit_check.verify(session)).rows == 0
    await noted(database, seen(2))
    async with database.transaction() as session:
        assert (await audit_check.verify(session)).rows == 1


async def test_many_at_once_are_each_noted_once_and_in_order(database: Database) -> None:
    await asyncio.gather(*(noted(database, *(seen(number) for number in range(5))) for _ in range(8)))
    async with database.transaction() as session:
        found = await audit_check.verify(session)
    assert (found.rows, found.wrong) == (40, None)


async def test_a_page_that_renews_itself_is_one_look(database: Database) -> None:
    talk = uuid.uuid4()

    async def looks(*, after: timedelta, talk: uuid.UUID = talk, staff_id: uuid.UUID = SAM) -> None:
        async with database.transaction() as session:
            one = Noted(MONDAY + after, staff_id, By.SESSION, "getStory", conversation_id=talk)
            await audit.note_sight(session, [one])

    await looks(after=timedelta())
    await looks(after=timedelta(seconds=50))
    await looks(after=timedelta(seconds=50), talk=uuid.uuid4())
    await looks(after=timedelta(seconds=50), staff_id=uuid.uuid4())
    await looks(after=timedelta(seconds=130))
    async with database.transaction() as session:
        assert (await audit_check.verify(session)).rows == 4


async def test_a_refusal_before_does_not_hide_a_look_after(database: Database) -> None:
    one = seen(1)
    await noted(database, audit.refused(one))
    async with database.transaction() as session:
        await audit.note_sight(session, [one])
    async with database.transaction() as session:
        kept = await session.driver.fetch("SELECT outcome FROM audit_entry ORDER BY place")
    assert [row["outcome"] for row in kept] == [Outcome.REFUSED, Outcome.DONE]


async def test_what_is_old_enough_is_let_go_and_the_rest_still_fits(database: Database) -> None:
    await noted(database)
    async with database.transaction() as session:
        assert await audit_check.let_go(session, before=MONDAY + timedelta(minutes=4)) == 4
    assert await wrong_with(database) is None
    await noted(database, seen(30))
    async with database.transaction() as session:
        assert (await audit_check.verify(session)).rows == 9
        assert await audit_check.let_go(session, before=MONDAY) == 0
    await by_force(database, "DELETE FROM audit_entry WHERE place = 5")
    assert await wrong_with(database) == "row 5 is missing"


async def test_nothing_is_let_go_of_a_chain_that_is_broken(database: Database) -> None:
    await noted(database)
    await by_force(database, "UPDATE audit_entry SET action = 'x' WHERE place = 2")
    with pytest.raises(audit_check.BrokenChainError):
        async with database.transaction() as session:
            await audit_check.let_go(session, before=MONDAY + timedelta(days=1))


async def test_twenty_thousand_rows_are_walked_in_a_second_or_so(database: Database) -> None:
    rows, keys = 20_000, database.keys
    link, made = audit.BEFORE_ALL, []
    for place in range(1, rows + 1):
        one = seen(place)
        row = {**one.__dict__, "place": place, "by": "key", "outcome": "done"}
        link = audit.linked(keys, link, row)
        made.append(
            (place, one.at, SAM, "key", "getStory", "done", None, one.conversation_id, None, one.record, link)
        )
    async with database.transaction() as session:
        await session.driver.copy_records_to_table("audit_entry", records=made)
        seal = audit.mark(keys, 1, audit.BEFORE_ALL, rows, link)
        head = (1, 1, audit.BEFORE_ALL, rows, link, seal)
        await session.driver.execute("INSERT INTO audit_head VALUES ($1, $2, $3, $4, $5, $6)", *head)
    began = time.process_time()
    assert await wrong_with(database) is None
    assert time.process_time() - began < 2
