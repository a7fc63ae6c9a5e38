"""The directory's query: written for what is asked and no more, so that PostgreSQL plans for just that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import cos, pi, radians

from waitingroom.places import EARTH, Point

FARTHEST = 25.0
"""Miles beyond which nothing is near, unless it is searched for by its words."""
CLOSE = 3.0
"""Miles within which what is vouched for comes before everything else that fits."""
NOT_TOLD_FOR = timedelta(days=180)
"""What no feed has told of for this long is not shown."""
STALE = timedelta(days=3 * 365)
"""What nobody has vouched for in this long sinks below the rest."""
FRESH = timedelta(days=365)
A_DEGREE = EARTH * pi / 180
"""Miles in a degree of latitude."""
TOLD = (
    *("id", "name", "about", "organisation", "phone", "email", "web", "virtual", "price", "pence", "price_words"),
    *("help_words", "step_free", "access", "languages", "days", "times", "status", "assured_on", "latitude"),
    "longitude",
)


@dataclass(frozen=True)
class Asked:
    """What is looked for. `groups`: for each word that was asked for, the directory's words it may be."""

    today: date
    needs: Sequence[str] = ()
    but_for: Sequence[str] = ()
    """needs whose services are not shown, for whoever else may read the phone"""
    groups: Sequence[Sequence[str]] = ()
    outward: str = ""
    point: Point | None = None
    free_only: bool = False
    step_free: bool = False
    language: str = ""
    days: int = 0
    age: int | None = None
    skip: int = 0
    most: int = 3


@dataclass
class Query:
    """A statement in the making, and the facts its places stand for."""

    asked: Asked
    facts: list[object] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)

    def place(self, fact: object) -> str:
        """Give the place that stands for a fact."""
        self.facts.append(fact)
        return f"${len(self.facts)}"


def everything(asked: Asked) -> tuple[str, list[object]]:
    """Write the whole search: of those that say most of the words, fits > vouched for > near > fresh > free."""
    query = Query(asked)
    _filter(query)
    sunk = f"NOT ({_vouched(query)})"
    miles = _miles(query)
    keys = [*_said(query), *_fits(query), sunk, *_nearness(query, miles)]
    if miles and not asked.groups:
        query.conditions.append(f"(s.virtual OR s.latitude IS NULL OR {miles} <= {FARTHEST})")
    return _written(query, keys, miles)


def the_best_and_close(asked: Asked) -> tuple[str, list[object]] | None:
    """Write the search for only what fits, is vouched for and is close: where that gives enough, it is the answer.

    None where it could not be told by that: words are asked for, or no place is known.
    """
    if asked.groups or asked.point is None:
        return None
    query = Query(asked)
    _filter(query)
    query.conditions += [_vouched(query), "NOT s.virtual"]
    if asked.needs:
        query.conditions.append(f"s.needs && {query.place(list(asked.needs))}::varchar[]")
    _within(query, CLOSE)
    miles = _miles(query)
    query.conditions.append(f"{miles} < {CLOSE}")
    return _written(query, _nearness(query, miles), miles)


def _written(query: Query, keys: Sequence[str], miles: str) -> tuple[str, list[object]]:
    fresh = f"s.assured_on < {query.place(query.asked.today - FRESH)}"
    order = ", ".join(
        [*keys, fresh, "s.price <> 'free'", *([f"{miles} NULLS LAST"] if miles else []), "s.name", "s.id"]
    )
    names = ", ".join(f"s.{name}" for name in TOLD)
    page = f"OFFSET {query.place(query.asked.skip)} LIMIT {query.place(query.asked.most)}"
    best = (
        f"SELECT row_number() OVER () AS n, found.id FROM (SELECT s.id FROM service s "  # noqa: S608
        f"JOIN feed f ON f.id = s.feed_id WHERE {' AND '.join(query.conditions)} ORDER BY {order} {page}) found"
    )
    statement = f"SELECT {names} FROM ({best}) best JOIN service s ON s.id = best.id ORDER BY best.n"  # noqa: S608
    return statement, query.facts


def _filter(query: Query) -> None:
    asked, place = query.asked, query.place
    query.conditions += [
        "s.status IN ('active', 'temporarily_closed')",
        f"s.last_seen_on >= {place(asked.today - NOT_TOLD_FOR)}",
    ]
    if asked.groups:
        every = [word for group in asked.groups for word in group]
        query.conditions.append(f"s.words && {place(every)}::varchar[]")
    elif asked.point is not None:
        _within(query, FARTHEST, also="s.virtual OR s.latitude IS NULL OR ")
    _wishes(query)


def _wishes(query: Query) -> None:
    """Keep to what they asked for, and leave out what is not to be shown."""
    asked, place = query.asked, query.place
    if asked.but_for:
        query.conditions.append(f"NOT s.needs && {place(list(asked.but_for))}::varchar[]")
    if asked.free_only:
        query.conditions.append("s.price = 'free'")
    if asked.step_free:
        query.conditions.append("s.step_free")
    if asked.language:
        query.conditions.append(f"s.languages && {place([asked.language])}::varchar[]")
    if asked.days:
        query.conditions.append(f"s.days & {place(asked.days)}::int <> 0")
    if asked.age is not None:
        query.conditions.append(
            f"{place(asked.age)}::int BETWEEN coalesce(s.age_from, 0) AND coalesce(s.age_to, 200)"
        )


def _within(query: Query, miles: float, *, also: str = "") -> None:
    """Keep to a square around where they are."""
    point = query.asked.point
    assert point is not None  # noqa: S101
    north = miles / A_DEGREE
    east = north / cos(radians(point.latitude))
    place = query.place
    latitude = f"s.latitude BETWEEN {place(point.latitude - north)} AND {place(point.latitude + north)}"
    longitude = f"s.longitude BETWEEN {place(point.longitude - east)} AND {place(point.longitude + east)}"
    query.conditions.append(f"({also}({latitude} AND {longitude}))")


def _vouched(query: Query) -> str:
    stale = query.place(query.asked.today - STALE)
    return (
        f"s.status = 'active' AND coalesce(s.assured_on, '-infinity') >= {stale} "
        "AND (f.ended_at IS NULL OR s.last_seen_on >= (f.began_at AT TIME ZONE 'UTC')::date)"
    )


def _said(query: Query) -> list[str]:
    groups = [f"(s.words && {query.place(list(group))}::varchar[])::int" for group in query.asked.groups]
    return [f"{' + '.join(groups)} DESC"] if groups else []


def _fits(query: Query) -> list[str]:
    needs = list(query.asked.needs)
    return [f"(s.needs && {query.place(needs)}::varchar[]) DESC"] if needs else []


def _miles(query: Query) -> str:
    """Write the distance as on a flat map: within half of one in a hundred of the true one, as far as is near."""
    point = query.asked.point
    if point is None:
        return ""
    north, east = query.place(point.latitude), query.place(point.longitude)
    narrower = query.place(A_DEGREE * cos(radians(point.latitude)))
    return (
        f"(CASE WHEN s.virtual THEN NULL ELSE sqrt(((s.latitude - {north}::float8) * {A_DEGREE}) ^ 2 "
        f"+ ((s.longitude - {east}::float8) * {narrower}::float8) ^ 2) END)"
    )


def _nearness(query: Query, miles: str) -> list[str]:
    """Write how near something is in rings: under 1 mile, 3, 6, 12, 25. By phone is as near as 6 to 12 miles."""
    if not query.asked.outward:
        return []
    here = f"CASE WHEN s.outward = {query.place(query.asked.outward)} THEN 0 ELSE 6 END"
    if not miles:
        return [f"CASE WHEN s.virtual THEN 3 ELSE {here} END"]
    rings = f"width_bucket({miles}, ARRAY[1, {CLOSE}, 6, 12, {FARTHEST}]::float8[])"
    return [f"CASE WHEN s.virtual THEN 3 WHEN s.latitude IS NULL THEN {here} ELSE {rings} END"]
