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


async def carry_out(deed: Deed, work: Callable[[Session], Awaitable[str]]) -> Response:
    """Do `work` in one transaction, and lead on to the address it gives. Raises what `work` raises."""

    async def reply(session: Session) -> Reply:
        return Reply(303, None, json.dumps(await work(session)))

    answered = await deed.do(reply)
    return RedirectResponse(json.loads(bytes(answered.body)), 303, dict(GUARDS))


def status_of(refusal: RefusedError) -> int:
    """Say what HTTP calls a refusal."""
    return next(STATUSES[kind] for kind in type(refusal).__mro__ if kind in STATUSES)


async def finish(deed: Deed, work: Callable[[Session], Awaitable[str]], *, again: Again) -> Response:
    """Do `work`, which gives the address to show next. Raises NotFoundError; `again` draws any other refusal."""
    try:
        return await carry_out(deed, work)
    except NotFoundError:
        raise
    except RefusedError as refusal:
        words = CHANGED if isinstance(refusal, StaleError) else refusal.words
        return await again(words, status_of(refusal))
