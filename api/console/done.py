"""Forms of the console: done in one transaction, then the next page; refused, the same page again."""

import json
from collections.abc import Awaitable, Callable

from fastapi.responses import RedirectResponse, Response

from api.errors import STATUSES
from api.pages import GUARDS
from api.staff.access import Deed
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.idempotency import Reply

Again = Callable[[str, int], Awaitable[Response]]
"""Draws the page again: what stands in the way, in words, and the HTTP status."""
CHANGED = "Something changed since you opened this page. This is how it stands now: look again, then decide."


async def finish(deed: Deed, work: Callable[[Session], Awaitable[str]], *, again: Again) -> Response:
    """Do `work`, which gives the address to show next. Raises NotFoundError; `again` draws any other refusal."""

    async def reply(session: Session) -> Reply:
        return Reply(303, None, json.dumps(await work(session)))

    try:
        answered = await deed.do(reply)
    except NotFoundError:
        raise
    except StaleError:
        return await again(CHANGED, STATUSES[StaleError])
    except RefusedError as refusal:
        status = next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)
        return await again(refusal.words, status)
    return RedirectResponse(json.loads(bytes(answered.body)), 303, dict(GUARDS))
