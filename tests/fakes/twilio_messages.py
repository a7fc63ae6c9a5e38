"""Messages on the simulated Twilio: whether one may go, where it goes, and what is told of it afterwards."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.fakes.twilio_content import Template
from tests.fakes.twilio_phones import Got, Phone
from tests.fakes.twilio_posts import Post
from tests.fakes.twilio_rules import CODES, RefusedError, bare, check_variables
from tests.fakes.twilio_segments import segments

if TYPE_CHECKING:
    from tests.fakes.twilio_api import TwilioApi

API = "/2010-04-01"
BEFORE_THE_NETWORK = frozenset({21610, 63016, 63024})
"""Troubles found before the message leaves Twilio: it failed. Any other: it went, and was not delivered."""


@dataclass(eq=False)
class Sent:
    """One message we asked Twilio to send, and how it stands. `form` holds the parameters of the request."""

    sid: str
    form: dict[str, Any]
    made_at: float
    status: str
    body: str
    sender: str
    code: int | None = None
    """the trouble it ends with, None where it arrives"""
    posts: list[Post] = field(default_factory=list)
    """the receipts that were posted for it"""

    @property
    def to(self) -> str:
        return str(self.form["To"])

    @property
    def steps(self) -> list[str]:
        """What becomes of it, step by step."""
        if self.code is None:
            return ["sent", "delivered"]
        return ["failed"] if self.code in BEFORE_THE_NETWORK else ["sent", "undelivered"]


def accept(api: "TwilioApi", form: dict[str, Any]) -> Sent:
    """Take a message and have it arrive, if it may. Raises RefusedError."""
    service = form.get("MessagingServiceSid")
    sender = form.get("From") or (api.whatsapp_number if form["To"].startswith("whatsapp:") else api.number)
    _check_sender(api, sender, service)
    if not bare(form["To"]).startswith(api.allowed):
        raise RefusedError(21408)
    phone = api.phone(form["To"])
    if phone.landline:
        raise RefusedError(63024 if phone.on_whatsapp else 21614)
    if phone.opted_out and not service:
        raise RefusedError(21610)
    template = _template(api, form)
    body = template.body if template else form.get("Body", "")
    status = "accepted" if service else "queued"
    sid = api.new_sid("MM" if form.get("MediaUrl") else "SM")
    sent = Sent(sid, form, api.clock(), status, body, sender, _trouble(api, phone, template))
    api.sent.append(sent)
    api.by_sid[sid] = sent
    if sent.code is None:
        _arrive(phone, sent, template)
    return sent


def as_json(api: "TwilioApi", sent: Sent) -> dict[str, Any]:
    """Return a message as the API tells it."""
    uri = f"{API}/Accounts/{api.account}/Messages/{sent.sid}"
    unsent = sent.status in {"accepted", "queued"}
    told_code = sent.code if sent.status in {"failed", "undelivered"} else None
    return {
        "account_sid": api.account,
        "api_version": "2010-04-01",
        "body": sent.body,
        "date_created": _date(sent.made_at),
        "date_sent": None if unsent else _date(sent.made_at),
        "date_updated": _date(sent.made_at),
        "direction": "outbound-api",
        "error_code": told_code,
        "error_message": CODES[told_code][1] if told_code in CODES else None,
        "from": None if sent.status == "accepted" else sent.sender,
        "messaging_service_sid": sent.form.get("MessagingServiceSid"),
        "num_media": str(len(sent.form.get("MediaUrl", ()))),
        "num_segments": "0" if sent.status == "accepted" else str(_counted(sent.to, sent.body)),
        "price": None,
        "price_unit": "USD",
        "sid": sent.sid,
        "status": sent.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sent.to,
        "uri": f"{uri}.json",
    }


def receipt(api: "TwilioApi", sent: Sent, status: str) -> dict[str, str]:
    """Return the form that tells one step of a message."""
    form = {
        "AccountSid": api.account,
        "ApiVersion": "2010-04-01",
        "From": sent.sender,
        "MessageSid": sent.sid,
        "MessageStatus": status,
        "SmsSid": sent.sid,
        "SmsStatus": status,
        "To": sent.to,
    }
    if "MessagingServiceSid" in sent.form:
        form["MessagingServiceSid"] = sent.form["MessagingServiceSid"]
    if sent.to.startswith("whatsapp:"):
        form |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": sent.to, "ChannelInstallSid": "XE" + "0" * 32}
    return form | ({"ErrorCode": str(sent.code)} if status in {"failed", "undelivered"} else {})


def _check_sender(api: "TwilioApi", sender: str, service: str | None) -> None:
    if service is not None and service != api.service:
        raise RefusedError(21701)
    if sender.startswith("whatsapp:"):
        if sender != api.whatsapp_number:
            raise RefusedError(63007)
    elif sender != api.number:
        raise RefusedError(21606)


def _template(api: "TwilioApi", form: dict[str, Any]) -> Template | None:
    if "ContentSid" not in form:
        return None
    template = api.templates.get(form["ContentSid"])
    if template is None:
        raise RefusedError(21655)
    return template.filled(check_variables(form.get("ContentVariables", "{}")))


def _trouble(api: "TwilioApi", phone: Phone, template: Template | None) -> int | None:
    if phone.opted_out:
        return 21610
    opens = template is not None and template.approved
    if phone.on_whatsapp and not opens and not phone.may_be_written(api.clock()):
        return 63016
    return phone.fails_with


def _arrive(phone: Phone, sent: Sent, template: Template | None) -> None:
    buttons, items = (template.buttons, template.items) if template else ((), ())
    media = tuple(sent.form.get("MediaUrl", ()))
    phone.get(Got(sent.sid, sent.body, _counted(sent.to, sent.body), media, buttons, items))


def _counted(to: str, body: str) -> int:
    return 1 if to.startswith("whatsapp:") else segments(body)


def _date(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(at, UTC))
