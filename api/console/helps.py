"""The page of help: what one was asked to do for people of others, and what was offered for one's own."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form, Path
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import Again, finish
from api.console.pages import draw
from api.staff.access import Deed, HandoffId, Visit
from api.staff.help_models import Agreement, help_told
from api.staff.helps import ask_as
from api.staff.models import DAY_MINUTES, LONGEST_NOTE
from api.staff.work_models import LONGEST_LINE
from bot import reading, sharing
from waitingroom import caseload, handoffs, helping
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.helping import Kind, Status
from waitingroom.roles import Role, Scope

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/help"
ANSWERS = frozenset({"accept", "decline"})
DONE = {"answered": "Thank you. They see your answer.", "offered": "Your offer is with their link worker."}
KINDS = {Kind.CALL: "A call", Kind.GROUP_PLACE: "A place in a group", Kind.PIECE: "Something to read or try",
         Kind.OTHER: "Something else"}  # fmt: skip
STATES = {Status.ASKED: "Not answered yet", Status.OFFERED: "Offered", Status.ACCEPTED: "Under way"}
NOTHING: Mapping[str, str] = {"helper": "", "kind": "", "why": "", "agreement": ""}
Reads = Annotated[Visit, sees(Scope.PERSON_READ)]
Sees = Annotated[Visit, sees(Scope.HELP_GIVE, Scope.PERSON_READ)]
Gives = Annotated[Deed, does(Scope.HELP_GIVE, Scope.REFERRAL_WRITE)]
Asks = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
HelpId = Annotated[uuid.UUID, Path()]
Text = Annotated[str, Form(max_length=8000)]


class NotWholeError(RefusedError):
    """Something is missing. Choose what it is, and write a line of 300 characters at most."""


class NoOutcomeError(RefusedError):
    """Write what came of it, and how many minutes it took."""


@router.get(PAGE, operation_id="helpPage")
async def help_page(visit: Sees, done: str = "") -> Response:
    """List what you were asked for, and what is offered for people you have."""
    return await _page(visit, done=DONE.get(done, ""))


@router.get("/staff/handoffs/{handoff_id}/help", operation_id="askForHelpPage")
async def ask_page(handoff_id: HandoffId, visit: Reads) -> Response:
    """Choose whom to ask, and for what."""
    return await _ask_page(visit, handoff_id)


@router.post("/staff/handoffs/{handoff_id}/helps", operation_id="askForHelpForm")
async def ask(
    handoff_id: HandoffId, deed: Asks, *, helper: Text = "", kind: Text = "", why: Text = "", agreement: Text = ""
) -> Response:
    """Ask one other to do one thing for someone you have, from their page."""

    async def work(session: Session) -> str:
        what, line = _whole(kind, why)
        held = await caseload.hold_mine(session, handoff_id=handoff_id, staff_id=deed.caller.staff_id)
        how = Agreement(agreement) if agreement in set(Agreement) else Agreement.STANDS
        await ask_as(session, deed, how, handoff=held, helper_id=_id(helper), kind=what, why=line)
        return f"/staff/handoffs/{handoff_id}?done=noted#noted"

    async def again(trouble: str, status: int) -> Response:
        typed = {"helper": helper, "kind": kind, "why": why, "agreement": agreement}
        return await _ask_page(deed, handoff_id, trouble=trouble, status=status, typed=typed)

    return await finish(deed, work, again=again)


@router.post("/staff/help/{help_id}", operation_id="answerHelpForm")
async def answer(help_id: HelpId, deed: Gives, said: Text = "", version: Text = "") -> Response:
    """Say yes or no, or call it off."""

    async def work(session: Session) -> str:
        who, read, now = deed.caller, _number(version), deed.now
        if said == "call-off":
            await helping.call_off(session, help_id=help_id, caller=who, version=read, now=now)
        elif said in ANSWERS:
            yes = said == "accept"
            await helping.answer(session, help_id=help_id, caller=who, yes=yes, version=read, now=now)
        else:
            raise NotWholeError
        return f"{PAGE}?done=answered"

    return await finish(deed, work, again=_again(deed))


@router.post("/staff/help-given/{help_id}", operation_id="finishHelpForm")
async def finished(
    help_id: HelpId, deed: Gives, outcome: Text = "", minutes: Text = "", version: Text = ""
) -> Response:
    """Say what came of it."""

    async def work(session: Session) -> str:
        said = reading.clean(outcome)
        if not said or len(said) > LONGEST_NOTE or not minutes.isdecimal() or _number(minutes) > DAY_MINUTES:
            raise NoOutcomeError
        await helping.finish(
            session,
            help_id=help_id,
            caller=deed.caller,
            outcome=said,
            minutes=_number(minutes),
            version=_number(version),
            now=deed.now,
        )
        return f"{PAGE}?done=answered"

    return await finish(deed, work, again=_again(deed))


@router.post("/staff/help-offered/{help_id}", operation_id="offerHelpForm")
async def offer(help_id: HelpId, deed: Gives, kind: Text = "", why: Text = "") -> Response:
    """Offer one more thing to someone you help."""

    async def work(session: Session) -> str:
        what, line = _whole(kind, why)
        await helping.offer(session, help_id=help_id, caller=deed.caller, kind=what, why=line, now=deed.now)
        return f"{PAGE}?done=offered"

    return await finish(deed, work, again=_again(deed))


def _whole(kind: str, why: str) -> tuple[Kind, str]:
    line = reading.clean(why)
    if kind not in set(Kind) or not line or len(line) > LONGEST_LINE:
        raise NotWholeError
    return Kind(kind), line


def _id(told: str) -> uuid.UUID:
    try:
        return uuid.UUID(told)
    except ValueError:
        raise NotWholeError from None


def _number(told: str) -> int:
    return int(told) if told.isdecimal() and len(told) < 10 else 0


def _again(deed: Deed) -> Again:
    async def again(trouble: str, status: int) -> Response:
        return await _page(deed, trouble=trouble, status=status)

    return again


async def _ask_page(
    visit: Visit,
    handoff_id: uuid.UUID,
    *,
    trouble: str = "",
    status: int = 200,
    typed: Mapping[str, str] = NOTHING,
) -> Response:
    async with visit.house.database.transaction() as session:
        await handoffs.find(session, handoff_id=handoff_id)
        others = await helping.colleagues(session, hub_id=visit.caller.hub_id)
    facts = {
        "handoff_id": handoff_id,
        "helpers": [one for one in others if one.id != visit.caller.staff_id],
        "kinds": {kind.value: words for kind, words in KINDS.items()},
        "wordings": {one.id: sharing.wording(one) for one in others if one.role is Role.PROVIDER},
        "typed": typed,
        "trouble": trouble,
        "here": "",
    }
    return draw(visit, "help_ask.html", facts, status=status)


async def _page(visit: Visit, *, done: str = "", trouble: str = "", status: int = 200) -> Response:
    async with visit.house.database.transaction() as session:
        mine = await helping.mine(session, staff_id=visit.caller.staff_id)
        offered = await helping.offered_to(session, staff_id=visit.caller.staff_id)
    facts = {
        "mine": [help_told(one) for one in mine],
        "offered": [(help_told(one), person_id) for one, person_id in offered],
        "kinds": {kind.value: words for kind, words in KINDS.items()},
        "states": {state.value: words for state, words in STATES.items()},
        "trouble": trouble,
        "done": done,
        "here": "/staff/more",
    }
    return draw(visit, "help.html", facts, status=status)
