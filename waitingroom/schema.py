"""The schema: brought to the newest version before anything is served, and served where it is newer still.

Alembic is loaded only where there is something to do: loading it costs more than all else a start does here.
"""

import random
import time
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlmodel import Field, SQLModel

from waitingroom.database import Session, driver_url

if TYPE_CHECKING:
    from alembic.config import Config

THERE = text("""
SELECT to_regclass('alembic_version') IS NOT NULL AS versioned, to_regclass('oldest_code') IS NOT NULL AS limited
""")
VERSION = text("SELECT version_num FROM alembic_version")
OLDEST = text("SELECT version FROM oldest_code")
LOCKED = "55P03"
"""What PostgreSQL says where a lock was not to be had in time (lock_not_available)."""
PATIENCE = 120.0
"""Seconds an upgrade goes on trying while others hold the locks it needs."""


class OldestCode(SQLModel, table=True):
    """The oldest version of the code that can still work on these tables; one row.

    A migration that takes something away (a contract step) raises it, so that code which still needs it stops.
    """

    __tablename__ = "oldest_code"

    id: int = Field(default=1, primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: str


class TooOldError(Exception):
    """This version of Waiting Room is older than its database allows."""

    def __init__(self, standing: "Standing") -> None:
        """Say which version is needed, and that nothing is lost."""
        super().__init__(
            f"This Waiting Room is too old for its database: it knows the tables up to version {newest()}, they "
            f"are at {standing.at}, and from {standing.oldest} on is needed. Install the newer version, as on "
            "whatever brought them there, and start again. Nothing was changed, and nothing is lost."
        )


class TablesBusyError(Exception):
    """The tables could not be brought up to date: something holds them for long, such as a backup or a report.

    Nothing was left half done. End it, or start again when it is over.
    """


@dataclass(frozen=True)
class Standing:
    """How a database stands to this code: its version, None where it is empty; and the oldest code it allows."""

    at: str | None
    oldest: str | None

    @property
    def behind(self) -> bool:
        """Whether the tables lack what this code needs."""
        return self.at is None or self.at < newest()

    @property
    def too_new(self) -> bool:
        """Whether this code is too old for the tables. Tables that are merely newer serve it well."""
        return self.oldest is not None and newest() < self.oldest

    @property
    def fits(self) -> bool:
        """Whether this code can work on these tables."""
        return not self.behind and not self.too_new


def config(url: str | URL) -> "Config":
    """Return Alembic's settings for the database at `url`."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    shown = driver_url(url, "psycopg").render_as_string(hide_password=False)
    settings.set_main_option("sqlalchemy.url", shown.replace("%", "%%"))
    return settings


def upgrade(url: str | URL) -> None:
    """Bring the database at `url` to the newest version this code knows; one that is newer is left as it is.

    Each step takes its locks at once or not at all, and is tried again: people's turns never queue behind it.
    Any number of processes may call this at the same moment. Raises TablesBusyError after two minutes in vain.
    """
    from alembic import command

    until = time.monotonic() + PATIENCE
    while True:
        try:
            return command.upgrade(config(url), "head")
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != LOCKED:
                raise
            if time.monotonic() > until:
                raise TablesBusyError(TablesBusyError.__doc__) from error
            time.sleep(random.uniform(0.5, 1.5))  # noqa: S311 -- spreads tries, guards nothing


@cache
def newest() -> str:
    """Return the version this code needs: migrations are numbered, and their files named after the number."""
    return max(path.stem.split("_")[0] for path in (_folder() / "versions").glob("[0-9]*.py"))


async def current(session: Session) -> str | None:
    """Return the version the database is at, None for an empty one."""
    return (await standing(session)).at


async def standing(session: Session) -> Standing:
    """Say how the database stands to this code."""
    there = (await session.run(THERE)).one()
    at: str | None = (await session.run(VERSION)).scalar() if there.versioned else None
    oldest: str | None = (await session.run(OLDEST)).scalar() if there.limited else None
    return Standing(at, oldest)


def _folder() -> Path:
    packaged = Path(str(files("waitingroom"))) / "migrations"
    return packaged if packaged.is_dir() else packaged.parent.parent / "migrations"
