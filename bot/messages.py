"""Inbound and Reply: the two shapes that cross between a channel and the talk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.reading import Option


@dataclass(frozen=True, slots=True)
class Inbound:
    """One message from a person, as a channel read it.

    `message_id` is the provider's own id, unique for the channel and address; `answering` is the key of the
    question whose button was pressed, None for typed words; `at` is when it reached us, UTC.
    """

    channel: str
    address: str
    message_id: str
    text: str
    at: datetime
    answering: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to a person: words and, under a question, the options to choose from.

    How options look (buttons, tiles, "reply 1 or 2") is the channel's affair; typed words and numbers always work.
    """

    text: str
    options: tuple[Option, ...] = ()
    several: bool = False
    asks: str | None = None

    def kept(self) -> dict[str, Any]:
        """Return the reply as it is kept in the transcript."""
        said: dict[str, Any] = {"text": self.text}
        if self.options:
            said["options"] = [[option.key, option.label] for option in self.options]
        if self.several:
            said["several"] = True
        if self.asks:
            said["asks"] = self.asks
        return said

    @classmethod
    def recalled(cls, said: Mapping[str, Any]) -> "Reply":
        """Read a reply back from the transcript."""
        options = tuple(Option(key, label) for key, label in said.get("options", ()))
        return cls(said["text"], options, bool(said.get("several")), said.get("asks"))


def numbered(reply: Reply) -> str:
    """Write a reply as plain text, its options numbered: for channels that have no buttons."""
    if not reply.options:
        return reply.text
    lines = (f"{number} {option.label}" for number, option in enumerate(reply.options, 1))
    return "\n".join([reply.text, *lines])
