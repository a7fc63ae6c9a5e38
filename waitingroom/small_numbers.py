"""Small numbers: which figures of a report may be told, so that nobody is known by them or found by subtraction.

A breakdown counts the same people by hub and by one thing about them: a table with a row for each hub, a column
for each answer, and sums that are told too. Numbers under 5 are never told. Nor is it enough to leave them out:
whoever knows the sums could take the others off. So for every small number three more are hidden with it, at the
corners of a rectangle: someone could be moved round the four corners and not one told figure would change. What is
told therefore fits at least one other number in each hidden place (complementary suppression; Cox 1980).
"""

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

FEWEST = 5
"""Smaller numbers, none included, are not told: few people could be known by them (a usual rule for health)."""
ROOM = 3
"""Where fewer people than this could be moved round a rectangle, another is better."""
UNTOLD = "not told"
WHOLE = "the whole service"
"""The row of the sums of all hubs."""

Row = uuid.UUID | str | None
"""A hub; None where no hub is known; or WHOLE."""
Place = tuple[Row, str]


@dataclass(frozen=True)
class Breakdown:
    """People counted by hub and by one thing about them. Only `told` gives figures out."""

    counts: Mapping[Row, Mapping[str, int]] = field(repr=False)
    hidden: frozenset[Place]
    columns: tuple[str, ...]

    def told(self, hub: Row) -> dict[str, int | None]:
        """Give the figures of one hub, or of WHOLE, that may be told; None in place of the others."""
        return {one: None if (hub, one) in self.hidden else self.counts[hub][one] for one in self.columns}

    def sum_of(self, hub: Row) -> int | None:
        """Give how many people it is in one hub, or in WHOLE; None where that may not be told."""
        return None if (hub, "") in self.hidden else sum(self.counts[hub].values())


def guarded(counts: Mapping[Row, Mapping[str, int]], columns: Collection[str], hubs: Collection[Row]) -> Breakdown:
    """Decide which figures may be told of people counted in `counts`, by hub and by column.

    `columns` and `hubs` are all there are, those with nobody too: what is missing would tell more than what is
    hidden.
    Each view, of one hub or of the whole, is of the one decision: views held side by side tell no more.
    """
    names, rows = tuple(columns), tuple(hubs)
    table: dict[Row, dict[str, int]] = {
        row: {name: counts.get(row, {}).get(name, 0) for name in names} for row in rows
    }
    table[WHOLE] = {name: sum(table[row][name] for row in rows) for name in names}
    hiding = _Hiding(table, rows, names)
    hiding.sums()
    hiding.figures()
    return Breakdown(table, frozenset(hiding.hidden), names)


def one_row(counts: Mapping[str, int]) -> dict[str, int | None]:
    """Decide the same where there are no hubs: give each figure that may be told, None for the others."""
    return guarded({None: counts}, counts, [None]).told(WHOLE)


def in_words(told: int | None) -> str:
    """Say a figure as it stands in a report. Hidden ones all read the same: nobody is told which are small."""
    return UNTOLD if told is None else f"{told:,}"


def near(number: int) -> int:
    """Round a count to the nearest 5: for figures that no one decision binds together."""
    return FEWEST * round(number / FEWEST)


class _Hiding:
    """The work on one table: places are hidden until no told figure gives a small one away."""

    def __init__(
        self, table: Mapping[Row, Mapping[str, int]], rows: tuple[Row, ...], columns: tuple[str, ...]
    ) -> None:
        self.table, self.rows, self.columns = table, rows, columns
        self.one = len(rows) == 1
        self.hidden: set[Place] = set()

    def sums(self) -> None:
        """Hide how many people a hub has where they are few; where it is one such hub, the next smallest's too.

        Of a hub whose number is hidden nothing is told.
        """
        size = {row: sum(self.table[row].values()) for row in self.rows}
        few = [row for row in self.rows if size[row] < FEWEST]
        others = sorted((row for row in self.rows if row not in few), key=lambda row: size[row])
        together = sum(size[row] for row in few)
        if few and not self.one and (len(few) == 1 or together < FEWEST):
            few += others[:1]
        if sum(size.values()) < FEWEST:
            few = [*self.rows, WHOLE]
        for row in few:
            self.hidden.add((row, ""))
            self.hidden.update((row, column) for column in self.columns)

    def figures(self) -> None:
        """Hide every small figure, and round it what would give it away."""
        rows = self.rows if self.one else (WHOLE, *self.rows)
        small = [(row, name) for row in rows for name in self.columns if self.table[row][name] < FEWEST]
        self.hidden.update(small)
        together = sum(self.table[row][name] for row, name in small)
        hide_each_other = self.one and len(small) > 1 and together >= FEWEST
        for place in () if hide_each_other else small:
            self.hidden.update(self._cover(*place))
        if self.one:
            self.hidden.update({(WHOLE, name) for _, name in self.hidden})

    def _cover(self, row: Row, column: str) -> set[Place]:
        """Choose the other three corners: the cheapest way round which anyone can be moved at all."""
        ways = list(self._ways(row, column))
        fit = [way for way in ways if way[0] > 0] or ways
        return min(fit, key=lambda way: self._price(*way), default=(0, set[Place]()))[1]

    def _ways(self, row: Row, column: str) -> Iterator[tuple[int, set[Place]]]:
        """Give every rectangle on a place: how many people could be moved round it, and its other corners.

        One more here is one less of another answer in the same hub; and one less here, one more there, in another
        hub. With the whole in place of another hub, the sums of the two answers change with it.
        """
        for name in self.columns:
            if name == column:
                continue
            if self.one:
                yield self.table[row][name], {(row, name)}
                continue
            for other in (*self.rows, WHOLE):
                if other != row:
                    less = name if WHOLE in {row, other} else column
                    room = min(self.table[row][name], self.table[other][less])
                    yield room, {(row, name), (other, column), (other, name)}

    def _price(self, room: int, corners: set[Place]) -> tuple[int, int]:
        """Say what a way costs: a figure of the whole 4, little room 3, a hub's figure 1; then, few people."""
        fresh = corners - self.hidden
        cost = sum(4 if row == WHOLE else 1 for row, _ in fresh) + (3 if room < ROOM else 0)
        return cost, sum(self.table[row][name] for row, name in fresh)
