"""A made-up case system: a real HTTP server that checks every signature, and answers as it is told."""

import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Heard:
    """One post as it came: its own id, what it said, and which of the secrets signed it."""

    id: str
    body: dict[str, Any]
    signed_by: tuple[str, ...]
    headers: dict[str, str]

    @property
    def kind(self) -> str:
        return str(self.body["type"])


@dataclass
class CaseSystem:
    """Hears posts. `secrets` it knows; `answers` are used up one a post, then 204."""

    secrets: list[str] = field(default_factory=list)
    answers: deque[web.Response] = field(default_factory=deque)
    heard: list[Heard] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    """paths asked for that no hook names"""
    address: str = ""

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in self.heard]

    async def hears(self, request: web.Request) -> web.Response:
        raw = await request.text()
        headers = {name.lower(): value for name, value in request.headers.items()}
        by = tuple(secret for secret in self.secrets if _signed(secret, raw, headers))
        self.heard.append(Heard(headers["webhook-id"], await request.json(), by, headers))
        return self.answers.popleft() if self.answers else web.Response(status=204)

    async def elsewhere_heard(self, request: web.Request) -> web.Response:
        self.elsewhere.append(request.path)
        return web.Response(status=204)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["CaseSystem"]:
        app = web.Application()
        app.add_routes([web.post("/hook", self.hears), web.route("*", "/{path:.*}", self.elsewhere_heard)])
        runner = web.AppRunner(app)
        await runner.setup()
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            await web.SockSite(runner, listening).start()
            self.address = f"http://127.0.0.1:{listening.getsockname()[1]}/hook"
            yield self
            await runner.cleanup()


def _signed(secret: str, raw: str, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(raw, headers)
    except WebhookVerificationError:
        return False
    return True
