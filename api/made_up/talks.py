"""Talks of made-up people: each by the same turns as anyone's, at a time that is told."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from api.made_up.people import MadeUp
from bot.desk import Desk
from bot.messages import Inbound, Reply
from bot.turn import Turn, take_turn

LONGEST = 30
"""Questions after which a talk that did not end is a mistake of ours."""


class LostForWordsError(RuntimeError):
    """A made-up person was asked something nobody here knows how to answer."""


@dataclass
class Talking:
    """One made-up person at their phone."""

    person: MadeUp
    channel: str
    joined_at: datetime
    address: str = field(default_factory=lambda: uuid.uuid4().hex)
    conversation_id: uuid.UUID | None = None
    said: int = 0

    async def says(self, desk: Desk, text: str, *, at: datetime) -> Turn:
        """Write something; returns the turn it was."""
        self.said += 1
        turn = await take_turn(desk, Inbound(self.channel, self.address, f"made-up-{self.said}", text, at))
        self.conversation_id = turn.conversation_id
        return turn

    async def refers(self, desk: Desk) -> uuid.UUID:
        """Refer oneself from hello to the last answer; returns the conversation's id. Raises LostForWordsError."""
        turn = await self.says(desk, "hello", at=self.joined_at)
        for number in range(1, LONGEST):
            asked = turn.replies[-1][1]
            if asked.asks is None:
                return turn.conversation_id
            try:
                words = self.person.refers(asked)
            except KeyError as unknown:
                raise LostForWordsError(str(unknown)) from None
            turn = await self.says(desk, words, at=self.joined_at + timedelta(seconds=40 * number))
        raise LostForWordsError(turn.replies[-1][1].asks)

    async def hears(self, desk: Desk, reply: Reply, *, at: datetime, chance: Random) -> bool:
        """Answer something that came unasked, or not. Returns whether they wrote back."""
        words = self.person.answers(reply, weeks=(at - self.joined_at) / timedelta(weeks=1), chance=chance)
        for _ in range(LONGEST):
            if words is None:
                return False
            turn = await self.says(desk, words, at=at)
            at += timedelta(seconds=40)
            asked = turn.replies[-1][1] if turn.replies else None
            if asked is None or asked.asks is None or words in {"STOP", "MORE", "HELPLINES"}:
                return True
            words = self.person.answers(asked, weeks=(at - self.joined_at) / timedelta(weeks=1), chance=chance)
        return True
