"""Befriending groups in the staff API: how each stands, who is coming, pausing it, and its way in."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel, Field

from api.faults import documented
from api.staff.access import Deed, IfMatch, Read, Visit, may, may_do
from api.staff.models import Shape
from content import Group
from content.meeting_days import next_start
from waitingroom import attending, groups
from waitingroom.attending import Seats
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.groups import LONGEST, BefriendingGroup, Way
from waitingroom.idempotency import Reply
from waitingroom.staff import Scope

router = APIRouter()
GroupKey = Annotated[str, Path(description="The group's key.", examples=["tuesday_tea"], max_length=100)]
Lists = Annotated[Visit, may(Scope.QUEUE_READ, Scope.GROUP_HOST)]
SeesWhoComes = Annotated[Visit, may(Scope.PERSON_READ, Scope.GROUP_HOST)]
Runs = Annotated[Deed, may_do(Scope.REFERRAL_WRITE, Scope.GROUP_HOST)]
TAGGED: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"description": "For If-Match.", "schema": {"type": "string"}}}}
}


class GroupTold(BaseModel):
    """How a group stands: no names, and never its way in."""

    key: str = Field(examples=["tuesday_tea"])
    name: str = Field(examples=["Tuesday tea and talk"])
    host: str
    way: Way
    next_at: datetime | None = Field(description="When it meets next; null where no meeting is planned.")
    places: int
    taken: int = Field(description="Members, and places kept for someone who has not answered yet.")
    listed: int = Field(description="How many are on its waiting list.")
    good: int = Field(description="How often someone answered that it was good.")
    not_for_me: int
    paused_at: datetime | None
    has_way_in: bool = Field(description="Whether a link or number was given.")
    version: int


class Groups(BaseModel):
    """The groups there are; a host sees their own."""

    groups: list[GroupTold]


class Coming(BaseModel):
    """Who comes to a group, by first name or the name they use: only who agreed that its host is told."""

    key: str
    names: list[str] = Field(examples=[["Ann", "Bilal"]])


class WayIn(Shape):
    """The link or number people join by. It is kept sealed and never shown here again."""

    way_in: str = Field(
        min_length=1, max_length=LONGEST, examples=["https://meet.example.org/tea-4471", "0330 123 4567, PIN 4471"]
    )


@router.get("/groups", operation_id="listGroups", responses=documented(401, 403, 422, 503))
async def list_groups(visit: Lists) -> Groups:
    """List groups: places, waiting list, next meeting. Needs `queue:read`, or `group:host` for one's own."""
    async with visit.house.database.transaction() as session:
        own = await _own(session, visit, Scope.QUEUE_READ)
        seats = await attending.seats(session)
        told = [
            _told(group, await groups.state(session, key=key), seats.get(key, Seats()), visit.now)
            for key, group in visit.house.desk.service.content.groups.items()
            if own is None or key in own
        ]
    return Groups(groups=told)


@router.get("/groups/{group_key}", operation_id="getGroup", responses=TAGGED | documented(401, 403, 404, 422, 503))
async def get_group(group_key: GroupKey, visit: Lists, response: Response) -> GroupTold:
    """Look at one group; the ETag is what If-Match wants. Needs `queue:read`, or `group:host` for one's own."""
    async with visit.house.database.transaction() as session:
        group = await _group(session, visit, group_key, Scope.QUEUE_READ)
        state = await groups.state(session, key=group_key)
        seats = (await attending.seats(session)).get(group_key, Seats())
    response.headers["ETag"] = f'"{state.version}"'
    return _told(group, state, seats, visit.now)


@router.get("/groups/{group_key}/coming", operation_id="listComing", responses=documented(401, 403, 404, 422, 503))
async def who_is_coming(group_key: GroupKey, visit: SeesWhoComes) -> Coming:
    """Say who comes, by first name only. Needs `person:read`, or `group:host` for one's own group."""
    async with visit.house.database.transaction() as session:
        await _group(session, visit, group_key, Scope.PERSON_READ)
        return Coming(key=group_key, names=await attending.coming(session, key=group_key))


@router.post(
    "/groups/{group_key}/pause",
    operation_id="pauseGroup",
    response_model=GroupTold,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def pause(group_key: GroupKey, deed: Runs, read: IfMatch) -> Response:
    """Pause a group: nobody joins, no way in is sent, and members hear in time that the next time is off.

    Needs `referral:write`, or `group:host` for one's own group.
    """
    return await _set_paused(group_key, deed, read, paused=True)


@router.post(
    "/groups/{group_key}/resume",
    operation_id="resumeGroup",
    response_model=GroupTold,
    responses=documented(401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def resume(group_key: GroupKey, deed: Runs, read: IfMatch) -> Response:
    """Let a group go on. Needs `referral:write`, or `group:host` for one's own group."""
    return await _set_paused(group_key, deed, read, paused=False)


@router.post(
    "/groups/{group_key}/link",
    operation_id="setGroupLink",
    response_model=GroupTold,
    responses=documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
)
async def set_link(group_key: GroupKey, deed: Runs, read: IfMatch, given: WayIn) -> Response:
    """Give a group a new link or number: whoever left knows the old one only. Needs what pausing needs.

    409 where it is no link (video) or number (phone), or the group meets in a place.
    """

    async def work(session: Session) -> Reply:
        group = await _group(session, deed, group_key, Scope.REFERRAL_WRITE)
        before = await groups.hold(session, key=group_key)
        state = await groups.set_way_in(
            session,
            key=group_key,
            way=Way(group.way),
            way_in=given.way_in,
            version=read.version(before.version),
        )
        return await _shown(session, deed, group, state)

    return await deed.do(work)


async def _set_paused(group_key: str, deed: Deed, read: Read, *, paused: bool) -> Response:
    async def work(session: Session) -> Reply:
        group = await _group(session, deed, group_key, Scope.REFERRAL_WRITE)
        before = await groups.hold(session, key=group_key)
        state = await groups.set_paused(
            session, key=group_key, paused=paused, version=read.version(before.version), now=deed.now
        )
        return await _shown(session, deed, group, state)

    return await deed.do(work)


async def _own(session: Session, visit: Visit, for_all: Scope) -> frozenset[str] | None:
    """Say which groups a caller may see: None, which is all, with a scope of staff; else those they host."""
    if for_all in visit.caller.scopes:
        return None
    return await groups.hosted_by(session, staff_id=visit.caller.staff_id)


async def _group(session: Session, visit: Visit, key: str, for_all: Scope) -> Group:
    """Find a group a caller may see. Raises NotFoundError."""
    own = await _own(session, visit, for_all)
    group = visit.house.desk.service.content.groups.get(key)
    if group is None or (own is not None and key not in own):
        raise NotFoundError
    return group


async def _shown(session: Session, deed: Deed, group: Group, state: BefriendingGroup) -> Reply:
    seats = (await attending.seats(session)).get(group.key, Seats())
    told = _told(group, state, seats, deed.now)
    return Reply(200, f'"{state.version}"', told.model_dump_json())


def _told(group: Group, state: BefriendingGroup, seats: Seats, now: datetime) -> GroupTold:
    return GroupTold(
        key=group.key,
        name=group.name,
        host=group.host,
        way=Way(group.way),
        next_at=next_start(group.meetings, now),
        places=group.places,
        taken=seats.taken,
        listed=seats.listed,
        good=seats.good,
        not_for_me=seats.not_for_me,
        paused_at=state.paused_at,
        has_way_in=state.way_in is not None,
        version=state.version,
    )
