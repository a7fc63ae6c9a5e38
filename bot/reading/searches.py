"""Reading what staff type into the search box: a reference, a phone number, or a name with a year of birth."""

import re
from dataclasses import dataclass

from bot.reading.phones import phone

REFERENCE = re.compile(r"\d{4}[\s-]?\d{4}")
YEAR = re.compile(r"(?:18|19|20)\d\d")
MOST_WORDS = 6


@dataclass(frozen=True)
class Searched:
    """What someone looks for; `name` as it was typed, without the year."""

    reference: str = ""
    phone: str = ""
    name: str = ""
    born: int | None = None


def searched(text: str, *, allow_drama_numbers: bool) -> Searched:
    """Read a search. Eight digits are a reference, with or without a gap; more are a phone number."""
    told = " ".join(text.split())
    if REFERENCE.fullmatch(told):
        digits = re.sub(r"\D", "", told)
        return Searched(reference=f"{digits[:4]} {digits[4:]}")
    number = phone(told, allow_drama_numbers=allow_drama_numbers)
    if number is not None:
        return Searched(phone=number)
    years = YEAR.findall(told)
    words = [word for word in YEAR.sub(" ", told).split() if not word.isdigit()][:MOST_WORDS]
    return Searched(name=" ".join(words), born=int(years[0]) if years and words else None)
