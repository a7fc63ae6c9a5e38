"""Who may do what: every operation, for every role and key, in one's own hub and in another, as the table says.

What is asked here is made from the table in `api.access`; a route that does not stand there fails.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, routing
from httpx2 import Response

from api import access, access_paths, audit_words
from api.access import RULES, Reach
from api.console.access import TOKEN, form_token
from api.house import House
from tests.at_work import API, AtWork, client_of
from tests.signed_in import sign_in
from tests.two_hubs import MADE, comes, id_of, lives_in, objects, open_hubs
from waitingroom import staff
from waitingroom.hubs import Hub
from waitingroom.roles import OF_ROLE, Role, Scope
from waitingroom.staff import Caller

pytestmark = pytest.mark.anyio
BOUND = {Reach.HUB, Reach.CLAIMED}
REFUSED = {"tag:waitingroom,2026:not-allowed", "tag:waitingroom,2026:not-found", "tag:waitingroom,2026:signed-out"}
STREAMS = {"queueEvents", "talkEvents"}
"""They never end, so they are not opened here where they would let one in."""


@dataclass(frozen=True)
class Operation:
    """One operation as it is served."""

    name: str
    method: str
    path: str

    @property
    def parts(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def is_api(self) -> bool:
        return self.path.startswith(API)

    @property
    def bound(self) -> bool:
        """Whether it is about something that hangs on a person of a hub."""
        return RULES[self.name].reach in BOUND and any(access_paths.OBJECTS.get(part) for part in self.parts)


def served(app: FastAPI) -> list[Operation]:
    """List every operation for staff."""
    return [
        Operation(access.name_of(route), method, path)
        for route, path, methods in _walk(app.routes)
        for method in sorted(methods - {"HEAD"})
        if path.startswith((f"{API}/", "/staff"))
    ]


def _walk(routes: Any) -> Iterator[tuple[Any, str, set[str]]]:
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            for context in route.effective_route_contexts():
                yield context.original_route, context.path_format, context.methods
        elif isinstance(route, routing.APIRoute):
            yield route, route.path_format, route.methods or set()


async def asks(
    client: httpx2.AsyncClient, one: Operation, path: str, *, token: str = "", page: str = ""
) -> Response:
    """Ask for it with nothing in hand: whoever is let in is told what is missing, and nothing is changed.

    `page`: the hand-off whose page a form is on.
    """
    if one.is_api or one.method == "GET":
        return await client.request(one.method, path, json=None if one.method == "GET" else {})
    return await client.request(
        one.method, path, data={TOKEN: token, "handoff": page}, headers={"sec-fetch-site": "same-origin"}
    )


def let_in(answer: Response) -> bool:
    """Say whether the door let them in, whatever the rules of care then said."""
    if answer.status_code == 303 and "/staff/sign-in" in answer.headers.get("location", ""):
        return False
    problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    return not (problem and (answer.status_code == 401 or answer.json()["type"] in REFUSED))


def filled(one: Operation, things: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda part: things[part[1]], one.path)


async def test_every_operation_for_staff_stands_in_the_table(app: FastAPI) -> None:
    assert {one.name for one in served(app)} - set(RULES) == set()


async def test_every_part_of_a_path_says_whose_it_is_and_can_be_made_here(app: FastAPI) -> None:
    parts = {part for one in served(app) if RULES[one.name].reach is not Reach.OPEN for part in one.parts}
    assert parts - set(access_paths.OBJECTS) == set()
    assert parts - set(MADE) == set()


async def test_what_is_about_a_person_is_bound_to_a_hub(app: FastAPI) -> None:
    unbound = {one.name for one in served(app) if {"person_id", "handoff_id"} & set(one.parts) and not one.bound}
    assert unbound <= {"breakGlass", "breakGlassPage", "breakGlassForm"}


async def test_every_act_has_words(app: FastAPI) -> None:
    noted = {
        RULES[one.name].act or one.name
        for one in served(app)
        if RULES[one.name].noted or one.bound or (one.method != "GET" and RULES[one.name].reach is not Reach.OPEN)
    }
    assert noted - set(audit_words.ACTS) == set()


async def test_no_operation_names_other_scopes_beside_its_path_than_the_table_does(app: FastAPI) -> None:
    for route, path, _methods in _walk(app.routes):
        if path.startswith((f"{API}/", "/staff")):
            assert _said(route.dependant, set()) in (set(), RULES[access.name_of(route)].scopes), path


def _said(dependant: Any, found: set[Scope]) -> set[Scope]:
    """Find the scopes that `may`, `may_do`, `sees` or `does` was given."""
    if getattr(dependant.call, "__closure__", None):
        held = zip(dependant.call.__code__.co_freevars, dependant.call.__closure__, strict=True)
        found |= {scope for name, cell in held if name == "scopes" for scope in cell.cell_contents}
    for one in dependant.dependencies:
        _said(one, found)
    return found


async def test_nobody_comes_in_unknown(app: FastAPI) -> None:
    async with client_of(app) as client:
        for one in served(app):
            if RULES[one.name].reach is Reach.OPEN:
                continue
            path = re.sub(r"{\w+}", lambda _part: str(uuid.uuid4()), one.path)
            answers = [await asks(client, one, path)]
            if one.is_api:
                client.headers["authorization"] = "Bearer wr_guess"
                answers.append(await asks(client, one, path))
                del client.headers["authorization"]
            for answer in answers:
                assert answer.status_code == (401 if one.is_api else 303), (one, answer.text)
                assert not let_in(answer)


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_reaches_by_key_what_the_table_says_and_no_other_hub(app: FastAPI, role: Role) -> None:
    nelson, colne = (await open_hubs(app)).values()
    worker = await comes(app, "Sam Okafor", role, nelson)
    by = await id_of(app, worker.name)
    own = await objects(app, await lives_in(app, nelson, by=by))
    other = await objects(app, await lives_in(app, colne, by=by))
    async with worker.client as client:
        client.headers.update(worker.head)
        await _try_all(client, [one for one in served(app) if one.is_api], OF_ROLE[role], own, other)


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_reaches_signed_in_what_the_table_says_and_no_other_hub(app: FastAPI, role: Role) -> None:
    nelson, colne = (await open_hubs(app)).values()
    async with await sign_in(app, "Sam Okafor", role, nelson.id) as client:
        by = await id_of(app, "Sam Okafor")
        own = await objects(app, await lives_in(app, nelson, by=by))
        other = await objects(app, await lives_in(app, colne, by=by))
        client.headers["accept"] = "*/*"
        pages = [one for one in served(app) if not one.is_api and one.name not in ENDS_IT | STREAMS]
        await _try_all(client, pages, OF_ROLE[role], own, other, token=await token_of(app, by))


ENDS_IT = {"signOut", "signOutEverywhere", "endSession", "changePassword", "newAuthenticator", "newRecoveryCodes"}
"""They would end the visit this test is made of."""


async def token_of(app: FastAPI, staff_id: uuid.UUID) -> str:
    house: House = app.state.house
    async with house.database.transaction() as session:
        session_id = await session.driver.fetchval("SELECT id FROM staff_session WHERE staff_id = $1", staff_id)
    return form_token(house.database.keys, session_id)


async def _try_all(
    client: httpx2.AsyncClient,
    operations: list[Operation],
    scopes: frozenset[Scope],
    own: dict[str, str],
    other: dict[str, str],
    *,
    token: str = "",
) -> None:
    for one in sorted(operations, key=lambda one: one.method != "GET"):
        rule = RULES[one.name]
        if rule.reach is Reach.OPEN:
            continue
        allowed = not rule.scopes or not rule.scopes.isdisjoint(scopes)
        at_home = await asks(client, one, filled(one, own), token=token, page=own["handoff_id"])
        assert at_home.status_code not in (429, 500, 503), (one, at_home.text)
        if one.bound or not allowed:
            assert let_in(at_home) is allowed, (one, at_home.status_code, at_home.text)
        if not allowed:
            assert at_home.status_code == 403
        if one.bound:
            away = await asks(client, one, filled(one, other), token=token, page=other["handoff_id"])
            assert not let_in(away), (one, away.status_code)
            assert away.status_code == (404 if allowed else 403), (one, away.text)


async def test_a_key_opens_only_what_its_scope_names(app: FastAPI) -> None:
    nelson, _colne = (await open_hubs(app)).values()
    await comes(app, "Sam", Role.LINK_WORKER, nelson)
    own = await objects(app, await lives_in(app, nelson, by=await id_of(app, "Sam")))
    for scope in Scope:
        worker = await comes(app, "Sam", Role.LINK_WORKER, nelson, frozenset({scope}))
        async with worker.client as client:
            client.headers.update(worker.head)
            for one in [one for one in served(app) if one.is_api]:
                answer = await asks(client, one, filled(one, own))
                needed = RULES[one.name].scopes
                assert answer.status_code not in (429, 500, 503), (one, answer.text)
                if needed and scope not in needed:
                    assert (answer.status_code, let_in(answer)) == (403, False), (scope, one)
                elif one.bound:
                    assert let_in(answer), (scope, one, answer.text)


async def test_staff_of_no_hub_see_everyone(app: FastAPI) -> None:
    _nelson, colne = (await open_hubs(app)).values()
    worker = await comes(app, "Sam Okafor", Role.LEAD, None)
    things = await objects(app, await lives_in(app, colne, by=await id_of(app, worker.name)))
    async with worker.client as client:
        client.headers.update(worker.head)
        for one in served(app):
            if one.is_api and one.bound and one.method == "GET":
                assert let_in(await asks(client, one, filled(one, things))), one


async def test_a_person_of_no_hub_is_seen_by_every_hub(app: FastAPI) -> None:
    nelson, _colne = (await open_hubs(app)).values()
    worker = await comes(app, "Sam Okafor", Role.LINK_WORKER, nelson)
    someone = await lives_in(app, nelson, by=await id_of(app, worker.name))
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.driver.execute("UPDATE conversation SET hub_id = NULL")
    async with worker.client:
        assert (await worker.get(f"/people/{someone.person}")).status_code == 200


async def test_a_form_that_names_someone_of_another_hub_shows_nothing_of_them(app: FastAPI) -> None:
    nelson, colne = (await open_hubs(app)).values()
    async with await sign_in(app, "Sam Okafor", Role.LINK_WORKER, nelson.id) as client:
        by = await id_of(app, "Sam Okafor")
        own = await objects(app, await lives_in(app, nelson, by=by))
        other = await objects(app, await lives_in(app, colne, by=by, name="Zebedee"))
        told = {TOKEN: await token_of(app, by), "handoff": other["handoff_id"]}
        for path in (f"appointments/{own['appointment_id']}/end", f"later/{own['later_id']}/cancel"):
            answer = await client.post(f"/staff/{path}", data=told, headers={"sec-fetch-site": "same-origin"})
            assert answer.status_code == 404, path
            assert "Zebedee" not in answer.text


LISTS = {
    "/handoffs": "handoffs",
    "/introductions": "introductions",
    "/matches": "matches",
    "/complaints": "complaints",
    "/data-requests": "requests",
    "/tasks": "tasks",
}


async def test_no_list_shows_what_is_of_another_hub(app: FastAPI) -> None:
    nelson, colne = (await open_hubs(app)).values()
    by = await id_of(app, (await comes(app, "Nobody", Role.LEAD, None)).name)
    for one in (nelson, colne):
        await objects(app, await lives_in(app, one, by=by))
    counted: dict[str, list[int]] = {}
    everywhere: tuple[tuple[str, Hub | None], ...] = (("Sam", nelson), ("Priya", colne), ("Jo", None))
    for name, hub in everywhere:
        worker = await comes(app, name, Role.LEAD, hub)
        async with worker.client:
            for path, field in LISTS.items():
                found = (await worker.get(path)).json()[field]
                counted.setdefault(path, []).append(len(found))
            letters = await worker.get("/letters")
            assert letters.status_code == 200
    for path, (in_nelson, in_colne, in_all) in counted.items():
        assert in_nelson > 0, path
        assert in_colne > 0, path
        assert in_all == in_nelson + in_colne, path


async def test_two_of_two_hubs_who_may_be_one_are_for_staff_who_see_both(app: FastAPI) -> None:
    nelson, colne = (await open_hubs(app)).values()
    worker = await comes(app, "Sam Okafor", Role.LEAD, nelson)
    everywhere = await comes(app, "Jo Bell", Role.LEAD, None)
    by = await id_of(app, worker.name)
    ann, away = await lives_in(app, nelson, by=by), await lives_in(app, colne, by=by)
    house: House = app.state.house
    async with house.database.transaction() as session:
        await session.driver.execute("DELETE FROM person_match")
        crossing: uuid.UUID = await session.driver.fetchval(
            "INSERT INTO person_match (id, earlier_id, later_id, sureness, status, found_at, version) "
            "VALUES (gen_random_uuid(), $1, $2, 'likely', 'waiting', $3, 1) RETURNING id",
            ann.person,
            away.person,
            ann.now,
        )
    async with worker.client, everywhere.client:
        assert (await worker.get(f"/matches/{crossing}")).status_code == 404
        assert (await worker.get("/matches")).json()["matches"] == []
        assert (await everywhere.get(f"/matches/{crossing}")).status_code == 200


async def test_whoever_moves_to_another_hubs_area_stays_in_the_hands_they_are_in(app: FastAPI) -> None:
    nelson, colne = (await open_hubs(app)).values()
    sam, priya = await comes(app, "Sam", Role.LINK_WORKER, nelson), await comes(app, "Priya", Role.LEAD, nelson)
    ann = await lives_in(app, nelson, by=await id_of(app, "Sam"))
    house: House = app.state.house
    async with sam.client, priya.client:
        line = (await sam.queue())[0]
        assert (await sam.claims(line)).status_code == 200
        async with house.database.transaction() as session:
            talk = "SELECT conversation_id FROM handoff WHERE id = $1"
            claimed = await session.driver.fetchval(talk, uuid.UUID(line["id"]))
            await session.driver.execute("UPDATE conversation SET hub_id = $1 WHERE id = $2", colne.id, claimed)
        assert ann.now is not None
        assert (await sam.get(f"/handoffs/{line['id']}/story")).status_code == 200
        assert line["id"] in {one["id"] for one in await sam.queue(mine=True)}
        assert (await priya.get(f"/handoffs/{line['id']}/story")).status_code == 404
        assert line["id"] not in {one["id"] for one in await priya.queue()}


NO_KEYS = (
    b"",
    b"Bearer",
    b"Bearer ",
    b"Basic d3I6cGFzcw==",
    b"Bearer wr_no",
    b"wr_no",
    b"Bearer \xe9",
    b"Bearer \xff",
)


async def test_a_key_that_is_not_one_gets_the_same_answer_as_any_other(app: FastAPI) -> None:
    async with client_of(app) as client:
        for told in NO_KEYS:
            answer = await client.get(f"{API}/handoffs", headers={b"Authorization": told})
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == 'Bearer realm="staff"'
            problem = answer.json()
            assert (problem["type"], problem["status"]) == ("tag:waitingroom,2026:unknown-key", 401)
            assert "wr_no" not in answer.text


async def test_a_key_that_has_ended_opens_nothing(app: FastAPI) -> None:
    house = app.state.house
    now = house.clock.now()
    async with house.database.transaction() as session:
        worker = await staff.welcome(session, name="Gone", now=now)
        key = await staff.issue_key(
            session, staff_id=worker.id, scopes=frozenset(Scope), now=now, ends_at=now - timedelta(seconds=1)
        )
    async with client_of(app) as client:
        assert (await AtWork(client, "Gone", key).get("/handoffs")).status_code == 401


async def test_someone_without_a_key_is_not_told_what_was_wrong_with_the_rest(app: FastAPI) -> None:
    async with client_of(app) as client:
        answer = await client.post(f"{API}/handoffs/not-an-id/messages", json={"txt": 1})
    assert answer.status_code == 401


async def test_an_operation_that_stands_in_no_line_is_open_to_nobody(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = await comes(app, "Sam Okafor", Role.LEAD, None, frozenset(Scope))
    without = {name: rule for name, rule in RULES.items() if name != "listHandoffs"}
    async with worker.client:
        assert (await worker.get("/handoffs")).status_code == 200
        monkeypatch.setattr(access, "RULES", without)
        assert (await worker.get("/handoffs")).status_code == 403
        assert (await worker.get("/tasks")).status_code == 200


def test_a_caller_of_no_scope_may_do_nothing_that_needs_one() -> None:
    nobody = Caller(uuid.uuid4(), "Nobody", frozenset())
    with pytest.raises(staff.NotAllowedError):
        nobody.check(Scope.QUEUE_READ)
