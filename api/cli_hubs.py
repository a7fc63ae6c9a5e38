"""The `waitingroom hubs` commands: the places of the service that each look after their own people."""

from typing import Annotated

import typer

from api.house import House
from api.in_house import in_house
from waitingroom import audit, hubs

hubs_cli = typer.Typer(no_args_is_help=True, help="The places that each look after their own people.")
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and records.")]


@hubs_cli.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the hub is called.")],
    areas: Annotated[list[str], typer.Option("--area", help="The first half of a postcode, like BB9. Repeat it.")],
    *,
    demo: Demo = False,
) -> None:
    """Open a hub. People who live in its areas are its own from now on; its staff see them, and no other hub's."""

    async def work(house: House) -> str:
        async with house.database.transaction() as session:
            now = house.clock.now()
            hub = await hubs.add(session, name=name, areas=areas, now=now)
            audit.note_command(session, "addHub", record=f"hub {hub.id}", now=now)
        return f"{hub.name} looks after {', '.join(hub.areas)}."

    typer.echo(in_house(work, demo=demo))


@hubs_cli.command("list")
def listed(*, demo: Demo = False) -> None:
    """List the hubs and their areas."""

    async def work(house: House) -> str:
        async with house.database.transaction() as session:
            lines = [f"{hub.name}: {', '.join(hub.areas)}" for hub in await hubs.listed(session)]
        return "\n".join(lines) or "There are no hubs: all staff see everyone."

    typer.echo(in_house(work, demo=demo))
