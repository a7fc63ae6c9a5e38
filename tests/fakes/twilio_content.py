"""Templates on the simulated Twilio: words with gaps, and the buttons or the list under them."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.twilio_rules import RefusedError

GAP = re.compile(r"\{\{(\w+)\}\}")
MOST_BUTTONS, MOST_ITEMS = 3, 10
LONGEST_BUTTON, LONGEST_ITEM, LONGEST_OPENER = 20, 24, 20
LONGEST_BODY, LONGEST_ID = 1024, 200
"""WhatsApp's limits for quick replies and lists."""
Choice = tuple[str, str]
"""id and label"""


@dataclass(frozen=True)
class Template:
    """One template. `approved`: WhatsApp lets it open a talk, outside the 24 hours too."""

    body: str
    buttons: tuple[Choice, ...] = ()
    items: tuple[Choice, ...] = ()
    approved: bool = False
    opener: str = ""
    about: dict[str, Any] = field(default_factory=dict)

    def filled(self, words: dict[str, str]) -> "Template":
        """Fill the gaps everywhere. Raises RefusedError where a word is missing or too long for its place."""

        def fill(text: str) -> str:
            if any(gap not in words for gap in GAP.findall(text)):
                raise RefusedError(21656)
            return GAP.sub(lambda found: words[found[1]], text)

        def fill_all(choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
            return tuple((fill(key), fill(label)) for key, label in choices)

        filled = Template(fill(self.body), fill_all(self.buttons), fill_all(self.items), self.approved)
        if filled.too_much():
            raise RefusedError(21656)
        return filled

    def too_much(self) -> bool:
        """Say whether this is more than WhatsApp shows; gaps count as nothing."""
        labels = [GAP.sub("", label) for _, label in self.buttons]
        items = [GAP.sub("", label) for _, label in self.items]
        return (
            len(labels) > MOST_BUTTONS
            or len(items) > MOST_ITEMS
            or any(len(label) > LONGEST_BUTTON for label in labels)
            or any(len(label) > LONGEST_ITEM for label in items)
            or any(len(key) > LONGEST_ID for key, _ in self.buttons + self.items)
            or len(self.opener) > LONGEST_OPENER
            or len(GAP.sub("", self.body)) > LONGEST_BODY
        )


def made(said: Any) -> Template:
    """Read a request to make a template. Raises RefusedError."""
    kinds = said.get("types") if isinstance(said, dict) else None
    if not isinstance(kinds, dict) or not kinds or not isinstance(said.get("language"), str):
        raise RefusedError(20001)
    kind, content = next(iter(kinds.items()))
    if kind not in {"twilio/text", "twilio/quick-reply", "twilio/list-picker"} or not content.get("body"):
        raise RefusedError(20001)
    try:
        buttons = tuple((str(one.get("id", one["title"])), one["title"]) for one in content.get("actions", ()))
        items = tuple((one["id"], one["item"]) for one in content.get("items", ()))
    except KeyError as error:
        raise RefusedError(20001) from error
    template = Template(content["body"], buttons, items, opener=content.get("button", ""), about=said)
    wrong = {"twilio/quick-reply": not buttons, "twilio/list-picker": not items or not template.opener}
    if wrong.get(kind) or template.too_much():
        raise RefusedError(20001)
    return template
