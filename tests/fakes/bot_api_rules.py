"""What the simulated Bot API checks before it does anything: form, types, keyboards, lengths, marked-up text."""

import html
import json
import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.bot_api_methods import BUTTON_DOES, METHODS, OBJECTS, Fields, Takes
from tests.fakes.wire import Request

PLAIN = frozenset({"Integer", "Boolean", "String", "InputFile", "True"})
LONGEST_TEXT = 4096
LONGEST_DATA = 64
"""bytes of callback_data"""
MOST_BUTTONS = 100
TAGS = frozenset({
    "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "tg-emoji", "code",
    "pre", "blockquote", "tg-time",
})  # fmt: skip
TRUTHS: dict[object, bool] = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
_RESERVED = re.compile(r"(?<!\\)[>#+\-=|{}.!]")
_PAIRS = re.compile(r"(?<!\\)(__|\|\||\*|_|~|`)")


class RefusedError(Exception):
    """A call the Bot API refuses: its status, the words of its description, and its parameters."""

    def __init__(self, status: int, words: str, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.parameters = parameters


def bad(words: str) -> RefusedError:
    """Make a 400."""
    return RefusedError(400, f"Bad Request: {words}")


def told(request: Request) -> dict[str, Any]:
    """Read a call's parameters from its address and from its body: form, multipart or JSON."""
    facts: dict[str, Any] = dict(request.query)
    kind = request.headers.get("content-type", "").lower()
    if not request.body:
        return facts
    if kind.startswith("application/json"):
        try:
            body = json.loads(request.body)
        except ValueError as error:
            raise bad("can't parse JSON object") from error
        if not isinstance(body, dict):
            raise bad("object expected")
        return facts | body
    if kind.startswith("multipart/form-data"):
        return facts | _multipart(request)
    if kind.startswith("application/x-www-form-urlencoded"):
        return facts | dict(parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True))
    raise bad(f"unsupported content type {kind!r}")


def check(method: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Return a call's parameters as the types they are. Raises RefusedError."""
    return _check_fields(METHODS[method], facts, method)


def check_keyboard(markup: dict[str, Any] | None) -> None:
    """Check an inline keyboard: 1 to 64 bytes of data, one thing each button does, no empty label."""
    rows = (markup or {}).get("inline_keyboard", [])
    if sum(map(len, rows)) > MOST_BUTTONS:
        raise bad("reply markup is too long")
    for button in (button for row in rows for button in row):
        if not button["text"].strip():
            raise bad("inline keyboard button text must be non-empty")
        does = BUTTON_DOES & button.keys()
        if not does:
            raise bad("text buttons are unallowed in the inline keyboard")
        if len(does) > 1:
            raise bad(f"inline keyboard button must have exactly one optional field, not {sorted(does)}")
        if "callback_data" in does and not 1 <= len(button["callback_data"].encode()) <= LONGEST_DATA:
            raise bad("BUTTON_DATA_INVALID")
    if any(not button["text"].strip() for row in (markup or {}).get("keyboard", []) for button in row):
        raise bad("keyboard button text must be non-empty")


def read_text(facts: dict[str, Any]) -> str:
    """Return the text as the person sees it. Raises RefusedError where none is left, or over 4,096 characters."""
    text: str = facts["text"]
    mode = facts.get("parse_mode", "")
    if mode and "entities" in facts:
        raise bad("parse_mode and entities exclude each other")
    if mode.lower() == "html":
        text = _Html(text).plain
    elif mode.lower() in {"markdownv2", "markdown"}:
        text = _markdown(text, strict=mode.lower() == "markdownv2")
    elif mode:
        raise bad("unsupported parse_mode")
    if not text.strip():
        raise bad("message text is empty")
    if len(text) > LONGEST_TEXT:
        raise bad("message is too long")
    units = len(text.encode("utf-16-le")) // 2
    for entity in facts.get("entities", []):
        if entity["offset"] < 0 or entity["length"] < 1 or entity["offset"] + entity["length"] > units:
            raise bad("entity lies outside the text")
    return text.strip()


def _check_fields(fields: Fields, facts: dict[str, Any], place: str, *, inside: bool = False) -> dict[str, Any]:
    if unknown := facts.keys() - fields.keys():
        raise bad(f"{place} takes no {sorted(unknown)}")
    for name, takes in fields.items():
        if takes.must and facts.get(name) is None:
            raise bad(f"parameter {name!r} is required in {place}")
    return {name: _read(fields[name], told, f"{place}.{name}", inside=inside) for name, told in facts.items()}


def _read(takes: Takes, value: Any, place: str, *, inside: bool) -> Any:
    """Read one parameter, or one field `inside` an object: there nothing is written as text but text."""
    if not inside and (takes.deep or PLAIN.isdisjoint(takes.kinds)):
        value, inside = _parsed(value, place), True
    if takes.deep:
        if not isinstance(value, list):
            raise bad(f"{place} must be an array")
        inner = Takes(takes.kinds, deep=takes.deep - 1)
        return [_read(inner, one, place, inside=True) for one in value]
    kind = _kind(takes.kinds, value)
    if kind == "Integer":
        return _whole(value, place)
    if kind in {"Boolean", "True"}:
        return _truth(value, place, only=kind == "True", inside=inside)
    if kind == "String":
        return _words(value, place)
    return value if kind == "InputFile" else _object(kind, value, place)


def _kind(kinds: tuple[str, ...], value: Any) -> str:
    """Say which of several kinds is meant: an object by the field that every such object must have."""
    if kinds == ("Integer", "String"):
        return "String" if isinstance(value, str) and value.startswith("@") else "Integer"
    if isinstance(value, dict):
        for kind in kinds:
            if any(takes.must and name in value for name, takes in OBJECTS.get(kind, {}).items()):
                return kind
    return kinds[0]


def _object(kind: str, value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise bad(f"{place}: object expected as {kind}")
    return _check_fields(OBJECTS[kind], value, kind, inside=True) if kind in OBJECTS else value


def _words(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise bad(f"{place} must be a string")
    return value


def _whole(value: Any, place: str) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise bad(f"{place} must be an integer")


def _truth(value: Any, place: str, *, only: bool, inside: bool) -> bool:
    read = value if isinstance(value, bool) else (None if inside else TRUTHS.get(value))
    if read is None or (only and not read):
        raise bad(f"{place} must be a boolean")
    return read


def _parsed(value: Any, place: str) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise bad(f"can't parse {place} JSON object") from error


def _multipart(request: Request) -> dict[str, Any]:
    found = re.search(r'boundary="?([^";]+)"?', request.headers["content-type"])
    if found is None:
        raise bad("multipart without a boundary")
    facts: dict[str, Any] = {}
    for part in request.body.split(b"--" + found[1].encode())[1:-1]:
        head, _, body = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'\bname="?([^";\r\n]+)"?', head.decode())
        if name is None:
            raise bad("multipart field without a name")
        body = body.removesuffix(b"\r\n")
        facts[name[1]] = body if b"filename" in head else body.decode()
    return facts


class _Html(HTMLParser):
    """The text of a message written in Telegram's HTML; any other tag, or one left open, is refused."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.plain = ""
        self.open: list[str] = []
        if re.search(r"<(?![/a-z])", text):
            raise bad("can't parse entities: Unsupported start tag")
        self.feed(text)
        self.close()
        if self.open:
            raise bad(f"can't parse entities: Can't find end tag corresponding to start tag {self.open[-1]!r}")

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise bad(f'can\'t parse entities: Unexpected end tag "{tag}"')

    def handle_data(self, data: str) -> None:
        self.plain += data

    def handle_entityref(self, name: str) -> None:
        self.plain += html.unescape(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.plain += html.unescape(f"&#{name};")


def _markdown(text: str, *, strict: bool) -> str:
    without_links = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    if strict and (wrong := _RESERVED.search(_PAIRS.sub("", without_links))):
        raise bad(f"can't parse entities: Character {wrong[0]!r} is reserved and must be escaped")
    marks = _PAIRS.findall(without_links)
    if any(marks.count(mark) % 2 for mark in set(marks)):
        raise bad("can't parse entities: Can't find end of an entity")
    return re.sub(r"\\(.)", r"\1", _PAIRS.sub("", without_links))
