"""How old a reader must be for a text, so that words stay plain."""

import re
from collections.abc import Callable

OLDEST = 11
"""The NHS writes for a reading age of 9 to 11 (NHS digital service manual, health literacy)."""
LONGEST_SENTENCE = 20
"""Words in a sentence, from the same manual."""

_ADDRESS = re.compile(r"\b(?:https?://)?[\w-]+(?:\.[\w-]+)+(?:/\S*)?")
_MARKUP = re.compile(r"^\s*(?:#+|[-*]|\d+\.)\s+|\*\*|[_`\"]", re.MULTILINE)
_LINE_END = re.compile(r"(?<![.!?:;,\n])\n")
_WORD = re.compile(r"[a-z][a-z']*")
_VOWELS = re.compile(r"[aeiouy]+")


def rule_of_thumb(word: str) -> int:
    """Count the syllables of a word in small letters, as its spelling suggests."""
    word = word.replace("'", "")
    if word.endswith("ed") and not word.endswith(("ted", "ded")):
        word = word[:-2]
    elif word.endswith("e") and not word.endswith("le"):
        word = word[:-1]
    elif word.endswith("es") and not word.endswith(("ses", "ces", "xes", "zes", "ges", "shes", "ches", "les")):
        word = word[:-2]
    return max(1, len(_VOWELS.findall(word)))


def reading_age(text: str, syllables_of: Callable[[str], int] = rule_of_thumb) -> float:
    """Estimate in years: the Flesch-Kincaid grade (Kincaid and others, 1975) plus 5; 5 at least, for no words too.

    Numbers and web addresses are left out, and each line of a list is a sentence: a guide to which texts to look
    at, as the NHS manual asks, and no proof.
    """
    sentences = _sentences(text)
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 5.0
    syllables = sum(syllables_of(word) for word in words)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    return max(grade, 0.0) + 5


def longest_sentence(text: str) -> int:
    """Count the words of the longest sentence."""
    return max((len(sentence) for sentence in _sentences(text)), default=0)


def _sentences(text: str) -> list[list[str]]:
    plain = _LINE_END.sub(".\n", _MARKUP.sub("", _ADDRESS.sub("", text)).strip())
    spoken = (_WORD.findall(part.lower()) for part in re.split(r"[.!?:;]+(?:\s+|$)|\n{2,}", plain))
    return [words for words in spoken if words]
