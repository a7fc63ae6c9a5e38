"""What a text message can carry: its alphabet, its length in parts, and what must not show on a locked phone."""

import re
from collections.abc import Iterable

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of 3GPP TS 23.038, table 6.2.1: one septet each."""
GSM7_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension table, 6.2.1.1: two septets each, never parted."""
MOST_PARTS = 2
PLAIN = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "...", "\u00a0": "space", "•": "-"}


def outside_gsm7(text: str) -> tuple[str, ...]:
    """Name the characters, each once and in order, that would turn the whole text into the dear alphabet."""
    return tuple(dict.fromkeys(c for c in text if c not in GSM7 and c not in GSM7_EXTENDED))


def segments(text: str) -> int:
    """Count the parts a text is sent and charged as; an empty one counts 0.

    GSM-7: 160 septets alone, 153 a part. Any character outside it makes the text UCS-2: 70 units alone, 67 a part
    (3GPP TS 23.040, 9.2.3.24.1). A character of two units is never parted.
    """
    if not text:
        return 0
    if outside_gsm7(text):
        return _parts((1 if ord(c) < 0x10000 else 2 for c in text), alone=70, each=67)
    return _parts((1 if c in GSM7 else 2 for c in text), alone=160, each=153)


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


def revealing(text: str, private: Iterable[str]) -> tuple[str, ...]:
    """Find the private words that `text` says; a word ending in `*` stands for every word that begins so."""
    return tuple(word for word in private if _pattern(word).search(text))


def _pattern(word: str) -> re.Pattern[str]:
    body = r"[\s-]+".join(re.escape(part) for part in word.rstrip("*").split())
    return re.compile(rf"\b{body}" + (r"\w*\b" if word.endswith("*") else r"\b"), re.IGNORECASE)


def said(phrases: Iterable[str], join: str = "and") -> str:
    """Join phrases as people say them: `one`, `one and two`, `one, two and three`."""
    *most, last = list(phrases) or [""]
    return f"{', '.join(most)} {join} {last}" if most else last
