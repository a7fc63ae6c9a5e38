"""The words by which a directory is understood: what fits which need, what is true of travel, and mistakes."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from content import ContentError, load
from content.directory import needs_of
from content.fields import NATIONS
from content.loader import home


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words") / "content"
    shutil.copytree(home(), folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return folder


@pytest.mark.parametrize(
    ("name", "terms", "about", "needs"),
    [
        ("Knit and Natter", (), "", ("lonely",)),
        ("StepForward", ("Debt advice",), "", ("money",)),
        ("Community Counselling", (), "For anxiety and depression", ("mind",)),
        ("The Tuesday Club", (), "We help with debt and rent", ("money", "housing")),
        ("Debt advice", (), "In the housing office", ("money",)),
        ("Walking group for carers", (), "", ("caring", "active")),
        ("Tabletop games", (), "Dice", ()),
        ("Golders Green Reading Room", (), "", ()),
        ("Weight loss club", (), "", ("active",)),
        ("Crossroads choir", (), "", ("lonely",)),
    ],
)
def test_a_service_fits_needs_by_its_terms_and_name_and_else_by_its_description(
    name: str, terms: tuple[str, ...], about: str, needs: tuple[str, ...]
) -> None:
    assert needs_of(load().directory, terms=terms, name=name, about=about) == needs


def test_every_need_but_something_else_can_be_fitted_and_every_nation_has_its_travel() -> None:
    found = load()
    assert set(found.directory) == set(found.needs) - {"other"}
    assert set(found.travel) == set(NATIONS)
    assert all(travel.checked_on <= date(2027, 1, 1) for travel in found.travel.values())


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("directory.yaml", "money:\n", "mony:\n", "`mony` is not a need"),
        ("directory.yaml", "words: [debt*", "word: [debt*", "`money.words` is missing"),
        ("travel.yaml", "england:\n", "france:\n", "is not a nation"),
        ("travel.yaml", "source: https://www", "source: www", "this is not a web address"),
    ],
)
def test_a_mistake_is_refused_with_file_and_line(words: Path, file: str, old: str, new: str, said: str) -> None:
    path = words / file
    before = path.read_text()
    line = before[: before.index(old)].count("\n") + 1
    path.write_text(before.replace(old, new, 1))
    try:
        with pytest.raises(ContentError) as refused:
            load(words)
    finally:
        path.write_text(before)
    (problem, *_) = [one for one in refused.value.problems if one.file == f"content/{file}"]
    assert said in problem.message
    assert abs(problem.line - line) <= 1
