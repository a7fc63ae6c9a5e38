"""The kinds of field all content shares: keys, nations, web addresses, words that fit a text message."""

import re
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from content.segments import MOST_PARTS, outside_gsm7, plainly, segments

NATIONS = ("england", "wales", "scotland", "northern_ireland")
Nation: TypeAlias = Literal["uk", "england", "wales", "scotland", "northern_ireland"]
"""Where something is meant for; `uk` is all four nations."""


class Words(BaseModel):
    """Anything written in a content file: fixed once read, and with no field but its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def refused(message: str, remedy: str) -> PydanticCustomError:
    """Say what is wrong with a field and what to do about it."""
    return PydanticCustomError("refused", "{message}", {"message": message, "remedy": remedy})


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or "." not in parts.netloc or " " in text:
        raise refused("this is not a web address", "Write it whole, beginning with https://")
    return text


def _key(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise refused(f"`{text}` cannot be a key", "Use small letters, digits and _, beginning with a letter")
    return text


def _sendable(text: str) -> str:
    if strange := outside_gsm7(text):
        one = strange[0]
        plain = plainly(one)
        instead = "a plain letter or sign" if plain == one else {" ": "space", "": "nothing"}.get(plain, plain)
        raise refused(
            f"{one!r} (U+{ord(one):04X}) is outside the text message alphabet and would double the cost",
            f"Write {instead} in its place",
        )
    if segments(text) > MOST_PARTS:
        raise refused(
            f"this is {segments(text)} text messages long ({len(text)} characters)",
            f"Shorten it to {MOST_PARTS} (306 characters), and put the rest on the page",
        )
    return text


Key = Annotated[str, AfterValidator(_key)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\n]*$")]
Sendable = Annotated[str, StringConstraints(min_length=1), AfterValidator(_sendable)]
Address = Annotated[str, AfterValidator(_address)]
