"""Processes under measurement: a database of our own, servers on it, and what they cost, read from /proc."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.error import URLError
from urllib.request import urlopen

from api.keys import make_keys
from waitingroom import postgres

TICK = os.sysconf("SC_CLK_TCK")
PATIENCE = 60.0
WAITINGROOM = Path(sys.executable).with_name("waitingroom")


@dataclass(frozen=True)
class Serving:
    """One server's process and port; `took`: seconds from its spawn to its first answer."""

    pid: int
    port: int
    took: float


@contextmanager
def database() -> Iterator[tuple[Path, str]]:
    """Run an embedded PostgreSQL on empty files in a folder that is gone afterwards; gives folder and address."""
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-benchmark-"))
    folder.chmod(0o755)
    make_keys(folder / "keys.json", demo=False)
    try:
        yield folder, postgres.start(folder / "postgres").url
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def serving(
    *words: str, folder: Path, ready: str, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Serving]:
    """Run a command on the database in `folder` until the path `ready` answers 200; stop it afterwards.

    `settings`: what it finds in its environment beside that.
    """
    port = free_port()
    settings = {"WAITINGROOM_DATA": str(folder), "WAITINGROOM_PORT": str(port), **settings}
    begun = time.perf_counter()
    process = subprocess.Popen(words, env={**os.environ, **settings})
    try:
        wait_for(f"http://127.0.0.1:{port}{ready}", process)
        yield Serving(process.pid, port, time.perf_counter() - begun)
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(pid: int, *, with_ended_children: bool = False) -> float:
    """Return the processor time a process has used, user and system (proc_pid_stat(5), fields 14 to 17)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(field) for field in fields[11 : 15 if with_ended_children else 13])
    return ticks / TICK


def postgres_cpu_seconds(folder: Path) -> float:
    """Return what the whole PostgreSQL server on `folder` has used so far, ended backends included."""
    postmaster = int((postgres.home(folder / "postgres") / "cluster" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    used = cpu_seconds(postmaster, with_ended_children=True)
    for child in children:
        try:
            used += cpu_seconds(int(child))
        except FileNotFoundError:
            continue
    return used


def memory_mb(pid: int) -> tuple[float, float]:
    """Return what a process holds in memory, in MB: all of it (RSS), and its own share of it (PSS)."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return int(lines["Rss"].split()[0]) / 1024, int(lines["Pss"].split()[0]) / 1024


def free_port() -> int:
    """Find a port of this machine nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until an address answers 200. Raises RuntimeError where the process ends, or takes too long."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except URLError:
            pass
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{process.args!r} did not begin to serve.")
        time.sleep(0.01)
