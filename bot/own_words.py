"""Questions that may be answered in one's own words as well as from the list: no words are refused."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.questions import Question
from bot.reading.together import picks_and_words

SAMPLE = "Something else: my neighbour is moving away"
"""An answer in own words, for exploring."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen from a list, by key, and the person's own words where they say more than that."""

    keys: tuple[str, ...]
    words: str = ""


def in_own_words_too(question: Question[tuple[str, ...]], *, otherwise: str) -> Question[Chosen]:
    """Let a question that offers several choices be answered in own words too.

    Words that are none of the options count as the option `otherwise`, and are kept as they were typed. An answer
    kept before own words were taken still fits.
    """

    def read(text: str) -> Chosen | None:
        found = picks_and_words(text, question.options, otherwise=otherwise)
        return Chosen(*found) if found else None

    return Question(
        key=question.key,
        kind=question.kind,
        words=question.words,
        read=read,
        fits=_fits(question.fits),
        keep=lambda chosen: {"keys": list(chosen.keys), "words": chosen.words},
        samples=(*question.samples, SAMPLE),
        options=question.options,
        simpler=question.simpler,
        label=question.label,
        say=lambda chosen: question.say(chosen.keys) + (f" ({chosen.words})" if chosen.words else ""),
    )


def _fits(fits: Callable[[Any], tuple[str, ...] | None]) -> Callable[[Any], Chosen | None]:
    def both(kept: Any) -> Chosen | None:
        told = kept if isinstance(kept, dict) else {"keys": kept}
        keys, words = fits(told.get("keys")), told.get("words", "")
        return Chosen(keys, words) if keys and isinstance(words, str) else None

    return both
