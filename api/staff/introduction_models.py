"""The shapes of the staff API for people others told us of."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from api.staff.models import Shape
from bot import reading
from content import Need
from waitingroom import asking
from waitingroom.authorities import Kind
from waitingroom.introductions import Relationship, Status, Way
from waitingroom.told_of import Ending, Opened, Seen

OLDEST = 120
LONGEST_WORDS = 2000


def _seen(told: str) -> str:
    """Clean text of what cannot be seen; where nothing is left it is as good as empty."""
    cleaned = reading.clean(told)
    if not cleaned:
        raise PydanticCustomError("blank", "blank")
    return cleaned


def _postcode(told: str) -> str:
    found = reading.postcode(told) or reading.outward(told)
    if found is None:
        raise PydanticCustomError("not_a_postcode", "not a postcode")
    return found


class IntroductionLine(BaseModel):
    """Someone another person told us of, as a list shows it: no name and no number until it is opened."""

    id: uuid.UUID
    status: Status = Field(
        description="to_ask: a text goes out soon. held: danger was heard where it was told, so their phone stays "
        "silent until you release it. to_call: someone here must call. awaiting_person: asked, and not answered "
        "yet. authority_unverified: papers must be checked. agreed: they said yes.",
    )
    relationship: Relationship = Field(
        description="Who they are to whoever told us, or how the two know each other."
    )
    way: Way
    in_danger: bool = Field(description="Danger was heard where it was told, and nobody has released it since.")
    told_at: datetime
    asked_at: datetime | None
    reminded_at: datetime | None
    answered_at: datetime | None
    ends_at: datetime | None = Field(description="When it is deleted by itself, should nothing happen.")
    handoff_id: uuid.UUID | None = Field(description="The open hand-off of whoever told us.")
    version: int = Field(description="Its ETag, without the quotation marks.", examples=[1])

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"{self.version}"'


class AuthorityTold(BaseModel):
    """What lets someone decide for the person, as they say."""

    kind: Kind
    code: str = Field(
        description="The access code for gov.uk's View a lasting power of attorney; empty where they had none at "
        "hand: ask to see the papers.",
        examples=["V-46QW-7YRT-P9UD"],
    )
    age: int
    postcode: str
    checked_at: datetime | None


class IntroductionTold(IntroductionLine):
    """All that was told of someone, and by whom. None of it is the person's own word."""

    name: str = Field(description="The person's first name, as it was told.", examples=["Rose"])
    phone: str = Field(description="The person's number, E.164; empty where they have none.")
    careful: bool = Field(
        description="Speak with whoever told us first: it may not be safe to use the person's number, or they "
        "answer it themselves.",
    )
    told_by: str = Field(description="The name of whoever told us.", examples=["Karen"])
    told_by_phone: str = Field(examples=["+447700900222"])
    their_words: str = Field(description="What might help, in the words of whoever told us.")
    dangers: list[str] = Field(description="Kinds of danger heard where it was told.", examples=[["abuse"]])
    authority: AuthorityTold | None


class Introductions(BaseModel):
    """People others told us of, the oldest first, 200 at most."""

    introductions: list[IntroductionLine]


class Dropping(Shape):
    """Why nothing comes of it. After `said_no` they are not asked for half a year, after `never_again` never."""

    reason: Ending = Field(examples=["could_not_reach"])


class Dropped(BaseModel):
    """It is deleted."""

    deleted: Literal[True] = Field(default=True, examples=[True])


class HeardYes(Shape):
    """What the person said themselves, on the phone, after a plain yes to the question for consent."""

    said_yes: Literal[True] = Field(description="They said yes to the words at /api/v1/introductions/wording.")
    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Rose"]), AfterValidator(_seen)]
    age: Annotated[int, Field(ge=18, le=OLDEST, strict=True, examples=[81])]
    postcode: Annotated[str, Field(max_length=10, examples=["BB9 7AA"]), AfterValidator(_postcode)]
    needs: Annotated[list[str], Field(min_length=1, max_length=20, examples=[["lonely"]])]
    what_matters: Annotated[str, Field(max_length=LONGEST_WORDS)] = ""
    phone: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164", examples=["+447700900111"])]
    when: Annotated[str, Field(min_length=1, max_length=200, examples=["mornings"]), AfterValidator(_seen)] = "any"
    voicemail: Annotated[bool, Field(strict=True, description="May a message be left?")] = False


class Wording(BaseModel):
    """The question for consent, to be read out word for word."""

    wording: str = Field(examples=["May we keep what you tell us, so that a link worker can contact you?"])
    version: str = Field(examples=["2026-11"])


class Joined(BaseModel):
    """They are in the waiting room."""

    referral_id: uuid.UUID
    reference: str = Field(examples=["4821 7735"])
    told: bool = Field(description="Whether whoever decides for them could be told; false where nobody was to be.")


def introduction_line(seen: Seen) -> IntroductionLine:
    """Show one introduction as a line of the list."""
    return IntroductionLine(**_facts(seen))


def introduction_told(opened: Opened) -> IntroductionTold:
    """Show all of one introduction."""
    told, authority, about = opened.told, opened.authority, opened.about
    papers = None
    if authority is not None and about is not None:
        papers = AuthorityTold(kind=authority.kind, checked_at=authority.checked_at, **about.model_dump())
    return IntroductionTold(
        **_facts(opened.seen),
        name=told.name,
        phone=told.phone,
        careful=told.careful,
        told_by=told.by,
        told_by_phone=told.by_phone,
        their_words=told.words,
        dangers=list(opened.dangers),
        authority=papers,
    )


def unknown_needs(keys: list[str], needs: Mapping[str, Need]) -> list[str]:
    """Name those that are no need of ours."""
    return [key for key in keys if key not in needs]


def _facts(seen: Seen) -> dict[str, Any]:
    one = seen.introduction
    ends = one.next_at is not None and one.status in {Status.TO_ASK, Status.TO_CALL, Status.AWAITING_PERSON}
    return {
        **one.model_dump(
            include={
                *(
                    "id",
                    "status",
                    "relationship",
                    "way",
                    "told_at",
                    "asked_at",
                    "reminded_at",
                    "answered_at",
                    "version",
                )
            }
        ),
        "in_danger": seen.in_danger,
        "ends_at": asking.ends_at(one) if ends else None,
        "handoff_id": seen.handoff_id,
    }
