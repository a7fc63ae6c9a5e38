"""The schema: brought to the newest version before anything is served.

Alembic is loaded only where there is something to do: loading it costs more than all else a start does here.
"""

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import URL

from waitingroom.database import Session, driver_url

if TYPE_CHECKING:
    from alembic.config import Config

THERE = text("SELECT to_regclass('alembic_version') IS NOT NULL")
VERSION = text("SELECT version_num FROM alembic_version")


def config(url: str | URL) -> "Config":
    """Return Alembic's settings for the database at `url`."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    shown = driver_url(url, "psycopg").render_as_string(hide_password=False)
    settings.set_main_option("sqlalchemy.url", shown.replace("%", "%%"))
    return settings


def upgrade(url: str | URL) -> None:
    """Bring the database at `url` to the newest version."""
    from alembic import command

    command.upgrade(config(url), "head")


@cache
def newest() -> str:
    """Return the version this code needs: migrations are numbered, and their files named after the number."""
    return max(path.stem.split("_")[0] for path in (_folder() / "versions").glob("[0-9]*.py"))


async def current(session: Session) -> str | None:
    """Return the version the database is at, None for an empty one."""
    if not (await session.run(THERE)).scalar_one():
        return None
    version: str | None = (await session.run(VERSION)).scalar()
    return version


def _folder() -> Path:
    packaged = Path(str(files("waitingroom"))) / "migrations"
    return packaged if packaged.is_dir() else packaged.parent.parent / "migrations"
