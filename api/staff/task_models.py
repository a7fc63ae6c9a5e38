"""The shapes of calls to make and letters to post in the staff API."""

import uuid
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.staff.models import Shape, warnings_of, words_needed
from waitingroom.staff_tasks import Kind, Opened, StaffTask, Status

AddressLine = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(words_needed)]


class TaskLine(BaseModel):
    """A call or a letter as the list shows it: no name and no words until it is opened."""

    id: uuid.UUID
    kind: Kind
    status: Status
    due_on: date
    overdue: bool = Field(description="It was due on an earlier day.")
    tries: int = Field(description="How often they could not be reached.", examples=[0])
    referral_id: uuid.UUID
    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"{self.version}"'


class Tasks(BaseModel):
    """What is to be done by hand, the longest due first."""

    tasks: list[TaskLine]


class TaskTold(TaskLine):
    """A call or a letter with all that is needed to do it."""

    name: str = Field(description="The name to use.", examples=["Ann"])
    code_word: str = Field(description="Say this first, so that they know it is you; empty where there is none.")
    phone: str = Field(description="E.164; empty for a letter.", examples=["+447700900123"])
    when: str = Field(description="When it is safe to call, in a word or their own.", examples=["morning"])
    warnings: list[str]
    address: list[str] = Field(description="Where the letter goes, line by line; empty for a call.")
    words: list[str] = Field(description="What to say: all that fell due in its week.")


class AnswerName(StrEnum):
    """What someone said on the phone when asked."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    YES = "yes"
    NO = "no"
    NOT_SURE = "not_sure"


class Settling(Shape):
    """What came of it."""

    reached: bool = Field(strict=True, description="They were told; or the letter was posted.", examples=[True])
    answer: AnswerName | None = Field(
        default=None,
        description="Where they were asked how things are, or whether to stay on the list. "
        "Worse has a link worker look the same day; no takes nobody off the list.",
    )


class ReachedBy(Shape):
    """How someone is reached by hand from now on."""

    how: Kind
    address: Annotated[tuple[AddressLine, ...], Field(max_length=7, examples=[["1 Mill Lane", "Nelson"]])] = ()

    @model_validator(mode="after")
    def _letters_need_an_address(self) -> Self:
        if self.how is Kind.LETTER and not self.address:
            raise PydanticCustomError("missing", "missing")
        return self


class ReachedByTold(BaseModel):
    """How someone is reached from now on."""

    how: Kind = Field(examples=["letter"])
    address: list[str] = Field(examples=[["12 Canal Street", "Nelson", "BB9 7AA"]])


def task_line(task: StaffTask, *, today: date) -> TaskLine:
    """Show one task as a line of the list."""
    return TaskLine(
        id=task.id,
        kind=task.kind,
        status=task.status,
        due_on=task.due_on,
        overdue=task.status is Status.TO_DO and task.due_on < today,
        tries=task.tries,
        referral_id=task.referral_id,
        version=task.version,
    )


def task_told(opened: Opened, *, today: date) -> TaskTold:
    """Show one task whole."""
    by_phone = opened.task.kind is Kind.CALL
    return TaskTold(
        **task_line(opened.task, today=today).model_dump(),
        name=opened.name,
        code_word=opened.code_word,
        phone=opened.reach.phone if by_phone else "",
        when=opened.reach.when,
        warnings=warnings_of(opened.reach) if by_phone else [],
        address=[] if by_phone else list(opened.reach.address),
        words=list(opened.words),
    )
