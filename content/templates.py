"""Templates: messages staff send often, filled in for one person and checked before anyone can use them."""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal

from pydantic import StringConstraints, field_validator

from content.fields import Key, Line, Sendable, Words, refused
from content.segments import MOST_PARTS, segments

LONGEST: Mapping[str, str] = {
    "name": "Bartholomew-Alexander",
    "worker": "Wilhelmina Okonkwo-Smythe",
    "service": "North and East Lancashire Waiting Room",
    "when": "Wednesday 30 September, 10:30am",
}
"""What may be filled in, each as long as it ever gets: so filled, a template still fits."""


class Template(Words):
    """One message staff send often.

    `shortcut` is typed in place of it, `kind` says what it is for, `title` is what staff choose it by. `text` may
    hold {name}, {worker}, {service} and {when}, and nothing else; filled in it costs two text messages at most.
    """

    key: Key
    shortcut: Annotated[str, StringConstraints(pattern=r"^/[a-z]{2,12}$")]
    kind: Literal["first", "appointment", "follow_up", "no_answer", "goodbye"]
    title: Line
    text: Sendable

    @field_validator("text")
    @classmethod
    def _can_be_filled(cls, text: str) -> str:
        try:
            fields = [name for _text, name, _spec, _how in Formatter().parse(text) if name is not None]
        except ValueError as broken:
            raise refused(
                "a { or } stands alone", "Write variables as {name}, and no other curly brackets"
            ) from broken
        known = ", ".join(f"{{{name}}}" for name in LONGEST)
        for name in fields:
            if name not in LONGEST:
                raise refused(f"{{{name}}} is not a variable that is known", f"Use {known}")
        if re.search(r"\{\w+[:!]", text):
            raise refused("a variable holds more than its name", f"Use {known}")
        if (parts := segments(text.format_map(LONGEST))) > MOST_PARTS:
            remedy = f"Shorten it: with long names it must still fit {MOST_PARTS} (306 characters)"
            raise refused(f"filled in, this is up to {parts} text messages long", remedy)
        return text

    @property
    def wants(self) -> tuple[str, ...]:
        """Name what must be filled in, in order, each once."""
        return tuple(dict.fromkeys(name for _text, name, _spec, _how in Formatter().parse(self.text) if name))

    def filled(self, **values: str) -> str:
        """Fill in what is known; a variable without a value stays as it is, for the writer to see."""
        return self.text.format_map({name: values.get(name) or f"{{{name}}}" for name in LONGEST})
