"""Reads a directory of content, refusing what is wrong by file and line, all at once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel

from content.directory import Fitting, Travel
from content.equality import Equality, read_equality
from content.groups import Group
from content.helplines import Helpline
from content.holidays import BankHolidays
from content.items import Item
from content.languages import Language
from content.library import Content
from content.measures import Measures, read_measures
from content.needs import Need
from content.problems import ContentError, Problem
from content.programmes import Programme
from content.safety_loading import load_safety
from content.safety_rules import SafetyRules
from content.sources import Place, Source, read_page, read_yaml
from content.templates import Template
from content.texts import revealing

Shape = TypeVar("Shape", bound=BaseModel)
NEEDS, HELPLINES, HOLIDAYS = "needs.yaml", "helplines.yaml", "bank_holidays.yaml"
MEASURES, EQUALITY = "measures", "equality.yaml"
LANGUAGES = "languages.yaml"
DIRECTORY, TRAVEL = "directory.yaml", "travel.yaml"
GROUPS = "groups.yaml"
TEMPLATES = "templates.yaml"


@dataclass
class Reading:
    """What could be read, where each thing was written, and every problem met on the way."""

    directory: Path
    needs: dict[str, Need] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    helplines: dict[str, Helpline] = field(default_factory=dict)
    programmes: dict[str, Programme] = field(default_factory=dict)
    holidays: BankHolidays | None = None
    safety: SafetyRules | None = None
    measures: Measures = field(default_factory=Measures)
    equality: dict[str, Equality] = field(default_factory=dict)
    languages: dict[str, Language] = field(default_factory=dict)
    directory_words: dict[str, Fitting] = field(default_factory=dict)
    travel: dict[str, Travel] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, name: str, source: Source) -> Source:
        """Keep a source under its path inside the directory, with what went wrong while reading it."""
        self.sources[name] = source
        self.problems.extend(source.problems)
        return source

    def named(self, name: str) -> str:
        """Name a file as a person finds it, such as `content/needs.yaml`."""
        return f"{self.directory.name}/{name}"


def home() -> Path:
    """Give the directory of the packaged content."""
    return Path(str(resources.files("content")))


def load(directory: Path | None = None, *, measures: Path | None = None) -> Content:
    """Read the content in `directory`, or the packaged one, and the measures of a folder of their own beside it.

    Raises ContentError with every problem found, each `file:line: what is wrong. What to do.`
    """
    reading = read(directory, measures=measures)
    if reading.problems or reading.safety is None or reading.holidays is None:
        raise ContentError(reading.problems)
    return Content(
        needs=MappingProxyType(reading.needs),
        items=MappingProxyType(reading.items),
        helplines=MappingProxyType(reading.helplines),
        programmes=MappingProxyType(reading.programmes),
        safety=reading.safety,
        bank_holidays=reading.holidays,
        measures=MappingProxyType(reading.measures.found),
        equality=MappingProxyType(reading.equality),
        languages=MappingProxyType(reading.languages),
        directory=MappingProxyType(reading.directory_words),
        travel=MappingProxyType(reading.travel),
        groups=MappingProxyType(reading.groups),
        templates=MappingProxyType(reading.templates),
    )


def read(directory: Path | None = None, *, measures: Path | None = None) -> Reading:
    """Read what can be read; nothing is raised for a mistake, it is among the problems."""
    reading = Reading((directory or home()).resolve())
    _read_needs(reading)
    _read_helplines(reading)
    _read_items(reading)
    _read_programmes(reading)
    _read_safety(reading)
    _read_questions(reading, measures)
    _read_languages(reading)
    _read_directory(reading)
    _read_groups(reading)
    _read_templates(reading)
    reading.problems.extend(_crossed(reading))
    return reading


def _read_needs(reading: Reading) -> None:
    source = reading.add(NEEDS, read_yaml(reading.directory / NEEDS, reading.named(NEEDS)))
    reading.needs = dict(_entries(reading, source, Need))


def _read_languages(reading: Reading) -> None:
    source = reading.add(LANGUAGES, read_yaml(reading.directory / LANGUAGES, reading.named(LANGUAGES)))
    reading.languages = dict(_entries(reading, source, Language))


def _read_groups(reading: Reading) -> None:
    source = reading.add(GROUPS, read_yaml(reading.directory / GROUPS, reading.named(GROUPS)))
    kept = reading.holidays.of("england") if reading.holidays else frozenset()
    for key, group in _entries(reading, source, Group):
        meetings = group.meetings.model_copy(update={"holidays": kept})
        reading.groups[key] = group.model_copy(update={"meetings": meetings})


def _read_templates(reading: Reading) -> None:
    source = reading.add(TEMPLATES, read_yaml(reading.directory / TEMPLATES, reading.named(TEMPLATES)))
    taken: dict[str, str] = {}
    for key, template in _entries(reading, source, Template):
        reading.templates[key] = template
        if (other := taken.setdefault(template.shortcut, key)) != key:
            message = f"`{template.shortcut}` is the shortcut of `{other}` already"
            reading.problems.append(source.problem((key, "shortcut"), message, "Give one of them another"))


def _read_directory(reading: Reading) -> None:
    source = reading.add(DIRECTORY, read_yaml(reading.directory / DIRECTORY, reading.named(DIRECTORY)))
    reading.directory_words = dict(_entries(reading, source, Fitting))
    source = reading.add(TRAVEL, read_yaml(reading.directory / TRAVEL, reading.named(TRAVEL)))
    reading.travel = dict(_entries(reading, source, Travel))


def _read_helplines(reading: Reading) -> None:
    calendar = reading.add(HOLIDAYS, read_yaml(reading.directory / HOLIDAYS, reading.named(HOLIDAYS)))
    if not calendar.problems:
        reading.holidays, found = calendar.read(BankHolidays)
        reading.problems.extend(found)
    source = reading.add(HELPLINES, read_yaml(reading.directory / HELPLINES, reading.named(HELPLINES)))
    for key, line in _entries(reading, source, Helpline):
        kept = reading.holidays.of(line.nations[0]) if reading.holidays else frozenset()
        hours = line.hours.model_copy(update={"holidays": kept})
        reading.helplines[key] = line.model_copy(update={"hours": hours})


def _entries(reading: Reading, source: Source, shape: type[Shape]) -> Iterator[tuple[str, Shape]]:
    if source.problems:
        return
    if not isinstance(source.values, dict) or not source.values:
        remedy = "Write each as `key:` at the left edge, with its fields indented under it"
        reading.problems.append(source.problem((), "There is nothing keyed in this file", remedy))
        return
    for key in source.values:
        thing, found = source.read(shape, (key,), key=key)
        reading.problems.extend(found)
        if thing is not None:
            yield key, thing


def _read_items(reading: Reading) -> None:
    for path in sorted((reading.directory / "items").glob("*.md")):
        name = f"items/{path.name}"
        source = reading.add(name, read_page(path, reading.named(name)))
        if not source.problems:
            item, found = source.read(Item, key=path.stem, page=source.body)
            reading.problems.extend(found)
            if item is not None:
                reading.items[item.key] = item


def _read_programmes(reading: Reading) -> None:
    for path in sorted((reading.directory / "programmes").glob("*.yaml")):
        name = f"programmes/{path.name}"
        source = reading.add(name, read_yaml(path, reading.named(name)))
        if not source.problems:
            programme, found = source.read(Programme, key=path.stem)
            reading.problems.extend(found)
            if programme is not None:
                reading.programmes[programme.key] = programme


def _read_safety(reading: Reading) -> None:
    try:
        reading.safety, found = load_safety(reading.directory / "safety")
    except ContentError as error:
        found = list(error.problems)
    for problem in found:
        name = reading.named(f"safety/{PurePath(problem.file).name}")
        reading.problems.append(replace(problem, file=name))


def _read_questions(reading: Reading, own: Path | None) -> None:
    folders = [(reading.directory / MEASURES, reading.named(MEASURES))]
    if own is not None:
        folders.append((own, own.name))
    reading.measures = read_measures(folders)
    path = reading.directory / EQUALITY
    reading.equality, reading.sources[EQUALITY], found = read_equality(path, reading.named(EQUALITY))
    reading.problems += [*reading.measures.problems, *found]


def _crossed(reading: Reading) -> Iterator[Problem]:
    for key, line in reading.helplines.items():
        yield from _unknown_needs(reading, reading.sources[HELPLINES], (key, "needs"), line.needs)
    for item in reading.items.values():
        source = reading.sources[f"items/{item.key}.md"]
        yield from _unknown_needs(reading, source, ("needs",), item.needs)
        yield from _discreet_needs(reading, source, ("needs",), item.needs)
        yield from _told_aloud(reading, source, {("title",): item.title, ("text",): item.text})
    for key, template in reading.templates.items():
        yield from _told_aloud(reading, reading.sources[TEMPLATES], {(key, "text"): template.text})
    for key in reading.directory_words:
        yield from _unknown_needs(reading, reading.sources[DIRECTORY], (key,), (key,))
    for key, group in reading.groups.items():
        source = reading.sources[GROUPS]
        yield from _unknown_needs(reading, source, (key, "needs"), group.needs)
        yield from _told_aloud(reading, source, {(key, "name"): group.name})
        if reading.languages and group.language not in reading.languages:
            remedy = f"Choose among {', '.join(reading.languages)}, or add it to {LANGUAGES}"
            yield source.problem((key, "language"), f"`{group.language}` is not a language that is known", remedy)
    for programme in reading.programmes.values():
        yield from _steps(reading, reading.sources[f"programmes/{programme.key}.yaml"], programme)


def _unknown_needs(reading: Reading, source: Source, at: Place, needs: tuple[str, ...]) -> Iterator[Problem]:
    for index, need in enumerate(needs):
        if reading.needs and need not in reading.needs:
            remedy = f"Choose among {', '.join(reading.needs)}"
            yield source.problem((*at, index), f"`{need}` is not a need", remedy)


def _discreet_needs(reading: Reading, source: Source, at: Place, needs: tuple[str, ...]) -> Iterator[Problem]:
    for index, need in enumerate(needs):
        if need in reading.needs and reading.needs[need].discreet:
            remedy = "Take the need out: nothing about it is ever sent unasked"
            yield source.problem((*at, index), f"`{need}` is a need we are discreet about", remedy)


def _told_aloud(reading: Reading, source: Source, texts: Mapping[Place, str | None]) -> Iterator[Problem]:
    private = [word for need in reading.needs.values() for word in need.private]
    for at, text in texts.items():
        for word in revealing(text or "", private):
            remedy = "Say it so that a stranger who sees the phone learns nothing"
            yield source.problem(at, f"`{at[-1]}` says `{word}`, which gives away why someone waits", remedy)


def _steps(reading: Reading, source: Source, programme: Programme) -> Iterator[Problem]:
    seen: set[str] = set()
    latest = 0
    for index, step in enumerate(programme.steps):
        at: Place = ("steps", index)
        if step.key in seen:
            yield source.problem((*at, "key"), f"Two steps are called `{step.key}`", "Give one another key")
        if step.day < latest:
            remedy = "Put the steps in the order of their days"
            yield source.problem((*at, "day"), f"Day {step.day} comes after day {latest}", remedy)
        if step.item is not None and step.item not in reading.items:
            remedy = "Name a file in items/ without its .md, or take `item` out to choose by need"
            yield source.problem((*at, "item"), f"There is no item `{step.item}`", remedy)
        yield from _told_aloud(reading, source, {(*at, "text"): step.text})
        yield from _unknown_needs(reading, source, (*at, "for_needs"), step.for_needs)
        yield from _unknown_needs(reading, source, (*at, "not_for_needs"), step.not_for_needs)
        yield from _discreet_needs(reading, source, (*at, "for_needs"), step.for_needs)
        seen.add(step.key)
        latest = max(latest, step.day)
