"""The release: which version of Waiting Room this is."""

from importlib.metadata import PackageNotFoundError, version

NAME = "social-prescribing-waiting-room"


def _installed() -> str:
    try:
        return version(NAME)
    except PackageNotFoundError:
        return "0"


VERSION = _installed()
"""As it is installed; 0 where it runs from a folder that was never installed."""
