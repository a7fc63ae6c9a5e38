"""The audit in the staff API: who saw and did what, who opened one person, what was unusual, break-glass."""

import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.audit_words import told
from api.cursors import cursor, place_of
from api.faults import documented
from api.staff.access import Deed, Visit, may, may_do
from waitingroom import audit_reading, break_glass, staff, unusual
from waitingroom.audit import By, Outcome
from waitingroom.audit_reading import Read
from waitingroom.caseload import After
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.roles import Scope
from waitingroom.unusual import Why

router = APIRouter()
SHOWN_FOR = timedelta(days=28)
"""How far back the list of people opened from elsewhere goes."""
Sees = Annotated[Visit, may()]
PersonId = Annotated[uuid.UUID, Path(description="The person's id.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
Cursor = Annotated[str | None, Query(alias="cursor", max_length=400, description="As `next` gave it.")]
AN_ID = "0b0e7a4e-5a0c-4a52-9a4f-2f1a7f5d7f10"


class AuditLine(BaseModel):
    """One thing seen or done. `place`: its number in the chain."""

    place: int = Field(examples=[120])
    at: datetime
    staff: str = Field(description="Who did it; empty where it was done on the machine.", examples=["Sam Okafor"])
    staff_id: uuid.UUID | None = Field(examples=[AN_ID])
    by: By
    action: str = Field(description="The name of the operation.", examples=["getStory"])
    words: str = Field(description="The same in words.", examples=["Sam Okafor read their story"])
    outcome: Outcome
    person_id: uuid.UUID | None = Field(examples=[AN_ID])
    record: str | None = Field(description="What else it was about.", examples=[f"handoff {AN_ID}"])


class AuditLines(BaseModel):
    """Lines of the audit, the newest first; `next` leads on."""

    entries: list[AuditLine]
    next: str | None = Field(examples=["/api/v1/audit?cursor=AAAA"])


class UnusualLine(BaseModel):
    """Someone opened a person so many times in the week, and why a lead should look."""

    why: Why
    staff: str = Field(examples=["Sam Okafor"])
    staff_id: uuid.UUID = Field(examples=[AN_ID])
    person_id: uuid.UUID = Field(examples=[AN_ID])
    times: int = Field(examples=[3])
    last_at: datetime


class UnusualLines(BaseModel):
    """What was unusual in the last seven days. Most of it will have a good reason."""

    unusual: list[UnusualLine]


class Reason(BaseModel):
    """Why someone of another hub must be opened. Their hub reads it."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=break_glass.SHORTEST_REASON,
        max_length=break_glass.LONGEST_REASON,
        examples=["Their daughter rang us: they fell, and their own hub is closed."],
    )


class Opened(BaseModel):
    """Someone of another hub may be opened until then: to read, and by leads also to act."""

    person_id: uuid.UUID = Field(examples=[AN_ID])
    until: datetime


class OpenedLine(BaseModel):
    """Someone of another hub opened one of your people."""

    person_id: uuid.UUID = Field(examples=[AN_ID])
    staff: str = Field(examples=["Priya Shah"])
    staff_id: uuid.UUID = Field(examples=[AN_ID])
    reason: str = Field(examples=["Their daughter rang us: they fell, and their own hub is closed."])
    broken_at: datetime
    until: datetime


class OpenedLines(BaseModel):
    """Who opened your people from elsewhere in the last four weeks, the newest first."""

    opened: list[OpenedLine]


@router.get("/audit", operation_id="listAudit", responses=documented(401, 403, 422, 503))
async def list_audit(
    request: Request,
    visit: Sees,
    *,
    mine: Annotated[bool, Query(description="Only what you did yourself.")] = False,
    limit: Limit = 50,
    cursor_: Cursor = None,
) -> AuditLines:
    """List who saw and did what, the newest first.

    With the scope `audit:read` what is of your hub or was done by its staff, and everything where you are of none;
    without it what you did yourself.
    """
    return await lines_of(request, visit, mine=mine, limit=limit, told_cursor=cursor_)


@router.get(
    "/people/{person_id}/audit", operation_id="getPersonAudit", responses=documented(401, 403, 404, 422, 503)
)
async def person_audit(
    person_id: PersonId, request: Request, visit: Sees, *, limit: Limit = 50, cursor_: Cursor = None
) -> AuditLines:
    """List who opened a person and what was done for them, the newest first. Needs the scope `audit:read`."""
    return await lines_of(request, visit, person_id=person_id, limit=limit, told_cursor=cursor_)


@router.get("/audit/unusual", operation_id="listUnusual", responses=documented(401, 403, 422, 503))
async def list_unusual(visit: Sees) -> UnusualLines:
    """Say what was unusual in the last seven days. Needs the scope `audit:read`.

    People opened from another hub, by someone of the same last name, or by someone whose case they are not.
    """
    async with visit.house.database.transaction() as session:
        found = await unusual.of_week(session, hub_id=visit.caller.hub_id, now=visit.now)
    return UnusualLines(unusual=[UnusualLine(**one.__dict__) for one in found])


@router.get(
    "/audit/from-elsewhere", operation_id="listOpenedFromElsewhere", responses=documented(401, 403, 422, 503)
)
async def list_opened(visit: Sees) -> OpenedLines:
    """List who opened people of your hub from another one, and why. Needs the scope `audit:read`."""
    return OpenedLines(opened=await opened_from_elsewhere(visit))


@router.post(
    "/people/{person_id}/break-glass",
    operation_id="breakGlass",
    status_code=201,
    response_model=Opened,
    responses=documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def break_the_glass(person_id: PersonId, deed: Annotated[Deed, may_do()], told_why: Reason) -> Response:
    """Open one person of another hub for an hour, with a reason that their hub reads: to read, leads also to act.

    409 where they are of your own hub. Needs the scope `person:read`.
    """
    return await deed.do(opening(deed, person_id, told_why.reason))


def opening(deed: Deed, person_id: uuid.UUID, why: str) -> Callable[[Session], Awaitable[Reply]]:
    """Make the work of opening someone of another hub."""

    async def work(session: Session) -> Reply:
        who = deed.caller
        glass = await break_glass.break_it(
            session,
            person_id=person_id,
            staff_id=who.staff_id,
            role=who.role,
            mine=who.hub_id,
            reason=why,
            now=deed.now,
        )
        return Reply(201, None, Opened(person_id=person_id, until=glass.until).model_dump_json())

    return work


async def lines_of(
    request: Request,
    visit: Visit,
    *,
    limit: int,
    told_cursor: str | None,
    mine: bool = False,
    person_id: uuid.UUID | None = None,
) -> AuditLines:
    """Give the lines that whoever visits may see, and where the next ones are."""
    who, keys = visit.caller, visit.house.database.keys
    own = mine or Scope.AUDIT_READ not in who.scopes
    of = f"audit:{who.staff_id if own else who.hub_id}:{person_id or ''}"
    after = place_of(keys, told_cursor, of=of) if told_cursor else None
    async with visit.house.database.transaction() as session:
        found = await audit_reading.listed(
            session,
            staff_id=who.staff_id if own else None,
            hub_id=None if person_id else who.hub_id,
            person_id=person_id,
            before=after.id.int if after else None,
            limit=limit + 1,
        )
    following = None
    if len(found) > limit:
        last = found[limit - 1].entry
        place = cursor(keys, After(0, last.at, uuid.UUID(int=last.place)), of=of)
        url = request.url.include_query_params(cursor=place)
        following = f"{url.path}?{url.query}"
    return AuditLines(entries=[_line(one) for one in found[:limit]], next=following)


async def opened_from_elsewhere(visit: Visit) -> list[OpenedLine]:
    """List who opened people of the visitor's hub from another one, with why."""
    async with visit.house.database.transaction() as session:
        found = await break_glass.from_elsewhere(session, hub_id=visit.caller.hub_id, since=visit.now - SHOWN_FOR)
        names = await staff.names(session, ids={one.staff_id for one in found})
        return [
            OpenedLine(
                person_id=one.person_id,
                staff=names.get(one.staff_id, ""),
                staff_id=one.staff_id,
                reason=break_glass.reason(session, one),
                broken_at=one.broken_at,
                until=one.until,
            )
            for one in found
        ]


def _line(read: Read) -> AuditLine:
    entry = read.entry
    facts = entry.model_dump(include={"place", "at", "staff_id", "by", "action", "outcome", "person_id", "record"})
    return AuditLine(staff=read.name, words=told(entry, read.name), **facts)
