"""Programs that are told: where, what they want to hear, their secret shown once, what they heard, told again."""

import uuid
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response
from pydantic import ValidationError

from api.console.access import does, sees
from api.console.deeds import doing
from api.console.door import onward
from api.console.pages import draw
from api.console.proof import does_proved
from api.staff.access import Deed, Visit
from api.staff.hook_models import HookTold
from waitingroom import hook_deliveries, hooks
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.hook_deliveries import Status
from waitingroom.hooks import Hook, Kind, OffBecause
from waitingroom.roles import Scope

router = APIRouter(prefix="/staff/hooks", tags=["console"], include_in_schema=False)

PAGE = "/staff/hooks"
HERE: Mapping[str, object] = {"here": "/staff/more"}
SHOWN = 50
Sees = Annotated[Visit, sees(Scope.HOOK_WRITE)]
Does = Annotated[Deed, does(Scope.HOOK_WRITE)]
DoesProved = Annotated[Deed, does_proved(Scope.HOOK_WRITE)]
Words = Annotated[str, Form(max_length=1000)]
WHAT: Mapping[Kind, str] = {
    Kind.REFERRAL_MADE: "A referral was made",
    Kind.REFERRAL_CLOSED: "A referral came to an end",
    Kind.HANDOFF_RAISED: "Someone wants a link worker",
    Kind.HANDOFF_CLAIMED: "A hand-off was picked up",
    Kind.HANDOFF_RELEASED: "A hand-off was put back",
    Kind.HANDOFF_TRANSFERRED: "A colleague took a hand-off over",
    Kind.HANDOFF_ENDED: "A hand-off came to an end",
    Kind.MESSAGE_FROM_PERSON: "A person wrote to their link worker",
    Kind.MESSAGE_FAILED: "A message never arrived",
    Kind.ACTIVITY_LOGGED: "A support activity was noted",
    Kind.APPOINTMENT_OFFERED: "An appointment was offered",
    Kind.APPOINTMENT_ACCEPTED: "An appointment was accepted",
    Kind.APPOINTMENT_DECLINED: "An appointment was declined",
    Kind.APPOINTMENT_LAPSED: "An offer of an appointment ran out",
    Kind.APPOINTMENT_CALLED_OFF: "A person called an appointment off",
    Kind.APPOINTMENT_CANCELLED: "An appointment was cancelled",
    Kind.APPOINTMENT_KEPT: "An appointment was kept",
    Kind.APPOINTMENT_MISSED: "An appointment was missed",
    Kind.CONSENT_ENDED: "A consent was taken back",
    Kind.PERSON_ERASED: "A person was erased",
    Kind.HOOK_TRIED: "A try",
}
OFF: Mapping[OffBecause, str] = {
    OffBecause.STAFF: "Somebody turned it off.",
    OffBecause.GONE: "It said that it is gone for good (410).",
    OffBecause.FAILING: "Nothing had reached it for five days.",
}
STANDS: Mapping[Status, str] = {
    Status.WAITING: "still to go",
    Status.DELIVERED: "heard",
    Status.GIVEN_UP: "given up",
}
DONE: Mapping[str, str] = {
    "removed": "It is told nothing any more.",
    "tried": "A try is on its way. Reload the page in a few seconds.",
    "again": "It will be told again in a few seconds.",
    "on": "It is on. What waited is on its way.",
    "off": "It is off.",
}
"""What a page may say was done, by `?done=`."""
FAULTS: Mapping[str, str] = {
    "name": "Write what the program is called",
    "address": "Write an address that begins with https:// and is on the public internet",
    "kinds": "Choose what it wants to hear",
}


@router.get("", operation_id="hooksPage")
async def hooks_page(visit: Sees, done: str = "") -> Response:
    """List the programs that are told, and the form for a new one."""
    return await _page(visit, done=DONE.get(done, ""))


@router.post("", operation_id="addHookForm")
async def add(
    deed: DoesProved,
    *,
    name: Words = "",
    address: Words = "",
    kind: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Add one, and show its secret this once."""
    told = {"name": name, "address": address, "kinds": kind or []}
    try:
        checked = HookTold.model_validate(told)
    except ValidationError as wrong:
        fields = {str(fault["loc"][0]) for fault in wrong.errors()}
        return await _page(deed, told=told, problems={field: FAULTS[field] for field in FAULTS if field in fields})
    try:
        async with doing(deed) as done:
            hook, secret = await hooks.add(
                done.session,
                name=checked.name,
                address=checked.address,
                kinds={Kind(one) for one in checked.kinds},
                hub_id=deed.caller.hub_id,
                staff_id=deed.caller.staff_id,
                now=deed.now,
            )
            done.about = f"hook {hook.id}"
    except RefusedError as refusal:
        return await _page(deed, told=told, problems={"name": refusal.words})
    return _secret(deed, hook, secret)


@router.get("/{hook_id}", operation_id="hookPage")
async def hook_page(hook_id: uuid.UUID, visit: Sees, done: str = "") -> Response:
    """Show one: how it is, and what it was told."""
    async with visit.house.database.transaction() as session:
        hook = await _find(session, visit, hook_id)
        told = await hook_deliveries.listed(session, hook_id=hook_id, limit=SHOWN)
        address = hooks.address_of(session, hook)
    facts = {
        "hook": hook,
        "address": address,
        "wants": [WHAT[Kind(kind)] for kind in hook.kinds],
        "off": OFF[hook.off_because] if hook.off_because else "",
        "told": [(one, WHAT[Kind(one.kind)], STANDS[one.status]) for one in told],
        "zone": visit.house.desk.service.zone,
        "done": DONE.get(done, ""),
    }
    return draw(visit, "hook.html", {**HERE, **facts})


@router.post("/{hook_id}/switch", operation_id="switchHookForm")
async def switch(
    hook_id: uuid.UUID, deed: DoesProved, *, version: Annotated[int, Form()], to: Words = ""
) -> Response:
    """Turn one on or off."""
    async with doing(deed, f"hook {hook_id}") as done:
        hook = await _find(done.session, deed, hook_id, lock=True)
        await hooks.change(
            done.session,
            hook=hook,
            version=version,
            name=hook.name,
            address=hooks.address_of(done.session, hook),
            kinds=[Kind(kind) for kind in hook.kinds],
            on=to == "on",
            now=deed.now,
        )
    return onward(f"{PAGE}/{hook_id}?done={'on' if to == 'on' else 'off'}")


@router.post("/{hook_id}/secret", operation_id="renewHookSecretForm")
async def renew(hook_id: uuid.UUID, deed: DoesProved, version: Annotated[int, Form()]) -> Response:
    """Give one a new secret, and show it this once."""
    async with doing(deed, f"hook {hook_id}") as done:
        hook = await _find(done.session, deed, hook_id, lock=True)
        secret = await hooks.renew_secret(done.session, hook=hook, version=version, now=deed.now)
    return _secret(deed, hook, secret)


@router.post("/{hook_id}/remove", operation_id="removeHookForm")
async def remove(hook_id: uuid.UUID, deed: DoesProved, version: Annotated[int, Form()]) -> Response:
    """Remove one."""
    async with doing(deed, f"hook {hook_id}") as done:
        hook = await _find(done.session, deed, hook_id, lock=True)
        await hooks.remove(done.session, hook=hook, version=version)
    return onward(f"{PAGE}?done=removed")


@router.post("/{hook_id}/try", operation_id="tryHookForm")
async def try_out(hook_id: uuid.UUID, deed: Does) -> Response:
    """Have one told that nothing happened."""
    async with doing(deed, f"hook {hook_id}") as done:
        hook = await _find(done.session, deed, hook_id)
        await hook_deliveries.try_out(done.session, hook=hook, now=deed.now)
    return onward(f"{PAGE}/{hook_id}?done=tried")


@router.post("/{hook_id}/deliveries/{delivery_id}/replay", operation_id="replayHookDeliveryForm")
async def replay(hook_id: uuid.UUID, delivery_id: uuid.UUID, deed: Does) -> Response:
    """Have one told something again."""
    async with doing(deed, f"hook {hook_id}") as done:
        hook = await _find(done.session, deed, hook_id)
        await hook_deliveries.replay(done.session, hook=hook, delivery_id=delivery_id, now=deed.now)
    return onward(f"{PAGE}/{hook_id}?done=again")


async def _find(session: Session, visit: Visit, hook_id: uuid.UUID, *, lock: bool = False) -> Hook:
    return await hooks.find(session, hook_id=hook_id, hub_id=visit.caller.hub_id, lock=lock)


def _secret(visit: Visit, hook: Hook, secret: str) -> Response:
    return draw(visit, "hook_secret.html", {**HERE, "hook": hook, "secret": secret})


async def _page(
    visit: Visit,
    *,
    done: str = "",
    told: Mapping[str, object] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    async with visit.house.database.transaction() as session:
        listed = await hooks.listed(session, hub_id=visit.caller.hub_id)
        every = [
            (hook, hooks.address_of(session, hook), OFF.get(hook.off_because or OffBecause.STAFF))
            for hook in listed
        ]
    facts = {
        "hooks": every,
        "what": {kind.value: words for kind, words in WHAT.items() if kind in hooks.ASKED_FOR},
        "told": told or {"name": "", "address": "", "kinds": []},
        "problems": problems or {},
        "done": done,
    }
    return draw(visit, "hooks.html", {**HERE, **facts}, status=422 if problems else 200)
