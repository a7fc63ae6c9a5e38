"""The staff API's shapes: lines of the queue, what may be sent, and what comes back."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bot import reading
from content import Need
from waitingroom.activities import Kind
from waitingroom.caseload import Waits
from waitingroom.conversations import ContactState
from waitingroom.handoffs import Reason, Status, Urgency
from waitingroom.likeness import Sureness
from waitingroom.people import SafeContact
from waitingroom.referrals import Referral

LONGEST_MESSAGE = 1600
"""Twilio takes no longer text message (twilio.com, glossary: SMS character limit)."""
LONGEST_NOTE = 4000
DAY_MINUTES = 1440
MINUTE = timedelta(minutes=1)
WEEK = timedelta(weeks=1)


class UrgencyName(StrEnum):
    """How soon a person must look."""

    URGENT = "urgent"
    SOON = "soon"
    ROUTINE = "routine"

    @property
    def level(self) -> Urgency:
        """The same as the records have it."""
        return Urgency[self.name]


class CloseReason(StrEnum):
    """Why a referral came to an end."""

    GOALS_MET = "goals_met"
    MOVED_ON = "moved_on"
    COULD_NOT_REACH = "could_not_reach"
    NOT_SUITABLE = "not_suitable"
    NO_LONGER_WANTED = "no_longer_wanted"
    DIED = "died"
    OTHER = "other"


class Shape(BaseModel):
    """What is sent to the API: nothing but the named fields."""

    model_config = ConfigDict(extra="forbid")


class NeedNamed(BaseModel):
    """A need the person chose, by key and in words."""

    key: str = Field(examples=["lonely"])
    label: str = Field(examples=["Feeling lonely or cut off"])


class SafeWay(BaseModel):
    """How and when it is safe to reach someone."""

    how: str = Field(description="call, text or here (this same chat)", examples=["call"])
    when: str = Field(description="A part of the day, or the person's own words.", examples=["morning"])
    phone: str = Field(description="E.164; empty where they want no call or text.", examples=["+447700900123"])
    voicemail: bool = Field(description="Whether a message may be left.")
    warnings: list[str]


class Worker(BaseModel):
    """A member of staff."""

    id: uuid.UUID
    name: str = Field(examples=["Sam"])


class MaybeKnown(BaseModel):
    """Someone who may be on record before: look at the matches before you pick them up."""

    how_many: int = Field(description="How many others on record they may be.", examples=[1])
    sureness: Sureness = Field(description="Of the surest of them.", examples=["likely"])


class HandoffLine(BaseModel):
    """A hand-off as the queue shows it: enough to choose by, and no name until someone opens the story."""

    id: uuid.UUID
    status: Status
    urgency: UrgencyName
    reasons: list[Reason]
    raised_at: datetime
    waited_minutes: int = Field(description="Whole minutes since it was raised.", examples=[135])
    weeks_waited: int | None = Field(
        description="Whole weeks from joining to the first contact that took place, or until now; null without a "
        "referral.",
        examples=[3],
    )
    over_target: bool = Field(description="That is as long as this service wants nobody to wait, or longer.")
    channel: str = Field(description="Where the person last wrote.", examples=["web"])
    language: str = Field(description="BCP 47", examples=["en"])
    needs: list[NeedNamed]
    warnings: list[str] = Field(
        description="How it is safe to reach them, in plain sentences.",
        examples=[["Write in this chat only. Do not phone or text."]],
    )
    person_id: uuid.UUID | None = Field(description="Nobody yet where they have not made a referral.")
    referral_id: uuid.UUID | None
    maybe_known: MaybeKnown | None = Field(
        default=None, description="Null where nobody on record seems to be the same person."
    )
    claimed_by: Worker | None
    claimed_at: datetime | None
    unanswered_since: datetime | None = Field(
        default=None,
        description="When they wrote what their link worker has not answered yet; null where nothing waits.",
        examples=["2026-11-24T09:12:00Z"],
    )
    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"{self.version}"'


class HandoffEnded(HandoffLine):
    """A hand-off that was handed back or closed."""

    person_told: bool = Field(description="False where the person asked for no more messages there.")


class Handoffs(BaseModel):
    """One page of the queue, the most urgent first and of those the oldest."""

    handoffs: list[HandoffLine]
    next: str | None = Field(description="Where the next page is; null on the last.")


class VerdictName(StrEnum):
    """What danger that was heard came to."""

    ACTED_ON = "acted_on"
    A_WAY_OF_SPEAKING = "a_way_of_speaking"
    ABOUT_THE_PAST = "about_the_past"
    ABOUT_SOMEONE_ELSE = "about_someone_else"
    ALREADY_SAFE = "already_safe"
    A_TRY = "a_try"


class Found(Shape):
    """What someone found who looked at danger that was heard."""

    verdict: VerdictName = Field(examples=["a_way_of_speaking"])


class Closing(Shape):
    """How a hand-off is closed."""

    reason: CloseReason = Field(examples=["goals_met"])
    close_referral: bool = Field(
        default=False, strict=True, description="Also end the referral: the person leaves the waiting room."
    )


def words_needed(told: str) -> str:
    """Clean text of what cannot be seen; where nothing is left it is as good as empty."""
    cleaned = reading.clean(told)
    if not cleaned:
        raise PydanticCustomError("blank", "blank")
    return cleaned


class Writing(Shape):
    """What a link worker writes to a person."""

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_MESSAGE,
            examples=["Hello Ann, this is Sam, your link worker. Is Tuesday at 10am a good time to call?"],
        ),
        AfterValidator(words_needed),
    ]


class Doing(Shape):
    """A support activity to note down."""

    kind: Kind = Field(examples=["call"])
    minutes: int = Field(ge=0, le=DAY_MINUTES, strict=True, examples=[15])
    attended: bool = Field(
        default=True,
        strict=True,
        description="False where they did not answer or come. The first call, visit or video call that they were "
        "there for stops the clock of their wait.",
    )
    note: Annotated[str, Field(max_length=LONGEST_NOTE, examples=["Spoke about the crafting group."])] = ""


class QueueStatus(StrEnum):
    """Which open hand-offs to list."""

    WAITING = "waiting"
    CLAIMED = "claimed"


def line(waits: Waits, needs: Mapping[str, Need], *, target_weeks: int, now: datetime) -> HandoffLine:
    """Show one hand-off as a line of the queue."""
    handoff, referral = waits.handoff, waits.referral
    waited = _weeks_waited(referral, now)
    claimer = waits.claimed_by
    return HandoffLine(
        id=handoff.id,
        status=handoff.status,
        urgency=urgency_name(handoff.urgency),
        reasons=[Reason(reason) for reason in handoff.reasons],
        raised_at=handoff.raised_at,
        waited_minutes=max((now - handoff.raised_at) // MINUTE, 0),
        weeks_waited=waited,
        over_target=waited is not None and waited >= target_weeks,
        channel=waits.contact.channel if waits.contact else "",
        language=waits.language,
        needs=named(referral.needs if referral else (), needs),
        warnings=_warnings(waits),
        person_id=referral.person_id if referral else None,
        referral_id=referral.id if referral else None,
        maybe_known=maybe_known(waits.maybe_known),
        claimed_by=Worker(id=claimer.id, name=claimer.name) if claimer else None,
        claimed_at=handoff.claimed_at,
        unanswered_since=waits.unanswered_since,
        version=handoff.version,
    )


def maybe_known(found: Sequence[Sureness]) -> MaybeKnown | None:
    """Say how many others someone may be, and how sure the surest of it is."""
    if not found:
        return None
    sure = Sureness.CERTAIN if Sureness.CERTAIN in found else Sureness.LIKELY
    return MaybeKnown(how_many=len(found), sureness=sure)


def _weeks_waited(referral: Referral | None, now: datetime) -> int | None:
    """Read the clock of someone's wait, the same that estimates are made from."""
    if referral is None:
        return None
    return max((referral.contacted_at or referral.ended_at or now) - referral.joined_at, timedelta(0)) // WEEK


def urgency_name(urgency: int) -> UrgencyName:
    """Name an urgency."""
    return UrgencyName[Urgency(urgency).name]


def named(keys: list[str] | tuple[()], needs: Mapping[str, Need]) -> list[NeedNamed]:
    """Put needs in words; one that is no longer in the content goes by its key."""
    return [NeedNamed(key=key, label=needs[key].label if key in needs else key) for key in keys]


def warnings_of(reach: SafeContact) -> list[str]:
    """Say in plain sentences what someone must not do who wants to reach this person safely."""
    said: list[str] = []
    if reach.how == "here":
        said.append("Write in this chat only. Do not phone or text.")
    if reach.how == "letter":
        said.append("Write letters only. Do not phone or text.")
    if reach.how == "text":
        said.append("Text only. Do not phone.")
    if reach.how == "call" and not reach.voicemail:
        said.append("Do not leave a message if they do not answer.")
    if reach.when != "any":
        said.append("Only at the times they said: open their story first.")
    return said


def _warnings(waits: Waits) -> list[str]:
    said = warnings_of(waits.reach) if waits.reach else []
    if waits.person_id and not waits.reach:
        said.append("What they told us can no longer be read. Do not contact them.")
    if waits.contact and waits.contact.state is not ContactState.OPEN:
        said.append("They asked for no more messages where they last wrote, or messages no longer arrive there.")
    return said
