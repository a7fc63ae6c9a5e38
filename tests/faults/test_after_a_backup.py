"""Records brought back from a backup: the erased stay erased, nothing is sent twice, nobody is flooded."""

import asyncio
import itertools
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url

from api import backup_files, backup_make, backup_programs, backup_restore, house
from api.backup_errors import BackupError
from api.backup_make import Made
from api.backup_restore import NotEmptyError, Restored, Source
from api.backup_shelf import KEYS_OF_PEOPLE
from api.settings import Settings
from bot.desk import Desk
from bot.safety import Net
from bot.service import Service
from tests.conftest import MONDAY
from tests.fakes.loopback import NAME, LoopbackChannel
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import audit_check, backups, crossings, letters, outbox, own_keys, schema, staff, staff_sessions
from waitingroom.appointments import Appointment, Way
from waitingroom.appointments import Status as Booked
from waitingroom.backups import HalfRestoredError
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.handoffs import Handoff
from waitingroom.handoffs import Status as Held
from waitingroom.later import LaterMessage
from waitingroom.later import Status as Later
from waitingroom.messages import Status
from waitingroom.transfers import Transfer

pytestmark = [pytest.mark.anyio, pytest.mark.faults]

BACK = MONDAY + timedelta(days=3, minutes=7)
COUNT = "SELECT count(*) FROM {}"
NewPlace = Callable[[], str]


class Place:
    """The records before, as the product uses them, and what makes and brings back their backups."""

    def __init__(self, url: str, keys: KeyRing, folder: Path, desk: Desk) -> None:
        self.url, self.keys, self.folder, self.desk = url, keys, folder, desk
        secret, public = backup_files.make_identity()
        self.identity, self.recipient = backup_files.identity(secret), backup_files.recipient(public)

    async def backed_up(self, at: datetime) -> Made:
        told: dict[str, Any] = {"url": self.url, "keys": self.keys, "recipients": [self.recipient]}
        return await asyncio.to_thread(backup_make.make, self.folder, **told, clock=lambda: at)

    async def brought_back(self, made: Made, to: str, *, now: datetime = BACK, **other: Any) -> Restored:
        source = Source(made.file, self.folder / KEYS_OF_PEOPLE, [self.identity])
        told: dict[str, Any] = {"url": to, "keys": self.keys, "now": now, "say": lambda _: None, **other}
        return await asyncio.to_thread(backup_restore.restore, source, **told)


@pytest.fixture(scope="module")
def admin(server_url: str) -> Iterator[psycopg.Connection[Any]]:
    shown = make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(shown, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def pattern(admin: psycopg.Connection[Any], server_url: str) -> Iterator[str]:
    """A database at the newest version that others are copied from."""
    name = f"pattern_{uuid.uuid4().hex[:12]}"
    admin.execute(f'CREATE DATABASE "{name}"')
    url = _named(server_url, name)
    schema.upgrade(url)
    yield name
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def empty(admin: psycopg.Connection[Any], server_url: str) -> Iterator[NewPlace]:
    """Makes new and empty databases."""
    made: list[str] = []

    def make() -> str:
        made.append(f"empty_{uuid.uuid4().hex[:12]}")
        admin.execute(f'CREATE DATABASE "{made[-1]}"')
        return _named(server_url, made[-1])

    yield make
    for name in made:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def place(
    admin: psycopg.Connection[Any],
    pattern: str,
    server_url: str,
    keys: KeyRing,
    service: Service,
    net: Net,
    tmp_path: Path,
) -> AsyncIterator[Place]:
    name = f"place_{uuid.uuid4().hex[:12]}"
    admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{pattern}"')
    url = _named(server_url, name)
    database = Database(url, keys)
    channels = {**house.default_channels(), NAME: LoopbackChannel("http://127.0.0.1:1")}
    yield Place(url, keys, tmp_path / "shelf", Desk(database, service, net, channels))
    await database.close()
    admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _named(url: str, name: str) -> str:
    return make_url(url).set(drivername="postgresql", database=name).render_as_string(hide_password=False)


async def comes(place: Place, *, now: datetime = MONDAY) -> Speaker:
    """Someone with a phone comes and refers themselves; what is said to them waits to go."""
    person = Speaker(place.desk, now=now, channel=NAME)
    await person.says(*SHORTEST_REFERRAL)
    return person


async def fetch(database: Database, question: str, *facts: Any) -> list[Any]:
    async with database.transaction() as session:
        return list(await session.driver.fetch(question, *facts))


async def talk_of(place: Place, person: Speaker) -> uuid.UUID:
    address = place.keys.fingerprint(NAME, person.address)
    rows = await fetch(place.desk.database, "SELECT conversation_id FROM contact WHERE address_hash = $1", address)
    found: uuid.UUID = rows[0][0]
    return found


async def all_has_gone(place: Place) -> None:
    async with place.desk.database.transaction() as session:
        await session.driver.execute(
            "UPDATE message SET status = 'sent', next_try_at = NULL WHERE status = 'queued'"
        )


async def test_everything_comes_back_and_the_chain_still_fits(place: Place, empty: NewPlace) -> None:
    await comes(place)
    made = await place.backed_up(MONDAY)
    manifest = backup_files.read(made.file, [place.identity])
    to = empty()
    back = await place.brought_back(made, to)
    assert (back.people, back.rows) == (1, sum(manifest.rows.values()))
    database = Database(to, place.keys)
    try:
        assert (await fetch(database, "SELECT count(*) FROM message"))[0][0] == manifest.rows["message"] > 5
        async with database.transaction() as session:
            assert (await audit_check.verify(session)).wrong is None
            assert (await backups.sample(session))[0] > 10
    finally:
        await database.close()


async def test_an_older_server_gets_it_all_or_nothing_too(
    place: Place, empty: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before version 17 it goes by a script, without the setting such a server does not know."""
    await comes(place)
    made, to = await place.backed_up(MONDAY), empty()
    monkeypatch.setattr(backup_programs, "KNOWS_THE_SETTING", 99)
    with psycopg.connect(to, autocommit=True) as connection:
        connection.execute("CREATE TYPE pgqueuer_status AS ENUM ('in the way')")
    with (
        pytest.raises(BackupError, match="already exists"),
        backup_programs.restoring(to, server=16) as take,
    ):
        backup_files.read(made.file, [place.identity], {"records.dump": take})
    with psycopg.connect(to, autocommit=True) as connection:
        assert connection.execute("SELECT to_regclass('person')").fetchone() == (None,)
        connection.execute("DROP TYPE pgqueuer_status")
    assert (await place.brought_back(made, to)).people == 1


async def test_whoever_was_erased_since_is_erased_again(place: Place, empty: NewPlace) -> None:
    ann, bob = await comes(place), await comes(place)
    before = await place.backed_up(MONDAY)
    talk, other = await talk_of(place, ann), await talk_of(place, bob)
    rows = await fetch(place.desk.database, "SELECT person_id FROM conversation WHERE id = $1", talk)
    await fetch(place.desk.database, "DELETE FROM own_key WHERE owner_id = ANY($1)", [talk, rows[0][0]])
    await place.backed_up(MONDAY + timedelta(hours=1))

    to = empty()
    back = await place.brought_back(before, to)
    database = Database(to, place.keys)
    try:
        assert back.erased == 2
        assert [row[0] for row in await fetch(database, "SELECT id FROM conversation")] == [other]
        assert len(await fetch(database, "SELECT id FROM person")) == 1
        assert len(await fetch(database, "SELECT owner_id FROM own_key")) == 2
    finally:
        await database.close()


async def test_two_who_were_joined_since_are_two_again_and_nobody_is_erased(place: Place, empty: NewPlace) -> None:
    ann, bob = await comes(place), await comes(place)
    before = await place.backed_up(MONDAY)
    hers, his = await talk_of(place, ann), await talk_of(place, bob)
    async with place.desk.database.transaction() as session:
        await own_keys.give(session, away=hers, to=his)
    await place.backed_up(MONDAY + timedelta(hours=1))

    to = empty()
    back = await place.brought_back(before, to)
    database = Database(to, place.keys)
    try:
        assert back.erased == 0
        owners = dict(await fetch(database, "SELECT id, owner_id FROM own_key"))
        assert owners[hers] == hers
        assert owners[his] == his
    finally:
        await database.close()


async def test_keys_of_people_older_than_the_records_are_refused(place: Place, empty: NewPlace) -> None:
    """With them everyone who came in between would be taken for erased."""
    await comes(place)
    await place.backed_up(MONDAY)
    older = (place.folder / KEYS_OF_PEOPLE).read_bytes()
    newer = await place.backed_up(MONDAY + timedelta(hours=1))
    (place.folder / KEYS_OF_PEOPLE).write_bytes(older)
    with pytest.raises(BackupError, match="older than the records"):
        await place.brought_back(newer, empty())


async def test_records_whose_keys_of_people_are_not_given_are_refused(place: Place, empty: NewPlace) -> None:
    await comes(place)
    made = await place.backed_up(MONDAY)
    source = Source(made.file, None, [place.identity])
    with pytest.raises(BackupError, match="--keys-of-people"):
        backup_restore.look(source, place.keys)


async def test_with_another_services_keys_nothing_is_changed(place: Place, empty: NewPlace) -> None:
    made, to = await place.backed_up(MONDAY), empty()
    with pytest.raises(BackupError, match=r"keys.json"):
        await place.brought_back(made, to, keys=KeyRing.fresh())
    with psycopg.connect(to) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (0,)


async def test_what_waited_to_go_is_held_for_staff_and_not_sent(place: Place, empty: NewPlace) -> None:
    ann, zoe = await comes(place), await comes(place)
    await all_has_gone(place)
    await ann.says("hello")
    await zoe.says("I want to kill myself")
    made, to = await place.backed_up(MONDAY), empty()
    back = await place.brought_back(made, to)
    database = Database(to, place.keys)
    try:
        assert back.settled.unsent >= 2
        assert not await fetch(database, "SELECT id FROM message WHERE status IN ('queued', 'sending')")
        held = await fetch(database, "SELECT maybe_twice, problem FROM message WHERE status = 'dead'")
        assert {tuple(row) for row in held} == {(True, backups.FROM_BACKUP)}
        raised = await fetch(database, "SELECT urgency, reasons FROM handoff ORDER BY urgency")
        assert all("not_sent" in row["reasons"] for row in raised)
        assert [row["urgency"] for row in raised] == [0, 2]
        async with database.transaction() as session:
            assert not await outbox.stale(session, now=BACK + timedelta(hours=1))
            again = (await letters.dead(session))[0]
            assert again.id is not None
            await letters.retry(session, letter=again.id, now=BACK)
            assert again.status is Status.QUEUED
    finally:
        await database.close()


async def test_sessions_codes_and_half_sign_ins_are_void(place: Place, empty: NewPlace) -> None:
    ann = await comes(place)
    talk = await talk_of(place, ann)
    async with place.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=MONDAY)
        await staff_sessions.begin(session, staff_id=sam.id, browser="Firefox", now=MONDAY)
        code = await crossings.offer(session, conversation_id=talk, now=MONDAY)
        assert code
    made, to = await place.backed_up(MONDAY), empty()
    back = await place.brought_back(made, to, now=MONDAY + timedelta(minutes=5))
    database = Database(to, place.keys)
    try:
        assert back.settled.sessions == 1
        assert not await fetch(database, "SELECT id FROM staff_session WHERE ended_at IS NULL")
        for table in backups.VOID:
            assert (await fetch(database, COUNT.format(table)))[0][0] == 0
    finally:
        await database.close()


async def test_a_message_for_later_whose_hour_passed_goes_back_to_its_writer(
    place: Place, empty: NewPlace
) -> None:
    ann = await comes(place)
    await all_has_gone(place)
    handoff, sam, _ = await _picked_up(place, ann)
    async with place.desk.database.transaction() as session:
        for days in (1, 9):
            later_id = uuid.uuid4()
            words = place.keys.seal("See you.", f"later_message:words:{later_id}")
            session.add(
                LaterMessage(
                    id=later_id,
                    conversation_id=handoff.conversation_id,
                    handoff_id=handoff.id,
                    staff_id=sam,
                    words=words,
                    send_at=MONDAY + timedelta(days=days),
                    status=Later.WAITING,
                    made_at=MONDAY,
                )
            )
    made, to = await place.backed_up(MONDAY), empty()
    back = await place.brought_back(made, to)
    database = Database(to, place.keys)
    try:
        assert back.settled.later == 1
        rows = await fetch(database, "SELECT status FROM later_message ORDER BY send_at")
        assert [row[0] for row in rows] == ["not_sent", "waiting"]
        assert (await fetch(database, "SELECT for_id FROM to_do"))[0][0] == sam
    finally:
        await database.close()


async def test_after_three_days_nobody_gets_more_than_one_message_at_once(
    place: Place, empty: NewPlace, service: Service
) -> None:
    """Someone to be told of a cancelled appointment and of a new link worker; and people in the waiting room."""
    waiting = [await comes(place, now=MONDAY + timedelta(minutes=number)) for number in range(3)]
    ann = await comes(place)
    await all_has_gone(place)
    await _two_things_to_tell(place, ann)
    await fetch(place.desk.database, "UPDATE how_are_you SET due_at = $1 WHERE asked_at IS NULL", MONDAY)
    made, to = await place.backed_up(MONDAY + timedelta(hours=1)), empty()
    await place.brought_back(made, to)
    database = Database(to, place.keys)
    try:
        desk = replace(place.desk, database=database)
        told: dict[uuid.UUID, list[datetime]] = {}
        for step in range(2 * 30):
            now = BACK + timedelta(minutes=30 * step)
            for tick in house.TICKS:
                if not tick.__module__.startswith("api"):
                    await tick(desk, now=now)
            new = await fetch(
                database,
                "UPDATE message SET status = 'sent', next_try_at = NULL WHERE status = 'queued' "
                "RETURNING conversation_id, regexp_replace(dedupe, ':[0-9]$', '') AS said",
            )
            for talk, _ in {tuple(row) for row in new}:  # what is said at once may take two bubbles
                told.setdefault(talk, []).append(now)
    finally:
        await database.close()
    talks = [await talk_of(place, one) for one in (*waiting, ann)]
    assert all(told.get(talk) for talk in talks)
    assert len(told[talks[-1]]) >= 2
    for talk, times in told.items():
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert min(gaps, default=timedelta(days=1)) >= timedelta(hours=1), (talk, times)
        assert times[0] >= BACK + timedelta(hours=1)


async def test_new_messages_have_numbers_no_lost_one_had(place: Place, empty: NewPlace) -> None:
    """A receipt for a message that was lost must not be taken for one of a new message."""
    await comes(place)
    made = await place.backed_up(MONDAY)
    last = (await fetch(place.desk.database, "SELECT max(id) FROM message"))[0][0]
    to = empty()
    await place.brought_back(made, to)
    database = Database(to, place.keys)
    try:
        bob = Speaker(replace(place.desk, database=database), now=BACK, channel=NAME)
        await bob.says("hello")
        assert (await fetch(database, "SELECT max(id) FROM message"))[0][0] > last + 500_000
    finally:
        await database.close()


async def test_a_place_that_is_not_empty_is_left_as_it_is(place: Place, empty: NewPlace) -> None:
    made, to = await place.backed_up(MONDAY), empty()
    with psycopg.connect(to, autocommit=True) as connection:
        connection.execute("CREATE TABLE somebodys (thing text)")
    with pytest.raises(NotEmptyError):
        await place.brought_back(made, to)
    with pytest.raises(NotEmptyError):
        await place.brought_back(made, place.url)
    with psycopg.connect(to) as connection:
        assert connection.execute("SELECT count(*) FROM somebodys").fetchone() == (0,)


async def test_nobody_is_served_from_half_of_it_and_it_can_be_started_again(
    place: Place, empty: NewPlace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await comes(place)
    made, to = await place.backed_up(MONDAY), empty()

    async def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(backup_restore, "_settle", cut_off)
        with pytest.raises(KeyboardInterrupt):
            await place.brought_back(made, to)
    monkeypatch.setenv("DATABASE_URL", to)
    with pytest.raises(HalfRestoredError):
        async with house.open_house(Settings(data=tmp_path), demo=True):
            pass
    with psycopg.connect(to, autocommit=True) as connection:  # as where a newer version had begun its upgrade
        connection.execute("CREATE TABLE newer (person_id uuid REFERENCES person)")
    assert (await place.brought_back(made, to)).people == 1
    async with house.open_house(Settings(data=tmp_path), demo=True) as opened:
        assert (await fetch(opened.database, "SELECT count(*) FROM person"))[0][0] == 1


async def test_a_row_that_is_missing_afterwards_is_found(
    place: Place, empty: NewPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    await comes(place)
    made, to = await place.backed_up(MONDAY), empty()
    bring = backup_restore._bring_back

    def lose_one(connection: psycopg.Connection[Any], source: Source, url: str) -> None:
        bring(connection, source, url)
        connection.execute("DELETE FROM consent WHERE ctid = (SELECT ctid FROM consent LIMIT 1)")

    monkeypatch.setattr(backup_restore, "_bring_back", lose_one)
    with pytest.raises(BackupError, match="consent has"):
        await place.brought_back(made, to)


async def test_the_server_going_away_in_the_middle_leaves_no_file(
    place: Place, admin: psycopg.Connection[Any]
) -> None:
    """A dump larger than any pipe, cut off by the server while it is read."""
    await comes(place)
    async with place.desk.database.transaction() as session:
        await session.driver.execute(
            "INSERT INTO raw_letter (channel, body, digest, problem, created_at) "
            "SELECT 'sms', (SELECT string_agg(sha256((n * 1000 + i)::text::bytea), '') FROM "
            "generate_series(1, 1500) i), sha256(n::text::bytea), 'x', now() FROM generate_series(1, 200) n"
        )
    first = await place.backed_up(MONDAY)
    told = (place.folder / "backups.json").read_text()
    dumped = backup_make.dumped

    def cut(*words: Any, **options: Any) -> Iterator[bytes]:
        blocks = dumped(*words, **options)
        yield next(blocks)
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND application_name = %s",
            [make_url(place.url).database, "waitingroom backup"],
        )
        yield from blocks

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backup_make, "dumped", cut)
        with pytest.raises(BackupError, match="did not let itself be read to the end"):
            await place.backed_up(MONDAY + timedelta(hours=1))
    there = {path.name for path in place.folder.iterdir()}
    assert there == {".lock", "backups.json", KEYS_OF_PEOPLE, first.file.name}
    assert (place.folder / "backups.json").read_text() == told
    assert json.loads(told)["people"] == 1


async def test_a_backup_says_when_it_was_made_for_whoever_watches(place: Place, tmp_path: Path) -> None:
    made = await asyncio.to_thread(
        backup_make.make,
        place.folder,
        url=place.url,
        keys=place.keys,
        recipients=[place.recipient],
        data=tmp_path,
        clock=lambda: MONDAY,
    )
    told = json.loads((tmp_path / "backup.json").read_text())
    assert told == {"at": MONDAY.isoformat(), "bytes": made.bytes, "verified": True}


async def _picked_up(place: Place, person: Speaker) -> tuple[Handoff, uuid.UUID, uuid.UUID]:
    """Have Sam pick someone up; returns the hand-off, Sam and a colleague."""
    talk = await talk_of(place, person)
    async with place.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=MONDAY)
        priya = await staff.welcome(session, name="Priya", now=MONDAY)
        await session.flush()
        found = await session.driver.fetchrow("SELECT id FROM handoff WHERE conversation_id = $1", talk)
        handoff = await session.get(Handoff, found["id"])
        assert handoff is not None
        handoff.status, handoff.claimed_by, handoff.claimed_at = Held.CLAIMED, sam.id, MONDAY
        session.add(handoff)
    return handoff, sam.id, priya.id


async def _two_things_to_tell(place: Place, person: Speaker) -> None:
    handoff, sam, priya = await _picked_up(place, person)
    starts, evening = MONDAY + timedelta(days=8), MONDAY + timedelta(hours=10)
    async with place.desk.database.transaction() as session:
        transfer_id = uuid.uuid4()
        session.add(
            Transfer(
                id=transfer_id,
                handoff_id=handoff.id,
                from_id=priya,
                to_id=sam,
                done_by=priya,
                why=place.keys.seal("Holiday", f"transfer:why:{transfer_id}"),
                at=evening,
                tell_at=evening,
            )
        )
        session.add(
            Appointment(
                conversation_id=handoff.conversation_id,
                staff_id=sam,
                way=Way.CALL,
                minutes=30,
                offered=[starts],
                starts_at=starts,
                status=Booked.CANCELLED,
                next_at=evening,
                made_at=MONDAY,
                answered_at=MONDAY,
                settled_at=evening,
            )
        )
