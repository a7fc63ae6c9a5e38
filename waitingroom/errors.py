"""Refusals: what the rules of care do not allow, in words that can be shown."""

from collections.abc import Iterator
from typing import Self


class RefusedError(Exception):
    """That cannot be done."""

    def __init__(self, words: str | None = None) -> None:
        """Take the sentence to show; without one, the class's docstring is the sentence."""
        self.words = words or (type(self).__doc__ or "").strip()
        super().__init__(self.words)

    @classmethod
    def named(cls, name: str) -> type[Self]:
        """Find the refusal class called `name`; a name no longer known is a plain refusal."""
        return next((kind for kind in cls.family() if kind.__name__ == name), cls)

    @classmethod
    def family(cls) -> Iterator[type[Self]]:
        """Give this class of refusals and every one below it."""
        yield cls
        for kind in cls.__subclasses__():
            yield from kind.family()


class NotFoundError(RefusedError):
    """There is no such record, or it is not yours to see."""


class StaleError(RefusedError):
    """This has changed since you read it. Read it again, then decide."""


class IllegalMoveError(RefusedError):
    """That step is not possible from here."""
