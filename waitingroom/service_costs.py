"""What a service costs, as its feed tells it: the price straight, and who pays less."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from waitingroom.record_fields import plain
from waitingroom.services import Price

MOST = 120
FREE = re.compile(
    r"\bfree\b(?! (?:school|trial|parking|tea|coffee|to under|for under|for carers|if|with))|"
    r"\bno (?:charge|cost|fee)s?\b",
    re.IGNORECASE,
)
POUNDS = re.compile(r"(?:£|GBP ?)(\d{1,4}(?:\.\d{1,2})?)|\b(\d{1,4}(?:\.\d{1,2})?) ?pounds?\b", re.IGNORECASE)
LESS = re.compile(
    r"concession|low income|benefits?\b|student|unwaged|unemployed|over[ -]?[5-8]\d|under[ -]?[12]\d|carer|"
    r"bursary|reduced|discount|pay what you can|sliding scale|hardship|asylum|pension|free (?:if|for|with|to)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Cost:
    """What is known of the cost: `pence` is the least of what everyone pays, `help_words` who pays less."""

    price: Price = Price.UNKNOWN
    pence: int | None = None
    words: str = ""
    help_words: str = ""


def cost_of(record: Mapping[str, Any], *, today: date) -> Cost:
    """Read what a service costs from its cost options that are in force, else from its words on fees.

    Free only where the feed says so: no word on the cost is not known, not free.
    """
    told = record.get("cost_options")
    options = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return _by_options([one for one in options if _in_force(one, today)]) or _by_words(record)


def _by_options(options: list[dict[str, Any]]) -> Cost | None:
    priced = [(one, amount) for one in options if (amount := _amount(one.get("amount"))) is not None]
    if not priced:
        return None
    for_everyone = [amount for one, amount in priced if not LESS.search(_said(one))]
    least = min(for_everyone or [amount for _, amount in priced])
    reduced = [f"{_said(one)}: {_pounds(amount)}" for one, amount in priced if LESS.search(_said(one))]
    price = Price.FREE if least == 0 else Price.PAID
    said = next((_line(one.get("amount_description")) for one, amount in priced if amount == least), "")
    return Cost(price, least if least else None, said, _line("; ".join(reduced)))


def _by_words(record: Mapping[str, Any]) -> Cost:
    words = next((line for line in _lines(record, "fees_description", "fees") if line), "")
    helped = words if LESS.search(words) else ""
    amounts = [int(Decimal(one or other) * 100) for one, other in POUNDS.findall(words)]
    charged = [amount for amount in amounts if amount]
    if charged:
        return Cost(Price.PAID, min(charged), words, helped)
    if FREE.search(words) or amounts:
        return Cost(Price.FREE, None, "", helped)
    return Cost(Price.UNKNOWN, None, words, helped)


def _in_force(option: Mapping[str, Any], today: date) -> bool:
    until = option.get("valid_to")
    try:
        return not isinstance(until, str) or date.fromisoformat(until[:10]) >= today
    except ValueError:
        return True


def _amount(told: object) -> int | None:
    """Read pounds as pence; None for what is no price."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        amount = Decimal(str(told).replace("£", "").strip())
    except InvalidOperation:
        return None
    return int(amount * 100) if amount.is_finite() and 0 <= amount < 10_000 else None


def _said(option: Mapping[str, Any]) -> str:
    return " ".join(_lines(option, "option", "amount_description")).strip()


def _lines(record: Mapping[str, Any], *names: str) -> Iterator[str]:
    for name in names:
        yield _line(record.get(name))


def _line(told: object) -> str:
    return plain(told, MOST)


def _pounds(pence: int) -> str:
    return "free" if not pence else f"£{pence / 100:.2f}".removesuffix(".00")
