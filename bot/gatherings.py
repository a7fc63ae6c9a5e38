"""Gatherings: which groups fit someone, and how a group is told of in few words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date

from bot.ask import Ask
from bot.words import _
from content import Group
from content.hours import ZONE, clock
from content.meeting_days import next_start
from waitingroom.attending import Seats, Visitor

ENGLISH = "en"
BY: Mapping[str, str] = {"video": _("by video"), "phone": _("by phone"), "place": _("in one place")}
AT_A_PLACE = _("Reply MY GROUPS to see where it is, or to leave.")
BY_LINK = _("Half an hour before, reply MY GROUPS to see the way in. You can leave there too.")
NONE_YET = Seats()


@dataclass(frozen=True)
class Fit:
    """A group that fits someone, when it meets next, and how it stands."""

    group: Group
    next_at: datetime
    seats: Seats

    @property
    def free(self) -> int:
        """How many places are left: none where others wait for one."""
        return 0 if self.seats.listed else max(0, self.group.places - self.seats.taken)


def fitting(ask: Ask, visitor: Visitor) -> list[Fit]:
    """List the groups someone may ask to join, the best first: never one that was not for them.

    Those in the language they asked for come first, then those for their needs, those with a place, those that
    others found good, and those that meet soonest.
    """
    found = []
    for group in ask.service.content.groups.values():
        seats = visitor.seats.get(group.key, NONE_YET)
        next_at = next_start(group.meetings, ask.here.now)
        may = (
            group.is_for(visitor.age, languages=visitor.languages | {ENGLISH}) and group.key not in visitor.passed
        )
        if may and next_at is not None and not seats.paused:
            found.append(Fit(group, next_at, seats))
    return sorted(found, key=lambda fit: _rank(fit, visitor))


def _rank(fit: Fit, visitor: Visitor) -> tuple[object, ...]:
    """Rank low what fits best. Of a group nobody judged yet half are taken to like it (rule of succession)."""
    other = visitor.languages - {ENGLISH}
    liked = (fit.seats.good + 1) / (fit.seats.good + fit.seats.not_for_me + 2)
    return (
        bool(other) and fit.group.language not in other,
        not set(fit.group.needs).intersection(visitor.needs),
        not fit.free,
        -round(liked, 1),
        fit.next_at,
        fit.group.key,
    )


def in_few_words(ask: Ask, fit: Fit) -> str:
    """Tell a group in one line: its name, when it meets next, at what cost, and whether there is a place."""
    places = _("{free} places left") if fit.free > 1 else _("1 place left") if fit.free else _("waiting list")
    return f"{fit.group.name}: {when(fit.next_at)}, {fit.group.cost}, {ask.say(places, free=fit.free)}"


def how_to_join(group: Group) -> str:
    """Say where the way into a group is found."""
    return AT_A_PLACE if group.way == "place" else BY_LINK


def when(at: datetime) -> str:
    """Say a day and a time, such as Tuesday 6 January, 2pm."""
    return f"{day(at)}, {time_of(at)}"


def day(at: datetime) -> str:
    """Say a day, such as Tuesday 6 January."""
    return str(format_date(at.astimezone(ZONE).date(), "EEEE d MMMM", locale="en_GB"))


def time_of(at: datetime) -> str:
    """Say a time on the clock in the UK, such as 2pm."""
    local = at.astimezone(ZONE)
    return clock(local.hour * 60 + local.minute)
