"""The kinds of question there are: how each is read, kept, read back and explored."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from bot.reading import Option

V = TypeVar("V")


class Kind(StrEnum):
    """What sort of answer a question wants."""

    TEXT = "text"
    NAME = "name"
    YES_NO = "yes_no"
    CHOICE = "choice"
    SEVERAL = "several"
    NUMBER = "number"
    AGE = "age"
    SCALE = "scale"
    DATE_OF_BIRTH = "date_of_birth"
    POSTCODE = "postcode"
    PHONE = "phone"
    CODE = "code"
    CHECK = "check"
    PASSING = "passing"
    """a yes or no that may well go unanswered: whatever else is said next is heard as what it is"""
    BROWSING = "browsing"
    """a choice from a list to look at: it waits for nobody, and is not put again after something else was said"""


@dataclass(frozen=True)
class Question(Generic[V]):
    """One question, in words already translated.

    `read` turns what a person typed into a value, or None; `fits` does the same for a kept answer, None where
    it no longer fits; `keep` gives what is kept (plain JSON). `samples` are answers that between them lead
    down every branch, for exploring. `label` names the answer when it is read back; none: it is not read back.
    """

    key: str
    kind: Kind
    words: str
    read: Callable[[str], V | None]
    fits: Callable[[Any], V | None]
    keep: Callable[[V], Any]
    samples: tuple[str, ...]
    options: tuple[Option, ...] = ()
    simpler: str = ""
    label: str = ""
    say: Callable[[V], str] = field(default=str)


@dataclass(frozen=True)
class Answered:
    """An answer as it can be read back and changed."""

    key: str
    label: str
    said: str
