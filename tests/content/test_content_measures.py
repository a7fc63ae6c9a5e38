"""Measures and equality questions as they are written: what is asked, what may be added up, what is refused."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from content import ContentError, check, load
from content.equality import read_equality
from content.loader import home
from content.measures import Measure, read_measures

TODAY = date(2026, 11, 22)
OWN = """\
title: A scale we hold a licence for
order: 10
source: Our licence of 2026
licence: For this service only. Pass it on to nobody.
official: true
questions:
  - key: calm
    asks: How calm were you this week?
    kind: choice
    better: higher
    answers:
      - {key: never, label: Never, score: 1}
      - {key: always, label: Always, score: 5}
  - key: rested
    asks: How rested were you this week?
    kind: scale
    least: 1
    most: 7
totals:
  - {key: both, title: Both, of: [calm, rested]}
"""
MISTAKES = {
    "a measure with no source": ("source: Our licence of 2026\n", "", 1, "`source` is missing"),
    "two questions of one name": ("key: rested", "key: calm", 14, "Two questions are called `calm`"),
    "a sum of what is not asked": ("of: [calm, rested]", "of: [calm, restful]", 20, "`restful` has no score"),
    "a scale upside down": ("least: 1", "least: 8", 14, "`least` is not below `most`"),
    "a choice of one": ("      - {key: always, label: Always, score: 5}\n", "", 7, "only a choice has answers"),
    "two answers of one name": ("key: always", "key: never", 7, "two answers have one key"),
    "a score that is no number": ("score: 5", "score: high", 13, "should be a whole number"),
    "a curly quote": ("How calm", "How ’calm", 8, "U+2019"),
    "own words that are not there": (
        "    least: 1\n",
        "    about: goal\n    again: 'You said {said}.'\n    least: 1\n",
        17,
        "scores no own words `goal`",
    ),
    "own words without a place for them": (
        "    least: 1\n",
        "    about: goal\n    again: You said so.\n    least: 1\n",
        14,
        "has no {said}",
    ),
}


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of measures of a service's own."""
    folder = tmp_path / "licensed"
    folder.mkdir()
    (folder / "calm_and_rested.yaml").write_text(OWN, encoding="utf-8")
    return folder


def packaged() -> dict[str, Measure]:
    return read_measures([(home() / "measures", "content/measures")]).found


def test_three_measures_are_shipped_in_the_order_they_are_asked() -> None:
    assert list(packaged()) == ["ons4", "loneliness", "own_goal"]


def test_the_four_questions_of_ons4_are_never_added_up_and_for_people_of_16_and_over() -> None:
    ons4 = packaged()["ons4"]
    assert ons4.totals == ()
    assert ons4.least_age == 16
    assert ons4.official
    assert [question.ends for question in ons4.questions] == [(0, 10)] * 4


def test_the_fourth_question_on_loneliness_stands_apart_from_the_sum() -> None:
    lonely = packaged()["loneliness"]
    (total,) = lonely.totals
    assert total.of == ("companionship", "left_out", "isolated")
    assert lonely.total(total, {"companionship": 3, "left_out": 3, "isolated": 3, "lonely": 5}) == 9
    assert lonely.total(total, {"companionship": 1, "left_out": 1, "isolated": 1}) == 3
    assert lonely.total(total, {"companionship": 1, "isolated": 1, "lonely": 5}) is None


def test_no_measure_is_shipped_that_needs_a_licence() -> None:
    files = [path for path in home().rglob("*") if path.suffix in {".yaml", ".md", ".po"}]
    words = " ".join(path.read_text(encoding="utf-8").lower() for path in files)
    for name in ("wemwbs", "mycaw", "patient activation", "insignia"):
        assert name not in words


def test_a_measure_from_a_folder_of_your_own_is_asked_after_the_others(own: Path) -> None:
    words = load(measures=own)
    assert list(words.measures) == ["ons4", "loneliness", "own_goal", "calm_and_rested"]
    assert check(measures=own, today=TODAY) == []


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_measure_of_your_own_is_told_by_file_and_line(own: Path, mistake: str) -> None:
    old, new, line, message = MISTAKES[mistake]
    assert old in OWN
    (own / "calm_and_rested.yaml").write_text(OWN.replace(old, new), encoding="utf-8")
    problem, *_ = read_measures([(own, own.name)]).problems
    assert (problem.file, problem.line) == ("licensed/calm_and_rested.yaml", line)
    assert message in problem.message
    assert problem.remedy


def test_the_service_does_not_start_on_a_measure_that_is_wrong(own: Path) -> None:
    (own / "calm_and_rested.yaml").write_text(OWN.replace("score: 5", "score: high"), encoding="utf-8")
    with pytest.raises(ContentError, match=r"licensed/calm_and_rested.yaml:13"):
        load(measures=own)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (problem,) = read_measures([(tmp_path / "nowhere", "nowhere")]).problems
    assert "no such folder" in problem.message


def test_two_measures_of_one_name_are_refused(own: Path) -> None:
    (own / "calm_and_rested.yaml").rename(own / "ons4.yaml")
    found = read_measures([(home() / "measures", "content/measures"), (own, own.name)])
    (problem,) = found.problems
    assert "two measures called `ons4`" in problem.message
    assert found.found["ons4"].title == "Personal well-being (ONS4)"


def test_our_own_questions_must_be_plain_and_those_of_a_standard_stay_as_they_are(own: Path) -> None:
    hard = "How would you characterise your overall psychological functioning nowadays, everything considered?"
    theirs = OWN.replace("How calm were you this week?", hard)
    (own / "calm_and_rested.yaml").write_text(theirs, encoding="utf-8")
    assert check(measures=own, today=TODAY) == []
    (own / "calm_and_rested.yaml").write_text(theirs.replace("official: true\n", ""), encoding="utf-8")
    assert ["reads like age" in problem.message for problem in check(measures=own, today=TODAY)] == [True]


@pytest.fixture
def equality(tmp_path: Path) -> Path:
    return Path(shutil.copy(home() / "equality.yaml", tmp_path / "equality.yaml"))


def problems_after(path: Path, old: str, new: str) -> list[str]:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(problem) for problem in read_equality(path, "content/equality.yaml")[2]]


def test_the_equality_questions_are_in_order(equality: Path) -> None:
    found, _, problems = read_equality(equality, "content/equality.yaml")
    assert problems == []
    assert [section.key for section in found["england"].sections] == [
        "age",
        "disability",
        "ethnic_group",
        "marriage",
        "religion",
        "sex_and_gender",
        "sexual_orientation",
    ]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("england:", "englund:", "There are no questions for england"),
        (
            "after: {question: condition, answers",
            "after: {question: illness, answers",
            "comes after what is not asked",
        ),
        ("answers: [white]", "answers: [whites]", "comes after what is not asked"),
        ("key: religion\n          asks", "key: sex\n          asks", "Two questions are called `sex`"),
        ("{key: male,", "{key: prefer_not,", "one is called prefer_not"),
        ("opening: Do you", "opening: Do ’you", "U+2019"),
    ],
)
def test_a_mistake_in_the_equality_questions_is_told(equality: Path, old: str, new: str, told: str) -> None:
    problems = problems_after(equality, old, new)
    assert len(problems) == 1
    assert told in problems[0]
    assert problems[0].startswith("content/equality.yaml:")


def test_a_nation_that_is_none_is_told(equality: Path) -> None:
    text = equality.read_text(encoding="utf-8")
    equality.write_text(text + text[text.index("england:") :].replace("england:", "france:", 1), encoding="utf-8")
    problems = read_equality(equality, "content/equality.yaml")[2]
    assert [problem.message for problem in problems] == ["`france` is no nation"]
