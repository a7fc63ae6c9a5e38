"""Web chat: a page the person reads themselves, so a message is there once it is kept."""

from bot.channels.channel import Accepted, RefusedByProviderError
from bot.messages import Reply
from waitingroom.rates import Limit

NAME = "web"


class WebChat:
    """The chat page. Nothing is pushed: the page shows the transcript, and is told when it has grown."""

    name = NAME
    kept = True
    limits: tuple[Limit, ...] = ()

    async def send(self, address: str, reply: Reply, *, attempt: int) -> Accepted:
        """Refuse: nothing for this channel is ever queued for sending."""
        raise RefusedByProviderError
