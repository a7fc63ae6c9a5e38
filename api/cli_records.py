"""Records on the command line: what has been kept long enough, and clearing it."""

from collections.abc import Mapping
from typing import Annotated

import typer
from rich.console import Console

from api.house import House
from api.in_house import in_house
from bot import tidying
from waitingroom import afresh, retention
from waitingroom.record_classes import RULES, RecordClass

records_cli = typer.Typer(
    help="How long records are kept, what is due to go, and clearing it.", no_args_is_help=True
)
LOG_STAYS = (
    "The tables are written afresh. The write-ahead log is not ours to empty here: what was deleted stays "
    "in it, sealed, until the server lets go of it."
)
out = Console(highlight=False, soft_wrap=True)
Demo = Annotated[bool, typer.Option("--demo", help="Use the demo's own keys and clock.")]
Ids = Annotated[bool, typer.Option("--ids", help="Also list the ids of all that would go.")]


@records_cli.command("rules")
def rules(*, demo: Demo = False) -> None:
    """Say how long each class of record is kept here, and where that comes from."""

    async def told(house: House) -> list[str]:
        keeps = house.desk.service.keeps
        return [
            f"{kind:15} {rule.what}: {rule.kept(keeps)}. Source: {rule.source}."
            + (" To be confirmed by your information governance lead." if rule.confirm else "")
            for kind, rule in RULES.items()
        ]

    out.print("\n".join(in_house(told, demo=demo)), markup=False)


@records_cli.command("due")
def due(
    *,
    ids: Ids = False,
    _dry_run: Annotated[bool, typer.Option("--dry-run", help="Nothing is deleted either way.")] = True,
    demo: Demo = False,
) -> None:
    """Count what has been kept long enough, by class. Nothing is deleted."""
    _tell(in_house(_due, demo=demo), ids=ids)


@records_cli.command("clear")
def clear(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    rewrite: Annotated[
        bool,
        typer.Option(
            "--rewrite",
            help="Also write every table and the log afresh: nothing deleted is left in a file.",
        ),
    ] = False,
    ids: Ids = False,
    demo: Demo = False,
) -> None:
    """Delete what has been kept long enough, as the night does by itself."""
    if dry_run:
        _tell(in_house(_due, demo=demo), ids=ids)
        return

    async def cleared(house: House) -> Mapping[RecordClass, int]:
        gone = await tidying.clear(house.at_work, now=house.clock.now())
        if rewrite:
            await afresh.write_tables(house.database)
            if not await afresh.write_log(house.database):
                out.print(LOG_STAYS)
        return gone

    gone = in_house(cleared, demo=demo)
    told = [f"{kind:15} {many}" for kind, many in gone.items() if many]
    out.print("\n".join(["Deleted:", *told]) if told else "Nothing was due.")


async def _due(house: House) -> Mapping[RecordClass, list[str]]:
    async with house.database.transaction() as session:
        return await retention.due(session, keeps=house.desk.service.keeps, now=house.clock.now())


def _tell(found: Mapping[RecordClass, list[str]], *, ids: bool) -> None:
    for kind, known in found.items():
        out.print(f"{kind:15} {len(known)}", markup=False)
        for one in known if ids else ():
            out.print(f"  {one}", markup=False)
