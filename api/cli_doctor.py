"""The `waitingroom doctor` command."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated

import typer
import uvloop
from pydantic import ValidationError
from rich.console import Console

from api import doctor, doctor_database, doctor_machine, doctor_service
from api.doctor import Finding, Site, State, Told
from api.keys import KeysError, read_keys
from api.settings import Settings
from waitingroom import postgres
from waitingroom.columns import KeyRing
from waitingroom.database import Database

CHECKS = (*doctor_database.CHECKS, *doctor_service.CHECKS, *doctor_machine.CHECKS)
out = Console(highlight=False, soft_wrap=True)
GOODBYE = 2.0


def doctor_command(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
    dial: Annotated[bool, typer.Option("--dial", help="Ask the channels' providers, too.")] = False,
) -> None:
    """Look at everything that can go wrong, a line each, and say what to do. Ends with 1 if anything is broken."""
    try:
        settings = Settings()
    except ValidationError as error:
        names = ", ".join(str(one["loc"][0]) for one in error.errors() if one["loc"])
        found = [
            Told("settings", doctor.broken(f"cannot be read: {names}", "docs/operating.md says what each is."))
        ]
    else:
        found = uvloop.run(examined(settings, dial=dial, quiet=as_json))
    if as_json:
        out.print_json(json.dumps([_plain(one) for one in found]))
    elif not found[1:]:
        _print(found[0])
    raise typer.Exit(1 if any(one.finding.state is State.BROKEN for one in found) else 0)


async def examined(settings: Settings, *, dial: bool = False, quiet: bool = True) -> list[Told]:
    """Look at everything; unless `quiet`, each line is printed at once. Starts and changes nothing."""
    keys, trouble = _keys(settings)
    database = Database(_url(settings), keys or KeyRing.fresh(), pool_size=2)
    site = Site(settings, database, keys, trouble, datetime.now(UTC), dial)
    found = []
    async for told in doctor.examine(site, CHECKS):
        found.append(told)
        if not quiet:
            _print(told)
    await _closed(database)
    return found


async def _closed(database: Database) -> None:
    """Close the lines; one that hangs is left to the end of the process."""
    with suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE):
            await database.close()


def _keys(settings: Settings) -> tuple[KeyRing | None, str]:
    try:
        return read_keys(settings.keys_path), ""
    except (KeysError, OSError) as error:
        return None, str(error)


def _url(settings: Settings) -> str:
    """Give the address of the database, without starting one."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return postgres.address(settings.data / "postgres")


def _print(told: Told) -> None:
    finding: Finding = told.finding
    do = f"  -> {finding.do}" if finding.do else ""
    out.print(f"{finding.state:7} {told.name:18} {finding.words}{do}", markup=False)


def _plain(told: Told) -> dict[str, str]:
    one = told.finding
    return {"name": told.name, "state": one.state.value, "words": one.words, "do": one.do}
