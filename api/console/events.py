"""Live news for open pages of the console: only that something changed; what, the page asks for itself."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.console.access import sees
from api.live import QUEUE, Live
from api.staff.access import HandoffId, Visit
from waitingroom import handoffs
from waitingroom.roles import Scope
from waitingroom.staff_sessions import IDLE

router = APIRouter(tags=["console"], include_in_schema=False)

BREATH = 0.25
"""Seconds between two pieces of news, so that a busy minute is not a storm."""


@router.get("/staff/events", operation_id="queueEvents", response_class=EventSourceResponse)
async def events(
    request: Request, visit: Annotated[Visit, sees(Scope.QUEUE_READ)]
) -> AsyncIterator[ServerSentEvent]:
    """Say whenever the queue changed. It ends when a session would: whoever is still there dials again."""
    async for one in _news(request.app.state.live, QUEUE, "queue"):
        yield one


async def _talk_of(handoff_id: HandoffId, visit: Annotated[Visit, sees(Scope.PERSON_READ)]) -> uuid.UUID:
    """Find the talk of a hand-off before anything is streamed: 404 where there is none."""
    async with visit.house.database.transaction() as session:
        return (await handoffs.find(session, handoff_id=handoff_id)).conversation_id


@router.get("/staff/handoffs/{handoff_id}/events", operation_id="talkEvents", response_class=EventSourceResponse)
async def talk_events(
    request: Request, talk: Annotated[uuid.UUID, Depends(_talk_of)]
) -> AsyncIterator[ServerSentEvent]:
    """Say whenever the talk behind a hand-off has grown. It ends when a session would."""
    async for one in _news(request.app.state.live, talk, "grown"):
        yield one


async def _news(line: Live, of: uuid.UUID, event: str) -> AsyncIterator[ServerSentEvent]:
    async with line.watching(of) as changed:
        changed.clear()
        try:
            async with asyncio.timeout(IDLE.total_seconds()):
                while not line.stopped:
                    await changed.wait()
                    changed.clear()
                    yield ServerSentEvent(event=event, data="changed")
                    await asyncio.sleep(BREATH)
        except TimeoutError:
            return
