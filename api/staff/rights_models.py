"""The staff API's shapes of complaints and of requests about one's own data, each with its clock."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.staff.models import LONGEST_MESSAGE, Shape, words_needed
from waitingroom import complaints, data_requests
from waitingroom.complaints import Complaint, Outcome
from waitingroom.data_requests import DataRequest

Told = Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE), AfterValidator(words_needed)]
ANOTHER_WAY = "You have told them another way: nothing is sent. For people who cannot be written to here."


class ComplaintLine(BaseModel):
    """A complaint as the queue shows it: its clock, and none of its words."""

    id: uuid.UUID
    reference: str = Field(examples=["C 1234 5674"])
    status: complaints.Status
    outcome: Outcome | None
    received_at: datetime
    due_on: date = Field(description="The last day to acknowledge it.")
    days_left: int = Field(description="Until that day; below 0 it is overdue.", examples=[12])
    overdue: bool
    acknowledged_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    conversation_id: uuid.UUID | None = Field(description="Null once the person has had everything deleted.")
    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])


class ComplaintTold(ComplaintLine):
    """A complaint with the person's own words."""

    words: str


class Complaints(BaseModel):
    """The complaints that stand, those not acknowledged first and of those the one due soonest."""

    complaints: list[ComplaintLine]
    overdue: int = Field(description="How many should have been acknowledged by now.")


class Acknowledging(Shape):
    """How someone hears that their complaint was read."""

    told_another_way: bool = Field(default=False, strict=True, description=ANOTHER_WAY, examples=[False])


class Answering(Shape):
    """The answer to a complaint."""

    text: Told = Field(examples=["We are sorry. We will only call you in the evening from now on."])
    told_another_way: bool = Field(default=False, strict=True, description=ANOTHER_WAY)


class ClosingComplaint(Shape):
    """What came of a complaint."""

    outcome: Outcome = Field(examples=["upheld"])


class RequestLine(BaseModel):
    """A request about someone's own data as the queue shows it: its clock, and none of its words."""

    id: uuid.UUID
    kind: data_requests.Kind
    status: data_requests.Status
    received_at: datetime
    due_on: date = Field(description="One calendar month after it came.")
    days_left: int = Field(examples=[12])
    overdue: bool
    ended_at: datetime | None
    rows_deleted: int | None = Field(description="How many rows went where everything was deleted.")
    conversation_id: uuid.UUID | None
    version: int = Field(examples=[1])


class RequestTold(RequestLine):
    """A request with what the person wrote to it."""

    words: str


class Requests(BaseModel):
    """The requests that stand, the one due soonest first."""

    requests: list[RequestLine]
    overdue: int


class EndingRequest(Shape):
    """How a request is ended, and what the person is told."""

    outcome: Literal["done", "refused", "deleted"] = Field(
        description="`deleted`, for a wish to be deleted: all that is held goes, now and for good."
    )
    text: Told = Field(examples=["We have put that right. Thank you for telling us."])
    told_another_way: bool = Field(default=False, strict=True, description=ANOTHER_WAY)


def complaint_line(complaint: Complaint, today: date) -> ComplaintLine:
    """Show a complaint as a line of the queue."""
    return ComplaintLine(**_clocked(complaint, today))


def complaint_told(complaint: Complaint, words: str, today: date) -> ComplaintTold:
    """Show a complaint with its words."""
    return ComplaintTold(**_clocked(complaint, today), words=words)


def request_line(request: DataRequest, today: date) -> RequestLine:
    """Show a request as a line of the queue."""
    return RequestLine(**_clocked(request, today))


def request_told(request: DataRequest, words: str, today: date) -> RequestTold:
    """Show a request with its words."""
    return RequestTold(**_clocked(request, today), words=words)


def _clocked(one: Complaint | DataRequest, today: date) -> dict[str, Any]:
    facts = one.model_dump(exclude={"words", "handled_by", "ended_by"})
    return {**facts, "days_left": (one.due_on - today).days, "overdue": one.overdue(today)}
