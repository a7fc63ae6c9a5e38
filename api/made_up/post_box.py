"""A post box: text messages that are counted like any, and kept in place of being sent."""

from bot.channels.channel import Accepted, RefusedByProviderError, Sending
from bot.layout import SMS, Layout
from bot.messages import Reply, numbered
from content.segments import plainly, segments
from waitingroom.rates import Limit

NAME = "sms"


class PostBox:
    """Text messages of a made-up town: laid out and counted as real ones are, read where they are kept."""

    name = NAME
    kept = True
    layout: Layout = SMS
    limits: tuple[Limit, ...] = ()
    cap: int | None = None

    def segments(self, reply: Reply) -> int:
        """Count the parts this reply would be charged as."""
        return segments(plainly(numbered(reply)))

    async def send(self, sending: Sending) -> Accepted:
        """Refuse: nothing leaves a made-up town."""
        raise RefusedByProviderError
