"""Files people sent on the simulated Telegram: their ids, their sizes, what is in them."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

BIGGEST = 20_000_000
"""bytes a bot may fetch (Bot API, getFile)"""


@dataclass
class Files:
    """What was uploaded, by file id and by the path it is fetched under."""

    by_id: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_path: dict[str, bytes] = field(default_factory=dict)

    def keep(self, body: bytes, folder: str, ending: str) -> dict[str, Any]:
        """Keep a file, and return what a message says of it."""
        number = len(self.by_id)
        unique = hashlib.sha256(body + number.to_bytes(4, "big")).hexdigest()[:15]
        about: dict[str, Any] = {
            "file_id": f"AwACAgQAAx{unique}{number}",
            "file_unique_id": unique,
            "file_size": len(body),
        }
        self.by_id[about["file_id"]] = about | {"file_path": f"{folder}/file_{number}.{ending}"}
        self.by_path[f"{folder}/file_{number}.{ending}"] = body
        return dict(about)
