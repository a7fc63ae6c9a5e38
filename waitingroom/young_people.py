"""Young people: what age decides, and someone of 13 to 15 who asks for a person."""

import uuid
from datetime import datetime

from waitingroom import conversations, handoffs, people
from waitingroom.conversations import Place
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.people import AboutYou, SafeContact

SAYS_YES_ONLINE = 13
"""From this age a child can agree to an online service (UK GDPR, article 8; Data Protection Act 2018, s9)."""
DECIDES_ALONE = 16
"""From this age someone is taken to be able to decide for themselves (Mental Capacity Act 2005, sections 1 and 2).
Below it a person judges whether a child understands enough to (Gillick competence), never a program."""
GROWN_UP = 18


class AlreadyAskedError(RefusedError):
    """We have your name already. A person will be in touch, so there is no need to ask twice."""


async def ask_for_person(
    session: Session,
    *,
    conversation_id: uuid.UUID,
    name: str,
    age: int,
    reach: SafeContact,
    language: str,
    now: datetime,
) -> uuid.UUID:
    """Have a person look who judges whether someone of 13 to 15 can decide this for themselves.

    Only their first name, age and how it is safe to reach them are kept; no referral is made. Returns the
    hand-off's id. Raises AlreadyAskedError while an earlier one is open.
    """
    if await _has_asked(session, conversation_id):
        raise AlreadyAskedError
    who = AboutYou(name=name, age=age, postcode="")
    person_id = await people.meet(session, who=who, reach=reach, area="", language=language, now=now)
    await session.together(
        conversations.settling(conversation_id=conversation_id, person_id=person_id, place=Place.FRONT_DOOR)
    )
    return await handoffs.raise_hand(
        session, conversation_id=conversation_id, reason=Reason.YOUNG_PERSON, urgency=Urgency.SOON, now=now
    )


async def _has_asked(session: Session, conversation_id: uuid.UUID) -> bool:
    try:
        raised = await handoffs.of_conversation(session, conversation_id=conversation_id)
    except NotFoundError:
        return False
    return Reason.YOUNG_PERSON in raised.reasons
