"""The helper that signs people in for other tests."""

import pytest
from fastapi import FastAPI

from api.console.access import cookie_name
from api.settings import Settings
from tests.signed_in import browser_cookie, sign_in
from waitingroom import staff_sessions
from waitingroom.roles import Role
from waitingroom.staff import Caller

pytestmark = pytest.mark.anyio


async def who(app: FastAPI, secret: str) -> Caller:
    house = app.state.house
    async with house.database.transaction() as session:
        return await staff_sessions.caller(session, secret=secret, now=house.clock.now())


async def test_whoever_is_signed_in_for_a_test_is_known_by_the_cookie(app: FastAPI, settings: Settings) -> None:
    async with await sign_in(app, "Lena", Role.LEAD, "North") as lena:
        caller = await who(app, lena.cookies[cookie_name(secure=False)])
    assert (caller.name, caller.role) == ("Lena", Role.LEAD)
    assert caller.hub_id is not None
    async with await sign_in(app, "Sam", proved=False) as sam:
        assert (await who(app, sam.cookies[cookie_name(secure=False)])).proved_at is None
    cookie = browser_cookie(settings, "http://127.0.0.1:8000", "Ada", Role.ADMIN)
    assert (await who(app, cookie["value"])).role is Role.ADMIN
