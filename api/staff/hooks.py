"""Hooks in the staff API: where programs of others are told, what they were told, and telling them again."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from api.cursors import cursor, place_of
from api.faults import documented
from api.staff.access import Deed, IfMatch, Visit, may, may_do
from api.staff.handoffs import TAGGED
from api.staff.hook_models import (
    Deliveries,
    DeliveryLine,
    HookChanged,
    HookLine,
    Hooks,
    HookSecret,
    HookTold,
    delivery_line,
    hook_line,
)
from waitingroom import hook_deliveries, hooks
from waitingroom.caseload import After
from waitingroom.database import Session
from waitingroom.handoffs import Urgency
from waitingroom.hook_deliveries import Before, Status
from waitingroom.hooks import Hook, Kind
from waitingroom.idempotency import Reply
from waitingroom.staff import Scope

router = APIRouter()
HookId = Annotated[uuid.UUID, Path(description="The hook's id.")]
DeliveryId = Annotated[uuid.UUID, Path(description="The delivery's id.")]
SeesHooks = Annotated[Visit, may(Scope.HOOK_WRITE)]
ChangesHooks = Annotated[Deed, may_do(Scope.HOOK_WRITE)]


@router.get("/hooks", operation_id="listHooks", responses=documented(401, 403, 422, 503))
async def list_hooks(visit: SeesHooks) -> Hooks:
    """List where programs of others are told that something happened. Needs the scope `hook:write`."""
    async with visit.house.database.transaction() as session:
        found = await hooks.listed(session, hub_id=visit.caller.hub_id)
        return Hooks(hooks=[hook_line(session, hook) for hook in found])


@router.post(
    "/hooks",
    operation_id="addHook",
    status_code=201,
    response_model=HookSecret,
    responses=documented(400, 401, 403, 409, 413, 422, 503),
)
async def add_hook(deed: ChangesHooks, told: HookTold) -> Response:
    """Add a hook. The answer holds its secret, which is never shown again. Needs the scope `hook:write`.

    Posts are signed as Standard Webhooks 1.0 says and hold ids only. Answer with 2xx within 10 seconds; anything
    else is tried again for three days, 410 turns the hook off. Order is not promised, and one post may come twice.
    """

    async def work(session: Session) -> Reply:
        hook, secret = await hooks.add(
            session,
            name=told.name,
            address=told.address,
            kinds={Kind(kind) for kind in told.kinds},
            hub_id=deed.caller.hub_id,
            staff_id=deed.caller.staff_id,
            now=deed.now,
        )
        return _with_secret(session, hook, secret, status=201)

    return await deed.do(work)


@router.get("/hooks/{hook_id}", operation_id="getHook", responses=TAGGED | documented(401, 403, 404, 422, 503))
async def get_hook(hook_id: HookId, visit: SeesHooks, response: Response) -> HookLine:
    """Look at one hook; its ETag is what If-Match wants. Needs the scope `hook:write`."""
    async with visit.house.database.transaction() as session:
        shown = hook_line(session, await _find(session, visit, hook_id))
    response.headers["ETag"] = shown.etag
    return shown


@router.put(
    "/hooks/{hook_id}",
    operation_id="changeHook",
    response_model=HookLine,
    responses=TAGGED | documented(400, 401, 403, 404, 412, 413, 422, 428, 503),
)
async def change_hook(hook_id: HookId, deed: ChangesHooks, read: IfMatch, told: HookChanged) -> Response:
    """Change a hook, or turn it on or off. What waited while it was off goes once it is on again.

    Needs the scope `hook:write`.
    """

    async def work(session: Session) -> Reply:
        hook = await _find(session, deed, hook_id, lock=True)
        changed = await hooks.change(
            session,
            hook=hook,
            version=read.version(hook.version),
            name=told.name,
            address=told.address,
            kinds={Kind(kind) for kind in told.kinds},
            on=told.on,
            now=deed.now,
        )
        return _reply(hook_line(session, changed))

    return await deed.do(work)


@router.post(
    "/hooks/{hook_id}/secret",
    operation_id="renewHookSecret",
    response_model=HookSecret,
    responses=TAGGED | documented(401, 403, 404, 412, 413, 422, 428, 503),
)
async def renew_secret(hook_id: HookId, deed: ChangesHooks, read: IfMatch) -> Response:
    """Give a hook a new secret, shown this once; the one before signs too for 24 hours more.

    Needs the scope `hook:write`.
    """

    async def work(session: Session) -> Reply:
        hook = await _find(session, deed, hook_id, lock=True)
        secret = await hooks.renew_secret(session, hook=hook, version=read.version(hook.version), now=deed.now)
        return _with_secret(session, hook, secret, status=200)

    return await deed.do(work)


@router.post(
    "/hooks/{hook_id}/remove",
    operation_id="removeHook",
    response_model=HookLine,
    responses=documented(401, 403, 404, 412, 413, 422, 428, 503),
)
async def remove_hook(hook_id: HookId, deed: ChangesHooks, read: IfMatch) -> Response:
    """Remove a hook and all that waited for it; the answer is how it was. Needs the scope `hook:write`."""

    async def work(session: Session) -> Reply:
        hook = await _find(session, deed, hook_id, lock=True)
        was = hook_line(session, hook)
        await hooks.remove(session, hook=hook, version=read.version(hook.version))
        return Reply(200, None, was.model_dump_json())

    return await deed.do(work)


@router.post(
    "/hooks/{hook_id}/try",
    operation_id="tryHook",
    response_model=DeliveryLine,
    responses=documented(401, 403, 404, 413, 422, 503),
)
async def try_hook(hook_id: HookId, deed: ChangesHooks) -> Response:
    """Have a hook told `hook.tried`, to see whether it hears. Needs the scope `hook:write`."""

    async def work(session: Session) -> Reply:
        hook = await _find(session, deed, hook_id)
        trying = await hook_deliveries.try_out(session, hook=hook, now=deed.now)
        return Reply(200, None, delivery_line(trying).model_dump_json())

    return await deed.do(work)


@router.get(
    "/hooks/{hook_id}/deliveries",
    operation_id="listHookDeliveries",
    responses=documented(401, 403, 404, 422, 503),
)
async def list_deliveries(
    hook_id: HookId,
    request: Request,
    visit: SeesHooks,
    *,
    status: Annotated[Status | None, Query(description="Only these.")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    cursor_: Annotated[str | None, Query(alias="cursor", max_length=400, description="As `next` gave it.")] = None,
) -> Deliveries:
    """List what a hook was told and is to be told, the newest first, for 30 days. Needs the scope `hook:write`."""
    keys, of = visit.house.database.keys, f"hook:{hook_id}:{status or ''}"
    place = place_of(keys, cursor_, of=of) if cursor_ else None
    after = Before(place.raised_at, place.id) if place else None
    async with visit.house.database.transaction() as session:
        await _find(session, visit, hook_id)
        told = hook_deliveries.listed(session, hook_id=hook_id, status=status, after=after, limit=limit + 1)
        found = await told
    following = None
    if len(found) > limit:
        last = found[limit - 1]
        goes_on = cursor(keys, After(Urgency.URGENT, last.happened_at, last.id), of=of)
        url = request.url.include_query_params(cursor=goes_on)
        following = f"{url.path}?{url.query}"
    return Deliveries(deliveries=[delivery_line(one) for one in found[:limit]], next=following)


@router.post(
    "/hooks/{hook_id}/deliveries/{delivery_id}/replay",
    operation_id="replayHookDelivery",
    response_model=DeliveryLine,
    responses=documented(401, 403, 404, 413, 422, 503),
)
async def replay(hook_id: HookId, delivery_id: DeliveryId, deed: ChangesHooks) -> Response:
    """Tell a hook something again, under the same webhook-id. Needs the scope `hook:write`."""

    async def work(session: Session) -> Reply:
        hook = await _find(session, deed, hook_id)
        again = await hook_deliveries.replay(session, hook=hook, delivery_id=delivery_id, now=deed.now)
        return Reply(200, None, delivery_line(again).model_dump_json())

    return await deed.do(work)


async def _find(session: Session, visit: Visit, hook_id: uuid.UUID, *, lock: bool = False) -> Hook:
    return await hooks.find(session, hook_id=hook_id, hub_id=visit.caller.hub_id, lock=lock)


def _reply(shown: HookLine) -> Reply:
    return Reply(200, shown.etag, shown.model_dump_json())


def _with_secret(session: Session, hook: Hook, secret: str, *, status: int) -> Reply:
    shown = HookSecret(**hook_line(session, hook).model_dump(), secret=secret)
    return Reply(status, shown.etag, shown.model_dump_json())
