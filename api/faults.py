"""Faults in what was sent: which field, what is wrong, in plain words that never quote the value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

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
    "cursor": "This cursor is not one of ours. Begin again without it.",
}
"""By pydantic's own name for the fault; a name that is not here gets the plain sentence below."""
UNNAMED = "This cannot be read."
LONGEST_NAME = 60


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


def _words(found: Mapping[str, Any]) -> str:
    facts = {name: value for name, value in found.get("ctx", {}).items() if isinstance(value, int | str)}
    return PLAIN.get(found["type"], UNNAMED).format_map(facts)


def _pointer(place: Sequence[object]) -> str:
    steps = (str(step)[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for step in place)
    return "".join(f"/{step}" for step in steps)
