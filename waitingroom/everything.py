"""Everything: all that is held of one person, as it is shown to themselves and to nobody else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from waitingroom import complaints, data_requests, equality, messages, notices, outcomes, stories
from waitingroom.complaints import Complaint
from waitingroom.data_requests import DataRequest
from waitingroom.database import Session
from waitingroom.messages import Message
from waitingroom.notices import NoticeShown
from waitingroom.outcomes import Answers, Sitting
from waitingroom.stories import Story

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


async def of_talk(session: Session, *, conversation_id: uuid.UUID) -> Everything:
    """Gather all that is held of the person of a talk. Raises NotFoundError.

    Whoever shows it makes sure first that it is them: `rights.identity`.
    """
    story = await stories.of_talk(session, conversation_id=conversation_id)
    person_id = story.person.id if story.person else None
    made = await complaints.of_conversation(session, conversation_id=conversation_id)
    asked = await data_requests.of_conversation(session, conversation_id=conversation_id)
    return Everything(
        story=story,
        messages=await messages.transcript(session, conversation_id=conversation_id, limit=ALL_MESSAGES),
        notices=await notices.of_conversation(session, conversation_id=conversation_id),
        complaints=[(one, complaints.words_of(session, one)) for one in made],
        requests=[(one, data_requests.words_of(session, one)) for one in asked],
        sittings=await outcomes.of_person(session, person_id=person_id) if person_id else [],
        equality=await equality.of_person(session, person_id=person_id) if person_id else {},
    )
