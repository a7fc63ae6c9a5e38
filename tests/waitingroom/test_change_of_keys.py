"""New keys, while people talk: all is sealed anew, nothing is lost, and no key is taken away that is needed."""

import asyncio
import json
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import ARRAY, LargeBinary
from sqlmodel import SQLModel

from api import key_change
from api.key_holding import hold
from api.keys import KeysError, add_key, drop_key, make_keys, read_keys, use_key
from tests.opening_words import every_value
from tests.planted import Planter
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import (
    audit,
    audit_check,
    change_of_keys,
    join_papers,
    joining,
    key_holders,
    own_keys,
    pairs,
    parting,
    staff,
    stories,
    tables,
)
from waitingroom.audit import By, Noted
from waitingroom.columns import KeyRing, UnreadableError
from waitingroom.database import Database, Session
from waitingroom.joining import Which
from waitingroom.key_holders import KeysBehindError, NotEverywhereError, StillSealedError, StillSealsError
from waitingroom.sealed_columns import NOT_SEALED, SEALED

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys.json", demo=True)
    return tmp_path / "keys.json"


@pytest.fixture
def keys(path: Path) -> KeyRing:
    """Keys from a file, as a service has them."""
    return read_keys(path)


@pytest.fixture
def records(database: Database) -> Database:
    return database


def copied(one: Path, to: Path) -> None:
    """Put the key file where another machine has it."""
    to.write_bytes(one.read_bytes())
    to.chmod(0o600)


def quiet(_line: str) -> None:
    pass


def of_bytes() -> set[tuple[str, str]]:
    return {
        (table.name, column.name)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type.item_type if isinstance(column.type, ARRAY) else column.type, LargeBinary)
    }


def test_every_column_of_bytes_is_known_to_be_sealed_or_said_not_to_be() -> None:
    assert tables.ALL
    assert of_bytes() - {*SEALED, *NOT_SEALED} == set(), "say in sealed_columns where, or what it holds"
    assert {*SEALED, *NOT_SEALED} - of_bytes() == set(), "these are not there any more"
    assert not {*SEALED} & {*NOT_SEALED}


async def planted(session: Session) -> dict[tuple[str, str], bytes]:
    """Words in every sealed column, and a paper in which nobody was joined."""
    values = await Planter(session).everywhere()
    nobody = uuid.uuid4()
    what = join_papers.What(stays=nobody, goes=nobody, to=nobody, away=None, followers=[], changes=[])
    paper_id = await session.driver.fetchval("SELECT id FROM join_paper")
    sealed = session.keys.seal(what.model_dump_json(), join_papers.where(paper_id))
    await session.driver.execute("UPDATE join_paper SET what = $1", sealed)
    return values


async def test_everything_that_is_sealed_anywhere_is_under_the_new_key_and_opens(
    records: Database, path: Path
) -> None:
    async with records.transaction() as session:
        values = await planted(session)
        # an empty paper joins nobody
        paper = join_papers.What(
            stays=uuid.uuid4(), goes=uuid.uuid4(), to=uuid.uuid4(), away=None, followers=[], changes=[]
        )
        row = await session.driver.fetchrow("SELECT id FROM join_paper")
        sealed = session.keys.seal(paper.model_dump_json(), join_papers.where(row["id"]))
        await session.driver.execute("UPDATE join_paper SET what = $1", sealed)
    assert set(values) == set(SEALED)
    async with records.transaction() as session:
        before = await every_value(session)
    left = await key_change.change(records, path, say=quiet)
    assert left == {2: sum(map(len, before.values()))}
    assert all(before.values()), "words stood in every sealed column"
    await key_change.retire(records, path, 1)
    fresh = Database(records.url, read_keys(path))
    async with fresh.transaction() as session:
        assert await every_value(session) == before
        assert await change_of_keys.sample(session) == []
    await fresh.close()
    assert set(read_keys(path).keys) == {2}


async def test_the_audit_fits_together_before_and_after(records: Database, path: Path) -> None:
    async with records.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=await session.driver.fetchval("SELECT now()"))
        now = await session.driver.fetchval("SELECT now()")
        audit.note(session, Noted(now, sam.id, By.KEY, "getStory", record="handoff 1"))
    await key_change.change(records, path, say=quiet)
    await key_change.retire(records, path, 1)
    async with records.transaction() as session:
        found = await audit_check.verify(session)
        acts = await session.driver.fetch("SELECT action, record FROM audit_entry ORDER BY place")
    assert found.wrong is None
    assert [tuple(one) for one in acts][1:] == [("changeKeys", "key 2"), ("retireKey", "key 1")]


async def test_a_row_that_somebody_writes_is_passed_over_and_never_waited_for_nor_overwritten(
    records: Database, path: Path
) -> None:
    async with records.transaction() as session:
        await planted(session)
    use_key(path, add_key(path))
    records.keys.renew()
    async with records.transaction() as writing:
        row = await writing.driver.fetchrow("SELECT id FROM conversation FOR UPDATE")
        sealed = writing.keys.seal("said meanwhile", f"conversation:talk:{row['id']}")
        async with asyncio.timeout(10), records.transaction() as session:
            step = await change_of_keys.renew_some(session, "conversation")
        assert (step.renewed, step.last) == (0, None)
        await writing.driver.execute("UPDATE conversation SET talk = $1", sealed)
    async with records.transaction() as session:
        await change_of_keys.renew_some(session, "conversation")
        talk = await session.driver.fetchval("SELECT talk FROM conversation")
        await own_keys.meet(session, [talk])
        assert own_keys.unseal(session, talk, f"conversation:talk:{row['id']}") == "said meanwhile"


async def test_it_goes_on_where_it_was_stopped_and_adds_no_further_key(
    records: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with records.transaction() as session:
        await planted(session)

    async def cut(*_: object, **__: object) -> None:
        raise ConnectionResetError

    with monkeypatch.context() as patch:
        patch.setattr(change_of_keys, "renew_papers", cut)
        with pytest.raises(ConnectionResetError):
            await key_change.change(records, path, say=quiet)
    left = await key_change.change(records, path, say=quiet)
    assert set(left) == {2}
    assert set(read_keys(path).keys) == {1, 2}


async def test_what_does_not_open_stays_as_it_is_is_named_and_keeps_its_key(records: Database, path: Path) -> None:
    async with records.transaction() as session:
        await planted(session)
        broken = b"\x01" + b"broken" * 8
        await session.driver.execute("UPDATE private_note SET words = $1", broken)
    told: list[str] = []
    left = await key_change.change(records, path, say=told.append)
    assert left[1] == 1
    assert any("private_note.words" in line for line in told)
    with pytest.raises(StillSealedError, match="1 values"):
        await key_change.retire(records, path, 1)
    async with records.transaction() as session:
        assert await session.driver.fetchval("SELECT words FROM private_note") == broken


async def test_words_under_a_key_of_a_persons_own_are_left_alone(records: Database, path: Path) -> None:
    async with records.transaction() as session:
        await planted(session)
        await session.driver.execute("UPDATE person SET about = $1", b"\x00their own")
    left = await key_change.change(records, path, say=quiet)
    assert (left[0], left[1]) == (1, 0)
    async with records.transaction() as session:
        assert await session.driver.fetchval("SELECT about FROM person") == b"\x00their own"


async def test_no_key_is_used_before_every_process_has_it_and_none_retired_while_one_seals_with_it(
    records: Database, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_change, "EVERYWHERE_WITHIN", 0.1)
    elsewhere = tmp_path / "elsewhere.json"
    copied(path, elsewhere)
    other, holder = Database(records.url, read_keys(elsewhere)), uuid.uuid4()

    async def heard_of() -> None:
        other.keys.renew()
        async with other.transaction() as session:
            await key_holders.tell(session, holder_id=holder, place="process 7 on b")

    await heard_of()
    with pytest.raises(NotEverywhereError, match="process 7 on b"):
        await key_change.change(records, path, say=quiet)
    assert (read_keys(path).seals, set(read_keys(path).keys)) == (1, {1, 2}), "it is there, and seals nothing yet"
    copied(path, elsewhere)
    await heard_of()
    await key_change.change(records, path, say=quiet)
    with pytest.raises(StillSealsError, match="process 7 on b"):
        await key_change.retire(records, path, 1)
    copied(path, elsewhere)
    await heard_of()
    await key_change.retire(records, path, 1)
    async with other.transaction() as session:
        await key_holders.check(session)
    await other.close()


async def test_a_machine_with_an_older_key_file_is_kept_out(records: Database, path: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    copied(path, old)
    await key_change.change(records, path, say=quiet)
    behind = Database(records.url, read_keys(old))
    async with behind.transaction() as session:
        with pytest.raises(KeysBehindError):
            await key_holders.check(session)
    await behind.close()


async def test_a_process_tells_which_keys_it_has_and_that_it_ended(
    records: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.key_holding.LOOK_EVERY", 0.02)
    holding = asyncio.create_task(hold(records))

    async def heard(knows: Sequence[int]) -> None:
        async with asyncio.timeout(20):
            while True:
                async with records.transaction() as session:
                    living = await key_holders.living(session)
                if [list(one.knows) for one in living] == [list(one) for one in [knows] if one]:
                    return
                await asyncio.sleep(0.02)

    await heard([1])
    add_key(path)
    await heard([1, 2])
    holding.cancel()
    await asyncio.wait({holding})
    await heard([])


def test_a_process_takes_on_a_key_from_the_file_when_it_meets_it_and_within_a_second_to_seal(path: Path) -> None:
    running, changing = read_keys(path), add_key(path)
    use_key(path, changing)
    sealed = read_keys(path).seal("hello", "here")
    assert sealed[0] == 2
    assert running.unseal(sealed, "here") == "hello"
    assert running.seal("hello", "here")[0] == 2
    drop_key(path, 1)
    running.renew()
    with pytest.raises(UnreadableError):
        running.unseal(b"\x01" + sealed[1:], "here")


def test_a_key_file_of_another_service_or_one_that_is_broken_is_never_taken_on(path: Path) -> None:
    running = read_keys(path)
    sealed = running.seal("hello", "here")
    told = json.loads(path.read_text())
    make_keys(path.with_name("other.json"), demo=True)
    for text in (path.with_name("other.json").read_text(), "{", json.dumps({**told, "seals": 9})):
        path.write_text(text)
        running.renew()
        assert running.unseal(sealed, "here") == "hello"
    with pytest.raises(KeysError, match="not a key file"):
        read_keys(path)


def test_the_key_that_seals_cannot_be_taken_away_and_a_missing_one_cannot_be_used(path: Path) -> None:
    with pytest.raises(KeysError, match="the one that seals"):
        drop_key(path, 1)
    with pytest.raises(KeysError, match="no key 5"):
        use_key(path, 5)
    assert path.stat().st_mode & 0o777 == 0o600
    add_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_keys(path).seals == 1


async def two_joined(ann: Speaker) -> uuid.UUID:
    """Ann, twice on record, made one; returns the match."""
    await ann.says(*SHORTEST_REFERRAL)
    web = Speaker(ann.desk, now=ann.now + timedelta(days=1), channel="web")
    await web.says(*(word if word != "Company in the evenings" else "My rent" for word in SHORTEST_REFERRAL))
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=web.now)
        (match,) = await pairs.listed(session)
        await joining.join(session, match_id=match.id, tags={"*"}, reach=Which.LATER, staff_id=sam.id, now=web.now)
    ann.turns += web.turns
    return match.id


async def test_two_who_were_joined_before_the_change_are_parted_after_it_as_they_were(
    ann: Speaker, records: Database, path: Path
) -> None:
    match = await two_joined(ann)
    await key_change.change(records, path, say=quiet)
    await key_change.retire(records, path, 1)
    await parted(ann, match)


async def test_two_can_be_parted_in_the_middle_of_a_change(ann: Speaker, records: Database, path: Path) -> None:
    match = await two_joined(ann)
    use_key(path, add_key(path))
    records.keys.renew()
    for table in change_of_keys.sealed_tables():
        async with records.transaction() as session:
            await change_of_keys.renew_some(session, table)
    await parted(ann, match)


async def parted(ann: Speaker, match: uuid.UUID) -> None:
    now = ann.now + timedelta(days=3)
    async with ann.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=now)
        await parting.part(session, match_id=match, tags={"*"}, staff_id=sam.id, now=now)
    async with ann.desk.database.transaction() as session:
        talks = dict.fromkeys(turn.conversation_id for turn in ann.turns)
        told = [await stories.of_talk(session, conversation_id=talk) for talk in talks]
        assert [one.what_matters for one in told] == ["Company in the evenings", "My rent"]
        assert await every_value(session)
