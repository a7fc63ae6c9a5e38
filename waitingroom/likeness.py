"""Likeness: whether what two people said of themselves may be said of one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from waitingroom.name_words import parts
from waitingroom.people import AboutYou

SHORTEST = 3
"""Letters of the shortest name that may stand for a longer one, as Ann may for Annie."""


class Sureness(StrEnum):
    """How sure it is that two are one. Either way a person looks before anything is joined."""

    CERTAIN = "certain"
    """the same number and name, and ages that agree"""
    LIKELY = "likely"
    """the same name and number, or the same name, age and postcode"""


@dataclass(frozen=True)
class Said:
    """What someone said of themselves, and when: what two are compared by."""

    who: AboutYou
    at: datetime


def compare(one: Said, other: Said, *, same_phone: bool) -> Sureness | None:
    """Say how sure it is that two are one; None where nothing speaks for it. Without a like name nothing does."""
    if not alike(one.who.name, other.who.name):
        return None
    same_age = bool(born_in(one) & born_in(other))
    if same_phone:
        return Sureness.CERTAIN if same_age else Sureness.LIKELY
    return Sureness.LIKELY if same_age and same_place(one.who.postcode, other.who.postcode) else None


def alike(one: str, other: str) -> bool:
    """Say whether two names may be one person's: Ann, Ann Smith and Mrs Ann Smith, but not Ann Jones as well.

    The first may be a short form (Ann and Annie); of the last names none may differ where both are told.
    """
    mine, theirs = parts(one), parts(other)
    if not mine or not theirs:
        return False
    short, long = sorted((mine[0], theirs[0]), key=len)
    first = short == long or (len(short) >= SHORTEST and long.startswith(short))
    return first and (len(mine) == 1 or len(theirs) == 1 or mine[-1] == theirs[-1])


def born_in(said: Said) -> frozenset[int]:
    """Return the two years someone of this age may have been born in."""
    return frozenset({said.at.year - said.who.age, said.at.year - said.who.age - 1})


def same_place(one: str, other: str) -> bool:
    """Say whether two postcodes may be one, where either may be told by its first half alone."""
    mine, theirs = one.split(), other.split()
    return bool(mine and theirs) and all(a == b for a, b in zip(mine, theirs, strict=False))
