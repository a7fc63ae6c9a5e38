"""Long text messages that Twilio sometimes hands over still wrapped in base64."""

import base64
import binascii

SHORTEST = 60
"""Only joined text messages come so; shorter ones are what somebody typed."""


def unwrapped(body: str) -> str:
    """Unwrap a text that is certainly base64; give anything else back as it is.

    Certain: 60 characters or more without a space, strictly base64, and inside it readable UTF-8 words with spaces
    between them. Nobody types that by chance.
    """
    told = body.strip()
    if len(told) < SHORTEST or len(told) % 4 or not told.isascii():
        return body
    try:
        words = base64.b64decode(told, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return body
    return words if " " in words and all(c.isprintable() or c in "\n\r\t" for c in words) else body
