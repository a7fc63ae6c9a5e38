"""The updates on their way: posted to the webhook, chat by chat in order and until they are taken, or fetched."""

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.fakes.bot_api_methods import UPDATES_UNASKED
from tests.fakes.caller import Caller, Heard, LineBrokeError

if TYPE_CHECKING:
    from tests.fakes.bot_api import BotApi

SECRET = "X-Telegram-Bot-Api-Secret-Token"
MOST_LINES = 40
"""What setWebhook's max_connections is unless told otherwise."""
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.5
"""Seconds between tries: Telegram's own are longer, a test has no time."""


@dataclass(frozen=True)
class Hook:
    """Where updates are posted. `served_at`: where that address is really served, if elsewhere."""

    url: str
    secret: str | None = None
    served_at: str | None = None

    @property
    def reached_at(self) -> str:
        if self.served_at is None:
            return self.url
        parts = urlsplit(self.url)
        return self.served_at.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")


@dataclass(frozen=True)
class Post:
    """One try to post an update, and what came of it: a status, or 0 where the line broke."""

    update_id: int
    status: int


@dataclass(eq=False)
class Updates:
    """All updates of one bot."""

    api: "BotApi"
    hook: Hook | None = None
    allowed: frozenset[str] = UPDATES_UNASKED
    made: list[dict[str, Any]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    trouble: dict[str, Any] = field(default_factory=dict)
    caller: Caller = field(default_factory=Caller)
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_LINES))
    """how many updates are posted at once, each of another chat"""
    _lanes: dict[int, deque[dict[str, Any]]] = field(default_factory=dict)
    _running: set[int] = field(default_factory=set)
    _held: list[tuple[int, dict[str, Any]]] | None = None
    _next: int = 700_000_001
    _poll: asyncio.Future[bool] | None = None

    def add(self, lane: int, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Make an update, and send it on its way."""
        return self.add_raw(lane, {kind: content})

    def add_raw(self, lane: int, content: dict[str, Any]) -> dict[str, Any]:
        """Send anything on its way as an update; it gets an `update_id` where it has none."""
        with self.api.lock:
            update = {"update_id": self._next, **content}
            self._next = max(self._next, update["update_id"]) + 1
            self.made.append(update)
            if not self.allowed.isdisjoint(content) or UPDATES_UNASKED.isdisjoint(content):
                self._put(lane, update)
        self.api.changed()
        return update

    @contextmanager
    def held(self) -> Iterator[list[tuple[int, dict[str, Any]]]]:
        """Hold what is made back, as pairs of chat and update; they leave at the end, as the list stands then."""
        with self.api.lock:
            self._held = held = list[tuple[int, dict[str, Any]]]()
        yield held
        with self.api.lock:
            self._held = None
            for lane, update in held:
                self._put(lane, update)

    @property
    def pending(self) -> list[dict[str, Any]]:
        """What nobody has taken yet, oldest first."""
        with self.api.lock:
            return sorted((u for lane in self._lanes.values() for u in lane), key=lambda u: int(u["update_id"]))

    @property
    def polled(self) -> bool:
        """Whether somebody waits for updates now."""
        return self._poll is not None and not self._poll.done()

    def forget(self) -> None:
        """Drop what is pending."""
        with self.api.lock:
            self._lanes = {}

    def go_on(self) -> None:
        """Post what is pending, where there is a webhook now."""
        with self.api.lock:
            for lane in self._lanes:
                self._kick(lane)

    async def fetch(self, *, offset: int, limit: int, seconds: float) -> list[dict[str, Any]] | None:
        """Return updates from `offset` on, waiting up to `seconds`; None where another poll came after."""
        self._wake(newer=False)
        with self.api.lock:
            floor = offset if offset >= 0 else (self.pending[offset:] or [{"update_id": 0}])[0]["update_id"]
            self._lanes = {
                lane: deque(update for update in kept if update["update_id"] >= floor)
                for lane, kept in self._lanes.items()
            }
        loop = asyncio.get_running_loop()
        ends = loop.time() + seconds
        while not (found := self.pending[:limit]) and (left := ends - loop.time()) > 0:
            self._poll = mine = loop.create_future()
            self.api.changed()
            await asyncio.wait({mine}, timeout=left)
            if mine.done() and not mine.result():
                return None
        return found

    def _wake(self, *, newer: bool = True) -> None:
        """End the wait of whoever polls: something newer is there, or someone else polls now."""
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(newer)

    def _put(self, lane: int, update: dict[str, Any]) -> None:
        if self._held is not None:
            self._held.append((lane, update))
            return
        self._lanes.setdefault(lane, deque()).append(update)
        self._kick(lane)
        if self.hook is None:
            self.api.soon(self._wake)

    def _kick(self, lane: int) -> None:
        if self.hook is not None and lane not in self._running:
            self._running.add(lane)
            self.api.soon(lambda: self._post_all(lane))

    async def _post_all(self, lane: int) -> None:
        pause = FIRST_PAUSE
        try:
            while (hook := self.hook) and (waiting := self._lanes.get(lane)):
                update = waiting[0]
                if await self._post(hook, update):
                    pause = FIRST_PAUSE
                    if waiting and waiting[0] is update and not self.api.orders.tell_twice():
                        waiting.popleft()
                else:
                    await asyncio.sleep(pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            with self.api.lock:
                self._running.discard(lane)
                if self._lanes.get(lane):
                    self._kick(lane)
        self.api.changed()

    async def _post(self, hook: Hook, update: dict[str, Any]) -> bool:
        headers = {"Content-Type": "application/json"} | ({SECRET: hook.secret} if hook.secret else {})
        body = json.dumps(update, ensure_ascii=False).encode()
        try:
            async with self.places:
                heard = await self.caller.post(hook.reached_at, body, headers)
        except LineBrokeError as error:
            self._note(update, 0, f"Connection refused or broken: {error}")
            return False
        if not heard.well:
            self._note(update, heard.status, f"Wrong response from the webhook: {heard.status}")
            return False
        self.posts.append(Post(update["update_id"], heard.status))
        self._obey(heard)
        return True

    def _obey(self, heard: Heard) -> None:
        """Do what the answer to a webhook asks for: a method and its parameters as JSON, checked like any call."""
        if heard.headers.get("content-type", "").startswith("application/json") and heard.body.strip():
            try:
                asked = json.loads(heard.body)
            except ValueError:
                return
            if isinstance(asked, dict) and "method" in asked:
                self.api.obey(asked.pop("method"), asked)

    def _note(self, update: dict[str, Any], status: int, words: str) -> None:
        self.posts.append(Post(update["update_id"], status))
        self.trouble = {"last_error_date": int(self.api.clock()), "last_error_message": words}
        self.api.changed()
