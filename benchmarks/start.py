"""Start: how soon `waitingroom web` answers where the database runs, what it holds in memory, what imports cost.

python -m benchmarks.start [--starts 5] [--json]
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.asking import chat
from benchmarks.load import Line
from benchmarks.processes import WAITINGROOM, cpu_seconds, database, memory_mb, serving

TURNS = 200
MODULES = ("content", "waitingroom.tables", "bot.turn", "api.app", "api.cli")
SPENT = re.compile(r"import time:\s+\d+ \|\s+(\d+) \| (\S+)$")


@dataclass(frozen=True)
class Start:
    """One start: seconds from spawn to ready, processor seconds until then, MB when ready and after the turns."""

    took: float
    cpu: float
    ready_rss: float
    ready_pss: float
    turned_rss: float
    turned_pss: float


def main() -> None:
    """Measure, and print a table in Markdown, or JSON."""
    words = argparse.ArgumentParser(description="How soon the web answers, and what it holds in memory.")
    words.add_argument("--starts", type=int, default=5)
    words.add_argument("--json", action="store_true")
    told = words.parse_args()
    with database() as (folder, _url):
        _start(folder)  # the first makes the tables; it is not counted
        starts = [_start(folder) for _ in range(told.starts)]
    imports = {name: _import_seconds(name) for name in MODULES}
    if told.json:
        json.dump({"starts": [asdict(one) for one in starts], "imports": imports}, sys.stdout, indent=1)
    else:
        print("\n".join(table(starts, imports)))


def table(starts: list[Start], imports: dict[str, float]) -> Iterator[str]:
    """Write what was measured as tables in Markdown: medians, and between what the starts lay."""
    yield "| what | median | range |"
    yield "|---|---|---|"
    for name, shown in {
        "took": "spawn to /readyz 200, s",
        "cpu": "processor time until then, s",
        "ready_rss": "RSS when ready, MB",
        "ready_pss": "PSS when ready, MB",
        "turned_rss": f"RSS after {TURNS} turns, MB",
        "turned_pss": f"PSS after {TURNS} turns, MB",
    }.items():
        found = [float(getattr(one, name)) for one in starts]
        yield f"| {shown} | {statistics.median(found):.2f} | {min(found):.2f} to {max(found):.2f} |"
    for name, seconds in imports.items():
        yield f"| import {name}, s (best of 3) | {seconds:.2f} | |"
    yield ""
    yield f"{len(starts)} starts. {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}."


def _start(folder: Path) -> Start:
    with serving(str(WAITINGROOM), "web", folder=folder, ready="/readyz") as web:
        cpu, ready = cpu_seconds(web.pid), memory_mb(web.pid)
        asyncio.run(_turns(web.port))
        return Start(web.took, cpu, *ready, *memory_mb(web.pid))


async def _turns(port: int) -> None:
    line, asking = await Line.to(port), chat()
    request = next(asking)
    for _ in range(TURNS):
        request = asking.send(await line.ask(request))
    line.hang_up()


def _import_seconds(module: str) -> float:
    """Return how long importing takes in a fresh interpreter: the best of three, as it counts itself."""
    return min(_import_once(module) for _ in range(3))


def _import_once(module: str) -> float:
    words = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    spent = {found[2]: int(found[1]) for line in told.splitlines() if (found := SPENT.match(line))}
    return sum(spent.get(name, 0) for name in {module, module.partition(".")[0]}) / 1_000_000


if __name__ == "__main__":
    main()
