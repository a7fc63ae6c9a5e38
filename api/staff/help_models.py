"""The shapes of help asked of others in the staff API: one thing for one person, and nothing of their story."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.staff.models import DAY_MINUTES, SafeWay, Shape, warnings_of
from api.staff.work_models import NoteWords, Tagged, Words
from waitingroom import helping
from waitingroom.helping import Kind, Status


class HelpTold(Tagged):
    """One thing someone else is asked, or offers, to do. The case stays where it is."""

    type: Literal["help"] = "help"
    at: datetime = Field(description="When it was asked or offered.")
    id: uuid.UUID
    kind: Kind
    status: Status
    why: str = Field(description="What for, in one line.", examples=["Would like a lift to the craft group"])
    helper: str = Field(examples=["Pat of Age Pendle"])
    asked_by: str = Field(description="Empty where the helper offered it.", examples=["Sam"])
    name: str = Field(description="The name to use; empty once it has ended.", examples=["Ann"])
    code_word: str = Field(description="Say this first; empty where there is none.", examples=["robin"])
    safe_contact: SafeWay | None = Field(
        description="How it is safe to reach them; null once it no longer stands."
    )
    answered_at: datetime | None
    ended_at: datetime | None
    outcome: str = Field(description="What came of it; empty until it is done.")
    minutes: int | None


class Helps(BaseModel):
    """Help, the newest first."""

    helps: list[HelpTold]


class Agreement(StrEnum):
    """How it is known that the person agrees to another organisation being told of them."""

    STANDS = "stands"
    """they said yes before"""
    ASK_IN_CHAT = "ask_in_chat"
    """the bot asks them now; the helper is asked once they said yes"""
    HEARD_ALOUD = "heard_aloud"
    """they said yes aloud, to you, after you read out the words"""


class HelpAsked(Shape):
    """One thing asked of one other."""

    helper_id: uuid.UUID = Field(description="As GET /colleagues gives it.")
    kind: Kind = Field(examples=["call"])
    why: Annotated[Words, Field(examples=["Would like a lift to the craft group"])]
    agreement: Agreement = Field(
        default=Agreement.STANDS,
        description="How you know that they agree, where it is another organisation. With `ask_in_chat` it waits "
        "as `to_agree`; with `heard_aloud` it is kept that you heard it, and the words GET /colleagues gives.",
        examples=["ask_in_chat"],
    )


class HelpOffered(Shape):
    """One more thing a helper offers, unasked."""

    kind: Kind = Field(examples=["group_place"])
    why: Annotated[Words, Field(examples=["There is a place in our walking group on Tuesdays"])]


class HelpDone(Shape):
    """What came of it."""

    outcome: Annotated[NoteWords, Field(examples=["Rang twice; they are coming on Tuesday."])]
    minutes: int = Field(ge=0, le=DAY_MINUTES, strict=True, examples=[20])


def help_told(opened: helping.Opened) -> HelpTold:
    """Tell one help."""
    made, reach = opened.help, opened.reach
    return HelpTold(
        at=made.asked_at,
        id=made.id,
        kind=made.kind,
        status=made.status,
        why=opened.why,
        helper=opened.helper,
        asked_by=opened.asked_by,
        name=opened.name,
        code_word=opened.code_word,
        safe_contact=SafeWay(**reach.model_dump(), warnings=warnings_of(reach)) if reach else None,
        answered_at=made.answered_at,
        ended_at=made.ended_at,
        outcome=opened.outcome,
        minutes=made.minutes,
        version=made.version,
    )
