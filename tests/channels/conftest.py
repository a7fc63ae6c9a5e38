"""What tests of the channels share: one served town a module."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.channels.drivers import Town, opened
from waitingroom import tables
from waitingroom.database import driver_url


@pytest.fixture(scope="module")
def town(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The service, both providers and empty records; everyone in a test is someone new."""
    emptied(database_url)
    with opened(database_url, tmp_path_factory.mktemp("town")) as town:
        yield town


def emptied(database_url: str) -> None:
    names = ", ".join(f'"{table.__tablename__}"' for table in tables.ALL)
    url = driver_url(database_url, "psycopg").set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(f"TRUNCATE {names}, pgqueuer, pgqueuer_log CASCADE".encode())


@pytest.fixture(autouse=True)
def in_working_hours() -> Iterator[None]:
    """Someone is at work, whatever the hour: so the bot is silent beside a link worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.working_days.at_work", lambda _service, _now: True)
        yield
