"""Twilio's troubles, each with what follows from it, in one table.

The numbers are from Twilio's Error and Warning Dictionary (twilio.com/docs/api/errors); Twilio adds to it without
notice, so a number that is not here is judged by its HTTP status alone.
"""

from collections.abc import Mapping
from datetime import timedelta

from bot.channels.channel import (
    BadAddressError,
    GoOtherWayError,
    MaybeSentError,
    MisconfiguredError,
    RefusedByProviderError,
    StoppedByPersonError,
    TroubleError,
    TryLaterError,
    name_of,
)
from waitingroom.holds import WAITS_FOR_PERSON

BUSY_FOR = timedelta(seconds=30)
"""How long a queue that is full gets to empty: Twilio does not say."""

SILENCE = timedelta(days=7)
"""How long a message waits before it is looked at again; what the person writes wakes it at once."""


class WaitsForPersonError(GoOtherWayError):
    """WhatsApp takes no free words now: the message waits until the person writes, or goes by another channel."""

    def __init__(self, channel: str = "") -> None:
        """Wait a week, unless the person writes first, or wrote to us on `channel` before."""
        super().__init__(SILENCE)
        self.channel = channel


assert name_of(WaitsForPersonError) == WAITS_FOR_PERSON  # noqa: S101 -- the outbox knows it by this name

LATER: Mapping[int, str] = {
    20429: "too many requests at once",
    20500: "trouble inside Twilio",
    20503: "Twilio is away for a moment",
    21611: "the number has too many messages queued",
    30001: "the queue overflowed",
    30008: "the network does not say why",
    30017: "the network is congested",
    30022: "the number sends too fast for the network",
    63010: "trouble inside Twilio",
    63012: "trouble inside WhatsApp",
    63018: "WhatsApp's rate limit",
}
MISCONFIGURED: Mapping[int, str] = {
    20003: "the account's id or token is wrong",
    20005: "the account is not active",
    20404: "the account or service is not there",
    21212: "the number texts come from is not written as a phone number",
    21408: "texts to this country are not switched on",
    21603: "no number to send from",
    21606: "the number cannot send texts",
    21607: "a trial account sends from its own number only",
    21608: "a trial account sends to checked numbers only",
    21655: "the content id of a template is wrong",
    21659: "the number is not a Twilio number",
    21660: "the number belongs to another account",
    21661: "the number cannot send texts",
    21701: "the messaging service is not there",
    21702: "the messaging service cannot be used",
    21703: "the messaging service has no numbers",
    30002: "the account is suspended",
    30010: "the price is over the most that was set",
    30032: "the toll-free number is not verified",
    30033: "the campaign of the number is suspended",
    30034: "the number is not registered with a campaign",
    63001: "the WhatsApp sender's credentials are wrong",
    63007: "no WhatsApp sender with this number",
    63008: "the WhatsApp sender is set up wrongly",
    63020: "Twilio's invitation is not accepted in the business account",
    63040: "the template was rejected",
    63041: "the template is paused",
    63042: "the template is switched off",
    63051: "the business account is restricted",
}
STOPPED: Mapping[int, str] = {
    21610: "the person replied STOP",
    63014: "the person blocked us, or opted out",
}
BAD_ADDRESS: Mapping[int, str] = {
    21211: "not a phone number",
    21214: "the number cannot be reached",
    21217: "not a phone number",
    21265: "a short code",
    21266: "our own number",
    21614: "not a mobile",
    21635: "a landline",
    30005: "the number is unknown, or no longer in use",
    30006: "a landline, or a network that cannot be reached",
    63003: "nobody on WhatsApp has this number",
    63024: "WhatsApp cannot send to this number",
}
FINAL: Mapping[int, str] = {
    21602: "a message without words",
    21612: "this number cannot be texted from ours",
    21617: "longer than 1,600 characters",
    21656: "the words for a template do not fit it",
    30003: "the phone is off, or out of reach",
    30004: "the network blocked it",
    30007: "the network took it for spam",
    30036: "it waited too long in Twilio's queue",
    63005: "WhatsApp did not take what it says",
    63013: "against WhatsApp's rules",
    63019: "the file could not be sent",
    63021: "WhatsApp did not take what it says",
    63030: "WhatsApp did not know a part of it",
    63032: "WhatsApp chose not to deliver it",
    63049: "WhatsApp chose not to deliver it",
}
OUTSIDE_WINDOW: Mapping[int, str] = {63016: "WhatsApp's 24 hours are over"}

TABLE: Mapping[type[TroubleError], Mapping[int, str]] = {
    TryLaterError: LATER,
    MisconfiguredError: MISCONFIGURED,
    StoppedByPersonError: STOPPED,
    BadAddressError: BAD_ADDRESS,
    RefusedByProviderError: FINAL,
    WaitsForPersonError: OUTSIDE_WINDOW,
}
KINDS: Mapping[int, type[TroubleError]] = {code: kind for kind, codes in TABLE.items() for code in codes}
GATEWAY_TIMED_OUT = 504
TOO_MANY = 429


def of_answer(status: int, code: int | None) -> TroubleError:
    """Judge an answer to a call: `status` is HTTP's, `code` Twilio's own."""
    kind = KINDS.get(code or 0)
    if kind is TryLaterError and code != 20429:
        return TryLaterError(BUSY_FOR)
    if kind is not None:
        return kind()
    if status == GATEWAY_TIMED_OUT:
        return MaybeSentError()
    if status == TOO_MANY or status >= 500:
        return TryLaterError()
    if status in {401, 403, 404}:
        return MisconfiguredError()
    return RefusedByProviderError()


def of_receipt(code: int | None) -> str:
    """Name what a receipt of a message that will not arrive tells: a class of trouble, without `Error`."""
    return name_of(KINDS.get(code or 0, RefusedByProviderError))


def meaning(code: int) -> str:
    """Say in a few words what one of Twilio's numbers means; empty for one that is not known here."""
    return next((codes[code] for codes in TABLE.values() if code in codes), "")
