"""What staff do on the page of meetings, one form each: offer times, end an appointment, write for later."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from starlette.datastructures import FormData

from api import access_paths
from api.console.access import does
from api.console.done import carry_out, finish, status_of
from api.console.meeting import draw_later, draw_meeting
from api.staff.access import Deed, HandoffId, Visit
from api.staff.models import LONGEST_MESSAGE
from bot import appointing, reading
from bot import later as sending
from waitingroom import appointments, caseload, later
from waitingroom.appointments import MOST_OFFERED, Status, Way
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)
Writes = Annotated[Deed, does(Scope.MESSAGE_SEND)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Work = Callable[[Session], Awaitable[uuid.UUID]]
"""What is done in the one transaction; it gives the hand-off whose page is shown next."""
TIME_NEEDED = "Choose a day and a time first."
WORDS_NEEDED = f"Write a message of {LONGEST_MESSAGE} characters at most."
ENDS: Mapping[str, Status] = {"cancel": Status.CANCELLED, "kept": Status.KEPT, "missed": Status.MISSED}


class UnreadableError(RefusedError):
    """Something in the form is missing, or cannot be read."""


@router.post("/staff/handoffs/{handoff_id}/meeting/offer", operation_id="offerForm")
async def offer(request: Request, handoff_id: HandoffId, deed: Writes) -> Response:
    """Offer one to three times."""
    form = await request.form()

    async def work(session: Session) -> uuid.UUID:
        who = deed.caller.staff_id
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who)
        starts = [at for n in range(MOST_OFFERED) if (at := _moment(deed, form, f"start_{n}"))]
        if not starts:
            raise UnreadableError(TIME_NEEDED)
        await appointing.offer(
            session,
            deed.house.desk,
            handoff=held,
            staff_id=who,
            starts=starts,
            minutes=_minutes(form),
            way=_way(form),
            place=reading.clean(str(form.get("place", "")))[:120],
            agreed=form.get("agreed") == "yes",
            now=deed.now,
        )
        return handoff_id

    return await _done(deed, handoff_id, work, "offered", form)


@router.post("/staff/handoffs/{handoff_id}/meeting/later", operation_id="laterForm")
async def write_later(request: Request, handoff_id: HandoffId, deed: Writes) -> Response:
    """Keep a message for a time to come."""
    form = await request.form()

    async def work(session: Session) -> uuid.UUID:
        who, words = deed.caller.staff_id, reading.clean(str(form.get("text", "")))
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who)
        send_at = _moment(deed, form, "send_at")
        if send_at is None or not 1 <= len(words) <= LONGEST_MESSAGE:
            raise UnreadableError(WORDS_NEEDED if send_at else TIME_NEEDED)
        anyway = form.get("anyway") == "yes"
        facts = {"words": words, "send_at": send_at, "now": deed.now}
        await sending.plan(session, deed.house.desk, handoff=held, staff_id=who, anyway=anyway, **facts)  # type: ignore[arg-type]
        return handoff_id

    return await _done(deed, handoff_id, work, "planned", form)


@router.post("/staff/appointments/{appointment_id}/end", operation_id="appointmentForm")
async def end(
    request: Request,
    appointment_id: Annotated[uuid.UUID, Path(description="The appointment's id.")],
    deed: Changes,
) -> Response:
    """Note in one press that an appointment was kept, missed, or is cancelled."""
    form = await request.form()
    to = ENDS.get(str(form.get("to", "")))

    async def work(session: Session) -> uuid.UUID:
        if to is None:
            raise UnreadableError
        held = await appointments.hold_mine(
            session, appointment_id=appointment_id, staff_id=deed.caller.staff_id, version=_number(form, "version")
        )
        await appointments.settle(session, held, to=to, staff_id=deed.caller.staff_id, now=deed.now)
        await appointing.attend(session, deed.house.desk, held, now=deed.now)
        return _back(form)

    return await _done(deed, _back(form), work, "cancelled" if to is Status.CANCELLED else "noted", form)


@router.post("/staff/later/{later_id}/cancel", operation_id="laterCancelForm")
async def cancel_later(
    request: Request, later_id: Annotated[uuid.UUID, Path(description="The message's id.")], deed: Writes
) -> Response:
    """Cancel a message that has not gone yet."""
    form = await request.form()

    async def work(session: Session) -> uuid.UUID:
        version = _number(form, "version")
        held = await later.hold_mine(session, later_id=later_id, staff_id=deed.caller.staff_id, version=version)
        await later.settle(session, held, to=later.Status.CANCELLED, now=deed.now)
        return held.handoff_id

    return await _done(deed, _back(form), work, "cancelled", form)


@router.post("/staff/later/{later_id}", operation_id="laterChangeForm")
async def change_later(
    request: Request, later_id: Annotated[uuid.UUID, Path(description="The message's id.")], deed: Writes
) -> Response:
    """Change what a message of one's own says, and when it goes, while it waits."""
    form = await request.form()
    typed = {name: str(value) for name, value in form.multi_items() if name not in {"token", "once"}}

    async def work(session: Session) -> str:
        words, version = reading.clean(typed.get("text", "")), _number(form, "version")
        held = await later.hold_mine(session, later_id=later_id, staff_id=deed.caller.staff_id, version=version)
        send_at = _moment(deed, form, "send_at")
        if send_at is None or not 1 <= len(words) <= LONGEST_MESSAGE:
            raise UnreadableError(WORDS_NEEDED if send_at else TIME_NEEDED)
        anyway = typed.get("anyway") == "yes"
        facts = {"words": words, "send_at": send_at, "now": deed.now}
        await sending.change(session, deed.house.desk, held, anyway=anyway, **facts)  # type: ignore[arg-type]
        return f"/staff/handoffs/{held.handoff_id}/meeting?done=changed"

    async def again(trouble: str, status: int) -> Response:
        return await draw_later(deed, later_id, trouble=trouble, typed=typed, status=status)

    return await finish(deed, work, again=again)


async def _done(deed: Deed, handoff_id: uuid.UUID, work: Work, done: str, form: FormData) -> Response:
    """Do it in one transaction and show the page; where it is refused, draw it again with what was typed."""

    async def shown(session: Session) -> str:
        return f"/staff/handoffs/{await work(session)}/meeting?done={done}"

    try:
        return await carry_out(deed, shown)
    except NotFoundError:
        raise
    except RefusedError as refusal:
        typed = {name: str(value) for name, value in form.multi_items() if name not in {"token", "once"}}
        async with deed.house.database.transaction() as session:
            await access_paths.check(session, deed.caller, now=deed.now, handoff_id=handoff_id)
        return await draw_meeting(deed, handoff_id, trouble=refusal.words, typed=typed, status=status_of(refusal))


def _moment(visit: Visit, form: FormData, name: str) -> datetime | None:
    """Read a day and a time on the clock of the place; None where the field was left empty."""
    told = str(form.get(name, "")).strip()
    if not told:
        return None
    try:
        local = datetime.fromisoformat(told)
    except ValueError as broken:
        raise UnreadableError(TIME_NEEDED) from broken
    if not 2000 <= local.year <= 2200:
        raise UnreadableError(TIME_NEEDED)
    return local.replace(tzinfo=visit.house.desk.service.zone)


def _minutes(form: FormData) -> int:
    told = _number(form, "minutes")
    if not 5 <= told <= 480:
        raise UnreadableError
    return told


def _way(form: FormData) -> Way:
    told = str(form.get("way", ""))
    if told not in set(Way):
        raise UnreadableError
    return Way(told)


def _number(form: FormData, name: str) -> int:
    told = str(form.get(name, ""))
    return int(told) if told.isdecimal() and len(told) < 10 else 0


def _back(form: FormData) -> uuid.UUID:
    """Read whose page the form stood on."""
    try:
        return uuid.UUID(str(form.get("handoff", "")))
    except ValueError as broken:
        raise NotFoundError from broken
