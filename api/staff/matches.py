"""Matches in the staff API: two on record who may be one person, seen side by side, joined or kept apart."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.faults import documented
from api.staff.access import ChangesReferrals, IfMatch, ReadsPeople, ReadsQueue
from api.staff.models import NeedNamed, SafeWay, Shape, named, warnings_of
from api.staff.story_models import ReferralTold, Way
from content import Content
from waitingroom import joining, pairs, parting
from waitingroom.database import Session
from waitingroom.idempotency import Reply
from waitingroom.joining import Which
from waitingroom.likeness import Sureness
from waitingroom.matching import PersonMatch, Status
from waitingroom.pairs import Kept, Pair, Side
from waitingroom.people import SafeContact

router = APIRouter()
MatchId = Annotated[uuid.UUID, Path(description="The match's id.")]
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "The state of both as they were read, for If-Match.",
                "schema": {"type": "string"},
            }
        }
    }
}
BE_SURE = (
    "Anyone can say that they are somebody. Before you join the two, speak with the person in the way you knew "
    "before, and ask whether the second request is theirs."
)
WAY_BACK = (
    "You can part them again for 30 days. What either says after the join then stays with the one who says it; "
    "notes and referrals made after it stay with the one they became."
)


class MatchLine(BaseModel):
    """Two who may be one, without a name."""

    id: uuid.UUID
    sureness: Sureness
    status: Status
    found_at: datetime
    decided_at: datetime | None
    earlier_id: uuid.UUID = Field(description="Who was on record first.")
    later_id: uuid.UUID

    @classmethod
    def of(cls, match: PersonMatch) -> "MatchLine":
        """Show one match."""
        return cls(**match.model_dump(exclude={"decided_by", "version"}))


class Matches(BaseModel):
    """Every match that waits to be decided, the oldest first; 200 at most, more as those are decided."""

    matches: list[MatchLine]


class SideTold(BaseModel):
    """One of the two."""

    person_id: uuid.UUID
    name: str = Field(examples=["Ann"])
    age: int
    postcode: str
    language: str
    safe_contact: SafeWay
    ways: list[Way]
    needs: list[NeedNamed]
    what_matters: str
    own_needs: str
    referral: ReferralTold


class KeptTold(BaseModel):
    """What stands once the two are one. `safe_contact` is the earlier one's, unless you choose the later."""

    name: str
    age: int
    postcode: str
    safe_contact: SafeWay
    needs: list[NeedNamed]
    what_matters: str
    own_needs: str
    reference: str
    joined_at: datetime


class MatchTold(BaseModel):
    """Two who may be one, side by side, and what would be kept."""

    match: MatchLine
    be_sure: str = BE_SURE
    way_back: str = WAY_BACK
    differs: list[str] = Field(
        description="What the two did not say alike.", examples=[["age", "safe_contact.phone"]]
    )
    earlier: SideTold
    later: SideTold
    kept: KeptTold


class Joining(Shape):
    """How two are joined."""

    reach: Which = Field(
        default=Which.EARLIER,
        description="Whose way of being reached stands, and whose chat is written to from now on.",
    )


class JoinLine(BaseModel):
    """A join that can still be undone."""

    match: MatchLine
    person_id: uuid.UUID = Field(description="The one person they are now.")
    joined_at: datetime
    until: datetime = Field(description="From then on there is no way back.")
    version: int = Field(description="For If-Match.", examples=[2])


class Joins(BaseModel):
    """Every join that can still be undone, the newest first; 200 at most."""

    joins: list[JoinLine]


class Parted(BaseModel):
    """The person who is on record again."""

    person_id: uuid.UUID


class Joined(BaseModel):
    """The one person that two have become."""

    person_id: uuid.UUID


@router.get("/matches", operation_id="listMatches", responses=documented(401, 403, 422, 503))
async def list_matches(visit: ReadsQueue) -> Matches:
    """List pairs on record that may be one person each, and that nobody has decided on. Needs `queue:read`."""
    async with visit.house.database.transaction() as session:
        found = await pairs.listed(session, hub_id=visit.caller.hub_id)
    return Matches(matches=[MatchLine.of(match) for match in found])


@router.get(
    "/matches/{match_id}",
    operation_id="getMatch",
    responses=TAGGED | documented(401, 403, 404, 409, 422, 503),
)
async def get_match(match_id: MatchId, visit: ReadsPeople, response: Response) -> MatchTold:
    """See both side by side, and what would be kept; the ETag is what If-Match wants. Needs `person:read`.

    409 where one of the two is no longer on record.
    """
    async with visit.house.database.transaction() as session:
        pair = await pairs.look(session, match_id=match_id)
    response.headers["ETag"] = f'"{pair.tag}"'
    return told_of_pair(pair, visit.house.desk.service.content)


@router.post(
    "/matches/{match_id}/join",
    operation_id="joinMatch",
    response_model=Joined,
    responses=documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def join(match_id: MatchId, deed: ChangesReferrals, read: IfMatch, how: Joining | None = None) -> Response:
    """Make the two one: one person, one referral, one talk that both chats reach. Needs `referral:write`.

    412 where anything about either changed since you read it. For 30 days the two can be parted again; what is
    said after the join then stays with whoever says it.
    """

    async def work(session: Session) -> Reply:
        person_id = await joining.join(
            session,
            match_id=match_id,
            tags=read.tags,
            reach=(how or Joining()).reach,
            staff_id=deed.caller.staff_id,
            now=deed.now,
        )
        return Reply(200, None, Joined(person_id=person_id).model_dump_json())

    return await deed.do(work)


@router.post(
    "/matches/{match_id}/keep-apart",
    operation_id="keepMatchApart",
    response_model=MatchLine,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def keep_apart(match_id: MatchId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Decide that the two are two people: you are not asked again. Needs `referral:write`."""

    async def work(session: Session) -> Reply:
        match = await joining.keep_apart(
            session, match_id=match_id, tags=read.tags, staff_id=deed.caller.staff_id, now=deed.now
        )
        return Reply(200, None, MatchLine.of(match).model_dump_json())

    return await deed.do(work)


@router.get("/joins", operation_id="listJoins", responses=documented(401, 403, 422, 503))
async def list_joins(visit: ReadsQueue) -> Joins:
    """List the joins of the last 30 days, which can still be undone. Needs `queue:read`."""
    async with visit.house.database.transaction() as session:
        found = await parting.listed(session, now=visit.now, hub_id=visit.caller.hub_id)
    lines = [
        JoinLine(
            match=MatchLine.of(match),
            person_id=paper.person_id,
            joined_at=paper.joined_at,
            until=paper.ends_at,
            version=match.version,
        )
        for match, paper in found
    ]
    return Joins(joins=lines)


@router.post(
    "/matches/{match_id}/part",
    operation_id="partMatch",
    response_model=Parted,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def part(match_id: MatchId, deed: ChangesReferrals, read: IfMatch) -> Response:
    """Make two of one again who should not have been joined, within 30 days. Needs `referral:write`.

    What was changed since stays as it is, what was said since goes with whoever said it, and all else that came
    since stays with the person they had become: look at both.
    """

    async def work(session: Session) -> Reply:
        person_id = await parting.part(
            session, match_id=match_id, tags=read.tags, staff_id=deed.caller.staff_id, now=deed.now
        )
        return Reply(200, None, Parted(person_id=person_id).model_dump_json())

    return await deed.do(work)


def told_of_pair(pair: Pair, content: Content) -> MatchTold:
    """Show two side by side."""
    return MatchTold(
        match=MatchLine.of(pair.match),
        differs=_differs(pair),
        earlier=_side(pair.earlier, content),
        later=_side(pair.later, content),
        kept=_kept(pair.kept, content),
    )


def _side(side: Side, content: Content) -> SideTold:
    return SideTold(
        person_id=side.person.id,
        name=side.about.name,
        age=side.about.age,
        postcode=side.about.postcode,
        language=side.person.language,
        safe_contact=_way(side.reach),
        ways=[Way(channel=way.channel, state=way.state, heard_at=way.heard_at) for way in side.ways],
        needs=named(side.referral.needs, content.needs),
        what_matters=side.what_matters,
        own_needs=side.own_needs,
        referral=ReferralTold.model_validate(side.referral, from_attributes=True),
    )


def _kept(kept: Kept, content: Content) -> KeptTold:
    return KeptTold(
        name=kept.about.name,
        age=kept.about.age,
        postcode=kept.about.postcode,
        safe_contact=_way(kept.reach),
        needs=named(list(kept.needs), content.needs),
        what_matters=kept.what_matters,
        own_needs=kept.own_needs,
        reference=kept.referral.reference,
        joined_at=kept.referral.joined_at,
    )


def _way(reach: SafeContact) -> SafeWay:
    return SafeWay(**reach.model_dump(), warnings=warnings_of(reach))


def _differs(pair: Pair) -> list[str]:
    one, other = pair.earlier.about.model_dump(), pair.later.about.model_dump()
    mine, theirs = pair.earlier.reach.model_dump(), pair.later.reach.model_dump()
    return [name for name in one if one[name] != other[name]] + [
        f"safe_contact.{name}" for name in mine if mine[name] != theirs[name]
    ]
