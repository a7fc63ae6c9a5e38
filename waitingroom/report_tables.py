"""Report tables: the one shape of every report, whether it is read as a page, as JSON or as a spreadsheet."""

import math
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from waitingroom.quarters import Quarter
from waitingroom.small_numbers import FEWEST, WHOLE, Breakdown, Row, guarded

Cell = int | float | str | None
"""A figure; words in place of one; or None where it may not be told."""
NONE_YET = "no figure"
OTHERS = "others"
MOST_ROWS = 15
"""Answers in a breakdown by area or language; the rarer ones are counted together."""


class Counted(Protocol):
    """Whatever is counted is somebody's, of a hub or of none known."""

    @property
    def hub_id(self) -> uuid.UUID | None:
        """The hub."""
        ...


One = TypeVar("One", bound=Counted)


@dataclass(frozen=True)
class Line:
    """One line of a table: its key for programs and its figures, one for each column."""

    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """One table: its key, what its lines are of, the heads of its figures, its lines, what must be known of it.

    `chart` says how it is drawn: bars, stacked, lines; empty: not at all. `charted`: how many of its columns.
    """

    key: str
    title: str
    of: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str = ""
    chart: str = ""
    charted: int = 1


@dataclass(frozen=True)
class Report:
    """A report by its name, with its tables in order."""

    name: str
    title: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Asked:
    """What is reported on: a quarter, and a hub or the WHOLE. `hubs` are all there are."""

    quarter: Quarter
    hub: Row
    hubs: tuple[uuid.UUID, ...]
    zone: ZoneInfo
    now: datetime
    fetched: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """what was read for this report already, so that its parts need not read it again"""

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """When the quarter begins, and when the next one does."""
        return self.quarter.bounds(self.zone)

    def mine(self, ones: Sequence[One]) -> Sequence[One]:
        """Give those that are part of what is reported on."""
        return ones if self.hub == WHOLE else [one for one in ones if one.hub_id == self.hub]

    def is_of(self, hub: uuid.UUID | None) -> bool:
        """Say whether what is of a hub is part of what is reported on."""
        return self.hub in {WHOLE, hub}

    def rows(self, found: Iterable[Row]) -> list[Row]:
        """Give every hub there is; no hub only where someone is of none."""
        known: list[Row] = list(self.hubs)
        return [*known, *([None] if None in set(found) or not known else [])]


def count(
    asked: Asked,
    ones: Iterable[One],
    answers: Callable[[One], Iterable[str]],
    columns: Collection[str] | None = None,
) -> Breakdown:
    """Count `ones` by hub and answer, and decide which figures may be told. `columns`: all answers there can be.

    Without `columns` they are those that were given; the rarest of many are counted together.
    """
    return guard(asked, by_hub(Counter((one.hub_id, name) for one in ones for name in answers(one))), columns)


def by_hub(pairs: Mapping[tuple[Row, str], int]) -> dict[Row, Counter[str]]:
    """Sort counts of hubs and answers by hub."""
    counts: dict[Row, Counter[str]] = {}
    for (hub, name), number in pairs.items():
        counts.setdefault(hub, Counter())[name] += number
    return counts


def guard(asked: Asked, counts: Mapping[Row, Counter[str]], columns: Collection[str] | None = None) -> Breakdown:
    """Decide which figures of `counts` may be told, by hub."""
    if columns is None:
        whole = sum(counts.values(), Counter[str]())
        often = [name for name, _ in whole.most_common(MOST_ROWS)]
        columns = often if len(whole) <= MOST_ROWS else [*often, OTHERS]
        counts = {row: _folded(one, set(often)) for row, one in counts.items()}
    return guarded(counts, columns, asked.rows(counts))


def _folded(counts: Counter[str], often: set[str]) -> Counter[str]:
    folded = Counter({name: number for name, number in counts.items() if name in often})
    rare = sum(number for name, number in counts.items() if name not in often)
    return folded + Counter({OTHERS: rare}) if rare else folded


def breakdown_table(asked: Asked, found: Breakdown, table: Table) -> Table:
    """Fill `table` with the figures of a breakdown that may be told."""
    return replace(table, lines=tuple(Line(name, (told,)) for name, told in found.told(asked.hub).items()))


def weeks(days: Sequence[float]) -> tuple[Cell, Cell, Cell]:
    """Give the median, the 90th percentile (nearest rank) and the longest of some days, in weeks to one place.

    Of fewer than 5 nothing is told.
    """
    if len(days) < FEWEST:
        return None, None, None
    ranked = sorted(days)
    ninth = ranked[math.ceil(0.9 * len(ranked)) - 1]
    return round(median(ranked) / 7, 1), round(ninth / 7, 1), round(ranked[-1] / 7, 1)


def mean(numbers: Sequence[float]) -> Cell:
    """Give the mean to one place. Of fewer than 5 nothing is told."""
    return round(sum(numbers) / len(numbers), 1) if len(numbers) >= FEWEST else None
