"""Who opened what is held of someone, in plain words for their own page."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from bot.words import Words, _
from waitingroom.everything import Everything

Day = Callable[[datetime | date], str]


def opened(held: Everything, words: Words, day: Day) -> Iterator[tuple[str, str]]:
    """Give the name of each member of staff who opened it, with the last day they did."""
    for name, at in held.opened:
        yield day(at), name
    for glass, name in held.from_elsewhere:
        why = words.say(_("from another team, with a reason they wrote down: a person sends you that"))
        yield day(glass.broken_at), f"{name}, {why}"
