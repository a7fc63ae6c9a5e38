"""The recorder: what providers took within a few milliseconds is recorded together."""

import asyncio

from waitingroom import circuits, outbox
from waitingroom.database import Database
from waitingroom.outbox import Sent

GATHER = 0.002
"""Seconds the first waits for others, where there are any: what a process dies with goes again, marked."""


class Recorder:
    """Records messages as sent, those of a few milliseconds in one statement."""

    def __init__(self, database: Database) -> None:
        """Take the records."""
        self._database = database
        self._waiting: list[tuple[Sent, asyncio.Future[None]]] = []
        self._mended: set[str] = set()
        self._recording: asyncio.Task[None] | None = None

    async def record(self, sent: Sent, *, others: bool = False, mends: bool = False) -> None:
        """Record that a provider took a message: committed when this returns. Raises what kept it from that.

        `others` are on their way too: it is worth waiting a moment for them. `mends`: its provider had trouble.
        """
        if mends:
            self._mended.add(sent.channel)
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((sent, done))
        if self._recording is None:
            self._recording = asyncio.create_task(self._record(GATHER if others else 0))
        await done

    async def _record(self, gather: float) -> None:
        while self._waiting:
            await asyncio.sleep(gather)
            batch, self._waiting = self._waiting, []
            trouble = await self._try([sent for sent, _ in batch])
            for _, done in batch:
                if done.cancelled():
                    continue
                if trouble is None:
                    done.set_result(None)
                else:
                    done.set_exception(trouble)
        self._recording = None

    async def _try(self, sent: list[Sent]) -> Exception | None:
        try:
            async with self._database.statements() as driver:
                await outbox.record_sent(driver, *sent)
                if mended := list(self._mended):
                    self._mended.clear()
                    await circuits.mend(driver, mended)
        except Exception as error:  # noqa: BLE001 -- it is raised again where the record is awaited
            return error
        return None
