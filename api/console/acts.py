"""What staff do from a person's page, one form each: pick up, write, note down, put back, close."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.datastructures import FormData

from api.console.access import does
from api.console.done import carry_out, status_of
from api.console.person import Trouble, draw_handoff, was, what_changed
from api.console.preview import Look, look
from api.pages import GUARDS
from api.staff.access import Deed, HandoffId
from api.staff.models import DAY_MINUTES, LONGEST_MESSAGE, LONGEST_NOTE, CloseReason, VerdictName
from bot import reading, relay
from waitingroom import activities, caseload, handoffs, loads, notes, referrals, staff
from waitingroom.activities import Kind
from waitingroom.alarms import Verdict
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import Handoff, Status
from waitingroom.idempotency import KeyReusedError
from waitingroom.loads import OverCapError
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Writes = Annotated[Deed, does(Scope.MESSAGE_SEND)]
Work = Callable[[Session], Awaitable[str]]
"""What is done in the one transaction; it gives the address to show next."""

EMPTY = "There is nothing in the message yet."
TOO_LONG = f"A message has {LONGEST_MESSAGE} characters at most."
NOTE_EMPTY = "There is nothing in the note yet."
NOTE_TOO_LONG = f"A note has {LONGEST_NOTE} characters at most."
CHOOSE = "Choose one of the answers first."
PUT_RIGHT: Mapping[type[RefusedError], str] = {OverCapError: "over-cap"}
"""Where on the page it is put right, for refusals that can be."""
SENT_BEFORE = "This form went once already, with other words. Look below whether it did, then send it again."


class FormError(Exception):
    """What a form lacks, in words, and the id of the field."""

    def __init__(self, words: str, field: str) -> None:
        """Take what is said of it."""
        super().__init__(words)
        self.words, self.field = words, field


@router.post("/staff/handoffs/{handoff_id}/claim", operation_id="claimForm")
async def claim(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Pick someone up: whoever is first; the others are told who."""

    async def work(session: Session) -> str:
        held = await caseload.hold(session, handoff_id=handoff_id)
        form = await request.form()
        who, version = deed.caller.staff_id, _version(form)
        if held.status is Status.WAITING and form.get("over_cap") != "yes":
            cap = loads.usual_cap(deed.house.settings.people_a_year)
            await loads.check_room(session, staff_id=who, handoff=held, cap=cap)
        await caseload.pick_up(session, handoff=held, staff_id=who, version=version, now=deed.now)
        return f"/staff/handoffs/{handoff_id}?done=claimed#write"

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/messages", operation_id="messageForm")
async def write(request: Request, handoff_id: HandoffId, deed: Writes) -> Response:
    """Send what was written, or only say what it would cost."""
    form = await request.form()
    text = reading.clean(str(form.get("text", "")))
    if "look" in form:
        seen = await _look(deed, handoff_id, text)
        return await draw_handoff(deed, handoff_id, trouble=Trouble("", 200, typed=_typed(form), look=seen))

    async def work(session: Session) -> str:
        _check_length(text, LONGEST_MESSAGE, "text", EMPTY, TOO_LONG)
        who = deed.caller.staff_id
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who)
        await relay.write(session, deed.house.desk, handoff=held, staff_id=who, text=text, now=deed.now)
        return f"/staff/handoffs/{handoff_id}?done=sent#write"

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/parts", operation_id="partsForm")
async def parts(request: Request, handoff_id: HandoffId, deed: Writes) -> Response:
    """Say what the words in the box would cost, for the page's script. Nothing is kept."""
    text = reading.clean(str((await request.form()).get("text", ""))[: LONGEST_MESSAGE * 2])
    return PlainTextResponse((await _look(deed, handoff_id, text)).words, headers=GUARDS)


@router.post("/staff/handoffs/{handoff_id}/activities", operation_id="activityForm")
async def note_down(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Note down what was done, in one press: kind, minutes, and whether they were there."""
    form = await request.form()
    note = reading.clean(str(form.get("note", "")))

    async def work(session: Session) -> str:
        kind, minutes, attended = _act(str(form.get("act", "")))
        _check_length(note or "-", LONGEST_NOTE, "note", NOTE_EMPTY, NOTE_TOO_LONG)
        who = deed.caller.staff_id
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=who)
        referral = await caseload.referral_of(session, handoff=held)
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=who,
            kind=kind,
            minutes=minutes,
            attended=attended,
            note=note,
            now=deed.now,
        )
        return f"/staff/handoffs/{handoff_id}?done=noted#noted"

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/notes", operation_id="noteForm")
async def note(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Write a private note."""
    form = await request.form()
    words = reading.clean(str(form.get("private", "")))

    async def work(session: Session) -> str:
        _check_length(words, LONGEST_NOTE, "private", NOTE_EMPTY, NOTE_TOO_LONG)
        held = await caseload.hold(session, handoff_id=handoff_id)
        notes.check_may_write(held, deed.caller)
        third_party = form.get("third_party") == "yes"
        await notes.write(
            session,
            conversation_id=held.conversation_id,
            staff_id=deed.caller.staff_id,
            words=words,
            third_party=third_party,
            now=deed.now,
        )
        return f"/staff/handoffs/{handoff_id}?done=noted#noted"

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/release", operation_id="releaseForm")
async def release(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Put someone back in the queue."""

    async def work(session: Session) -> str:
        released = await _end(session, deed, handoff_id, await request.form(), to=Status.WAITING)
        await caseload.put_back(session, handoff=released, now=deed.now)
        return "/staff?done=released"

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/hand-back", operation_id="handBackForm")
async def hand_back(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Hand someone back to the bot, and tell them so."""

    async def work(session: Session) -> str:
        ended = await _end(session, deed, handoff_id, await request.form(), to=Status.HANDED_BACK)
        return await _tell(session, deed, ended, referral_closed=False, done="handed-back")

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/close", operation_id="closeForm")
async def close(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Close it with a reason, and their referral too where that is ticked; the person is told."""
    form = await request.form()

    async def work(session: Session) -> str:
        reason = _chosen(CloseReason, form, "reason")
        ended = await _end(session, deed, handoff_id, form, to=Status.CLOSED)
        too = form.get("close_referral") == "yes"
        if too:
            referral = await caseload.referral_of(session, handoff=ended)
            await referrals.close(session, referral_id=referral.id, reason=reason, now=deed.now)
        return await _tell(session, deed, ended, referral_closed=too, done="closed")

    return await _done(request, handoff_id, deed, work)


@router.post("/staff/handoffs/{handoff_id}/danger", operation_id="dangerForm")
async def settle_danger(request: Request, handoff_id: HandoffId, deed: Changes) -> Response:
    """Say what danger that was heard came to: it calls nobody any more."""
    form = await request.form()

    async def work(session: Session) -> str:
        verdict = Verdict(_chosen(VerdictName, form, "verdict"))
        held = await caseload.hold(session, handoff_id=handoff_id)
        who, version = deed.caller.staff_id, _version(form)
        await caseload.dismiss(session, handoff=held, staff_id=who, version=version, verdict=verdict, now=deed.now)
        return f"/staff/handoffs/{handoff_id}?done=settled"

    return await _done(request, handoff_id, deed, work)


async def _done(request: Request, handoff_id: HandoffId, deed: Deed, work: Work) -> Response:
    """Do it in one transaction and show what is next; where it is refused, draw the page again with all it had."""
    typed = _typed(form := await request.form())
    try:
        return await carry_out(deed, work)
    except NotFoundError:
        raise
    except FormError as lack:
        trouble = Trouble(lack.words, 422, lack.field, typed)
    except StaleError as stale:
        trouble = Trouble(
            await _changed(deed, handoff_id, str(form.get("was", ""))), status_of(stale), typed=typed
        )
    except KeyReusedError as reused:
        trouble = Trouble(SENT_BEFORE, status_of(reused), typed=typed)
    except RefusedError as refusal:
        trouble = Trouble(refusal.words, status_of(refusal), PUT_RIGHT.get(type(refusal), "main"), typed)
    return await draw_handoff(deed, handoff_id, trouble=trouble)


async def _end(session: Session, deed: Deed, handoff_id: HandoffId, form: FormData, *, to: Status) -> Handoff:
    held = await caseload.hold(session, handoff_id=handoff_id)
    who, version = deed.caller.staff_id, _version(form)
    return await handoffs.end(session, handoff_id=held.id, staff_id=who, version=version, to=to, now=deed.now)


async def _tell(session: Session, deed: Deed, ended: Handoff, *, referral_closed: bool, done: str) -> str:
    desk, name = deed.house.desk, deed.caller.name
    told = await relay.tell_ended(
        session, desk, handoff=ended, staff=name, referral_closed=referral_closed, now=deed.now
    )
    return f"/staff?tab=mine&done={done if told else 'not-told'}"


async def _look(deed: Deed, handoff_id: HandoffId, text: str) -> Look:
    async with deed.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        return await look(session, deed, conversation_id=handoff.conversation_id, text=text)


async def _changed(deed: Deed, handoff_id: HandoffId, before: str) -> str:
    """Say what changed since the page was drawn."""
    async with deed.house.database.transaction() as session:
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        whose = await staff.names(session, ids={handoff.claimed_by} if handoff.claimed_by else set())
    return what_changed(before or was(handoff), handoff, whose="".join(whose.values()))


def _act(told: str) -> tuple[Kind, int, bool]:
    """Read what one press says: 'call:15:yes'."""
    kind, _, rest = told.partition(":")
    minutes, _, attended = rest.partition(":")
    if kind not in set(Kind) or not minutes.isdecimal() or int(minutes[:5]) > DAY_MINUTES:
        raise FormError(CHOOSE, "noted")
    return Kind(kind), int(minutes[:5]), attended != "no"


def _chosen(kind: type[CloseReason] | type[VerdictName], form: FormData, field: str) -> str:
    told = str(form.get(field, ""))
    if told not in set(kind):
        raise FormError(CHOOSE, field)
    return kind(told).value


def _check_length(text: str, most: int, field: str, empty: str, too_long: str) -> None:
    if not text:
        raise FormError(empty, field)
    if len(text) > most:
        raise FormError(too_long, field)


def _version(form: FormData) -> int:
    """Read the version the form was drawn from; none, or nonsense, is always stale."""
    told = str(form.get("version", ""))
    return int(told) if told.isdecimal() and len(told) < 10 else 0


def _typed(form: FormData) -> dict[str, str]:
    """Keep what was typed or chosen, so that a page drawn again still has it."""
    return {name: str(value) for name, value in form.multi_items() if name not in {"token", "once", "version"}}
