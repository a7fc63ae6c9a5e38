"""Busy: how fast one person may write, and when what they write is heard and kept but not answered."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Self

from waitingroom.columns import KeyRing

AT_ONCE = 60
GAP = timedelta(seconds=1)
"""Sixty messages at once, then one a second: what Signal's server lets one account send."""
SLACK = GAP * (AT_ONCE - 1)
REST = timedelta(minutes=1)
"""How long somebody is asked to wait, once."""
FULLEST = REST + SLACK + GAP
"""The furthest ahead a full bucket can lie: what lies further comes of a clock that was set back."""

EQUAL = 20
WITHIN = timedelta(minutes=5)
"""So many equal messages in so long are a machine's: RapidPro's figure for two bots that answer each other."""
HUSHED_FOR = timedelta(hours=1)
DANGER_AGAIN = timedelta(minutes=10)
"""How soon the crisis lines are said again where it is words of danger that come without end."""
OWN_WORDS = 5
"""Our own answer coming back counts as so many equal messages: four are enough."""
COMPARED = 60
"""Letters and figures of a message that are compared: out-of-office notes differ only in their last line."""
LONG = 24
"""Letters an answer of ours has at least, to be known again: shorter ones may be anybody's words."""


class Way(Enum):
    """What becomes of a message, beside being kept and listened to."""

    ANSWER = auto()
    ASK_TO_WAIT = auto()
    """the first one too many: we say so, kindly and once"""
    REST = auto()
    """one of many too many"""
    HUSH = auto()
    """a machine's, it seems: we stay silent until something else comes"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How somebody writes. Each field is a column of their talk; hashes are keyed, and known again only there.

    `full_at`: when they could write 60 at once again (the theoretical arrival time of GCRA, ITU-T I.371).
    `said`: what came last; `times`: how often in a row it was answered, since `since`, without leading anywhere;
    from 20 on `since` says when we fell silent. `answered`: what we said last.
    """

    full_at: datetime | None = None
    said: bytes | None = None
    times: int | None = None
    since: datetime | None = None
    answered: bytes | None = None

    @property
    def columns(self) -> tuple[datetime | None, bytes | None, int | None, datetime | None, bytes | None]:
        """Return the fields in the order of the columns."""
        return self.full_at, self.said, self.times, self.since, self.answered

    @property
    def loops(self) -> bool:
        """Whether equal messages came often enough to be a machine's."""
        return (self.times or 0) >= EQUAL

    def weigh(self, said: bytes | None, *, now: datetime, danger: bool) -> tuple[Self, Way]:
        """Take in one message, and say what becomes of it. `danger`: whether there is any in it.

        The pace that is returned has it counted; whether it is one of many equal ones is counted by `told`.
        """
        if self._hushed(said, now=now, danger=danger):
            return self, Way.HUSH
        ahead = max(self.full_at - now, timedelta(0)) if self.full_at is not None else timedelta(0)
        if ahead > FULLEST:
            ahead = timedelta(0)
        if ahead > SLACK + GAP:
            return self, Way.REST
        if ahead > SLACK:
            return replace(self, full_at=now + REST + SLACK + GAP), Way.ASK_TO_WAIT
        return replace(self, full_at=now + ahead + GAP), Way.ANSWER

    def told(self, said: bytes | None, answered: bytes | None, *, led_on: bool, now: datetime) -> Self:
        """Note what somebody said and was answered; `led_on`: it brought the talk further."""
        if not self._again(said):
            return replace(self, said=said, times=1, since=now, answered=answered)
        if self.loops:
            return replace(self, said=said, since=now, answered=answered)
        times, since = self.times or 0, self.since
        if since is None or not timedelta(0) <= now - since <= WITHIN:
            times, since = 0, now
        if said == self.answered:
            times += OWN_WORDS
        elif not led_on:
            times += 1
        return replace(self, said=said, times=times, since=now if times >= EQUAL else since, answered=answered)

    def _again(self, said: bytes | None) -> bool:
        return said is not None and said in {self.said, self.answered}

    def _hushed(self, said: bytes | None, *, now: datetime, danger: bool) -> bool:
        if not self.loops or self.since is None or not self._again(said):
            return False
        return timedelta(0) <= now - self.since < (DANGER_AGAIN if danger else HUSHED_FOR)


def known_by(keys: KeyRing, talk: object, words: str, *, least: int = 1) -> bytes | None:
    """Return what these words are known again by, in this talk alone; None where they are shorter than `least`."""
    letters = "".join(filter(str.isalnum, words.casefold())) or words.strip()
    if len(letters) < least:
        return None
    return keys.brief("said", f"{talk}:{letters[:COMPARED]}")
