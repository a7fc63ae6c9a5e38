"""Faults in what was sent: which field, what is wrong, in plain words that never quote the value."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from api.examples import illustrate

PLAIN: Mapping[str, str] = {
    "missing": "This is needed.",
    "extra_forbidden": "There is no such field here.",
    "string_type": "Give text.",
    "string_unicode": "Give text.",
    "string_too_short": "Give at least {min_length} characters.",
    "string_too_long": "Give at most {max_length} characters.",
    "string_pattern_mismatch": "This is not written the way it must be.",
    "greater_than_equal": "Give {ge} or more.",
    "less_than_equal": "Give {le} or less.",
    "int_type": "Give a whole number.",
    "int_parsing": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "bool_type": "Give true or false.",
    "bool_parsing": "Give true or false.",
    "enum": "Give one of: {expected}.",
    "literal_error": "Give one of: {expected}.",
    "uuid_parsing": "This is not the shape of an id.",
    "uuid_type": "This is not the shape of an id.",
    "blank": "Give some words.",
    "address": "Give an address that begins with https:// and is on the public internet.",
    "cursor": "This cursor is not one of ours. Begin again without it.",
}
"""By pydantic's own name for the fault; a name that is not here gets the plain sentence below."""
UNNAMED = "This cannot be read."
LONGEST_NAME = 60


PROBLEM_JSON = "application/problem+json"
MEANING: Mapping[int, str] = {
    400: "The body is not JSON.",
    401: "No key, or one that is not known or has ended.",
    403: "The key does not carry the scope, or you have not claimed this hand-off.",
    404: "There is no such record.",
    409: "Where things stand does not allow it; `type` and `detail` say why.",
    412: "It has changed since you read it. Read it again, then decide.",
    413: "The body is longer than 64 kB.",
    415: "The body is not sent as JSON.",
    422: "A field is not what it must be, or the Idempotency-Key came with another request before.",
    428: "If-Match is missing.",
    429: "Too many requests at once. Try again after as many seconds as Retry-After says.",
    503: "The records cannot be reached. Try again after as many seconds as Retry-After says.",
}
ALSO: Mapping[int, int] = {401: 429, 413: 415}
EXAMPLES: Mapping[int, Mapping[str, Any]] = {
    409: {"type": "tag:waitingroom,2026:already-claimed", "detail": "Sam has picked this up."},
    422: {"errors": [{"pointer": "/body/text", "code": "missing", "detail": "This is needed."}]},
}


class Fault(BaseModel):
    """One thing wrong: where (a JSON pointer, RFC 6901, into {body, query, path, header}), its code, and words."""

    pointer: str
    code: str
    detail: str


class Problem(BaseModel):
    """Problem details (RFC 9457). `instance` is what the service's log knows this occurrence by."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(examples=["about:blank", "tag:waitingroom,2026:already-claimed"])
    title: str
    status: int
    detail: str
    instance: str
    errors: list[Fault] = []


def faults_in(found: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Turn pydantic's errors into faults; of the values themselves nothing is kept."""
    return [
        Fault(pointer=_pointer(one["loc"]), code=one["type"], detail=_words(one)).model_dump() for one in found
    ]


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems an operation can answer with, for its OpenAPI description.

    Whatever asks for a key can say 429 too, and whatever takes a body 415.
    """
    every = {*statuses, *(also for status, also in ALSO.items() if status in statuses)}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": MEANING[status],
            "content": {PROBLEM_JSON: {"schema": schema, "example": _example(status)}},
        }
        for status in sorted(every)
    }


def describe(app: FastAPI) -> None:
    """Put the shape of a problem among the schemas of the OpenAPI description."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        described = plain()
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        faults = shape.pop("$defs")
        described.setdefault("components", {}).setdefault("schemas", {}).update(faults | {"Problem": shape})
        _add_unreadable(described)
        illustrate(described)
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _add_unreadable(described: Mapping[str, Any]) -> None:
    """Have every operation that takes JSON say that it may not be JSON."""
    told = {str(status): answer for status, answer in documented(400).items()}
    for operations in described["paths"].values():
        for operation in operations.values():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                operation["responses"] = dict(sorted({**told, **operation["responses"]}.items()))


def _example(status: int) -> dict[str, Any]:
    named = EXAMPLES.get(status, {})
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": MEANING[status],
        "instance": "urn:uuid:0b0e7a4e-5a0c-4a52-9a4f-2f1a7f5d7f10",
    }
    return {**problem, **named}


def _words(found: Mapping[str, Any]) -> str:
    facts = {name: value for name, value in found.get("ctx", {}).items() if isinstance(value, int | str)}
    return PLAIN.get(found["type"], UNNAMED).format_map(facts)


def _pointer(place: Sequence[object]) -> str:
    steps = (str(step)[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for step in place)
    return "".join(f"/{step}" for step in steps)
