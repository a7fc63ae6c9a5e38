"""Help in the staff API: one thing asked of a colleague, a duty worker or a provider, or offered by them."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from api.faults import documented
from api.staff.access import ChangesReferrals, Deed, HandoffId, IfMatch, Read, Visit, may, may_do
from api.staff.handoffs import TAGGED
from api.staff.help_models import Agreement, HelpAsked, HelpDone, HelpOffered, Helps, HelpTold, help_told
from bot import sharing
from waitingroom import caseload, helping
from waitingroom.database import Session
from waitingroom.handoffs import Handoff
from waitingroom.helping import Help, Kind
from waitingroom.idempotency import Reply
from waitingroom.roles import Scope

router = APIRouter()
HelpId = Annotated[uuid.UUID, Path(description="The help's id.")]
SeesHelp = Annotated[Visit, may(Scope.HELP_GIVE, Scope.PERSON_READ)]
GivesHelp = Annotated[Deed, may_do(Scope.HELP_GIVE, Scope.REFERRAL_WRITE)]
CHANGES = TAGGED | documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503)


@router.post(
    "/handoffs/{handoff_id}/helps",
    operation_id="askForHelp",
    status_code=201,
    response_model=HelpTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def ask(handoff_id: HandoffId, deed: ChangesReferrals, asked: HelpAsked) -> Response:
    """Ask one other to do one thing for someone you have; they stay yours, and the other sees only this.

    Shared are the name to use, how it is safe to reach them, and your line. 409 where they have not agreed that it
    may be shared: with another organisation that takes a yes of its own, and `agreement` says how you have it.
    Needs the scope `referral:write`.
    """

    async def work(session: Session) -> Reply:
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=deed.caller.staff_id)
        made = await ask_as(
            session,
            deed,
            asked.agreement,
            handoff=held,
            helper_id=asked.helper_id,
            kind=asked.kind,
            why=asked.why,
        )
        return await _reply(session, made, status=201)

    return await deed.do(work)


async def ask_as(
    session: Session,
    deed: Deed,
    agreement: Agreement,
    *,
    handoff: Handoff,
    helper_id: uuid.UUID,
    kind: Kind,
    why: str,
) -> Help:
    """Ask one other to help, by the yes that stands, one heard aloud, or one that the bot asks for first."""
    who, now = deed.caller, deed.now
    if agreement is Agreement.ASK_IN_CHAT:
        return await sharing.ask_first(
            session,
            deed.house.desk,
            handoff=handoff,
            helper_id=helper_id,
            caller=who,
            kind=kind,
            why=why,
            now=now,
        )
    ask_now = sharing.ask_as_heard if agreement is Agreement.HEARD_ALOUD else helping.ask
    return await ask_now(session, handoff=handoff, helper_id=helper_id, caller=who, kind=kind, why=why, now=now)


@router.get("/helps", operation_id="listHelps", responses=documented(401, 403, 422, 503))
async def list_helps(
    visit: SeesHelp, *, all_: Annotated[bool, Query(alias="all", description="Also what has ended.")] = False
) -> Helps:
    """List what you were asked to do for people of others, and offered. Needs `help:give` or `person:read`."""
    async with visit.house.database.transaction() as session:
        found = await helping.mine(session, staff_id=visit.caller.staff_id, open_only=not all_)
    return Helps(helps=[help_told(one) for one in found])


@router.get("/helps/{help_id}", operation_id="getHelp", responses=TAGGED | documented(401, 403, 404, 422, 503))
async def get_help(help_id: HelpId, visit: SeesHelp, response: Response) -> HelpTold:
    """Open one you were asked for, or asked for yourself. Needs `help:give` or `person:read`."""
    async with visit.house.database.transaction() as session:
        shown = help_told(await helping.look(session, help_id=help_id, caller=visit.caller))
    response.headers["ETag"] = shown.etag
    return shown


@router.post("/helps/{help_id}/accept", operation_id="acceptHelp", response_model=HelpTold, responses=CHANGES)
async def accept(help_id: HelpId, deed: GivesHelp, read: IfMatch) -> Response:
    """Say yes to what you were asked, or to what was offered for someone you have. Needs `help:give`."""
    return await _answer(help_id, deed, read, yes=True)


@router.post("/helps/{help_id}/decline", operation_id="declineHelp", response_model=HelpTold, responses=CHANGES)
async def decline(help_id: HelpId, deed: GivesHelp, read: IfMatch) -> Response:
    """Say no to what you were asked, or to what was offered. Needs `help:give`."""
    return await _answer(help_id, deed, read, yes=False)


@router.post("/helps/{help_id}/done", operation_id="finishHelp", response_model=HelpTold, responses=CHANGES)
async def finish(help_id: HelpId, deed: GivesHelp, read: IfMatch, done: HelpDone) -> Response:
    """Say what came of help you gave. Needs `help:give`."""

    async def change(session: Session, version: int) -> Help:
        return await helping.finish(
            session,
            help_id=help_id,
            caller=deed.caller,
            outcome=done.outcome,
            minutes=done.minutes,
            version=version,
            now=deed.now,
        )

    return await _change(help_id, deed, read, change)


@router.post("/helps/{help_id}/call-off", operation_id="callOffHelp", response_model=HelpTold, responses=CHANGES)
async def call_off(help_id: HelpId, deed: GivesHelp, read: IfMatch) -> Response:
    """Call it off, whichever side you are on. Needs `help:give`."""

    async def change(session: Session, version: int) -> Help:
        return await helping.call_off(session, help_id=help_id, caller=deed.caller, version=version, now=deed.now)

    return await _change(help_id, deed, read, change)


@router.post(
    "/helps/{help_id}/offers",
    operation_id="offerHelp",
    status_code=201,
    response_model=HelpTold,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def offer(help_id: HelpId, deed: GivesHelp, offered: HelpOffered) -> Response:
    """Offer one more thing, unasked, to someone you help or have helped: their link worker decides.

    Needs `help:give`.
    """

    async def work(session: Session) -> Reply:
        made = await helping.offer(
            session, help_id=help_id, caller=deed.caller, kind=offered.kind, why=offered.why, now=deed.now
        )
        return await _reply(session, made, status=201)

    return await deed.do(work)


async def _answer(help_id: uuid.UUID, deed: Deed, read: Read, *, yes: bool) -> Response:
    async def change(session: Session, version: int) -> Help:
        return await helping.answer(
            session, help_id=help_id, caller=deed.caller, yes=yes, version=version, now=deed.now
        )

    return await _change(help_id, deed, read, change)


async def _change(
    help_id: uuid.UUID, deed: Deed, read: Read, change: Callable[[Session, int], Awaitable[Help]]
) -> Response:
    async def work(session: Session) -> Reply:
        held = await helping.find(session, help_id=help_id)
        return await _reply(session, await change(session, read.version(held.version)))

    return await deed.do(work)


async def _reply(session: Session, made: Help, *, status: int = 200) -> Reply:
    shown = help_told(await helping.opened(session, made))
    return Reply(status, shown.etag, shown.model_dump_json())
