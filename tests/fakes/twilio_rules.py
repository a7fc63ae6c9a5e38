"""What the simulated Twilio checks in a request to send, and the numbers and words it refuses with."""

import json
import re
from typing import Any
from urllib.parse import parse_qsl

LONGEST = 1600
"""characters in a message's body (Twilio, 21617)"""
E164 = re.compile(r"\+[1-9]\d{6,14}")

CODES: dict[int, tuple[int, str]] = {
    20001: (400, "Invalid parameter"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' phone number"),
    21212: (400, "Invalid 'From' phone number"),
    21408: (400, "Permission to send to this region is not switched on"),
    21603: (400, "A 'From' number or a messaging service is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' number cannot send messages for this account"),
    21609: (400, "Invalid 'StatusCallback' address"),
    21610: (400, "Attempt to send to an unsubscribed recipient"),
    21611: (400, "This 'From' number has too many messages queued"),
    21612: (400, "The 'To' number cannot be reached from this 'From' number"),
    21614: (400, "The 'To' number is not a mobile number"),
    21617: (400, "The body is longer than 1600 characters"),
    21619: (400, "A body, media or content is required"),
    21620: (400, "Invalid media address"),
    21655: (400, "The ContentSid is invalid"),
    21656: (400, "The ContentVariables are invalid"),
    21701: (400, "The messaging service does not exist"),
    21910: (400, "'From' and 'To' are not of the same channel"),
    30003: (400, "Unreachable handset"),
    30005: (400, "Unknown handset"),
    30006: (400, "Landline or unreachable carrier"),
    30007: (400, "Message filtered"),
    63007: (400, "No channel with this 'From' address"),
    63016: (400, "Outside the allowed window: use a template"),
    63024: (400, "Invalid message recipient"),
}
"""Twilio's numbers, the HTTP status each comes with, and what it means, in our own words."""

PARAMETERS = frozenset({
    "To", "StatusCallback", "ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt", "ValidityPeriod",
    "ForceDelivery", "ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType",
    "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "ContentVariables", "MessageIntent", "RiskCheck", "From",
    "FallbackFrom", "MessagingServiceSid", "Body", "MediaUrl", "ContentSid",
})  # fmt: skip
"""Every parameter of a request to send; a test holds them equal to those of Twilio's own library."""
MANY = frozenset({"MediaUrl", "PersistentAction"})
"""Those that may stand more than once."""


class RefusedError(Exception):
    """A request Twilio refuses, by its number."""

    def __init__(self, code: int, status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status or CODES.get(code, (400, ""))[0]

    @property
    def said(self) -> dict[str, Any]:
        """Return the refusal as Twilio tells it."""
        words = CODES.get(self.code, (400, "Refused"))[1]
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": words, "more_info": more, "status": self.status}


def read_form(kind: str, body: bytes) -> dict[str, Any]:
    """Read a form and check everything that needs no account. Raises RefusedError."""
    if not kind.startswith("application/x-www-form-urlencoded"):
        raise RefusedError(20001)
    form: dict[str, Any] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        if name not in PARAMETERS or (name in form and name not in MANY):
            raise RefusedError(20001)
        if name in MANY:
            form.setdefault(name, []).append(value)
        else:
            form[name] = value
    _check_addresses(form)
    _check_content(form)
    return form


def bare(address: str) -> str:
    """Return the number in an address."""
    return address.removeprefix("whatsapp:")


def _check_addresses(form: dict[str, Any]) -> None:
    to, sender = form.get("To", ""), form.get("From", "")
    if not to:
        raise RefusedError(21604)
    if not E164.fullmatch(bare(to)):
        raise RefusedError(21211)
    if not sender and not form.get("MessagingServiceSid"):
        raise RefusedError(21603)
    if sender and not E164.fullmatch(bare(sender)):
        raise RefusedError(21212)
    if sender and sender.startswith("whatsapp:") != to.startswith("whatsapp:"):
        raise RefusedError(21910)
    if not _is_address(form.get("StatusCallback", "http://none")):
        raise RefusedError(21609)


def _check_content(form: dict[str, Any]) -> None:
    if not form.get("Body") and not form.get("MediaUrl") and not form.get("ContentSid"):
        raise RefusedError(21619)
    if len(form.get("Body", "")) > LONGEST:
        raise RefusedError(21617)
    if len(form.get("MediaUrl", ())) > 10 or not all(map(_is_address, form.get("MediaUrl", ()))):
        raise RefusedError(21620)
    if "ContentSid" in form and not re.fullmatch(r"HX[0-9a-f]{32}", form["ContentSid"]):
        raise RefusedError(21655)
    if "ContentVariables" in form:
        check_variables(form["ContentVariables"])
        if "ContentSid" not in form:
            raise RefusedError(21656)


def check_variables(told: str) -> dict[str, str]:
    """Read a template's words: a JSON object of strings. Raises RefusedError."""
    try:
        words = json.loads(told)
    except ValueError as error:
        raise RefusedError(21656) from error
    if not isinstance(words, dict) or not all(isinstance(word, str) and word for word in words.values()):
        raise RefusedError(21656)
    return words


def _is_address(told: str) -> bool:
    return re.fullmatch(r"https?://[^\s/]+\S*", told) is not None
