"""WhatsApp's buttons and lists: which replies fit them, how they are filled, and what a press says."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.channels.twilio.signature import Form
from bot.conversation import CHANGING
from bot.messages import Reply
from bot.reading import Option

MOST_BUTTONS = 3
MOST_ROWS = 10
TITLE = 20
"""Characters on a button (WhatsApp) and, cut as there, in a list's row."""
DESCRIPTION = 72
BODY = 1024
PAYLOAD = 200
BAR = "|"


@dataclass(frozen=True)
class Shape:
    """A template with places for the words: so many buttons, or a list of so many rows."""

    kind: str
    count: int

    @property
    def name(self) -> str:
        """What the template is called with the provider: it is found again by this."""
        return f"waitingroom_{self.kind}_{self.count}"

    def made(self) -> dict[str, Any]:
        """Return the template as the Content API wants it, every word of it a variable."""
        places = [_places(self.kind, number) for number in range(self.count)]
        inside = (
            {"twilio/quick-reply": {"body": "{{1}}", "actions": places}}
            if self.kind == "buttons"
            else {"twilio/list-picker": {"body": "{{1}}", "button": "Choose", "items": places}}
        )
        variables = {"1": "A question"} | {
            key.strip("{}"): f"Answer {number}" for number, place in enumerate(places, 1) for key in place.values()
        }
        return {"friendly_name": self.name, "language": "en", "variables": variables, "types": inside}


SHAPES = tuple(
    [Shape("buttons", count) for count in range(1, MOST_BUTTONS + 1)]
    + [Shape("list", count) for count in range(MOST_BUTTONS + 1, MOST_ROWS + 1)]
)


@dataclass(frozen=True)
class Filled:
    """A reply that fits a template: which one, and the words for its places."""

    shape: Shape
    variables: str


def filled(reply: Reply) -> Filled | None:
    """Fill a template with a reply; None where it must go as numbered words.

    That is: no options, more than ten, several to choose at once, or labels that 20 characters do not tell apart.
    """
    count = len(reply.options)
    fits = reply.asks and not reply.several and 1 <= count <= MOST_ROWS and 0 < len(reply.text) <= BODY
    if not fits:
        return None
    shape = Shape("buttons" if count <= MOST_BUTTONS else "list", count)
    rows = _rows(reply, whole=shape.kind == "buttons")
    if rows is None:
        return None
    words = {"1": reply.text}
    for number, row in enumerate(rows):
        words |= {place.strip("{}"): row[name] for name, place in _places(shape.kind, number).items()}
    return Filled(shape, json.dumps(words))


def pressed(form: Form) -> tuple[str | None, str]:
    """Read a press: the key of the question it answers and what it says; None and nothing where none was made."""
    told = form.get("ListId") or form.get("ButtonPayload")
    key, bar, said = told.partition(BAR)
    return (key, said) if key and bar and said else (None, "")


def _places(kind: str, number: int) -> dict[str, str]:
    """Name the variables of one button or row, counted from 0. The first is the message's own words."""
    names = ("title", "id") if kind == "buttons" else ("item", "id", "description")
    first = 2 + len(names) * number
    return {name: f"{{{{{first + place}}}}}" for place, name in enumerate(names)}


def _rows(reply: Reply, *, whole: bool) -> Sequence[Mapping[str, str]] | None:
    titles = [_title(option) for option in reply.options]
    cut = [title not in {option.label, option.short} for title, option in zip(titles, reply.options, strict=True)]
    payloads = [_payload(reply, number, option) for number, option in enumerate(reply.options, 1)]
    apart = len({title.casefold() for title in titles}) == len(titles)
    too_long = any(len(option.label) > DESCRIPTION for option in reply.options) and not whole
    if not apart or too_long or (whole and any(cut)) or any(len(payload) > PAYLOAD for payload in payloads):
        return None
    return [
        {
            "title": title,
            "item": title,
            "id": payload,
            "description": option.label if title != option.label else str(number),
        }
        for number, (title, payload, option) in enumerate(zip(titles, payloads, reply.options, strict=True), 1)
    ]


def _title(option: Option) -> str:
    if len(option.label) <= TITLE:
        return option.label
    return option.short if 0 < len(option.short) <= TITLE else option.label[:TITLE].rstrip()


def _payload(reply: Reply, number: int, option: Option) -> str:
    """Make what a press sends back. A list of answers to change quotes the person, so there it is the number."""
    return f"{reply.asks}{BAR}{number if reply.asks == CHANGING else option.label}"
