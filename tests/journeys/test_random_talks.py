"""Whatever people type, in whatever order, on whatever channel, somebody answers; `--turns=100000` for long."""

import asyncio
import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from api.house import channels_of
from api.settings import Settings
from bot.channels.channel import Closing
from bot.desk import Desk
from bot.keywords import TABLE
from bot.messages import Aside, Inbound, Reply
from bot.turn import Turn, take_turn
from tests.conftest import MONDAY
from tests.talking import SHORTEST_REFERRAL

pytestmark = pytest.mark.anyio

CHANNELS = ("terminal", "web", "telegram", "sms", "whatsapp")
AT_ONCE = 8
"""People who talk at the same time."""
LIKELY = (
    *SHORTEST_REFERRAL,
    "no",
    "1",
    "2",
    "3",
    "9",
    "11",
    "0",
    "not sure",
    "someone else",
    "my mum",
    "15",
    "12",
    "17",
    "34",
    "text",
    "call",
    "07700 900123",
    "SW1A 1AA",
    "something else",
    "unsafe",
    "skip",
    "3 feb 1952",
    "9990000018",
    "not me",
    "who is this",
    "wrong number",
    "f off",
    "yes please",
    "i dont know",
    "my dog died",
    "V-1234-5678-9012",
    "later",
    "polski",
    "take back 1",
    "all",
    "1234 5674",
    "delete everything",
    "CONTINUE ABCD EFGH",
    "take me off your list",
    "what do you hold about me",
)
DANGER = ("i want to die", "he hit me again tonight", "i took all my tablets")
ODD = "\x00\u202e\ud800😀٣क्षzß’“ \n\t,.;!?%{}<>&1234567890abcdefghijklmnopqrstuvwxyz"
KEYWORDS = tuple(sorted(word for keyword in TABLE for word in keyword.words))


class Rambler:
    """Someone who answers, half-answers, changes their mind and types nonsense, by the dice of a seed."""

    def __init__(self, desk: Desk, channel: str, seed: int) -> None:
        self.desk, self.channel = desk, channel
        self.dice = random.Random(seed)
        self.address = f"+447700{seed % 10**6:06}" if channel != "telegram" else str(10**6 + seed)
        self.now = MONDAY
        self.shown: tuple[Reply, ...] = ()
        self.said: list[str] = []

    async def rambles(self, turns: int) -> None:
        """Say `turns` things. Fails where one of them is left without an answer."""
        for _ in range(turns):
            inbound = self._next()
            self.said.append(inbound.text)
            turn = await take_turn(self.desk, inbound)
            assert _is_answered(turn), (self.channel, self.said)
            self.shown = tuple(reply for _, reply in turn.replies)

    def _next(self) -> Inbound:
        self.now += timedelta(seconds=self.dice.choice((1, 20, 20, 20, 600, 90_000)))
        message = Inbound(self.channel, self.address, uuid.UUID(int=self.dice.getrandbits(128)).hex, "", self.now)
        asked = self.shown[-1] if self.shown else None
        kind = self.dice.random()
        if asked and asked.options and kind < 0.45:
            number = self.dice.randrange(len(asked.options))
            if self.dice.random() < 0.3:
                return replace(message, text=asked.options[number].key, answering=asked.asks)
            return replace(message, text=self.dice.choice((str(number + 1), asked.options[number].label)))
        if kind < 0.75:
            return replace(message, text=self.dice.choice(LIKELY))
        if kind < 0.90:
            return replace(message, text=self.dice.choice(KEYWORDS))
        if kind < 0.92:
            return replace(message, text=self.dice.choice(DANGER))
        if kind < 0.94:
            return replace(message, aside=self.dice.choice(list(Aside)))
        return replace(message, text="".join(self.dice.choices(ODD, k=self.dice.randrange(60))))


def _is_answered(turn: Turn) -> bool:
    return bool(turn.replies) and all(reply.text.strip() for _, reply in turn.replies)


@pytest.fixture
def everywhere(desk: Desk) -> Iterator[Desk]:
    """The desk with every channel there is; nothing is sent, as no worker runs."""
    settings = Settings(
        telegram_token=SecretStr("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
        twilio_account="AC" + "0" * 32,
        twilio_token=SecretStr("0" * 32),
        sms_from="+447700900000",
        whatsapp_from="+447700900000",
    )
    channels = channels_of(settings, demo=True)
    yield replace(desk, channels=channels)
    for channel in channels.values():
        if isinstance(channel, Closing):
            asyncio.run(channel.close())


@pytest.mark.parametrize("channel", CHANNELS)
async def test_nobody_is_left_without_an_answer(everywhere: Desk, channel: str, turns: int) -> None:
    talks = max(turns // 25, 1)
    seeds = iter(range(talks))

    async def one_after_the_other() -> None:
        for seed in seeds:
            await Rambler(everywhere, channel, seed).rambles(25)

    await asyncio.gather(*(one_after_the_other() for _ in range(AT_ONCE)))
