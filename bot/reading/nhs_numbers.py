"""Reads NHS numbers, and tells them from National Insurance numbers."""

import re

from bot.reading.text import simple

_TEN_DIGITS = re.compile(r"(?<![\d+])\d(?:[ .-]?\d){9}(?![ .-]?\d)")
_NATIONAL_INSURANCE = re.compile(
    r"\b[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z][ .-]?\d{2}[ .-]?\d{2}[ .-]?\d{2}(?:[ .-]?[a-d])?\b"
)
"""Two letters, six figures, and mostly one more letter (HMRC, National Insurance Manual NIM39110)."""


def nhs_number(text: str) -> str | None:
    """Read one NHS number, alone or in a sentence, however it is spaced, and give its 10 digits.

    `None` where there is none or more than one, where its check digit is wrong (modulus 11: NHS Data Dictionary,
    NHS NUMBER), or where all digits are the same: those pass the check, and nobody has them.
    """
    found = {"".join(filter(str.isdigit, said)) for said in _TEN_DIGITS.findall(simple(text))}
    number = found.pop() if len(found) == 1 else ""
    return number if number and len(set(number)) > 1 and _check_digit(number[:9]) == int(number[9]) else None


def national_insurance(text: str) -> bool:
    """Say whether someone gave a National Insurance number, like AB 12 34 56 C."""
    return _NATIONAL_INSURANCE.search(simple(text)) is not None


def in_groups(number: str) -> str:
    """Write an NHS number as people are shown it: 999 000 0018."""
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def _check_digit(first_nine: str) -> int:
    """Work out the last digit; 10 where no number begins so."""
    total = sum(int(digit) * weight for digit, weight in zip(first_nine, range(10, 1, -1), strict=True))
    return (11 - total % 11) % 11
