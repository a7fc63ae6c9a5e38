"""The process that changes the keys of a service under attack: it can be killed at any moment."""

import asyncio
from pathlib import Path

from api import key_change
from api.keys import read_keys
from waitingroom.database import Database


def change_keys(folder: Path, url: str) -> None:
    """Change the keys of the service in `folder`, as `waitingroom keys change` does."""
    asyncio.run(_change(folder / "keys.json", url))


async def _change(path: Path, url: str) -> None:
    database = Database(url, read_keys(path))
    try:
        await key_change.change(database, path, say=_quiet)
    finally:
        await database.close()


def _quiet(_line: str) -> None:
    pass
