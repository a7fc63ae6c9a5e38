"""Finds phrases, with choices of word and gaps between words, in a list of plain words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDEST_GAP = 12
NEARBY = 16
SHORTEST_INFLECTED = 3


class PhraseError(ValueError):
    """The phrase is not written as phrases are."""


@dataclass(frozen=True)
class Step:
    """One place in a phrase: any of `words`, after at most `gap` other words."""

    words: frozenset[str]
    gap: int

    def places(self, places: Mapping[str, Sequence[int]], present: frozenset[str]) -> set[int]:
        """Return where any of the words stands; `present` are the words that `places` has."""
        return {place for word in self.words & present for place in places[word]}


@dataclass(frozen=True)
class Phrase:
    """Words to be heard in this order or, where `near` is true, in any order within `NEARBY` words."""

    written: str
    steps: tuple[Step, ...]
    near: bool = False

    @property
    def words(self) -> frozenset[str]:
        """Every word the phrase may use."""
        return frozenset().union(*(step.words for step in self.steps))

    def is_in(self, places: Mapping[str, Sequence[int]], present: frozenset[str]) -> bool:
        """Tell whether the phrase stands in a text given as word to places; linear in the number of places.

        `present` are the words that `places` has.
        """
        for step in self.steps:
            if step.words.isdisjoint(present):
                return False
        if self.near:
            return self._is_near([step.places(places, present) for step in self.steps])
        before: set[int] | None = None
        for step in self.steps:
            here = step.places(places, present)
            if before is not None:
                here = {place for place in here if any(place - 1 - gap in before for gap in range(step.gap + 1))}
            if not here:
                return False
            before = here
        return True

    def _is_near(self, found: list[set[int]]) -> bool:
        around = range(-NEARBY, NEARBY + 1)
        return all(found) and any(
            all(any(place + away in others for away in around) for others in found[1:]) for place in found[0]
        )


def parse_phrase(written: str, groups: Mapping[str, Sequence[str]]) -> Phrase:
    """Read one phrase as it is written in a rules file.

    Words are separated by spaces, and each stands for its regular forms too (lock: locks, locked, locking) unless
    it ends in `!`. `a|b` is a choice; `<name>` stands for the words of a group; `..3` allows up to three other
    words between its neighbours. With `&` between all of them, the words may come in any order. Raises
    `PhraseError`, whose text says what is wrong.
    """
    steps: list[Step] = []
    gap = 0
    near = "&" in written.split()
    for part in _parts(written, near=near):
        if part.startswith(".."):
            gap = _gap(part, first=not steps)
            continue
        words = frozenset(form for word in _choices(part, groups) for form in _forms(word))
        steps.append(Step(words, gap))
        gap = 0
    if not steps or gap:
        raise PhraseError(f"'{written}' must begin and end with a word")
    return Phrase(written, tuple(steps), near)


def _parts(written: str, *, near: bool) -> list[str]:
    parts = written.split()
    if near and (set(parts[1::2]) != {"&"} or any(part.startswith("..") for part in parts)):
        raise PhraseError(f"'{written}' must have & between all of its words, and no gaps")
    return parts[::2] if near else parts


def _gap(part: str, *, first: bool) -> int:
    if first or not part[2:].isdigit() or not 1 <= int(part[2:]) <= WIDEST_GAP:
        raise PhraseError(f"a gap is written ..1 to ..{WIDEST_GAP}, between two words; this says '{part}'")
    return int(part[2:])


def _choices(part: str, groups: Mapping[str, Sequence[str]]) -> Iterable[str]:
    for choice in part.split("|"):
        if choice.startswith("<") and choice.endswith(">"):
            if choice[1:-1] not in groups:
                raise PhraseError(f"there is no group of words called {choice}")
            yield from groups[choice[1:-1]]
        elif _plain(choice.removesuffix("!")):
            yield choice
        else:
            raise PhraseError(f"'{choice}' is not a plain word in small letters without an apostrophe")


def _plain(word: str) -> bool:
    return word.isascii() and word.isalnum() and word == word.lower()


def _forms(word: str) -> Iterable[str]:
    if word.endswith("!"):
        yield word[:-1]
        return
    yield word
    if len(word) < SHORTEST_INFLECTED or not word.isalpha() or word.endswith(("s", "ing", "ed", "y", "not", "nt")):
        return
    stem = word[:-1] if word.endswith("e") else word
    yield from (word + "s", stem + "ed", stem + "ing")
    if word[-1] not in "aeiouwxh" and word[-2] in "aeiou":
        yield from (word + word[-1] + "ed", word + word[-1] + "ing")


class PhraseBook:
    """Many phrases, each under a key, looked for at once.

    Each phrase is filed under its rarest step, so that only phrases with a chance are tried.
    """

    def __init__(self, phrases: Iterable[tuple[str, Phrase]]) -> None:
        filed = list(phrases)
        use = Counter(word for _, phrase in filed for word in phrase.words)
        self._by_word: dict[str, list[tuple[str, Phrase]]] = {}
        for key, phrase in filed:
            rarest = min(phrase.steps, key=lambda step: sum(use[word] for word in step.words))
            for word in rarest.words:
                self._by_word.setdefault(word, []).append((key, phrase))

    def heard_in(self, words: Sequence[str]) -> set[str]:
        """Return the keys of all phrases that stand in `words`."""
        places: dict[str, list[int]] = {}
        for place, word in enumerate(words):
            places.setdefault(word, []).append(place)
        heard: set[str] = set()
        present = frozenset(places)
        for word in places:
            for key, phrase in self._by_word.get(word, ()):
                if key not in heard and phrase.is_in(places, present):
                    heard.add(key)
        return heard
