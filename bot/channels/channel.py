"""What every channel is: a name, whether it is read or pushed, how fast it may send, and how it sends."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.messages import Reply
from waitingroom.rates import Limit


class TroubleError(Exception):
    """A message did not go."""

    maybe_sent = False


class TryLaterError(TroubleError):
    """The provider is busy or away. `after`: how long it asked us to wait, None where it did not say."""

    def __init__(self, after: timedelta | None = None) -> None:
        """Take the wait the provider asked for."""
        super().__init__()
        self.after = after


class MaybeSentError(TryLaterError):
    """The line broke before the provider's answer: it may have taken the message."""

    maybe_sent = True


class RefusedByProviderError(TroubleError):
    """The provider will never take this message."""


class StoppedByPersonError(RefusedByProviderError):
    """The person blocked us or opted out with the provider."""


class BadAddressError(RefusedByProviderError):
    """Nobody can be reached at this address."""


@dataclass(frozen=True)
class Accepted:
    """The provider took the message, under this id of its own."""

    provider_id: str


class Channel(Protocol):
    """One way messages come and go."""

    name: str
    kept: bool
    """True where the person reads the channel themselves (a page, a terminal): nothing is pushed."""
    limits: tuple[Limit, ...]
    """Shared limits on sending; a key that ends in ':' counts each contact apart."""

    async def send(self, address: str, reply: Reply, *, attempt: int) -> Accepted:
        """Send one message; no transaction is open. Raises a TroubleError."""
        ...
