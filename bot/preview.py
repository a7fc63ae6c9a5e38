"""Preview: what a message will look like where it goes, what it costs, and what speaks against sending it now."""

import unicodedata
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from bot import reading, unasked
from bot.desk import Desk
from bot.messages import Reply
from content.segments import outside_gsm7, plainly, segments
from waitingroom import conversations, staff_tasks
from waitingroom.database import Session
from waitingroom.programme import next_waking

WINDOW = timedelta(hours=24)
"""WhatsApp takes free words for 24 hours after the person wrote (WhatsApp Business Platform, message rules)."""
WHATSAPP = "whatsapp"
CHARGED = ("sms", WHATSAPP)
QUIET = "It is between 8pm and 8am."
UNSAFE = "This is not one of the hours they said are safe."
UNKNOWN = "No hour is known to be safe for them."
CLOSED = "They wrote by WhatsApp over 24 hours ago. It waits until they write, or goes by text if they text us."
BY_HAND = "They asked to be called or written letters, not messaged."
WAYS = {
    "sms": "to their phone, by text",
    "whatsapp": "to their phone, by WhatsApp",
    "telegram": "to their phone, by Telegram",
    "web": "to their page: they see it when they open it",
}
ELSEWHERE = "to where they last wrote"
NO_MARK = str.maketrans({"ł": "l", "Ł": "L", "…": "...", "₤": "£", "đ": "d", "Đ": "D", "ŵ": "w", "ŷ": "y"})
"""Letters and signs that do not come apart into a plain one and its mark."""


@dataclass(frozen=True)
class Dear:
    """A character that makes the whole text cost about double, and what to write in its place, if anything."""

    character: str
    name: str
    instead: str | None


@dataclass(frozen=True)
class Preview:
    """How a message goes: its parts as they arrive, what it costs in pence, and warnings in plain words."""

    channel: str
    where: str
    parts: Sequence[str]
    segments: int
    encoding: str
    pence: Decimal
    dear: Sequence[Dear]
    """what stands outside the cheap alphabet, each once, in order"""
    pence_without: Decimal | None
    """what it costs with those written plainly, where that is less"""
    warnings: Sequence[str]
    safe_at: datetime | None
    """the next hour that is safe, where now is not"""


async def preview(
    session: Session, desk: Desk, *, conversation_id: uuid.UUID, text: str, pence: Decimal, now: datetime
) -> Preview:
    """Say how `text` would go to the person of a talk now; nothing is kept. `pence`: what one part costs.

    Raises StoppedError where they asked for no more messages there.
    """
    contact = await conversations.way_to_reach(session, conversation_id=conversation_id)
    words, channel = reading.clean(text), contact.channel
    laid_out = desk.laid_out(channel, [Reply(words)])
    parts = [reply.text for reply in laid_out]
    counted = sum(desk.channels[channel].segments(reply) for reply in laid_out)
    charged = channel in CHARGED and counted > 0
    dear = _dear(parts) if charged else []
    fewer = _plainest(words, desk, channel) if dear else counted
    warnings, safe_at = await _warnings(session, desk, conversation_id, now)
    if channel == WHATSAPP and now - contact.heard_at > WINDOW:
        warnings.append(CLOSED)
    return Preview(
        channel=channel,
        where=WAYS.get(channel, ELSEWHERE),
        parts=parts,
        segments=counted,
        encoding=("UCS-2" if dear else "GSM-7") if charged else "",
        pence=pence * counted if charged else Decimal(0),
        dear=dear,
        pence_without=pence * fewer if fewer < counted else None,
        warnings=warnings,
        safe_at=safe_at,
    )


def replacement(character: str) -> str | None:
    """Offer what to write in place of a character that doubles the price: plain signs, or letters without marks.

    None where nothing plain says the same, as with an emoji.
    """
    plain = plainly(character)
    if plain != character and not outside_gsm7(plain):
        return plain
    apart = unicodedata.normalize("NFKD", character.translate(NO_MARK))
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return bare if bare and not outside_gsm7(bare) else None


def _dear(parts: Sequence[str]) -> list[Dear]:
    strange = outside_gsm7("".join(parts))
    return [Dear(one, unicodedata.name(one, f"U+{ord(one):04X}").lower(), replacement(one)) for one in strange]


def _plainest(words: str, desk: Desk, channel: str) -> int:
    """Count the parts where every character that has a plain one in its place is written so."""
    plain = "".join((replacement(one) or one) if outside_gsm7(one) else one for one in words)
    return sum(segments(reply.text) for reply in desk.laid_out(channel, [Reply(plain)]))


async def _warnings(
    session: Session, desk: Desk, conversation_id: uuid.UUID, now: datetime
) -> tuple[list[str], datetime | None]:
    """Say what speaks against writing now, and when the next safe hour is."""
    said: list[str] = []
    if next_waking(now, desk.service.zone) > now:
        said.append(QUIET)
    safe_at = await unasked.safe(session, desk, conversation_id=conversation_id, at=now)
    known = safe_at == await unasked.safe(session, desk, conversation_id=conversation_id, at=safe_at)
    if safe_at > now and not (said and known and safe_at == next_waking(now, desk.service.zone)):
        said.append(UNSAFE if known else UNKNOWN)
    if await staff_tasks.kind_for(session, conversation_id=conversation_id) is not None:
        said.append(BY_HAND)
    return said, (safe_at if known and safe_at > now else None)
