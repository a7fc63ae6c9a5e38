"""Break-glass in the console: a page without a fact on it, that asks why, and then lets someone in for an hour."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from api.console.access import does, sees
from api.console.pages import draw
from api.errors import STATUSES
from api.pages import GUARDS
from api.staff.access import Deed, Visit
from api.staff.audit import opening
from waitingroom.break_glass import LONGEST_REASON, NoNeedError, NotForYourRoleError, ReasonTooShortError
from waitingroom.errors import RefusedError

router = APIRouter(tags=["console"], include_in_schema=False)
Page = Annotated[Visit, sees()]
Does = Annotated[Deed, does()]


@router.get("/staff/people/{person_id}/break-glass", operation_id="breakGlassPage")
async def break_glass_page(person_id: uuid.UUID, visit: Page) -> Response:
    """Ask why someone of another hub must be opened. It says the same of everyone, and of nobody."""
    return _drawn(visit, person_id)


@router.post("/staff/people/{person_id}/break-glass", operation_id="breakGlassForm")
async def break_glass_form(
    person_id: uuid.UUID, deed: Does, reason: Annotated[str, Form(max_length=LONGEST_REASON)] = ""
) -> Response:
    """Open someone of another hub for an hour; where that is refused, the page keeps what was written."""
    try:
        await deed.do(opening(deed, person_id, reason))
    except NoNeedError:
        pass
    except (ReasonTooShortError, NotForYourRoleError) as refusal:
        return _drawn(deed, person_id, reason=reason, trouble=refusal)
    return RedirectResponse(f"/staff/people/{person_id}", 303, GUARDS)


def _drawn(
    visit: Visit, person_id: uuid.UUID, *, reason: str = "", trouble: RefusedError | None = None
) -> Response:
    facts = {"person_id": person_id, "reason": reason, "trouble": trouble.words if trouble else ""}
    status = next(STATUSES[kind] for kind in type(trouble).__mro__ if kind in STATUSES) if trouble else 200
    return draw(visit, "break_glass.html", facts, status=status)
