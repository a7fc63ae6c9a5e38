"""The `waitingroom audit` commands: whether what was noted still stands as it was noted."""

from typing import Annotated

import typer

from api.house import House
from api.in_house import in_house
from waitingroom import audit_check
from waitingroom.audit_check import Found

audit_cli = typer.Typer(no_args_is_help=True, help="Who saw and did what, and whether anyone changed it.")
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and records.")]


@audit_cli.command("verify")
def verify(
    kept: Annotated[
        str | None, typer.Option("--head", help="A head printed earlier and kept elsewhere: finds a cut, too.")
    ] = None,
    *,
    demo: Demo = False,
) -> None:
    """Walk every row and name the first that was changed, moved or taken away. Ends with 1 where one was."""

    async def work(house: House) -> Found:
        async with house.database.transaction() as session:
            return await audit_check.verify(session, kept=kept)

    found = in_house(work, demo=demo)
    if found.wrong is not None:
        typer.echo(f"NOT whole: {found.wrong}. The {found.rows} rows before it fit together.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Whole: {found.rows} rows fit together. Head: {found.head}")


@audit_cli.command("head")
def head(*, demo: Demo = False) -> None:
    """Print the head. Keep it where whoever could change the records cannot: paper, another machine."""

    async def work(house: House) -> str:
        async with house.database.transaction() as session:
            return await audit_check.head(session)

    typer.echo(in_house(work, demo=demo))
