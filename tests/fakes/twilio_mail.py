"""The simulated Twilio's post: what phones send comes in, what became of our messages is told."""

import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from tests.fakes.caller import Caller, Heard, LineBrokeError
from tests.fakes.twilio_messages import Sent, receipt
from tests.fakes.twilio_phones import Got
from tests.fakes.twilio_posts import Post, replies, sign, trouble_with
from tests.fakes.twilio_segments import segments

if TYPE_CHECKING:
    from tests.fakes.twilio_api import TwilioApi


class Receipts(Enum):
    """How receipts come."""

    ORDERLY = auto()
    DOUBLED = auto()
    """each twice"""
    REVERSED = auto()
    """the last one first"""
    NONE = auto()
    """none ever comes"""
    EARLY = auto()
    """before the answer to the call that sent the message"""


@dataclass(eq=False)
class Mail:
    """Everything that is posted to us. `served_at`: where our addresses are really served, if elsewhere."""

    api: "TwilioApi"
    served_at: str | None = None
    caller: Caller = field(default_factory=lambda: Caller(keep=False))
    made: list[Post] = field(default_factory=list)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    """what was wrong with answers to inbound messages: Twilio's number, and the message's id"""
    _lanes: dict[str, deque[Post]] = field(default_factory=dict)
    _held: list[Post] | None = None

    def bring(self, form: dict[str, str]) -> Post:
        """Sign a form and post it to the webhook, where there is one."""
        with self.api.lock:
            post = self._sealed(self.api.sms_url, form)
            if not self.api.sms_url:
                post.done = True
            elif self._held is not None:
                self._held.append(post)
            else:
                self._queue(form["MessageSid"] if self.api.at_once else form["From"], post)
        return post

    @contextmanager
    def held(self) -> Iterator[list[Post]]:
        """Hold what phones send back until the end."""
        with self.api.lock:
            self._held = held = list[Post]()
        yield held
        with self.api.lock:
            self._held = None
            for post in held:
                self._queue("", post)

    async def tell(self, sent: Sent) -> None:
        """Post what becomes of a message, step by step."""
        how = self.api.receipts
        steps = sent.steps[::-1] if how is Receipts.REVERSED else sent.steps
        url = sent.form.get("StatusCallback") if how is not Receipts.NONE else None
        twice = 2 if how is Receipts.DOUBLED or self.api.orders.tell_twice() else 1
        for status in (step for step in steps for _ in range(twice)):
            sent.status = sent.steps[-1] if how is Receipts.REVERSED else status
            if url:
                post = self._sealed(url, receipt(self.api, sent, status))
                sent.posts.append(post)
                await self._send(post)
                post.done = True
            self.api.changed()
        sent.status = sent.steps[-1]
        self.api.changed()

    def _queue(self, lane: str, post: Post) -> None:
        waiting = self._lanes.setdefault(lane, deque())
        waiting.append(post)
        if len(waiting) == 1:
            self.api.soon(lambda: self._bring_all(lane))

    async def _bring_all(self, lane: str) -> None:
        waiting = self._lanes[lane]
        while waiting:
            post = waiting[0]
            for _ in range(2 if self.api.orders.tell_twice() else 1):
                await self._bring(post)
            post.done = True
            with self.api.lock:
                waiting.popleft()
                if not waiting:
                    del self._lanes[lane]
            self.api.changed()

    async def _bring(self, post: Post) -> None:
        heard = await self._send(post)
        trouble = trouble_with(heard)
        if trouble is not None:
            self.troubles.append((trouble, post.form["MessageSid"]))
            heard = await self._fall_back(post, trouble)
        for body in replies(heard) if heard else []:
            self.api.phone(post.form["From"]).get(Got(self.api.new_sid("SM"), body, segments(body)))

    async def _fall_back(self, post: Post, trouble: int) -> Heard | None:
        if not self.api.fallback_url:
            return None
        told = {"ErrorCode": str(trouble), "ErrorUrl": post.url}
        again = self._sealed(self.api.fallback_url, post.form | told)
        heard = await self._send(again)
        again.done = True
        return heard if trouble_with(heard) is None else None

    def _sealed(self, url: str, form: Mapping[str, str]) -> Post:
        post = Post(url, dict(form), sign(self.api.token, url, form))
        with self.api.lock:
            self.made.append(post)
        return post

    async def _send(self, post: Post) -> Heard | None:
        """Post once; None where nobody answered."""
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": post.signature,
            "I-Twilio-Idempotency-Token": str(uuid.uuid4()),
            "User-Agent": "TwilioProxy/1.1",
        }
        try:
            heard = await self.caller.post(self._reached(post.url), urlencode(post.form).encode(), headers)
        except LineBrokeError:
            post.statuses.append(0)
            return None
        post.statuses.append(heard.status)
        return heard

    def _reached(self, url: str) -> str:
        if self.served_at is None:
            return url
        parts = urlsplit(url)
        return self.served_at.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
