"""Everything: all that is held of one person, as it is shown to themselves and to nobody else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from waitingroom import (
    complaints,
    data_requests,
    equality,
    how_are_you,
    memberships,
    messages,
    notices,
    outcomes,
    pieces,
    saved_services,
    signposting,
    staff_tasks,
    stories,
    waits,
)
from waitingroom.complaints import Complaint
from waitingroom.data_requests import DataRequest
from waitingroom.database import Session
from waitingroom.how_are_you import HowAreYou
from waitingroom.memberships import Membership
from waitingroom.messages import Message
from waitingroom.notices import NoticeShown
from waitingroom.outcomes import Answers, Sitting
from waitingroom.pieces import PieceAnswer
from waitingroom.saved_services import SavedService
from waitingroom.signposting import Signpost
from waitingroom.staff_tasks import StaffTask
from waitingroom.stories import Story
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


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Everything:
    """Gather all that is held of the person of a talk. Raises NotFoundError.

    Whoever shows it makes sure first that it is them: `rights.identity`.
    """
    story = await stories.of_talk(session, conversation_id=conversation_id)
    person_id = story.person.id if story.person else None
    made = await complaints.of_conversation(session, conversation_id=conversation_id)
    asked = await data_requests.of_conversation(session, conversation_id=conversation_id)
    referrals = await session.driver.fetch(REFERRALS, person_id)
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
    )
