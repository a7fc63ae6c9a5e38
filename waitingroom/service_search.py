"""Searching the directory: what fits, what is near, what was checked lately, what is free."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel
from rapidfuzz.distance import OSA

from waitingroom.database import Session
from waitingroom.places import Point, miles_between, place_of
from waitingroom.service_query import Asked, everything, the_best_and_close
from waitingroom.services import Price, Status, words_of

LONGEST_ENDING = 3
"""How many letters may stand after a word that is known, and still be a slip in its ending: gardenign."""
MOST_ASKED = 6
"""How many words of a search count."""
KNOWN = "SELECT word FROM service_word WHERE word = ANY($1)"
LIKE_IT = "SELECT word FROM service_word WHERE length(word) BETWEEN $1 AND $2"
MEAN = """
SELECT avg(latitude) AS latitude, avg(longitude) AS longitude FROM service
WHERE outward = $1 AND latitude IS NOT NULL
"""
"""Where the directory's own services in an outward code are: all there is for one that the table has not."""


class Found(BaseModel):
    """One service that was found, with what anyone should be told of it: price and freshness are always there."""

    id: uuid.UUID
    name: str
    about: str = ""
    organisation: str = ""
    phone: str = ""
    email: str = ""
    web: str = ""
    miles: float | None = None
    virtual: bool = False
    price: Price = Price.UNKNOWN
    pence: int | None = None
    price_words: str = ""
    help_words: str = ""
    step_free: bool | None = None
    access: str = ""
    languages: tuple[str, ...] = ()
    days: int = 0
    times: str = ""
    status: Status = Status.ACTIVE
    assured_on: date | None = None


async def search(
    session: Session,
    *,
    today: date,
    needs: Collection[str] = (),
    but_for: Collection[str] = (),
    words: str = "",
    near: str = "",
    free_only: bool = False,
    step_free: bool = False,
    language: str = "",
    day: int | None = None,
    age: int | None = None,
    skip: int = 0,
    most: int = 3,
) -> list[Found]:
    """Find up to `most` services, the best first, after leaving out `skip`.

    `but_for`: needs whose services are left out. `near`: a postcode or its first half. `day`: 0 is Monday.
    `words`: slips of the keys are forgiven, and what is found says at least one of them. Defunct and inactive
    ones are never found.
    """
    outward = near.upper().split()[0] if near.strip() else ""
    asked = Asked(
        today=today,
        needs=tuple(needs),
        but_for=tuple(but_for),
        groups=await _meant(session, words),
        outward=outward,
        point=await where(session, outward=outward),
        free_only=free_only,
        step_free=step_free,
        language=language,
        days=0 if day is None else 1 << day,
        age=age,
        skip=skip,
        most=most,
    )
    if words.strip() and not asked.groups:
        return []
    best = the_best_and_close(asked)
    rows = await session.driver.fetch(best[0], *best[1]) if best else []
    if len(rows) < most:
        statement, facts = everything(asked)
        rows = await session.driver.fetch(statement, *facts)
    return [_found(row, asked) for row in rows]


async def where(session: Session, *, outward: str) -> Point | None:
    """Say where an outward code is: by the table, else by where the directory's own services there are."""
    known = place_of(outward)
    if known is not None or not outward:
        return known
    mean = await session.driver.fetchrow(MEAN, outward)
    return Point(mean["latitude"], mean["longitude"]) if mean["latitude"] is not None else None


def _found(row: Mapping[str, Any], asked: Asked) -> Found:
    placed = asked.point is not None and row["latitude"] is not None and not row["virtual"]
    miles = (
        miles_between(asked.point, Point(row["latitude"], row["longitude"])) if placed and asked.point else None
    )
    told = {name: value for name, value in row.items() if name in Found.model_fields}
    return Found(**told, miles=miles)


async def _meant(session: Session, words: str) -> list[list[str]]:
    """Give each word that was asked for, with the directory's own words it may be a slip of."""
    asked = words_of(words)[:MOST_ASKED]
    known = {row["word"] for row in await session.driver.fetch(KNOWN, asked)} if asked else set()
    return [[word] if word in known else await _nearest(session, word) for word in asked]


async def _nearest(session: Session, word: str) -> list[str]:
    slips = 1 if len(word) < 6 else 2
    rows = await session.driver.fetch(LIKE_IT, len(word) - LONGEST_ENDING, len(word) + slips)
    return _closest(word, [row["word"] for row in rows], slips)


def _closest(word: str, among: Sequence[str], slips: int) -> list[str]:
    """Give the words with the fewest slips: letters left out, put in, changed or swapped."""
    by_slips: dict[int, list[str]] = {}
    for other in among:
        far = 1 if _is_stem(other, word) else OSA.distance(word, other, score_cutoff=slips)
        if far <= slips:
            by_slips.setdefault(far, []).append(other)
    return by_slips[min(by_slips)] if by_slips else [word]


def _is_stem(other: str, word: str) -> bool:
    return len(other) > 4 and word.startswith(other) and len(word) - len(other) <= LONGEST_ENDING
