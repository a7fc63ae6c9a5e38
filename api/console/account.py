"""One's own account: where one is signed in, the password, the authenticator and its recovery codes."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import Response

from api.console.access import SIGN_IN, does, sees, take_cookie_back
from api.console.deeds import doing
from api.console.door import LONGEST, onward
from api.console.pages import draw
from api.console.proof import code_problem, renew
from api.console.sign_in import enter
from api.staff.access import Deed, Visit
from waitingroom import accounts, passwords, recovery, sign_ins, staff_sessions
from waitingroom.accounts import NoAccountError
from waitingroom.passwords import WeakPasswordError
from waitingroom.sign_ins import TooManyCodesError

router = APIRouter(prefix="/staff/account", tags=["console"], include_in_schema=False)

PAGE = "/staff/account"
WRONG_PASSWORD = "That is not your password."  # noqa: S105 -- words, not a password
DONE: Mapping[str, str] = {
    "password": "Your password is changed. You are signed out everywhere else.",
    "ended": "That browser is signed out.",
}
Mine = Annotated[Visit, sees()]
MyDeed = Annotated[Deed, does()]


@router.get("", operation_id="accountPage")
async def account_page(visit: Mine, done: str = "") -> Response:
    """Show where one is signed in, and what can be changed."""
    return await _page(visit, done=DONE.get(done, ""))


@router.post("/sessions/{session_id}/end", operation_id="endSession")
async def end_session(deed: MyDeed, session_id: uuid.UUID) -> Response:
    """Sign one of one's browsers out; 404 for anyone else's."""
    async with doing(deed, f"session {session_id}") as done:
        await staff_sessions.end_own(
            done.session, session_id=session_id, staff_id=deed.caller.staff_id, now=deed.now
        )
    return onward(SIGN_IN if session_id == deed.caller.session_id else f"{PAGE}?done=ended")


@router.post("/sign-out-everywhere", operation_id="signOutEverywhere")
async def sign_out_everywhere(deed: MyDeed) -> Response:
    """Sign every browser out, this one too."""
    async with doing(deed) as done:
        await staff_sessions.end_all(done.session, staff_id=deed.caller.staff_id, now=deed.now)
    response = onward(SIGN_IN)
    take_cookie_back(response, secure=deed.house.settings.secure_cookies)
    return response


@router.post("/password", operation_id="changePassword")
async def change_password(request: Request, deed: MyDeed) -> Response:
    """Change the password, with the old one and a code. Every other browser is signed out."""
    form = await _form(request)
    new = form.get("new_password", "")
    async with deed.house.database.transaction() as session:
        member, account = await accounts.find(session, staff_id=deed.caller.staff_id)
        email = accounts.email_of(session, account)
    try:
        passwords.check(new, name=member.name, email=email, service=deed.house.settings.service_name)
    except WeakPasswordError as weak:
        return await _page(deed, problems={"new_password": weak.words})
    problems = await _not_them(deed, form, "current_password", "password_code")
    if problems:
        return await _page(deed, problems=problems)
    kept = await passwords.hashed(new)
    async with doing(deed) as done:
        await accounts.set_password(
            done.session, staff_id=member.id, password_hash=kept, but=deed.caller.session_id, now=deed.now
        )
    response = onward(f"{PAGE}?done=password")
    await renew(deed, response)
    return response


@router.post("/recovery-codes", operation_id="newRecoveryCodes")
async def new_recovery_codes(request: Request, deed: MyDeed) -> Response:
    """Make recovery codes anew, with password and code, and show them this once."""
    problems = await _not_them(deed, await _form(request), "recovery_password", "recovery_code")
    if problems:
        return await _page(deed, problems=problems)
    async with doing(deed) as done:
        codes = await recovery.make_anew(done.session, staff_id=deed.caller.staff_id, now=deed.now)
    response = draw(deed, "recovery_codes.html", {"codes": codes})
    await renew(deed, response)
    return response


@router.post("/authenticator", operation_id="newAuthenticator")
async def new_authenticator(request: Request, deed: MyDeed) -> Response:
    """Begin to set up another authenticator, with password and code; the old one stands until that is done."""
    problems = await _not_them(deed, await _form(request), "authenticator_password", "authenticator_code")
    if problems:
        return await _page(deed, problems=problems)
    return await enter(deed.house, deed.caller.staff_id, PAGE, anew=True)


async def _not_them(deed: Deed, form: Mapping[str, str], password: str, code: str) -> dict[str, str]:
    """Look at a password, then at a code. Returns what is wrong, by field; nothing where it is really them."""
    async with deed.house.database.transaction() as session:
        allowed = await sign_ins.count_code(session, staff_id=deed.caller.staff_id, now=deed.now)
        _member, account = await accounts.find(session, staff_id=deed.caller.staff_id)
    if not allowed:
        return {password: TooManyCodesError().words}
    if not await passwords.is_right(form.get(password, ""), account.password_hash):
        return {password: WRONG_PASSWORD}
    problem = await code_problem(deed, form.get(code, ""))
    return {code: problem} if problem else {}


async def _form(request: Request) -> Mapping[str, str]:
    return {name: str(value)[:LONGEST] for name, value in (await request.form()).multi_items()}


async def _page(visit: Visit, *, done: str = "", problems: Mapping[str, str] | None = None) -> Response:
    who = visit.caller.staff_id
    async with visit.house.database.transaction() as session:
        open_ones = await staff_sessions.open_ones(session, staff_id=who, now=visit.now)
        try:
            _member, account = await accounts.find(session, staff_id=who)
            email, secured = accounts.email_of(session, account), account.authenticator is not None
        except NoAccountError:
            email, secured = "", False
        left = await recovery.left(session, staff_id=who)
    facts = {
        "sessions": open_ones,
        "email": email,
        "secured": secured,
        "left": left,
        "problems": problems or {},
        "done": done,
        "here": "/staff/more",
        "zone": visit.house.desk.service.zone,
    }
    return draw(visit, "account.html", facts, status=422 if problems else 200)
