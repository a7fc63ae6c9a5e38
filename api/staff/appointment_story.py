"""Appointments in a person's timeline: offered, taken, moved, kept, missed or called off, each in words."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.appointment_words import when
from bot.service import Service
from waitingroom.appointments import Appointment, Status, Step, Way

WAYS: Mapping[Way, str] = {
    Way.CALL: "a call",
    Way.VIDEO: "a video call",
    Way.VISIT: "a visit at home",
    Way.PLACE: "a meeting",
}
ENDS: Mapping[Status, str] = {
    Status.DECLINED: "None of the times for {way} suited them",
    Status.LAPSED: "They did not answer the offer of {way} in time",
    Status.CANCELLED: "Cancelled by staff: {way}{on}",
    Status.CALLED_OFF: "They called off {way}{on}",
    Status.KEPT: "Kept: {way}{on}",
    Status.MISSED: "Missed: {way}{on}",
}


class AppointmentEntry(BaseModel):
    """One thing that happened with an appointment: it was offered, taken, moved, or came to its end."""

    type: Literal["appointment"] = "appointment"
    at: datetime
    id: uuid.UUID = Field(description="The appointment's id: it may stand here up to three times.")
    step: Step = Field(description="Which of its three moments this is.", examples=["settled"])
    status: Status = Field(description="Where it stood then.", examples=["kept"])
    by: str = Field(description="Whose appointment it is.", examples=["Sam"])
    text: str = Field(description="The same in words.", examples=["Kept: a call on Tue 1 Dec, 10am, 30 minutes"])

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "appointment",
                    "at": "2026-12-01T10:31:00Z",
                    "id": "01936b2e-1111-7000-8000-000000000001",
                    "step": "settled",
                    "status": "kept",
                    "by": "Sam",
                    "text": "Kept: a call on Tue 1 Dec, 10am, 30 minutes",
                }
            ]
        }
    )


def appointment_lines(
    made: Sequence[tuple[Appointment, str]], staff: Mapping[uuid.UUID, str], service: Service
) -> list[AppointmentEntry]:
    """Tell every moment of these appointments, oldest first. Each comes with where it is, or ""."""
    begun = {one.made_at for one, _place in made}
    lines = [
        appointment_line(one, place, step, staff, service, replaced=one.settled_at in begun)
        for one, place in made
        for step in _steps(one)
    ]
    return sorted(lines, key=lambda line: (line.at, line.id))


def appointment_line(
    made: Appointment, place: str, step: Step, staff: Mapping[uuid.UUID, str], service: Service, *, replaced: bool
) -> AppointmentEntry:
    """Tell one moment of an appointment. `replaced`: where it was cancelled, others were offered in its place."""
    at, status = {
        Step.OFFERED: (made.made_at, Status.OFFERED),
        Step.TAKEN: (made.answered_at, Status.ACCEPTED),
        Step.SETTLED: (made.settled_at, made.status),
    }[step]
    assert at is not None  # noqa: S101 -- only moments that were are asked for
    return AppointmentEntry(
        at=at,
        id=made.id,
        step=step,
        status=status,
        by=staff.get(made.staff_id, ""),
        text=_words(made, place, step, service, replaced=replaced),
    )


def _steps(made: Appointment) -> Iterator[Step]:
    if made.answered_at != made.made_at:
        yield Step.OFFERED
    if made.answered_at is not None:
        yield Step.TAKEN
    if made.settled_at is not None:
        yield Step.SETTLED


def _words(made: Appointment, place: str, step: Step, service: Service, *, replaced: bool) -> str:
    way = WAYS[made.way]
    on = f" on {when(made.starts_at, service)}, {made.minutes} minutes" if made.starts_at else ""
    if step is Step.OFFERED:
        times = "; ".join(when(at, service) for at in made.offered)
        return f"Offered {way} of {made.minutes} minutes: {times}"
    if step is Step.TAKEN:
        agreed = "Agreed on the phone" if made.answered_at == made.made_at else "They took"
        return f"{agreed}{':' if agreed[0] == 'A' else ''} {way}{on}{f'. Where: {place}' if place else ''}"
    if made.status is Status.CANCELLED and replaced:
        return f"Moved: {way}{on or ' that was offered'}. New times were offered"
    return ENDS[made.status].format(way=way, on=on)
