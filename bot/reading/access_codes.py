"""Reads the access code to a lasting power of attorney, as the Office of the Public Guardian prints it."""

import re

from bot.reading.text import simple

_CODE = re.compile(r"(?<![a-z0-9])v(?:[\s.:/_\u2010-\u2015\u2212-]*[a-z0-9]){12}(?![a-z0-9])")
_SIGN = re.compile(r"[a-z0-9]")
_SHORTEST_MIX = 2


def access_code(text: str) -> str | None:
    """Read a code and give it as it is printed: V-XXXX-XXXX-XXXX, the letter V and 12 letters or digits.

    Capitals, spaces and dashes do not matter. No sign is taken for another: such codes hold neither O nor 0,
    neither I nor 1, so there is nothing to put them right by. `None` where there is no code, or more than one,
    and for words that happen to be as long.
    """
    found = {"".join(_SIGN.findall(match.group())) for match in _CODE.finditer(simple(text))}
    codes = [code for code in found if sum(sign.isdigit() for sign in code) >= _SHORTEST_MIX]
    if len(codes) != 1:
        return None
    code = codes[0].upper()
    return f"V-{code[1:5]}-{code[5:9]}-{code[9:13]}"
