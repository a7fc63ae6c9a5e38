"""Break-glass: someone of another hub can be opened when it must be, for an hour, and never unseen."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from fastapi import FastAPI

from api.console.access import TOKEN, form_token
from api.house import House
from tests.at_work import AtWork
from tests.signed_in import sign_in
from tests.two_hubs import comes, id_of, lives_in, objects, open_hubs
from waitingroom import hubs
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
WHY = "Their daughter rang us: they fell"


@dataclass
class Town:
    """Two hubs; Ann lives in Colne, staff come from Nelson."""

    app: FastAPI
    ann: uuid.UUID
    things: dict[str, str]

    @property
    def house(self) -> House:
        house: House = self.app.state.house
        return house

    async def comes(self, name: str, role: Role, hub: str = "Nelson") -> AtWork:
        async with self.house.database.transaction() as session:
            there = await hubs.named(session, name=hub)
        return await comes(self.app, name, role, there)

    async def breaks(self, worker: AtWork, reason: str = WHY) -> int:
        answer = await worker.post(f"/people/{self.ann}/break-glass", json={"reason": reason})
        return answer.status_code

    async def opens(self, worker: AtWork) -> int:
        return (await worker.get(f"/people/{self.ann}")).status_code


@pytest.fixture
async def town(app: FastAPI) -> AsyncIterator[Town]:
    _nelson, colne = (await open_hubs(app)).values()
    lead = await comes(app, "Cath", Role.LEAD, colne)
    ann = await lives_in(app, colne, by=await id_of(app, lead.name))
    async with lead.client:
        yield Town(app, ann.person, await objects(app, ann))


@pytest.mark.parametrize("role", [Role.LINK_WORKER, Role.LEAD, Role.AUDITOR])
async def test_with_a_reason_someone_of_another_hub_is_opened_for_an_hour(town: Town, role: Role) -> None:
    sam = await town.comes("Sam", role)
    async with sam.client:
        assert await town.opens(sam) == 404
        assert await town.breaks(sam) == 201
        assert await town.opens(sam) == 200
        assert (await sam.get(f"/handoffs/{town.things['handoff_id']}/story")).status_code == 200
        town.house.clock.move_on(timedelta(minutes=59))
        assert await town.opens(sam) == 200
        town.house.clock.move_on(timedelta(minutes=1, seconds=1))
        assert await town.opens(sam) == 404


async def test_through_the_glass_a_link_worker_reads_and_a_lead_may_act(town: Town) -> None:
    sam, lead = await town.comes("Sam", Role.LINK_WORKER), await town.comes("Lee", Role.LEAD)
    claim = f"/handoffs/{town.things['handoff_id']}/claim"
    async with sam.client, lead.client:
        for worker in (sam, lead):
            assert await town.breaks(worker) == 201
        version = (await sam.get(f"/handoffs/{town.things['handoff_id']}")).json()["version"]
        assert (await sam.post(claim, version=version)).status_code == 404
        assert (await lead.post(claim, version=version)).status_code == 200


async def test_the_glass_of_one_person_opens_no_other_and_for_nobody_else(town: Town, app: FastAPI) -> None:
    sam, priya = await town.comes("Sam", Role.LINK_WORKER), await town.comes("Priya", Role.LINK_WORKER)
    async with town.house.database.transaction() as session:
        other = await session.driver.fetchval("SELECT id FROM person WHERE id <> $1", town.ann)
    async with sam.client, priya.client:
        assert await town.breaks(sam) == 201
        assert (await sam.get(f"/people/{other}")).status_code == 404
        assert (await sam.get(f"/matches/{town.things['match_id']}")).status_code == 404
        assert await town.opens(priya) == 404


@pytest.mark.parametrize("role", [Role.PROVIDER, Role.ADMIN])
async def test_others_break_no_glass(town: Town, role: Role) -> None:
    worker = await town.comes("Jo", role)
    async with worker.client:
        assert await town.breaks(worker) == 403
        assert await town.opens(worker) == 403


@pytest.mark.parametrize("reason", ["", "urgent", " " * 30, "a         b"])
async def test_without_a_reason_the_glass_holds(town: Town, reason: str) -> None:
    sam = await town.comes("Sam", Role.LINK_WORKER)
    async with sam.client:
        assert await town.breaks(sam, reason) in {409, 422}
        assert await town.opens(sam) == 404


async def test_nobody_is_found_by_guessing_and_ones_own_need_no_glass(town: Town) -> None:
    sam, cath = await town.comes("Sam", Role.LINK_WORKER), await town.comes("Cara", Role.LINK_WORKER, "Colne")
    async with sam.client, cath.client:
        nobody = await sam.post(f"/people/{uuid.uuid4()}/break-glass", json={"reason": WHY})
        hidden = await sam.get(f"/people/{town.ann}")
        absent = await sam.get(f"/people/{uuid.uuid4()}")
        assert nobody.status_code == 404
        strip = {"instance"}
        assert {k: v for k, v in hidden.json().items() if k not in strip} == {
            k: v for k, v in absent.json().items() if k not in strip
        }
        assert await town.breaks(cath) == 409


async def test_their_hub_sees_who_it_was_and_why_and_no_other_hub_does(town: Town) -> None:
    sam = await town.comes("Sam", Role.LINK_WORKER)
    cath, lee = await town.comes("Cath", Role.LEAD, "Colne"), await town.comes("Lee", Role.LEAD)
    async with sam.client, cath.client, lee.client:
        await town.breaks(sam)
        (seen,) = (await cath.get("/audit/from-elsewhere")).json()["opened"]
        assert (seen["staff"], seen["reason"], seen["person_id"]) == ("Sam", WHY, str(town.ann))
        assert (await lee.get("/audit/from-elsewhere")).json()["opened"] == []
        assert (await sam.get("/audit/from-elsewhere")).status_code == 403
        noted = (await cath.get(f"/people/{town.ann}/audit")).json()["entries"]
        assert "Sam opened them from another hub, with a reason" in {one["words"] for one in noted}
        unusual = (await cath.get("/audit/unusual")).json()["unusual"]
        assert ("from_elsewhere", "Sam") in {(one["why"], one["staff"]) for one in unusual}


async def test_why_it_was_done_cannot_be_read_without_the_keys(town: Town) -> None:
    sam = await town.comes("Sam", Role.LINK_WORKER)
    async with sam.client:
        await town.breaks(sam)
    async with town.house.database.transaction() as session:
        rows = await session.driver.fetch("SELECT broken_glass::text AS row FROM broken_glass")
    assert len(rows) == 1
    assert WHY.encode().hex() not in rows[0]["row"]


async def test_a_search_by_the_whole_reference_leads_to_the_glass_and_tells_no_fact(town: Town) -> None:
    nelson = await town.comes("Sam", Role.LINK_WORKER)
    async with town.house.database.transaction() as session:
        hub = await session.driver.fetchval("SELECT hub_id FROM staff WHERE name = 'Sam'")
        reference = await session.driver.fetchval("SELECT reference FROM referral WHERE person_id = $1", town.ann)
    async with nelson.client, await sign_in(town.app, "Sam", Role.LINK_WORKER, hub) as sam:
        page = await sam.get("/staff/search", params={"q": reference})
        assert f"/staff/people/{town.ann}/break-glass" in page.text
        assert "Ann" not in page.text
        assert "BB8" not in page.text
        by_name = await sam.get("/staff/search", params={"q": "Ann"})
        assert str(town.ann) not in by_name.text


async def test_the_page_asks_why_shows_nothing_and_then_lets_them_in(town: Town) -> None:
    await town.comes("Sam", Role.LINK_WORKER)
    async with town.house.database.transaction() as session:
        hub = await session.driver.fetchval("SELECT hub_id FROM staff WHERE name = 'Sam'")
    async with await sign_in(town.app, "Sam", Role.LINK_WORKER, hub) as sam:
        path = f"/staff/people/{town.ann}/break-glass"
        page = await sam.get(path)
        assert page.status_code == 200
        assert "Ann" not in page.text
        assert page.text.replace(str(town.ann), "") != ""
        nobody = await sam.get(f"/staff/people/{uuid.uuid4()}/break-glass")
        assert nobody.status_code == 200
        async with town.house.database.transaction() as session:
            mine = await session.driver.fetchval("SELECT id FROM staff_session ORDER BY began_at DESC LIMIT 1")
        token = {TOKEN: form_token(town.house.database.keys, mine)}
        head = {"sec-fetch-site": "same-origin"}
        short = await sam.post(path, data={**token, "reason": "now"}, headers=head)
        assert short.status_code == 409
        assert "at least 10 characters" in short.text
        assert ">now</textarea>" in short.text
        assert (await sam.get(f"/staff/people/{town.ann}")).status_code == 404
        opened = await sam.post(path, data={**token, "reason": WHY}, headers=head)
        assert (opened.status_code, opened.headers["location"]) == (303, f"/staff/people/{town.ann}")
        assert (await sam.get(f"/staff/people/{town.ann}")).status_code == 200
