"""A person in a test: says things, hears answers, lets time pass."""

import uuid
from datetime import datetime, timedelta

from bot.channels.terminal import NAME as TERMINAL
from bot.desk import Desk
from bot.messages import Inbound, Reply, numbered
from bot.turn import Turn, take_turn

SHORTEST_REFERRAL = (
    *("hello", "me", "72", "yes", "Ann", "BB9 7AA", "4", "Company in the evenings", "here", "any", "yes"),
)
"""What someone lonely says from hello to their reference."""


class Speaker:
    """Someone with one address on one channel, and a clock of their own."""

    def __init__(self, desk: Desk, *, now: datetime, channel: str = TERMINAL, address: str | None = None) -> None:
        self.desk = desk
        self.now = now
        self.channel = channel
        self.address = address or uuid.uuid4().hex
        self.turns: list[Turn] = []

    async def says(self, *texts: str, answering: str | None = None) -> str:
        """Say some things one after the other; returns all that was answered to the last, as plain text."""
        for text in texts:
            self.now += timedelta(seconds=20)
            self.turns.append(await take_turn(self.desk, self.message(text, answering=answering)))
        return self.heard

    def message(self, text: str, *, message_id: str | None = None, answering: str | None = None) -> Inbound:
        return Inbound(self.channel, self.address, message_id or uuid.uuid4().hex, text, self.now, answering)

    @property
    def replies(self) -> list[Reply]:
        return [reply for _, reply in self.turns[-1].replies]

    @property
    def heard(self) -> str:
        return "\n".join(numbered(reply) for reply in self.replies)

    @property
    def asked(self) -> str | None:
        """The key of the question that was asked last."""
        return self.replies[-1].asks if self.replies else None
