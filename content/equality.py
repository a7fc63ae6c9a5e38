"""Equality questions: who uses the service, asked apart from the referral, in GOV.UK's words."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from content.fields import NATIONS, Address, Key, Line, Sendable, Words, refused
from content.problems import Problem
from content.sources import Source, read_yaml

HOME = "england"
"""Whose questions are asked where a nation has none of its own, as GOV.UK advises."""
RATHER_NOT = "prefer_not"
"""The key of the answer that stands last on every list."""
AGE_GROUPS = tuple(f"{first}_to_{first + 9}" for first in range(10, 90, 10))
ELDEST = "90_or_over"


class EqualityAnswer(Words):
    """One answer to choose; after it, where it has one, the question asked for own words."""

    key: Key
    label: Line
    own_words: Sendable | None = None


class After(Words):
    """A question is only asked after one of these answers to an earlier one."""

    question: Key
    answers: Annotated[tuple[Key, ...], Field(min_length=1)]


class EqualityQuestion(Words):
    """One question: a choice, or a date of birth of which only the age group is kept."""

    key: Key
    asks: Sendable
    kind: Literal["choice", "age_group"] = "choice"
    after: After | None = None
    answers: tuple[EqualityAnswer, ...] = ()

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        if (self.kind == "choice") != (len(self.answers) > 1):
            raise refused("only a choice has answers, two at least", "List the answers, or change the kind")
        keys = {answer.key for answer in self.answers}
        if len(keys) < len(self.answers) or RATHER_NOT in keys:
            raise refused(f"two answers have one key, or one is called {RATHER_NOT}", "Rename one")
        return self

    @property
    def counted(self) -> dict[str, str]:
        """What can be counted, by key, with its label, in order; who would rather not say stands last."""
        ages = {key: key.replace("_", " ") for key in (*AGE_GROUPS, ELDEST)}
        labels = ages if self.kind == "age_group" else {one.key: one.label for one in self.answers}
        return {**labels, RATHER_NOT: "Prefer not to say"}


class Section(Words):
    """Questions that belong together, and are changed together."""

    key: Key
    title: Line
    questions: Annotated[tuple[EqualityQuestion, ...], Field(min_length=1)]


class Equality(Words):
    """The questions of one nation, in the order they are asked; `opening` asks whether to begin."""

    nation: str
    source: Address
    opening: Sendable
    sections: Annotated[tuple[Section, ...], Field(min_length=1)]

    def questions(self) -> Iterator[EqualityQuestion]:
        """Give every question, in order."""
        for section in self.sections:
            yield from section.questions


def age_group(age: int) -> str:
    """Return the key of the ten years an age in whole years falls in."""
    return ELDEST if age >= 90 else AGE_GROUPS[max(age // 10 - 1, 0)]


def questions_for(nations: Mapping[str, Equality], nation: str) -> Equality:
    """Choose the questions of a nation, England's where it has none of its own."""
    return nations.get(nation, nations[HOME])


def read_equality(path: Path, name: str) -> tuple[dict[str, Equality], Source, list[Problem]]:
    """Read the questions of each nation, with what is wrong; the file goes by `name` in what is told of it."""
    source = read_yaml(path, name)
    problems = list(source.problems)
    if not problems and (not isinstance(source.values, dict) or HOME not in source.values):
        problems.append(source.problem((), f"There are no questions for {HOME}", f"Begin with `{HOME}:`"))
    found: dict[str, Equality] = {}
    for nation in () if problems else source.values:
        if nation not in NATIONS:
            problems.append(source.problem((nation,), f"`{nation}` is no nation", f"Known: {', '.join(NATIONS)}"))
        equality, wrong = source.read(Equality, (nation,), nation=nation)
        problems.extend(wrong)
        if equality is not None:
            found[nation] = equality
            problems.extend(_crossed(source, equality))
    return found, source, problems


def _crossed(source: Source, equality: Equality) -> Iterator[Problem]:
    offered: dict[str, set[str]] = {}
    for number, section in enumerate(equality.sections):
        here: set[str] = set()
        for index, question in enumerate(section.questions):
            at = (equality.nation, "sections", number, "questions", index)
            if question.key in offered:
                yield source.problem((*at, "key"), f"Two questions are called `{question.key}`", "Rename one")
            after = question.after
            if after and (after.question not in here or not offered[after.question].issuperset(after.answers)):
                remedy = "Name a question before it in the same section, and answers that it has"
                yield source.problem((*at, "after"), f"`{question.key}` comes after what is not asked", remedy)
            offered[question.key] = {answer.key for answer in question.answers}
            here.add(question.key)
