"""The needs a person can name, in plain words."""

from typing import Annotated

from pydantic import StringConstraints

from content.fields import Key, Words


def _short(most: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=most)


class Need(Words):
    """Something a person would like help with.

    `label` is at most 40 characters; `short` at most 20, for buttons; `words` are other words people type for it;
    `private` are words that give the need away on a locked phone (`*` ends a word that may go on), so nothing sent
    unasked says them; a `discreet` need is never named first and no piece is ever sent for it.
    """

    key: Key
    label: Annotated[str, _short(40)]
    short: Annotated[str, _short(20)]
    words: tuple[Annotated[str, _short(40)], ...] = ()
    private: tuple[Annotated[str, _short(40)], ...] = ()
    discreet: bool = False
