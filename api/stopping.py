"""Stopping: what is in hand is finished, within ten seconds; whoever asks twice is not kept waiting."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LAST_WORDS = 10.0
"""Seconds a process has for what is in hand. What is cut off is taken up by others when its lease is over."""


class Told:
    """What a process was told: `once` to stop, `twice` not to wait any more."""

    def __init__(self, on_first: Callable[[], None]) -> None:
        """Take what is done the first time."""
        self._on_first = on_first
        self.once = asyncio.Event()
        self.twice = asyncio.Event()

    def tell(self) -> None:
        """Tell it once more."""
        if self.once.is_set():
            self.twice.set()
            return
        self.once.set()
        self._on_first()

    @contextmanager
    def by_signals(self) -> Iterator[None]:
        """Be told by SIGTERM and SIGINT while the block runs."""
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.tell)
        try:
            yield
        finally:
            for one in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(one)


async def finish(ending: asyncio.Task[None], twice: asyncio.Event) -> bool:
    """Wait until `ending` is done; False where it was cut off, after LAST_WORDS or by the second word.

    Raises what `ending` raised.
    """
    asked_again = asyncio.create_task(twice.wait())
    try:
        await asyncio.wait({ending, asked_again}, timeout=LAST_WORDS, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked_again.cancel()
    if ending.done():
        ending.result()
        return True
    ending.cancel()
    return False
