"""The clock: the only reader of the time of day. In the demo it can be moved on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class Clock:
    """Tells the time, UTC. `moved_by`: a file that holds how many seconds the demo's clock is ahead."""

    def __init__(self, moved_by: Path | None = None) -> None:
        """Take the demo's file, or none for the real time."""
        self._file = moved_by

    def now(self) -> datetime:
        """Tell the time."""
        return datetime.now(UTC) + self.ahead()

    def ahead(self) -> timedelta:
        """Say how far ahead of the real time this clock is."""
        if self._file is None:
            return timedelta(0)
        try:
            return timedelta(seconds=float(self._file.read_text()))
        except (FileNotFoundError, ValueError):
            return timedelta(0)

    def move_on(self, by: timedelta) -> None:
        """Move the demo's clock on. Raises RuntimeError on a clock that tells the real time."""
        if self._file is None:
            raise RuntimeError("Only the demo's clock can be moved.")
        ahead = self.ahead() + by
        draft = self._file.with_suffix(".new")
        draft.write_text(str(ahead.total_seconds()))
        draft.replace(self._file)
