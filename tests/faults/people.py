"""People who talk to a service that keeps dying: each says the next thing only once the last was acknowledged."""

import asyncio
import random
import re
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.talking import SHORTEST_REFERRAL

BEGIN = re.compile(r'name="begin" value="([^"]+)"')
PATIENCE = 60.0
PAUSE = 0.15
LONGEST = 25.0
"""Seconds after which nobody waits for an answer any more."""


@dataclass
class Talker:
    """One person, one talk from hello to a reference, over real HTTP. `acknowledged`: message ids answered 200."""

    url: str
    address: str = ""
    acknowledged: list[str] = field(default_factory=list)
    shown: dict[int, str] = field(default_factory=dict)
    """what a page has shown of the bot's words, by message id"""
    tries: int = 0
    refused: int = 0
    """how often the answer was to come again"""
    answered: list[tuple[float, float]] = field(default_factory=list)
    """when each request that was answered well began and ended, by the steady clock"""
    slowest: float = 0.0
    """how many seconds the slowest request took, well answered or not"""

    async def talk(self) -> None:
        """Say it all, each message again under its own id until it is taken."""
        async with httpx2.AsyncClient(base_url=self.url, timeout=LONGEST, trust_env=False, verify=False) as line:
            await self._begin(line)
            for words in SHORTEST_REFERRAL:
                message_id = uuid.uuid4().hex
                self._note(await self._insist(line, "POST", *self._post(message_id, words)))
                self.acknowledged.append(message_id)

    async def _begin(self, line: httpx2.AsyncClient) -> None:
        self.address = uuid.uuid4().hex

    def _post(self, message_id: str, words: str) -> tuple[str, dict[str, Any]]:
        return "/loopback", {"json": {"sender": self.address, "message_id": message_id, "text": words}}

    def _note(self, answer: httpx2.Response) -> None:
        """Loopback's own answer says nothing: the words come by the provider."""

    async def _insist(
        self, line: httpx2.AsyncClient, method: str, path: str, options: dict[str, Any]
    ) -> httpx2.Response:
        """Ask until it is answered well, as a browser's person or a provider does."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.tries += 1
                began = time.monotonic()
                try:
                    answer = await line.request(method, path, **options)
                except httpx2.TransportError:
                    answer = None
                ended = time.monotonic()
                self.slowest = max(self.slowest, ended - began)
                if answer is not None and answer.status_code == 200:
                    self.answered.append((began, ended))
                    return answer
                if answer is not None:
                    self.refused += 1
                    asks_to_come_again(answer)
                await asyncio.sleep(PAUSE * random.uniform(0.5, 1.5))


def asks_to_come_again(answer: httpx2.Response) -> None:
    """Hold an answer to what is promised where the records are away: when to come again, in the usual shape."""
    assert answer.status_code == 503, (answer.status_code, answer.text[:300])
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"


class Browser(Talker):
    """A person at the chat page: the page gives a cookie to come, so that even a first message is heard once."""

    async def _begin(self, line: httpx2.AsyncClient) -> None:
        page = await self._insist(line, "GET", "/chat", {})
        found = BEGIN.search(page.text)
        assert found is not None
        self.address = found[1]

    def _post(self, message_id: str, words: str) -> tuple[str, dict[str, Any]]:
        form = {"text": words, "message_id": message_id, "begin": self.address}
        return "/chat/messages", {"data": form, "headers": {"Accept": "application/json"}}

    def _note(self, answer: httpx2.Response) -> None:
        for line in answer.json()["messages"]:
            if line["author"] == "bot":
                self.shown[line["id"]] = line["text"]
