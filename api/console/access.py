"""Access to the console: who is signed in, what their role allows, and that a form is really theirs."""

import base64
import hmac
import uuid
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi.responses import Response
from pydantic_core import to_json

from api.chat_form import sent_from_here
from api.house import House
from api.limits import limited
from api.staff.access import Deed, Visit, admitted
from waitingroom import staff_sessions
from waitingroom.columns import KeyRing
from waitingroom.idempotency import Once
from waitingroom.staff import Scope
from waitingroom.staff_sessions import LONGEST, SignedOutError

SIGN_IN = "/staff/sign-in"
NOT_OURS = "That form did not come from your own page. Go back, reload the page, and try again."
ONCE = "once"
"""The field of a form that names it: sent twice, it is done once."""
TOKEN = "token"  # noqa: S105 -- the name of a field
"""The field of a form that only a page drawn for this session has."""


def cookie_name(*, secure: bool) -> str:
    """Name the cookie. `secure`: HTTPS only, bound by the browser to this very host."""
    return "__Host-staff" if secure else "staff"


def give_cookie(response: Response, secret: str, *, secure: bool) -> None:
    """Have the browser keep the session's secret, out of reach of scripts and of other sites."""
    kept = f"{cookie_name(secure=secure)}={secret}; Max-Age={int(LONGEST.total_seconds())}; Path=/; HttpOnly"
    response.headers.append("Set-Cookie", f"{kept}; SameSite=Strict" + ("; Secure" if secure else ""))


def take_cookie_back(response: Response, *, secure: bool) -> None:
    """Have the browser forget the session's secret."""
    name = cookie_name(secure=secure)
    response.delete_cookie(name, path="/", secure=secure, httponly=True, samesite="strict")


def form_token(keys: KeyRing, session_id: uuid.UUID | None) -> str:
    """Make the token that every form of this session carries."""
    return base64.urlsafe_b64encode(keys.fingerprint("form-token", str(session_id))[:18]).decode()


async def _visit(request: Request) -> Visit:
    house: House = request.app.state.house
    secret = request.cookies.get(cookie_name(secure=house.settings.secure_cookies), "")

    async def come() -> Visit:
        return await admitted(request, lambda session, now: staff_sessions.caller(session, secret=secret, now=now))

    try:
        return await limited(request, secret, come)
    except SignedOutError as out:
        back = quote(request.url.path) if request.method == "GET" else ""
        raise HTTPException(303, str(out), {"Location": f"{SIGN_IN}?next={back}" if back else SIGN_IN}) from out


def sees(*scopes: Scope) -> Any:
    """Let in whoever is signed in and may do one of `scopes`: a FastAPI dependency that gives a Visit.

    Others are sent to sign in (303), or told that their role does not allow it (NotAllowedError, 403).
    """

    async def allowed(visit: Annotated[Visit, Depends(_visit)]) -> Visit:
        if scopes:
            visit.caller.check(*scopes)
        return visit

    return Depends(allowed)


def does(*scopes: Scope) -> Any:
    """Let in a form of whoever is signed in and may do one of `scopes`: it gives a Deed.

    403 for a form that does not come from a page of this very session. With the field `once` it is done once.
    """

    async def allowed(request: Request, visit: Annotated[Visit, sees(*scopes)]) -> Deed:
        form = await request.form()
        token = form_token(visit.house.database.keys, visit.caller.session_id)
        if not sent_from_here(request) or not hmac.compare_digest(
            str(form.get(TOKEN, "")).encode(), token.encode()
        ):
            raise HTTPException(403, NOT_OURS)
        told = sorted((name, str(value)) for name, value in form.multi_items())
        asked = request.url.path.encode() + b"\n" + to_json(told)
        key = str(form.get(ONCE, ""))
        once = Once(visit.caller.staff_id, key, asked) if key else None
        return Deed(visit.house, visit.caller, visit.now, once, noted=visit.noted)

    return Depends(allowed)
