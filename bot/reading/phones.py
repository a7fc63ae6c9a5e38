"""Reads phone numbers as people type them, with the UK as the place they are typed."""

import re

from bot.reading.text import simple

UNITED_KINGDOM = 44
_CANDIDATE = re.compile(r"[+(]{0,2}\d[\d\s().\-\u2010-\u2015\u2212/]{5,30}\d")
_WITH_LETTER_O = re.compile(r"\b(?=[o\d]*\d)[o\d]{2,}\b")
_RELAY = re.compile(r"^\s*18001\s*(?=[0+])")
_DRAMA = re.compile(
    r"\+44(?:7700900\d{3}"  # mobile
    r"|113496\d{4}|114496\d{4}|115496\d{4}|116496\d{4}|117496\d{4}|118496\d{4}|121496\d{4}|131496\d{4}|"
    r"141496\d{4}|151496\d{4}|161496\d{4}|1914980\d{3}|2079460\d{3}|2896496\d{3}|2920180\d{3}|1632960\d{3}|"
    r"8081570\d{3}|9098790\d{3}|3069990\d{3})"
)


def phone(text: str, *, allow_drama_numbers: bool) -> str | None:
    """Read one phone number and give it in E.164, "+447400123456".

    A number without a country code is a UK number; any grouping, brackets, 0044 and the letter O for zero are
    forgiven; Relay UK's prefix 18001 is left out. `allow_drama_numbers` lets Ofcom's numbers for television and
    radio drama pass (07700 900000 to 900999 and the like), which are nobody's phone. `None` where there is no
    number that can exist, or two different ones.
    """
    shown = _WITH_LETTER_O.sub(lambda match: match.group().replace("o", "0"), simple(text))
    shown = _RELAY.sub("", shown)
    found = {number for part in _candidates(shown) if (number := _e164(part, allow_drama_numbers)) is not None}
    return found.pop() if len(found) == 1 else None


def as_written(e164: str) -> str:
    """Write a number as people here write it: 07700 900123; one from abroad keeps its plus sign."""
    import phonenumbers

    number = phonenumbers.parse(e164)
    home = number.country_code == UNITED_KINGDOM
    form = phonenumbers.PhoneNumberFormat
    return str(phonenumbers.format_number(number, form.NATIONAL if home else form.INTERNATIONAL))


def _candidates(shown: str) -> list[str]:
    return [
        match.group()
        for match in _CANDIDATE.finditer(shown)
        if not _touches_letter(shown, match.start() - 1) and not _touches_letter(shown, match.end())
    ]


def _touches_letter(shown: str, place: int) -> bool:
    return 0 <= place < len(shown) and (shown[place].isalnum() or shown[place] == "@")


def _e164(part: str, allow_drama_numbers: bool) -> str | None:  # noqa: FBT001
    import phonenumbers

    try:
        read = phonenumbers.parse(part, "GB")
    except phonenumbers.NumberParseException:
        return None
    number = phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)
    if phonenumbers.is_valid_number(read) or (allow_drama_numbers and _DRAMA.fullmatch(number)):
        return number
    return None
