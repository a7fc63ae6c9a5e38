"""Places: where the first half of a postcode is, and how far it is from there."""

from functools import cache
from importlib import resources
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH = 3958.8
"""The mean radius of the Earth, in miles (IUGG, 6,371.0 km)."""


class Point(NamedTuple):
    """A place on the map, in degrees north and east (WGS 84)."""

    latitude: float
    longitude: float


def place_of(postcode: str) -> Point | None:
    """Say where a postcode or its first half is, to about half a mile; None for one we have no figures for.

    The first half alone is looked up. Northern Ireland's are not in the table: no open figures say where they are.
    """
    halves = postcode.upper().split()
    return _table().get(halves[0] if len(halves) < 3 else "") if halves else None


def miles_between(one: Point, other: Point) -> float:
    """Give the distance as the crow flies, in miles (haversine formula)."""
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    straight = sin(north / 2) ** 2
    straight += cos(radians(one.latitude)) * cos(radians(other.latitude)) * sin(east / 2) ** 2
    return 2 * EARTH * asin(sqrt(min(1.0, straight)))


def outward_codes() -> frozenset[str]:
    """Give every outward code whose place is known."""
    return frozenset(_table())


@cache
def _table() -> dict[str, Point]:
    text = resources.files("waitingroom").joinpath("places.txt").read_text(encoding="ascii")
    found: dict[str, Point] = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        area, *districts = line.split()
        for district in districts:
            code, latitude, longitude = district.split(":")
            found[area + code] = Point(int(latitude) / 100, int(longitude) / 100)
    return found
