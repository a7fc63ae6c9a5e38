"""Measures: sets of questions a person answers more than once, so that a change can be seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from content.fields import Key, Line, Sendable, Words, refused
from content.problems import Problem
from content.sources import Source, read_yaml

OWN = "{said}"
"""Where a later sitting reads the person's own words back."""


class Answer(Words):
    """One answer to choose, and what it scores."""

    key: Key
    label: Line
    score: int


class MeasureQuestion(Words):
    """One question: a whole number from `least` to `most`, one of `answers`, or the person's own `words`.

    `about` is the question in own words that this one scores: `again` then asks it at a later sitting, with
    `{said}` where those words are read back. `better` says which way is good, for staff. At a score in
    `hard_at` the talk ends with kinder words; nothing else follows from it.
    """

    key: Key
    asks: Sendable
    kind: Literal["scale", "choice", "words"]
    least: int = 0
    most: int = 10
    answers: tuple[Answer, ...] = ()
    about: Key | None = None
    again: Sendable | None = None
    better: Literal["higher", "lower"] | None = None
    hard_at: tuple[int, ...] = ()

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if (self.kind == "choice") != (len(self.answers) > 1):
            raise refused("only a choice has answers, two at least", "List the answers, or change the kind")
        if len({answer.key for answer in self.answers}) < len(self.answers):
            raise refused("two answers have one key", "Give each a key of its own")
        if self.kind == "scale" and self.least >= self.most:
            raise refused("`least` is not below `most`", "Give the two ends of the scale")
        if (self.about is None) != (self.again is None):
            raise refused("`about` and `again` go together", "Write both, or neither")
        if self.again is not None and (self.again.count(OWN) != 1 or self.again.count("{") != 1):
            raise refused(f"`again` has no {OWN}, or something else in braces", f"Write {OWN} once")
        return self

    def score(self, answer: str) -> int:
        """Return what an answer to choose scores. Raises StopIteration for one that is not among them."""
        return next(one.score for one in self.answers if one.key == answer)

    @property
    def ends(self) -> tuple[int, int]:
        """The lowest and the highest score there can be."""
        scores = [answer.score for answer in self.answers] or [self.least, self.most]
        return min(scores), max(scores)


class Total(Words):
    """A sum its standard allows, of the questions named, told only where all of them were answered."""

    key: Key
    title: Line
    of: Annotated[tuple[Key, ...], Field(min_length=2)]


class Measure(Words):
    """A set of questions in their order. What has no `totals` is never added up.

    `official`: the words are those of a standard, kept to the letter. `least_age` in years: nobody younger, or
    whose age is not known, is asked; 0 is no limit. Measures are asked in the order of `order`.
    """

    key: Key
    title: Line
    order: int
    source: Line
    licence: Line
    official: bool = False
    least_age: Annotated[int, Field(ge=0, le=120)] = 0
    intro: Sendable | None = None
    questions: Annotated[tuple[MeasureQuestion, ...], Field(min_length=1)]
    totals: tuple[Total, ...] = ()

    def question(self, key: str) -> MeasureQuestion | None:
        """Find a question by its key."""
        return next((one for one in self.questions if one.key == key), None)

    def total(self, total: Total, scores: dict[str, int]) -> int | None:
        """Add up what `total` names; None where any of it was not answered."""
        return sum(scores[key] for key in total.of) if scores.keys() >= set(total.of) else None


@dataclass
class Measures:
    """What was read of measures: by key in the order they are asked, where each stands, and what is wrong."""

    found: dict[str, Measure] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    """by the measure's key"""
    problems: list[Problem] = field(default_factory=list)


def read_measures(folders: Sequence[tuple[Path, str]]) -> Measures:
    """Read every `*.yaml` of these folders, each with the name it goes by in what is told of it."""
    read = Measures()
    for folder, name in folders:
        if not folder.is_dir():
            remedy = "Make it, or name another folder"
            read.problems.append(Problem(name, 1, "There is no such folder", remedy))
        for path in sorted(folder.glob("*.yaml")):
            _read(read, path, f"{name}/{path.name}")
    read.found = dict(sorted(read.found.items(), key=lambda pair: (pair[1].order, pair[0])))
    return read


def _read(read: Measures, path: Path, name: str) -> None:
    source = read_yaml(path, name)
    read.problems.extend(source.problems)
    if source.problems:
        return
    if path.stem in read.found:
        remedy = "Rename one of the two files"
        read.problems.append(source.problem((), f"There are two measures called `{path.stem}`", remedy))
        return
    measure, problems = source.read(Measure, key=path.stem)
    read.problems.extend(problems)
    if measure is not None:
        read.problems.extend(_crossed(source, measure))
        read.found[measure.key], read.sources[measure.key] = measure, source


def _crossed(source: Source, measure: Measure) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for index, question in enumerate(measure.questions):
        at = ("questions", index)
        if question.key in seen:
            yield source.problem((*at, "key"), f"Two questions are called `{question.key}`", "Rename one")
        if question.about is not None and (seen.get(question.about), question.kind) != ("words", "scale"):
            remedy = "Let a scale name a question before it whose kind is words"
            yield source.problem((*at, "about"), f"This scores no own words `{question.about}`", remedy)
        seen[question.key] = question.kind
    for number, total in enumerate(measure.totals):
        for place, key in enumerate(total.of):
            if seen.get(key, "words") == "words":
                remedy = "Name questions of this file that have a score"
                yield source.problem(("totals", number, "of", place), f"`{key}` has no score", remedy)
