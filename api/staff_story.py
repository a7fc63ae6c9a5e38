"""The whole story of a person as the staff API tells it: what matters to them first."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import merge
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from api.staff_models import NeedNamed, UrgencyName, named, urgency_name, warnings_of
from content import Content
from waitingroom import activities, handoffs, messages, referrals
from waitingroom.activities import Activity
from waitingroom.consents import Consent, Purpose, Recipient
from waitingroom.conversations import ContactState
from waitingroom.messages import Author, Message
from waitingroom.stories import Story


class SafeWay(BaseModel):
    """How and when it is safe to reach someone."""

    how: str = Field(description="call, text or here (this same chat)", examples=["call"])
    when: str = Field(description="A part of the day, or the person's own words.", examples=["morning"])
    phone: str = Field(description="E.164; empty where they want no call or text.", examples=["+447700900123"])
    voicemail: bool = Field(description="Whether a message may be left.")
    warnings: list[str]


class Way(BaseModel):
    """One channel the person has written by."""

    channel: str = Field(examples=["web"])
    state: ContactState
    heard_at: datetime


class ReferralTold(BaseModel):
    """The referral, from its start to its end."""

    id: uuid.UUID
    reference: str = Field(examples=["4821 7735"])
    status: referrals.Status
    source: referrals.Source
    joined_at: datetime
    picked_up_at: datetime | None
    ended_at: datetime | None
    close_reason: str | None


class ConsentTold(BaseModel):
    """One yes, and whether it still stands."""

    purpose: Purpose
    recipient: Recipient
    wording: str
    wording_version: str
    language: str
    channel: str
    given_at: datetime
    withdrawn_at: datetime | None
    stands: bool


class AlarmTold(BaseModel):
    """A time danger was heard, in which message, and by which rules."""

    message_id: int
    kinds: list[str] = Field(examples=[["suicide"]])
    rules: list[str]
    raised_at: datetime


class Sent(BaseModel):
    """A piece the waiting room sent. `title` is null for a step that was only a word of greeting."""

    step: str = Field(examples=["day_2"])
    item: str | None = Field(examples=["ten_minute_walk"])
    title: str | None = Field(examples=["A ten minute walk"])
    sent_at: datetime


class ActivityTold(BaseModel):
    """One thing a link worker did. Its note is for staff only."""

    type: Literal["activity"] = "activity"
    at: datetime
    id: uuid.UUID
    by: str = Field(examples=["Sam"])
    kind: activities.Kind
    minutes: int
    note: str


class MessageTold(BaseModel):
    """One message, who said it and how far it has come. `problem` is what kind of trouble stopped it."""

    type: Literal["message"] = "message"
    at: datetime
    id: int
    author: Author
    by: str | None = Field(description="The link worker's name; null for the person and the bot.")
    text: str
    options: list[str] = Field(description="What the bot offered to choose from.")
    status: messages.Status
    problem: str | None
    sent_at: datetime | None
    settled_at: datetime | None


Entry = Annotated[MessageTold | ActivityTold, Field(discriminator="type")]


class HandoffTold(BaseModel):
    """Where the newest hand-off stands."""

    id: uuid.UUID
    status: handoffs.Status
    urgency: UrgencyName
    reasons: list[handoffs.Reason]
    raised_at: datetime
    claimed_by: str | None
    version: int


class StoryTold(BaseModel):
    """Everything known of one person; of someone who has only said hello, no more than what was said."""

    what_matters: str = Field(
        description="Their own words; empty where it was not safe to ask.",
        examples=["Company in the evenings"],
    )
    person_id: uuid.UUID | None
    name: str | None = Field(description="The name to use.", examples=["Ann"])
    age: int | None = Field(description="As they said it when they were referred.", examples=[72])
    area: str | None = Field(description="Outward postcode.", examples=["BB9"])
    postcode: str | None = Field(examples=["BB9 7AA"])
    language: str
    safe_contact: SafeWay | None
    ways: list[Way] = Field(description="Where they have written, the newest first.")
    needs: list[NeedNamed]
    consents: list[ConsentTold]
    alarms: list[AlarmTold]
    referral: ReferralTold | None
    handoff: HandoffTold | None
    owner: str = Field(description="Who answers them: bot or link_worker.", examples=["link_worker"])
    sent: list[Sent]
    activities: list[ActivityTold]
    timeline: list[Entry] = Field(description="The newest 500 messages and every activity, oldest first.")


def told(story: Story, content: Content) -> StoryTold:
    """Tell a story in the API's shape."""
    about, person, referral = story.about, story.person, story.referral
    said = [message_told(message, words, story.staff) for message, words in story.messages]
    noted = [activity_told(activity, note, story.staff) for activity, note in story.activities]
    return StoryTold(
        what_matters=story.what_matters,
        person_id=person.id if person else None,
        name=about.name if about else None,
        age=about.age if about else None,
        area=person.area if person else None,
        postcode=about.postcode if about else None,
        language=story.conversation.language,
        safe_contact=_safe_way(story),
        ways=[Way(channel=way.channel, state=way.state, heard_at=way.heard_at) for way in story.contacts],
        needs=named(referral.needs if referral else (), content.needs),
        consents=[_consent(consent) for consent in story.consents],
        alarms=[
            AlarmTold(message_id=alarm.message_id, raised_at=alarm.raised_at, **heard)
            for alarm, heard in story.alarms
        ],
        referral=ReferralTold.model_validate(referral, from_attributes=True) if referral else None,
        handoff=_handoff(story),
        owner=story.conversation.owner,
        sent=_sent(story, content),
        activities=noted,
        timeline=_timeline(said, noted),
    )


def message_told(message: Message, words: Mapping[str, Any], staff: Mapping[uuid.UUID, str]) -> MessageTold:
    """Tell one message; `words` is what it says, `staff` names by id."""
    assert message.id is not None  # noqa: S101
    return MessageTold(
        at=message.created_at,
        id=message.id,
        author=message.author,
        by=staff.get(message.staff_id) if message.staff_id else None,
        text=str(words.get("text", "")),
        options=[label for _key, label in words.get("options", ())],
        status=message.status,
        problem=message.problem,
        sent_at=message.sent_at,
        settled_at=message.settled_at,
    )


def activity_told(activity: Activity, note: str, staff: Mapping[uuid.UUID, str]) -> ActivityTold:
    """Tell one activity."""
    by = staff.get(activity.staff_id, "")
    return ActivityTold(
        at=activity.done_at, id=activity.id, by=by, kind=activity.kind, minutes=activity.minutes, note=note
    )


def _timeline(said: Sequence[Entry], noted: Sequence[Entry]) -> list[Entry]:
    """Put what was done among what was said, which stays in the order it was said in."""
    return list(merge(said, noted, key=lambda entry: entry.at))


def _safe_way(story: Story) -> SafeWay | None:
    reach = story.reach
    return SafeWay(**reach.model_dump(), warnings=warnings_of(reach)) if reach else None


def _consent(consent: Consent) -> ConsentTold:
    return ConsentTold(
        **consent.model_dump(exclude={"id", "conversation_id", "evidence"}),
        stands=consent.withdrawn_at is None,
    )


def _handoff(story: Story) -> HandoffTold | None:
    handoff = story.handoff
    if handoff is None:
        return None
    return HandoffTold(
        id=handoff.id,
        status=handoff.status,
        urgency=urgency_name(handoff.urgency),
        reasons=[handoffs.Reason(reason) for reason in handoff.reasons],
        raised_at=handoff.raised_at,
        claimed_by=story.staff.get(handoff.claimed_by) if handoff.claimed_by else None,
        version=handoff.version,
    )


def _sent(story: Story, content: Content) -> list[Sent]:
    titles = {key: item.title for key, item in content.items.items()}
    return [
        Sent(step=step.step, item=step.item, title=titles.get(step.item or ""), sent_at=step.sent_at)
        for step in story.sent
    ]
