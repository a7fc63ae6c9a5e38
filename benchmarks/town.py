"""A town on Telegram: people who write to a bot's webhook, and see on the simulated Bot API what it answers."""

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from benchmarks.posting import Answer, Line, LineBrokeError
from tests.fakes.bot_api import BotApi
from tests.fakes.bot_api_people import Person, Seen
from tests.fakes.bot_api_rules import told
from tests.fakes.wire import Request

T = TypeVar("T")
PATH = "/webhooks/telegram"
SECRET = "a-secret-for-this-machine"
HEADERS = f"X-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
TALK = ("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4", "Company in the evenings", "here", "any", "yes")
"""What each person says, in the order of the questions."""
CHANGES = re.compile(r"\b[0-9A-Z]{4}[ -][0-9A-Z]{4}\b")
"""A reference: the one part of an answer that is another for everyone."""
QUIET = 0.4
"""Seconds without another message after which an answer is taken to be whole, where its length is not known."""
PATIENCE = 30.0
"""Seconds an answer may take where nothing was killed."""
TRY_AGAIN = 0.1
"""Seconds before an update nobody took is delivered again."""


@dataclass(frozen=True)
class Said:
    """One message of the script: its words, and the keyboard under it."""

    text: str
    reply_markup: dict[str, Any] | None


Script = list[list[Said]]
"""The messages that answer each thing said, in order."""


@dataclass(frozen=True)
class Took:
    """How long one turn took, in seconds: until it was acknowledged, and until its last message had arrived."""

    acknowledged: float
    answered: float


@dataclass(eq=False)
class Neighbour:
    """Someone with a phone."""

    chat: Person
    town: "Town"
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    seen_at: list[float] = field(default_factory=list)

    @property
    def heard(self) -> int:
        """How many messages have come."""
        return len(self.seen_at)

    def writes(self, words: str) -> bytes:
        """Return the update that tells of these words; posted again, it is the same one delivered again."""
        self.chat.known = True
        message = {
            "message_id": self.town.api.next_message_id(self.chat),
            "date": int(time.time()),
            "chat": self.chat.about,
            "from": self.chat.user,
            "text": words,
        }
        return json.dumps({"update_id": self.town.next_update(), "message": message}).encode()

    async def hears(self, count: int, *, patience: float) -> bool:
        """Wait until `count` messages have come in all; say whether they have."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                while self.heard < count:
                    self.grown.clear()
                    await self.grown.wait()
        return self.heard >= count


class Town:
    """Everyone who writes to one bot, by way of one simulated Bot API."""

    def __init__(self, api: BotApi) -> None:
        """Listen to what the bot sends."""
        self.api = api
        self.script: Script = []
        """what is answered to each thing said"""
        self._people: dict[int, Neighbour] = {}
        self._updates = 0
        api.on_sent.append(self._seen)

    def somebody(self) -> Neighbour:
        """Let someone new move in."""
        chat = self.api.person()
        return self._people.setdefault(chat.id, Neighbour(chat, self))

    def leaves(self, neighbour: Neighbour) -> None:
        """Forget someone whose talk is over, so that a long run does not grow."""
        del self._people[neighbour.chat.id]
        for kept in (neighbour.chat.talk, neighbour.chat.sees, neighbour.chat.by_id, self.api.calls):
            kept.clear()

    def next_update(self) -> int:
        """Number an update."""
        self._updates += 1
        return self._updates

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do something in the loop of the Bot API, where everyone lives."""
        done: Future[T] = Future()

        async def doing() -> None:
            try:
                done.set_result(await work())
            except BaseException as error:  # noqa: BLE001 -- it is raised where the result is awaited
                done.set_exception(error)

        self.api.soon(doing)
        return done.result()

    def obey(self, answer: Answer) -> None:
        """Do what a webhook's own answer asks for, as Telegram does."""
        if not answer.body.strip() or "method" not in answer.body[:400].decode("latin-1"):
            return
        asked = told(Request("POST", "/", answer.headers, answer.body))
        if "method" in asked:
            self.api.obey(asked.pop("method"), asked)

    async def deliver(self, line: Line, update: bytes) -> float:
        """Post an update once, and do what the answer asks for. Returns seconds; raises LineBrokeError."""
        began = time.perf_counter()
        answer = await line.post(PATH, update, HEADERS)
        took = time.perf_counter() - began
        if answer.status != 200:
            raise LineBrokeError(f"{answer.status}: {answer.body[:300]!r}")
        self.obey(answer)
        return took

    async def deliver_until_taken(self, port: int, update: bytes, *, patience: float = 60.0) -> None:
        """Post an update again and again until it is acknowledged, as Telegram does."""
        async with asyncio.timeout(patience):
            while True:
                try:
                    line = await Line.to(port)
                    try:
                        await self.deliver(line, update)
                        return
                    finally:
                        line.hang_up()
                except LineBrokeError:
                    await asyncio.sleep(TRY_AGAIN)

    async def turn(
        self, line: Line, person: Neighbour, words: str, *, expect: int, patience: float = 20.0
    ) -> Took:
        """Say something and wait until `expect` more messages have come. Raises RuntimeError where they do not."""
        upto = person.heard + expect
        began = time.perf_counter()
        acknowledged = await self.deliver(line, person.writes(words))
        if not await person.hears(upto, patience=PATIENCE):
            raise RuntimeError(f"{words!r} was not answered: {person.chat.texts[-3:]}")
        return Took(acknowledged, person.seen_at[upto - 1] - began)

    async def record(self, port: int) -> Script:
        """Talk once with whoever serves there, and write down what is answered to what."""
        line, person = await Line.to(port), self.somebody()
        script: Script = []
        for words in TALK:
            before = person.heard
            await self.deliver(line, person.writes(words))
            if not await person.hears(before + 1, patience=30):
                raise RuntimeError(f"{words!r} was not answered")
            while await person.hears(person.heard + 1, patience=QUIET):
                pass
            script.append([_line(seen) for seen in person.chat.sees[before:]])
        line.hang_up()
        return script

    def _seen(self, seen: Seen) -> None:
        person = self._people.get(seen.chat.id)
        if person is not None:
            person.seen_at.append(time.perf_counter())
            person.grown.set()


def alike(text: str) -> str:
    """Return words as everyone sees them: without what is another for each person."""
    return CHANGES.sub("REFERENCE", text)


def _line(seen: Seen) -> Said:
    return Said(alike(seen.text), seen.message.get("reply_markup"))


async def ask_for(seconds: float, town: Town, port: int, *, users: int) -> tuple[list[Took], float]:
    """Have `users` people have talk after talk for some seconds; gives each turn, and how long it all took."""
    took: list[Took] = []
    began = time.perf_counter()
    await asyncio.gather(*(_ask(town, port, began + seconds, took) for _ in range(users)))
    return took, time.perf_counter() - began


async def _ask(town: Town, port: int, until: float, took: list[Took]) -> None:
    line = await Line.to(port)
    while time.perf_counter() < until:
        person = town.somebody()
        for words, answers in zip(TALK, town.script, strict=True):
            took.append(await town.turn(line, person, words, expect=len(answers)))
            if time.perf_counter() >= until:
                break
        town.leaves(person)
    line.hang_up()
