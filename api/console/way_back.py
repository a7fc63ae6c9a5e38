"""The way back: whoever opens the address of a form, as by reloading its refusal, is led to a page above it."""

from fastapi import Request
from fastapi.responses import Response
from starlette.routing import Match

from api import errors
from api.console.door import HOME, onward


async def lead_back(request: Request, error: Exception) -> Response:
    """Lead to the nearest page above a form's own address: an exception handler for 405.

    Nothing is done by looking, so nothing is lost but what was typed. Programs, and other doors, are told 405.
    """
    path = request.scope["path"]
    if request.method != "GET" or not path.startswith(f"{HOME}/") or not errors.wants_page(request):
        return await errors.of_http(request, error)
    while path != HOME:
        path = path.rpartition("/")[0]
        if _is_page(request, path):
            break
    return onward(path)


def _is_page(request: Request, path: str) -> bool:
    asked = {**request.scope, "path": path}
    return any(route.matches(asked)[0] is Match.FULL for route in request.app.routes)
