"""A line to a simulated provider on which things go wrong as they are told: it stands before any of them."""

import asyncio
import json
import threading
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum, auto

import httpx2

from tests.fakes.wire import Answering, Request, Response, Server

SENDING = ("/sendmessage", "/messages.json")
"""How the addresses end that send something to a person: the only calls that go wrong."""
ASKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PAGE = b"<html><h1>Sorry</h1>"


class Fault(Enum):
    """What goes wrong with one call. TAKEN_BY names those that the provider takes all the same."""

    BUSY = auto()
    """429, without a word on when to come back"""
    BUSY_SECONDS = auto()
    """429, come back in 7 seconds"""
    BUSY_DATE = auto()
    """429, come back at a date, 9 seconds from now"""
    BUSY_TEN_YEARS = auto()
    BROKEN = auto()
    """500, a page of some server"""
    ERROR_INSIDE = auto()
    """200, and an error in it"""
    MALFORMED = auto()
    """takes it; a page of some server, with 200"""
    CUT = auto()
    """takes it; the line is reset in the middle of the answer"""
    SILENT = auto()
    """takes it, and never answers"""
    SLOW = auto()
    """takes it, and answers late, but in time"""
    UNPLUGGED = auto()
    """hangs up before anything was heard"""


TAKEN_BY = frozenset({Fault.MALFORMED, Fault.CUT, Fault.SILENT, Fault.SLOW})
RETRY_AFTER = {
    Fault.BUSY_SECONDS: "7",
    Fault.BUSY_DATE: format_datetime(ASKED_AT + timedelta(seconds=9), usegmt=True),
    Fault.BUSY_TEN_YEARS: str(10 * 365 * 24 * 3600),
}


class FaultyLine(Server):
    """Hands every call on to `provider`, but for those that are told to go wrong. `calls` counts what sends."""

    def __init__(self, provider: Server) -> None:
        super().__init__()
        self.provider = provider
        self.calls = 0
        self.always: Fault | None = None
        self._next: deque[Fault] = deque()
        self.late = 0.1
        self.let_go = threading.Event()
        """what is SLOW is answered after `late` seconds, or once this is set"""

    def will(self, *faults: Fault) -> None:
        """Have the next calls that send go wrong so, one after the other."""
        self._next.extend(faults)

    async def answer(self, request: Request) -> Answering:
        """Answer one call, inside the loop."""
        fault = None
        if request.path.lower().endswith(SENDING):
            self.calls += 1
            self.changed()
            fault = self._next.popleft() if self._next else self.always
        if fault is None:
            return await self._handed_on(request)
        taken = await self._handed_on(request) if fault in TAKEN_BY else None
        return await self._spoilt(fault, taken)

    async def _spoilt(self, fault: Fault, taken: Response | None) -> Answering:
        if fault is Fault.SLOW:
            await asyncio.to_thread(self.let_go.wait, self.late)
            return taken
        if fault is Fault.SILENT:
            await asyncio.sleep(30)
        if fault is Fault.CUT:
            assert taken is not None
            return replace(taken, cut=max(1, len(taken.body) // 2))
        if fault is Fault.UNPLUGGED:
            return None
        if fault is Fault.ERROR_INSIDE:
            return _told(200, "Internal Server Error", 20500)
        if fault is Fault.MALFORMED:
            return Response(200, PAGE, "text/html")
        return Response(500, PAGE, "text/html") if fault is Fault.BROKEN else _busy(RETRY_AFTER.get(fault))

    async def _handed_on(self, request: Request) -> Response:
        kept = ("authorization", "content-type", "user-agent", "accept")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        async with httpx2.AsyncClient(trust_env=False, verify=False, timeout=10) as line:
            url = self.provider.url + request.target
            answer = await line.request(request.method, url, headers=headers, content=request.body)
        return Response(answer.status_code, answer.content, answer.headers.get("Content-Type", ""))


def _busy(asked: str | None) -> Response:
    answer = _told(429, "Too Many Requests", 20429)
    answer.headers["Date"] = format_datetime(ASKED_AT, usegmt=True)
    if asked:
        answer.headers["Retry-After"] = asked
    return answer


def _told(status: int, words: str, code: int) -> Response:
    """Say what went wrong as Telegram and Twilio both do."""
    telegram = {"ok": False, "error_code": status, "description": words}
    return Response(status, json.dumps({**telegram, "code": code, "message": words, "status": status}).encode())
