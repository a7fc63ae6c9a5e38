"""Reads what a person wants to be called, without believing anything about how names look."""

import re
import unicodedata

from bot.reading.text import clean, listed, words

_LONGEST = 100
_GREETING = re.compile(
    r"^(?:hello|hiya|hi|hey|heya|good (?:morning|afternoon|evening)|yes|ok|okay|well|oh|um|er)\b[\s,.!-]+",
    re.I,
)
_INTRODUCTION = re.compile(
    r"^(?:my (?:full |first |given )?name(?:'?s| is)|(?:the |full |first )?name(?:'?s| is|\s*[:=-])|i(?:'?m| "
    r"am)(?: called| known as)?|it(?:'?s| is)|this is|(?:you can |please |just )*call me|(?:they|people|"
    r"friends|everyone|everybody) calls? me|known as)(?=[\s:,-])[\s:,-]*",
    re.I,
)
_AFTERWARDS = re.compile(r"(?:\s+(?:x+|here|please|thanks|thank you|ta|cheers))+$")
_EDGES = ' \t\n.,;:!*_~"()[]{}<>|/\\-–—'
_REFUSAL = re.compile(
    r"\b(?:rather not|prefer not|dont want|do not want|wont say|not saying|not telling|not giving|none of "
    r"your|mind your|no thanks?|dont know|anonymous|why do you|not sure|skip)\b"
)
_PART = re.compile(r"[^\s-]+")
_PARTICLES = listed("van von der den de la le du da dos del di bin bint ibn al el ap ab ferch y e")


def name(text: str) -> str | None:
    """Read a name from "I'm Ann", "my name is Ann-Marie O'Neill" or "ann x".

    Any script and any length of words up to 100 characters. Letters stay as typed, but a name typed all in
    small letters gets gentle capitals. `None` where nothing is left that could be a name: empty, only signs or
    digits, a question, a web or e-mail address, or a refusal.
    """
    told = " ".join(clean(text, most=4 * _LONGEST).replace("\u2019", "'").split())
    if told.endswith("?") or "@" in told or "://" in told or _REFUSAL.search(" ".join(words(told))):
        return None
    bare = _bare(told)
    letters = sum(unicodedata.category(sign)[0] == "L" for sign in bare)
    digits = sum(sign.isdigit() for sign in bare)
    if not letters or digits > 2 or len(bare) > _LONGEST or len(bare.split()) > 10:
        return None
    return _capitals(bare) if bare == bare.lower() else bare


def _bare(told: str) -> str:
    said = _edged(
        "".join(sign for sign in told if unicodedata.category(sign) not in {"So", "Sk", "Cs", "Co", "Cn"})
    )
    for pattern in (_GREETING, _GREETING, _INTRODUCTION, _AFTERWARDS):
        said = _edged(pattern.sub("", said, count=1)) or said
    return said


def _edged(said: str) -> str:
    return " ".join(said.split()).strip(_EDGES).removesuffix("\u200d").strip(_EDGES)


def _capitals(bare: str) -> str:
    first = True

    def capital(match: re.Match[str]) -> str:
        nonlocal first
        part = match.group()
        keep = not first and part in _PARTICLES
        first = False
        if keep or (not part[0].isascii() and part[0].upper() == part[0].lower()):
            return part
        if part[1:2] == "'" and len(part) > 3:
            return part[0].upper() + "'" + part[2].upper() + part[3:]
        return part[0].upper() + part[1:]

    return _PART.sub(capital, bare)
