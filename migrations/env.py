"""Runs migrations on the database the caller names, on psycopg."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlmodel import SQLModel

from waitingroom import tables
from waitingroom.database import driver_url

TABLES = tables.ALL
ONE_AT_A_TIME = text("SELECT pg_try_advisory_lock(7283964)")
LOOK_AGAIN = 0.1
"""Seconds between looks whether another process has done its migrating."""
NO_WAITING = text("SET lock_timeout = '500ms'")
"""Whoever waits for a table keeps everybody who comes later waiting: better not at all, and try again."""
FIRST = "0024"
OLDEST = text("""
INSERT INTO oldest_code (id, version) VALUES (1, :version)
ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version
""")


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:  # noqa: FBT001
    """Leave the queue's own tables alone."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))


def mark(
    *, ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Note the oldest code that can work on the tables, in the transaction of the contract step itself."""
    script = context.script
    if step.up_revision_id is None or not hasattr(script.get_revision(step.up_revision_id).module, "oldest_code"):
        return
    stands = step.up_revision_id if step.is_upgrade else step.down_revision_ids[0]
    needed = (getattr(one.module, "oldest_code", FIRST) for one in script.iterate_revisions(stands, "base"))
    if ctx.connection is not None:
        ctx.connection.execute(OLDEST, {"version": max(needed)})


@contextmanager
def one_at_a_time(engine: Engine) -> Iterator[None]:
    """Wait until no other process migrates: several may start at once on an empty database.

    It asks again and again, in no transaction: one that waits in one would keep an index from being built.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as gate:
        while not gate.execute(ONE_AT_A_TIME).scalar_one():
            time.sleep(LOOK_AGAIN)
        yield


def known(connection: Connection) -> bool:
    """Say whether this code knows the version the database is at; one from a newer release it leaves alone."""
    at = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()
    return at is None or at in {one.revision for one in context.script.walk_revisions()}


def run(connection: Connection) -> None:
    """Run what the command asked for, each step in a transaction of its own."""
    connection.execute(NO_WAITING)
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        include_object=ours,
        on_version_apply=mark,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


address = driver_url(context.config.get_main_option("sqlalchemy.url") or "", "psycopg")
engine = create_engine(address, poolclass=NullPool)  # a closed connection lets its lock go at once
with one_at_a_time(engine), engine.connect() as connection:
    if known(connection):
        run(connection)
