"""`waitingroom database`: the embedded database, apart from the product."""

import typer
from rich.console import Console

from api.in_house import kindly
from api.settings import Settings
from waitingroom import postgres

database_cli = typer.Typer(no_args_is_help=True, help="The embedded database.")
out = Console(highlight=False, soft_wrap=True)


@database_cli.callback()
def _more_than_one() -> None:
    """Keep `stop` a command of its own."""


@database_cli.command("stop")
def stop() -> None:
    """Stop the embedded database, which goes on running when the product stops. Before a copy of its files."""
    settings = Settings()
    if settings.database_url is not None:
        out.print("DATABASE_URL names another database: there is none of ours to stop.")
        return
    with kindly():
        postgres.stop(settings.data / "postgres")
    out.print("The embedded database does not run.")
