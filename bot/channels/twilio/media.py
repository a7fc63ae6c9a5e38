"""Pictures, voice notes and files that come by picture message or WhatsApp."""

from bot.channels.twilio.signature import Form
from bot.messages import Aside, Attachment
from waitingroom.attachments import Kind

MOST = 10
"""Twilio hands over ten files with a message at most."""
CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})
ASIDES = {Kind.VOICE: Aside.VOICE, Kind.PICTURE: Aside.PICTURE, Kind.FILE: Aside.FILE}


def attachments(form: Form) -> tuple[Attachment, ...]:
    """List what came with a message, by the link Twilio keeps each under. Contact cards are not kept."""
    return tuple(Attachment(_kind(mime), link, mime) for link, mime in _sent(form) if link and mime not in CARDS)


def has_card(form: Form) -> bool:
    """Say whether someone's contact details came."""
    return any(mime in CARDS for _, mime in _sent(form))


def aside(found: tuple[Attachment, ...]) -> Aside | None:
    """Say what came beside the words: a voice note first, as there somebody spoke."""
    kinds = {one.kind for one in found}
    return next((ASIDES[kind] for kind in ASIDES if kind in kinds), None)


def _sent(form: Form) -> list[tuple[str, str]]:
    told = form.get("NumMedia")
    count = min(int(told), MOST) if told.isascii() and told.isdigit() and len(told) < 4 else 0
    places = range(count)
    return [(form.get(f"MediaUrl{n}"), form.get(f"MediaContentType{n}").partition(";")[0].lower()) for n in places]


def _kind(mime: str) -> Kind:
    if mime.startswith("audio/"):
        return Kind.VOICE
    return Kind.PICTURE if mime.startswith(("image/", "video/")) else Kind.FILE
