"""Terminal: one talk on this machine, typed and read in place."""

from bot.channels.channel import Accepted, RefusedByProviderError
from bot.messages import Reply
from waitingroom.rates import Limit

NAME = "terminal"


class Terminal:
    """A person at the keyboard. Nothing is pushed: what was said is printed from the transcript."""

    name = NAME
    kept = True
    limits: tuple[Limit, ...] = ()

    async def send(self, address: str, reply: Reply, *, attempt: int) -> Accepted:
        """Refuse: nothing for this channel is ever queued for sending."""
        raise RefusedByProviderError
