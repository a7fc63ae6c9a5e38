"""The one way a status changes: through its record's table of legal moves."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from waitingroom.errors import IllegalMoveError

Status = TypeVar("Status", bound=StrEnum)


def moved(moves: Mapping[Status, frozenset[Status]], now_at: Status, to: Status) -> Status:
    """Return `to` where the table allows the step from `now_at`.

    Raises IllegalMoveError where it does not.
    """
    if to not in moves[now_at]:
        words = f"That is {now_at.replace('_', ' ')} now, so it cannot become {to.replace('_', ' ')}."
        raise IllegalMoveError(words)
    return to
