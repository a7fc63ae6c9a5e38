"""How many parts a text message goes out in (3GPP TS 23.038 and 23.040): counted apart from the product."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑܧ"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
ESCAPED = frozenset("\f^{}\\[~]|€")


def segments(text: str) -> int:
    """Count the parts: 160 septets or 70 UTF-16 units in one, 153 or 67 in each of several; none is cut in two."""
    if set(text) <= BASIC | ESCAPED:
        return _parts([2 if letter in ESCAPED else 1 for letter in text], alone=160, joined=153)
    return _parts([len(letter.encode("utf-16-le")) // 2 for letter in text], alone=70, joined=67)


def _parts(sizes: list[int], *, alone: int, joined: int) -> int:
    if sum(sizes) <= alone:
        return 1
    parts, left = 0, 0
    for size in sizes:
        if size > left:
            parts, left = parts + 1, joined
        left -= size
    return parts
