"""The desk: what every turn needs at hand."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.channels.channel import Channel
from bot.layout import laid_out
from bot.messages import Inbound, Reply
from bot.safety import Net
from bot.service import Service
from waitingroom.database import Database

if TYPE_CHECKING:
    from bot.courier import Courier, Errand


@dataclass(frozen=True)
class Desk:
    """The records, the service's words, the net that hears danger, and the channels by name."""

    database: Database = field(repr=False)
    service: Service
    net: Net = field(repr=False)
    channels: Mapping[str, Channel]
    courier: "Courier | None" = field(default=None, repr=False)
    """sends what a turn said as soon as it is committed; without one a worker does"""

    def errand(self, inbound: Inbound) -> AbstractAsyncContextManager["Errand | None"]:
        """Let a turn have its answer sent at once: what its errand takes goes when the block ends well."""
        if self.courier is None or self.kept(inbound.channel):
            return nullcontext()
        return self.courier.errand(inbound.channel, now=inbound.at)

    def laid_out(self, channel: str, replies: Sequence[Reply]) -> list[Reply]:
        """Lay replies out as the messages of a channel."""
        return laid_out(replies, self.channels[channel].layout)

    def kept(self, channel: str) -> bool:
        """Say whether people read this channel themselves, so that a message needs no sending."""
        return self.channels[channel].kept
