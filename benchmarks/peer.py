"""What every peer is told when it begins: where to serve, which Bot API, what to say, where to keep its state."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEYS = ("consent", "name", "age", "postcode", "needs", "matters", "contact", "when", "right", "done")
"""Under which name each answer is kept."""


@dataclass(frozen=True)
class Orders:
    """The orders of one peer. `script`: the messages that answer each thing said, as `text` and `reply_markup`."""

    port: int
    api: str
    token: str
    secret: str
    script: list[list[dict[str, Any]]]
    store: str


def orders() -> Orders:
    """Read the orders from the command line."""
    port, api, token, secret, script, store = sys.argv[1:7]
    return Orders(int(port), api, token, secret, json.loads(Path(script).read_text()), store)
