"""What a lead sets for someone of the team: how much they should carry at once, and whom a provider works for."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import Response

from api.console.access import does
from api.console.deeds import doing
from api.console.door import onward
from api.console.proof import does_proved
from api.staff.access import Deed
from waitingroom import loads, team
from waitingroom.errors import RefusedError
from waitingroom.roles import Scope

router = APIRouter(prefix="/staff/team", tags=["console"], include_in_schema=False)

Sets = Annotated[Deed, does(Scope.STAFF_WRITE)]
SetsProved = Annotated[Deed, does_proved(Scope.STAFF_WRITE)]
Word = Annotated[str, Form(max_length=500)]


MOST = 1000


class NotACapError(RefusedError):
    """Write a number from 1 to 1000: how much they should carry at once, a usual case being 2."""


@router.post("/{staff_id}/cap", operation_id="capForm")
async def set_cap(deed: Sets, staff_id: uuid.UUID, weight: Word = "") -> Response:
    """Set how much one colleague should carry at once."""
    if not weight.isdecimal() or not 1 <= int(weight[:5]) <= MOST:
        raise NotACapError
    async with doing(deed, f"staff {staff_id}") as done:
        await loads.set_cap(done.session, staff_id=staff_id, weight=int(weight), caller=deed.caller, now=deed.now)
    return onward(f"/staff/team/{staff_id}?done=cap")


@router.post("/{staff_id}/organisation", operation_id="providerOrganisationForm")
async def set_organisation(deed: SetsProved, staff_id: uuid.UUID, organisation: Word = "") -> Response:
    """Name the organisation a provider works for, as people know it."""
    async with doing(deed, f"staff {staff_id}") as done:
        await team.name_organisation(done.session, staff_id=staff_id, organisation=organisation, by=deed.caller)
    return onward(f"/staff/team/{staff_id}?done=organisation")
