"""Signing in to the console: password, then code; the first time an authenticator is set up. And signing out."""

import uuid
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from markupsafe import Markup

from api.console.access import SIGN_IN, does, take_cookie_back
from api.console.deeds import doing
from api.console.demo import demo_cast
from api.console.door import (
    begin_session,
    door,
    entering,
    form_from_here,
    house_of,
    keep_entering,
    local,
    onward,
    signed_in,
)
from api.house import House
from api.limits import for_strangers
from api.staff.access import Deed
from waitingroom import accounts, authenticators, passwords, sign_ins, staff_sessions
from waitingroom.authenticators import WrongCodeError
from waitingroom.sign_ins import NotRightError, StartAnewError, TooManyTriesError

router = APIRouter(tags=["console"], include_in_schema=False, dependencies=[Depends(for_strangers)])

CODE, SET_UP = f"{SIGN_IN}/code", f"{SIGN_IN}/set-up"
GROUP = 4
"""Letters of a secret between two gaps, for whoever types it."""
NOTHING_THERE = {"email": "Write your e-mail address", "password": "Write your password"}
Next = Annotated[str, Query(alias="next", max_length=500)]


@router.get(SIGN_IN, operation_id="signInPage")
async def sign_in_page(request: Request, where: Next = "", again: str = "") -> Response:
    """Ask for e-mail and password."""
    return _first(house_of(request), where, again=StartAnewError().words if again else "")


@router.post(SIGN_IN, operation_id="signInForm")
async def sign_in(request: Request) -> Response:
    """Look at e-mail and password. Neither the answer nor its time tells if there is such an account."""
    house, form = house_of(request), await form_from_here(request)
    email, password, where = form.get("email", ""), form.get("password", ""), form.get("next", "")
    empty = {name: words for name, words in NOTHING_THERE.items() if not form.get(name, "").strip()}
    if empty:
        return _first(house, where, email=email, problems=empty, status=422)
    now = house.clock.now()
    address = request.client.host if request.client else ""
    async with house.database.transaction() as session:
        allowed = await sign_ins.count_try(session, email=email, address=address, now=now)
        found = await accounts.by_email(session, email=email)
    if not allowed:
        return _first(house, where, email=email, problems={"email": TooManyTriesError().words}, status=429)
    stands = found is not None and found[0].ended_at is None
    right = await passwords.is_right(password, found[1].password_hash if found and stands else None)
    if found is None or not right:
        return _first(house, where, email=email, problems={"email": NotRightError().words}, status=422)
    return await enter(house, found[1].staff_id, where)


async def enter(house: House, staff_id: uuid.UUID, where: str, *, anew: bool = False) -> Response:
    """Lead on to the code, or to setting up an authenticator where there is none, or `anew`."""
    now = house.clock.now()
    async with house.database.transaction() as session:
        _member, account = await accounts.find(session, staff_id=staff_id)
        has_one = account.authenticator is not None and not anew
        secret = await sign_ins.begin(session, account=account, now=now, anew=anew)
    response = onward(_with_next(CODE if has_one else SET_UP, where))
    keep_entering(response, secret, secure=house.settings.secure_cookies)
    return response


@router.get(CODE, operation_id="codePage")
async def code_page(request: Request, where: Next = "") -> Response:
    """Ask for the code."""
    house = house_of(request)
    try:
        async with house.database.transaction() as session:
            row, _member, _account = await sign_ins.under_way(
                session, secret=entering(request), now=house.clock.now()
            )
    except StartAnewError:
        return begin_again(where)
    if row.new_secret is not None:
        return onward(_with_next(SET_UP, where))
    return door(house, "sign_in_code.html", {"next": local(where)})


@router.post(CODE, operation_id="codeForm")
async def show_code(request: Request) -> Response:
    """Look at the code: whoever shows the right one is in."""
    house, form = house_of(request), await form_from_here(request)
    where, code = form.get("next", ""), form.get("code", "")
    try:
        async with house.database.transaction() as session:
            who = await sign_ins.show_code(session, secret=entering(request), code=code, now=house.clock.now())
            cookie = await begin_session(session, request, who) if who is not None else None
    except StartAnewError:
        return begin_again(where)
    if cookie is None:
        facts = {"next": local(where), "problems": {"code": WrongCodeError().words}}
        return door(house, "sign_in_code.html", facts, status=422)
    return signed_in(onward(local(where)), cookie, secure=house.settings.secure_cookies)


@router.get(SET_UP, operation_id="setUpPage")
async def set_up_page(request: Request, where: Next = "") -> Response:
    """Show the square of a new authenticator, and its letters."""
    return await _set_up_page(request, where, {})


@router.post(SET_UP, operation_id="setUpForm")
async def set_up(request: Request) -> Response:
    """Look at the first code of the new authenticator; then show the recovery codes, this once."""
    house, form = house_of(request), await form_from_here(request)
    where, code = form.get("next", ""), form.get("code", "")
    now = house.clock.now()
    try:
        async with house.database.transaction() as session:
            done = await sign_ins.set_up(session, secret=entering(request), code=code, now=now)
            if done is not None:
                await staff_sessions.end_all(session, staff_id=done[0], now=now)
            cookie = await begin_session(session, request, done[0]) if done is not None else None
    except StartAnewError:
        return begin_again(where)
    if done is None or cookie is None:
        return await _set_up_page(request, where, {"code": WrongCodeError().words})
    response = door(house, "sign_in_codes.html", {"codes": done[1], "next": local(where)})
    return signed_in(response, cookie, secure=house.settings.secure_cookies)


@router.post("/staff/sign-out", operation_id="signOut")
async def sign_out(deed: Annotated[Deed, does()]) -> Response:
    """Sign this browser out."""
    assert deed.caller.session_id is not None  # noqa: S101
    async with doing(deed) as done:
        await staff_sessions.end(done.session, session_id=deed.caller.session_id, now=deed.now)
    response = onward(SIGN_IN)
    take_cookie_back(response, secure=deed.house.settings.secure_cookies)
    return response


def begin_again(where: str = "") -> Response:
    """Send back to the first page, which says why."""
    path = _with_next(SIGN_IN, where)
    return onward(path + ("&" if "?" in path else "?") + "again=1")


def _with_next(path: str, where: str) -> str:
    return f"{path}?{urlencode({'next': local(where)})}" if where else path


def _first(
    house: House,
    where: str,
    *,
    email: str = "",
    again: str = "",
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    facts = {
        "email": email,
        "next": local(where),
        "again": again,
        "problems": problems or {},
        "organisation": bool(house.settings.oidc_issuer and house.settings.oidc_client_id),
        "demo": demo_cast(house),
    }
    return door(house, "sign_in.html", facts, status=status)


async def _set_up_page(request: Request, where: str, problems: Mapping[str, str]) -> Response:
    house = house_of(request)
    try:
        async with house.database.transaction() as session:
            row, _member, account = await sign_ins.under_way(
                session, secret=entering(request), now=house.clock.now()
            )
            secret = sign_ins.secret_of(session, row)
            if secret is None:
                return onward(_with_next(CODE, where))
            address = authenticators.address_of(session, account, secret, service=house.settings.service_name)
    except StartAnewError:
        return begin_again(where)
    groups = " ".join(secret[at : at + GROUP] for at in range(0, len(secret), GROUP))
    facts = {"next": local(where), "problems": problems, "square": square(address), "secret": groups}
    return door(house, "sign_in_set_up.html", facts, status=422 if problems else 200)


def square(address: str) -> Markup:
    """Draw an address as a square code: SVG with a name, black on white whatever the page's colours."""
    import segno

    drawn = segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", title="Square code for your authenticator app", omitsize=True
    )
    return Markup(drawn)  # noqa: S704 -- made of squares and our own title
