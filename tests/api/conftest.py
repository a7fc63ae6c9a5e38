"""Who is at the doors: people who wait, and those who work here."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI

from tests.at_work import AtWork, joins, refers_themselves
from tests.talking import Speaker


@pytest.fixture
async def sam(app: FastAPI) -> AsyncIterator[AtWork]:
    """A link worker whose key allows everything."""
    worker = await joins(app, "Sam")
    async with worker.client:
        yield worker


@pytest.fixture
async def priya(app: FastAPI) -> AsyncIterator[AtWork]:
    """Another link worker."""
    worker = await joins(app, "Priya")
    async with worker.client:
        yield worker


@pytest.fixture
async def waiting_person(app: FastAPI) -> Speaker:
    """Someone lonely, in the waiting room."""
    return await refers_themselves(app)


@pytest.fixture(autouse=True)
def in_working_hours() -> Iterator[None]:
    """Someone is at work, whatever the hour is where the tests run: so the bot is silent beside a link worker."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.working_days.at_work", lambda _service, _now: True)
        yield
