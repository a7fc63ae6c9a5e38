"""Places: how many live pages one chat, one member of staff and one process may have open."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fastapi import HTTPException, Request

A_TALK = 3
"""Live pages of one chat: a phone, a laptop, and one that was left behind."""
A_SESSION = 10
"""Live pages of one member of staff who is signed in."""
AGAIN = 30
"""Seconds after which to ask for a place again; until then the page asks for news by itself."""


@dataclass
class Places:
    """Places for live pages, `most` in all. A page that gets none still works: it asks for news now and then."""

    most: int
    _taken: Counter[bytes] = field(default_factory=Counter)

    @contextmanager
    def one(self, whose: bytes, *, most: int) -> Iterator[None]:
        """Hold one place for as long as a page is open. Raises HTTPException 429; 503 where all are taken."""
        if self._taken.total() >= self.most:
            raise HTTPException(503, headers={"Retry-After": str(AGAIN)})
        if self._taken[whose] >= most:
            raise HTTPException(429, headers={"Retry-After": str(AGAIN)})
        self._taken[whose] += 1
        try:
            yield
        finally:
            self._taken[whose] -= 1
            if not self._taken[whose]:
                del self._taken[whose]


def of(request: Request) -> Places:
    """Return the places of this process."""
    places: Places = request.app.state.places
    return places
