"""What every channel is: a name, read or pushed, how it lays words out, how fast and how it sends."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Protocol, runtime_checkable

from bot.layout import Layout
from bot.messages import Reply
from waitingroom.conversations import ContactState
from waitingroom.rates import Limit

LONGEST_ASKED = timedelta(hours=1)
"""The longest a provider may ask us to wait: what it asks for beyond that is asked of it again then."""


class TroubleError(Exception):
    """A message did not go."""

    maybe_sent = False


class TryLaterError(TroubleError):
    """The provider is busy or away. `after`: how long it asked us to wait, None where it did not say.

    `alone`: only this message waits, by a pace of our own; it says nothing of the provider.
    """

    def __init__(self, after: timedelta | None = None, *, alone: bool = False) -> None:
        """Take the wait the provider asked for."""
        super().__init__()
        self.after = after
        self.alone = alone


class MaybeSentError(TryLaterError):
    """The line broke before the provider's answer: it may have taken the message."""

    maybe_sent = True


class MisconfiguredError(TryLaterError):
    """Our own settings are wrong (account, number, web address): an operator must mend them; nothing is lost."""


class RefusedByProviderError(TroubleError):
    """The provider will never take this message."""


class GoOtherWayError(TryLaterError):
    """This way is closed until the person writes. `channel`: another that may do meanwhile, if they use it."""

    channel = ""


class TooBigError(RefusedByProviderError):
    """What was to be fetched is longer than we keep."""


class StoppedByPersonError(RefusedByProviderError):
    """The person blocked us or opted out with the provider."""


class BadAddressError(RefusedByProviderError):
    """Nobody can be reached at this address."""


LOST: Mapping[type[TroubleError], ContactState] = {
    StoppedByPersonError: ContactState.STOPPED,
    BadAddressError: ContactState.UNREACHABLE,
}
"""What some troubles say of the way we tried to reach someone: it is closed."""


def asked_to_wait(told: str | None, *, at: str | None = None) -> timedelta | None:
    """Read a Retry-After (RFC 9110, 10.2.3): seconds, or a date held against `at`, the answer's own Date.

    Never longer than LONGEST_ASKED; None where nothing is asked for, or it cannot be read.
    """
    wait: timedelta | None = None
    with suppress(ValueError, TypeError, OverflowError):
        seconds = float(told or "")
        wait = timedelta(seconds=min(seconds, LONGEST_ASKED.total_seconds()))
    if wait is None:
        with suppress(ValueError, TypeError, OverflowError):
            wait = parsedate_to_datetime(told or "") - parsedate_to_datetime(at or "")
    return min(wait, LONGEST_ASKED) if wait is not None and wait > timedelta(0) else None


def name_of(trouble: type[Exception]) -> str:
    """Name a trouble as it is kept beside a message: 'StoppedByPerson'."""
    return trouble.__name__.removesuffix("Error")


@dataclass(frozen=True, slots=True)
class Sending:
    """One message on its way. `message_id` is our own; `heard_at`: when the person last wrote on this channel."""

    address: str
    reply: Reply
    message_id: int
    attempt: int
    """counted from 1"""
    heard_at: datetime
    at: datetime


@dataclass(frozen=True)
class Accepted:
    """The provider took the message, under this id of its own."""

    provider_id: str


class Channel(Protocol):
    """One way messages come and go."""

    name: str
    kept: bool
    """True where the person reads the channel themselves (a page, a terminal): nothing is pushed."""
    layout: Layout
    """How the replies of a turn become messages here."""
    cap: int | None
    """The most parts that may be sent in a day, None where nothing is charged or there is no limit."""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Return the shared limits on sending; a key that ends in ':' counts each contact apart."""
        ...

    def segments(self, reply: Reply) -> int:
        """Count the parts this reply is charged as; 0 where sending costs nothing."""
        ...

    async def send(self, sending: Sending) -> Accepted:
        """Send one message; no transaction is open. Raises a TroubleError."""
        ...


@runtime_checkable
class Closing(Protocol):
    """A channel that keeps lines open to its provider."""

    async def close(self) -> None:
        """Hang up."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """A channel whose attachments stay with the provider until they are fetched."""

    async def fetch(self, ref: str, *, most: int) -> tuple[str, bytes]:
        """Fetch what `ref` stands for: its media type and at most `most` bytes. Raises a TroubleError.

        RefusedByProviderError where it is gone, TooBigError where it is longer than `most`.
        """
        ...
