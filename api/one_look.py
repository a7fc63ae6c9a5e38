"""One look: however many ask at once, the records are looked at once, and nobody waits longer than they said."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class TooSlowError(Exception):
    """The records did not answer in time."""


class OneLook(Generic[T]):
    """Something read from the records for whoever watches.

    A look that hangs is left to itself and not begun again: a database that stands still is not asked ever more,
    and what asks it can be cancelled only when it answers.
    """

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        """Take what looks."""
        self._look = look
        self._looking: asyncio.Task[T] | None = None

    async def within(self, seconds: float) -> T:
        """Return what is seen, in no more than so many seconds. Raises TooSlowError, and what looking raises."""
        if self._looking is None:
            self._looking = asyncio.create_task(self._once())
            self._looking.add_done_callback(self._seen)
        looking = self._looking
        await asyncio.wait({looking}, timeout=seconds)
        if not looking.done():
            raise TooSlowError
        return looking.result()

    async def _once(self) -> T:
        return await self._look()

    def _seen(self, looked: asyncio.Task[T]) -> None:
        self._looking = None
        if not looked.cancelled():
            looked.exception()
