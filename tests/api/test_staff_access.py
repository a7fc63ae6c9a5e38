"""Who may do what in the staff API: one table, and every route must stand in it."""

import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI

from tests.at_work import API, AtWork, client_of, joins
from waitingroom import staff
from waitingroom.staff import Scope

pytestmark = pytest.mark.anyio

ROUTES = {
    ("GET", "/handoffs"): Scope.QUEUE_READ,
    ("GET", "/handoffs/{handoff_id}"): Scope.QUEUE_READ,
    ("POST", "/handoffs/{handoff_id}/claim"): Scope.REFERRAL_WRITE,
    ("POST", "/handoffs/{handoff_id}/release"): Scope.REFERRAL_WRITE,
    ("POST", "/handoffs/{handoff_id}/hand-back"): Scope.REFERRAL_WRITE,
    ("POST", "/handoffs/{handoff_id}/close"): Scope.REFERRAL_WRITE,
    ("GET", "/handoffs/{handoff_id}/story"): Scope.PERSON_READ,
    ("GET", "/people/{person_id}"): Scope.PERSON_READ,
    ("GET", "/attachments/{attachment_id}"): Scope.PERSON_READ,
    ("POST", "/handoffs/{handoff_id}/messages"): Scope.MESSAGE_SEND,
    ("POST", "/handoffs/{handoff_id}/activities"): Scope.REFERRAL_WRITE,
    ("POST", "/handoffs/{handoff_id}/danger"): Scope.REFERRAL_WRITE,
    ("GET", "/people/{person_id}/outcomes"): Scope.PERSON_READ,
    ("PUT", "/people/{person_id}/check-in"): Scope.REFERRAL_WRITE,
    ("GET", "/reports/equality"): Scope.QUEUE_READ,
    ("GET", "/introductions"): Scope.QUEUE_READ,
    ("GET", "/introductions/wording"): Scope.QUEUE_READ,
    ("GET", "/introductions/{introduction_id}"): Scope.PERSON_READ,
    ("POST", "/introductions/{introduction_id}/release"): Scope.REFERRAL_WRITE,
    ("POST", "/introductions/{introduction_id}/drop"): Scope.REFERRAL_WRITE,
    ("POST", "/introductions/{introduction_id}/heard-yes"): Scope.REFERRAL_WRITE,
    ("POST", "/introductions/{introduction_id}/authority/verify"): Scope.REFERRAL_WRITE,
    ("POST", "/introductions/{introduction_id}/authority/refuse"): Scope.REFERRAL_WRITE,
    ("GET", "/matches"): Scope.QUEUE_READ,
    ("GET", "/matches/{match_id}"): Scope.PERSON_READ,
    ("POST", "/matches/{match_id}/join"): Scope.REFERRAL_WRITE,
    ("POST", "/matches/{match_id}/keep-apart"): Scope.REFERRAL_WRITE,
    ("GET", "/complaints"): Scope.QUEUE_READ,
    ("GET", "/complaints/{complaint_id}"): Scope.PERSON_READ,
    ("POST", "/complaints/{complaint_id}/acknowledge"): Scope.MESSAGE_SEND,
    ("POST", "/complaints/{complaint_id}/answer"): Scope.MESSAGE_SEND,
    ("POST", "/complaints/{complaint_id}/close"): Scope.REFERRAL_WRITE,
    ("GET", "/data-requests"): Scope.QUEUE_READ,
    ("GET", "/data-requests/{request_id}"): Scope.PERSON_READ,
    ("POST", "/data-requests/{request_id}/end"): Scope.REFERRAL_WRITE,
    ("GET", "/tasks"): Scope.QUEUE_READ,
    ("GET", "/tasks/{task_id}"): Scope.PERSON_READ,
    ("POST", "/tasks/{task_id}/settle"): Scope.REFERRAL_WRITE,
    ("GET", "/letters"): Scope.PERSON_READ,
    ("PUT", "/people/{person_id}/by-hand"): Scope.REFERRAL_WRITE,
}
HOSTED = {
    ("GET", "/groups"): Scope.QUEUE_READ,
    ("GET", "/groups/{group_key}"): Scope.QUEUE_READ,
    ("GET", "/groups/{group_key}/coming"): Scope.PERSON_READ,
    ("POST", "/groups/{group_key}/pause"): Scope.REFERRAL_WRITE,
    ("POST", "/groups/{group_key}/resume"): Scope.REFERRAL_WRITE,
    ("POST", "/groups/{group_key}/link"): Scope.REFERRAL_WRITE,
}
"""What whoever hosts a group may do too, with their own."""
ROUTES |= HOSTED
BODIES = {
    "link": {"way_in": "https://meet.example.org/tea"},
    "close": {"reason": "goals_met"},
    "messages": {"text": "Hello"},
    "activities": {"kind": "call", "minutes": 5},
    "answer": {"text": "We are sorry."},
    "/complaints/{complaint_id}/close": {"outcome": "upheld"},
    "drop": {"reason": "could_not_reach"},
    "danger": {"verdict": "a_way_of_speaking"},
    "heard-yes": {
        "said_yes": True,
        "name": "Rose",
        "age": 81,
        "postcode": "BB9 7AA",
        "needs": ["lonely"],
        "phone": "+447700900111",
    },
    "join": {},
    "end": {"outcome": "done", "text": "We have put that right."},
    "settle": {"reached": True},
    "by-hand": {"how": "call"},
}


async def knocks(worker: AtWork, method: str, path: str) -> int:
    """Ask for something that is not there, so that whoever is let in is told 404."""
    where = re.sub(r"{\w+}", lambda _name: str(uuid.uuid4()), path)
    if method == "GET":
        return (await worker.get(where)).status_code
    if method == "PUT":
        next_week = datetime.now(UTC).date() + timedelta(days=7)
        body = BODIES.get(path.rpartition("/")[2], {"on": next_week.isoformat()})
        answer = await worker.client.put(API + where, headers=worker.head, json=body)
        return answer.status_code
    body = BODIES.get(path) or BODIES.get(path.rpartition("/")[2])
    return (await worker.post(where, version=1, json=body)).status_code


async def test_every_route_of_the_staff_api_stands_in_the_table(app: FastAPI) -> None:
    described = app.openapi()["paths"]
    found = {
        (method.upper(), path.removeprefix(API))
        for path, methods in described.items()
        if path.startswith("/api/")
        for method in methods
    }
    assert found == set(ROUTES)


async def test_a_key_opens_only_the_doors_its_scope_names(app: FastAPI) -> None:
    for scope in Scope:
        worker = await joins(app, f"With {scope}", scopes=frozenset({scope}))
        for (method, path), needed in ROUTES.items():
            let_in = 404 if "{" in path else 200
            hosts = scope is Scope.GROUP_HOST and (method, path) in HOSTED
            wanted = let_in if scope is needed or hosts else 403
            assert await knocks(worker, method, path) == wanted, (scope, method, path)


async def test_nobody_comes_in_without_a_key(app: FastAPI) -> None:
    async with client_of(app) as client:
        for method, path in ROUTES:
            for key in (None, "wr_guess"):
                assert await knocks(AtWork(client, "Nobody", key), method, path) == 401, (method, path)


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
            answer = await client.get(f"{API}/handoffs", headers={"Authorization": told})
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
