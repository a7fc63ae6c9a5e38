"""A form the simulated Twilio posts to us, how it is signed, and what Twilio makes of the answer."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from tests.fakes.caller import Heard

XML_KINDS = ("text/xml", "application/xml", "text/html")


def sign(token: str, url: str, form: Mapping[str, str]) -> str:
    """Sign a form: HMAC-SHA1 over the address, then each name and value by order of names; in base64."""
    told = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()


@dataclass
class Post:
    """One form, how it was signed, and each status it was answered with: 0 where the line broke."""

    url: str
    form: dict[str, str]
    signature: str
    statuses: list[int] = field(default_factory=list)
    done: bool = False


def trouble_with(heard: Heard | None) -> int | None:
    """Say what Twilio would find wrong with the answer to an inbound message, by its number; None: nothing."""
    if heard is None or not heard.well:
        return 11200
    if not heard.body.strip():
        return None
    if not heard.headers.get("content-type", "").startswith(XML_KINDS):
        return 12300
    try:
        ET.fromstring(heard.body)
    except ET.ParseError:
        return 12100
    return None


def replies(heard: Heard) -> list[str]:
    """Return the messages that the answer to an inbound message asks for."""
    if not heard.body.strip():
        return []
    found = ET.fromstring(heard.body).iter("Message")
    return ["".join(message.itertext()) for message in found]
