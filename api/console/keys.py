"""Keys of programs: listed, made with their scopes and last day, shown once, ended."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console.deeds import doing
from api.console.door import onward
from api.console.pages import draw
from api.console.team import HERE, Does, Sees, Words, hub_in, hubs_for
from api.staff.access import Visit
from waitingroom import staff_keys
from waitingroom.errors import RefusedError
from waitingroom.roles import OF_ROLE, Role, Scope
from waitingroom.staff_keys import KeyRefusedError

router = APIRouter(prefix="/staff/keys", tags=["console"], include_in_schema=False)

PAGE = "/staff/keys"
USUAL = timedelta(days=180)
WHAT: Mapping[Scope, str] = {
    Scope.QUEUE_READ: "Read the waiting list, with no names",
    Scope.PERSON_READ: "Read people and what they said",
    Scope.REFERRAL_WRITE: "Pick up, log and close",
    Scope.MESSAGE_SEND: "Write to people",
    Scope.GROUP_HOST: "Host groups",
    Scope.HELP_GIVE: "Help where a colleague asked for it",
    Scope.REPORT_READ: "Read reports",
    Scope.AUDIT_READ: "Read who did what",
    Scope.RECORD_WRITE: "Copies for people, holds, joining records",
    Scope.HOOK_WRITE: "Set where other programs are told",
}
"""What each scope lets a program do, for whoever gives it."""


@router.get("", operation_id="keysPage")
async def keys_page(visit: Sees, done: str = "") -> Response:
    """List the keys and the form for a new one."""
    return await _page(visit, done="That key has ended." if done == "ended" else "")


@router.post("", operation_id="makeKey")
async def make_key(
    deed: Does,
    *,
    name: Words = "",
    hub: Words = "",
    last_day: Words = "",
    scope: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Make a key, and show it this once."""
    told = {"name": name, "hub": hub, "last_day": last_day}
    try:
        scopes = frozenset(Scope(one) for one in scope or ())
        ends_at = _end_of(date.fromisoformat(last_day), deed)
    except (ValueError, OverflowError):
        return await _page(deed, told=told, problems={"last_day" if scope else "scope": KeyRefusedError().words})
    try:
        async with doing(deed) as done:
            key = await staff_keys.make(
                done.session,
                name=name,
                scopes=scopes,
                hub_id=hub_in(hub),
                ends_at=ends_at,
                by=deed.caller,
                now=deed.now,
            )
    except RefusedError as refusal:
        return await _page(deed, told=told, problems={"name" if scopes else "scope": refusal.words})
    return draw(deed, "key.html", {**HERE, "name": name, "key": key})


@router.post("/{key_id}/end", operation_id="endKey")
async def end_key(deed: Does, key_id: uuid.UUID) -> Response:
    """End a key at once; 404 for another hub's."""
    async with doing(deed, f"key {key_id}") as done:
        await staff_keys.end(done.session, key_id=key_id, by=deed.caller, now=deed.now)
    return onward(f"{PAGE}?done=ended")


def _end_of(day: date, visit: Visit) -> datetime:
    zone = visit.house.desk.service.zone
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(visit.now.tzinfo)


def _usual_day(visit: Visit) -> str:
    return (visit.now + USUAL).date().isoformat()


async def _page(
    visit: Visit,
    *,
    done: str = "",
    told: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    async with visit.house.database.transaction() as session:
        listed = await staff_keys.listed(session, by=visit.caller)
    may = frozenset(staff_keys.MAY_CARRY)
    if visit.caller.role is not Role.ADMIN:
        may &= OF_ROLE[visit.caller.role]
    facts = {
        "keys": [
            (one, one.open(visit.now), [WHAT[Scope(name)] for name in one.key.scopes if name in WHAT])
            for one in listed
        ],
        "what": {scope.value: words for scope, words in WHAT.items() if scope in may},
        "hubs": {str(hub.id): hub.name for hub in await hubs_for(visit)},
        "told": told or {"name": "", "hub": str(visit.caller.hub_id or ""), "last_day": _usual_day(visit)},
        "zone": visit.house.desk.service.zone,
        "problems": problems or {},
        "done": done,
    }
    return draw(visit, "keys.html", {**HERE, **facts}, status=422 if problems else 200)
