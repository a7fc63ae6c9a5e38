"""How often the fault tests kill (`--faults=200` for the long form), and at which moments."""

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from waitingroom import postgres


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", type=int, default=20, help="how many times the fault tests kill something")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How many times to kill, each of the two ways."""
    return max(1, int(request.config.getoption("--faults", default=20)) // 2)


@pytest.fixture
def chance() -> random.Random:
    """Moments to kill at; printed, and chosen again by FAULTS_SEED."""
    seed = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(10**6))
    print(f"FAULTS_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Running]:
    """A PostgreSQL that is nobody's to start again but the test's."""
    folder = Path(tempfile.mkdtemp(prefix="waitingroom-away-"))
    folder.chmod(0o755)
    try:
        yield postgres.start(folder / "postgres")
    finally:
        postgres.stop(folder / "postgres")
        shutil.rmtree(folder)
