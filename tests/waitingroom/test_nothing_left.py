"""What was deleted is gone from the database's own files too: they are searched byte by byte."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import SQLModel

from bot import tidying
from tests.at_the_desk import close_referral
from tests.planted import AT, Planter
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import afresh, equality, erasure, postgres, schema
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.record_classes import RecordClass, years_after

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif("DATABASE_URL" in os.environ, reason="the files of that server are not ours to read"),
]
CANARY = "the heron on the canal at dusk"
HOLDING = ("person", "conversation", "referral", "message")
"""The tables the canaries stand in: to write all of them afresh would only take longer."""
OTHER = "the kettle by the window"


async def files(who: Speaker) -> bytes:
    """Every byte of this database's own folder, once all is written down."""
    async with who.desk.database.statements() as driver:
        await driver.execute("CHECKPOINT")
        number = await driver.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
    cluster = Path(tempfile.gettempdir()) / f"waitingroom-tests-{os.getuid()}" / "postgres" / "cluster"
    found = b""
    for path in (cluster / "base" / str(number)).iterdir():
        try:
            found += path.read_bytes()
        except FileNotFoundError:  # PostgreSQL deletes what it no longer needs whenever it likes
            continue
    return found


async def searched_when_written_afresh(who: Speaker, gone: list[bytes]) -> bytes:
    """Write tables afresh and read them; again where something, as autovacuum, still sees old rows."""
    after = b""
    for _ in range(10):
        await afresh.write_tables(who.desk.database, HOLDING)
        after = await files(who)
        if not any(one in after for one in gone):
            break
    return after


async def canaries(who: Speaker) -> list[bytes]:
    """What stands in the files of someone: their words as they are sealed, and what is not sealed."""
    async with who.desk.database.transaction() as session:
        row = await session.driver.fetchrow(
            """SELECT r.what_matters, r.reference, p.about FROM referral r JOIN person p ON p.id = r.person_id
            WHERE r.conversation_id = $1""",
            who.turns[-1].conversation_id,
        )
        body = await session.driver.fetchval(
            "SELECT body FROM message WHERE conversation_id = $1 AND author = 'person' LIMIT 1",
            who.turns[-1].conversation_id,
        )
    return [row["what_matters"], row["reference"].encode(), row["about"], body]


def saying(words: str) -> tuple[str, ...]:
    return tuple(words if word == "Company in the evenings" else word for word in SHORTEST_REFERRAL)


async def test_what_was_cleared_and_what_was_deleted_at_a_wish_leave_nothing_in_the_files(ann: Speaker) -> None:
    bob, carol = (Speaker(ann.desk, now=ann.now, channel=channel) for channel in ("web", "terminal"))
    await ann.says(*saying(CANARY))
    await bob.says("hello", "me", "45", "yes", "Bob", "BB8", "4", OTHER, "here", "any", "yes")
    await carol.says("hello", "me", "31", "yes", "Carol", "BB9", "4", "the boat", "here", "any", "yes")
    await close_referral(ann)
    gone, stays = [*await canaries(ann), *await canaries(carol)], await canaries(bob)
    before = await files(ann)
    assert all(one in before for one in [*gone, *stays])
    assert CANARY.encode() not in before, "words are sealed wherever they stand"
    async with ann.desk.database.transaction() as session:
        talk = carol.turns[-1].conversation_id
        contact = await session.driver.fetchval("SELECT contact_id FROM conversation WHERE id = $1", talk)
        await erasure.erase(session, conversation_id=talk, contact_id=contact, message_id=None, now=ann.now)
    cleared = await tidying.clear(ann.desk, now=years_after(ann.now, 8) + timedelta(days=1))
    assert cleared[RecordClass.ADULT_CASE] == 1
    after = await searched_when_written_afresh(ann, gone)
    assert [one for one in gone if one in after] == []
    assert all(one in after for one in stays)


OF_NOBODY = {
    "befriending_group",
    "hook",
    "idempotent_reply",
    "raw_letter",
    "staff_account",
    "staff_sign_in",
}
"""Tables whose sealed words are of staff, of no person we know, or of the service: other rules end them."""
PLAIN = "the heron stood still"


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Running]:
    """A PostgreSQL of its own, so that every file it has can be searched."""
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-left-"))
    folder.chmod(0o755)
    running = postgres.start(folder / "postgres")
    schema.upgrade(running.url)
    yield running
    postgres.stop(folder / "postgres")
    shutil.rmtree(folder)


@pytest.fixture
async def records(cluster: postgres.Running) -> AsyncIterator[Database]:
    database = Database(cluster.url, KeyRing.fresh(), pool_size=2)
    yield database
    await database.close()


def every_file(cluster: postgres.Running) -> Iterator[tuple[Path, bytes]]:
    """Every file of the server: tables, write-ahead log, statistics, temporary files, settings, its own log."""
    for path in sorted(cluster.data.rglob("*")):
        try:
            if path.is_file():
                yield path, path.read_bytes()
        except FileNotFoundError:  # PostgreSQL deletes what it no longer needs whenever it likes
            continue


def lying(cluster: postgres.Running, wanted: dict[str, bytes]) -> dict[str, list[str]]:
    """Say in which files each of these bytes lie."""
    found: dict[str, list[str]] = {name: [] for name in wanted}
    for path, body in every_file(cluster):
        for name, one in wanted.items():
            if one in body:
                found[name].append(str(path.relative_to(cluster.data)))
    return found


async def test_words_in_every_sealed_column_of_someone_are_gone_from_every_file_of_the_server(
    cluster: postgres.Running, records: Database
) -> None:
    async with records.transaction() as session:
        planter = Planter(session, words=PLAIN)
        person = await planter.in_table(SQLModel.metadata.tables["person"])
        planter.given["equality_answers", "owner_hash"] = equality.owner_of(session, person["id"])
        planter.given["legal_hold", "lifted_at"] = AT
        talk = (await planter.in_table(SQLModel.metadata.tables["conversation"]))["id"]
        planter.given["own_key", "id"] = planter.given["own_key", "owner_id"] = talk
        values = {f"{table}.{column}": value for (table, column), value in (await planter.everywhere()).items()}
    async with records.statements() as driver:
        await driver.execute("CHECKPOINT")
    before = lying(cluster, values)
    assert all(any(path.startswith("cluster/base") for path in paths) for paths in before.values()), before
    assert all(any("pg_wal" in path for path in paths) for paths in before.values()), "the log holds them as well"
    async with records.transaction() as session:
        await erasure.end(session, people=[person["id"]], talks=[talk], now=AT)
    async with records.statements() as driver:
        await driver.execute("SELECT pg_switch_wal()")
        await driver.execute("CHECKPOINT")
    await afresh.write_tables(records)
    used_again = lying(cluster, values)["person.about"]
    assert any("pg_wal" in path for path in used_again), "the log's files wait to be used again, as they are"
    assert await afresh.write_log(records)
    after = lying(cluster, {**values, "in clear": PLAIN.encode()})
    of_theirs = {name: paths for name, paths in after.items() if name.partition(".")[0] not in OF_NOBODY}
    assert {name: paths for name, paths in of_theirs.items() if paths} == {}
    assert all(after[name] for name in values if name.partition(".")[0] in OF_NOBODY), (
        "the search finds what is there"
    )
