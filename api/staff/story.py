"""The whole story of a person as the staff API tells it: what matters to them first."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from heapq import merge
from typing import Any

from api.staff.appointment_story import appointment_lines
from api.staff.help_models import help_told
from api.staff.introduction_models import introduction_line, introduction_told
from api.staff.models import SafeWay, named, urgency_name, warnings_of
from api.staff.story_models import (
    ActivityTold,
    AlarmTold,
    AttachmentTold,
    ConsentTold,
    Entry,
    HandoffTold,
    MessageTold,
    MoreTold,
    ReferralTold,
    Sent,
    StoryTold,
    Way,
)
from api.staff.work_models import note_told, to_do_told, transfer_told
from bot import delivery_words
from bot.flows.more_about_you import EASIER
from bot.reading.nhs_numbers import in_groups
from bot.service import Service
from content import Content
from waitingroom import handoffs
from waitingroom.activities import Activity
from waitingroom.attachments import Attachment, Status
from waitingroom.consents import Consent
from waitingroom.messages import Message
from waitingroom.stories import Story


def told(story: Story, service: Service, *, today: date) -> StoryTold:
    """Tell a story in the API's shape, on the day `today`."""
    about, person, referral, content = story.about, story.person, story.referral, service.content
    said = [
        message_told(message, words, story.staff, story.attachments.get(message.id or 0, ()))
        for message, words in story.messages
    ]
    noted = [activity_told(activity, note, story.staff) for activity, note in story.activities]
    return StoryTold(
        what_matters=story.what_matters,
        person_id=person.id if person else None,
        name=about.name if about else None,
        age=about.age if about else None,
        area=person.area if person else None,
        postcode=about.postcode if about else None,
        language=story.conversation.language,
        language_wanted=story.conversation.language_wanted,
        interpreter_wanted=story.conversation.interpreter_wanted,
        safe_contact=_safe_way(story),
        more=_more(story),
        ways=[Way(channel=way.channel, state=way.state, heard_at=way.heard_at) for way in story.contacts],
        needs=named(referral.needs if referral else (), content.needs),
        own_needs=story.own_needs,
        introduced_by=[introduction_told(one) for one in story.introduced_by],
        introduced=[introduction_line(one) for one in story.introduced],
        consents=[_consent(consent, story.staff) for consent in story.consents],
        alarms=[
            AlarmTold(message_id=alarm.message_id, raised_at=alarm.raised_at, **heard)
            for alarm, heard in story.alarms
        ],
        referral=ReferralTold.model_validate(referral, from_attributes=True) if referral else None,
        handoff=_handoff(story),
        owner=story.conversation.owner,
        sent=_sent(story, content),
        activities=noted,
        to_dos=[to_do_told(one, today=today) for one in story.to_dos],
        timeline=_timeline(said, noted, *_beside(story, service)),
    )


def message_told(
    message: Message,
    words: Mapping[str, Any],
    staff: Mapping[uuid.UUID, str],
    sent: Sequence[Attachment] = (),
) -> MessageTold:
    """Tell one message; `words` is what it says, `staff` names by id, `sent` what came with it."""
    assert message.id is not None  # noqa: S101
    return MessageTold(
        at=message.created_at,
        id=message.id,
        author=message.author,
        by=staff.get(message.staff_id) if message.staff_id else None,
        text=str(words.get("text", "")),
        options=[label for _key, label, *_short in words.get("options", ())],
        attachments=[attachment_told(one) for one in sent],
        status=message.status,
        status_words=delivery_words.in_words(message.status),
        problem=message.problem,
        problem_words=delivery_words.reason(message.problem, message.status),
        maybe_twice=message.maybe_twice,
        sent_at=message.sent_at,
        settled_at=message.settled_at,
    )


def attachment_told(attachment: Attachment) -> AttachmentTold:
    """Tell one thing that came with a message."""
    kept = attachment.status is Status.KEPT
    return AttachmentTold(
        id=attachment.id,
        kind=attachment.kind,
        status=attachment.status,
        mime=attachment.mime,
        size=attachment.size,
        seconds=attachment.seconds,
        problem=attachment.problem,
        href=f"/api/v1/attachments/{attachment.id}" if kept else None,
    )


def activity_told(activity: Activity, note: str, staff: Mapping[uuid.UUID, str]) -> ActivityTold:
    """Tell one activity."""
    by = staff.get(activity.staff_id, "")
    return ActivityTold(
        at=activity.done_at, id=activity.id, by=by, kind=activity.kind, minutes=activity.minutes, note=note
    )


def _timeline(said: Sequence[Entry], *beside: Sequence[Entry]) -> list[Entry]:
    """Put what was done and noted among what was said, which stays in the order it was said in."""
    return list(merge(said, *beside, key=lambda entry: entry.at))


def _beside(story: Story, service: Service) -> Iterator[Sequence[Entry]]:
    """Give notes, who handed them to whom, what others were asked for, and appointments: each oldest first."""
    yield [note_told(note, words, story.staff) for note, words in story.notes]
    yield [transfer_told(made, why, story.staff) for made, why in story.transfers]
    yield [help_told(one) for one in reversed(story.helps)]
    yield appointment_lines(story.appointments, story.staff, service)


def _safe_way(story: Story) -> SafeWay | None:
    reach = story.reach
    return SafeWay(**reach.model_dump(), warnings=warnings_of(reach)) if reach else None


def _more(story: Story) -> MoreTold | None:
    more = story.more
    if more is None:
        return None
    easier = {option.key: option.label for option in EASIER}
    return MoreTold(
        **more.model_dump(exclude={"adjustments", "nhs_number", "voicemail", "when"}),
        adjustments=[easier.get(key, key) for key in more.adjustments or ()],
        nhs_number=in_groups(more.nhs_number) if more.nhs_number else None,
    )


def _consent(consent: Consent, staff: Mapping[uuid.UUID, str]) -> ConsentTold:
    return ConsentTold(
        **consent.model_dump(exclude={"id", "conversation_id", "evidence", "heard_by"}),
        heard_by=staff.get(consent.heard_by, "") if consent.heard_by else None,
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
