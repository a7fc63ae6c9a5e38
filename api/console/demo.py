"""The demo's own way in to the console: one press, on this machine only, among made-up people."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from api.console.door import begin_session, form_from_here, house_of, local, onward, signed_in
from api.console.pages import ROLES
from api.house import House
from waitingroom import staff
from waitingroom.roles import Role

router = APIRouter(tags=["console"], include_in_schema=False)

CAST: Mapping[str, tuple[str, Role]] = {
    "sam": ("Sam Okafor", Role.LINK_WORKER),
    "priya": ("Priya Shah", Role.LEAD),
    "ada": ("Ada Hughes", Role.ADMIN),
    "owen": ("Owen Price", Role.AUDITOR),
}
"""Who one can be in the demo, by what the button sends."""


def demo_door_open(house: House) -> bool:
    """Say whether one press is enough: in the demo, whose keys are good for nothing else, on this machine."""
    return house.demo and house.database.keys.demo and house.settings.on_loopback


def demo_cast(house: House) -> Mapping[str, str]:
    """Name those one can be in the demo, by what their button sends; nobody outside it."""
    return {key: f"{name}, {ROLES[role]}" for key, (name, role) in CAST.items()} if demo_door_open(house) else {}


@router.post("/staff/sign-in/demo", operation_id="demoSignIn")
async def sign_in_to_the_demo(request: Request) -> Response:
    """Sign in as one of the demo's staff. Outside the demo there is no such page: 404."""
    house = house_of(request)
    if not demo_door_open(house):
        raise HTTPException(404)
    form = await form_from_here(request)
    chosen = CAST.get(form.get("as", ""))
    if chosen is None:
        raise HTTPException(404)
    name, role = chosen
    async with house.database.transaction() as session:
        member = await staff.welcome(session, name=name, role=role, now=house.clock.now())
        cookie = await begin_session(session, request, member.id)
    return signed_in(onward(local(form.get("next", ""))), cookie, secure=house.settings.secure_cookies)
