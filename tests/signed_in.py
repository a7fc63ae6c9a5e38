"""A member of staff who is signed in: a client that carries the cookie, or the cookie for a browser's context."""

import uuid
from typing import TYPE_CHECKING

import httpx2
from fastapi import FastAPI

from api.clock import Clock
from api.console.access import cookie_name
from api.house import House
from api.keys import read_keys
from api.settings import Settings
from tests.at_work import client_of
from waitingroom import staff, staff_sessions
from waitingroom.database import Database, Session
from waitingroom.hubs import Hub
from waitingroom.roles import Role

if TYPE_CHECKING:
    from playwright.sync_api import SetCookieParam


async def secret_for(
    session: Session,
    clock: Clock,
    name: str,
    role: Role = Role.LINK_WORKER,
    hub: str | uuid.UUID | None = None,
    *,
    proved: bool = True,
) -> str:
    """Sign someone in by the verbs. `hub`: the id of one, or the name of one that is made where it is missing."""
    now = clock.now()
    if isinstance(hub, str):
        hub = await hub_called(session, clock, hub)
    member = await staff.welcome(session, name=name, role=role, hub_id=hub, now=now)
    assert (member.role, member.hub_id) == (role, hub), "someone of this name is here in another role or hub"
    return await staff_sessions.begin(session, staff_id=member.id, browser="a test", now=now, proved=proved)


async def hub_called(session: Session, clock: Clock, name: str) -> uuid.UUID:
    """Return the id of the hub called `name`, made where it is missing."""
    from sqlmodel import select

    found = (await session.exec(select(Hub).where(Hub.name == name))).first()
    if found is None:
        found = Hub(name=name, areas=[], created_at=clock.now())
        session.add(found)
        await session.flush()
    return found.id


async def sign_in(
    app: FastAPI,
    name: str,
    role: Role = Role.LINK_WORKER,
    hub: str | uuid.UUID | None = None,
    *,
    proved: bool = True,
) -> httpx2.AsyncClient:
    """Give a client at an application that runs, with `name` signed in. `proved`: they showed a code just now.

    Close it with `async with await sign_in(app, "Sam") as sam:`.
    """
    house: House = app.state.house
    async with house.database.transaction() as session:
        secret = await secret_for(session, house.clock, name, role, hub, proved=proved)
    client = client_of(app)
    client.cookies.set(cookie_name(secure=house.settings.secure_cookies), secret)
    client.headers["accept"] = "text/html"
    return client


def browser_cookie(
    settings: Settings,
    home: str,
    name: str,
    role: Role = Role.LINK_WORKER,
    hub: str | uuid.UUID | None = None,
    *,
    proved: bool = True,
) -> "SetCookieParam":
    """Sign someone in at a served application; give the cookie for `browsing.context.add_cookies([...])`.

    `home`: the application's address (`browsing.home`, or what the fixture `served` gave).
    """
    from tests.browser.at_the_page import within

    made: list[str] = []

    async def work() -> None:
        assert settings.database_url is not None
        database = Database(settings.database_url.get_secret_value(), read_keys(settings.keys_path))
        async with database.transaction() as session:
            made.append(await secret_for(session, Clock(settings.data / "clock"), name, role, hub, proved=proved))
        await database.close()

    within(work)
    return {"name": cookie_name(secure=settings.secure_cookies), "value": made[0], "url": home}
