"""Vital signs: a process that works says so every five seconds, and tells what it has done by the clock."""

import asyncio
import os
import platform
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

from api.logs import log
from api.release import VERSION
from waitingroom import heartbeats
from waitingroom.columns import new_id
from waitingroom.database import Database
from waitingroom.heartbeats import EVERY, Ran, Sign

WORKER, POLL = "worker", "poll"
GOODBYE = 2.0
"""Seconds a process that ends may take to say so."""

Done = Callable[[], Awaitable[object]]


class Vital:
    """One process's signs of life, and the things it has done by the clock since the last of them."""

    def __init__(self, database: Database, kind: str, planned: Iterable[str] = ()) -> None:
        """`planned`: the names of what is done by the clock, so that what is never done is noticed too."""
        self._database = database
        self._sign = Sign(new_id(), kind, platform.node() or "unnamed", os.getpid(), VERSION)
        self._well: dict[str, float] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._untold = set(planned)

    def noting(self, name: str, do: Done) -> Done:
        """Return what does the same, and notes when it was done, or what kind of trouble it had."""

        async def done() -> None:
            self._untold.add(name)
            try:
                await do()
            except Exception as trouble:
                self._failed[name] = time.monotonic(), type(trouble).__name__
                raise
            self._well[name] = time.monotonic()

        return done

    async def beat(self) -> None:
        """Give one sign of life. Raises what keeps the records from taking it: then all is told the next time."""
        telling, self._untold = self._untold, set()
        try:
            async with self._database.transaction() as session:
                await heartbeats.beat(session, self._sign, {name: self._ran(name) for name in sorted(telling)})
        except BaseException:
            self._untold |= telling
            raise

    async def live(self, ready: asyncio.Event | None = None) -> None:
        """Beat until cancelled, as long as `ready` is set; then say goodbye. What goes wrong is tried again."""
        try:
            while True:
                if ready is not None:
                    await ready.wait()
                try:
                    await self.beat()
                except Exception as trouble:  # noqa: BLE001 -- whoever is not heard of counts as silent
                    log.warning("sign of life not told", trouble=type(trouble).__name__)
                await asyncio.sleep(EVERY)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(GOODBYE), self._database.transaction() as session:
                    await heartbeats.end(session, sign_id=self._sign.id)

    def _ran(self, name: str) -> Ran:
        well, (failed, trouble) = self._well.get(name), self._failed.get(name, (None, None))
        return Ran(_ago(well), _ago(failed), trouble)


def _ago(moment: float | None) -> float | None:
    return None if moment is None else time.monotonic() - moment


@asynccontextmanager
async def beating(database: Database, kind: str) -> AsyncIterator[None]:
    """Give signs of life while the block runs."""
    living = asyncio.create_task(Vital(database, kind).live())
    try:
        yield
    finally:
        living.cancel()
        await asyncio.wait({living})
