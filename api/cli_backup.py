"""The `waitingroom backup` commands: made, checked, rehearsed, and brought back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from api.backup_errors import BackupError, NotWholeError
from api.in_house import kindly
from api.settings import Settings

backup_cli = typer.Typer(no_args_is_help=True, help="Backups: made, checked, rehearsed, brought back.")
out = Console(highlight=False, soft_wrap=True)
told = Console(stderr=True, highlight=False, soft_wrap=True)
KEY_FILE = "a line that begins with AGE-SECRET-KEY-1"
Identity = Annotated[Path, typer.Option("--identity", help=f"The key that opens backups: a file with {KEY_FILE}.")]
KeysOfPeople = Annotated[
    Path | None, typer.Option("--keys-of-people", help="The newest keys-of-people.age; else the one beside it.")
]


@backup_cli.command("keygen")
def keygen() -> None:
    """Make the key that opens backups, and print it once. Keep it anywhere but on this server."""
    from api.backup_files import make_identity

    secret, public = make_identity()
    out.print(f"# opens the backups of a Waiting Room; made {datetime.now(UTC):%Y-%m-%d}; keep it off the server")
    out.print(f"# public: {public}", markup=False)
    out.print(secret, markup=False)
    told.print(f"For the server: WAITINGROOM_BACKUP_RECIPIENTS={public}", markup=False)


@backup_cli.command("make")
def make(
    folder: Annotated[Path, typer.Argument(help="Where to: best on another disk, or carried away from here.")],
    recipients: Annotated[
        list[str] | None, typer.Option("--recipient", help="Whose key opens it; else as the settings say.")
    ] = None,
    identity: Annotated[
        Path | None, typer.Option("--identity", help="Also open it with the real key, once it is written.")
    ] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Delete all but so many of the newest.")] = None,
    *,
    fewer_people: Annotated[
        bool, typer.Option("--fewer-people", help="It is right that half of the people are gone.")
    ] = False,
) -> None:
    """Write a backup of all records while people go on talking, encrypted, and read it back."""
    from api import backup_files, backup_make
    from api.house import find_database
    from api.keys import read_keys

    settings = Settings()
    with _kindly():
        made = backup_make.make(
            folder,
            url=find_database(settings),
            keys=read_keys(settings.keys_path),
            recipients=[backup_files.recipient(one) for one in recipients or settings.backup_recipients],
            identities=backup_files.read_identities(identity) if identity else (),
            keep=keep,
            fewer=fewer_people,
            data=settings.data,
            clock=_now,
        )
    for name in made.pruned:
        out.print(f"Deleted: {name}", markup=False)
    out.print(f"Written and read back: {made.file}, {made.bytes} bytes, {made.people} people.", markup=False)
    out.print(
        f"To bring it back you also need the key that opens it, and the sealing keys: {settings.keys_path} is "
        "not in it. Keep a copy of that file, apart from the backups.",
        markup=False,
    )


@backup_cli.command("verify")
def verify(file: Annotated[Path, typer.Argument(help="A file of a backup.")], identity: Identity) -> None:
    """Open a file of a backup and check every byte. Ends with 1 where it is damaged or for another key."""
    from api import backup_files
    from api.backup_shelf import Shelf

    with _kindly():
        manifest = backup_files.read(file, backup_files.read_identities(identity))
        shelf = Shelf(file.parent)
        if file.name in shelf.listing().files:
            shelf.note_opened(file.name, at=_now())
    rows, tables = sum(manifest.rows.values()), len(manifest.rows)
    out.print(
        f"Whole: {manifest.kind} of {manifest.at:%d %B %Y, %H:%M} UTC, {rows} rows in {tables} tables, "
        f"{manifest.own_keys} keys of people; version {manifest.code}, tables {manifest.schema}.",
        markup=False,
    )


@backup_cli.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A file of records.")],
    identity: Identity,
    keys_of_people: KeysOfPeople = None,
    into: Annotated[str | None, typer.Option("--into", help="The address of a new, empty PostgreSQL.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="A data folder with no database in it.")] = None,
) -> None:
    """Bring a backup back to a new place, check it, and make it fit to be served from."""
    from api import backup_restore
    from api.keys import read_keys
    from waitingroom import postgres

    if (into is None) == (data is None):
        told.print("Say where to: either --into with an address, or --data with a folder.")
        raise typer.Exit(2)
    settings = Settings(data=data) if data else Settings()
    with _kindly():
        keys = read_keys(settings.keys_path)
        source = _source(file, keys_of_people, identity)
        backup_restore.look(source, keys)
        url = into or postgres.start(settings.data / "postgres").url
        done = backup_restore.restore(source, url=url, keys=keys, now=_now(), say=out.print)
    _tell(done)


@backup_cli.command("rehearse")
def rehearse(
    where: Annotated[
        Path, typer.Argument(help="A folder of backups, whose newest is taken, or a file of records.")
    ],
    identity: Identity,
    keys_of_people: KeysOfPeople = None,
) -> None:
    """Bring a backup back to a database that is thrown away again: a whole return, tried. Once a month will do."""
    from api.backup_rehearse import rehearse as try_out
    from api.backup_shelf import Shelf
    from api.keys import read_keys

    with _kindly():
        file = Shelf(where).newest() if where.is_dir() else where
        source = _source(file, keys_of_people, identity)
        done, seconds = try_out(source, keys=read_keys(Settings().keys_path), now=_now(), say=out.print)
        shelf = Shelf(file.parent)
        if file.name in shelf.listing().files:
            shelf.note_opened(file.name, at=_now())
    out.print(f"It came back whole: {done.rows} rows, {done.people} people, in {seconds:.0f} seconds.")
    out.print("It is thrown away again; the service was not touched.")


def _source(file: Path, keys_of_people: Path | None, identity: Path) -> Any:
    from api.backup_files import read_identities
    from api.backup_restore import Source
    from api.backup_shelf import KEYS_OF_PEOPLE

    beside = file.parent / KEYS_OF_PEOPLE
    return Source(file, keys_of_people or (beside if beside.exists() else None), read_identities(identity))


def _tell(done: Any) -> None:
    held = done.settled
    lines = [
        f"Back: {done.rows} rows, {done.people} people, as they were on {done.made_at:%d %B %Y, %H:%M} UTC.",
        f"The audit fits together. Head: {done.audit}",
        f"Erased again: {done.erased} people or talks that were erased since."
        if done.knew_own_keys
        else "Nobody had a key of their own then: whoever was erased since that day is back. Erase them again.",
        f"Held for staff, not sent: {held.unsent} messages. See them: waitingroom letters list",
        f"Given back to their writers: {held.later} messages for later. Signed out: {held.sessions} staff.",
        "Accounts, keys for programs and duty lists stand as they did that day. Go through them before you open.",
    ]
    for line in lines:
        out.print(line, markup=False)


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _kindly() -> Iterator[None]:
    """Say what went wrong and what to do; end with 1 where a file is not whole, with 2 for all else."""
    with kindly():
        try:
            yield
        except BackupError as trouble:
            told.print(str(trouble), style="bold", markup=False)
            raise typer.Exit(1 if isinstance(trouble, NotWholeError) else 2) from None
