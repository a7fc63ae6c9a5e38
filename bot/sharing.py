"""Sharing: has the bot ask someone, beside the talk, whether another organisation may be told of them."""

import uuid
from datetime import datetime

from bot import opening
from bot.desk import Desk
from bot.sharing_words import MAY_WE_TELL, VERSION
from bot.starting import put
from bot.words import words_in
from waitingroom import caseload, conversations, helping, sharing, staff_tasks
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.handoffs import Handoff
from waitingroom.helping import Help, Status
from waitingroom.messages import Author, Kind
from waitingroom.staff import Caller, Staff

QUESTION = "may_we_tell"
ENGLISH = "en"


class ByHandError(RefusedError):
    """They asked to be called or written letters. Ask them on the phone, and note what they say."""


class NotInWritingError(RefusedError):
    """Someone may read their phone, and this names who would help. Ask them aloud, and note what they say."""


def wording(helper: Staff) -> str:
    """Give the words to read out before someone's yes is noted."""
    return words_in(ENGLISH).say(MAY_WE_TELL, organisation=sharing.organisation_of(helper))


async def ask_first(
    session: Session,
    desk: Desk,
    *,
    handoff: Handoff,
    helper_id: uuid.UUID,
    caller: Caller,
    kind: helping.Kind,
    why: str,
    now: datetime,
) -> Help:
    """Ask the person of a hand-off that is held, in their chat, and the helper only once they said yes.

    Where they said yes before, the helper is asked at once.
    Raises ByHandError, NotInWritingError, StoppedError, and what helping.ask raises.
    """
    talk = handoff.conversation_id
    if await staff_tasks.kind_for(session, conversation_id=talk) is not None:
        raise ByHandError
    if caseload.UNSAFE in (await caseload.referral_of(session, handoff=handoff)).needs:
        raise NotInWritingError
    contact = await conversations.way_to_reach(session, conversation_id=talk)
    made = await helping.ask(
        session, handoff=handoff, helper_id=helper_id, caller=caller, kind=kind, why=why, ask_first=True, now=now
    )
    if made.status is Status.TO_AGREE:
        await opening.leave(session, conversation_id=talk, flows={QUESTION})
        said = await opening.open_talk(session, desk, contact, QUESTION, now=now)
        dedupe = f"may-we-tell:{made.id}"
        await put(session, desk, contact, said, author=Author.BOT, kind=Kind.STAFF, dedupe=dedupe, now=now)
    return made


async def ask_as_heard(
    session: Session,
    *,
    handoff: Handoff,
    helper_id: uuid.UUID,
    caller: Caller,
    kind: helping.Kind,
    why: str,
    now: datetime,
) -> Help:
    """Note that the person said yes aloud to the words of `wording`, heard by the caller, and ask the helper.

    Raises what sharing.note_heard and helping.ask raise.
    """
    helper = await helping.may_help(session, handoff=handoff, helper_id=helper_id)
    await sharing.note_heard(
        session,
        handoff=handoff,
        helper=helper,
        heard_by=caller.staff_id,
        wording=wording(helper),
        wording_version=VERSION,
        language=ENGLISH,
        now=now,
    )
    return await helping.ask(
        session, handoff=handoff, helper_id=helper_id, caller=caller, kind=kind, why=why, now=now
    )
