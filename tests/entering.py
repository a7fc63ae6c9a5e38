"""Someone at the door of the console: reads its forms, fills them in, follows where they lead."""

import html
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
from fastapi import FastAPI

from api.house import House
from tests.at_work import client_of
from waitingroom import authenticators, invitations
from waitingroom.roles import Role

FORM = re.compile(r"<form[^>]*?>.*?</form>", re.DOTALL)
FIELD = re.compile(r"<(?:input|button)[^>]*>")
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
PASSWORD = "tulip under seven hats"


class MovedClock:
    """A clock that stands where a test puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def moves(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class AtTheDoor:
    """One browser without JavaScript. `page` is what it shows."""

    web: httpx2.AsyncClient
    page: str = ""
    status: int = 0
    path: str = ""
    secret: str = ""
    """of their authenticator"""

    async def opens(self, path: str) -> str:
        return await self._show(await self.web.get(path))

    async def sends(self, path: str, **fields: str | list[str]) -> str:
        """Send the form that leads to `path`, with its hidden fields, and follow where it leads."""
        sent = await self.posts(path, **fields)
        return await self._show(sent)

    async def posts(self, path: str, **fields: str | list[str]) -> httpx2.Response:
        return await self.web.post(path, data={**self.hidden(path), **fields})

    def hidden(self, path: str) -> dict[str, str]:
        """Read the hidden fields of the form that leads to `path`; none where there is no such form."""
        form = next((found for found in FORM.findall(self.page) if f'action="{path}"' in found), "")
        fields = [dict(ATTRIBUTE.findall(one)) for one in FIELD.findall(form)]
        return {one["name"]: html.unescape(one["value"]) for one in fields if one.get("type") == "hidden"}

    def code(self, at: datetime) -> str:
        return authenticators.code_at(self.secret, at)

    async def joins(self, link: str, clock: MovedClock) -> str:
        """Choose a password, set up an authenticator, keep the recovery codes."""
        await self.opens(link)
        await self.sends(link, password=PASSWORD)
        assert self.path == "/staff/sign-in/set-up", self.page
        self.reads_secret()
        await self.sends("/staff/sign-in/set-up", code=self.code(clock.at))
        assert "Your recovery codes" in self.page
        return self.page

    def reads_secret(self) -> None:
        found = re.search(r'<code id="secret">([A-Z2-7 ]+)</code>', self.page)
        assert found, self.page
        self.secret = found[1].replace(" ", "")

    @property
    def recovery_codes(self) -> list[str]:
        return re.findall(r"<li><code>([\w-]+)</code></li>", self.page)

    async def signs_in(self, email: str, clock: MovedClock, *, where: str = "", password: str = PASSWORD) -> None:
        """Sign in with password and the code of the next half minute."""
        clock.moves(seconds=30)
        await self.opens("/staff/sign-in" + (f"?next={where}" if where else ""))
        await self.sends("/staff/sign-in", email=email, password=password)
        await self.sends("/staff/sign-in/code", code=self.code(clock.at))

    async def _show(self, answer: httpx2.Response) -> str:
        while answer.status_code == 303:
            answer = await self.web.get(answer.headers["location"])
        self.page, self.status, self.path = answer.text, answer.status_code, answer.request.url.path
        return self.page


def at_the_door(app: FastAPI) -> AtTheDoor:
    web = client_of(app)
    web.headers["accept"] = "text/html"
    return AtTheDoor(web)


async def invited(app: FastAPI, name: str, email: str, role: Role = Role.LINK_WORKER) -> str:
    """Invite someone from the command line; return the path of their link."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        _member, token = await invitations.invite(
            session, name=name, email=email, role=role, hub_id=None, by=None, now=house.clock.now()
        )
    return f"/staff/join/{token}"


def stopped_clock(app: FastAPI) -> MovedClock:
    """Put a clock that only the test moves into the house."""
    house: House = app.state.house
    clock = MovedClock(house.clock.now())
    object.__setattr__(house, "clock", clock)
    return clock
