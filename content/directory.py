"""What the directory needs of words: which services fit a need, and what is true of getting there."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from content.fields import NATIONS, Address, Key, Sendable, Words, refused


def _nation(key: str) -> str:
    if key not in NATIONS:
        raise refused(f"`{key}` is not a nation", f"Choose among {', '.join(NATIONS)}")
    return key


class Fitting(Words):
    """The words by which a service is known to fit one need. A word ending in `*` may go on."""

    key: Key
    words: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=2, max_length=60)], ...], Field(min_length=1)
    ]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What is looked for."""
        told = (re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in self.words)
        return re.compile(rf"(?<!\w)(?:{'|'.join(told)})(?!\w)", re.IGNORECASE)


class Travel(Words):
    """What is true of getting there in one nation."""

    key: Annotated[str, AfterValidator(_nation)]
    text: Sendable
    source: Address
    checked_on: date


def needs_of(fittings: Mapping[str, Fitting], *, terms: Sequence[str], name: str, about: str) -> tuple[str, ...]:
    """Say which needs a service fits, in the order of the list: by its terms and name, else by its description."""
    first = "\n".join([name, *terms])
    for text in (first, about):
        found = tuple(key for key, fitting in fittings.items() if fitting.pattern.search(text))
        if found:
            return found
    return ()
