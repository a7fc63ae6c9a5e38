"""Text messages: for everyone, on any phone, within what may be spent and where it may go."""

from collections.abc import Collection
from dataclasses import dataclass, field

from bot import reading
from bot.channels.channel import Accepted, BadAddressError, Sending
from bot.channels.twilio.account import Account
from bot.channels.twilio.names import NAME_SMS, PHONE
from bot.layout import SMS, Layout
from bot.messages import Reply, numbered
from content.segments import plainly, segments
from waitingroom.rates import Limit

HOME = "GB"
LEAST_CAP = 30
"""Parts a day: four fifths of it still carry the longest text there is, 1,600 characters in 24 parts of UCS-2."""


@dataclass
class Sms:
    """Texts by one number. `countries`: ISO 3166 codes of where they may go; `per_second`: how fast it may send.

    `cap` is the most parts a day, None for no limit. `drama_numbers`: whether Ofcom's made-up numbers count as
    British ones, for demos and tests.
    """

    account: Account
    number: str
    countries: Collection[str] = frozenset({HOME})
    per_second: float = 1.0
    cap: int | None = None
    drama_numbers: bool = False
    name: str = field(default=NAME_SMS, init=False)
    kept: bool = field(default=False, init=False)
    layout: Layout = field(default=SMS, init=False)

    def __post_init__(self) -> None:
        """Keep the cap above what the longest text needs, or it could never go."""
        self.cap = None if self.cap is None else max(self.cap, LEAST_CAP)

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Return the number's own pace, which the networks set."""
        return (Limit("sms", self.per_second, max(1, int(self.per_second))),)

    def segments(self, reply: Reply) -> int:
        """Count the parts this reply is charged as."""
        return segments(_words(reply))

    async def send(self, sending: Sending) -> Accepted:
        """Send one text. Raises a TroubleError; BadAddressError for a number texts may not go to."""
        if not self.may_reach(sending.address):
            raise BadAddressError
        by = {"messaging_service_sid": self.account.service} if self.account.service else {}
        return await self.account.send(
            {
                "to": sending.address,
                "from_": self.number,
                **by,
                "body": _words(sending.reply),
                "status_callback": self.account.callback(sending.message_id),
            }
        )

    def may_reach(self, address: str) -> bool:
        """Say whether texts may go to this number: a phone, in a country allowed, at the ordinary price."""
        if not PHONE.fullmatch(address) or address == self.number:
            return False
        return _country(address, drama_numbers=self.drama_numbers) in self.countries

    async def close(self) -> None:
        """Hang up."""
        await self.account.close()

    async def fetch(self, ref: str, *, most: int) -> tuple[str, bytes]:
        """Fetch what came with a picture message. Raises a TroubleError."""
        return await self.account.fetch(ref, most=most)


def _words(reply: Reply) -> str:
    return plainly(numbered(reply))


def _country(address: str, *, drama_numbers: bool) -> str | None:
    """Name the country of a number, None where there is none, or where texts to it cost more (premium rate)."""
    import phonenumbers

    if drama_numbers and reading.phone(address, allow_drama_numbers=False) is None:
        return HOME if reading.phone(address, allow_drama_numbers=True) else None
    read = phonenumbers.parse(address)
    kinds = phonenumbers.PhoneNumberType
    if phonenumbers.number_type(read) in {kinds.PREMIUM_RATE, kinds.SHARED_COST}:
        return None
    country: str | None = phonenumbers.region_code_for_number(read)
    return country
