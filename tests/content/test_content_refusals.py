"""Each mistake in the words is refused with its file, its line and what to do."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from content import ContentError, Problem, check, load, sources
from content.loader import home, read

TODAY = date(2026, 11, 22)
PIECE = "items/slow_breathing.md"
LINES = "helplines.yaml"
PROGRAMME = "programmes/waiting_well.yaml"


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    """A copy of the packaged words, of which the safety rules are read but once."""
    directory = tmp_path_factory.mktemp("words") / "content"
    shutil.copytree(home(), directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return directory


@pytest.fixture
def words(pristine, tmp_path, monkeypatch):
    rules = _rules()
    monkeypatch.setattr("content.loader.load_safety", lambda directory: (rules, []))
    directory = tmp_path / "content"
    shutil.copytree(pristine, directory)
    return directory


_KEPT = []


def _rules():
    from content.safety_loading import load_safety

    if not _KEPT:
        _KEPT.append(load_safety(home() / "safety")[0])
    return _KEPT[0]


def change(words: Path, file: str, old: str, new: str) -> int:
    """Change the first `old` and give the line it stood on."""
    text = (words / file).read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {file}"
    (words / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


MISTAKES = {
    "a field with a slip in its name": (PIECE, "title: ", "titel: ", 0, "not a field that is known", "title"),
    "a title that is missing": (PIECE, "title: Breathe out slowly\n", "", 0, "`title` is missing", "Add a line"),
    "a need that is none": (PIECE, "needs: [mind]", "needs: [mnid]", 0, "`mnid` is not a need", "Choose among"),
    "a need we are discreet about": (PIECE, "needs: [mind]", "needs: [abuse]", 0, "discreet", "Take the need out"),
    "a day that does not exist": (PIECE, "2026-11-22", "2026-11-31", 0, "`reviewed_on`", "2026-11-31"),
    "a review before it was reviewed": (
        PIECE,
        "review_by: 2027",
        "review_by: 2025",
        None,
        "not after",
        "Give the day",
    ),
    "a review in the far future": (
        PIECE,
        "review_by: 2027",
        "review_by: 2031",
        None,
        "two years",
        "Bring it nearer",
    ),
    "a source that is no address": (PIECE, "source: https://", "source: www.", 0, "not a web address", "https://"),
    "a nation there is not": (PIECE, "nation: uk", "nation: france", 0, "`nation`", "france"),
    "a curly quote": (PIECE, "text: >-\n", "text: >-\n  ’ ", 0, "U+2019", "Write '"),
    "a text that is too long": (
        PIECE,
        "text: >-\n",
        "text: >-\n  " + "so long " * 40 + "\n",
        0,
        "4 text",
        "Shorten",
    ),
    "a word that gives a need away": (
        PIECE,
        "text: >-\n",
        "text: >-\n  Feeling depressed?\n",
        0,
        "depress*",
        "stranger",
    ),
    "a title that gives a need away": (PIECE, "title: Breathe", "title: Grief and", 0, "grief", "stranger"),
    "a field that is worked out": (
        PIECE,
        "title: ",
        "key: breathing\ntitle: ",
        0,
        "`key` is not written",
        "Take it",
    ),
    "no fields at the top": (PIECE, "---\n", "", 0, "fields at the top", "Begin with a line"),
    "a colon in a title without quotes": (PIECE, "title: Breathe", "title: Now: breathe", 0, "YAML", "colons"),
    "a helpline written twice": (LINES, "national_debtline:", "stepchange:", 0, "stands here twice", "Keep one"),
    "a helpline of a need that is none": (LINES, "needs: [housing]", "needs: [houses]", 0, "`houses`", "Choose"),
    "hours that are no hours": (
        LINES,
        "mon-fri: 09:00-17:00",
        "mon-fri: 9 to 5",
        -1,
        "are not times",
        "09:00-17:00",
    ),
    "days that are no days": (LINES, "mon-fri:", "weekdays:", -1, "are not days", "mon-fri"),
    "bank holidays left out": (
        LINES,
        "    bank_holidays: closed\n",
        "",
        -2,
        "bank holidays are left out",
        "closed",
    ),
    "a number with letters": (LINES, "value: 0800 138 1111", "value: 0800 DEBT", 0, "no call address", "digits"),
    "a way there is not": (LINES, "kind: call", "kind: fax", 0, "`stepchange.ways.1.kind`", "fax"),
    "hours in no order": (LINES, "hours: 24/7", "hours: day and night", 0, "are not opening hours", "24/7"),
    "hours that overlap": (
        LINES,
        "mon-fri: 09:00-17:00",
        "mon-fri: 09:00-17:00, 16:00-18:00",
        -1,
        "overlap",
        "order",
    ),
    "hours left empty": (LINES, "mon-fri: 09:00-17:00", "mon-fri:", -1, "are not times", "09:00-17:00"),
    "a helpline for no nation": (LINES, "nations: [uk]", "nations: []", 0, "this is empty", "one at least"),
    "ages that are no pair": (LINES, "ages: [55, null]", "ages: 55", 0, "`silver_line.ages`", "55"),
    "a piece with words of its own": (
        PROGRAMME,
        "kind: piece",
        "kind: piece\n    text: Hello",
        -3,
        "own text",
        "make it",
    ),
    "a key with capitals": (LINES, "stepchange:", "StepChange:", None, "cannot be a key", "small letters"),
    "a helpline without fields": (
        LINES,
        "stepchange:",
        "nobody:\nstepchange:",
        0,
        "nobody has no fields",
        "`name`",
    ),
    "a tab for an indent": (LINES, "  name: StepChange", "\tname: StepChange", 0, "YAML", "indents"),
    "an alias": (LINES, "about: Free advice on money", "about: *free\n  x: ", 0, "aliases", "indents"),
    "an alias of what is there": (
        LINES,
        "about: Free advice on money",
        "about: &free Free advice on money\n  x: *free",
        1,
        "aliases",
        "indents",
    ),
    "words within words without end": (
        LINES,
        "about: Free",
        f"about: {'[' * 100_000}",
        None,
        "too deeply",
        "indents",
    ),
    "lists within lists without end": (LINES, "stepchange:", "- " * 50_000 + "x", None, "too deeply", "indents"),
    "a label too long for a button": (
        "needs.yaml",
        "short: Money",
        "short: Money and all the bills",
        0,
        "`money.short`",
        "20",
    ),
    "a step at night": (PROGRAMME, "at: 10:00", "at: 22:00", 0, "between 08:00 and 20:00", "awake"),
    "a step that names no item": (
        PROGRAMME,
        "kind: piece",
        "kind: piece\n    item: nowhere",
        1,
        "no item",
        "items/",
    ),
    "two steps of one name": (PROGRAMME, "key: weekly_piece", "key: second_piece", 0, "Two steps", "another key"),
    "steps out of order": (PROGRAMME, "day: 2", "day: 20", 5, "comes after day 20", "order of their days"),
    "words without words": (PROGRAMME, "kind: piece", "kind: words", -3, "need a `text`", "Write the text"),
    "a step that nags aloud": (PROGRAMME, "You are still", "In debt? You are still", -1, "debt*", "stranger"),
    "a piece without a sort": (PIECE, "sort: calm\n", "", None, "`sort` is missing", "Add a line"),
    "a sort there is not": (PIECE, "sort: calm", "sort: yoga", 0, "`sort`", "yoga"),
    "a piece with no room to ask whether it helped": (
        PIECE,
        "text: >-\n",
        "text: >-\n  " + "word " * 24 + "\n",
        0,
        "no room to ask whether it helped",
        "Shorten it",
    ),
    "a starter that is neither yes nor no": (
        PIECE,
        "starter: true",
        "starter: often",
        0,
        "true or false",
        "often",
    ),
    "a language that is none": (PIECE, "languages: [en]", "languages: [English]", 0, "`languages.1`", "English"),
    "a helpline of a word there is not": (
        LINES,
        "leads_from: advice",
        "leads_from: help",
        0,
        "leads_from",
        "help",
    ),
    "a helpline nobody says when it was checked": (
        LINES,
        "  checked_on: 2026-11-22\n",
        "",
        None,
        "`stepchange.checked_on` is missing",
        "Add a line",
    ),
    "a helpline without a way in": (LINES, "needs: [money]", "ways: []\n  needs: [money]", None, "twice", "Keep"),
    "a step for a need that is none": (
        PROGRAMME,
        "kind: piece",
        "kind: piece\n    for_needs: [mony]",
        1,
        "`mony` is not a need",
        "Choose among",
    ),
    "a step for a need we are discreet about": (
        PROGRAMME,
        "kind: piece",
        "kind: piece\n    for_needs: [abuse]",
        1,
        "discreet",
        "Take the need out",
    ),
    "a step for nobody": (
        PROGRAMME,
        "kind: piece",
        "kind: piece\n    for_needs: [money]\n    not_for_needs: [money]",
        -3,
        "in for_needs and in not_for_needs",
        "Take it out of one",
    ),
    "a condition there is not": (
        PROGRAMME,
        "only_if: not_claimed",
        "only_if: unclaimed",
        0,
        "`steps.4.only_if`",
        "unclaimed",
    ),
    "a way to catch up there is not": (PROGRAMME, "catch_up: send", "catch_up: late", 0, "catch_up", "late"),
    "a kind of step there is not": (PROGRAMME, "kind: piece", "kind: video", 0, "`steps.1.kind`", "video"),
    "a step on no day": (PROGRAMME, "day: 2\n", "day: soon\n", 0, "whole number", "soon"),
    "a holiday nobody keeps": ("bank_holidays.yaml", "nations: [uk]", "nations: []", 0, "no nation", "Name some"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_with_its_file_and_line_and_what_to_do(words, mistake):
    file, old, new, offset, message, remedy = MISTAKES[mistake]
    line = change(words, file, old, new)
    with pytest.raises(ContentError) as refusal:
        load(words)
    told = [p for p in refusal.value.problems if p.file == f"content/{file}" and message in p.message]
    assert told, str(refusal.value)
    assert remedy in told[0].remedy + told[0].message
    if offset is not None:
        assert told[0].line - line == offset
    assert re.match(rf"content/{re.escape(file)}:\d+: .+[.?] .+[.?]", str(told[0]))
    assert told[0] in check(words, today=TODAY)


def test_a_missing_file_is_named(words):
    (words / "needs.yaml").unlink()
    with pytest.raises(ContentError, match=r"content/needs\.yaml:1: This file is missing"):
        load(words)


def test_a_file_that_is_not_text_is_refused_at_its_line(words):
    (words / PIECE).write_bytes(b"---\ntitle: a\xff\n---\n")
    with pytest.raises(ContentError, match=r"slow_breathing\.md:2: This is not UTF-8"):
        load(words)


def test_an_empty_list_of_helplines_is_refused(words):
    (words / LINES).write_text("# none\n", encoding="utf-8")
    with pytest.raises(ContentError, match="nothing keyed"):
        load(words)


def test_a_file_that_may_not_be_read_is_named(words, monkeypatch):
    def refuse(path, **_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ContentError, match=r"needs\.yaml:1: This cannot be read \(Permission denied\)"):
        load(words)


def test_a_mistake_in_the_safety_rules_is_told_with_the_others(words, monkeypatch):
    told = Problem("rules.en.yaml", 7, "`hears` is missing", "Add it")
    monkeypatch.setattr("content.loader.load_safety", lambda directory: (_rules(), [told]))
    with pytest.raises(ContentError, match=r"^content/safety/rules\.en\.yaml:7: `hears` is missing\. Add it\.$"):
        load(words)


def test_safety_rules_without_shape_do_not_hide_other_mistakes(words, monkeypatch):
    def refuse(directory):
        raise ContentError([Problem("rules.en.yaml", 1, "It is empty", "Put it back")])

    monkeypatch.setattr("content.loader.load_safety", refuse)
    change(words, PIECE, "nation: uk", "nation: mars")
    with pytest.raises(ContentError) as refusal:
        load(words)
    assert {p.file for p in refusal.value.problems} == {f"content/{PIECE}", "content/safety/rules.en.yaml"}


def test_all_mistakes_are_told_at_once(words):
    change(words, PIECE, "nation: uk", "nation: mars")
    change(words, LINES, "kind: call", "kind: pigeon")
    change(words, PROGRAMME, "at: 10:00", "at: 03:00")
    with pytest.raises(ContentError) as refusal:
        load(words)
    assert {p.file.split("/")[1] for p in refusal.value.problems} == {"items", LINES, "programmes"}


def test_words_with_windows_line_ends_are_read_the_same(words):
    before = load(words).items["slow_breathing"]
    text = (words / PIECE).read_text(encoding="utf-8")
    (words / PIECE).write_bytes(text.replace("\n", "\r\n").encode())
    assert load(words).items["slow_breathing"] == before


STALE = {
    "a helpline unchecked for 91 days": (LINES, date(2027, 2, 21), "StepChange was not checked for 90 days"),
    "a helpline checked tomorrow": (LINES, date(2026, 11, 21), "StepChange was checked on a day to come"),
    "a piece past its review": (PIECE, date(2027, 11, 23), "past the day it must be read again"),
    "a calendar that runs out": ("bank_holidays.yaml", date(2028, 11, 5), "known until 2028-12-31 only"),
}


def test_the_quick_way_of_reading_reads_every_file_as_the_other_does(words, monkeypatch):
    def values() -> list[object]:
        found = read(words).sources.values()
        return [(source.file, source.values, source.lines, source.problems) for source in found]

    slow = sources._Words
    monkeypatch.setattr(sources, "_Words", None)
    quick = values()
    monkeypatch.setattr(sources, "_Quick", slow)
    assert values() == quick
    assert len(quick) > 70


@pytest.mark.parametrize("matter", STALE)
def test_what_goes_stale_is_told_when_it_does(words, matter):
    file, today, message = STALE[matter]
    assert any(p.file == f"content/{file}" and message in p.message for p in check(words, today=today))
    assert not any(message in p.message for p in check(words, today=TODAY))


def test_a_helpline_is_good_on_its_ninetieth_day(words):
    assert not any("not checked" in p.message for p in check(words, today=date(2027, 2, 20)))


def test_a_need_without_a_piece_is_told(words):
    for path in (words / "items").glob("*.md"):
        if "bereavement" in path.read_text(encoding="utf-8").split("---")[1]:
            path.unlink()
    assert any("no piece for `bereavement`" in p.message for p in check(words, today=TODAY))


def test_words_that_are_hard_to_read_are_told(words):
    plain = "Free advice on money you owe, and a plan you can keep to."
    line = change(words, LINES, plain, "Comprehensive financial rehabilitation necessitates consultation.")
    told = [p for p in check(words, today=TODAY) if "reads like age" in p.message]
    assert [(p.file, p.line) for p in told] == [(f"content/{LINES}", line)]


def test_a_long_sentence_is_told(words):
    change(words, PIECE, "text: >-\n", "text: >-\n  " + "and go on " * 8 + ".\n")
    assert any("24 words" in p.message for p in check(words, today=TODAY))


def test_a_nation_without_a_line_by_text_is_told(words):
    text = (words / LINES).read_text(encoding="utf-8")
    only_way = '{kind: text, value: "85258", words: text SHOUT to 85258}'
    text = text.replace(only_way, "{kind: web, value: https://giveusashout.org, words: go to giveusashout.org}")
    (words / LINES).write_text(re.sub(r"    - \{kind: text,.*\n", "", text), encoding="utf-8")
    told = {p.message for p in check(words, today=TODAY)}
    nations = ("england", "wales", "scotland", "northern_ireland")
    assert told == {f"Nobody in {nation} has a line by text" for nation in nations}
