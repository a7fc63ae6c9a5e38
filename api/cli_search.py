"""The `waitingroom search` commands: have people found by name who came before there was a search."""

from typing import Annotated

import typer

from api.house import House
from api.in_house import in_house
from waitingroom import people_search

search_cli = typer.Typer(no_args_is_help=True, help="Finding people again.")


@search_cli.callback()
def search() -> None:
    """Find people again."""


@search_cli.command("index")
def index(
    *, demo: Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and records.")] = False
) -> None:
    """Index everyone who is not found by name yet. It may be stopped and begun again."""

    async def work(house: House) -> int:
        whole = 0
        while True:
            async with house.database.transaction() as session:
                done = await people_search.index(session)
            whole += done
            if not done:
                return whole

    typer.echo(f"{in_house(work, demo=demo)} people indexed")
