"""Measures how well danger is heard and answers are read, on any file of labelled texts: pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.safety import Net

LABELS = ("risk", "distress", "no_risk")
UNNAMED = "unnamed"


class RowError(ValueError):
    """A line of a labelled file that cannot be used; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


@dataclass(frozen=True)
class Row:
    """One labelled text. `name` is its id, or its line where it has none; it never holds the text."""

    line: int
    name: str
    text: str
    label: Any
    kind: str
    language: str


@dataclass
class Share:
    """How many of how many."""

    heard: int = 0
    of: int = 0

    def add(self, *, heard: bool) -> None:
        """Count one more."""
        self.of += 1
        self.heard += heard

    @property
    def share(self) -> float | None:
        """Between 0 and 1, to four places; None of nothing."""
        return round(self.heard / self.of, 4) if self.of else None

    def shown(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        return {"heard": self.heard, "of": self.of, "share": self.share}


@dataclass
class NetScore:
    """What the net made of a file: see `score_net`."""

    version: str
    risk: Share = field(default_factory=Share)
    distress: Share = field(default_factory=Share)
    no_risk: Share = field(default_factory=Share)
    by_second_ear: int = 0
    kinds: dict[str, dict[str, Share]] = field(default_factory=dict)
    languages: dict[str, dict[str, Share]] = field(default_factory=dict)
    misses: list[Row] = field(default_factory=list)
    false_alarms: list[Row] = field(default_factory=list)

    @property
    def precision(self) -> float | None:
        """The share of risk among what alarmed, distress left out of the sum; None where nothing alarmed."""
        alarms = self.risk.heard + self.no_risk.heard
        return round(self.risk.heard / alarms, 4) if alarms else None

    def shown(self, *, worst: int) -> dict[str, Any]:
        """Give it as JSON has it, with the names of at most `worst` misses and as many false alarms."""
        return {
            "version": self.version,
            "rows": self.risk.of + self.distress.of + self.no_risk.of,
            "recall": self.risk.share,
            "precision": self.precision,
            **{label: getattr(self, label).shown() for label in LABELS},
            "by_second_ear": self.by_second_ear,
            "kinds": _shown(self.kinds),
            "languages": _shown(self.languages),
            "missed": len(self.misses),
            "misses": [row.name for row in self.misses[:worst]],
            "false_alarms": [row.name for row in self.false_alarms[:worst]],
        }


def read_rows(lines: Iterable[str]) -> list[Row]:
    """Read JSON lines with `text` and `label`, and where they have them `id`, `kind` and `lang`.

    Empty lines are passed over. Raises `RowError` for the first line that is not such an object.
    """
    rows = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except json.JSONDecodeError as error:
            raise RowError(number, f"this is not JSON: {error.msg}") from None
        if not isinstance(found, dict) or not isinstance(found.get("text"), str) or "label" not in found:
            raise RowError(number, 'a row is an object with a "text" in words and a "label"')
        kind, language = found.get("kind") or "", found.get("lang") or "en"
        name = str(found.get("id") or f"line {number}")
        rows.append(Row(number, name, found["text"], found["label"], str(kind), str(language)))
    return rows


def score_net(rows: Sequence[Row], net: Net) -> NetScore:
    """Listen to every text and count what is heard, as a whole and for each kind and language.

    Recall is the share of `risk` that alarms, whatever kind of danger it is heard as. `misses` has those first
    that come least near to being heard. Raises `RowError` for a label that is none of `LABELS`.
    """
    score = NetScore(net.version)
    for row in rows:
        if row.label not in LABELS:
            raise RowError(row.line, f'the label is "risk", "distress" or "no_risk", not {json.dumps(row.label)}')
        danger = net.listen(row.text)
        for counted in _counted(score, row):
            counted.add(heard=danger is not None)
        if danger is None and row.label == "risk":
            score.misses.append(row)
        elif danger is not None:
            score.by_second_ear += danger.rules == (net.second_ear,)
            if row.label == "no_risk":
                score.false_alarms.append(row)
    score.misses.sort(key=lambda row: net.nearness(row.text))
    return score


def _counted(score: NetScore, row: Row) -> Iterator[Share]:
    yield getattr(score, row.label)
    yield score.kinds.setdefault(row.kind or UNNAMED, {}).setdefault(row.label, Share())
    yield score.languages.setdefault(row.language, {}).setdefault(row.label, Share())


def _shown(tables: dict[str, dict[str, Share]]) -> dict[str, dict[str, Any]]:
    return {
        name: {label: share.shown() for label, share in table.items()} for name, table in sorted(tables.items())
    }
