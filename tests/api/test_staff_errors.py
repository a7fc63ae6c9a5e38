"""Whatever goes wrong at a door has one shape, names the field, and quotes nothing back."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError

from api import errors
from api.faults import Problem
from tests.at_work import API, AtWork, client_of
from tests.talking import Speaker
from waitingroom.columns import KeyRing
from waitingroom.database import Database
from waitingroom.errors import RefusedError

pytestmark = pytest.mark.anyio

CANARY = "Zanzibar"


@pytest.fixture
async def path(sam: AtWork, waiting_person: Speaker) -> str:
    assert waiting_person.turns
    return f"/handoffs/{(await sam.claims_the_first())['id']}"


def problem(answer: httpx2.Response) -> Problem:
    assert answer.headers["content-type"] == "application/problem+json"
    found = Problem.model_validate(answer.json())
    assert found.status == answer.status_code
    assert found.instance.startswith("urn:uuid:")
    assert CANARY not in answer.text
    return found


MESSAGES: list[tuple[Any, str, str]] = [
    ({}, "/body/text", "missing"),
    ({"text": ""}, "/body/text", "string_too_short"),
    ({"text": "   \u200b\n"}, "/body/text", "blank"),
    ({"text": "\x00"}, "/body/text", "blank"),
    ({"text": CANARY * 300}, "/body/text", "string_too_long"),
    ({"text": 7}, "/body/text", "string_type"),
    ({"text": None}, "/body/text", "string_type"),
    ({"text": [CANARY]}, "/body/text", "string_type"),
    ({"text": "Hello", "to": CANARY}, "/body/to", "extra_forbidden"),
    ({"text": "Hello", "a/b~c": CANARY}, "/body/a~1b~0c", "extra_forbidden"),
    ([CANARY], "/body", "model_attributes_type"),
    (CANARY, "/body", "model_attributes_type"),
]
ACTIVITIES: list[tuple[Any, str, str]] = [
    ({"kind": CANARY, "minutes": 5}, "/body/kind", "enum"),
    ({"kind": "call", "minutes": -1}, "/body/minutes", "greater_than_equal"),
    ({"kind": "call", "minutes": 1441}, "/body/minutes", "less_than_equal"),
    ({"kind": "call", "minutes": 1.5}, "/body/minutes", "int_type"),
    ({"kind": "call", "minutes": True}, "/body/minutes", "int_type"),
    ({"kind": "call", "minutes": "15"}, "/body/minutes", "int_type"),
    ({"kind": "call", "minutes": 5, "note": "x" * 4001}, "/body/note", "string_too_long"),
]


async def test_a_message_that_cannot_be_sent_says_which_field_is_wrong(sam: AtWork, path: str) -> None:
    for body, pointer, code in MESSAGES:
        found = problem(await sam.post(f"{path}/messages", json=body))
        assert (found.status, [(fault.pointer, fault.code) for fault in found.errors]) == (422, [(pointer, code)])
        assert found.errors[0].detail.endswith(".")


async def test_an_activity_that_cannot_be_noted_says_which_field_is_wrong(sam: AtWork, path: str) -> None:
    for body, pointer, code in ACTIVITIES:
        found = problem(await sam.post(f"{path}/activities", json=body))
        assert (found.status, [(fault.pointer, fault.code) for fault in found.errors]) == (422, [(pointer, code)])


QUERIES = {
    "limit=0": "/query/limit",
    "limit=201": "/query/limit",
    "limit=many": "/query/limit",
    "urgency=now": "/query/urgency",
    "status=closed": "/query/status",
    "mine=perhaps": "/query/mine",
    "cursor=" + "x" * 401: "/query/cursor",
    "cursor=%00": "/query/cursor",
    "cursor=%ED%A0%80": "/query/cursor",
}


async def test_a_list_asked_for_wrongly_says_which_part_is_wrong(sam: AtWork) -> None:
    for query, pointer in QUERIES.items():
        found = problem(await sam.get(f"/handoffs?{query}"))
        assert (found.status, [fault.pointer for fault in found.errors]) == (422, [pointer])


async def test_an_id_that_is_none_is_named(sam: AtWork) -> None:
    found = problem(await sam.get(f"/handoffs/{CANARY}"))
    assert (found.status, found.errors[0].pointer) == (422, "/path/handoff_id")


async def test_a_key_for_once_that_is_too_long_is_named(sam: AtWork, path: str) -> None:
    found = problem(await sam.post(f"{path}/messages", key="x" * 256, json={"text": "Hello"}))
    assert (found.status, found.errors[0].pointer) == (422, "/header/Idempotency-Key")


NOT_JSON = (
    b'{"text": "Zanzibar',
    b"Zanzibar",
    b"\xff\xfe\x00",
    b'{"text": "\xff"}',
    b"[" * 60_000,
    b'{"minutes": ' + b"9" * 5000 + b"}",
)


async def test_a_body_that_is_not_json_is_refused(sam: AtWork, path: str) -> None:
    for body in NOT_JSON:
        answer = await sam.post(f"{path}/messages", content=body, headers={"Content-Type": "application/json"})
        assert problem(answer).status == 400, body[:20]


async def test_half_a_character_is_refused_and_nothing_breaks(sam: AtWork, path: str) -> None:
    for text in ("\ud800", "a\ud800b"):
        body = json.dumps({"text": text, text: 1}).encode()
        answer = await sam.post(f"{path}/messages", content=body, headers={"Content-Type": "application/json"})
        assert problem(answer).status == 422


async def test_a_form_is_no_message(sam: AtWork, path: str) -> None:
    assert problem(await sam.post(f"{path}/messages", data={"text": CANARY})).status == 415


async def test_a_body_over_64_kb_is_not_read(sam: AtWork, path: str) -> None:
    long = b'{"text": "' + b"x" * 70_000 + b'"}'

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 8192):
            yield long[start : start + 8192]

    head = {"Content-Type": "application/json"}
    for content in (long, in_parts()):
        answer = await sam.post(f"{path}/messages", content=content, headers=head)
        assert problem(answer).status == 413


async def test_a_door_that_is_not_there_is_a_problem_too(sam: AtWork) -> None:
    assert problem(await sam.get("/nowhere")).status == 404
    answer = await sam.client.request("DELETE", f"{API}/handoffs", headers=sam.head)
    assert problem(answer).status == 405
    assert answer.headers["allow"] == "GET"


async def test_people_with_a_browser_get_a_page(app: FastAPI) -> None:
    async with client_of(app) as client:
        answer = await client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
        in_api = await client.get(f"{API}/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert "<h1>This page is not here</h1>" in answer.text
    assert "116 123" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert problem(in_api).status == 404


async def test_records_that_cannot_be_reached_are_a_503_that_says_when_to_try_again(
    app: FastAPI, sam: AtWork, keys: KeyRing
) -> None:
    house = app.state.house
    away = Database("postgresql://nobody@127.0.0.1:1/none", keys)
    app.state.house = replace(house, desk=replace(house.desk, database=away))
    answer = await sam.get("/handoffs")
    app.state.house = house
    assert problem(answer).status == 503
    assert answer.headers["retry-after"] == "5"


class Broken:
    """What PostgreSQL says went wrong."""

    def __init__(self, state: str) -> None:
        self.sqlstate = state


@pytest.fixture
def breaking(app: FastAPI) -> Iterator[list[Exception]]:
    """A door that raises whatever the test puts here."""
    raised: list[Exception] = []

    async def door() -> None:
        raise raised[-1]

    app.add_api_route("/api/breaking", door)
    yield raised
    app.router.routes.pop()


async def test_only_database_trouble_that_passes_is_worth_another_try(
    app: FastAPI, breaking: list[Exception]
) -> None:
    wrapped = [DBAPIError(CANARY, {}, Broken(state)) for state in ("40P01", "57P01", "53300", "25006", "58030")]  # type: ignore[arg-type]
    plain = [asyncpg.DeadlockDetectedError(CANARY), asyncpg.AdminShutdownError(CANARY), ConnectionError(CANARY)]
    for_good = [DBAPIError(CANARY, {}, Broken("22P02")), asyncpg.SyntaxOrAccessError(CANARY)]  # type: ignore[arg-type]
    async with client_of(app) as client:
        for trouble in [*wrapped, *plain, *for_good]:
            breaking.append(trouble)
            answer = await client.get("/api/breaking")
            passes = trouble not in for_good
            assert problem(answer).status == (503 if passes else 500), trouble
            assert ("retry-after" in answer.headers) is passes


async def test_what_nobody_foresaw_is_a_500_whose_words_stay_inside(
    app: FastAPI,
    breaking: list[Exception],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    breaking.append(ValueError(f"{CANARY} lives at 1 High Street"))
    async with client_of(app) as client:
        answer = await client.get("/api/breaking")
    found = problem(answer)
    assert found.status == 500
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "ValueError" in logged
    assert found.instance.removeprefix("urn:uuid:") in logged
    assert CANARY not in logged


async def test_every_refusal_there_is_has_a_status_of_its_own_family(app: FastAPI) -> None:
    for kind in RefusedError.family():
        assert next(errors.STATUSES[base] for base in kind.__mro__ if base in errors.STATUSES) in range(400, 500)
        assert errors.kind_of(kind).startswith("tag:waitingroom,2026:")
    assert app.title


async def test_every_operation_documents_its_problems_and_has_a_name(app: FastAPI) -> None:
    described = app.openapi()
    named = set()
    for path, methods in described["paths"].items():
        for operation in methods.values():
            named.add(operation["operationId"])
            if path.startswith("/api/"):
                wrong = {status: answer for status, answer in operation["responses"].items() if status[0] in "45"}
                assert set(wrong) >= {"401", "403", "429", "503"}
                assert all(set(answer["content"]) == {"application/problem+json"} for answer in wrong.values())
    assert len(named) == sum(len(methods) for methods in described["paths"].values())
    assert "Problem" in described["components"]["schemas"]
