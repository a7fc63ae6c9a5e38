"""The API's own page: every operation on one page of ours, with nothing fetched from elsewhere."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from api.house import House
from api.pages import page

router = APIRouter(include_in_schema=False)

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One thing a program may ask, as the page shows it."""

    method: str
    path: str
    name: str
    summary: str
    words: str
    fields: tuple[tuple[str, str, bool, str], ...]
    """what is sent beside the body: name, where, whether it is needed, in words"""
    body: str
    answers: tuple[tuple[str, str], ...]


@router.get("/docs")
async def docs(request: Request) -> Response:
    """List every operation of the API, from its own description."""
    house: House = request.app.state.house
    described = request.app.openapi()
    facts = {
        "service": house.desk.service,
        "info": described["info"],
        "operations": list(operations(described)),
    }
    return page("docs.html", facts)


def operations(described: dict[str, Any]) -> Iterator[Operation]:
    """Read the operations out of an OpenAPI 3.1 description, in its order."""
    for path, ways in described["paths"].items():
        for method in METHODS:
            if method in ways:
                yield _operation(path, method, ways[method], described)


def _operation(path: str, method: str, told: dict[str, Any], described: dict[str, Any]) -> Operation:
    body = told.get("requestBody", {}).get("content", {}).get("application/json", {})
    return Operation(
        method=method.upper(),
        path=path,
        name=told.get("operationId", ""),
        summary=told.get("summary", ""),
        words=told.get("description", ""),
        fields=tuple(
            (one["name"], one["in"], one.get("required", False), one.get("description", ""))
            for one in told.get("parameters", ())
        ),
        body=_example(body, described) if body else "",
        answers=tuple((status, one.get("description", "")) for status, one in told.get("responses", {}).items()),
    )


def _example(body: dict[str, Any], described: dict[str, Any]) -> str:
    """Show an example of a body, or its schema where none is given."""
    schema = body.get("schema", {})
    name = schema.get("$ref", "").rpartition("/")[2]
    schema = described.get("components", {}).get("schemas", {}).get(name, schema)
    told = [one.get("value") for one in body.get("examples", {}).values()]
    told = next(iter([*told, *schema.get("examples", [])]), schema)
    return json.dumps(told, indent=2, ensure_ascii=False)
