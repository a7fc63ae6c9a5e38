"""Measures how people's answers are read, on rows that say what each answer means: pure."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from bot import reading
from bot.measuring import Row, RowError

KINDS = ("yes_no", "opt_out", "number", "date", "phone", "postcode")
OUTCOMES = ("right", "wrong", "wrong_way_round", "asked_again")
_WORST_FIRST = ("wrong_way_round", "wrong", "asked_again")

_YES_NO: Final = {
    "yes": "yes",
    "no": "no",
    "unsure": "ask",
    "not_sure": "ask",
    "maybe": "ask",
    "other": "ask",
    "none": "ask",
}
_ANSWERS = frozenset({"yes", "no", "unsure", "other"})
_OPTED_OUT = frozenset({"true", "opt_out", "opt-out", "optout", "stop", "unsubscribe", "yes", "1"})
_STAYS_IN = frozenset({"false", "other", "not_opt_out", "no_opt_out", "none", "no", "keep", "continue", "0", ""})
_NOTHING = frozenset({"", "none", "null", "other", "invalid", "[]"})
_WHOLE = re.compile(r"[+-]?\d+(?:\.0+)?")
_READ_AS_NUMBERS = {"numbermodel", "numberrangemodel", "percentmodel", "ordinalmodel"}
_NO_WHOLE_NUMBER = frozenset({"numberrangemodel", "percentmodel", "ordinalmodel"})


@dataclass
class ReadersScore:
    """For each kind, how many answers were read right, wrong, the wrong way round, or would be asked again."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    misses: list[tuple[Row, str]] = field(default_factory=list)

    def add(self, row: Row, kind: str, outcome: str) -> None:
        """Count one answer."""
        counts = self.counts.setdefault(kind, dict.fromkeys(OUTCOMES, 0))
        counts[outcome] += 1
        if outcome != "right":
            self.misses.append((row, outcome))

    def shown(self, *, worst: int) -> dict[str, Any]:
        """Give it as JSON has it: counts and shares for each kind, and the names of at most `worst` misses."""
        kinds = {}
        for kind, counts in sorted(self.counts.items()):
            of = sum(counts.values())
            shares = {f"{outcome}_share": round(counts[outcome] / of, 4) for outcome in OUTCOMES}
            kinds[kind] = {"of": of, **counts, **shares}
        worst_first = sorted(self.misses, key=lambda miss: _WORST_FIRST.index(miss[1]))
        return {
            "rows": sum(table["of"] for table in kinds.values()),
            "kinds": kinds,
            "missed": len(self.misses),
            "misses": [{"id": row.name, "outcome": outcome} for row, outcome in worst_first[:worst]],
        }


def score_readers(rows: Sequence[Row], *, today: date) -> ReadersScore:
    """Read every answer with the reader of its kind and compare.

    `today` is the day on which two-digit years are read. What labels look like stands in `docs/safety.md`; a row
    without a kind whose label is yes, no, unsure or other is a `yes_no`. An answer the reader rightly does not
    understand (a label of none, unsure or other) is right; one it should have understood and did not is
    `asked_again`. Raises `RowError` for a kind or a label that is not known.
    """
    score = ReadersScore()
    for row in rows:
        kind = kind_of(row)
        score.add(row, kind, _JUDGES[kind](row, today))
    return score


def kind_of(row: Row) -> str:
    """Say which reader reads this row; raises `RowError` where that cannot be told."""
    named = row.kind.lower()
    if named in KINDS:
        return named
    if named in _READ_AS_NUMBERS:
        return "number"
    if not named and _plain(row.label) in _ANSWERS:
        return "yes_no"
    raise RowError(row.line, f"the kind is one of {', '.join(KINDS)}, not {json.dumps(row.kind)}")


def _yes_no(row: Row, _today: date) -> str:
    meant = _YES_NO.get(_plain(row.label))
    if meant is None:
        raise RowError(row.line, 'the label of a yes_no is "yes", "no", "unsure" or "other"')
    read = reading.yes_no(row.text)
    heard = read if read in {"yes", "no"} else "ask"
    if heard == meant:
        return "right"
    if heard == "ask":
        return "asked_again"
    return "wrong" if meant == "ask" else "wrong_way_round"


def _opt_out(row: Row, _today: date) -> str:
    label = _plain(row.label)
    if label not in _OPTED_OUT | _STAYS_IN:
        raise RowError(row.line, 'the label of an opt_out is true or false, or "opt_out" or "other"')
    return "right" if reading.opt_out(row.text) == (label in _OPTED_OUT) else "wrong"


def _number(row: Row, _today: date) -> str:
    label = _plain(row.label).replace(",", "")
    if row.kind.lower() in _NO_WHOLE_NUMBER or label in _NOTHING or not _WHOLE.fullmatch(label):
        return _compared(reading.number(row.text, least=None, most=None), None)
    return _compared(reading.number(row.text, least=None, most=None), int(float(label)))


def _date(row: Row, today: date) -> str:
    label = _plain(row.label)
    try:
        meant = None if label in _NOTHING else date.fromisoformat(label[:10])
    except ValueError:
        raise RowError(row.line, "the label of a date is YYYY-MM-DD, or null where there is none") from None
    return _compared(reading.date_of_birth(row.text, today=today), meant)


def _phone(row: Row, _today: date) -> str:
    label = re.sub(r"[\s().-]", "", _plain(row.label))
    if label in {"true", "false"}:
        return _compared(reading.phone(row.text, allow_drama_numbers=label == "true") is not None, label == "true")
    if label in _NOTHING:
        return _compared(reading.phone(row.text, allow_drama_numbers=False), None)
    meant = f"+44{label[1:]}" if label.startswith("0") else label
    if not re.fullmatch(r"\+\d{7,15}", meant):
        raise RowError(row.line, 'the label of a phone is like "+447400123456", or null where there is none')
    return _compared(reading.phone(row.text, allow_drama_numbers=True), meant)


def _postcode(row: Row, _today: date) -> str:
    label, read = _plain(row.label), reading.postcode(row.text)
    if label in {"true", "false"}:
        return _compared(read is not None, label == "true")
    meant = None if label in _NOTHING else label.replace(" ", "")
    return _compared(read.replace(" ", "").lower() if read else None, meant)


def _compared(read: object, meant: object) -> str:
    if read == meant:
        return "right"
    return "wrong" if read else "asked_again"


def _plain(label: Any) -> str:
    """Give a label as small letters; a list of one is that one, an empty or longer one is nothing."""
    if isinstance(label, list):
        label = label[0] if len(label) == 1 else None
    return "" if label is None else str(label).strip().lower()


_JUDGES: Final[dict[str, Callable[[Row, date], str]]] = {
    "yes_no": _yes_no,
    "opt_out": _opt_out,
    "number": _number,
    "date": _date,
    "phone": _phone,
    "postcode": _postcode,
}
