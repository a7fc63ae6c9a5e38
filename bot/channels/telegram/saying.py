"""Saying: what a Telegram message says, as the talk hears it: words, things sent with them, or something else."""

import re
from typing import Any, NamedTuple

from aiogram.enums import ContentType
from aiogram.types import Message

from bot.messages import Aside, Attachment
from waitingroom.attachments import Kind

COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.DOTALL)
START = "start"
BEGIN = "hello"
"""What pressing Start says."""
CONTINUE = "CONTINUE"
"""What pressing Start on a link that carries a code says, before the code."""

NOT_SAID = frozenset(
    {
        ContentType.NEW_CHAT_MEMBERS,
        ContentType.LEFT_CHAT_MEMBER,
        ContentType.PINNED_MESSAGE,
        ContentType.MESSAGE_AUTO_DELETE_TIMER_CHANGED,
        ContentType.CHAT_BACKGROUND_SET,
        ContentType.WRITE_ACCESS_ALLOWED,
        ContentType.CONNECTED_WEBSITE,
        ContentType.BOOST_ADDED,
        ContentType.FORUM_TOPIC_CREATED,
        ContentType.FORUM_TOPIC_EDITED,
        ContentType.FORUM_TOPIC_CLOSED,
        ContentType.FORUM_TOPIC_REOPENED,
        ContentType.NEW_CHAT_PHOTO,
        ContentType.NEW_CHAT_TITLE,
        ContentType.DELETE_CHAT_PHOTO,
        ContentType.PROXIMITY_ALERT_TRIGGERED,
        ContentType.REFUNDED_PAYMENT,
        ContentType.GIFT_UPGRADE_SENT,
    }
)
"""What Telegram itself puts into a chat: nobody said it, so nothing is answered."""

KINDS = {"image": (Kind.PICTURE, Aside.PICTURE), "audio": (Kind.VOICE, Aside.VOICE)}
"""What a file is to a person, by the first half of its media type; all others are files."""


class Said(NamedTuple):
    """What was said."""

    text: str = ""
    aside: Aside | None = None
    attachments: tuple[Attachment, ...] = ()


def said(message: Message) -> Said | None:
    """Return what a message says; None for what Telegram itself says of the chat."""
    if message.content_type in NOT_SAID:
        return None
    if words := _words(message):
        return Said(words)
    if message.contact is not None:
        return _card(message)
    if message.location is not None:
        return Said(aside=Aside.PLACE)
    return _sent(message) or Said(message.caption or "", Aside.STRANGE)


def spoken(text: str) -> str:
    """Return words as they are, and a command as the word it stands for.

    `/help` is "help", `/how_long` is "how long"; `/start` is "hello", and `/start CODE` "CONTINUE CODE".
    """
    command = COMMAND.fullmatch(text.strip())
    if command is None:
        return text
    name, rest = command[1], (command[2] or "").strip()
    if name.lower() == START:
        return f"{CONTINUE} {rest}" if rest else BEGIN
    return f"{name.replace('_', ' ')} {rest}".strip()


def _words(message: Message) -> str:
    """Return plain words, a sticker's emoji (a thumbs-up is a yes), or the words of a richly laid out message."""
    if message.sticker is not None:
        return message.sticker.emoji or ""
    if message.rich_message is not None:
        blocks = message.rich_message.model_dump(warnings=False)["blocks"]
        return "\n".join(filter(None, map(_words_in, blocks)))
    return spoken(message.text) if message.text else ""


def _card(message: Message) -> Said:
    """Return someone's own number as the number they would have typed; anyone else's is not kept."""
    card, sender = message.contact, message.from_user
    assert card is not None  # noqa: S101
    if sender is None or card.user_id != sender.id:
        return Said(aside=Aside.CARD)
    return Said(f"+{card.phone_number.lstrip('+')}")


def _sent(message: Message) -> Said | None:
    """Return a picture, a recording or a file; the words under it are what was said with it."""
    photo = message.photo or (message.live_photo.photo if message.live_photo else None)
    largest = max(photo, key=lambda size: size.width * size.height) if photo else None
    sent = (
        (largest, "image/jpeg"),
        (message.voice, "audio/ogg"),
        (message.audio, "audio/mpeg"),
        (message.video, "video/mp4"),
        (message.video_note, "video/mp4"),
        (message.document if message.animation is None else None, ""),
    )
    file, mime = next(((file, mime) for file, mime in sent if file is not None), (None, ""))
    return _with(message.caption or "", file, getattr(file, "mime_type", None) or mime) if file else None


def _with(caption: str, file: Any, mime: str) -> Said:
    kind, aside = KINDS.get(mime.partition("/")[0], (Kind.FILE, Aside.FILE))
    seconds = getattr(file, "duration", None)
    return Said(caption, aside, (Attachment(kind, file.file_id, mime, file.file_size, seconds),))


def _words_in(told: Any) -> str:
    """Return the words of a richly laid out message, however deep they stand in it."""
    if isinstance(told, str):
        return told
    if isinstance(told, list):
        return "".join(_words_in(inner) for inner in told)
    if isinstance(told, dict):
        return "".join(
            _words_in(inner) for name, inner in told.items() if name == "text" or not isinstance(inner, str)
        )
    return ""
