"""Joining: the link of an invitation, where its holder chooses a password."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.console.deeds import at_the_door
from api.console.door import door, form_from_here, house_of, trouble
from api.console.sign_in import enter
from api.limits import for_strangers
from waitingroom import accounts, invitations, passwords
from waitingroom.invitations import NoInvitationError
from waitingroom.passwords import WeakPasswordError

router = APIRouter(tags=["console"], include_in_schema=False, dependencies=[Depends(for_strangers)])

JOIN = "/staff/join/{token}"


@router.get(JOIN, operation_id="joinPage")
async def join_page(request: Request, token: str) -> Response:
    """Ask whoever holds the link for a password. Looking at it uses nothing up: mail programs look too."""
    return await _page(request, token, {})


@router.post(JOIN, operation_id="joinForm")
async def join(request: Request, token: str) -> Response:
    """Keep the password, use the link up, and lead on to the authenticator."""
    house, form = house_of(request), await form_from_here(request)
    password, now = form.get("password", ""), house.clock.now()
    try:
        async with house.database.transaction() as session:
            member, account = await invitations.opened(session, token=token, now=now)
            email = accounts.email_of(session, account)
        passwords.check(password, name=member.name, email=email, service=house.settings.service_name)
        kept = await passwords.hashed(password)
        async with house.database.transaction() as session:
            who = await invitations.accept(session, token=token, password_hash=kept, now=now)
            at_the_door(session, staff_id=who, action="joinForm", now=now)
    except WeakPasswordError as weak:
        return await _page(request, token, {"password": weak.words})
    except NoInvitationError as none:
        return trouble(house, "This link does not open", none.words, status=410)
    return await enter(house, who, "")


async def _page(request: Request, token: str, problems: Mapping[str, str]) -> Response:
    house = house_of(request)
    try:
        async with house.database.transaction() as session:
            member, account = await invitations.opened(session, token=token, now=house.clock.now())
            facts = {"name": member.name, "email": accounts.email_of(session, account), "problems": problems}
    except NoInvitationError as none:
        return trouble(house, "This link does not open", none.words, status=410)
    return door(house, "join.html", facts, status=422 if problems else 200)
