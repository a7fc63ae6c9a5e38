"""What a message would look like and cost, said on the page before it goes."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from api.staff.access import Visit
from bot import preview
from bot.preview import Dear, Preview
from waitingroom.conversations import StoppedError
from waitingroom.database import Session


@dataclass(frozen=True)
class Look:
    """A message before it goes: its cost and what speaks against it, in sentences; its parts as they arrive."""

    words: str = ""
    parts: Sequence[str] = ()


async def look(session: Session, visit: Visit, *, conversation_id: uuid.UUID, text: str) -> Look:
    """Say how `text` would go to the person of a talk now; nothing is kept."""
    pence = visit.house.settings.sms_pence
    try:
        found = await preview.preview(
            session,
            visit.house.desk,
            conversation_id=conversation_id,
            text=text,
            pence=pence,
            now=visit.now,
        )
    except StoppedError as stopped:
        return Look(stopped.words)
    told = [_cost(found, len(text)), *(_dear(found, one) for one in found.dear), *found.warnings]
    return Look(" ".join(told), found.parts)


def _cost(found: Preview, characters: int) -> str:
    if not found.encoding:
        return f"{characters} characters. Sending it costs nothing."
    texts = f"{found.segments} text{'' if found.segments == 1 else 's'}"
    return f"{characters} characters: charged as {texts}, about {_pence(found.pence)}."


def _dear(found: Preview, one: Dear) -> str:
    """Name a character that makes the whole message dear, and what to write in its place."""
    instead = "Leave it out" if one.instead is None else f'Write "{one.instead}" instead'
    saved = f" to pay {_pence(found.pence_without)}" if found.pence_without is not None else ""
    return f'"{one.character}" ({one.name}) makes the whole message dearer. {instead}{saved}.'


def _pence(pence: Decimal) -> str:
    return f"{pence.normalize():f}p"
