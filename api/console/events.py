"""Live news for open pages of the console: who came, or that something changed; the rest the page asks for."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import places
from api.console import words as console_words
from api.console.access import sees
from api.live import QUEUE, Change, Live
from api.staff.access import HandoffId, Visit
from api.staff.models import urgency_name
from waitingroom import handoffs
from waitingroom.roles import Scope
from waitingroom.staff_sessions import IDLE

router = APIRouter(tags=["console"], include_in_schema=False)

BREATH = 0.25
"""Seconds between two pieces of news, so that a busy minute is not a storm."""
AT_ONCE = 10
"""So many pages may draw the queue anew at once; of more, each waits a while by chance."""
DRAWING = 20
"""Milliseconds that are left for each of those more (benchmarks/live_pages.py)."""


async def _place(request: Request, visit: Annotated[Visit, sees()]) -> AsyncIterator[None]:
    """Hold a place for one live page of somebody who is signed in."""
    whose = visit.caller.session_id or visit.caller.staff_id
    with places.of(request).one(whose.bytes, most=places.A_SESSION):
        yield


PLACED = [Depends(_place)]


@router.get("/staff/events", operation_id="queueEvents", response_class=EventSourceResponse, dependencies=PLACED)
async def events(
    request: Request, visit: Annotated[Visit, sees(Scope.QUEUE_READ)]
) -> AsyncIterator[ServerSentEvent]:
    """Say whenever the queue changed, and who came. It ends when a session would: who is still there dials again.

    `spread`: milliseconds over which the pages that hear this are to ask for the new list.
    """
    line: Live = request.app.state.live
    known = line.changes
    async for one in _news(line, QUEUE, "queue"):
        changed, known = line.since(known), line.changes
        mine = [each for each in changed or () if each.seen_by(visit.caller.staff_id, visit.caller.hub_id)]
        if changed and not mine:
            continue  # what changed is of other hubs; where nobody knows what changed, the page looks
        told = [_newcomer(each) for each in mine if each.new]
        spread = max(0, line.watchers(QUEUE) - AT_ONCE) * DRAWING
        yield one.model_copy(update={"data": {"came": told, "spread": spread}})


def _newcomer(one: Change) -> dict[str, str]:
    return {
        "id": str(one.handoff_id),
        "reference": one.reference,
        "urgency": console_words.URGENCIES[urgency_name(one.urgency)],
    }


async def _talk_of(handoff_id: HandoffId, visit: Annotated[Visit, sees(Scope.PERSON_READ)]) -> uuid.UUID:
    """Find the talk of a hand-off before anything is streamed: 404 where there is none."""
    async with visit.house.database.transaction() as session:
        return (await handoffs.find(session, handoff_id=handoff_id)).conversation_id


@router.get(
    "/staff/handoffs/{handoff_id}/events",
    operation_id="talkEvents",
    response_class=EventSourceResponse,
    dependencies=PLACED,
)
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
