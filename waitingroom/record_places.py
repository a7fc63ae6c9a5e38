"""Where a directory's service is: its postcode, its point on the map, and whether one can get in without steps."""

import re
from collections.abc import Iterator, Sequence

from waitingroom.places import Point
from waitingroom.record_fields import Record, each

BRITAIN = (Point(49.0, -9.0), Point(61.0, 2.5))
"""The south-west and north-east corners around the United Kingdom: places outside are slips."""
STEP_FREE = re.compile(r"step.?free|wheelchair|level access|ramp|accessible|lift\b", re.IGNORECASE)
NOT_STEP_FREE = re.compile(
    r"\bnot? (?:\w+ ){0,2}(?:step.?free|wheelchair|level|ramp|accessible|lift)|no disabled access|steps only",
    re.IGNORECASE,
)
POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?) ?([0-9][A-Z]{2})")


def places_of(record: Record) -> Iterator[Record]:
    """Give every place a service is at."""
    for one in each(record, "service_at_locations"):
        yield from each(one, "location")


def where(places: Sequence[Record]) -> tuple[str, Point | None]:
    """Give the postcode and the point of the first place that says where it is."""
    for place in places:
        written = [address for name in ("addresses", "physical_addresses") for address in each(place, name)]
        codes = (POSTCODE.fullmatch(str(one.get("postal_code") or "").upper().strip()) for one in written)
        postcode = next((f"{code[1]} {code[2]}" for code in codes if code), "")
        point = _point(place)
        if postcode or point:
            return postcode, point
    return "", None


def _point(place: Record) -> Point | None:
    try:
        point = Point(float(place["latitude"]), float(place["longitude"]))
    except (KeyError, TypeError, ValueError):
        return None
    (south, west), (north, east) = BRITAIN
    return point if south <= point.latitude <= north and west <= point.longitude <= east else None


def is_virtual(record: Record, places: Sequence[Record], postcode: str, point: Point | None) -> bool:
    """Say whether it is come to by phone or online only."""
    if any(place.get("location_type") == "virtual" for place in places):
        return not postcode and point is None
    return str(record.get("attending_type")) in {"phone", "online"}


def accessibility(places: Sequence[Record]) -> Iterator[str]:
    """Give what is said of getting in, as the feed says it."""
    for place in places:
        for name in ("accessibility", "accessibility_for_disabilities"):
            for one in each(place, name):
                told = one.get("description") or one.get("details") or one.get("accessibility")
                if isinstance(told, str) and told.strip():
                    yield told


def step_free(access: str) -> bool | None:
    """Say whether one can get in without steps; None where nothing is said of it."""
    if not access:
        return None
    return False if NOT_STEP_FREE.search(access) else (True if STEP_FREE.search(access) else None)
