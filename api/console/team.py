"""The team: who has an account here, asking someone in, and changing or ending an account."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response
from sqlmodel import select

from api.console.access import sees
from api.console.deeds import doing
from api.console.door import onward
from api.console.pages import ROLES, draw
from api.console.proof import does_proved
from api.staff.access import Deed, Visit
from api.staff.caseload import usual_cap
from waitingroom import accounts, helping, invitations, loads, team
from waitingroom.accounts import EmailTakenError, NotAnEmailError
from waitingroom.errors import RefusedError
from waitingroom.hubs import Hub
from waitingroom.invitations import NoNameError
from waitingroom.roles import Role, Scope
from waitingroom.staff import NotAllowedError

router = APIRouter(prefix="/staff/team", tags=["console"], include_in_schema=False)

PAGE = "/staff/team"
CHOOSE = "Choose a role."
HERE: Mapping[str, object] = {"here": "/staff/more"}
DONE: Mapping[str, str] = {
    "role": "Their role is changed. They are signed out, and their keys have ended.",
    "cap": "Noted. What they carry is measured against it from now on.",
    "organisation": "Noted. People are asked again before anything is shared under the new name.",
    "ended": "That account has ended, and everything signed in with it.",
}
FIELDS: Mapping[type[RefusedError], str] = {
    NoNameError: "name",
    NotAnEmailError: "email",
    EmailTakenError: "email",
    NotAllowedError: "role",
}
"""Which field of the form each refusal is about."""
Sees = Annotated[Visit, sees(Scope.STAFF_WRITE)]
Does = Annotated[Deed, does_proved(Scope.STAFF_WRITE)]
Words = Annotated[str, Form(max_length=500)]


@router.get("", operation_id="teamPage")
async def team_page(visit: Sees, done: str = "") -> Response:
    """List who has an account: a lead sees their own hub's."""
    async with visit.house.database.transaction() as session:
        everyone = await team.members(session, by=visit.caller)
    hubs = {hub.id: hub.name for hub in await hubs_for(visit)}
    return draw(
        visit, "team.html", {**HERE, "team": everyone, "hubs": hubs, "roles": ROLES, "done": DONE.get(done, "")}
    )


@router.get("/new", operation_id="invitePage")
async def invite_page(visit: Sees) -> Response:
    """Ask who is to come, in which role and hub."""
    return await _form(visit, {})


@router.post("/new", operation_id="inviteStaff")
async def invite(
    request: Request, deed: Does, *, name: Words = "", email: Words = "", role: Words = "", hub: Words = ""
) -> Response:
    """Ask someone in; the link is shown this once."""
    told = {"name": name, "email": email, "role": role, "hub": hub}
    if role not in set(Role):
        return await _form(deed, told, {"role": CHOOSE})
    try:
        hub_id = hub_in(hub)
        async with doing(deed) as done:
            member, token = await invitations.invite(
                done.session, name=name, email=email, role=Role(role), hub_id=hub_id, by=deed.caller, now=deed.now
            )
            done.about = f"staff {member.id}"
    except RefusedError as refusal:
        where = next((field for kind, field in FIELDS.items() if isinstance(refusal, kind)), "name")
        return await _form(deed, told, {where: refusal.words})
    return link_page(deed, request, member.name, token)


@router.get("/{staff_id}", operation_id="memberPage")
async def member_page(visit: Sees, staff_id: uuid.UUID, done: str = "") -> Response:
    """Show one account and what can be done with it; 404 for another hub's."""
    async with visit.house.database.transaction() as session:
        member, account = await team.seen(session, staff_id=staff_id, by=visit.caller)
        email = accounts.email_of(session, account)
        cap = await loads.cap_of(session, staff_id=staff_id)
    facts = {
        "cap": cap,
        "usual_cap": usual_cap(visit),
        "carries": member.role in helping.HELPS and member.role is not Role.PROVIDER,
        "done": DONE.get(done, ""),
        "member": member,
        "email": email,
        "joined": account.password_hash is not None,
        "changeable": team.can_change(visit.caller, member),
        "roles": given_by(visit),
        "hubs": {str(hub.id): hub.name for hub in await hubs_for(visit)},
    }
    return draw(visit, "member.html", {**HERE, **facts})


@router.post("/{staff_id}/role", operation_id="changeRole")
async def change_role(deed: Does, staff_id: uuid.UUID, *, role: Words = "", hub: Words = "") -> Response:
    """Give a colleague another role or hub."""
    if role not in set(Role):
        raise NotAllowedError(CHOOSE)
    async with doing(deed, f"staff {staff_id}") as done:
        await team.change_role(
            done.session, staff_id=staff_id, role=Role(role), hub_id=hub_in(hub), by=deed.caller, now=deed.now
        )
    return onward(f"{PAGE}?done=role")


@router.post("/{staff_id}/reset", operation_id="resetAccount")
async def reset(request: Request, deed: Does, staff_id: uuid.UUID) -> Response:
    """Make a new link for someone who lost theirs, their password or their authenticator."""
    async with doing(deed, f"staff {staff_id}") as done:
        member, _account = await team.seen(done.session, staff_id=staff_id, by=deed.caller)
        token = await invitations.begin_anew(done.session, staff_id=staff_id, by=deed.caller, now=deed.now)
    return link_page(deed, request, member.name, token)


@router.post("/{staff_id}/end", operation_id="endAccount")
async def end(deed: Does, staff_id: uuid.UUID) -> Response:
    """End an account, its sessions and its keys, at once."""
    async with doing(deed, f"staff {staff_id}") as done:
        await team.end(done.session, staff_id=staff_id, by=deed.caller, now=deed.now)
    return onward(f"{PAGE}?done=ended")


async def hubs_for(visit: Visit) -> Sequence[Hub]:
    """List the hubs someone may give: a lead their own, an admin all."""
    query = select(Hub).order_by(Hub.name)
    if visit.caller.hub_id is not None:
        query = query.where(Hub.id == visit.caller.hub_id)
    async with visit.house.database.transaction() as session:
        return (await session.exec(query)).all()


def hub_in(told: str) -> uuid.UUID | None:
    """Read which hub was chosen; "": the whole service. Raises NotAllowedError for what is no hub."""
    if not told:
        return None
    try:
        return uuid.UUID(told)
    except ValueError:
        raise NotAllowedError(accounts.NO_HUB) from None


def given_by(visit: Visit) -> Mapping[str, str]:
    """Name the roles someone may give, by their key."""
    given = team.GIVEN_BY_A_LEAD if visit.caller.role is not Role.ADMIN else frozenset(Role)
    return {role.value: words for role, words in ROLES.items() if role in given}


def link_page(deed: Deed, request: Request, name: str, token: str) -> Response:
    """Show a link, this once: whoever asked someone in passes it on."""
    home = deed.house.settings.public_url or str(request.base_url).rstrip("/")
    return draw(deed, "link.html", {**HERE, "name": name, "link": f"{home}/staff/join/{token}"})


async def _form(visit: Visit, told: Mapping[str, str], problems: Mapping[str, str] | None = None) -> Response:
    facts = {
        "told": {"name": "", "email": "", "role": Role.LINK_WORKER.value, "hub": "", **told},
        "problems": problems or {},
        "roles": given_by(visit),
        "hubs": {str(hub.id): hub.name for hub in await hubs_for(visit)},
    }
    return draw(visit, "invite.html", {**HERE, **facts}, status=422 if problems else 200)
