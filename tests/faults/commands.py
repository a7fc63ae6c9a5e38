"""The real command in a process of its own that can be killed, without loading everything anew each time."""

import multiprocessing
import os
import sys
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path


def run_command(words: tuple[str, ...], settings: dict[str, str], said: str) -> None:
    """Run `waitingroom WORDS` as the shell would, with what it says going to the file `said`."""
    os.environ.pop("DATABASE_URL", None)
    os.environ.update(settings)
    out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    sys.argv = ["waitingroom", *words]
    from api.cli import main

    main()


@dataclass
class Command:
    """One command that runs, and the file of what it says."""

    process: ForkServerProcess
    said_in: Path

    def ends(self, seconds: float = 120.0) -> int | None:
        """Wait for its end; the code it ended with, None where it still runs."""
        self.process.join(seconds)
        return self.process.exitcode

    def kill(self) -> None:
        """Kill it as the kernel would."""
        self.process.kill()
        self.process.join()

    @property
    def said(self) -> str:
        return " ".join(self.said_in.read_text().split()) if self.said_in.exists() else ""


def begin(*words: str, said_in: Path, **settings: str) -> Command:
    """Begin a command."""
    context = multiprocessing.get_context("forkserver")
    process = context.Process(target=run_command, args=(words, settings, str(said_in)))
    process.start()
    return Command(process, said_in)
