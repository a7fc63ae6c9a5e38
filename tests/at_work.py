"""A link worker in a test: a key, a client at the staff API, and what they do most days."""

from datetime import timedelta
from typing import Any

import httpx2
from fastapi import FastAPI
from httpx2 import Response

from api.house import House
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import staff
from waitingroom.staff import Scope

API = "/api/v1"
EVERYTHING = frozenset(Scope)


class AtWork:
    """A member of staff with a key, at the door of an application that runs."""

    def __init__(self, client: httpx2.AsyncClient, name: str, key: str | None) -> None:
        self.client = client
        self.name = name
        self.head = {"Authorization": f"Bearer {key}"} if key else {}

    async def get(self, path: str, **options: Any) -> Response:
        return await self.client.get(API + path, headers=self.head | options.pop("headers", {}), **options)

    async def post(
        self, path: str, *, version: int | None = None, key: str | None = None, **options: Any
    ) -> Response:
        head = self.head | options.pop("headers", {})
        if version is not None:
            head["If-Match"] = f'"{version}"'
        if key is not None:
            head["Idempotency-Key"] = key
        return await self.client.post(API + path, headers=head, **options)

    async def queue(self, **asked: Any) -> list[dict[str, Any]]:
        found = await self.get("/handoffs", params=asked)
        assert found.status_code == 200, found.text
        return list(found.json()["handoffs"])

    async def claims(self, handoff: dict[str, Any]) -> Response:
        return await self.post(f"/handoffs/{handoff['id']}/claim", version=handoff["version"])

    async def claims_the_first(self) -> dict[str, Any]:
        """Claim what stands first in the queue; returns it as it is then."""
        claimed = await self.claims((await self.queue())[0])
        assert claimed.status_code == 200, claimed.text
        return dict(claimed.json())


def client_of(app: FastAPI) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://waitingroom.test")


async def joins(app: FastAPI, name: str, *, scopes: frozenset[Scope] = EVERYTHING) -> AtWork:
    """Someone starts work here, with a key that carries `scopes`."""
    house: House = app.state.house
    async with house.database.transaction() as session:
        worker = await staff.welcome(session, name=name, now=house.clock.now())
        key = await staff.issue_key(session, staff_id=worker.id, scopes=scopes, now=house.clock.now())
    return AtWork(client_of(app), name, key)


def someone(app: FastAPI) -> Speaker:
    """Someone who has not said a word yet, half an hour ago."""
    house: House = app.state.house
    return Speaker(house.desk, now=house.clock.now() - timedelta(minutes=30))


async def refers_themselves(app: FastAPI) -> Speaker:
    """Someone lonely comes, refers themselves and waits."""
    person = someone(app)
    await person.says(*SHORTEST_REFERRAL)
    return person
