"""Records in the staff API: a copy of all that is held of someone, their referrals, and legal holds."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import AfterValidator, BaseModel, Field

from api.faults import documented
from api.staff.access import Deed, IfMatch, ReadsPeople, Visit, may, may_do
from api.staff.models import NeedNamed, Shape, named, words_needed
from waitingroom import legal_holds, people, referrals, subject_access
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.legal_holds import LegalHold
from waitingroom.roles import Scope
from waitingroom.subject_access import Record

router = APIRouter()
LONGEST_REASON = 1000
PersonId = Annotated[uuid.UUID, Path(description="The person's id.")]
HoldId = Annotated[uuid.UUID, Path(description="The hold's id.")]
KeepsRecords = Annotated[Visit, may(Scope.RECORD_WRITE)]
ChangesRecords = Annotated[Deed, may_do(Scope.RECORD_WRITE)]
HELD = {
    "ETag": {"description": "Its version, for If-Match.", "schema": {"type": "string"}},
}
TAGGED: dict[int | str, dict[str, Any]] = {200: {"headers": HELD}}
MADE: dict[int | str, dict[str, Any]] = {201: {"headers": HELD}}


class PartTold(BaseModel):
    """What one kind of record holds of them."""

    table: str = Field(examples=["message"])
    title: str = Field(examples=["All that was said"])
    rows: list[dict[str, Any]] = Field(description="Each row with every column that tells of the person, opened.")


class LeftOutTold(BaseModel):
    """Something that is not in the copy, and why."""

    what: str = Field(examples=["What was told where someone told us of another"])
    why: str
    many: int = Field(examples=[1])


class RecordTold(BaseModel):
    """A copy of all that is held of one person."""

    person_id: uuid.UUID
    made_at: datetime
    shared: int = Field(
        description="How many others use the same chat or phone as theirs: read before you hand it over.",
        examples=[0],
    )
    left_out: list[LeftOutTold]
    files: list[str] = Field(
        description="Where the pictures, voice notes and files are, each by itself.",
        examples=[["/api/v1/attachments/7f2c0d4e-27a6-4a4e-8f0f-2f8a3f1f9f11"]],
    )
    parts: list[PartTold]


class ReferralLine(BaseModel):
    """One referral of a person: there may be many, one after the other."""

    id: uuid.UUID
    reference: str = Field(examples=["1234 5674"])
    source: referrals.Source
    status: referrals.Status
    needs: list[NeedNamed]
    joined_at: datetime
    picked_up_at: datetime | None
    contacted_at: datetime | None
    ended_at: datetime | None
    close_reason: str | None


class Referrals(BaseModel):
    """Every referral of one person, the newest first."""

    referrals: list[ReferralLine]


class Holding(Shape):
    """Why someone's record must be kept."""

    reason: Annotated[
        str,
        Field(
            min_length=10,
            max_length=LONGEST_REASON,
            examples=["Solicitor's letter of 3 November: a claim is being brought."],
        ),
        AfterValidator(words_needed),
    ]


class HoldTold(BaseModel):
    """One legal hold."""

    id: uuid.UUID
    person_id: uuid.UUID
    reason: str
    placed_by: uuid.UUID
    placed_at: datetime
    lifted_by: uuid.UUID | None
    lifted_at: datetime | None
    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])


class Holds(BaseModel):
    """The legal holds that stand, the oldest first; 200 at most."""

    holds: list[HoldTold]


@router.get(
    "/people/{person_id}/record",
    operation_id="getRecord",
    responses=documented(401, 403, 404, 422, 503),
)
async def get_record(
    person_id: PersonId,
    visit: KeepsRecords,
    *,
    third_party: Annotated[
        bool,
        Query(
            description="With what others said of them and they of others: only where you decided that it may go."
        ),
    ] = False,
) -> RecordTold:
    """Give a copy of all that is held of someone, from every table (UK GDPR, article 15). Needs `record:write`."""
    async with visit.house.database.transaction() as session:
        found = await subject_access.record(session, person_id=person_id, now=visit.now, third_party=third_party)
    return record_told(found)


@router.get(
    "/people/{person_id}/referrals",
    operation_id="listReferrals",
    responses=documented(401, 403, 404, 422, 503),
)
async def list_referrals(person_id: PersonId, visit: ReadsPeople) -> Referrals:
    """List every referral of one person, the newest first. Needs the scope `person:read`."""
    async with visit.house.database.transaction() as session:
        await people.person(session, person_id)
        found = await referrals.of_person(session, person_id=person_id)
    needs = visit.house.desk.service.content.needs
    lines = [{**one.model_dump(), "needs": named(one.needs, needs)} for one in found]
    return Referrals(referrals=[ReferralLine.model_validate(one) for one in lines])


@router.get("/legal-holds", operation_id="listLegalHolds", responses=documented(401, 403, 422, 503))
async def list_holds(
    visit: KeepsRecords,
    *,
    lifted: Annotated[bool, Query(description="Those that were lifted, in place of those that stand.")] = False,
) -> Holds:
    """List legal holds, the oldest first, 200 at most. Needs the scope `record:write`."""
    async with visit.house.database.transaction() as session:
        found = await legal_holds.listed(session, hub_id=visit.caller.hub_id, lifted=lifted)
        return Holds(holds=[hold_told(session, one) for one in found])


@router.post(
    "/people/{person_id}/legal-holds",
    operation_id="placeLegalHold",
    status_code=201,
    response_model=HoldTold,
    responses=MADE | documented(400, 401, 403, 404, 409, 413, 422, 503),
)
async def place_hold(person_id: PersonId, deed: ChangesRecords, holding: Holding) -> Response:
    """Have all that is held of someone kept until the hold is lifted, whatever they ask and however old it is.

    Who asks for deletion is told that the law lets us keep it, and gets an answer. 409 where there is a hold
    already. Needs `record:write`.
    """

    async def work(session: Session) -> Reply:
        hold = await legal_holds.place(
            session, person_id=person_id, reason=holding.reason, staff_id=deed.caller.staff_id, now=deed.now
        )
        return Reply(201, f'"{hold.version}"', hold_told(session, hold).model_dump_json())

    return await deed.do(work)


@router.get(
    "/legal-holds/{hold_id}",
    operation_id="getLegalHold",
    responses=TAGGED | documented(401, 403, 404, 422, 503),
)
async def get_hold(hold_id: HoldId, visit: KeepsRecords, response: Response) -> HoldTold:
    """Read one legal hold, and why it was placed; its ETag is what If-Match wants. Needs `record:write`."""
    async with visit.house.database.transaction() as session:
        hold = await legal_holds.find(session, hold_id=hold_id)
        response.headers["ETag"] = f'"{hold.version}"'
        return hold_told(session, hold)


@router.post(
    "/legal-holds/{hold_id}/lift",
    operation_id="liftLegalHold",
    response_model=HoldTold,
    responses=TAGGED | documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def lift_hold(hold_id: HoldId, deed: ChangesRecords, read: IfMatch) -> Response:
    """Lift a legal hold: what is due goes again, and what they asked for can be done. Needs `record:write`."""

    async def work(session: Session) -> Reply:
        found = await legal_holds.find(session, hold_id=hold_id)
        version = read.version(found.version)
        hold = await legal_holds.lift(
            session, hold_id=hold_id, version=version, staff_id=deed.caller.staff_id, now=deed.now
        )
        return Reply(200, f'"{hold.version}"', hold_told(session, hold).model_dump_json())

    return await deed.do(work)


def record_told(record: Record) -> RecordTold:
    """Show a copy of all that is held of someone."""
    files = [row["id"] for part in record.parts if part.table == "attachment" for row in part.rows]
    return RecordTold(
        person_id=record.person_id,
        made_at=record.made_at,
        shared=record.shared,
        left_out=[LeftOutTold(what=one.what, why=one.why, many=one.many) for one in record.left_out],
        files=[f"/api/v1/attachments/{one}" for one in files],
        parts=[PartTold(table=one.table, title=one.title, rows=list(one.rows)) for one in record.parts],
    )


def hold_told(session: Session, hold: LegalHold) -> HoldTold:
    """Show a legal hold, with why it was placed."""
    return HoldTold(**hold.model_dump(exclude={"reason"}), reason=legal_holds.reason_of(session, hold))
