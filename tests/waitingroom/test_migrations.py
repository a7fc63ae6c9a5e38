"""Migrations: older code goes on working, nobody waits behind one, and a version too old says so."""

import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.house import open_house
from api.settings import Settings
from tests.of_tomorrow import the_step, tomorrow
from tests.waitingroom.migration_rules import broken
from waitingroom import schema
from waitingroom.columns import KeyRing
from waitingroom.database import Database, driver_url

pytestmark = pytest.mark.anyio
SINCE = "0022"
"""Older ones were made before any service ran two versions at once."""


@pytest.fixture
def fresh_url(server_url: str) -> Iterator[str]:
    """A database of this test's own, at this version."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = driver_url(server_url, "psycopg").set(drivername="postgresql")
    with psycopg.connect(admin.render_as_string(hide_password=False), autocommit=True) as line:
        line.execute(f'CREATE DATABASE "{name}"')
        shown = admin.set(database=name).render_as_string(hide_password=False)
        schema.upgrade(shown)
        yield shown
        line.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize(
    "path", sorted((schema._folder() / "versions").glob("[0-9]*.py")), ids=lambda path: path.stem
)
def test_older_code_can_work_on_after_every_migration_that_does_not_say_otherwise(path: Path) -> None:
    if path.stem >= SINCE:
        assert broken(path.read_text()) == []


@pytest.mark.parametrize(
    "up",
    [
        "op.drop_column('message', 'kind')",
        "op.drop_table('hub')",
        "op.rename_table('hub', 'place')",
        "op.alter_column('hub', 'name', new_column_name='title')",
        "op.alter_column('hub', 'name', type_=sa.Integer())",
        "op.alter_column('hub', 'name', nullable=False)",
        "op.alter_column('hub', 'name', server_default=None)",
        "op.add_column('hub', sa.Column('size', sa.Integer(), nullable=False))",
        "op.create_unique_constraint('one_name', 'hub', ['name'])",
        "op.execute('ALTER TABLE hub DROP COLUMN name')",
        "op.execute('ALTER TABLE hub RENAME COLUMN name TO title')",
        "op.execute('ALTER TABLE hub ALTER COLUMN name SET NOT NULL')",
        "op.execute('ALTER TABLE hub ALTER COLUMN name TYPE text')",
    ],
)
def test_what_older_code_would_stumble_over_must_name_the_oldest_code(up: str) -> None:
    assert broken(the_step(up))
    assert broken(the_step(up, marks='oldest_code = "9000"')) == []


@pytest.mark.parametrize(
    "up",
    [
        "op.create_index('ix_more', 'message', ['author'])",
        "op.create_foreign_key('to_hub', 'conversation', 'hub', ['hub_id'], ['id'])",
        "op.execute('CREATE INDEX ix_more ON message (author)')",
        "op.execute('UPDATE message SET segments = 0')",
    ],
)
def test_what_holds_a_big_table_must_say_why(up: str) -> None:
    assert broken(the_step(up))
    assert broken(the_step(up, marks='why_locked = "a handful of rows"')) == []


@pytest.mark.parametrize(
    "up",
    [
        "op.create_table('more', sa.Column('id', sa.Integer(), nullable=False))",
        "op.add_column('message', sa.Column('more', sa.Integer(), nullable=True))",
        "op.add_column('hub', sa.Column('size', sa.Integer(), nullable=False, server_default='0'))",
        "op.create_index('ix_more', 'message', ['author'], postgresql_concurrently=True)",
        "op.create_index('ix_more', 'hub', ['name'])",
    ],
)
def test_what_only_adds_needs_no_mark(up: str) -> None:
    assert broken(the_step(up)) == []


def test_a_step_that_must_wait_for_a_table_lets_everybody_else_pass_first(fresh_url: str, tmp_path: Path) -> None:
    step = the_step("op.add_column('message', sa.Column('more', sa.Integer(), nullable=True))")
    with tomorrow(tmp_path, step), psycopg.connect(fresh_url) as report, psycopg.connect(fresh_url) as turn:
        report.execute("SELECT count(*) FROM message")  # and its transaction stays open, as a backup's does
        upgrading = threading.Thread(target=schema.upgrade, args=(fresh_url,))
        upgrading.start()
        longest = 0.0
        until = time.monotonic() + 3
        while time.monotonic() < until:
            began = time.monotonic()
            turn.execute("SELECT count(*) FROM message")
            turn.rollback()
            longest = max(longest, time.monotonic() - began)
        assert upgrading.is_alive(), "the table was not to be had meanwhile"
        report.rollback()
        upgrading.join(20)
        assert not upgrading.is_alive()
        assert turn.execute("SELECT more FROM message").fetchall() == []
    print(f"the longest that a turn stood behind it: {longest:.2f} s")
    assert longest < 2


def test_whoever_upgrades_hears_when_a_table_is_not_to_be_had(
    fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "PATIENCE", 0.0)
    step = the_step("op.add_column('message', sa.Column('more', sa.Integer(), nullable=True))")
    with tomorrow(tmp_path, step), psycopg.connect(fresh_url) as report:
        report.execute("SELECT count(*) FROM message")
        with pytest.raises(schema.TablesBusyError, match="Nothing was left half done"):
            schema.upgrade(fresh_url)


def test_an_index_on_a_big_table_can_be_built_while_others_wait_to_migrate(fresh_url: str, tmp_path: Path) -> None:
    up = (
        "with op.get_context().autocommit_block():\n"
        "        op.drop_index('ix_more', 'message', postgresql_concurrently=True, if_exists=True)\n"
        "        op.create_index('ix_more', 'message', ['author'], postgresql_concurrently=True)"
    )
    with tomorrow(tmp_path, the_step(up)), psycopg.connect(fresh_url, autocommit=True) as line:
        line.execute("SELECT pg_advisory_lock(7283964)")  # as another that migrates
        upgrading = threading.Thread(target=schema.upgrade, args=(fresh_url,))
        upgrading.start()
        time.sleep(0.3)
        line.execute("CREATE INDEX CONCURRENTLY ix_other ON message (status)")
        assert upgrading.is_alive(), "one at a time"
        line.execute("SELECT pg_advisory_unlock(7283964)")
        upgrading.join(20)
        found = line.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_more'::regclass").fetchall()
    assert found == [(True,)]


async def standing_of(url: str) -> schema.Standing:
    database = Database(url, KeyRing.fresh())
    async with database.transaction() as session:
        standing = await schema.standing(session)
    await database.close()
    return standing


async def test_code_goes_on_with_tables_newer_than_itself_until_a_step_takes_something_away(
    fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", fresh_url)
    settings = Settings(data=tmp_path / "data")
    expand = the_step("op.add_column('hub', sa.Column('size', sa.Integer(), nullable=True))", number="9000")
    contract = the_step(
        "op.drop_column('hub', 'size')",
        number="9001",
        before="9000",
        marks='oldest_code = "9000"',
        down="op.add_column('hub', sa.Column('size', sa.Integer(), nullable=True))",
    )
    with tomorrow(tmp_path / "expand", expand):
        schema.upgrade(fresh_url)
    schema.upgrade(fresh_url)  # as older code that starts at the same moment: it leaves what it does not know
    newer = await standing_of(fresh_url)
    assert (newer.at, newer.oldest, newer.fits) == ("9000", "0024", True)
    async with open_house(settings, demo=True) as house, house.database.transaction() as session:
        assert (await schema.standing(session)).at == "9000"
    with tomorrow(tmp_path / "contract", expand, contract):
        schema.upgrade(fresh_url)
        assert (await standing_of(fresh_url)).fits
        with pytest.MonkeyPatch.context() as between:
            between.setattr(schema, "newest", lambda: "9000")
            assert (await standing_of(fresh_url)).fits, "the version before needs no longer what went"
    with pytest.raises(schema.TooOldError, match="from 9000 on is needed"):
        async with open_house(settings, demo=True):
            pass
    assert (await standing_of(fresh_url)).at == "9001", "nothing was changed"


async def test_going_back_over_a_step_that_took_something_away_lets_older_code_in_again(
    fresh_url: str, tmp_path: Path
) -> None:
    from alembic import command

    step = the_step("pass", marks='oldest_code = "9000"')
    with tomorrow(tmp_path, step):
        schema.upgrade(fresh_url)
        command.downgrade(schema.config(fresh_url), "-1")
    assert (await standing_of(fresh_url)).fits
