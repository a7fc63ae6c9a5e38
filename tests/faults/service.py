"""A service under attack: started, killed without warning, and started again, on a database of its own."""

import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from api.clock import Clock
from tests.fakes.provider import Provider, provider_running
from tests.faults import served
from waitingroom import postgres
from waitingroom.outbox import LEASE

PATIENCE = 60.0


class Service:
    """The real server, a worker beside it where `apart`, and PostgreSQL, each of which can be killed with -9.

    PostgreSQL is the embedded one, unless `url` names another.
    """

    def __init__(
        self,
        folder: Path,
        provider: Provider,
        context: ForkServerContext,
        *,
        apart: bool = False,
        url: str | None = None,
    ) -> None:
        self.folder = folder
        self.provider = provider
        self.apart = apart
        self.database_url = url
        self._context = context
        self._process: ForkServerProcess | None = None
        self._worker: ForkServerProcess | None = None
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port: int = one.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start whatever does not run, and wait until it is ready."""
        self.pass_leases()
        if self.apart and (self._worker is None or not self._worker.is_alive()):
            told = self.folder, self.provider.url, self.database_url
            self._worker = self._context.Process(target=served.work, args=told, daemon=True)
            self._worker.start()
        if self._process is None or not self._process.is_alive():
            self._process = self._context.Process(
                target=served.serve,
                args=(self.folder, self.port, self.provider.url, self.database_url),
                kwargs={"working": not self.apart},
                daemon=True,
            )
            self._process.start()
        self.wait_until_ready()

    def kill(self) -> None:
        """Kill the server process as the kernel would: nothing of it runs any more."""
        assert self._process is not None
        self._process.kill()
        self._process.join()

    def kill_worker(self) -> None:
        """Kill the worker beside the server."""
        assert self._worker is not None
        self._worker.kill()
        self._worker.join()

    def kill_everything(self) -> None:
        """Kill server, worker and every process of PostgreSQL at one moment."""
        self.kill_postgres(all_of_it=True)
        if self.apart:
            self.kill_worker()
        self.kill()

    def kill_postgres(self, *, all_of_it: bool) -> None:
        """Kill PostgreSQL's parent process, or it and every process it has; the service brings it back."""
        postmaster, children = self._postgres_alive()
        for pid in [postmaster, *(map(int, children) if all_of_it else ())]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.pass_leases()

    def _postgres_alive(self) -> tuple[int, list[str]]:
        """Find PostgreSQL's parent process and its children; one that is still coming back is waited for."""
        home = postgres.home(self.folder / "postgres")
        until = time.monotonic() + PATIENCE
        while True:
            try:
                postmaster = int((home / "cluster" / "postmaster.pid").read_text().split()[0])
                if b"postgres" not in Path(f"/proc/{postmaster}/cmdline").read_bytes():
                    raise ValueError("gone, and its number may be another's")
                return postmaster, Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
            except (OSError, IndexError, ValueError):
                assert time.monotonic() < until, "PostgreSQL did not come back"
                time.sleep(0.02)

    def pass_leases(self) -> None:
        """Move the clock past every lease that the dead may hold, so that nobody has to wait for them."""
        Clock(self.folder / "clock").move_on(LEASE + timedelta(seconds=1))

    def wait_until_ready(self) -> None:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with urlopen(f"{self.url}/readyz", timeout=5):
                    return
            except (URLError, OSError):
                assert time.monotonic() < until, "the service did not come back"
                assert self._process is not None
                assert self._process.is_alive(), "the server ended by itself"
                self._process.join(0.02)


@contextmanager
def service_running(
    *, apart: bool = False, url: str | None = None, folder: Path | None = None
) -> Iterator[Service]:
    """Run a service in a folder that is gone afterwards."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.faults.served"])
    folder = folder or Path(tempfile.mkdtemp(prefix="waitingroom-faults-"))
    folder.chmod(0o755)
    with provider_running() as provider:
        service = Service(folder, provider, context, apart=apart, url=url)
        try:
            service.start()
            yield service
        finally:
            service.kill()
            if apart:
                service.kill_worker()
            if url is None:
                postgres.stop(folder / "postgres")
            shutil.rmtree(folder, ignore_errors=folder.is_mount())
