"""Crossing: words that carry a chat into another talk, heard before any flow."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime

from bot.messages import Inbound
from bot.words import _
from waitingroom import crossings
from waitingroom.conversations import Place
from waitingroom.crossings import SILENT_FOR
from waitingroom.database import Session

CODE = re.compile(r"continue[\s:.,-]+([a-z2-9]{4})[\s.-]*([a-z2-9]{4})[\s.]*", re.IGNORECASE)
REFERENCE = re.compile(r"[^\d]{0,30}(\d{4})[\s.-]?(\d{4})[^\d]{0,30}")
WELCOME = _("You are back where you were. Nothing is lost.")


@dataclass(frozen=True)
class Found:
    """What someone sent to be let into a talk: the code they were given, or their reference."""

    code: str = ""
    reference: str = ""


def heard(text: str, place: Place) -> Found | None:
    """Find a code, or at a place where one is asked for a reference; None where there is neither."""
    if code := CODE.fullmatch(text.strip()):
        return Found(code="".join(code.groups()))
    if place in {Place.RETURNING, Place.STRANGER} and (reference := REFERENCE.fullmatch(text.strip())):
        return Found(reference=" ".join(reference.groups()))
    return None


async def carry(
    session: Session, found: Found, inbound: Inbound, *, talk: uuid.UUID, contact: uuid.UUID
) -> uuid.UUID:
    """Carry a chat out of `talk` into the one it belongs to; returns that. Raises a RefusedError in kind words."""
    if found.code:
        return await crossings.cross(
            session, conversation_id=talk, contact_id=contact, code=found.code, now=inbound.at
        )
    return await crossings.prove(
        session, conversation_id=talk, contact_id=contact, reference=found.reference, now=inbound.at
    )


def too_long_silent(heard_at: datetime, place: Place, now: datetime) -> bool:
    """Say whether a chat must prove itself again before anything of its talk is shown, finished or not."""
    return place is not Place.RETURNING and now - heard_at > SILENT_FOR
