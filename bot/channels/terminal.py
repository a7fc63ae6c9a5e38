"""Terminal: one talk on this machine, typed and read in place."""

from bot.channels.channel import Accepted, RefusedByProviderError, Sending
from bot.layout import Layout
from bot.messages import Reply
from waitingroom.rates import Limit

NAME = "terminal"


class Terminal:
    """A person at the keyboard. Nothing is pushed: what was said is printed from the transcript."""

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
