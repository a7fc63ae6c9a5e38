"""Matches in the console: two who may be one person, side by side, joined, kept apart or parted again."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import finish
from api.console.pages import done_words, draw
from api.staff.access import Deed, Visit
from api.staff.matches import told_of_pair
from waitingroom import joining, pairs, parting
from waitingroom.database import Session
from waitingroom.joining import Which
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/matches"
HERE = {"here": "/staff/more"}
DONE: Mapping[str, str] = {
    "joined": done_words("joined"),
    "apart": "They are two people. You are not asked again.",
    "parted": "They are two again. What was said since went with whoever said it: look at both.",
}
Sees = Annotated[Visit, sees(Scope.QUEUE_READ)]
Reads = Annotated[Visit, sees(Scope.PERSON_READ)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Tag = Annotated[str, Form(min_length=1, max_length=200)]


@router.get(PAGE, operation_id="matchesPage")
async def matches_page(visit: Sees, done: str = "") -> Response:
    """List who may be one person, and the joins that can still be undone."""
    return await _list(visit, done=DONE.get(done, ""))


@router.get(PAGE + "/{match_id}", operation_id="matchPage")
async def match_page(match_id: uuid.UUID, visit: Reads) -> Response:
    """Show two side by side, and what would be kept of them."""
    return await _match(visit, match_id)


@router.post(PAGE + "/{match_id}/join", operation_id="joinMatchForm")
async def join(match_id: uuid.UUID, deed: Changes, tag: Tag, reach: Annotated[Which, Form()]) -> Response:
    """Make the two one."""

    async def work(session: Session) -> str:
        who = deed.caller.staff_id
        person_id = await joining.join(
            session, match_id=match_id, tags={tag} - {"*"}, reach=reach, staff_id=who, now=deed.now
        )
        sees_people = Scope.PERSON_READ in deed.caller.scopes
        return f"{f'/staff/people/{person_id}' if sees_people else PAGE}?done=joined"

    return await finish(deed, work, again=lambda words, status: _match(deed, match_id, words, status))


@router.post(PAGE + "/{match_id}/keep-apart", operation_id="keepMatchApartForm")
async def keep_apart(match_id: uuid.UUID, deed: Changes, tag: Tag) -> Response:
    """Decide that the two are two people."""

    async def work(session: Session) -> str:
        who = deed.caller.staff_id
        await joining.keep_apart(session, match_id=match_id, tags={tag} - {"*"}, staff_id=who, now=deed.now)
        return f"{PAGE}?done=apart"

    return await finish(deed, work, again=lambda words, status: _match(deed, match_id, words, status))


@router.post(PAGE + "/{match_id}/part", operation_id="partMatchForm")
async def part(match_id: uuid.UUID, deed: Changes, tag: Tag) -> Response:
    """Make two of one again."""

    async def work(session: Session) -> str:
        who = deed.caller.staff_id
        await parting.part(session, match_id=match_id, tags={tag} - {"*"}, staff_id=who, now=deed.now)
        return f"{PAGE}?done=parted"

    return await finish(deed, work, again=lambda words, status: _list(deed, words, status))


async def _list(visit: Visit, problem: str = "", status: int = 200, *, done: str = "") -> Response:
    async with visit.house.database.transaction() as session:
        waiting = await pairs.listed(session, hub_id=visit.caller.hub_id)
        joined = await parting.listed(session, now=visit.now, hub_id=visit.caller.hub_id)
    facts = {"matches": waiting, "joins": joined, "problem": problem, "done": done, "may": _may(visit)}
    return draw(visit, "matches.html", facts | HERE, status=status)


async def _match(visit: Visit, match_id: uuid.UUID, problem: str = "", status: int = 200) -> Response:
    async with visit.house.database.transaction() as session:
        pair = await pairs.look(session, match_id=match_id)
    told = told_of_pair(pair, visit.house.desk.service.content)
    facts = {"told": told, "tag": pair.tag, "problem": problem, "may": _may(visit)}
    return draw(visit, "match.html", facts | HERE, status=status)


def _may(visit: Visit) -> bool:
    return Scope.REFERRAL_WRITE in visit.caller.scopes
