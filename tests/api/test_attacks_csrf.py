"""Forms of other sites, and links that would write: no route of the console does anything for them."""

import re
from collections.abc import AsyncIterator, Mapping

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient

from api import access
from api.access import RULES, Reach
from api.console.access import TOKEN
from api.settings import Settings
from tests.at_work import API, client_of
from tests.signed_in import sign_in
from tests.two_hubs import comes, id_of, lives_in, objects, open_hubs
from tests.under_attack import at_rest, every_route, records, role_for, some_of, token_in
from waitingroom.database import Database
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
HOME = "http://waitingroom.test"
FROM_ELSEWHERE: tuple[Mapping[str, str], ...] = (
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": HOME},
    {"sec-fetch-site": ""},
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": f"{HOME}.evil.example"},
    {"origin": "https://evil.example", "host": "waitingroom.test"},
)
STREAMS = {"queueEvents", "talkEvents"}
Form = tuple[str, str, str]
"""Name, method and path of a route."""


@pytest.fixture
async def still(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    async with at_rest(settings) as app:
        yield app


def forms(app: FastAPI) -> list[Form]:
    """List every route of the console that is not for looking."""
    return [
        (access.name_of(route), method, path)
        for route, path, method in every_route(app)
        if path.startswith("/staff") and method != "GET"
    ]


async def town(app: FastAPI) -> tuple[dict[str, str], dict[Role, AsyncClient], dict[Role, str], dict[Role, str]]:
    """Two sessions of each role at work in a hub: clients, their forms' tokens, and the tokens of the others."""
    nelson, _colne = (await open_hubs(app)).values()
    priya = await comes(app, "Priya Shah", Role.LINK_WORKER, nelson)
    await priya.client.aclose()
    things = await objects(app, await lives_in(app, nelson, by=await id_of(app, "Priya Shah")))
    clients, mine, theirs = {}, {}, {}
    for role in Role:
        clients[role] = await sign_in(app, f"One {role}", role, nelson.id)
        mine[role] = token_in((await clients[role].get("/staff/account")).text)
        async with await sign_in(app, f"Other {role}", role, nelson.id) as other:
            theirs[role] = token_in((await other.get("/staff/account")).text)
    return things, clients, mine, theirs


def filled(path: str, things: Mapping[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda part: things.get(part[1], "anything"), path)


async def test_no_form_of_the_console_does_anything_without_its_own_token_or_for_another_site(
    still: FastAPI,
) -> None:
    things, clients, mine, theirs = await town(still)
    before, tried = await records(still), 0
    told = {"once": "1", "text": "Hello", "private": "x", "reason": "goals_met", "version": "1", "handoff": ""}
    told["handoff"] = things["handoff_id"]
    same = {"sec-fetch-site": "same-origin"}
    for name, method, path in forms(still):
        if RULES[name].reach is Reach.OPEN:
            continue
        role = role_for(name)
        attacks = [
            ({}, same),
            ({TOKEN: ""}, same),
            ({TOKEN: theirs[role]}, same),
            ({TOKEN: mine[role][:-1]}, same),
        ]
        attacks += [({TOKEN: mine[role]}, dict(head)) for head in FROM_ELSEWHERE]
        for token, head in attacks:
            client = clients[role]
            answer = await client.request(method, filled(path, things), data=told | token, headers=head)
            assert answer.status_code == 403, (name, token, head, answer.status_code)
            assert "set-cookie" not in answer.headers, name
            tried += 1
    assert tried > 600
    assert await records(still) == before
    answer = await clients[Role.LEAD].post(
        f"/staff/handoffs/{things['handoff_id']}/notes", data=told | {TOKEN: mine[Role.LEAD]}, headers=same
    )
    assert answer.status_code == 303, "a form of one's own page is done"
    assert await records(still) != before
    for client in clients.values():
        await client.aclose()


async def test_a_token_in_the_address_or_in_a_header_or_as_json_is_no_token(still: FastAPI) -> None:
    things, clients, mine, _theirs = await town(still)
    before, lead = await records(still), clients[Role.LEAD]
    path, token = f"/staff/handoffs/{things['handoff_id']}/notes", mine[Role.LEAD]
    for sent in (
        await lead.post(f"{path}?{TOKEN}={token}", data={"private": "x"}),
        await lead.post(path, data={"private": "x"}, headers={TOKEN: token, "x-csrf-token": token}),
        await lead.post(path, json={TOKEN: token, "private": "x"}),
        await lead.post(path, content=f"{TOKEN}={token}&private=x", headers={"content-type": "text/plain"}),
    ):
        assert sent.status_code == 403
    assert await records(still) == before
    for client in clients.values():
        await client.aclose()


async def test_forms_at_the_door_are_not_taken_from_other_sites(still: FastAPI) -> None:
    before = await records(still)
    doors = [one for one in forms(still) if RULES[one[0]].reach is Reach.OPEN]
    assert {"signInForm", "codeForm", "setUpForm", "joinForm", "demoSignIn"} <= {name for name, _, _ in doors}
    async with client_of(still) as client:
        client.headers["accept"] = "text/html"
        for name, method, path in doors:
            for head in FROM_ELSEWHERE:
                told = {"email": "sam@example.org", "password": "x", "code": "000000", "as": "sam"}
                answer = await client.request(method, filled(path, {}), data=told, headers=dict(head))
                shut = {403, 404} if name == "organisationForm" else {403}
                assert answer.status_code in shut, (name, head, answer.status_code)
                assert "set-cookie" not in answer.headers, name
    assert await records(still) == before


async def test_the_staff_api_takes_no_cookie_for_a_key(still: FastAPI) -> None:
    things, clients, _mine, _theirs = await town(still)
    before = await records(still)
    for client in clients.values():
        for route, path, method in every_route(still):
            if path.startswith(f"{API}/"):
                answer = await client.request(method, filled(path, things))
                assert answer.status_code == 401, access.name_of(route)
        await client.aclose()
    assert await records(still) == before


@pytest.mark.parametrize("role", list(Role))
async def test_looking_writes_nothing_whoever_looks_at_whatever(still: FastAPI, role: Role) -> None:
    things, clients, _mine, _theirs = await town(still)
    worker = await comes(still, f"Key {role}", role, None)
    before, seen = await records(still), 0
    for route, path, method in every_route(still):
        name = access.name_of(route)
        if method != "GET" or name in STREAMS:
            continue
        client, head = (worker.client, worker.head) if path.startswith(API) else (clients[role], {})
        answer = await client.get(filled(path, things), headers=head)
        assert answer.status_code < 500, (name, answer.text[:300])
        seen += answer.status_code == 200
        after = await records(still)
        assert {table for table in after if after[table] != before[table]} == set(), name
    assert seen >= 12
    await worker.client.aclose()
    for client in clients.values():
        await client.aclose()


async def test_no_form_is_sent_by_following_a_link(still: FastAPI) -> None:
    things, clients, mine, _theirs = await town(still)
    before = await records(still)
    looks = {path for _route, path, method in every_route(still) if method == "GET"}
    for name, _method, path in forms(still):
        if path in looks or RULES[name].reach is Reach.OPEN:
            continue
        role = role_for(name)
        told = {TOKEN: mine[role], "text": "x", "reason": "goals_met"}
        answer = await clients[role].get(filled(path, things), params=told)
        assert answer.status_code in {303, 404, 405, 422}, (name, answer.status_code)
        if answer.status_code == 303:
            assert filled(path, things).startswith(f"{answer.headers['location']}/"), name
    assert await records(still) == before
    assert await some_of(still, "SELECT count(*) FROM staff_session WHERE ended_at IS NOT NULL") == 0
    for client in clients.values():
        await client.aclose()
