"""The shapes of appointments, messages for later, templates and previews in the staff API."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from api.staff.models import LONGEST_MESSAGE, Shape, words_needed
from bot.preview import Preview
from content import Template
from waitingroom.appointments import MOST_OFFERED, Appointment, Status, Way
from waitingroom.later import LaterMessage
from waitingroom.later import Status as LaterStatus
from waitingroom.unanswered import Stage

Moment = Annotated[AwareDatetime, Field(examples=["2026-12-01T10:00:00+00:00"])]
Minutes = Annotated[int, Field(ge=5, le=480, strict=True, examples=[30])]
Place = Annotated[str, Field(max_length=120, description="Told once they have taken a time; sealed.")]
Words = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_MESSAGE, examples=["Hello Ann, how did it go? Sam"]),
    AfterValidator(words_needed),
]


class Versioned(BaseModel):
    """A record with a version."""

    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"{self.version}"'


class Offering(Shape):
    """Times to offer to a person: they answer with a number, a day or an hour, or none of these."""

    starts: Annotated[list[Moment], Field(min_length=1, max_length=MOST_OFFERED)]
    minutes: Minutes = 30
    way: Way = Field(examples=["call"])
    place: Place = ""
    agreed: bool = Field(
        default=False,
        strict=True,
        description="They took the one time already, on the phone: nothing is sent now.",
    )


class AppointmentTold(Versioned):
    """One appointment and where it stands."""

    id: uuid.UUID
    status: Status
    by: str = Field(description="The link worker's name.", examples=["Sam"])
    way: Way
    place: str
    minutes: int
    offered: list[datetime]
    starts_at: datetime | None = Field(description="The time they took; null while they have not.")
    ends_at: datetime | None
    answered_at: datetime | None
    settled_at: datetime | None


class Appointments(BaseModel):
    """Appointments, in order."""

    appointments: list[AppointmentTold]


class WritingLater(Shape):
    """What a link worker writes to a person: now, or at a time to come."""

    text: Words
    send_at: Moment | None = Field(default=None, description="When it goes, within 60 days; null: now.")
    anyway: bool = Field(
        default=False, strict=True, description="Send it then even if that is no hour they said is safe."
    )


class Rewriting(Shape):
    """What a message for later says from now on, and when it goes."""

    text: Words
    send_at: Moment
    anyway: bool = Field(default=False, strict=True)


class LaterTold(Versioned):
    """A message for later."""

    id: uuid.UUID
    status: LaterStatus
    text: str
    send_at: datetime
    anyway: bool
    by: str = Field(description="Who wrote it.", examples=["Sam"])
    message_id: int | None = Field(description="What it is in the story, once it went.")


class LaterList(BaseModel):
    """The messages for later to one person, by when they go."""

    later: list[LaterTold]


class Draft(Shape):
    """Words to look at before they are sent."""

    text: Words


class DearTold(BaseModel):
    """A character that makes the whole text cost about double."""

    character: str = Field(examples=["ł"])
    name: str = Field(examples=["latin small letter l with stroke"])
    instead: str | None = Field(description="What to write in its place, if anything.", examples=["l"])


class PreviewTold(BaseModel):
    """How a message would go now. Nothing was kept."""

    channel: str = Field(examples=["sms"])
    where: str = Field(examples=["to their phone, by text"])
    parts: list[str] = Field(description="As it arrives, message by message.")
    segments: int = Field(description="How many parts are charged.", examples=[1])
    encoding: Literal["GSM-7", "UCS-2", ""] = Field(description="Empty where nothing is charged.")
    pence: Decimal = Field(examples=["4"])
    pence_without: Decimal | None = Field(description="What it costs with those characters written plainly.")
    dear: list[DearTold]
    warnings: list[str] = Field(examples=[["It is between 8pm and 8am."]])
    safe_at: datetime | None = Field(description="The next hour that is safe, where now is not.")


class TemplateTold(BaseModel):
    """A message staff send often."""

    key: str = Field(examples=["hello"])
    shortcut: str = Field(examples=["/hello"])
    kind: str = Field(examples=["first"])
    title: str
    text: str = Field(description="What is not filled in stands in curly brackets.")
    wants: list[str] = Field(description="What is still to be filled in.", examples=[["when"]])


class Templates(BaseModel):
    """The messages staff send often."""

    templates: list[TemplateTold]


class Away(Shape):
    """When someone is back, and who reads for them meanwhile; no day: they are at work."""

    back_on: date | None = Field(examples=["2026-12-07"])
    cover_id: uuid.UUID | None = None


class AwayTold(BaseModel):
    """Whether someone is away."""

    back_on: date | None
    cover: str | None = Field(description="Who reads for them.", examples=["Priya"])


class AnsweredTold(BaseModel):
    """What came of noting an answer."""

    waited: bool = Field(description="They were waiting for one.", examples=[True])


class UnansweredLine(BaseModel):
    """Someone who wrote to their link worker and has no answer yet."""

    handoff_id: uuid.UUID
    unanswered_since: datetime
    stage: Stage
    claimed_by: str = Field(examples=["Sam"])
    cover: str | None = Field(description="Who reads for them while they are away.", examples=["Priya"])


class UnansweredList(BaseModel):
    """Who waits for an answer, the longest first."""

    unanswered: list[UnansweredLine]


def appointment_told(one: Appointment, place: str, staff: Mapping[uuid.UUID, str]) -> AppointmentTold:
    """Show one appointment; `staff` are names by id."""
    facts = one.model_dump(exclude={"place", "offered"})
    return AppointmentTold(**facts, place=place, offered=list(one.offered), by=staff.get(one.staff_id, ""))


def later_told(one: LaterMessage, text: str, staff: Mapping[uuid.UUID, str]) -> LaterTold:
    """Show one message for later."""
    return LaterTold(**one.model_dump(exclude={"words"}), text=text, by=staff.get(one.staff_id, ""))


def preview_told(found: Preview) -> PreviewTold:
    """Show a preview."""
    return PreviewTold.model_validate(
        {**vars(found), "dear": [vars(one) for one in found.dear], "parts": list(found.parts)}
    )


def template_told(template: Template, **values: str) -> TemplateTold:
    """Show one template, filled with what is known."""
    return TemplateTold(
        key=template.key,
        shortcut=template.shortcut,
        kind=template.kind,
        title=template.title,
        text=template.filled(**values),
        wants=[name for name in template.wants if not values.get(name)],
    )
