"""The `waitingroom keys` commands: the sealing keys, how they are changed, and keys for staff."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from api import key_change
from api.house import House
from api.in_house import in_house, kindly
from api.keys import add_key, make_keys
from api.settings import Settings
from waitingroom import audit, change_of_keys, key_holders, staff
from waitingroom.staff import Scope

keys_cli = typer.Typer(no_args_is_help=True, help="The sealing keys, and keys for staff.")
out = Console(highlight=False, soft_wrap=True)
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and clock.")]
Number = Annotated[int, typer.Argument(min=1, max=255, help="The key's number: `waitingroom keys list` says it.")]


@keys_cli.command("make")
def make() -> None:
    """Make the keys that personal words are sealed with, in a file only you can read. Keep a copy safe."""
    settings = Settings()
    with kindly():
        make_keys(settings.keys_path, demo=False)
    out.print(f"The keys are in {settings.keys_path}. Without them nothing personal can be read: keep a copy.")


@keys_cli.command("list")
def listed(*, demo: Demo = False) -> None:
    """Say which keys there are, how many values each has sealed, and which processes have them."""

    async def told(house: House) -> list[str]:
        async with house.database.transaction() as session:
            many = await change_of_keys.count(session)
            holders = await key_holders.living(session)
        ring = house.database.keys
        lines = [
            f"Key {number}: {many[number]} values" + (", and seals" if number == ring.seals else "")
            for number in sorted({*ring.keys, *many} - {0})
        ]
        needed = sorted(set(many) - {*ring.keys, 0})
        gone = [f"Key {number} is not in the file, and is needed." for number in needed]
        has = [f"{one.place} has {', '.join(map(str, one.knows))} and seals with {one.seals}" for one in holders]
        return [*lines, *gone, *has]

    out.print("\n".join(in_house(told, demo=demo)))


@keys_cli.command("add")
def add() -> None:
    """Add a new key to the file. It seals nothing yet: give the file to every machine, then `keys use`."""
    path = Settings().keys_path
    with kindly():
        number = add_key(path)
    out.print(f"Key {number} is in {path}. Copy the file to every machine; then: waitingroom keys use {number}")


@keys_cli.command("use")
def use(number: Number, *, demo: Demo = False) -> None:
    """Seal with this key from now on. Refused while a running process does not have it."""

    async def used(house: House) -> None:
        await key_change.use(house.database, house.settings.keys_path, number)

    in_house(used, demo=demo)
    out.print(f"Key {number} seals from now on. For what is sealed already: waitingroom keys change")


@keys_cli.command("change")
def change(*, demo: Demo = False) -> None:
    """Bring in a new key and seal everything anew with it, while people talk. Stopped? Run it again."""

    async def changed(house: House) -> list[str]:
        path = house.settings.keys_path
        many = await key_change.change(house.database, path, say=out.print)
        seals = house.database.keys.seals
        told = [f"{many[seals]} values are sealed with key {seals}. Keep a copy of {path}."]
        told.append("Keep the old copy too, as long as you keep backups from before.")
        older = sorted(set(house.database.keys.keys) - {seals})
        return [*told, *(_left(number, many[number]) for number in older)]

    out.print("\n".join(in_house(changed, demo=demo)))


@keys_cli.command("retire")
def retire(number: Number, *, demo: Demo = False) -> None:
    """Take an old key away for good. Refused while anything is sealed with it, or anyone seals with it."""

    async def retired(house: House) -> None:
        await key_change.retire(house.database, house.settings.keys_path, number)

    in_house(retired, demo=demo)
    out.print(f"Key {number} is taken away. Backups from before the change need the copy of the file you kept.")


@keys_cli.command("staff")
def for_staff(
    name: Annotated[str, typer.Argument(help="The name the person and colleagues see.")],
    scopes: Annotated[list[Scope] | None, typer.Option("--scope", help="All but staff:write by itself.")] = None,
    days: Annotated[int, typer.Option(min=1, help="When the key ends.")] = 365,
    *,
    demo: Demo = False,
) -> None:
    """Make a key to the staff API, and print it once."""

    async def made(house: House) -> str:
        now = house.clock.now()
        async with house.database.transaction() as session:
            member = await staff.welcome(session, name=name, now=now)
            audit.note_command(session, "makeKey", record=f"staff {member.id}", now=now)
            return await staff.issue_key(
                session,
                staff_id=member.id,
                scopes=frozenset(scopes or set(Scope) - {Scope.STAFF_WRITE}),
                now=now,
                ends_at=now + timedelta(days=days),
            )

    out.print(in_house(made, demo=demo))


def _left(number: int, many: int) -> str:
    if many:
        return f"{many} values are still sealed with key {number}."
    return f"Nothing is sealed with key {number} any more. Take it away: waitingroom keys retire {number}"
