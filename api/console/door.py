"""The console's door: pages for whoever is not signed in, where they go next, and what their browser keeps."""

import re
import uuid
from collections.abc import Mapping

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.chat_form import sent_from_here
from api.console.access import NOT_OURS, SIGN_IN, cookie_name, give_cookie
from api.console.deeds import at_the_door
from api.house import House
from api.pages import GUARDS, page
from waitingroom import staff_sessions
from waitingroom.database import Session
from waitingroom.sign_ins import SET_UP_LASTS
from waitingroom.staff_sessions import SignedOutError

HOME = "/staff"
LOCAL = re.compile(r"/staff(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9_=&%.+-]*)?")
"""Where one may be sent after signing in: a page of the console, by its path."""
LONGEST = 500
"""The longest a field of these forms may be."""
BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def house_of(request: Request) -> House:
    """Return the house this request came to."""
    house: House = request.app.state.house
    return house


def local(told: str) -> str:
    """Return where to go after signing in: the page of the console that was asked for, else its first."""
    return told if LOCAL.fullmatch(told) and not told.startswith(SIGN_IN) else HOME


async def form_from_here(request: Request, *, longest: int = LONGEST) -> Mapping[str, str]:
    """Read a form of our own page, each field cut at `longest`. Raises HTTPException 403 for another site's."""
    if not sent_from_here(request):
        raise HTTPException(403, NOT_OURS)
    async with request.form(max_fields=40, max_files=0) as form:
        return {name: str(value)[:longest] for name, value in form.multi_items()}


def door(house: House, template: str, facts: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
    """Draw a page for whoever is not signed in."""
    every = {"service": house.desk.service, "problems": {}}
    return page(f"console/{template}", {**every, **facts}, status=status)


def trouble(house: House, title: str, words: str, *, status: int) -> HTMLResponse:
    """Say what stands in the way."""
    return door(house, "door_trouble.html", {"title": title, "words": words}, status=status)


def onward(path: str) -> RedirectResponse:
    """Send on to another page of ours, guarded like a page."""
    return RedirectResponse(path, 303, dict(GUARDS))


def entering_name(*, secure: bool) -> str:
    """Name the cookie of someone between the password and the code."""
    return "__Host-staff-entering" if secure else "staff-entering"


def keep_entering(response: Response, secret: str, *, secure: bool) -> None:
    """Have the browser keep the secret of a sign-in that is under way."""
    kept = (
        f"{entering_name(secure=secure)}={secret}; Max-Age={int(SET_UP_LASTS.total_seconds())}; Path=/; HttpOnly"
    )
    response.headers.append("Set-Cookie", f"{kept}; SameSite=Strict" + ("; Secure" if secure else ""))


def entering(request: Request) -> str:
    """Read the secret of a sign-in that is under way; "" where there is none."""
    return request.cookies.get(entering_name(secure=house_of(request).settings.secure_cookies), "")


async def begin_session(session: Session, request: Request, staff_id: uuid.UUID, *, proved: bool = True) -> str:
    """Sign someone in with this browser: a new session, and whichever it carried before is over."""
    house = house_of(request)
    now = house.clock.now()
    before = request.cookies.get(cookie_name(secure=house.settings.secure_cookies), "")
    try:
        old = await staff_sessions.caller(session, secret=before, now=now)
    except SignedOutError:
        pass
    else:
        assert old.session_id is not None  # noqa: S101
        await staff_sessions.end(session, session_id=old.session_id, now=now)
    at_the_door(session, staff_id=staff_id, action="signIn", now=now)
    told = request.headers.get("user-agent", "")
    return await staff_sessions.begin(
        session, staff_id=staff_id, browser=browser_kind(told), now=now, proved=proved
    )


def signed_in(response: Response, secret: str, *, secure: bool) -> Response:
    """Have the browser keep the session, and forget the sign-in that led to it."""
    give_cookie(response, secret, secure=secure)
    response.delete_cookie(entering_name(secure=secure), path="/", secure=secure, httponly=True, samesite="strict")
    return response


def browser_kind(told: str) -> str:
    """Say which kind of browser this is, like "Firefox on Windows": no version, nothing that tells two apart."""
    browser = next((name for sign, name in BROWSERS if sign in told), "")
    system = next((name for sign, name in SYSTEMS if sign in told), "")
    return f"{browser or 'A browser'} on {system}" if system else browser or "A browser"
