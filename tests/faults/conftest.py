"""How often the fault tests kill (`--faults=200` for the long form), and at which moments."""

import os
import random

import pytest


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
