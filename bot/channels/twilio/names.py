"""The names and addresses of Twilio's two channels."""

import re

NAME_SMS = "sms"
NAME_WHATSAPP = "whatsapp"
WHATSAPP_PREFIX = "whatsapp:"
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
"""A phone number as ITU-T E.164 writes it. Short codes and senders' names are none."""


def parted(told: str) -> tuple[str, str]:
    """Part an address as Twilio writes it into a channel's name and what is reached there.

    A prefix that is not known here gives an empty name.
    """
    prefix, colon, rest = told.strip().rpartition(":")
    if not colon:
        return NAME_SMS, rest
    return (NAME_WHATSAPP if f"{prefix}:" == WHATSAPP_PREFIX else ""), rest.strip()


INBOUND = "/webhooks/twilio"
"""Where, under the public address, Twilio delivers what people write."""
STATUS = f"{INBOUND}/status"
"""Where it tells what became of a message."""
