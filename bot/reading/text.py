"""Makes typed text safe to keep and simple to read, without changing a letter of any language."""

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters, but not tab and newline
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen and spaces of no width; joiners are letters' own and stay
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that turn the direction of writing
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"  # lone surrogates and code points that are no characters
)
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u02b9\u0060\u00b4\u2032", "'"))
_DRESSING = re.compile("[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]")
_NO_WORD = re.compile("[^0-9a-zA-Z&+]")
"""Of plain letters, what stands in no word."""


def clean(text: str, *, most: int = 4000) -> str:
    """Take out what cannot be seen, and keep every letter.

    NUL, other control characters, lone surrogates and characters that turn the direction of writing are
    removed; line ends become line feeds; the rest is trimmed and in Unicode form NFC, at most `most`
    characters. Cleaning twice is the same as cleaning once. Never raises.
    """
    if text.isascii() and text.isprintable():  # as most are: nothing in it is unseen
        return text.strip()[:most].strip()
    seen = _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))
    kept = unicodedata.normalize("NFC", seen.strip()[:most])
    return kept[:most].strip()


def simple(text: str) -> str:
    """Give the text as it is compared: lower case, straight apostrophes, plain digits, single spaces."""
    shown = clean(text)
    if not shown.isascii():
        shown = _DRESSING.sub("", shown.translate(_APOSTROPHES)).replace("\U0001f51f", "10")
    if shown.isascii():
        return " ".join(shown.replace("`", "'").casefold().split())
    folded = unicodedata.normalize("NFKC", shown).casefold().translate(_APOSTROPHES)
    return " ".join("".join(_plain_digit(letter) for letter in folded).split())


def words(text: str) -> list[str]:
    """Split into words as they are compared: no punctuation, and no apostrophes inside ("dont")."""
    said = simple(text).replace("'", "")
    if said.isascii():
        return _NO_WORD.sub(" ", said).split()
    return "".join(sign if _in_word(sign) else " " for sign in said).split()


def listed(written: str, *, between: str | None = None) -> frozenset[str]:
    """Make a set of words written with spaces, or another sign, between them."""
    return frozenset(written.split(between))


def numbered(written: str, *, first: int = 1, step: int = 1) -> dict[str, int]:
    """Number words written with spaces between them, in order."""
    return {word: first + step * place for place, word in enumerate(written.split())}


def any_of(*ways: str) -> re.Pattern[str]:
    """Match any of the ways to say something, as whole words."""
    return re.compile(r"\b(?:" + "|".join(ways) + r")\b")


def _in_word(sign: str) -> bool:
    return sign.isalnum() or sign in "&+" or (not sign.isascii() and unicodedata.category(sign)[0] == "M")


def _plain_digit(letter: str) -> str:
    if letter.isascii() or not letter.isdecimal():
        return letter
    return str(unicodedata.decimal(letter))
