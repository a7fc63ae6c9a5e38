"""Bank holidays of the four nations, on which many helplines are closed."""

from datetime import date

from pydantic import field_validator

from content.fields import NATIONS, Address, Line, Nation, Words, refused


class Holiday(Words):
    """One bank holiday: the day it is kept on, its name, and the nations that keep it."""

    on: date
    name: Line
    nations: tuple[Nation, ...]

    @field_validator("nations")
    @classmethod
    def _of_one_nation_at_least(cls, nations: tuple[Nation, ...]) -> tuple[Nation, ...]:
        if not nations:
            raise refused("no nation keeps this day", f"Name some of: uk, {', '.join(NATIONS)}")
        return nations


class BankHolidays(Words):
    """The calendar, where it was read and when."""

    source: Address
    checked_on: date
    holidays: tuple[Holiday, ...]

    def of(self, nation: str) -> frozenset[date]:
        """Give the days kept in one nation; for `uk` those of England, where most such lines have their desks."""
        place = "england" if nation == "uk" else nation
        return frozenset(day.on for day in self.holidays if place in day.nations or "uk" in day.nations)

    def known_until(self) -> date:
        """Give the last day the calendar speaks of: the end of the last year in which every nation has days."""
        return date(min(max((day.year for day in self.of(nation)), default=1) for nation in NATIONS), 12, 31)
