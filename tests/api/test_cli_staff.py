"""The staff commands: the first account, and what must work when nobody can sign in."""

import asyncio
import re

import pytest
from fastapi import FastAPI
from sqlmodel import col, select
from typer.testing import CliRunner, Result

from api.cli_staff import staff_cli
from api.house import House
from api.settings import Settings
from tests.entering import at_the_door, stopped_clock
from waitingroom.audit import AuditEntry, By

pytestmark = pytest.mark.anyio


async def runs(settings: Settings, *told: str) -> Result:
    around = {"WAITINGROOM_DATA": str(settings.data), "WAITINGROOM_PUBLIC_URL": "https://wait.example.org"}
    return await asyncio.to_thread(lambda: CliRunner().invoke(staff_cli, [*told, "--demo"], env=around))


async def test_the_first_admin_comes_in_by_the_command_line(app: FastAPI, settings: Settings) -> None:
    ran = await runs(settings, "invite", "Ada Hughes", "ada@example.org", "--role", "admin")
    assert ran.exit_code == 0, ran.stderr
    found = re.search(r"https://wait\.example\.org(/staff/join/[\w-]+)", ran.stdout)
    assert found, ran.stdout
    ada, clock = at_the_door(app), stopped_clock(app)
    await ada.joins(found[1], clock)
    assert "Team" in await ada.opens("/staff/team")

    listed = await runs(settings, "list")
    assert "Ada Hughes  ada@example.org  admin  joined" in listed.stdout
    again = await runs(settings, "invite", "Ada", "ADA@example.org")
    assert (again.exit_code, "an account with that e-mail" in again.stderr) == (2, True)

    reset = await runs(settings, "reset", "ada@example.org")
    anew = re.search(r"/staff/join/[\w-]+", reset.stdout)
    assert anew, reset.stderr
    await ada.opens("/staff/team")
    assert ada.path == "/staff/sign-in"
    await ada.joins(anew[0], clock)

    ended = await runs(settings, "end", "ada@example.org")
    assert "has ended" in ended.stdout
    await ada.opens("/staff/team")
    assert ada.path == "/staff/sign-in"
    assert "ended" in (await runs(settings, "list")).stdout
    for told in (("end", "nobody@example.org"), ("invite", "Eve", "eve@example.org", "--hub", "Nowhere")):
        refused = await runs(settings, *told)
        assert refused.exit_code == 2, refused.stdout


async def test_what_is_done_by_command_is_noted_as_nobodys_that_was_signed_in(
    app: FastAPI, settings: Settings
) -> None:
    await runs(settings, "invite", "Ada Hughes", "ada@example.org", "--role", "admin")
    await runs(settings, "end", "ada@example.org")
    await runs(settings, "end", "nobody@example.org")
    house: House = app.state.house
    async with house.database.transaction() as session:
        found = (await session.exec(select(AuditEntry).order_by(col(AuditEntry.place)))).all()
    assert [(one.action, one.by, one.staff_id) for one in found] == [
        ("inviteStaff", By.COMMAND, None),
        ("endAccount", By.COMMAND, None),
    ]
