"""Hurry: who writes faster than anyone reads, or what sounds like another machine, is heard but not answered."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.conversation import Talk
from bot.keywords import Act
from bot.messages import Reply
from bot.questions import Kind
from bot.words import _
from waitingroom import busy, handoffs
from waitingroom.busy import Pace, Way
from waitingroom.columns import KeyRing
from waitingroom.database import Session
from waitingroom.handoffs import Reason, Urgency

WAIT = _("We have all you wrote. Please give us a minute, then write again.")
ALWAYS = frozenset({"stop", "start", "helplines"})
"""What is done however fast it comes, unless it comes over and over: the person stays in charge."""

Standing = tuple[str, str | None] | None


@dataclass(frozen=True)
class Heard:
    """One message as it was weighed. `stood` is the question that stood before it, by talk and key."""

    pace: Pace
    way: Way
    said: bytes | None
    stood: Standing

    def is_too_much(self, asked: Callable[[], Act | str | None]) -> bool:
        """Say whether this message is only heard. `asked` tells which keyword it is, where that is wanted."""
        return self.way is Way.HUSH or (self.way is not Way.ANSWER and asked() not in ALWAYS)


def weigh(
    keys: KeyRing, talk: Talk, pace: Pace, words: str, *, of: uuid.UUID, danger: bool, now: datetime
) -> Heard:
    """Weigh one message of the conversation `of`, before it is answered."""
    said = busy.known_by(keys, of, words)
    pace, way = pace.weigh(said, now=now, danger=danger)
    return Heard(pace, way, said, standing(talk))


async def noted(
    session: Session, heard: Heard, talk: Talk, replies: Sequence[Reply], *, of: uuid.UUID, now: datetime
) -> Pace:
    """Return how somebody writes once they were answered; where it has come to a loop, a link worker is asked."""
    if heard.way in {Way.REST, Way.HUSH}:
        return heard.pace
    last = busy.known_by(session.keys, of, replies[-1].text, least=busy.LONG) if replies else None
    led_on = not replies or standing(talk) != heard.stood or _looks_through(talk)
    pace = heard.pace.told(heard.said, last, led_on=led_on, now=now)
    if pace.loops and not heard.pace.loops:
        await handoffs.raise_hand(
            session, conversation_id=of, reason=Reason.SAME_AGAIN, urgency=Urgency.ROUTINE, now=now
        )
    return pace


def standing(talk: Talk) -> Standing:
    """Name the question that stands, None where there is none."""
    return (talk.frames[-1].flow, talk.frames[-1].asked) if talk.frames else None


def _looks_through(talk: Talk) -> bool:
    """Say whether somebody is looking through a list: MORE, twenty times, is no loop."""
    return bool(talk.frames) and talk.frames[-1].kind == Kind.BROWSING
