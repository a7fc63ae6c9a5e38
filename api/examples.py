"""Examples: one of each body that the API takes and gives, put together from what its shapes say of themselves."""

import re
from collections.abc import Mapping
from typing import Any

BY_FORMAT: Mapping[str, Any] = {
    "uuid": "0b0e7a4e-5a0c-4a52-9a4f-2f1a7f5d7f10",
    "date-time": "2026-11-23T10:00:00Z",
    "date": "2026-11-23",
    "time": "10:00:00",
    "uri": "https://waiting.example.org",
    "email": "sam@example.org",
}
BY_TYPE: Mapping[str, Any] = {"string": "", "number": 0, "boolean": True, "null": None}
PATTERNED = ("0", "x", "2026", "BB9 7AA", "+447700900000")
"""What is tried where a text must be written a certain way; a field that wants another names its own example."""
DEEP = 12
"""How far into shapes within shapes an example goes: one that holds itself ends there."""
JSON = "application/json"
BRANCHES = ("anyOf", "oneOf")


def illustrate(described: dict[str, Any]) -> None:
    """Put an example to each JSON body of an OpenAPI description that has none of its own."""
    shapes = described.get("components", {}).get("schemas", {})
    for operations in described.get("paths", {}).values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}), *operation.get("responses", {}).values()]
            for content in (body.get("content", {}).get(JSON) for body in bodies):
                if content and content.get("schema") and not content.keys() & {"example", "examples"}:
                    content["example"] = example_of(content["schema"], shapes)


def example_of(shape: Mapping[str, Any], shapes: Mapping[str, Any], *, deep: int = 0) -> Any:
    """Make one value that fits a JSON schema: what it gives as its example, else the plainest there is."""
    shape = _opened(shape, shapes)
    given = [shape[told] for told in ("example", "const", "default") if shape.get(told) is not None]
    given += [shape[told][0] for told in ("examples", "enum") if shape.get(told)]
    if given:
        return _whole(given[0], shape, shapes)
    for branch in BRANCHES:
        if branch in shape:
            return example_of(_plainest(shape[branch], deep), shapes, deep=deep)
    if "allOf" in shape:
        return example_of({k: v for part in shape["allOf"] for k, v in part.items()}, shapes, deep=deep)
    return _built(shape, shapes, deep)


def _opened(shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put what a shape refers to in the place of the reference."""
    if "$ref" not in shape:
        return shape
    return {**shapes[shape["$ref"].rpartition("/")[2]], **{k: v for k, v in shape.items() if k != "$ref"}}


def _whole(told: Any, shape: Mapping[str, Any], shapes: Mapping[str, Any]) -> Any:
    """Give back the fields that are nothing to an example: FastAPI leaves them out of what a shape says."""
    shape = _opened(shape, shapes)
    if isinstance(told, list):
        return [_whole(one, shape.get("items", {}), shapes) for one in told]
    if not isinstance(told, dict):
        return told
    fields = shape.get("properties", {})
    whole = {name: _whole(one, fields.get(name, {}), shapes) for name, one in told.items()}
    return {**whole, **dict.fromkeys(name for name in shape.get("required", ()) if name not in told)}


def _built(shape: Mapping[str, Any], shapes: Mapping[str, Any], deep: int) -> Any:
    kind = shape.get("type")
    if kind == "object" or "properties" in shape:
        fields = shape.get("properties", {})
        return {name: example_of(field, shapes, deep=deep + 1) for name, field in fields.items()}
    if kind == "array":
        fewest = shape.get("minItems", 0)
        if deep >= DEEP or not shape.get("items"):
            return []
        return [example_of(shape["items"], shapes, deep=deep + 1)] * max(fewest, 1)
    if kind == "integer":
        return max(shape.get("minimum", 1), shape.get("exclusiveMinimum", 0) + 1)
    if kind == "string" and "format" not in shape:
        fits = (one for one in PATTERNED if re.search(shape.get("pattern", "^$"), one))
        return next(fits, "x" * shape.get("minLength", 0))
    return BY_FORMAT.get(shape.get("format", ""), BY_TYPE.get(str(kind)))


def _plainest(branches: list[Mapping[str, Any]], deep: int) -> Mapping[str, Any]:
    """Choose the branch that says most; far inside, the one that says nothing and so comes to an end."""
    nothing = [one for one in branches if one.get("type") == "null"]
    return nothing[0] if deep >= DEEP and nothing else next(one for one in branches if one not in nothing)
