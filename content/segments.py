"""What a text message costs: its alphabet, its length in parts, and the plain signs that keep it cheap."""

from collections.abc import Iterable

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of 3GPP TS 23.038, table 6.2.1: one septet each. The escape it lists is no character."""
GSM7_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension table, 6.2.1.1: two septets each, never parted."""
MOST_PARTS = 2
"""What one text of the content may cost."""

PLAIN = (
    dict.fromkeys("‘’‚‛‹›′`´", "'")
    | dict.fromkeys("“”„‟«»″", '"')
    | dict.fromkeys("‐‑‒–—―−•", "-")
    | dict.fromkeys("\t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f", " ")
    | dict.fromkeys("\u0085\u2028\u2029", "\n")
    | dict.fromkeys("\u00ad\u200b\u2060\ufeff", "")
)
"""Signs that look better than plain ones and say no more; none of them is a letter."""
_ELLIPSIS = {"…": "..."}
_UNSEEN = dict.fromkeys(
    "\u061c\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufe0e\ufe0f", ""
)
"""Joiners and marks of direction: they shape Persian, Urdu, Hebrew or an emoji, and nothing else."""
_TO_PLAIN = str.maketrans(PLAIN)
_ALL_TO_PLAIN = str.maketrans(PLAIN | _ELLIPSIS | _UNSEEN)


def outside_gsm7(text: str) -> tuple[str, ...]:
    """Name the characters, each once and in order, that would turn the whole text into the dear alphabet."""
    return tuple(dict.fromkeys(c for c in text if c not in GSM7 and c not in GSM7_EXTENDED))


def septets(text: str) -> int:
    """Count the septets a text takes in GSM-7, its extension table two each. Raises ValueError outside it."""
    if strange := outside_gsm7(text):
        message = f"U+{ord(strange[0]):04X} is outside the text message alphabet"
        raise ValueError(message)
    return sum(_septets(text))


def segments(text: str) -> int:
    """Count the parts a text is sent and charged as; an empty one counts 0.

    GSM-7: 160 septets alone, 153 a part. Any character outside it makes the text UCS-2: 70 units alone, 67 a part
    (3GPP TS 23.040, 9.2.3.24.1). A character of two units is never parted. Any string is accepted; half a
    surrogate pair alone counts one unit.
    """
    if not text:
        return 0
    if outside_gsm7(text):
        return _parts(_units(text), alone=70, each=67)
    return _parts(_septets(text), alone=160, each=153)


def plainly(text: str) -> str:
    """Write typographic signs that add nothing in the text message alphabet, and change no letter of any language.

    Quotes stay quotes, single or double, and dashes stay dashes; an emoji stays. An ellipsis, joiners and marks of
    direction are only touched where that makes the whole text cheap: elsewhere a letter may need them. What comes
    back never costs more parts than `text`.
    """
    plain, plainest = text.translate(_TO_PLAIN), text.translate(_ALL_TO_PLAIN)
    if outside_gsm7(plainest) or segments(plainest) > segments(plain):
        return plain
    return plainest


def _septets(text: str) -> Iterable[int]:
    return (1 if c in GSM7 else 2 for c in text)


def _units(text: str) -> Iterable[int]:
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return (1 if ord(c) < 0x10000 else 2 for c in whole)


def _parts(widths: Iterable[int], *, alone: int, each: int) -> int:
    sizes = list(widths)
    if sum(sizes) <= alone:
        return 1
    parts, room = 1, each
    for size in sizes:
        if size > room:
            parts, room = parts + 1, each
        room -= size
    return parts
