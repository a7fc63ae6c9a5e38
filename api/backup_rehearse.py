"""A rehearsal: a backup brought back to a database of its own, checked, and thrown away."""

import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from api.backup_restore import Restored, Source, look, restore
from waitingroom import postgres
from waitingroom.columns import KeyRing


def rehearse(
    source: Source, *, keys: KeyRing, now: datetime, say: Callable[[str], None]
) -> tuple[Restored, float]:
    """Do a whole return into an embedded PostgreSQL that is gone afterwards. Returns what came, and the seconds.

    While it lasts the records lie on this machine's disk as they do in the service itself: sealed where personal.
    Raises BackupError.
    """
    began = time.monotonic()
    look(source, keys)
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-rehearsal-"))
    try:
        folder.chmod(0o755)  # where root lends PostgreSQL another account, that must get to its own folder in it
        running = postgres.start(folder / "postgres")
        return restore(source, url=running.url, keys=keys, now=now, say=say), time.monotonic() - began
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)
