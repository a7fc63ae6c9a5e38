"""Reads content files so that every value knows the line it stands on."""

import difflib
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from content.problems import Problem

Place = tuple[str | int, ...]
Shape = TypeVar("Shape", bound=BaseModel)
QUICK: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The part of PyYAML written in C, some 15 times as quick, where it was built with it."""
DEEPEST = 500
"""Each step down takes a bracket, or a line that begins further right."""
EXPECTED = {
    "tuple_type": "this should be a list",
    "string_type": "this should be words",
    "model_type": "this should have fields of its own",
    "model_attributes_type": "this should have fields of its own",
    "int_parsing": "this should be a whole number",
    "bool_parsing": "this should be true or false",
    "date_from_datetime_parsing": "this should be a day, such as 2026-11-22",
    "time_parsing": "this should be a time, such as 10:00",
}
"""What is said in place of pydantic's own words, by its type of error."""


@dataclass(frozen=True)
class Source:
    """A file as read: its values (each a string or None at the ends), the line of each, and its Markdown body."""

    file: str
    values: Any = None
    lines: Mapping[Place, int] = field(default_factory=dict)
    body: str = ""
    problems: tuple[Problem, ...] = ()

    def problem(self, at: Place, message: str, remedy: str) -> Problem:
        """Point at a place in the file; a place that is not there is told at the nearest thing around it."""
        while at and at not in self.lines:
            at = at[:-1]
        return Problem(self.file, self.lines.get(at, 1), message, remedy)

    def read(self, shape: type[Shape], at: Place = (), **given: object) -> tuple[Shape | None, list[Problem]]:
        """Make a `shape` of the values at a place, with what the file does not say itself in `given`."""
        values = self.values
        for step in at:
            values = values[step]
        if not isinstance(values, dict):
            name = at[-1] if at else "This file"
            return None, [self.problem(at, f"{name} has no fields", f"Give it {_fields(shape, given)}")]
        found = [
            self.problem((*at, name), f"`{name}` is not written here", "Take it out: it is worked out for you")
            for name in given.keys() & values.keys()
        ]
        try:
            return shape.model_validate({**values, **given}), found
        except ValidationError as error:
            return None, found + [self._told(shape, at, detail) for detail in error.errors()]

    def _told(self, shape: type[BaseModel], at: Place, detail: ErrorDetails) -> Problem:
        where = tuple(detail["loc"])
        name = ".".join(str(step + 1) if isinstance(step, int) else step for step in (*at, *where)) or "this"
        if detail["type"] == "missing":
            return self.problem((*at, *where), f"`{name}` is missing", f"Add a line `{where[-1]}: ...`")
        if detail["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(where[-1]), _names(shape), n=1)
            remedy = f"Did you mean `{near[0]}`?" if near else f"Take it out. Known: {', '.join(_names(shape))}"
            return self.problem((*at, *where), f"`{name}` is not a field that is known", remedy)
        context = detail.get("ctx", {})
        message = str(context.get("message", EXPECTED.get(detail["type"], detail["msg"].lower())))
        now = "nothing" if detail["input"] is None else repr(detail["input"])[:60]
        remedy = str(context.get("remedy", f"It now reads {now}: change it"))
        return self.problem((*at, *where), f"`{name}`: {message}", remedy)


def read_yaml(path: Path, file: str) -> Source:
    """Read a YAML file, called `file` in what is told of it. What cannot be read is a problem, not an error."""
    text, problems = _text(path, file)
    return Source(file, problems=problems) if problems else _parse(text, file, above=0)


def read_page(path: Path, file: str) -> Source:
    """Read a Markdown file with YAML front matter between two lines of three hyphens."""
    text, problems = _text(path, file)
    if problems:
        return Source(file, problems=problems)
    match = re.fullmatch(r"---\n(.*?\n)---\n(.*)", text, re.DOTALL)
    if match is None:
        remedy = "Begin with a line `---`, then the fields, then another line `---`, then the page"
        return Source(file, problems=(Problem(file, 1, "The fields at the top cannot be found", remedy),))
    front = _parse(match[1], file, above=1)
    lines = {("page",): match[1].count("\n") + 3, **front.lines}
    return Source(file, front.values, lines, match[2].strip(), front.problems)


def _text(path: Path, file: str) -> tuple[str, tuple[Problem, ...]]:
    try:
        return path.read_text(encoding="utf-8").replace("\r\n", "\n"), ()
    except FileNotFoundError:
        return "", (Problem(file, 1, "This file is missing", "Put it back, or copy the packaged one"),)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return "", (Problem(file, line, "This is not UTF-8 text", "Save the file as UTF-8"),)
    except OSError as error:
        return "", (Problem(file, 1, f"This cannot be read ({error.strerror})", "Let this user read it"),)


class _Words(yaml.SafeLoader):
    """YAML where a word is a word: `no`, `999` and `10:00` stay as typed, and nothing refers elsewhere."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [rule for rule in rules if rule[0] == "tag:yaml.org,2002:null"]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(None, None, "content has no aliases (*)", mark)
        return super().compose_node(parent, index)


_Quick = type("_Quick", (QUICK,), {"yaml_implicit_resolvers": _Words.yaml_implicit_resolvers})


def _parse(text: str, file: str, *, above: int) -> Source:
    try:
        root = _root(text)
        reader = _Reader(file, above)
        values = reader.value(root, ()) if root is not None else None
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = (mark.line if mark else 0) + 1 + above
        what = getattr(error, "problem", None) or "it is nested too deeply, or a character in it is not text"
        remedy = "Look at the indents, colons and quotes on this line and the one before"
        return Source(file, problems=(Problem(file, line, f"The YAML cannot be read: {what}", remedy),))
    return Source(file, values, reader.lines, problems=tuple(reader.problems))


def _root(text: str) -> yaml.Node | None:
    """Read quickly what is plain; what is refused so is left, like all else, to the reader that says why."""
    if _is_plain(text):
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=_Quick)
    return yaml.compose(text, Loader=_Words)


def _is_plain(text: str) -> bool:
    """Say whether nothing can refer elsewhere, nor nest so deeply that C would fall over."""
    deepest = max(map(len, text.splitlines()), default=0) + text.count("[") + text.count("{")
    return deepest < DEEPEST and not ("&" in text and "*" in text)


class _Reader:
    """Turns nodes into values, remembering the line of each."""

    def __init__(self, file: str, above: int) -> None:
        self.file, self.above = file, above
        self.lines: dict[Place, int] = {(): 1 + above}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, at: Place) -> object:
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*at, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        return None if node.tag == "tag:yaml.org,2002:null" else node.value

    def _item(self, node: yaml.Node, at: Place) -> object:
        self.lines[at] = self._line(node)
        return self.value(node, at)

    def _mapping(self, node: yaml.MappingNode, at: Place) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            name = str(key.value)
            if name in found:
                remedy = "Keep one and take the other out"
                self.problems.append(Problem(self.file, self._line(key), f"`{name}` stands here twice", remedy))
            self.lines[(*at, name)] = self._line(key)
            found[name] = self.value(value, (*at, name))
        return found

    def _line(self, node: yaml.Node) -> int:
        return int(node.start_mark.line) + 1 + self.above


def _names(shape: type[BaseModel]) -> list[str]:
    return list(shape.model_fields)


def _fields(shape: type[BaseModel], given: Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in _names(shape) if name not in given)
