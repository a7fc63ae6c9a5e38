"""Whatever body is sent to any door of the staff API, the answer is a problem that says so, never a failure."""

import json
import re
import uuid
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from fastapi import FastAPI

from api.faults import PROBLEM_JSON, Problem
from tests.at_work import AtWork

pytestmark = pytest.mark.anyio

HEAD = {"Content-Type": "application/json"}
NOT_JSON = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "",
)
UNREADABLE = (
    b"",
    b"{",
    b"\xff\xfe",
    b"nul",
    b"{'a': 1}",
    b"[" * 60_000,
    b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"a": ' + b"9" * 5_000 + b"}",
)
STRANGE = (
    b"null",
    b"[]",
    b'""',
    b"0",
    b"true",
    b'{"text": "\\u0000", "name": "\\u0000", "kind": "\\u0000"}',
    b'{"text": "\\ud800", "\\udfff": "\\ud800\\ud800"}',
    b'{"text": "a", "text": "b", "text": [{}]}',
    b'{"minutes": 1e400, "text": -1e400, "limit": 123456789012345678901234567890}',
    b'{"minutes": NaN, "text": Infinity}',
    b'{"__proto__": {}, "constructor": 1, "text": {"$gt": ""}}',
    '{"text": "\u202e\u0000\ufeff\U0001f468\u200d\U0001f469", "name": "\u0301\u0301"}'.encode(),
)


def doors(app: FastAPI, *, with_json: bool) -> Iterator[tuple[str, str]]:
    """Every door that something is sent to, with ids of nothing."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            takes = "application/json" in operation.get("requestBody", {}).get("content", {})
            if path.startswith("/api/v1") and method != "get" and (takes or not with_json):
                yield method.upper(), re.sub(r"{\w+}", lambda _name: str(uuid.uuid4()), path)


async def sends(
    sam: AtWork, method: str, path: str, body: bytes | AsyncIterator[bytes], **head: str
) -> httpx2.Response:
    told = sam.head | {"If-Match": "*"} | head
    return await sam.client.request(method, path, headers=told, content=body)


def checked(answer: httpx2.Response, *statuses: int) -> Problem:
    where = f"{answer.request.method} {answer.request.url}: {answer.status_code}"
    assert answer.status_code in statuses, where
    assert answer.headers["content-type"] == PROBLEM_JSON, where
    return Problem.model_validate(answer.json())


async def test_no_door_reads_more_than_64_kb_whether_its_length_is_told_or_not(app: FastAPI, sam: AtWork) -> None:
    long = json.dumps({"text": "x" * 70_000}).encode()

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 8192):
            yield long[start : start + 8192]

    tried = 0
    for method, path in doors(app, with_json=False):
        checked(await sends(sam, method, path, long, **HEAD), 413)
        checked(await sends(sam, method, path, in_parts(), **HEAD), 413, 404)  # 404: it is not even read
        tried += 1
    assert tried > 40


async def test_no_door_takes_anything_but_json(app: FastAPI, sam: AtWork) -> None:
    for method, path in doors(app, with_json=False):
        for kind in NOT_JSON:
            head = {"Content-Type": kind} if kind else {}
            answer = await sends(sam, method, path, b'{"text": "Hello"}', **head)
            found = checked(answer, 415)
            assert "application/json" in found.detail
            assert answer.headers["accept"] == "application/json"


async def test_json_in_a_dialect_of_its_own_name_or_with_a_charset_is_json(app: FastAPI, sam: AtWork) -> None:
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        answer = await sends(sam, "POST", "/api/v1/hooks", b"{}", **{"Content-Type": kind})
        checked(answer, 422)
    assert app.title


async def test_a_body_that_cannot_be_read_is_said_to_be_so(app: FastAPI, sam: AtWork) -> None:
    for method, path in doors(app, with_json=True):
        for body in UNREADABLE:
            checked(await sends(sam, method, path, body, **HEAD), 400, 404, 422)


async def test_a_body_that_is_strange_is_a_problem_of_whoever_sent_it(app: FastAPI, sam: AtWork) -> None:
    for method, path in doors(app, with_json=True):
        for body in STRANGE:
            answer = await sends(sam, method, path, body, **HEAD)
            assert answer.status_code < 500, (method, path, body)
            if answer.status_code >= 400:
                checked(answer, answer.status_code)


async def test_who_has_no_key_is_told_only_that_whatever_they_send(app: FastAPI, sam: AtWork) -> None:
    nobody = AtWork(sam.client, "Nobody", None)
    for method, path in doors(app, with_json=False):
        checked(await sends(nobody, method, path, b"<xml/>", **{"Content-Type": "application/xml"}), 401)
