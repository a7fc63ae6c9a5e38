"""The page that lists the staff API, made by us alone."""

import re

import httpx2
import pytest
from fastapi import FastAPI

from api import docs_page

pytestmark = pytest.mark.anyio


async def test_every_operation_of_the_api_is_listed_with_how_to_ask_for_it(app: FastAPI) -> None:
    described = app.openapi()
    listed = {(one.method, one.path) for one in docs_page.operations(described)}
    assert listed == {
        (method.upper(), path)
        for path, ways in described["paths"].items()
        for method in ways
        if method != "parameters"
    }
    assert ("GET", "/livez") in listed


async def test_the_page_asks_nothing_of_any_other_host(app: FastAPI) -> None:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here.test") as web:
        answer = await web.get("/docs", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert "/livez" in answer.text
    assert not re.search(r'(?:src|<link[^>]*href)="(?!/)', answer.text)


async def test_an_operations_body_is_shown_by_example() -> None:
    described = {
        "paths": {
            "/a": {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/x/Say"}}}}}}
        },
        "components": {"schemas": {"Say": {"type": "object", "examples": [{"text": "Good morning"}]}}},
    }
    (operation,) = docs_page.operations(described)
    assert '"Good morning"' in operation.body
