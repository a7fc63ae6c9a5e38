"""The words as a whole, and the choosing among them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import zip_longest
from types import MappingProxyType

from content.directory import Fitting, Travel
from content.equality import Equality
from content.groups import Group
from content.helplines import Helpline
from content.holidays import BankHolidays
from content.hours import ZONE
from content.items import Item
from content.languages import Language
from content.measures import Measure
from content.needs import Need
from content.programmes import Programme
from content.safety_rules import SafetyRules
from content.templates import Template

NEUTRAL = 0.5
NOBODY_SAID: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True)
class Content:
    """Everything that was written, each mapping by key, needs and measures in the order people are shown them."""

    needs: Mapping[str, Need]
    items: Mapping[str, Item]
    helplines: Mapping[str, Helpline]
    programmes: Mapping[str, Programme]
    safety: SafetyRules
    bank_holidays: BankHolidays
    measures: Mapping[str, Measure]
    equality: Mapping[str, Equality]
    """by nation; England's always"""
    languages: Mapping[str, Language]
    directory: Mapping[str, Fitting]
    travel: Mapping[str, Travel]
    groups: Mapping[str, Group]
    templates: Mapping[str, Template] = field(default_factory=dict)

    def pieces_for(
        self,
        needs: Collection[str],
        *,
        seen: Collection[str],
        today: date,
        nation: str = "england",
        ranking: Mapping[str, float] = NOBODY_SAID,
        not_for_me: Collection[str] = (),
    ) -> tuple[Item, ...]:
        """Choose pieces: those that fit first, each need in turn, then those for everyone.

        None past its `review_by`, none for another nation, none whose key is in `seen`. For one need the
        pieces that name it first go first, starters before others, then the more helpful by `ranking` (from 0 to
        1, by key; 0.5 where nobody has said), then by key: always the same order. Pieces of the same sort as any
        in `not_for_me` go behind all others that fit as well.
        """
        unwanted = {self.items[key].sort for key in not_for_me if key in self.items}

        def order(item: Item) -> tuple[bool, bool, float, str]:
            return item.sort in unwanted, not item.starter, -ranking.get(item.key, NEUTRAL), item.key

        able = [
            item
            for item in self.items.values()
            if item.is_for(nation=nation, today=today) and item.key not in seen
        ]
        able.sort(key=order)
        by_need = [_fitting(able, need, unwanted) for need in self.needs if need in needs]
        in_turn = (item for row in zip_longest(*by_need) for item in row if item is not None)
        chosen = {item.key: item for item in in_turn}
        return (*chosen.values(), *(item for item in able if not item.needs))

    def lines_for(self, word: str, *, at: datetime, nation: str) -> tuple[Helpline, ...]:
        """Give the helplines that a word of ours leads to in a nation, the open ones first; none gone stale."""
        today = at.astimezone(ZONE).date()
        lines = [
            line
            for line in self.helplines.values()
            if line.leads_from == word and line.serves(nation) and line.is_fresh(today)
        ]
        return tuple(sorted(lines, key=lambda line: not line.is_open(at)))

    def helplines_for(
        self, needs: Collection[str], *, at: datetime, nation: str, most: int = 3, age: int | None = None
    ) -> tuple[Helpline, ...]:
        """Choose at most `most` helplines at an aware moment: those that fit, the open ones first.

        Lines for any need follow, those for danger the very last. One can be reached by text, where `most`
        is 2 or more and there is such a line at all. None is unchecked for 90 days or for another nation;
        with `age` in years none is for other ages, and without it those for all ages go first.
        """
        today = at.astimezone(ZONE).date()
        able = [
            line
            for line in self.helplines.values()
            if line.is_fresh(today)
            and line.serves(nation)
            and line.ages.take_in(age)
            and (not line.needs or not set(needs).isdisjoint(line.needs))
        ]
        able.sort(key=lambda line: _rank(line, at=at, age=age))
        return _with_one_by_text(able, most=most, at=at)


def _fitting(items: list[Item], need: str, unwanted: Collection[str]) -> list[Item]:
    """Give the pieces for one need, those that name it first before others; within that as they stand."""
    return sorted(
        (item for item in items if need in item.needs),
        key=lambda item: (item.sort in unwanted, item.needs.index(need) > 0),
    )


def _rank(line: Helpline, *, at: datetime, age: int | None) -> tuple[int, ...]:
    general = not line.needs
    limited = age is None and line.ages.limited()
    return (general and line.crisis, general, not line.is_open(at), limited, len(line.needs))


def _with_one_by_text(lines: list[Helpline], *, most: int, at: datetime) -> tuple[Helpline, ...]:
    chosen = lines[:most]
    if most < 2 or any(_by_text(line) for line in chosen):
        return tuple(chosen)
    texts = sorted((line for line in lines[most:] if _by_text(line)), key=lambda line: not line.is_open(at))
    return (*chosen[: most - 1], *texts[:1]) if texts else tuple(chosen)


def _by_text(line: Helpline) -> bool:
    return line.by("text") is not None
