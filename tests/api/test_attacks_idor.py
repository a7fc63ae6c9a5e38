"""Ids of another hub where nobody looks at once: in forms, bodies, queries, cursors and sealed words."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api.settings import Settings
from tests.at_desk_forms import press
from tests.at_work import API, AtWork
from tests.signed_in import sign_in
from tests.two_hubs import comes, id_of, lives_in, objects, open_hubs
from tests.under_attack import at_rest, records, some_of
from waitingroom.database import Database
from waitingroom.hubs import Hub
from waitingroom.roles import Role, Scope

pytestmark = pytest.mark.anyio
PERSON = "Zebedee"
THEIRS = "Colin Away"


class Border:
    """Two hubs, and a lead of the first who has everything a lead may have."""

    def __init__(self, app: FastAPI, lead: AtWork, web: AsyncClient, hubs: dict[str, Hub]) -> None:
        self.app, self.lead, self.web, self.hubs = app, lead, web, hubs
        self.own: dict[str, str] = {}
        self.away: dict[str, str] = {}
        self.colleague = self.stranger = ""

    async def asks(self, method: str, path: str, **body: Any) -> Any:
        head = self.lead.head | {"If-Match": "*"}
        return await self.lead.client.request(method, API + path, json=body, headers=head)


@pytest.fixture
async def border(settings: Settings, database: Database) -> AsyncIterator[Border]:
    async with at_rest(settings) as app:
        hubs = await open_hubs(app)
        nelson, colne = hubs.values()
        lead = await comes(app, "Sam Okafor", Role.LEAD, nelson)
        web = await sign_in(app, "Sam Okafor", Role.LEAD, nelson.id)
        found = Border(app, lead, web, hubs)
        sam = await id_of(app, "Sam Okafor")
        found.own = await objects(app, await lives_in(app, nelson, by=sam, name="Ann"))
        for name, hub in (("Priya Near", nelson), (THEIRS, colne)):
            await (await comes(app, name, Role.LINK_WORKER, hub)).client.aclose()
        found.colleague, found.stranger = str(await id_of(app, "Priya Near")), str(await id_of(app, THEIRS))
        away = await lives_in(app, colne, by=uuid.UUID(found.stranger), name=PERSON)
        found.away = await objects(app, away)
        async with lead.client, web:
            yield found


async def test_nobody_is_handed_over_asked_or_given_work_across_hubs(border: Border) -> None:
    claimed = await border.asks("POST", f"/handoffs/{border.own['handoff_id']}/claim")
    assert claimed.status_code == 200, claimed.text
    own, stranger = f"/handoffs/{border.own['handoff_id']}", border.stranger
    before = await records(border.app)
    tried = [
        await border.asks("POST", f"{own}/transfer", to_id=stranger, why="Nearer to them"),
        await border.asks("POST", f"{own}/helps", helper_id=stranger, kind="call", why="Ring them"),
        await border.asks("POST", f"{own}/to-dos", words="Ring", due_on="2026-12-01", for_id=stranger),
        await border.asks("POST", "/to-dos", words="Ring", due_on="2026-12-01", for_id=stranger),
        await border.asks("PUT", f"/colleagues/{stranger}/cap", weight=10),
        await border.asks("PUT", f"/staff/{stranger}/cap", weight=10),
        await border.asks("PUT", "/away", cover_id=stranger, from_on="2026-12-01", until_on="2026-12-02"),
    ]
    page = f"/staff/handoffs/{border.own['handoff_id']}"
    for action, fields in (
        ("transfer", {"to": stranger, "why": "Nearer", "version": "2"}),
        ("helps", {"helper": stranger, "kind": "call", "why": "Ring them"}),
    ):
        tried.append(await press(border.web, page, f"{page}/{action}", **fields))
    for answer in tried:
        assert 400 <= answer.status_code < 500, answer.text[:200]
        assert THEIRS not in answer.text
    assert await records(border.app) == before


async def test_a_form_that_names_an_id_of_another_hub_does_and_shows_nothing(border: Border) -> None:
    own, away = border.own, border.away
    page = f"/staff/handoffs/{own['handoff_id']}"
    before = await records(border.app)
    for path in (
        f"/staff/handoffs/{away['handoff_id']}/claim",
        f"/staff/handoffs/{away['handoff_id']}/notes",
        f"/staff/handoffs/{away['handoff_id']}/messages",
        f"/staff/handoffs/{away['handoff_id']}/parts",
        f"/staff/handoffs/{away['handoff_id']}/transfer",
        f"/staff/handoffs/{away['handoff_id']}/weight",
        f"/staff/appointments/{away['appointment_id']}/end",
        f"/staff/later/{away['later_id']}/cancel",
        f"/staff/tasks/{away['to_do_id']}/done",
        f"/staff/matches/{away['match_id']}/join",
        f"/staff/matches/{away['match_id']}/keep-apart",
    ):
        fields = {"handoff": own["handoff_id"], "handoff_id": own["handoff_id"], "private": "x", "text": "x"}
        more = {"why": "x", "to": border.colleague, "weight": "1", "version": "1", "tag": "1", "reach": "earlier"}
        answer = await press(border.web, page, path, **fields, **more, to_="cancel")
        assert answer.status_code == 404, (path, answer.status_code)
        assert PERSON not in answer.text, path
    assert await records(border.app) == before


async def test_ids_in_capitals_in_braces_or_with_more_behind_them_are_the_same_ids(border: Border) -> None:
    for name, path in (
        ("handoff_id", "/handoffs/{}"),
        ("person_id", "/people/{}"),
        ("handoff_id", "/handoffs/{}/story"),
    ):
        there = border.away[name]
        for told in (there, there.upper(), there.replace("-", ""), f"{{{there}}}", f"urn:uuid:{there}"):
            answer = await border.lead.get(path.format(told))
            assert answer.status_code in {404, 422}, (told, answer.text[:100])
            assert PERSON not in answer.text
            shown = await border.web.get(f"/staff{path.format(told)}")
            assert shown.status_code in {404, 422}, told
            assert PERSON not in shown.text


async def test_no_query_reaches_over_to_another_hub(border: Border) -> None:
    colne = str(border.hubs["Colne"].id)
    nelson = str(border.hubs["Nelson"].id)
    for name in ("arrivals", "waits", "work", "quarterly"):
        for told in (colne, str(uuid.uuid4()), colne.upper()):
            for answer in (
                await border.lead.get(f"/reports/{name}", params={"hub": told}),
                await border.web.get(f"/staff/reports/{name}", params={"hub": told}),
                await border.web.get(f"/staff/reports/{name}.csv", params={"hub": told}),
            ):
                assert answer.status_code == 404, (name, told, answer.text[:200])
        assert (await border.lead.get(f"/reports/{name}", params={"hub": nelson})).status_code == 200
    for path in ("/handoffs", "/people", "/search", "/caseload", "/team", "/audit", "/complaints", "/to-dos"):
        for name in ("hub", "hub_id", "staff_id", "person_id", "conversation_id", "q"):
            asked = {"q": PERSON, name: PERSON if name == "q" else border.away.get(name, colne)}
            answer = await border.lead.get(path, params=asked)
            assert answer.status_code in {200, 404, 405, 422}, (path, name)
            assert PERSON not in answer.text, (path, name)
            assert border.away["handoff_id"] not in answer.text, (path, name)
    for path in ("/staff", "/staff/search", "/staff/caseload", "/staff/audit", "/staff/records", "/staff/matches"):
        answer = await border.web.get(path, params={"q": PERSON, "hub": colne, "tab": "waiting", "mine": "false"})
        main = answer.text.partition("<main")[2]
        assert border.away["handoff_id"] not in main, path
        assert border.away["person_id"] not in main, path


async def test_nobody_is_asked_into_or_given_a_key_to_another_hub(border: Border) -> None:
    colne, page = str(border.hubs["Colne"].id), "/staff/team/new"
    before = await records(border.app)
    asked = {"name": "Eve", "email": "eve@example.org", "role": "link_worker"}
    for hub in (colne, ""):
        answer = await press(border.web, page, page, hub=hub, **asked)
        assert 400 <= answer.status_code < 500, (hub, answer.status_code)
        key = {"name": "Eve", "scope": "queue:read", "last_day": "2026-12-30", "hub": hub}
        answer = await press(border.web, "/staff/keys", "/staff/keys", **key)
        assert 400 <= answer.status_code < 500, (hub, answer.status_code)
    for path in ("", "/role", "/reset", "/end"):
        where = f"/staff/team/{border.stranger}{path}"
        fields = {"role": "provider", "hub": str(border.hubs["Nelson"].id)}
        answer = await press(border.web, page, where, **fields) if path else await border.web.get(where)
        assert answer.status_code == 404, path
        assert THEIRS not in answer.text
    for role in ("admin", "auditor"):
        mine = {"role": role, "hub": str(border.hubs["Nelson"].id)}
        answer = await press(border.web, page, f"/staff/team/{border.colleague}/role", **mine)
        assert 400 <= answer.status_code < 500, role
    assert await records(border.app) == before


async def test_a_cursor_is_only_good_where_it_was_given(border: Border) -> None:
    hub = border.hubs["Nelson"]
    for name in ("Bea", "Cy"):
        await lives_in(border.app, hub, by=await id_of(border.app, "Sam Okafor"), name=name)
    first = (await border.lead.get("/handoffs", params={"limit": 1})).json()
    cursor = first["next"].partition("cursor=")[2].partition("&")[0]
    assert (await border.lead.get("/handoffs", params={"limit": 1, "cursor": cursor})).status_code == 200
    wrong = (cursor[:-2], cursor[::-1], cursor + "AA", cursor[:-1] + ("A" if cursor[-1] != "A" else "B") + "A")
    for told in wrong:
        assert (await border.lead.get("/handoffs", params={"limit": 1, "cursor": told})).status_code == 422, told
    for path in ("/audit", f"/people/{border.own['person_id']}/timeline"):
        assert (await border.lead.get(path, params={"cursor": cursor})).status_code == 422, path


async def test_what_was_done_once_is_not_told_again_to_someone_else(border: Border) -> None:
    path, told = f"/handoffs/{border.own['handoff_id']}/notes", {"text": "Likes tea"}
    first = await border.lead.post(path, json=told, key="the-same-key")
    assert first.status_code == 201
    thief = await comes(border.app, "Thea", Role.LEAD, border.hubs["Colne"])
    async with thief.client:
        answer = await thief.post(path, json=told, key="the-same-key")
    assert answer.status_code == 404
    assert "Likes tea" not in answer.text
    assert "idempotency-replayed" not in answer.headers


async def test_words_sealed_for_one_row_do_not_open_in_another(border: Border) -> None:
    """Someone who can write to the database, and not to the keys, cannot move words from person to person."""
    own = uuid.UUID(border.own["note_id"])
    moved = (
        "UPDATE private_note SET words = (SELECT words FROM private_note WHERE id = $1) WHERE id = $2 RETURNING id"
    )
    assert await some_of(border.app, moved, uuid.UUID(border.away["note_id"]), own)
    answer = await border.lead.get(f"/handoffs/{border.own['handoff_id']}/notes")
    assert "Likes tea" not in answer.text


async def test_a_key_of_few_scopes_is_not_raised_by_what_it_sends(border: Border) -> None:
    poor = await comes(border.app, "Poor", Role.LEAD, border.hubs["Nelson"], frozenset({Scope.QUEUE_READ}))
    head = poor.head | {"X-HTTP-Method-Override": "GET", "X-Scopes": "person:read", "X-Role": "admin"}
    async with poor.client as client:
        for asked in ({"scope": "person:read"}, {"scopes": "person:read"}, {"role": "admin"}):
            answer = await client.get(f"{API}/people/{border.own['person_id']}", headers=head, params=asked)
            assert answer.status_code == 403
        answer = await client.get(f"{API}/handoffs", headers=poor.head | {"X-Original-URL": "/api/v1/audit"})
        assert set(answer.json()) == {"handoffs", "next"}
