"""Reads which one of the offered options a person means."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz.distance import OSA

from bot.reading.amounts import cardinal
from bot.reading.text import listed, numbered, words

_ORDINALS = numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
) | numbered("1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 11th 12th")
_AROUND_PLACE = listed(
    "option options number numbers no num nr choice answer the please pls thanks ta i ill id think say have "
    "take go for with choose pick it is its"
)
POLITE = listed(
    "please pls plz thanks thank you ta cheers the a an i id ill like would want need choose pick go with for "
    "my is its it im help some think say just really mainly mostly probably about on to me yes yeah hi hello"
)
_NEGATIONS = listed("not except isnt nor neither")
_SHORTEST_PREFIX = 4


@dataclass(frozen=True, slots=True)
class Option:
    """One thing a person may choose: the key kept, the label shown, and other words people use for it.

    `short` is shown in place of the label where every letter costs, as in a text message; empty: the label.
    """

    key: str
    label: str
    words: tuple[str, ...] = field(default=())
    short: str = ""

    def __hash__(self) -> int:
        """Hash by the key alone, which tells options apart."""
        return hash(self.key)


def choice(text: str, options: Sequence[Option]) -> str | None:
    """Read which one option is meant and give its key.

    By its number ("2", "option two"), its place ("the first one", "last"), its letter ("b"), its label whole or
    cut as on a button (20 characters), its other words, or a slip of the keys that is clearly nearer to one
    option than to any other. `None` where none fits, or more than one does.
    """
    found = meant(words(text), options)
    return options[found.pop()].key if len(found) == 1 else None


def meant(said: Sequence[str], options: Sequence[Option]) -> set[int]:
    """Find the places (from 0) of every option the words may mean, by the surest way that finds any."""
    if not said or not options:
        return set()
    return (
        _by_label(said, options)
        or _by_place(said, len(options))
        or _by_mention(said, options)
        or _by_likeness(said, options)
    )


@lru_cache(maxsize=512)
def phrases(option: Option) -> list[list[str]]:
    """Give every way an option is said, each as its words: label, key, short label, other words."""
    said = (words(phrase) for phrase in (option.label, option.key, option.short, *option.words))
    return [phrase for phrase in said if phrase]


def _by_label(said: Sequence[str], options: Sequence[Option]) -> set[int]:
    exact = {place for place, option in enumerate(options) if list(said) in phrases(option)}
    if exact:
        return exact | (_by_place(said, len(options)) if said[0].isdigit() else set())
    start = " ".join(said)
    if len(start) < _SHORTEST_PREFIX or start.isdigit():
        return set()
    return {place for place, option in enumerate(options) if " ".join(phrases(option)[0]).startswith(start)}


def _by_place(said: Sequence[str], count: int) -> set[int]:
    core = [word for word in said if word not in _AROUND_PLACE]
    if len(core) > 1 and core[-1] in {"one", "1"}:
        core = core[:-1]
    if len(core) != 1:
        return set()
    word = core[0]
    taken = cardinal(core, 0)
    if word in {"last", "bottom"}:
        place = count
    elif word == "top":
        place = 1
    elif taken is not None and taken[0].denominator == 1:
        place = int(taken[0])
    elif len(word) == 1 and "a" <= word <= "z":
        place = ord(word) - ord("a") + 1
    else:
        place = _ORDINALS.get(word, 0)
    return {place - 1} if 1 <= place <= count else set()


def _by_mention(said: Sequence[str], options: Sequence[Option]) -> set[int]:
    spans = [
        (start, start + len(phrase), place)
        for place, option in enumerate(options)
        for phrase in phrases(option)
        for start in range(len(said) - len(phrase) + 1)
        if list(said[start : start + len(phrase)]) == phrase and not phrase[0].isdigit()
    ]
    widest = [span for span in spans if not any(_inside(span, other) for other in spans)]
    if not widest or any(refused(said, start) for start, _, _ in widest):
        return set()
    leading = _by_place(said[:1], len(options)) if said[0].isdigit() else set()
    return {place for _, _, place in widest} | leading


def refused(said: Sequence[str], start: int) -> bool:
    """Tell whether the words before `start` turn the mention into its opposite: "not money", "don't need food"."""
    before = said[max(0, start - 2) : start]
    far = " ".join(said[max(0, start - 5) : start])
    return bool(_NEGATIONS & set(before)) or any(
        no in far for no in ("dont need", "dont want", "do not need", "do not want")
    )


def _inside(span: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    longer = other[1] - other[0] > span[1] - span[0]
    return longer and other[0] <= span[0] and span[1] <= other[1]


def _by_likeness(said: Sequence[str], options: Sequence[Option]) -> set[int]:
    core = [word for word in said if word not in POLITE]
    whole = " ".join(core)
    if len(whole) < _SHORTEST_PREFIX or any(refused(said, start) for start in range(1, len(said))):
        return set()
    tries = [whole, *(word for word in core if len(word) > _SHORTEST_PREFIX)]
    ranked = sorted((_distance(tries, option), place) for place, option in enumerate(options))
    if ranked[0][0] >= 1 or (len(ranked) > 1 and ranked[1][0] < ranked[0][0] + 0.5):
        return set()
    return {ranked[0][1]}


def _distance(tries: Sequence[str], option: Option) -> float:
    said = [" ".join(phrase) for phrase in phrases(option)]
    return min(OSA.distance(typed, phrase) / _allowed(phrase) for typed in tries for phrase in said)


def _allowed(phrase: str) -> float:
    return 0.5 if len(phrase) < _SHORTEST_PREFIX else 1.5 + (len(phrase) >= 8) + (len(phrase) >= 14)
