"""Someone who can no longer be read: their own key was destroyed, and a backup brought their record back."""

from fastapi import Request
from fastapi.responses import Response

from api import errors
from api.console.door import HOME, door, house_of


async def say_so(request: Request, error: Exception) -> Response:
    """Say so, and what to do: an exception handler for UnreadableError. Other doors are told that we failed."""
    if not request.url.path.startswith(f"{HOME}/"):
        raise error
    errors.logged(error)
    return door(house_of(request), "unreadable.html", {}, status=410)
