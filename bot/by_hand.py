"""By hand: what would have gone as a message goes as a call or a letter, to someone who is reached that way."""

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from bot import keywords
from bot.desk import Desk
from waitingroom import staff_tasks
from waitingroom.database import Session
from waitingroom.staff_tasks import Kind

TO_ASK: Mapping[Kind, Mapping[str, str]] = {
    Kind.CALL: {
        "how_are_you": "Ask: how are things? Better, the same, or worse? Note the answer.",
        "still_waiting": "Ask: do you still want to stay on our list? Note yes, no or not sure. "
        "A no is talked over: it takes nobody off the list by itself.",
        "may_we_ask": "Ask whether this is a good time for some short questions on how they are.",
    },
    Kind.LETTER: {
        "how_are_you": "How are things: better, the same, or worse?",
        "still_waiting": "Do you still want to stay on our list? You keep your place unless you tell us.",
    },
}
"""What is asked in place of a talk that opens by message. In a letter nobody is asked to fill in measures."""
TELL_US = "You can tell us on {phone}."


SENTENCE = re.compile(r"(?<=[.?])\s+")
TO_SEND = re.compile(
    r"\b("
    + "|".join(sorted({re.escape(word.upper()) for one in keywords.TABLE for word in one.words}, key=len)[::-1])
    + r")\b"
)
"""A word to send, as it stands in our words: in capitals."""


class Listed(Protocol):
    """Someone on the list: their referral and their talk."""

    @property
    def referral_id(self) -> uuid.UUID: ...  # noqa: D102
    @property
    def conversation_id(self) -> uuid.UUID: ...  # noqa: D102


def without_words_to_send(words: str) -> str:
    """Leave out the sentences about words to send: they are no use on the phone or on paper."""
    return " ".join(one for one in SENTENCE.split(words) if not TO_SEND.search(one))


async def reached(session: Session, one: Listed) -> bool:
    """Say whether someone is reached by a call or a letter, and by no message they did not ask for."""
    return await staff_tasks.kind_for(session, conversation_id=one.conversation_id) is not None


async def instead(
    session: Session, desk: Desk, one: Listed, *, says: str = "", asks: str = "", now: datetime
) -> bool:
    """Have someone told by hand where they are to be called or written a letter. Returns whether they are.

    `says`: the words of the message; `asks`: the name of the talk that would have been opened.
    """
    kind = await staff_tasks.kind_for(session, conversation_id=one.conversation_id)
    if kind is None:
        return False
    words = without_words_to_send(says) or TO_ASK[kind].get(asks, "")
    if asks and words and kind is Kind.LETTER and desk.service.phone:
        words = f"{words} {TELL_US.format(phone=desk.service.phone)}"
    if words:
        today = now.astimezone(desk.service.zone).date()
        await staff_tasks.add(session, referral_id=one.referral_id, kind=kind, words=words, on=today, now=now)
    return True
