"""The bots side by side: this service, its peers and the raw-SQL limit, each in processes of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.processes import WAITINGROOM, cpu_seconds, free_port, postgres_cpu_seconds, wait_for
from benchmarks.town import SECRET, Town

LIMITLESS = "1000000"
"""Messages a second: more than anything here can send, so that no limit is met while its cost stays."""


@dataclass(eq=False)
class Bot:
    """One bot: how its processes are begun; the first one serves at `port`."""

    name: str
    commands: Sequence[Sequence[str]]
    settings: Mapping[str, str]
    port: int
    ready: str
    folder: Path | None = None
    """where its PostgreSQL is, None where it has none"""
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def begin(self) -> None:
        """Run every process; the others begin once the first one answers."""
        first, *others = self.commands
        self.running = [self._run(first)]
        wait_for(f"http://127.0.0.1:{self.port}{self.ready}", self.running[0])
        self.running += map(self._run, others)

    def _run(self, words: Sequence[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(words, env={**os.environ, **self.settings}, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        """Kill every process, as when the power goes."""
        for process in self.running:
            process.kill()
        for process in self.running:
            process.wait(20)

    def end(self) -> None:
        """Tell every process to end, and wait for it."""
        for process in self.running:
            process.terminate()
        for process in self.running:
            process.wait(20)
        self.running = []

    def cpu(self) -> tuple[float, ...]:
        """Return the processor seconds each process has used so far, and PostgreSQL's last."""
        used = [cpu_seconds(process.pid) for process in self.running]
        return (*used, postgres_cpu_seconds(self.folder) if self.folder else 0.0)


@contextmanager
def begun(bot: Bot) -> Iterator[Bot]:
    """Run a bot for a while."""
    try:
        bot.begin()
        yield bot
    finally:
        bot.end()


def ours(folder: Path, town: Town, *, together: bool = False, limits: Mapping[str, str] | None = None) -> Bot:
    """Return this service: `web` and `work`, or both in one process; `limits`: settings in place of no limits."""
    port = free_port()
    settings = {
        "WAITINGROOM_DATA": str(folder),
        "WAITINGROOM_PORT": str(port),
        "WAITINGROOM_TELEGRAM_TOKEN": town.api.token,
        "WAITINGROOM_TELEGRAM_SECRET": SECRET,
        "WAITINGROOM_TELEGRAM_API": town.api.url,
        "WAITINGROOM_TELEGRAM_PER_SECOND": LIMITLESS,
        "WAITINGROOM_TELEGRAM_PER_CHAT": LIMITLESS,
        **(limits or {}),
    }
    parts = ("serve",) if together else ("web", "work")
    name = "ours, one process" if together else "ours, web + work"
    return Bot(name, [(str(WAITINGROOM), part) for part in parts], settings, port, "/readyz", folder)


def peers(folder: Path, url: str, town: Town) -> list[Bot]:
    """Return the peers and the limit, which say what the town's script says."""
    where = folder / "script.json"
    where.write_text(json.dumps([[asdict(said) for said in answers] for answers in town.script]))
    return [
        peer("raw-SQL sketch", "bare_telegram", [url], town, where, folder),
        peer("aiogram FSM, SQLite", "peers_aiogram", [_own(folder, "fsm.db")], town, where),
        peer("PTB conversation, pickle", "peers_ptb", [_own(folder, "talks.pickle")], town, where),
    ]


def peer(
    name: str, module: str, words: Sequence[str], town: Town, script: Path, folder: Path | None = None
) -> Bot:
    """Return one peer, a module of this package."""
    port = free_port()
    told = (str(port), town.api.url, town.api.token, SECRET, str(script), *words)
    return Bot(name, [(sys.executable, "-m", f"benchmarks.{module}", *told)], {}, port, "/ping", folder)


def _own(folder: Path, name: str) -> str:
    return str(Path(tempfile.mkdtemp(prefix="peer-", dir=folder)) / name)
