"""Everything: all that is held of one person, as it is shown to themselves and to nobody else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from waitingroom import (
    appointments,
    audit_reading,
    break_glass,
    complaints,
    data_requests,
    equality,
    how_are_you,
    later,
    memberships,
    messages,
    notices,
    outcomes,
    pieces,
    saved_services,
    signposting,
    staff,
    staff_tasks,
    stories,
    unanswered,
    waits,
)
from waitingroom.appointments import Appointment
from waitingroom.break_glass import BrokenGlass
from waitingroom.complaints import Complaint
from waitingroom.data_requests import DataRequest
from waitingroom.database import Session
from waitingroom.how_are_you import HowAreYou
from waitingroom.later import LaterMessage
from waitingroom.memberships import Membership
from waitingroom.messages import Message
from waitingroom.notices import NoticeShown
from waitingroom.outcomes import Answers, Sitting
from waitingroom.pieces import PieceAnswer
from waitingroom.saved_services import SavedService
from waitingroom.signposting import Signpost
from waitingroom.staff_tasks import StaffTask
from waitingroom.stories import Story
from waitingroom.unanswered import Unanswered
from waitingroom.waits import WaitTold

REFERRALS = "SELECT id FROM referral WHERE person_id = $1 ORDER BY joined_at"
ALL_MESSAGES = 100_000
"""More than anyone ever wrote."""


@dataclass(frozen=True)
class Everything:
    """A person's story with what only they are shown. What others told of them is in the story: never show it."""

    story: Story
    messages: Sequence[Message]
    notices: Sequence[NoticeShown]
    complaints: Sequence[tuple[Complaint, str]]
    requests: Sequence[tuple[DataRequest, str]]
    sittings: Sequence[tuple[Sitting, Answers]]
    equality: dict[str, str]
    saved: Sequence[tuple[SavedService, str]]
    """services they saved, with their names"""
    signposts: Sequence[Signpost]
    pieces: Sequence[PieceAnswer]
    groups: Sequence[Membership]
    waits: Sequence[WaitTold]
    how_are_you: Sequence[HowAreYou]
    by_hand: Sequence[tuple[StaffTask, Sequence[str]]]
    """what they were told by call or letter"""
    appointments: Sequence[tuple[Appointment, str]]
    """with where each is"""
    later: Sequence[tuple[LaterMessage, str]]
    """what a link worker wrote to them for later, and has not gone"""
    unanswered: Unanswered | None
    """since when they wait for an answer"""
    opened: Sequence[tuple[str, datetime]]
    """the staff who opened any of it, by name, and when each last did"""
    from_elsewhere: Sequence[tuple[BrokenGlass, str]]
    """who of another hub opened it by break-glass, with their name"""


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Everything:
    """Gather all that is held of the person of a talk. Raises NotFoundError.

    Whoever shows it makes sure first that it is them: `rights.identity`.
    """
    story = await stories.of_talk(session, conversation_id=conversation_id)
    person_id = story.person.id if story.person else None
    made = await complaints.of_conversation(session, conversation_id=conversation_id)
    asked = await data_requests.of_conversation(session, conversation_id=conversation_id)
    referrals = await session.driver.fetch(REFERRALS, person_id)
    glass = await break_glass.of_person(session, person_id=person_id) if person_id else ()
    names = await staff.names(session, ids={one.staff_id for one in glass})
    ids = [row["id"] for row in referrals]
    return Everything(
        story=story,
        messages=await messages.transcript(session, conversation_id=conversation_id, limit=ALL_MESSAGES),
        notices=await notices.of_conversation(session, conversation_id=conversation_id),
        complaints=[(one, complaints.words_of(session, one)) for one in made],
        requests=[(one, data_requests.words_of(session, one)) for one in asked],
        sittings=await outcomes.of_person(session, person_id=person_id) if person_id else [],
        equality=await equality.of_person(session, person_id=person_id) if person_id else {},
        saved=await saved_services.rows_of(session, conversation_id=conversation_id),
        signposts=await signposting.of_talk(session, conversation_id=conversation_id),
        pieces=await pieces.said_of(session, person_id=person_id) if person_id else [],
        groups=await memberships.of_talk(session, conversation_id=conversation_id),
        waits=[told for one in ids if (told := await waits.told(session, referral_id=one))],
        how_are_you=[row for one in ids for row in await how_are_you.of_referral(session, referral_id=one)],
        by_hand=[row for one in ids for row in await staff_tasks.of_referral(session, referral_id=one)],
        appointments=[
            (one, appointments.place_of(session, one))
            for one in await appointments.of_talk(session, conversation_id=conversation_id)
        ],
        later=[
            (one, later.words_of(session, one))
            for one in await later.of_talk(session, conversation_id=conversation_id)
            if one.message_id is None
        ],
        unanswered=await unanswered.find(session, conversation_id=conversation_id),
        opened=await audit_reading.who_opened(session, conversation_id=conversation_id, person_id=person_id),
        from_elsewhere=[(one, names.get(one.staff_id, "")) for one in glass],
    )
