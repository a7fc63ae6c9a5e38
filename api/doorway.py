"""The doorway: reads no body longer than the limit, and lets no failure out without an answer."""

from collections.abc import Callable, Mapping

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Doorway:
    """ASGI middleware around every door.

    `most`: the longest body in bytes; `longer`: for some paths.
    `too_long` and `failed` make the answers.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        most: int,
        longer: Mapping[str, int],
        too_long: Callable[[Request], Response],
        failed: Callable[[Request, Exception], Response],
    ) -> None:
        """Take what stands behind the doorway."""
        self._app = app
        self._most = most
        self._longer = longer
        self._too_long = too_long
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        most = self._longer.get(scope["path"], self._most)
        if _told_length(request) > most:
            await self._too_long(request)(scope, receive, send)
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, _counted(receive, most), sending)
        except ClientDisconnect:
            return  # they hung up, or sent too slowly: nobody is there to answer
        except Exception as error:
            if started:
                raise
            await self._failed(request, error)(scope, receive, send)


def _counted(receive: Receive, most: int) -> Receive:
    """Stop reading a body that turns out longer than it may be."""
    so_far = 0

    async def receiving() -> Message:
        nonlocal so_far
        message = await receive()
        so_far += len(message.get("body", b""))
        if so_far > most:
            raise HTTPException(413)
        return message

    return receiving


def _told_length(request: Request) -> int:
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() else 0
