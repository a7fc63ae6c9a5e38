"""Small numbers are not told, and cannot be worked out from what is told."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from waitingroom import equality
from waitingroom.small_numbers import FEWEST, WHOLE, Breakdown, Row, guarded, in_words, near, one_row

Table = Mapping[Row, Mapping[str, int]]
TOTAL = "everyone"


def can_differ(found: Breakdown, row: Row, column: str, hubs: Sequence[Row]) -> bool:
    """Say whether the figure in one place could be another, with every told figure and every sum as it is.

    The exact answer: the table is a network in which people flow from hubs through answers to the whole, and a
    figure is fixed just where no circle of unknown figures runs through it along which someone could be moved.
    """
    edges: list[tuple[object, object, int]] = []
    for hub, name in found.hidden:
        if len(hubs) == 1 and hub == WHOLE:
            continue
        told_of = sum(found.counts[hub].values()) if name == "" else found.counts[hub][name]
        ends: tuple[object, object]
        if hub == WHOLE:
            ends = (("row", WHOLE), TOTAL) if name == "" else (("column", name), ("row", WHOLE))
        else:
            ends = (TOTAL, ("row", hub)) if name == "" else (("row", hub), ("column", name))
        if len(hubs) == 1 and name:
            ends = (("row", hub), TOTAL)  # nothing is told of the column but this
        edges.append((*ends, told_of))
    at: tuple[object, object] = (
        (("row", row), ("column", column)) if row != WHOLE else (("column", column), ("row", WHOLE))
    )
    if len(hubs) == 1:
        return (
            any(
                found.counts[hub][name] > 0 or found.counts[row][column] > 0
                for hub, name in found.hidden
                if hub == row and name not in {"", column}
            )
            or (WHOLE, "") in found.hidden
        )
    more, less = dict[object, set[object]](), dict[object, set[object]]()
    for begin, end, number in edges:
        more.setdefault(begin, set()).add(end)
        if number > 0:
            less.setdefault(end, set()).add(begin)
    fewer = found.counts[row][column] > 0 and reaches(at[0], at[1], more, less, but_for=at)
    return fewer or reaches(at[1], at[0], more, less, but_for=at)


def reaches(
    begin: object,
    end: object,
    more: dict[object, set[object]],
    less: dict[object, set[object]],
    but_for: tuple[object, object],
) -> bool:
    seen, todo = {begin}, [begin]
    while todo:
        here = todo.pop()
        there = {to for to in more.get(here, set()) if (here, to) != but_for}
        there |= {to for to in less.get(here, set()) if (to, here) != but_for}
        if end in there:
            return True
        todo += there - seen
        seen |= there
    return False


def tables(most: int) -> st.SearchStrategy[dict[Row, dict[str, int]]]:
    number = st.one_of(st.integers(0, 6), st.integers(0, most))
    return st.integers(1, 5).flatmap(
        lambda columns: st.dictionaries(
            st.sampled_from(["north", "east", "south", "west", None]),
            st.fixed_dictionaries({f"answer {place}": number for place in range(columns)}),
            min_size=1,
        )
    )


def names_of(table: Table) -> list[str]:
    return list(next(iter(table.values())))


@settings(max_examples=600, deadline=None)
@given(tables(60))
def test_no_number_under_five_is_ever_told(table: dict[Row, dict[str, int]]) -> None:
    found = guarded(table, names_of(table), list(table))
    for hub in (*table, WHOLE):
        assert all(one is None or one >= FEWEST for one in found.told(hub).values())
        told_sum = found.sum_of(hub)
        assert told_sum is None or told_sum >= FEWEST


@settings(max_examples=600, deadline=None)
@given(tables(60))
def test_nobody_can_work_out_a_small_number_from_all_the_others_and_every_sum(
    table: dict[Row, dict[str, int]],
) -> None:
    names = names_of(table)
    found = guarded(table, names, list(table))
    rows = list(table) if len(table) == 1 else [*table, WHOLE]
    if len(names) == 1 and len(table) > 1:
        return  # one answer only is no breakdown: the next test has it
    for row in rows:
        for name in names:
            if found.counts[row][name] < FEWEST:
                assert can_differ(found, row, name, list(table)), (row, name, sorted(map(str, found.hidden)))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["north", "east", "south", "west"]), st.integers(0, 40), min_size=2))
def test_a_small_hub_is_not_found_by_taking_the_other_hubs_from_the_whole(sizes: dict[Row, int]) -> None:
    found = guarded({hub: {"all": size} for hub, size in sizes.items()}, ["all"], list(sizes))
    unknown = [hub for hub in sizes if found.sum_of(hub) is None]
    if any(size < FEWEST for size in sizes.values()):
        assert len(unknown) > 1 or found.sum_of(WHOLE) is None
        assert found.sum_of(WHOLE) is None or sum(sizes[hub] for hub in unknown) >= FEWEST


def test_leaving_out_the_small_numbers_only_would_give_them_away() -> None:
    table: dict[Row, dict[str, int]] = {"north": {"yes": 2, "no": 40}, "east": {"yes": 30, "no": 30}}
    only = Breakdown({**table, WHOLE: {"yes": 32, "no": 70}}, frozenset({("north", "yes")}), ("yes", "no"))
    assert not can_differ(only, "north", "yes", ["north", "east"])
    assert can_differ(guarded(table, ["yes", "no"], list(table)), "north", "yes", ["north", "east"])


def test_two_quarters_of_two_hubs_and_the_whole_side_by_side_give_nobody_away() -> None:
    table: dict[Row, dict[str, int]] = {
        "north": {"arab": 3, "irish": 20, "british": 200},
        "east": {"arab": 12, "irish": 18, "british": 150},
        "south": {"arab": 9, "irish": 25, "british": 90},
    }
    found = guarded(table, names_of(table), list(table))
    told = found.told("north")
    assert told["arab"] is None
    hidden = [name for name, number in told.items() if number is None]
    others = [found.told(hub)["arab"] for hub in ("east", "south")]
    assert len(hidden) > 1
    assert None in others or found.told(WHOLE)["arab"] is None


def test_of_the_whole_service_more_is_told_than_of_its_hubs() -> None:
    table: dict[Row, dict[str, int]] = {
        "north": {"arab": 3, "irish": 20, "british": 200},
        "east": {"arab": 12, "irish": 18, "british": 150},
    }
    assert None not in guarded(table, names_of(table), list(table)).told(WHOLE).values()


def test_large_numbers_are_all_told() -> None:
    table: dict[Row, dict[str, int]] = {"north": {"yes": 20, "no": 40}, "east": {"yes": 30, "no": 5}}
    found = guarded(table, ["yes", "no"], list(table))
    assert not found.hidden
    assert found.told(WHOLE) == {"yes": 50, "no": 45}


def test_where_there_are_no_hubs_one_more_number_is_hidden_with_a_small_one() -> None:
    assert one_row({"yes": 3, "no": 12, "rather not": 40}) == {"yes": None, "no": None, "rather not": 40}


def test_hidden_figures_read_the_same_small_or_not() -> None:
    assert in_words(None) == "not told"
    assert in_words(1234) == "1,234"


def test_a_rounded_count_says_nothing_finer_than_five() -> None:
    assert [near(number) for number in (0, 2, 3, 12, 13)] == [0, 0, 5, 10, 15]
    assert all(after - before in {0, 5} for before, after in pairwise(map(near, range(100))))


@given(st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 30), min_size=2))
def test_the_count_of_all_answers_ever_given_keeps_the_same_rule(counts: dict[str, int]) -> None:
    assert equality.tellable(counts) == one_row(counts)
