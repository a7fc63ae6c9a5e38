"""Looks the content over as of a day: all that loading refuses, and what is stale, missing or not plain."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

from content.fields import NATIONS
from content.helplines import FRESH_FOR
from content.hours import ZONE
from content.loader import GROUPS, HELPLINES, HOLIDAYS, NEEDS, Reading, read
from content.meeting_days import begins_by_rule, next_start
from content.problems import Problem
from content.reading_age import LONGEST_SENTENCE, OLDEST, longest_sentence, reading_age
from content.sources import Place, Source

CALENDAR_AHEAD = timedelta(days=60)


def check(directory: Path | None = None, *, today: date, measures: Path | None = None) -> list[Problem]:
    """Tell every problem of the content in `directory`, or of the packaged one, as of `today`, in order of place.

    `measures`: a folder of measures of your own, looked over with them.

    Beyond what loading refuses: helplines not checked for 90 days, or checked on a day to come; pieces past
    their `review_by`; a need with no piece; a nation with no line day and night or none by text; bank
    holidays that run out within 60 days; a group that meets no more, or begins on a day its rule does not give;
    words for a reading age over 11, or a sentence over 20 words.
    An empty list means all is well.
    """
    reading = read(directory, measures=measures)
    found = [
        *_stale_helplines(reading, today),
        *_stale_items(reading, today),
        *_needs_without_piece(reading, today),
        *_nations_without_line(reading, today),
        *_calendar(reading, today),
        *_groups_that_never_meet(reading, today),
        *_hard_to_read(reading),
    ]
    return sorted({*reading.problems, *found})


def _stale_helplines(reading: Reading, today: date) -> Iterator[Problem]:
    source = reading.sources[HELPLINES]
    for key, line in reading.helplines.items():
        at = (key, "checked_on")
        if line.checked_on > today:
            yield source.problem(at, f"{line.name} was checked on a day to come", "Give the day it was checked")
        elif not line.is_fresh(today):
            remedy = "Call it, put right what changed, and give today's date. Until then nobody is shown it"
            yield source.problem(at, f"{line.name} was not checked for {FRESH_FOR.days} days", remedy)


def _stale_items(reading: Reading, today: date) -> Iterator[Problem]:
    for key, item in reading.items.items():
        source = reading.sources[f"items/{key}.md"]
        if item.review_by < today:
            remedy = "Read it against its source and give a new day. Until then nobody is sent it"
            yield source.problem(("review_by",), f"`{key}` is past the day it must be read again", remedy)
        if item.reviewed_on > today:
            yield source.problem(("reviewed_on",), "It was reviewed on a day to come", "Give the day it was read")


def _needs_without_piece(reading: Reading, today: date) -> Iterator[Problem]:
    served = {need for item in reading.items.values() if item.review_by >= today for need in item.needs}
    for key, need in reading.needs.items():
        if key not in served and not need.discreet and key != "other":
            remedy = f"Write a file in items/ whose needs have `{key}`"
            yield reading.sources[NEEDS].problem((key,), f"There is no piece for `{key}`", remedy)


def _nations_without_line(reading: Reading, today: date) -> Iterator[Problem]:
    remedy = "Add one, or check again one that has gone stale"
    for nation in NATIONS:
        lines = [line for line in reading.helplines.values() if line.serves(nation) and line.is_fresh(today)]
        source = reading.sources[HELPLINES]
        if not any(line.hours.always() for line in lines):
            yield source.problem((), f"Nobody in {nation} has a line open day and night", remedy)
        if not any(line.by("text") for line in lines):
            yield source.problem((), f"Nobody in {nation} has a line by text", remedy)


def _calendar(reading: Reading, today: date) -> Iterator[Problem]:
    if reading.holidays and reading.holidays.known_until() < today + CALENDAR_AHEAD:
        message = f"Bank holidays are known until {reading.holidays.known_until()} only"
        remedy = f"Add the next year's from {reading.holidays.source}"
        yield reading.sources[HOLIDAYS].problem(("holidays",), message, remedy)


def _groups_that_never_meet(reading: Reading, today: date) -> Iterator[Problem]:
    """Tell of groups whose first day is no day of their rule, and of those that meet no more in the next weeks."""
    source = reading.sources[GROUPS]
    for key, group in reading.groups.items():
        meetings = group.meetings
        if not begins_by_rule(meetings):
            remedy = "Begin on the first day that the rule gives"
            message = f"{meetings.first_on} is not a day of the rule"
            yield source.problem((key, "meetings", "first_on"), message, remedy)
        elif next_start(meetings, datetime.combine(max(today, meetings.first_on), time(), tzinfo=ZONE)) is None:
            remedy = "Give a later `until`, or take the group out"
            yield source.problem((key,), f"{group.name} does not meet in the next weeks", remedy)


def _hard_to_read(reading: Reading) -> Iterator[Problem]:
    for source, at, text in _texts(reading):
        if (age := reading_age(text)) > OLDEST:
            remedy = "Use shorter words and shorter sentences"
            yield source.problem(at, f"This reads like age {age:.0f}, and {OLDEST} is the most", remedy)
        if (words := longest_sentence(text)) > LONGEST_SENTENCE:
            yield source.problem(
                at, f"A sentence here has {words} words", f"Part it: {LONGEST_SENTENCE} are the most"
            )


def _texts(reading: Reading) -> Iterator[tuple[Source, Place, str]]:
    for item in reading.items.values():
        source = reading.sources[f"items/{item.key}.md"]
        yield source, ("text",), item.text
        yield source, ("page",), item.page
    for line in reading.helplines.values():
        yield reading.sources[HELPLINES], (line.key, "about"), line.about
    for group in reading.groups.values():
        yield reading.sources[GROUPS], (group.key, "about"), group.about
        yield reading.sources[GROUPS], (group.key, "ground_rules"), group.ground_rules
    for programme in reading.programmes.values():
        source = reading.sources[f"programmes/{programme.key}.yaml"]
        for index, step in enumerate(programme.steps):
            if step.text:
                yield source, ("steps", index, "text"), step.text
    yield from _texts_of_measures(reading)


def _texts_of_measures(reading: Reading) -> Iterator[tuple[Source, Place, str]]:
    """Give our own questions: the words of a standard are not ours to change."""
    for measure in reading.measures.found.values():
        for index, question in enumerate(() if measure.official else measure.questions):
            for name, text in (("asks", question.asks), ("again", question.again)):
                if text:
                    yield reading.measures.sources[measure.key], ("questions", index, name), text
