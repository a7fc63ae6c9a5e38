"""Reads what Twilio posts: messages that came in, and receipts for those that went out."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from bot import keywords
from bot.channels.twilio import media, troubles
from bot.channels.twilio.buttons import pressed
from bot.channels.twilio.concatenated import unwrapped
from bot.channels.twilio.names import PHONE, parted
from bot.channels.twilio.signature import Form
from bot.messages import Aside, Attachment, Inbound, Receipt, Unreadable
from waitingroom.messages import Status

SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
OUR_ID = re.compile(r"[1-9][0-9]{0,17}")
OPTED = frozenset({"STOP", "START", "HELP"})
"""What Twilio's Advanced Opt-Out took a message for, whatever word the person used."""
STRANGE = frozenset({"order", "sticker", "system", "unsupported", "reaction"})
"""WhatsApp's kinds of message that carry neither words nor anything to keep."""

STATUSES: Mapping[str, Status] = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), Status.SENT),
    **dict.fromkeys(("undelivered", "failed", "canceled"), Status.FAILED),
    "delivered": Status.DELIVERED,
    "read": Status.READ,
}
"""Twilio's names for where a message stands. `sent` is ours for "the provider took it"."""


def inbound(form: Form, *, ours: Mapping[str, str], at: datetime) -> Inbound | Unreadable:
    """Read a message that came in; what cannot be answered or understood is kept raw.

    `ours` maps each of our channels to its own number. Senders' names and short codes are not phones: an answer
    would come back to us, so they get none.
    """
    channel, address = parted(form.get("From"))
    problem = _problem(form, channel, address, ours)
    if problem:
        return Unreadable(channel or "sms", json.dumps(form.fields), problem, at)
    attachments = media.attachments(form)
    key, chosen = pressed(form)
    return Inbound(
        channel=channel,
        address=address,
        message_id=_sid(form),
        text=chosen or _said(form),
        at=at,
        answering=key,
        aside=_aside(form, attachments),
        attachments=attachments,
    )


def receipt(form: Form, *, message: str, at: datetime) -> Receipt | None:
    """Read what became of a message of ours; `message` is our own number for it, from the address posted to.

    None for one that is not ours, or says nothing we know: Twilio adds kinds without notice.
    """
    status = STATUSES.get(form.get("MessageStatus") or form.get("SmsStatus"))
    channel, _ = parted(form.get("To"))
    if status is None or not channel or not OUR_ID.fullmatch(message) or not _sid(form):
        return None
    problem = troubles.of_receipt(_code(form)) if status is Status.FAILED else ""
    return Receipt(channel, int(message), _sid(form), status, at, problem)


def _problem(form: Form, channel: str, address: str, ours: Mapping[str, str]) -> str:
    if not _sid(form):
        return "NoMessageId"
    if channel not in ours:
        return "NoSuchChannel"
    if not PHONE.fullmatch(address):
        return "NotAPhone"
    return "OurOwnNumber" if address == ours[channel] else ""


def _sid(form: Form) -> str:
    told = form.get("MessageSid") or form.get("SmsSid")
    return told if SID.fullmatch(told) else ""


def _code(form: Form) -> int | None:
    told = form.get("ErrorCode")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 10 else None


def _said(form: Form) -> str:
    """Return the person's words; a word that Twilio alone knows as STOP, START or HELP is told as that."""
    body = unwrapped(form.get("Body"))
    taken_for = form.get("OptOutType").upper()
    if taken_for in OPTED and keywords.heard(body, in_waiting_room=False, in_own_words=True) is None:
        return taken_for
    return body


def _aside(form: Form, attachments: tuple[Attachment, ...]) -> Aside | None:
    if form.get("Latitude") and form.get("Longitude"):
        return Aside.PLACE
    kind = form.get("MessageType").lower()
    if kind == "contacts" or media.has_card(form):
        return Aside.CARD
    if kind in STRANGE:
        return Aside.STRANGE
    return media.aside(attachments)
