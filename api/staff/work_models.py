"""The shapes of a link worker's work in the staff API: to-dos, notes, the caseload, transfers, search."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.staff.models import LONGEST_NOTE, NeedNamed, Shape, UrgencyName, urgency_name, words_needed
from waitingroom import loads, notes, to_dos
from waitingroom.people_search import Line
from waitingroom.to_dos import Kind
from waitingroom.transfers import Transfer

LONGEST_LINE = 300
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(words_needed)]
NoteWords = Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE), AfterValidator(words_needed)]
TO_DO: dict[str, Any] = {
    "id": "6a0f3c1e-0a36-4c1c-9d1b-6f6f4e1f2a10",
    "kind": "to_do",
    "words": "Ring the craft group",
    "due_on": "2026-11-27",
    "overdue": False,
    "done_at": None,
    "person_id": "0b0e7a4e-5a0c-4a52-9a4f-2f1a7f5d7f10",
    "name": "Ann",
    "whose": "Sam",
    "version": 1,
}


def example(**told: Any) -> ConfigDict:
    """Give a shape an example in the API's description."""
    return ConfigDict(json_schema_extra={"examples": [told]})


class Tagged(BaseModel):
    """Something with a version, for If-Match."""

    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"{self.version}"'


class ToDoTold(Tagged):
    """One thing to do by a day."""

    model_config = example(**TO_DO)

    id: uuid.UUID
    kind: Kind
    words: str = Field(description="Empty for a next contact, where the day says all.")
    due_on: date
    overdue: bool = Field(description="It is not done, and was due on an earlier day.")
    done_at: datetime | None
    person_id: uuid.UUID | None = Field(description="Whom it is about; null: nobody, or nobody known yet.")
    name: str = Field(description="The name to use.")
    whose: str = Field(description="Who is to do it.")


class ToDos(BaseModel):
    """Things to do, the longest due first."""

    model_config = example(to_dos=[TO_DO])

    to_dos: list[ToDoTold]


class ToDoAsked(Shape):
    """Something to be done by a day."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"words": "Ring the craft group", "due_on": "2026-11-27"}]},
    )

    words: Words
    due_on: date
    for_id: uuid.UUID | None = Field(default=None, description="A colleague's id; without it, your own.")


class ToDoChange(Shape):
    """What is to be different."""

    words: Words | None = Field(default=None, examples=["Ring the craft group on Friday"])
    due_on: date | None = Field(default=None, examples=["2026-11-28"])


class Ticked(Shape):
    """Whether it is done."""

    done: bool = Field(default=True, strict=True, examples=[True])


class NextContact(Shape):
    """The day they are to be contacted next."""

    on: date = Field(examples=["2026-12-01"])


class NoteTold(Tagged):
    """A private note: for staff, never said to the person in a chat."""

    type: Literal["note"] = "note"
    at: datetime
    id: uuid.UUID
    by: str = Field(examples=["Sam"])
    text: str = Field(examples=["Sounded brighter today."])
    third_party: bool = Field(description="Left out of the copy of their record that the person may ask for.")
    changed_at: datetime | None


class Notes(BaseModel):
    """The notes about someone, oldest first."""

    notes: list[NoteTold]


class NoteWritten(Shape):
    """A private note."""

    text: Annotated[NoteWords, Field(examples=["Sounded brighter today."])]
    third_party: bool = Field(
        default=False, strict=True, description="It tells of somebody else, or what they said in confidence."
    )


class TransferTold(BaseModel):
    """Someone went from one link worker to another."""

    type: Literal["transfer"] = "transfer"
    at: datetime
    id: uuid.UUID
    from_: str = Field(serialization_alias="from", validation_alias="from", examples=["Sam"])
    to: str = Field(examples=["Priya"])
    why: str = Field(examples=["Sam is away until January"])
    told_at: datetime | None = Field(description="When the person was told; null: not yet, or they cannot be.")


class Transferring(Shape):
    """Who is to have a person from now on, and why."""

    to: uuid.UUID = Field(description="A colleague's id, as GET /colleagues gives it.")
    why: Annotated[Words, Field(examples=["Sam is away until January"])]


class Weighing(Shape):
    """What a hand-off weighs in a caseload."""

    weight: Annotated[int, Field(ge=loads.LIGHT, le=loads.HEAVY, strict=True)] | None = Field(
        description="1 light, 2 usual, 3 heavy; null: as it is worked out.", examples=[3]
    )


class Capping(Shape):
    """How much weight someone should carry at once."""

    weight: int = Field(ge=1, le=1000, strict=True, examples=[90])


class Capped(BaseModel):
    """How much weight someone should carry at once."""

    weight: int = Field(examples=[90])


class CaseTold(BaseModel):
    """One person someone carries."""

    handoff_id: uuid.UUID
    person_id: uuid.UUID | None
    name: str = Field(examples=["Ann"])
    reference: str = Field(examples=["4821 7735"])
    needs: list[NeedNamed]
    urgency: UrgencyName
    weight: int = Field(examples=[2])
    weight_set: bool = Field(description="A person set it; else it is worked out.")
    claimed_at: datetime
    contacted_at: datetime | None = Field(description="The last message to them, or time they were spoken with.")
    next_on: date | None = Field(description="When they are to be contacted next.")
    overdue: bool = Field(description="That day has passed.")
    version: int


class LoadTold(BaseModel):
    """What one member of staff carries, in numbers."""

    staff_id: uuid.UUID
    name: str = Field(examples=["Sam"])
    people: int = Field(examples=[41])
    weight: int = Field(examples=[83])
    cap: int = Field(examples=[115])
    over_cap: bool
    overdue: int = Field(description="Next contacts whose day has passed.", examples=[2])
    talk_by: date | None = Field(
        description="Danger they dealt with is to be talked through with their lead by then; null: none is open."
    )


class Caseload(BaseModel):
    """What you carry, and whom: whose next contact is due first."""

    load: LoadTold
    cases: list[CaseTold]


class Team(BaseModel):
    """What everyone of your hub carries, by name and never by rank."""

    team: list[LoadTold]


class Colleague(BaseModel):
    """Someone who works here, whom one may transfer to or ask for help."""

    id: uuid.UUID
    name: str = Field(examples=["Priya"])
    role: str = Field(examples=["link_worker"])
    organisation: str | None = Field(
        default=None, description="Of a provider: whom they work for, as people know it.", examples=["Age Pendle"]
    )
    read_out: str | None = Field(
        default=None,
        description="Of a provider: the words to read to someone before their yes, said aloud, is noted.",
        examples=["May we tell Age Pendle your first name and how to reach you, so that they can help?"],
    )


class Colleagues(BaseModel):
    """Who works here with people of your hub, by name."""

    colleagues: list[Colleague]


class PersonLine(BaseModel):
    """One person found."""

    person_id: uuid.UUID
    name: str = Field(description="The name to use.", examples=["Ann"])
    reference: str = Field(examples=["4821 7735"])
    area: str = Field(examples=["BB9"])
    state: str = Field(description="Where their referral stands; empty: they made none.", examples=["waiting"])
    handoff_id: uuid.UUID | None = Field(description="Their open hand-off.")
    claimed_by: str = Field(description="Who has them; empty: nobody.", examples=["Sam"])


class PeopleFound(BaseModel):
    """Who was found, at most 50, by name."""

    people: list[PersonLine]
    more: bool = Field(description="There are more: add another word of the name, or the year they were born.")
    elsewhere: bool = Field(
        description="That reference or number is of someone of another hub. Break the glass to open their story."
    )


def to_do_told(opened: to_dos.Opened, *, today: date) -> ToDoTold:
    """Tell one to-do."""
    to_do = opened.to_do
    return ToDoTold(
        id=to_do.id,
        kind=to_do.kind,
        words=opened.words,
        due_on=to_do.due_on,
        overdue=to_do.done_at is None and to_do.due_on < today,
        done_at=to_do.done_at,
        person_id=opened.person_id,
        name=opened.name,
        whose=opened.whose,
        version=to_do.version,
    )


def note_told(note: notes.PrivateNote, words: str, staff: dict[uuid.UUID, str]) -> NoteTold:
    """Tell one note."""
    return NoteTold(
        at=note.written_at,
        id=note.id,
        by=staff.get(note.staff_id, ""),
        text=words,
        third_party=note.third_party,
        changed_at=note.changed_at,
        version=note.version,
    )


def transfer_told(made: Transfer, why: str, staff: dict[uuid.UUID, str]) -> TransferTold:
    """Tell one transfer."""
    return TransferTold.model_validate(
        {
            "at": made.at,
            "id": made.id,
            "from": staff.get(made.from_id, ""),
            "to": staff.get(made.to_id, ""),
            "why": why,
            "told_at": made.told_at,
        }
    )


def load_told(load: loads.Load) -> LoadTold:
    """Tell what one member of staff carries."""
    return LoadTold(**vars(load), over_cap=load.weight > load.cap)


def case_told(case: loads.Case, needs: list[NeedNamed], *, today: date) -> CaseTold:
    """Tell one case."""
    told = {
        name: value for name, value in vars(case).items() if name not in {"conversation_id", "needs", "urgency"}
    }
    overdue = case.next_on is not None and case.next_on < today
    return CaseTold(**told, needs=needs, urgency=urgency_name(case.urgency), overdue=overdue)


def person_line(line: Line) -> PersonLine:
    """Tell one person found."""
    return PersonLine(**vars(line))
