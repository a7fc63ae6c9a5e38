"""Runs migrations on the database the caller names, on psycopg."""

from alembic import context
from sqlalchemy import Connection, create_engine, text
from sqlmodel import SQLModel

from waitingroom import tables
from waitingroom.database import driver_url

TABLES = tables.ALL
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7283964)")


def ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:  # noqa: FBT001
    """Leave the queue's own tables alone."""
    return not (kind == "table" and name is not None and name.startswith("pgqueuer"))


def run(connection: Connection) -> None:
    """Run what the command asked for."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata, include_object=ours)
    with context.begin_transaction():
        connection.execute(ONE_AT_A_TIME)  # web and work may both start on an empty database
        context.run_migrations()


engine = create_engine(driver_url(context.config.get_main_option("sqlalchemy.url") or "", "psycopg"))
with engine.connect() as connection:
    run(connection)
engine.dispose()
