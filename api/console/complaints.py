"""Complaints, and requests about one's own data, in the console: their clocks, and what is answered."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import finish
from api.console.pages import draw
from api.console.proof import does_proved
from api.staff.access import Deed, Visit
from api.staff.complaints import today
from api.staff.models import LONGEST_MESSAGE
from api.staff.rights_models import complaint_line, complaint_told, request_line, request_told
from bot import answering, reading
from waitingroom import complaints, data_requests, rights
from waitingroom.complaints import Complaint, Outcome, Status
from waitingroom.database import Session
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/complaints"
HERE = {"here": "/staff/more"}
DONE: Mapping[str, str] = {
    "acknowledged": "Acknowledged.",
    "answered": "Answered.",
    "closed": "Closed.",
    "done": "Noted, and told.",
    "refused": "Noted as refused, and told.",
    "deleted": "All that was held of them is deleted.",
}
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.UPHELD: "They were right",
    Outcome.PARTLY_UPHELD: "They were partly right",
    Outcome.NOT_UPHELD: "We found nothing wrong",
    Outcome.TAKEN_BACK: "They want no more of it",
}
NO_WORDS = "Write what they are to be told first."
CHOOSE = "Choose one of the answers first."
Words = Annotated[str, Form(max_length=LONGEST_MESSAGE * 4)]
Version = Annotated[int, Form(ge=1)]
Sees = Annotated[Visit, sees(Scope.QUEUE_READ)]
Reads = Annotated[Visit, sees(Scope.PERSON_READ)]
Writes = Annotated[Deed, does(Scope.MESSAGE_SEND)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Deletes = Annotated[Deed, does_proved(Scope.REFERRAL_WRITE)]


@router.get(PAGE, operation_id="complaintsPage")
async def complaints_page(visit: Sees, done: str = "", *, ended: bool = False) -> Response:
    """List complaints and requests about one's own data, with the days left for each."""
    hub = visit.caller.hub_id
    async with visit.house.database.transaction() as session:
        made = await complaints.queue(session, closed=ended, hub_id=hub)
        asked = await data_requests.queue(session, ended=ended, hub_id=hub)
    facts = {
        "complaints": [complaint_line(one, today(visit)) for one in made],
        "requests": [request_line(one, today(visit)) for one in asked],
        "ended": ended,
        "done": DONE.get(done, ""),
    }
    return draw(visit, "complaints.html", facts | HERE)


@router.get(PAGE + "/{complaint_id}", operation_id="complaintPage")
async def complaint_page(complaint_id: uuid.UUID, visit: Reads, done: str = "") -> Response:
    """Show a complaint in the person's own words, and what can be done about it."""
    return await _complaint(visit, complaint_id, done=DONE.get(done, ""))


@router.post(PAGE + "/{complaint_id}/acknowledge", operation_id="acknowledgeComplaintForm")
async def acknowledge(
    complaint_id: uuid.UUID, deed: Writes, version: Version, *, told_another_way: Annotated[str, Form()] = ""
) -> Response:
    """Tell someone that their complaint was read."""

    async def work(session: Session) -> str:
        moved = await _move(session, deed, complaint_id, version, to=Status.ACKNOWLEDGED)
        if not told_another_way:
            who, name = deed.caller.staff_id, deed.caller.name
            await answering.acknowledge(
                session, deed.house.desk, complaint=moved, staff=name, staff_id=who, now=deed.now
            )
        return f"{PAGE}/{complaint_id}?done=acknowledged"

    return await finish(deed, work, again=lambda words, status: _complaint(deed, complaint_id, words, status))


@router.post(PAGE + "/{complaint_id}/answer", operation_id="answerComplaintForm")
async def answer(
    complaint_id: uuid.UUID,
    deed: Writes,
    version: Version,
    *,
    text: Words = "",
    told_another_way: Annotated[str, Form()] = "",
) -> Response:
    """Answer a complaint where the person last wrote."""
    words = reading.clean(text)
    problem = _problem(words)
    if problem:
        return await _complaint(deed, complaint_id, problem, 422, typed=text)

    async def work(session: Session) -> str:
        moved = await _move(session, deed, complaint_id, version, to=Status.ANSWERED)
        if not told_another_way:
            await _tell(session, deed, moved.conversation_id, words)
        return f"{PAGE}/{complaint_id}?done=answered"

    return await finish(
        deed, work, again=lambda words, status: _complaint(deed, complaint_id, words, status, typed=text)
    )


@router.post(PAGE + "/{complaint_id}/close", operation_id="closeComplaintForm")
async def close(complaint_id: uuid.UUID, deed: Changes, version: Version, *, outcome: Words = "") -> Response:
    """Close a complaint that was answered, or taken back."""
    if outcome not in set(Outcome):
        return await _complaint(deed, complaint_id, CHOOSE, 422)

    async def work(session: Session) -> str:
        await _move(session, deed, complaint_id, version, to=Status.CLOSED, outcome=Outcome(outcome))
        return f"{PAGE}?done=closed"

    return await finish(deed, work, again=lambda words, status: _complaint(deed, complaint_id, words, status))


@router.get("/staff/data-requests/{request_id}", operation_id="dataRequestPage")
async def request_page(request_id: uuid.UUID, visit: Reads) -> Response:
    """Show one request about somebody's own data, and what can be done about it."""
    return await _request(visit, request_id)


@router.post("/staff/data-requests/{request_id}/end", operation_id="endDataRequestForm")
async def end(
    request_id: uuid.UUID,
    deed: Deletes,
    version: Version,
    *,
    outcome: Words = "",
    text: Words = "",
    told_another_way: Annotated[str, Form()] = "",
) -> Response:
    """Say that a request was done or refused, or delete all that is held; the person is told. Asks for a code."""
    words = reading.clean(text)
    problem = _problem(words) or ("" if outcome in {"done", "refused", "deleted"} else CHOOSE)
    if problem:
        return await _request(deed, request_id, problem, 422, typed=text)

    async def work(session: Session) -> str:
        who = deed.caller.staff_id
        if outcome == "deleted":
            talk_id: uuid.UUID | None = await rights.meet_erasure(
                session, request_id=request_id, staff_id=who, version=version, now=deed.now
            )
        else:
            to = data_requests.Status(outcome)
            ended = await data_requests.end(
                session, request_id=request_id, staff_id=who, version=version, to=to, now=deed.now
            )
            talk_id = ended.conversation_id
        if not told_another_way:
            await _tell(session, deed, talk_id, words)
        return f"{PAGE}?done={outcome}"

    return await finish(
        deed, work, again=lambda words, status: _request(deed, request_id, words, status, typed=text)
    )


async def _move(
    session: Session,
    deed: Deed,
    complaint_id: uuid.UUID,
    version: int,
    *,
    to: Status,
    outcome: Outcome | None = None,
) -> Complaint:
    who = deed.caller.staff_id
    return await complaints.move(
        session, complaint_id=complaint_id, staff_id=who, version=version, to=to, outcome=outcome, now=deed.now
    )


def _problem(words: str) -> str:
    if not words:
        return NO_WORDS
    return "" if len(words) <= LONGEST_MESSAGE else f"A message has {LONGEST_MESSAGE} characters at most."


async def _tell(session: Session, deed: Deed, talk_id: uuid.UUID | None, words: str) -> None:
    who = deed.caller.staff_id
    await answering.tell(
        session, deed.house.desk, conversation_id=talk_id, words=words, staff_id=who, now=deed.now
    )


async def _complaint(
    visit: Visit, complaint_id: uuid.UUID, problem: str = "", status: int = 200, *, typed: str = "", done: str = ""
) -> Response:
    async with visit.house.database.transaction() as session:
        found = await complaints.find(session, complaint_id=complaint_id)
        told = complaint_told(found, complaints.words_of(session, found), today(visit))
    moves = complaints.MOVES[found.status]
    facts = {"told": told, "moves": moves, "outcomes": OUTCOMES, "problem": problem, "typed": typed, "done": done}
    return draw(visit, "complaint.html", facts | HERE, status=status)


async def _request(
    visit: Visit, request_id: uuid.UUID, problem: str = "", status: int = 200, *, typed: str = ""
) -> Response:
    async with visit.house.database.transaction() as session:
        found = await data_requests.find(session, request_id=request_id)
        told = request_told(found, data_requests.words_of(session, found), today(visit))
    return draw(
        visit, "data_request.html", {"told": told, "problem": problem, "typed": typed} | HERE, status=status
    )
