"""What crosses between a channel and the talk: what arrives, and what is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.reading import Option
from waitingroom.attachments import Kind
from waitingroom.messages import Status

BY_NUMBER = frozenset({"sms", "whatsapp"})
"""Channels on which someone's address is their phone number."""


class Aside(StrEnum):
    """What came beside plain words, or in their place. What follows from each stands in bot.asides."""

    EDITED = "edited"
    """words that change a message sent before"""
    PICTURE = "picture"
    VOICE = "voice"
    FILE = "file"
    PLACE = "place"
    """where they are, on a map"""
    CARD = "card"
    """someone's contact details"""
    STRANGE = "strange"
    """a poll, a game, a gift: nothing a link worker needs"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something to look at or listen to. `ref` is what its channel fetches it by; `size` in bytes, where told."""

    kind: Kind
    ref: str
    mime: str = ""
    size: int | None = None
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a person, as a channel read it.

    `message_id` is the provider's own id, unique for the channel and address; `answering` is the key of the
    question whose button was pressed, None for typed words; `at` is when it reached us, UTC. `text` is the
    caption where there are attachments, and may be empty where there is an `aside`. `door`: where a stranger comes
    from, not to be read back, where new talks from one place are counted; empty: they are not.
    """

    channel: str
    address: str
    message_id: str
    text: str
    at: datetime
    answering: str | None = None
    aside: Aside | None = None
    attachments: tuple[Attachment, ...] = ()
    door: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person blocked us with their provider, or opted out there: nothing reaches them by this channel."""

    channel: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """A person let us in again with their provider."""

    channel: str
    address: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message we sent. `message_id` is our own; `problem` a TroubleError's name, or empty."""

    channel: str
    message_id: int
    provider_id: str
    status: Status
    at: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something came in that cannot be read: it is kept raw, for a person to look at. `problem` is its class."""

    channel: str
    raw: str
    problem: str
    at: datetime


Arrival = Inbound | Stopped | Returned | Receipt | Unreadable


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a person: words and, under a question, the options to choose from.

    How options look (buttons, tiles, "reply 1 or 2") is the channel's affair; typed words and numbers always work.
    `crisis`: the crisis lines, which stand first and apart, and which no limit holds back.
    """

    text: str
    options: tuple[Option, ...] = ()
    several: bool = False
    asks: str | None = None
    crisis: bool = False

    def kept(self) -> dict[str, Any]:
        """Return the reply as it is kept in the transcript."""
        said: dict[str, Any] = {"text": self.text}
        if self.options:
            said["options"] = [[option.key, option.label, option.short] for option in self.options]
        if self.several:
            said["several"] = True
        if self.asks:
            said["asks"] = self.asks
        if self.crisis:
            said["crisis"] = True
        return said

    @classmethod
    def recalled(cls, said: Mapping[str, Any]) -> "Reply":
        """Read a reply back from the transcript."""
        options = tuple(Option(key, label, short="".join(short)) for key, label, *short in said.get("options", ()))
        several, crisis = bool(said.get("several")), bool(said.get("crisis"))
        return cls(said["text"], options, several, said.get("asks"), crisis)


def numbered(reply: Reply) -> str:
    """Write a reply as plain text, its options numbered: for channels that have no buttons."""
    if not reply.options:
        return reply.text
    lines = (f"{number} {option.short or option.label}" for number, option in enumerate(reply.options, 1))
    return "\n".join([reply.text, *lines])
