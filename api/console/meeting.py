"""Meeting someone, from the console: appointments, messages for later, and messages ready to be filled in."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from api.console.access import sees
from api.console.pages import draw
from api.staff.access import HandoffId, Visit
from api.staff.appointments import calendar_of
from api.staff.messages import filled_for
from bot.appointment_words import when
from waitingroom import appointments, handoffs, hubs, later
from waitingroom.appointments import Appointment, Status, Way
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.handoffs import Handoff
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)
WAYS: Mapping[Way, str] = {
    Way.CALL: "Call",
    Way.VIDEO: "Video call",
    Way.VISIT: "Visit at home",
    Way.PLACE: "Meet somewhere",
}
STATES: Mapping[Status, str] = {
    Status.OFFERED: "Offered: waiting for an answer",
    Status.ACCEPTED: "They took this time",
    Status.DECLINED: "None of the times suited them",
    Status.LAPSED: "They did not answer in time",
    Status.CANCELLED: "Cancelled by staff",
    Status.CALLED_OFF: "They cannot come",
    Status.KEPT: "Kept",
    Status.MISSED: "Missed",
}
LATER_STATES: Mapping[later.Status, str] = {
    later.Status.WAITING: "Waiting to go",
    later.Status.SENT: "Sent",
    later.Status.CANCELLED: "Cancelled",
    later.Status.NOT_SENT: "Could not be sent",
}
DONE: Mapping[str, str] = {
    "offered": "The times are on their way. You will see the answer here.",
    "noted": "Noted.",
    "planned": "Kept. It goes at the time you chose.",
    "cancelled": "Cancelled.",
    "changed": "Changed. It goes at the time you chose.",
}


@router.get("/staff/handoffs/{handoff_id}/meeting", operation_id="meetingPage")
async def show(
    handoff_id: HandoffId,
    visit: Annotated[Visit, sees(Scope.PERSON_READ)],
    *,
    template: Annotated[str, Query(max_length=60)] = "",
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show appointments, messages for later, and the messages that are ready to be filled in."""
    return await draw_meeting(visit, handoff_id, template=template, done=DONE.get(done, ""))


@router.get("/staff/calendar.ics", operation_id="calendarFile")
async def calendar(visit: Annotated[Visit, sees(Scope.PERSON_READ)]) -> Response:
    """Give one's own appointments as a calendar file."""
    return await calendar_of(visit)


@router.get("/staff/later/{later_id}", operation_id="laterPage")
async def show_later(
    later_id: Annotated[uuid.UUID, Path(description="The message's id.")],
    visit: Annotated[Visit, sees(Scope.PERSON_READ)],
) -> Response:
    """Show a message for later of one's own, to be changed. Raises NotFoundError for that of another."""
    return await draw_later(visit, later_id)


async def draw_later(
    visit: Visit,
    later_id: uuid.UUID,
    *,
    trouble: str = "",
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Draw the page of one message for later; where a change was refused (`trouble`), with what was typed."""
    async with visit.house.database.transaction() as session:
        found = await session.get(later.LaterMessage, later_id, populate_existing=True)
        if found is None or found.staff_id != visit.caller.staff_id:
            raise NotFoundError
        words = later.words_of(session, found)
    local = found.send_at.astimezone(visit.house.desk.service.zone)
    stands = {"text": words, "send_at": f"{local:%Y-%m-%dT%H:%M}", "anyway": "yes" if found.anyway else ""}
    facts = {"it": found, "typed": defaultdict(str, typed or stands), "trouble": trouble}
    told = {"waiting": found.status is later.Status.WAITING, "state": LATER_STATES[found.status]}
    return draw(visit, "later.html", {**facts, **told}, status=status)


async def draw_meeting(
    visit: Visit,
    handoff_id: uuid.UUID,
    *,
    template: str = "",
    done: str = "",
    trouble: str = "",
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Draw the page; where something was refused (`trouble`), with all that was typed. Raises NotFoundError."""
    async with visit.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        talk = await session.get(Conversation, handoff.conversation_id)
        if talk is None or not hubs.is_mine(talk.hub_id, mine=visit.caller.hub_id):
            raise NotFoundError
        met = await appointments.of_talk(session, conversation_id=handoff.conversation_id)
        facts = {
            "appointments": [_line(session, visit, one) for one in reversed(met)],
            "later": [
                (one, later.words_of(session, one), when(one.send_at, visit.house.desk.service))
                for one in await later.of_talk(session, conversation_id=handoff.conversation_id)
            ],
            "templates": await filled_for(session, visit, handoff.conversation_id),
        }
    texts = {one.key: one.text for one in facts["templates"]}  # type: ignore[attr-defined]
    first = {"text": texts.get(template, "")} if template else {}
    page = {
        "handoff": handoff,
        "mine": _mine(visit, handoff),
        "ways": WAYS,
        "typed": defaultdict(str, typed or first),
    }
    words = {"later_states": LATER_STATES, "trouble": trouble, "done": done, "chosen": template}
    return draw(visit, "meeting.html", {**facts, **page, **words}, status=status)


def _line(session: Session, visit: Visit, one: Appointment) -> dict[str, object]:
    service = visit.house.desk.service
    times = [one.starts_at] if one.starts_at else one.offered
    begun = one.starts_at is not None and one.starts_at <= visit.now
    return {
        "it": one,
        "way": WAYS[one.way],
        "state": STATES[one.status],
        "times": [when(at, service) for at in times],
        "place": appointments.place_of(session, one),
        "live": one.status in appointments.LIVE,
        "begun": begun and one.status is Status.ACCEPTED,
    }


def _mine(visit: Visit, handoff: Handoff) -> bool:
    return handoff.status is handoffs.Status.CLAIMED and handoff.claimed_by == visit.caller.staff_id
