"""The desk: what every turn needs at hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.channels.channel import Channel
from bot.layout import laid_out
from bot.messages import Reply
from bot.safety import Net
from bot.service import Service
from waitingroom.database import Database


@dataclass(frozen=True)
class Desk:
    """The records, the service's words, the net that hears danger, and the channels by name."""

    database: Database = field(repr=False)
    service: Service
    net: Net = field(repr=False)
    channels: Mapping[str, Channel]

    def laid_out(self, channel: str, replies: Sequence[Reply]) -> list[Reply]:
        """Lay replies out as the messages of a channel."""
        return laid_out(replies, self.channels[channel].layout)

    def kept(self, channel: str) -> bool:
        """Say whether people read this channel themselves, so that a message needs no sending."""
        return self.channels[channel].kept
