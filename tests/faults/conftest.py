"""How often the fault tests kill: `--faults=200` for the long form."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults", type=int, default=20, help="how many times the fault tests kill something")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How many times to kill, each of the two ways."""
    return max(1, int(request.config.getoption("--faults", default=20)) // 2)
