"""Showing once more that it is you: some acts ask for a fresh code, and then go on where they were."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from api.console.access import does, give_cookie
from api.console.door import HOME, local
from api.console.pages import draw
from api.pages import GUARDS
from api.staff.access import Deed, Visit
from waitingroom import accounts, authenticators, sign_ins, staff_sessions
from waitingroom.accounts import NoAccountError
from waitingroom.authenticators import WrongCodeError
from waitingroom.sign_ins import TooManyCodesError
from waitingroom.staff import Scope
from waitingroom.staff_sessions import NotProvedError

router = APIRouter(tags=["console"], include_in_schema=False)

PROVE = "/staff/prove"
CODE, BACK = "proof_code", "proof_back"
OWN = frozenset({CODE, BACK})
"""Fields of the question itself; every other is carried on to the act."""
Fields = Sequence[tuple[str, str]]


class AskAgainError(NotProvedError):
    """Please show once more that it is you, with a code from your authenticator."""

    def __init__(self, visit: Visit, back: str, fields: Fields) -> None:
        """Keep what was to be done: it goes on from here once a code was shown."""
        super().__init__()
        self.visit, self.back, self.fields = visit, back, fields


def does_proved(*scopes: Scope) -> Any:
    """Let in a form, as console_access.does, of someone who showed a code within five minutes: it gives a Deed.

    Anyone else is asked for one; then the same form is sent again by itself, and nothing typed is lost.
    """

    async def allowed(request: Request, deed: Annotated[Deed, does(*scopes)]) -> Deed:
        if not staff_sessions.is_proved(deed.caller, now=deed.now):
            raise AskAgainError(deed, request.url.path, await _fields(request))
        return deed

    return Depends(allowed)


async def ask_again(_request: Request, error: Exception) -> Response:
    """Draw the question: an exception handler for AskAgainError."""
    assert isinstance(error, AskAgainError)  # noqa: S101
    return await _ask(error.visit, error.back, error.fields, problem="")


@router.post(PROVE, operation_id="proveForm")
async def prove(request: Request, deed: Annotated[Deed, does()]) -> Response:
    """Look at the code. The session goes on under a new secret, and so does what was to be done (307)."""
    form = await request.form()
    back, fields = local(str(form.get(BACK, ""))), await _fields(request)
    if back == HOME:
        return RedirectResponse(HOME, 303, dict(GUARDS))
    problem = await code_problem(deed, str(form.get(CODE, "")))
    if problem:
        return await _ask(deed, back, fields, problem=problem)
    response = RedirectResponse(back, 307, dict(GUARDS))
    await renew(deed, response)
    return response


async def code_problem(deed: Deed, code: str) -> str:
    """Look at a code of whoever is signed in. Returns what is wrong with it; "" where it is right and now used."""
    async with deed.house.database.transaction() as session:
        if not await sign_ins.count_code(session, staff_id=deed.caller.staff_id, now=deed.now):
            return TooManyCodesError().words
    async with deed.house.database.transaction() as session:
        try:
            _member, account = await accounts.find(session, staff_id=deed.caller.staff_id)
        except NoAccountError:
            return WrongCodeError().words
        right = await authenticators.shown(session, account=account, code=code, now=deed.now)
    return "" if right else WrongCodeError().words


async def renew(deed: Deed, response: Response) -> None:
    """Give the session of someone who just showed a code a new secret: rights rise, so the old one must not do."""
    assert deed.caller.session_id is not None  # noqa: S101
    async with deed.house.database.transaction() as session:
        secret = await staff_sessions.prove(session, session_id=deed.caller.session_id, now=deed.now)
    give_cookie(response, secret, secure=deed.house.settings.secure_cookies)


async def has_authenticator(visit: Visit) -> bool:
    """Say whether whoever visits can show a code at all: not someone whose organisation sees to that."""
    async with visit.house.database.transaction() as session:
        try:
            _member, account = await accounts.find(session, staff_id=visit.caller.staff_id)
        except NoAccountError:
            return False
        return account.authenticator is not None


async def _ask(visit: Visit, back: str, fields: Fields, *, problem: str) -> Response:
    facts = {
        "back": back,
        "fields": fields,
        "problems": {CODE: problem} if problem else {},
        "can": await has_authenticator(visit),
    }
    return draw(visit, "prove.html", facts, status=422 if problem else 403)


async def _fields(request: Request) -> Fields:
    form = await request.form()
    return [(name, str(value)) for name, value in form.multi_items() if name not in OWN]
