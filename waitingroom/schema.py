"""The schema: brought to the newest version before anything is served."""

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.engine import URL

from waitingroom.database import driver_url


def config(url: str | URL) -> Config:
    """Return Alembic's settings for the database at `url`."""
    settings = Config()
    settings.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    shown = driver_url(url, "psycopg").render_as_string(hide_password=False)
    settings.set_main_option("sqlalchemy.url", shown.replace("%", "%%"))
    return settings


def upgrade(url: str | URL) -> None:
    """Bring the database at `url` to the newest version; already there, it costs a look."""
    command.upgrade(config(url), "head")


def newest(url: str | URL) -> str | None:
    """Return the version this code needs."""
    return ScriptDirectory.from_config(config(url)).get_current_head()


def current(url: str | URL) -> str | None:
    """Return the version the database is at, None for an empty one."""
    engine = create_engine(driver_url(url, "psycopg"))
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def _folder() -> Path:
    packaged = Path(str(files("waitingroom"))) / "migrations"
    return packaged if packaged.is_dir() else packaged.parent.parent / "migrations"
