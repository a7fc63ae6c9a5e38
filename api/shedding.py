"""Shedding: what is more than this process can do is turned away at once, kindly and cheaply, people last.

A request that would wait behind a hundred others is answered before the records are asked anything. Whoever
wrote in a chat keeps what they wrote, and is told whom to call. What providers bring us is turned away last of
all, since some of them try only once more; whether we are alive can always be asked.
"""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from fastapi import FastAPI
from prometheus_client import Counter
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import chat_cookie, errors
from api.limits import Limits, address_of, is_proxy
from api.logs import log
from api.metrics import REGISTRY
from api.pages import LANGUAGE
from api.places import Places
from api.settings import Settings
from bot.channels.telegram import PATH as TELEGRAM
from bot.words import _, words_in

WATCHING = ("/livez", "/readyz", "/metrics")
ALWAYS = (*WATCHING, "/static/")
"""Never turned away and never counted: asked by machines that watch us, or read from a file."""
PROVIDERS = (TELEGRAM, "/webhooks/")
WRITING = "/chat/messages"
STREAMS = b"text/event-stream"
SHARES: Mapping[str, float] = {"looking": 0.75, "doing": 1.0, "providers": 3.0}
"""How full this process may be for each kind of request, by how much harm it does to turn it away.

Looking: pages that can be loaded again. Doing: what people write, what staff do. Providers: see docs/limits.md.
"""
IN_TALK, IN_TALK_PER_SECOND = 100, 10.0
"""How many requests a browser that has a chat may make at once, and a second after that."""
SOONEST, LATEST = 2, 8
"""Seconds after which to come again, by chance, so that not all come at once."""
TELL_EVERY = 10.0
"""Seconds between two lines of the log that say how many were turned away."""
CALL = _("If it cannot wait, call 999, or Samaritans free on 116 123.")
BUSY = _("Too many people are writing just now. What you wrote is still here: please send it again in a minute.")
LATER = _("Too many people are here just now. Please try again in a minute.")
TOO_FAST = _("That was too much at once. Please wait a moment, then try again.")
TURNED_AWAY = Counter(
    "waitingroom_turned_away", "Requests turned away, by why and by kind", ["why", "kind"], registry=REGISTRY
)


@dataclass
class Crowd:
    """How many requests this process has in hand, and how many it may have: see docs/limits.md for the figure."""

    most: int
    in_hand: int = 0
    _told_at: float = -TELL_EVERY
    _untold: int = field(default=0)

    def has_room(self, kind: str) -> bool:
        """Say whether one more of this kind is taken in."""
        return self.in_hand < self.most * SHARES[kind]

    def turned_away(self, kind: str) -> None:
        """Count one that was not; the log says it now and then."""
        TURNED_AWAY.labels("busy", kind).inc()
        self._untold += 1
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY:
            log.warning("turned away", count=self._untold, in_hand=self.in_hand)
            self._told_at, self._untold = now, 0


def install(app: FastAPI, settings: Settings) -> None:
    """Have `app` turn away what is too much for it."""
    app.state.crowd = Crowd(settings.most_in_hand)
    app.state.proxies = settings.proxies
    app.state.places = Places(settings.most_live)
    app.state.at_doors = Limits(settings.door_burst, settings.door_per_second)
    app.state.in_talks = Limits(IN_TALK, IN_TALK_PER_SECOND)
    state = app.state
    app.add_middleware(Shedding, crowd=state.crowd, at_doors=state.at_doors, in_talks=state.in_talks)


class Shedding:
    """ASGI middleware around every door.

    `at_doors` limits how fast strangers may ask at people's own doors, by address; `in_talks` each browser that
    has a chat, so that nobody there is held up by a neighbour at the same address.
    """

    def __init__(self, app: ASGIApp, *, crowd: Crowd, at_doors: Limits, in_talks: Limits) -> None:
        """Take what stands behind."""
        self._app = app
        self.crowd, self.at_doors, self.in_talks = crowd, at_doors, in_talks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through, or turn it away."""
        if scope["type"] != "http" or scope["path"].startswith(ALWAYS):
            await self._app(scope, receive, send)
            return
        kind = kind_of(scope)
        if kind != "providers" and (wait := self._too_fast(scope)):
            TURNED_AWAY.labels("too fast", kind).inc()
            await _answer(scope, 429, wait)(scope, receive, send)
        elif self.crowd.has_room(kind):
            await self._let_in(scope, receive, send)
        elif _is_plain_form(scope):
            self.crowd.turned_away(kind)
            scope.setdefault("state", {})["crowded"] = True  # the chat shows what they wrote, and keeps nothing
            await self._app(scope, receive, send)
        else:
            self.crowd.turned_away(kind)
            await _answer(scope, 503, _soon())(scope, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        in_hand = True
        self.crowd.in_hand += 1

        async def sending(message: Message) -> None:
            nonlocal in_hand
            if in_hand and message["type"] == "http.response.start" and _streams(message):
                in_hand = False  # an open page costs nothing until there is news
                self.crowd.in_hand -= 1
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self.crowd.in_hand -= in_hand

    def _too_fast(self, scope: Scope) -> float:
        """Return how long somebody at a door of people's has to wait; 0: they may come in."""
        if scope["path"].startswith(("/api/", "/staff")):
            return 0
        request = Request(scope)
        cookie = chat_cookie.shown(request) if hasattr(request.app.state, "house") else None
        if cookie is not None:
            return self.in_talks.spend(cookie.encode()).wait
        return 0 if is_proxy(request) else self.at_doors.spend(address_of(request)).wait


def kind_of(scope: Scope) -> str:
    """Name what kind of request this is, by how much harm it would do to turn it away."""
    if scope["path"].startswith(PROVIDERS):
        return "providers"
    staff = scope["path"].startswith(("/api/", "/staff"))
    return "doing" if staff or scope["method"] not in {"GET", "HEAD"} else "looking"


def of_connections(app: ASGIApp) -> ASGIApp:
    """Return what answers on a connection too many: it turns all away but those who watch whether we live."""

    async def turning_away(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(WATCHING):
            await app(scope, receive, send)
            return
        TURNED_AWAY.labels("connections", kind_of(scope)).inc()
        await _answer(scope, 503, _soon())(scope, receive, send)

    return turning_away


def crowded(request: Request) -> bool:
    """Say whether this request is only to be shown what it brought."""
    return bool(request.scope.get("state", {}).get("crowded"))


def _answer(scope: Scope, status: int, wait: float) -> Response:
    """Make the answer of a page or of a program; it costs next to nothing, since pages are drawn once."""
    writing = scope["path"] == WRITING and scope["method"] == "POST"
    say = words_in(LANGUAGE).say
    words = say((BUSY if writing else LATER) if status == 503 else TOO_FAST)
    if writing:
        words = f"{words} {say(CALL)}"
    headers = {"Retry-After": str(max(1, round(wait + 0.5)))}
    request = Request(scope)
    if not errors.wants_page(request):
        return errors.answer(request, status, words, headers=headers)
    drawn = _drawn(status, words)
    return Response(drawn.body, status, {**drawn.headers, **headers})


@cache
def _drawn(status: int, words: str) -> Response:
    request = Request({"type": "http", "path": "/", "headers": [(b"accept", b"text/html")]})
    return errors.answer(request, status, words)


def _is_plain_form(scope: Scope) -> bool:
    """Say whether somebody wrote in the chat without our script: only the page we send back keeps their words."""
    posts = scope["path"] == WRITING and scope["method"] == "POST"
    return posts and "application/json" not in Headers(scope=scope).get("accept", "")


def _streams(message: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(STREAMS) for name, value in message["headers"])


def _soon() -> float:
    return random.uniform(SOONEST, LATEST)  # noqa: S311 -- nothing secret
