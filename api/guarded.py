"""Guarded: no answer to staff, page or JSON, refusal or failure, leaves without the headers that guard it."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages import GUARDS

OURS = ("/api/", "/staff")
"""Where people are read about: whatever is answered there is kept in no cache and shown in no frame."""


class Guarded:
    """ASGI middleware around all else: what an answer says of itself stands, what it leaves out is added."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through; of people's own doors only the address is looked at."""
        if scope["type"] != "http" or not scope["path"].startswith(OURS):
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in GUARDS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)
