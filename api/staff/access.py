"""Access to the staff API: whose key it is, what it allows, which version was read, and what is done only once."""

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException, Path, Request
from fastapi.responses import Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api import access, access_paths
from api.access import Reach
from api.house import House
from api.limits import for_strangers, limited
from waitingroom import audit, idempotency, staff
from waitingroom.audit import Noted
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.idempotency import Once, Reply
from waitingroom.staff import Caller, NotAllowedError, Scope, UnknownKeyError

NEEDS_VERSION = "Send If-Match with the ETag you read, so that nobody's work is written over."
LOOKING = frozenset({"GET", "HEAD"})
BOUND = frozenset({Reach.HUB, Reach.CLAIMED})
"""Reaches at which what an address is about must be of one's own hub."""
UNLISTED = "This stands in no line of api/access.py, so it is open to nobody."
NEVER = 0
"""Versions begin at 1, so this one is always stale."""
TAG = re.compile(r'(W/)?"([^"]*)"')

bearer = HTTPBearer(
    auto_error=False,
    scheme_name="staffKey",
    bearerFormat="wr_...",
    description="A staff key. Each operation names the scope the key must carry.",
)


@dataclass(frozen=True)
class Visit:
    """One request of a member of staff: the house they came to, who they are, and when."""

    house: House
    caller: Caller
    now: datetime
    noted: tuple[Noted, ...] = field(default=(), kw_only=True)
    """what the audit says of it: a look is noted at the door, a deed with what it does"""


@dataclass(frozen=True)
class Deed(Visit):
    """One request that changes something. With an Idempotency-Key it is done once, however often it comes."""

    once: Once | None

    async def do(self, work: Callable[[Session], Awaitable[Reply]]) -> Response:
        """Do `work` and answer with its reply, in one transaction; a request done before is answered again.

        It is noted in the same transaction; where it is refused, that is noted.
        """
        try:
            async with self.house.database.transaction() as session:
                before = await idempotency.begin(session, self.once, now=self.now) if self.once else None
                reply = before or await work(session)
                if self.once and not before:
                    await idempotency.keep(session, self.once, reply)
                if not before:
                    audit.note(session, *self.noted)
        except RefusedError:
            async with self.house.database.transaction() as session:
                audit.note(session, *map(audit.refused, self.noted))
            raise
        headers = {"ETag": reply.etag} if reply.etag else {}
        if before:
            headers["Idempotency-Replayed"] = "true"
        return Response(reply.body, reply.status, headers, "application/json")


@dataclass(frozen=True)
class Read:
    """The versions of a record that a caller says they have read (RFC 9110, section 13.1.1)."""

    tags: frozenset[str]

    def version(self, current: int) -> int:
        """Return `current` where it is one of those read, else a version that is always stale."""
        return current if self.tags & {"*", str(current)} else NEVER


async def _visit(request: Request, told: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Visit:
    if told is None:
        await for_strangers(request)
        words = "Send your key in the Authorization header, after the word Bearer."
        raise UnknownKeyError(words)
    key = told.credentials

    async def come() -> Visit:
        return await admitted(request, lambda session, now: staff.caller(session, key=key, now=now))

    return await limited(request, key, come)


async def admitted(request: Request, who: Callable[[Session, datetime], Awaitable[Caller]]) -> Visit:
    """Let someone in whom `who` knows, by a key or a session: every visit of staff passes here.

    The table of `api.access` says who may; what the address is about must be of their hub, or its glass broken.
    A look at a person is noted here. Raises NotAllowedError (403), and NotFoundError (404) for what is of another
    hub, exactly as for what is not there.
    """
    house: House = request.app.state.house
    now, route = house.clock.now(), request.scope["route"]
    rule, looks = access.rule_of(route), request.method in LOOKING
    async with house.database.transaction() as session:
        caller = await who(session, now)
        if rule is None:
            raise NotAllowedError(UNLISTED)
        if rule.scopes:
            caller.check(*sorted(rule.scopes))
        seen = await access_paths.look(session, request.path_params, caller, now=now)
        bound = rule.reach in BOUND
        always = not looks or rule.noted
        noted = access_paths.noted_as(access.act_of(route), seen, caller, always=always, now=now)
        shut = bound and not access_paths.may_go_on(seen, caller, looks=looks)
        if shut:
            audit.note(session, *map(audit.refused, noted))
        elif looks and (bound or always):
            await audit.note_sight(session, noted)
    if shut:
        raise NotFoundError
    return Visit(house, caller, now, noted=noted)


def may(*scopes: Scope) -> Any:
    """Let in only those whose key carries one of `scopes`: a FastAPI dependency that gives a Visit.

    It raises UnknownKeyError (401) and NotAllowedError (403).
    """

    async def allowed(visit: Annotated[Visit, Depends(_visit)]) -> Visit:
        if scopes:
            visit.caller.check(*scopes)
        return visit

    return Depends(allowed)


def may_do(*scopes: Scope) -> Any:
    """Let in only those whose key carries one of `scopes`, to change something: it gives a Deed."""

    async def allowed(
        request: Request,
        visit: Annotated[Visit, may(*scopes)],
        key: Annotated[
            str | None,
            Header(
                alias="Idempotency-Key",
                min_length=1,
                max_length=255,
                description="Any text of your own, new for each request. The same key with the same request "
                "is done once, and answered the same for 24 hours.",
                examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
            ),
        ] = None,
    ) -> Deed:
        await _check_json(request)
        once = Once(visit.caller.staff_id, key, await _asked(request)) if key else None
        return Deed(visit.house, visit.caller, visit.now, once, noted=visit.noted)

    return Depends(allowed)


async def read_version(
    told: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The ETag of the hand-off as you last read it. Without it the answer is 428.",
            examples=['"1"'],
        ),
    ] = None,
) -> Read:
    """Read If-Match. Raises 428 where it is missing; a weak tag never matches, as RFC 9110 says."""
    if told is None:
        raise HTTPException(428, NEEDS_VERSION)
    if told.strip() == "*":
        return Read(frozenset("*"))
    return Read(frozenset(tag for weak, tag in TAG.findall(told) if not weak))


IfMatch = Annotated[Read, Depends(read_version)]
HandoffId = Annotated[uuid.UUID, Path(description="The hand-off's id.")]
ReadsQueue = Annotated[Visit, may(Scope.QUEUE_READ)]
ReadsPeople = Annotated[Visit, may(Scope.PERSON_READ)]
ChangesReferrals = Annotated[Deed, may_do(Scope.REFERRAL_WRITE)]
WritesToPeople = Annotated[Deed, may_do(Scope.MESSAGE_SEND)]


async def _check_json(request: Request) -> None:
    """Raise 415 where a body is sent as anything but JSON."""
    kind, body = request.headers.get("content-type", ""), await request.body()
    if body and kind.partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, headers={"Accept": "application/json"})


async def _asked(request: Request) -> bytes:
    head = f"{request.method} {request.url.path} {request.headers.get('if-match', '')}\n"
    return head.encode() + await request.body()
