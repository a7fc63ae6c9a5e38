"""Troubles at the door: every refusal and every failure answered in one shape, for programs or for people."""

import json
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

from api.doorway import Doorway
from api.faults import PROBLEM_JSON, describe, faults_in
from api.logs import log
from api.pages import page
from waitingroom.doors import TooManyNewError
from waitingroom.errors import NotFoundError, RefusedError, StaleError
from waitingroom.handoffs import NotYoursError
from waitingroom.idempotency import KeyReusedError
from waitingroom.staff import NotAllowedError, UnknownKeyError

RETRY_AFTER = 5
"""Seconds after which to try again where the records cannot be reached."""
DEEP = 4
"""How many of the innermost calls the log names."""
AWAY = (OperationalError, InterfaceError, PoolTimeoutError, asyncpg.PostgresConnectionError,
        asyncpg.CannotConnectNowError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)  # fmt: skip
"""What is raised where PostgreSQL cannot be reached, whether SQLAlchemy has wrapped it or not."""
PASSING = ("08", "25006", "40", "53", "57", "58")
"""SQLSTATEs that pass by themselves, or once someone has seen to the database (PostgreSQL appendix A).

By class: connection, rollback, resources such as a full disk, operator, system. 25006: a standby answers.
"""
NO_TEXT = frozenset({"22021", "22P05"})
"""SQLSTATEs of letters that no text of the records can hold, such as NUL: what was sent is wrong, not we."""

STATUSES: Mapping[type[RefusedError], HTTPStatus] = {
    RefusedError: HTTPStatus.CONFLICT,
    UnknownKeyError: HTTPStatus.UNAUTHORIZED,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    NotYoursError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    StaleError: HTTPStatus.PRECONDITION_FAILED,
    KeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyNewError: HTTPStatus.TOO_MANY_REQUESTS,
}
"""What HTTP calls each refusal; one that is not named is a conflict, as its base class is."""

WORDS: Mapping[int, str] = {
    400: "We could not read what was sent. Please try again.",
    403: "That is not open to you.",
    404: "There is nothing here.",
    405: "That cannot be done here.",
    413: "That is too long for us to take. Please send a shorter message.",
    422: "Part of what was sent is not what we can use.",
    415: "Send JSON, with Content-Type: application/json.",
    429: "That was too much at once. Please wait a moment, then try again.",
    500: "Something went wrong on our side. Nothing you did caused it.",
    503: "We cannot reach our records just now. Please try again in a moment.",
}

TITLES: Mapping[int, str] = {
    400: "That did not come through",
    403: "That is not open to you",
    404: "This page is not here",
    405: "That cannot be done here",
    413: "That was too long",
    422: "Please look at that again",
    429: "A little slower, please",
    500: "Something went wrong",
    503: "We will be back in a moment",
}
"""What people's pages are headed with; any other status is headed as 500 is."""


def install(app: FastAPI, *, most: int, longer: Mapping[str, int] = MappingProxyType({})) -> None:
    """Have `app` answer every error in one shape: RFC 9457 problem details, or a page for people's browsers.

    `most`: the longest body it reads, in bytes; `longer`: paths that read more.
    FastAPI's own limiter would answer in plain text.
    """
    app.add_middleware(Doorway, most=most, longer=longer, too_long=_too_long, failed=_failed)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, of_http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(asyncpg.PostgresError, _database)
    describe(app)
    for kind in AWAY:
        app.add_exception_handler(kind, _away)


def answer(
    request: Request,
    status: int,
    words: str,
    *,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    errors: list[dict[str, str]] | None = None,
    instance: uuid.UUID | None = None,
) -> Response:
    """Answer with a problem: a page where a person's browser asks, problem+json for everyone else.

    `instance` is the number the log knows this occurrence by.
    """
    title = HTTPStatus(status).phrase
    if wants_page(request):
        facts = {"title": TITLES.get(status, TITLES[500]), "words": words}
        return page("trouble.html", facts, status=status, headers=headers)
    problem: dict[str, Any] = {"type": kind, "title": title, "status": status, "detail": words}
    problem["instance"] = f"urn:uuid:{instance or uuid.uuid4()}"
    if errors:
        problem["errors"] = errors
    return Response(json.dumps(problem), status, dict(headers or {}), PROBLEM_JSON)


def kind_of(refusal: type[RefusedError]) -> str:
    """Name a refusal for programs: a tag URI (RFC 4151) that ends in words, such as `already-claimed`."""
    words = re.sub(r"(?<!^)(?=[A-Z])", "-", refusal.__name__.removesuffix("Error")).lower()
    return f"tag:waitingroom,2026:{words}"


def wants_page(request: Request) -> bool:
    """Say whether a person's browser asks, not a program."""
    return not request.url.path.startswith("/api") and "text/html" in request.headers.get("accept", "")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)  # noqa: S101
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    headers = {"WWW-Authenticate": 'Bearer realm="staff"'} if status == HTTPStatus.UNAUTHORIZED else None
    return answer(request, status, error.words, kind=kind_of(type(error)), headers=headers)


async def _not_valid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    if any(fault["type"] == "json_invalid" for fault in found):
        return answer(request, HTTPStatus.BAD_REQUEST, "The body is not JSON.")
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, WORDS[422], errors=faults_in(found))


async def of_http(request: Request, error: Exception) -> Response:
    """Answer a refusal that only has a status: an exception handler for HTTPException."""
    assert isinstance(error, HTTPException)  # noqa: S101
    words = WORDS.get(error.status_code, str(error.detail))
    return answer(request, error.status_code, words, headers=error.headers)


async def _database(request: Request, error: Exception) -> Response:
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    state = str(getattr(getattr(error, "orig", error), "sqlstate", None) or "")
    if lost or state.startswith(PASSING):
        return await _away(request, error)
    if state in NO_TEXT:
        return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, WORDS[422])
    return _failed(request, error)


async def _away(request: Request, error: Exception) -> Response:
    instance = logged(error)
    headers = {"Retry-After": str(RETRY_AFTER)}
    return answer(request, HTTPStatus.SERVICE_UNAVAILABLE, WORDS[503], headers=headers, instance=instance)


def _failed(request: Request, error: Exception) -> Response:
    return answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, WORDS[500], instance=logged(error))


def _too_long(request: Request) -> Response:
    return answer(request, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, WORDS[413])


def logged(error: Exception) -> uuid.UUID:
    """Log what kind of trouble it was, and where, under a number: an error's own words may quote a person."""
    instance = uuid.uuid4()
    where = [f"{Path(step.filename).stem}:{step.lineno}" for step in extract_tb(error.__traceback__)[-DEEP:]]
    log.error("trouble", trouble=type(error).__name__, where=where, instance=str(instance))
    return instance
