"""Appointments in the staff API: times offered, taken, moved, cancelled, kept, missed; one's own diary."""

import uuid
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AwareDatetime

from api import calendar_file
from api.calendar_file import Entry
from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, HandoffId, IfMatch, Read, ReadsPeople, Visit, WritesToPeople
from api.staff.handoffs import TAGGED
from api.staff.meeting_models import Appointments, AppointmentTold, Offering, appointment_told
from bot import appointing, reading
from waitingroom import appointments, caseload, handoffs, staff
from waitingroom.appointments import Appointment, Status
from waitingroom.database import Session
from waitingroom.idempotency import Reply

router = APIRouter()
AppointmentId = Annotated[uuid.UUID, Path(description="The appointment's id.")]
BACK, AHEAD = timedelta(days=30), timedelta(days=180)
REFERENCES = """
SELECT DISTINCT ON (conversation_id) conversation_id, reference FROM referral
WHERE conversation_id = ANY($1) ORDER BY conversation_id, joined_at DESC
"""
CALENDAR = "text/calendar"
FILE: dict[int | str, dict[str, Any]] = {200: {"content": {CALENDAR: {"schema": {"type": "string"}}}}}
CHANGED = TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503)


@router.post(
    "/handoffs/{handoff_id}/appointments",
    operation_id="offerAppointment",
    status_code=201,
    response_model=AppointmentTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def offer(handoff_id: HandoffId, deed: WritesToPeople, offering: Offering) -> Response:
    """Offer a person whose hand-off you claimed one to three times; they answer in their own chat.

    409 for times that are over or taken, and where something is offered already. Needs the scope `message:send`.
    """

    async def work(session: Session) -> Reply:
        made = await _offer(session, deed, handoff_id, offering)
        return await _reply(session, made, status=201)

    return await deed.do(work)


@router.get(
    "/handoffs/{handoff_id}/appointments",
    operation_id="listAppointments",
    responses=documented(401, 403, 404, 422, 503),
)
async def of_handoff(handoff_id: HandoffId, visit: ReadsPeople) -> Appointments:
    """List every appointment of the person of a hand-off, oldest first. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        found = await appointments.of_talk(session, conversation_id=handoff.conversation_id)
        return Appointments(appointments=[await _told(session, one) for one in found])


@router.get("/appointments", operation_id="listDiary", responses=documented(401, 403, 422, 503))
async def diary(
    visit: ReadsPeople,
    *,
    since: Annotated[
        AwareDatetime | None, Query(description="Beginning from here; else from 30 days ago.")
    ] = None,
    until: Annotated[AwareDatetime | None, Query(description="Beginning before; else within half a year.")] = None,
) -> Appointments:
    """List your own appointments that people took, by when they begin. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        found = await appointments.diary(
            session,
            staff_id=visit.caller.staff_id,
            since=since or visit.now - BACK,
            until=until or visit.now + AHEAD,
        )
        return Appointments(appointments=[await _told(session, one) for one in found])


@router.get(
    "/appointments/calendar",
    operation_id="getCalendar",
    response_class=Response,
    responses=FILE | documented(401, 403, 422, 503),
)
async def calendar(visit: ReadsPeople) -> Response:
    """Give your own appointments as an iCalendar file, by reference and with no name. Needs `person:read`."""
    return await calendar_of(visit)


async def calendar_of(visit: Visit) -> Response:
    """Write the calendar file of whoever visits."""
    async with visit.house.database.transaction() as session:
        mine, since = visit.caller.staff_id, visit.now - BACK
        found = await appointments.diary(session, staff_id=mine, since=since, until=visit.now + AHEAD)
        rows = await session.driver.fetch(REFERENCES, [one.conversation_id for one in found])
    known = {row["conversation_id"]: row["reference"] for row in rows}
    entries = [Entry(one, known.get(one.conversation_id, "")) for one in found]
    body = calendar_file.calendar(entries, service=visit.house.desk.service.name, now=visit.now)
    return Response(body, media_type=CALENDAR, headers={"Cache-Control": "no-store"})


@router.post(
    "/appointments/{appointment_id}/move",
    operation_id="moveAppointment",
    response_model=AppointmentTold,
    responses=CHANGED,
)
async def move(appointment_id: AppointmentId, deed: WritesToPeople, read: IfMatch, offering: Offering) -> Response:
    """Offer other times in place of an appointment or an offer; the person is asked once. You have their talk.

    Returns the new one. Needs the scope `message:send`.
    """

    async def work(session: Session) -> Reply:
        held = await _held(session, deed, appointment_id, read)
        handoff = await handoffs.of_conversation(session, conversation_id=held.conversation_id)
        made = await _offer(session, deed, handoff.id, offering, in_place_of=held)
        return await _reply(session, made)

    return await deed.do(work)


@router.post(
    "/appointments/{appointment_id}/cancel",
    operation_id="cancelAppointment",
    response_model=AppointmentTold,
    responses=CHANGED,
)
async def cancel(appointment_id: AppointmentId, deed: WritesToPeople, read: IfMatch) -> Response:
    """Cancel an appointment, or take an offer back; the person is told in their safe hours.

    Needs the scope `message:send`.
    """
    return await _end(deed, appointment_id, read, Status.CANCELLED)


@router.post(
    "/appointments/{appointment_id}/kept",
    operation_id="noteKept",
    response_model=AppointmentTold,
    responses=CHANGED,
)
async def kept(appointment_id: AppointmentId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Note in one tap that it took place: it counts as an activity, and stops the clock of the wait.

    Needs the scope `referral:write`.
    """
    return await _end(deed, appointment_id, read, Status.KEPT)


@router.post(
    "/appointments/{appointment_id}/missed",
    operation_id="noteMissed",
    response_model=AppointmentTold,
    responses=CHANGED,
)
async def missed(appointment_id: AppointmentId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Note in one tap that the two missed each other: the person hears no blame, and two ways on.

    Needs the scope `referral:write`.
    """
    return await _end(deed, appointment_id, read, Status.MISSED)


async def _offer(
    session: Session,
    deed: Deed,
    handoff_id: uuid.UUID,
    offering: Offering,
    *,
    in_place_of: Appointment | None = None,
) -> Appointment:
    who = deed.caller.staff_id
    held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who)
    return await appointing.offer(
        session,
        deed.house.desk,
        handoff=held,
        staff_id=who,
        starts=offering.starts,
        minutes=offering.minutes,
        way=offering.way,
        place=reading.clean(offering.place),
        agreed=offering.agreed,
        in_place_of=in_place_of,
        now=deed.now,
    )


async def _end(deed: Deed, appointment_id: uuid.UUID, read: Read, to: Status) -> Response:
    async def work(session: Session) -> Reply:
        held = await _held(session, deed, appointment_id, read)
        await appointments.settle(session, held, to=to, staff_id=deed.caller.staff_id, now=deed.now)
        await appointing.attend(session, deed.house.desk, held, now=deed.now)
        return await _reply(session, held)

    return await deed.do(work)


async def _held(session: Session, deed: Deed, appointment_id: uuid.UUID, read: Read) -> Appointment:
    found = await appointments.find(session, appointment_id=appointment_id)
    version = read.version(found.version)
    return await appointments.hold_mine(
        session, appointment_id=appointment_id, staff_id=deed.caller.staff_id, version=version
    )


async def _told(session: Session, one: Appointment) -> AppointmentTold:
    names = await staff.names(session, ids={one.staff_id})
    return appointment_told(one, appointments.place_of(session, one), names)


async def _reply(session: Session, one: Appointment, *, status: int = 200) -> Reply:
    shown = await _told(session, one)
    return Reply(status, shown.etag, shown.model_dump_json())
