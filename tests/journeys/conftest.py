"""How much random talk there is: `--turns=100000` a channel for the long form."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--turns", type=int, default=500, help="how many random turns are taken on each channel")


@pytest.fixture
def turns(request: pytest.FixtureRequest) -> int:
    """How many turns to take on each channel."""
    return int(request.config.getoption("--turns", default=500))
