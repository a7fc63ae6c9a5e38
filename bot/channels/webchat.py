"""Web chat: a page the person reads themselves, so a message is there once it is kept."""

from bot.channels.channel import Accepted, RefusedByProviderError, Sending
from bot.layout import Layout
from bot.messages import Reply
from waitingroom.rates import Limit

NAME = "web"


class WebChat:
    """The chat page. Nothing is pushed: the page shows the transcript, and is told when it has grown."""

    name = NAME
    kept = True
    layout = Layout()
    limits: tuple[Limit, ...] = ()
    cap: int | None = None

    def segments(self, reply: Reply) -> int:
        """Return 0: nothing is charged."""
        return 0

    async def send(self, sending: Sending) -> Accepted:
        """Refuse: nothing for this channel is ever queued for sending."""
        raise RefusedByProviderError
