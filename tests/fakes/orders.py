"""Orders: how a simulated provider treats the next calls, and how fast it lets anyone send."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from tests.fakes.provider import Answer, BusyFor

Order = Answer | BusyFor | int
"""An Answer, a BusyFor, or the status of a proxy's error page (502)."""

SLACK = 0.95
"""Windows are this much shorter, so that the line's jitter never punishes a sender who keeps the very limit."""


@dataclass
class Orders:
    """What was told, for anyone and for one chat or number; the latter goes first. Without orders all is taken."""

    began: threading.Event = field(default_factory=threading.Event)
    """set once a call answered LATE has come in"""
    let_go: threading.Event = field(default_factory=threading.Event)
    twice: int = 0
    """how many of the next things told are told twice"""
    _next: dict[Hashable, deque[Order]] = field(default_factory=dict)

    def tell(self, orders: Iterable[Order], *, whom: Hashable = None) -> None:
        """Treat the next calls so, one after the other; `whom` None: whoever they are for."""
        for order in orders:
            if order is Answer.TELLS_TWICE:
                self.twice += 1
            else:
                self._next.setdefault(whom, deque()).append(order)

    def take(self, whom: Hashable) -> Order:
        """Say how this call is to be treated."""
        mine = self.take_only(whom)
        return mine if mine is not None else (self.take_only(None) or Answer.TAKES)

    def take_only(self, whom: Hashable) -> Order | None:
        """Take an order for exactly this one, None where there is none."""
        waiting = self._next.get(whom)
        return waiting.popleft() if waiting else None

    async def held_back(self, seconds: float) -> None:
        """Hold a LATE answer back until `let_go` is set."""
        self.began.set()
        await asyncio.to_thread(self.let_go.wait, seconds)

    def tell_twice(self) -> bool:
        """Say whether this one is told twice."""
        if self.twice == 0:
            return False
        self.twice -= 1
        return True


@dataclass
class Flood:
    """Limits that are enforced: `per_second` overall, `per_chat` to one chat or number; chats shut for a while."""

    per_second: float | None = None
    per_chat: float | None = None
    clock: Callable[[], float] = time.monotonic
    _taken: dict[Hashable, deque[float]] = field(default_factory=dict)
    _shut: dict[Hashable, float] = field(default_factory=dict)

    def shut(self, whom: Hashable, seconds: float) -> None:
        """Refuse everything for one chat for so many seconds."""
        self._shut[whom] = self.clock() + seconds

    def too_soon(self, whom: Hashable) -> float:
        """Return the seconds to wait, 0 where the call may go; one that may go is counted."""
        now = self.clock()
        if (left := self._shut.get(whom, now) - now) > 0:
            return left
        limits = [(None, self.per_second), (whom, self.per_chat)]
        windows = [(self._window(key, now), limit) for key, limit in limits if limit is not None]
        for taken, limit in windows:
            if len(taken) >= max(1, limit):
                return max(taken[0] + max(1, 1 / limit) - now, 0.001)
        for taken, _ in windows:
            taken.append(now)
        return 0.0

    def _window(self, key: Hashable, now: float) -> deque[float]:
        taken = self._taken.setdefault(key, deque())
        limit = self.per_second if key is None else self.per_chat
        length = SLACK * max(1, 1 / (limit or 1))
        while taken and taken[0] <= now - length:
            taken.popleft()
        return taken
