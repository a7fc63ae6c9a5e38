"""The page of away days: until when one is not at work, and who reads what one's people write meanwhile."""

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console.access import does, sees
from api.console.done import finish
from api.console.pages import draw
from api.console.tasks import day_of
from api.staff.access import Deed, Visit
from api.staff.to_dos import today_of
from waitingroom import away
from waitingroom.away import NoCoverError
from waitingroom.database import Session
from waitingroom.roles import Scope

router = APIRouter(tags=["console"], include_in_schema=False)

PAGE = "/staff/away"
DONE = {
    "away": "People who write to you are told when you are back, and who reads it meanwhile.",
    "back": "You are at work again.",
}
NOTHING: Mapping[str, str] = {"back_on": "", "cover": ""}
Reads = Annotated[Visit, sees(Scope.QUEUE_READ)]
Changes = Annotated[Deed, does(Scope.REFERRAL_WRITE)]
Word = Annotated[str, Form(max_length=60)]


@router.get(PAGE, operation_id="awayPage")
async def away_page(visit: Reads, done: str = "") -> Response:
    """Show whether you are away, who reads for you, and for whom you read."""
    return await _page(visit, done=DONE.get(done, ""))


@router.post(PAGE, operation_id="awayForm")
async def leave(deed: Changes, back_on: Word = "", cover: Word = "") -> Response:
    """Say when you are back, and who reads for you."""

    async def work(session: Session) -> str:
        await away.leave(
            session,
            staff_id=deed.caller.staff_id,
            until_on=day_of(back_on),
            cover_id=_id(cover) if cover else None,
            today=today_of(deed),
            now=deed.now,
        )
        return f"{PAGE}?done=away"

    async def again(trouble: str, status: int) -> Response:
        return await _page(deed, trouble=trouble, status=status, typed={"back_on": back_on, "cover": cover})

    return await finish(deed, work, again=again)


@router.post("/staff/away/back", operation_id="backAtWorkForm")
async def come_back(deed: Changes) -> Response:
    """Say that you are at work again."""

    async def work(session: Session) -> str:
        await away.come_back(session, staff_id=deed.caller.staff_id)
        return f"{PAGE}?done=back"

    async def again(trouble: str, status: int) -> Response:
        return await _page(deed, trouble=trouble, status=status)

    return await finish(deed, work, again=again)


def _id(told: str) -> uuid.UUID:
    try:
        return uuid.UUID(told)
    except ValueError:
        raise NoCoverError from None


async def _page(
    visit: Visit, *, done: str = "", trouble: str = "", status: int = 200, typed: Mapping[str, str] = NOTHING
) -> Response:
    who, today = visit.caller, today_of(visit)
    async with visit.house.database.transaction() as session:
        facts = {
            "reader": await away.reader(session, staff_id=who.staff_id, today=today),
            "others": await away.may_cover(session, staff_id=who.staff_id, hub_id=who.hub_id),
            "read_for": await away.covered_by(session, staff_id=who.staff_id, today=today),
        }
    told: dict[str, date | str | bool] = {
        "today": today,
        "trouble": trouble,
        "done": done,
        "may_write": Scope.REFERRAL_WRITE in who.scopes,
        "here": "/staff/more",
    }
    return draw(visit, "away.html", {**facts, **told, "typed": typed}, status=status)
