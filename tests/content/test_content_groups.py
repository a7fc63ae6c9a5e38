"""Groups as they are written: mistakes are refused with their line, and days are worked out by the clock."""

import shutil
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from content import ContentError, Meetings, check, load
from content.hours import ZONE
from content.loader import home
from content.meeting_days import begins_by_rule, next_start, starts_between

TODAY = date(2026, 11, 22)
GROUPS = "groups.yaml"
_RULES: list[object] = []


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the packaged words, their safety rules read but once."""
    from content.safety_loading import load_safety

    if not _RULES:
        _RULES.append(load_safety(home() / "safety")[0])
    monkeypatch.setattr("content.loader.load_safety", lambda _directory: (_RULES[0], []))
    directory = tmp_path / "content"
    shutil.copytree(home(), directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return directory


def change(words: Path, old: str, new: str) -> int:
    """Change the first `old` and give the line it stood on."""
    path = words / GROUPS
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


MISTAKES = {
    "a name that gives a need away": ("name: Tuesday tea", "name: Lonely hearts tea", 0, "lonely", "stranger"),
    "a need that is none": (
        "needs: [lonely, mind, health",
        "needs: [lonley, mind, health",
        0,
        "`lonley`",
        "Choose",
    ),
    "a link in plain sight": ("host: Pendle Good Company", "host: https://zoom.us/j/1", 0, "a link", "secret"),
    "a number in plain sight": (
        "about: Bring a cup",
        "about: Ring 0330 123 4567 and bring a cup",
        0,
        "number",
        "groups link",
    ),
    "a rule there is not": (
        "    rule: FREQ=WEEKLY;BYDAY=TU",
        "    rule: every Tuesday",
        0,
        "not a rule",
        "FREQ=WEEKLY",
    ),
    "a rule that says when it ends": ("BYDAY=TU\n", "BYDAY=TU;COUNT=9\n", 0, "not a rule", "`until`"),
    "a first day that is no day of the rule": (
        "first_on: 2026-11-03",
        "first_on: 2026-11-04",
        -1,
        "not a day of",
        "WE",
    ),
    "an end before the beginning": (
        "skip_bank",
        "until: 2026-01-01\n    skip_bank",
        None,
        "before it begins",
        "until",
    ),
    "a start at night": ('at: "14:00"', 'at: "21:00"', 0, "too early or too late", "08:30"),
    "a meeting of a few minutes": ("minutes: 60", "minutes: 5", 0, "`tuesday_tea.meetings.minutes`", "5"),
    "no word on bank holidays": ("    skip_bank_holidays: true\n", "", None, "is missing", "skip_bank_holidays"),
    "a place for a video group": ("way: video", "way: video\n  place: The hall", None, "does not go", "address"),
    "a meeting place that is not said": (
        "  place: The Old School Room, Mill Street, Nelson\n",
        "",
        None,
        "`place`",
        "address",
    ),
    "a way there is not": ("way: video", "way: hologram", 0, "`tuesday_tea.way`", "hologram"),
    "ages upside down": ("most_age: 25", "most_age: 15", None, "nobody is from 16 to 15", "higher"),
    "children": ("least_age: 16", "least_age: 9", 0, "least_age", "9"),
    "a language there is not": ("language: pl", "language: xx", 0, "`xx` is not a language", "Choose"),
    "places for nobody": ("places: 12", "places: 0", 0, "`tuesday_tea.places`", "0"),
    "rules too long for a text": (
        "ground_rules: Be kind.",
        "ground_rules: Be kind. " + "Do. " * 30,
        0,
        "ground_rules",
        "change it",
    ),
    "a slip in a field's name": ("host_name: Maggie", "hostname: Maggie", 0, "not a field", "host_name"),
    "a day that does not exist": (
        "except_on: [2026-12-31]",
        "except_on: [2026-12-32]",
        0,
        "except_on",
        "change it",
    ),
    "a group written twice": ("morning_call:", "tuesday_tea:", 0, "stands here twice", "Keep one"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_group_is_refused_with_its_line_and_what_to_do(words: Path, mistake: str) -> None:
    old, new, offset, message, remedy = MISTAKES[mistake]
    line = change(words, old, new)
    with pytest.raises(ContentError) as refusal:
        load(words)
    told = [p for p in refusal.value.problems if p.file == f"content/{GROUPS}" and message in p.message]
    assert told, str(refusal.value)
    assert remedy in told[0].remedy + told[0].message, str(told[0])
    if offset is not None:
        assert told[0].line - line == offset, str(told[0])


def test_the_groups_that_come_with_the_project_are_in_order(words: Path) -> None:
    assert [p for p in check(words, today=TODAY) if p.file.endswith(GROUPS)] == []
    assert 4 <= len(load(words).groups) <= 12


def test_a_first_day_that_the_rule_never_gives_is_told(words: Path) -> None:
    line = change(words, "first_on: 2026-11-07", "first_on: 2026-11-14")
    told = [p for p in check(words, today=TODAY) if p.file.endswith(GROUPS)]
    assert [(p.line, p.message) for p in told] == [(line, "2026-11-14 is not a day of the rule")]


def test_a_group_that_meets_no_more_is_told(words: Path) -> None:
    change(words, "    rule: FREQ=WEEKLY;BYDAY=TU\n", "    rule: FREQ=WEEKLY;BYDAY=TU\n    until: 2026-12-22\n")
    assert [p for p in check(words, today=date(2026, 12, 22)) if "does not meet" in p.message] == []
    told = [p.message for p in check(words, today=date(2026, 12, 23)) if p.file.endswith(GROUPS)]
    assert told == ["Tuesday tea and talk does not meet in the next weeks"]


def meets(rule: str, first_on: date, at: time = time(14), **more: object) -> Meetings:
    facts = {"first_on": first_on, "at": at, "minutes": 60, "rule": rule, "skip_bank_holidays": False, **more}
    return Meetings.model_validate(facts)


def days(meetings: Meetings, after: date, before: date) -> list[str]:
    found = starts_between(
        meetings, datetime.combine(after, time(), tzinfo=ZONE), datetime.combine(before, time(), tzinfo=ZONE)
    )
    return [f"{at:%d %b %H:%M}" for at in found]


def test_it_is_the_same_time_on_the_wall_on_both_sides_of_both_clock_changes() -> None:
    sundays = meets("FREQ=WEEKLY;BYDAY=SU", date(2026, 10, 4))
    after, before = datetime(2026, 10, 17, tzinfo=UTC), datetime(2027, 4, 10, tzinfo=UTC)
    found = starts_between(sundays, after, before)
    assert {f"{at:%H:%M}" for at in found} == {"14:00"}
    in_utc = {at.astimezone(UTC).date(): f"{at.astimezone(UTC):%H:%M}" for at in found}
    assert [in_utc[date(2026, 10, day)] for day in (18, 25)] == ["13:00", "14:00"]
    assert [in_utc[date(2027, 3, day)] for day in (21, 28)] == ["14:00", "13:00"]
    assert len(found) == 25


def test_a_group_skips_its_own_days_and_bank_holidays_and_ends_on_its_last_day(words: Path) -> None:
    mondays = meets(
        "FREQ=WEEKLY;BYDAY=MO", date(2026, 12, 7), except_on=["2026-12-14"], until="2027-01-11",
        skip_bank_holidays=True, holidays=load(words).bank_holidays.of("england"),
    )  # fmt: skip
    assert days(mondays, date(2026, 12, 1), date(2027, 3, 1)) == [
        "07 Dec 14:00", "21 Dec 14:00", "04 Jan 14:00", "11 Jan 14:00",
    ]  # fmt: skip


def test_bank_holidays_are_in_the_groups_as_they_are_loaded(words: Path) -> None:
    thursdays = load(words).groups["morning_call"].meetings
    found = days(thursdays, date(2027, 3, 22), date(2027, 3, 30))
    assert found == ["25 Mar 10:30"]
    mondays = load(words).groups["monday_hello"].meetings
    assert days(mondays, date(2027, 3, 22), date(2027, 4, 6)) == ["22 Mar 10:15", "05 Apr 10:15"]


def test_the_first_saturday_of_each_month_and_every_second_friday_are_what_they_say() -> None:
    soup = meets("FREQ=MONTHLY;BYDAY=1SA", date(2026, 11, 7))
    assert days(soup, date(2026, 11, 1), date(2027, 2, 1)) == ["07 Nov 14:00", "05 Dec 14:00", "02 Jan 14:00"]
    friday = meets("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", date(2026, 11, 6))
    assert days(friday, date(2026, 11, 1), date(2026, 12, 10)) == ["06 Nov 14:00", "20 Nov 14:00", "04 Dec 14:00"]
    assert begins_by_rule(soup)
    assert begins_by_rule(friday)
    assert begins_by_rule(meets("FREQ=MONTHLY", date(2026, 11, 13)))
    assert begins_by_rule(meets("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU", date(2026, 11, 1)))
    assert not begins_by_rule(meets("FREQ=MONTHLY;BYDAY=2SA", date(2026, 11, 7)))


def test_the_next_meeting_is_the_one_that_runs_until_it_is_over() -> None:
    tea = meets("FREQ=WEEKLY;BYDAY=TU", date(2026, 11, 3), until="2026-11-24")
    starts = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert next_start(tea, datetime(2026, 11, 17, 15, 0, tzinfo=UTC)) == starts
    assert next_start(tea, datetime(2026, 11, 24, 14, 59, tzinfo=UTC)) == starts
    assert next_start(tea, datetime(2026, 11, 24, 15, 0, tzinfo=UTC)) is None


def test_someone_of_17_is_let_into_no_group_that_does_not_say_so(words: Path) -> None:
    groups = load(words).groups.values()
    english = frozenset({"en"})
    assert [group.key for group in groups if group.is_for(17, languages=english)] == ["game_night"]
    assert not [group.key for group in groups if group.is_for(15, languages=english)]
    assert "coffee_in_polish" not in {group.key for group in groups if group.is_for(40, languages=english)}
    assert "coffee_in_polish" in {group.key for group in groups if group.is_for(40, languages=frozenset({"pl"}))}
