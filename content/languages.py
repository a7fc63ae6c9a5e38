"""The languages people may ask to talk in, each in its own name."""

from typing import Annotated

from pydantic import StringConstraints

from content.fields import Key, Words

Short = Annotated[str, StringConstraints(min_length=1, max_length=20)]


class Language(Words):
    """A language, keyed by its BCP 47 tag.

    `name` is its own name for itself, `latin` the same in letters that any text message can carry, `english` what
    staff call it. `noted` says in it that the wish was noted; it is said only where a speaker has `reviewed` it.
    """

    key: Key
    name: Short
    latin: Short
    english: Short
    noted: str = ""
    reviewed: bool = False

    @property
    def noted_as_reviewed(self) -> str:
        """What may be said in it: nothing that no speaker has read."""
        return self.noted if self.reviewed else ""
