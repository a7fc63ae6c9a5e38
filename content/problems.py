"""What can be wrong with the words, and how it is told: file, line, what is wrong, what to do."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake in a content file.

    `file` is the path as a person finds it, such as `content/items/box_breathing.md`; `line` counts from 1;
    `message` says what is wrong and `remedy` what to do about it, each a plain sentence.
    """

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        """Give one line for a terminal, such as `content/needs.yaml:3: Something is wrong. Put it right.`."""
        return f"{self.file}:{self.line}: {_sentence(self.message)} {_sentence(self.remedy)}".rstrip()


class ContentError(Exception):
    """The words cannot be used as they are: every problem found is listed, one a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def _sentence(words: str) -> str:
    words = words.strip()
    return words if not words or words[-1] in ".?!" else words + "."
