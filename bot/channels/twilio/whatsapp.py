"""WhatsApp: free words and buttons for 24 hours after the person wrote, then only word that something waits."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.channels.channel import (
    Accepted,
    BadAddressError,
    MisconfiguredError,
    RefusedByProviderError,
    Sending,
    StoppedByPersonError,
    TroubleError,
)
from bot.channels.twilio.account import Account
from bot.channels.twilio.buttons import filled
from bot.channels.twilio.names import NAME_SMS, NAME_WHATSAPP, PHONE, WHATSAPP_PREFIX
from bot.channels.twilio.templates import Templates
from bot.channels.twilio.troubles import WaitsForPersonError
from bot.layout import WHATSAPP, Layout
from bot.messages import Reply, numbered
from waitingroom.rates import Limit

WINDOW = timedelta(hours=24) - timedelta(minutes=5)
"""WhatsApp counts 24 hours from the person's last message; a message on its way must not arrive too late."""


@dataclass
class WhatsApp:
    """WhatsApp by one number. `template`: the content id of the approved one that says there is a message to read.

    Its words must name no need and no service that gives one away: they show on a locked phone.
    """

    account: Account
    number: str
    template: str = ""
    name: str = field(default=NAME_WHATSAPP, init=False)
    kept: bool = field(default=False, init=False)
    cap: int | None = field(default=None, init=False)
    layout: Layout = field(default=WHATSAPP, init=False)
    limits: tuple[Limit, ...] = field(
        default=(Limit("whatsapp:", 1.0, 10), Limit("whatsapp", 20.0, 20)), init=False
    )
    templates: Templates = field(init=False, repr=False)
    _to_knock: set[int] = field(default_factory=set, init=False, repr=False)

    def __post_init__(self) -> None:
        """Look templates up with the same account."""
        self.templates = Templates(self.account)

    def segments(self, reply: Reply) -> int:
        """Count one: WhatsApp charges by the message."""
        return 1

    async def send(self, sending: Sending) -> Accepted:
        """Send one message. Raises a TroubleError; WaitsForPersonError once the 24 hours are over."""
        if not PHONE.fullmatch(sending.address) or sending.address == self.number:
            raise BadAddressError
        if sending.at - sending.heard_at >= WINDOW:
            await self._knock(sending)
            raise WaitsForPersonError("" if self.template else NAME_SMS)
        return await self._with_buttons(sending) or await self._send(sending, {"body": numbered(sending.reply)})

    async def close(self) -> None:
        """Hang up."""
        await self.account.close()

    async def fetch(self, ref: str, *, most: int) -> tuple[str, bytes]:
        """Fetch a picture, voice note or file. Raises a TroubleError."""
        return await self.account.fetch(ref, most=most)

    async def _with_buttons(self, sending: Sending) -> Accepted | None:
        """Send a reply with buttons or a list; None where it fits neither, so that it goes as numbered words."""
        fitting = filled(sending.reply)
        sid = await self.templates.sid(fitting.shape, now=sending.at) if fitting else None
        if fitting is None or sid is None:
            return None
        try:
            return await self._send(sending, {"content_sid": sid, "content_variables": fitting.variables})
        except (StoppedByPersonError, BadAddressError):
            raise
        except (RefusedByProviderError, MisconfiguredError):
            self.templates.forget(fitting.shape)
            return None

    async def _knock(self, sending: Sending) -> None:
        """Say once that there is something to read; what comes after in the same silence waits with it."""
        if not self.template or not (sending.attempt == 1 or sending.message_id in self._to_knock):
            return
        try:
            await self.account.send({**self._ends(sending), "content_sid": self.template})
        except TroubleError:
            self._to_knock.add(sending.message_id)
            raise
        self._to_knock.discard(sending.message_id)

    async def _send(self, sending: Sending, form: dict[str, str]) -> Accepted:
        callback = self.account.callback(sending.message_id)
        return await self.account.send({**self._ends(sending), **form, "status_callback": callback})

    def _ends(self, sending: Sending) -> dict[str, str]:
        return {"to": f"{WHATSAPP_PREFIX}{sending.address}", "from_": f"{WHATSAPP_PREFIX}{self.number}"}
