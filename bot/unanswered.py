"""Unanswered: who writes to a link worker is told when it is read, and never left in silence."""

import re
from datetime import datetime, timedelta

from bot import unasked, working_days
from bot.desk import Desk
from bot.memory import Known
from bot.messages import Inbound, Reply
from bot.reading.text import simple
from bot.starting import say, way_to
from bot.words import _, words_in
from waitingroom import away, caseload, conversations, handoffs, staff, staff_tasks, unanswered
from waitingroom.away import Reader
from waitingroom.conversations import Owner
from waitingroom.database import Session
from waitingroom.errors import NotFoundError
from waitingroom.handoffs import Handoff, Reason, Urgency
from waitingroom.handoffs import Status as HandoffStatus
from waitingroom.unanswered import Stage, Unanswered

DAYS = 2
"""Working days without an answer before staff are reminded; as many again before the bot has the talk back."""
WAITS = _("{staff} will read this on {when}. If it cannot wait, reply HELPLINES. If a life is at risk, call 999.")
COVERED = _(
    "{staff} is away. {cover} will read this {when}. If it cannot wait, reply HELPLINES. "
    "If a life is at risk, call 999."
)
NOW = _("today")
ON = _("on {when}")
NOT_YET = _(
    "{staff} has not answered you yet, and we are sorry. We have reminded them. "
    "If it cannot wait, reply HELPLINES. If a life is at risk, call 999."
)
GIVEN_BACK = _(
    "We have not been able to answer you, and we are sorry. I am the computer program. I have asked for another "
    "link worker to read what you wrote. Reply MENU to see what I can do."
)
LONGEST_WAIT = timedelta(days=7)
"""Who has no safe hour for so long is not told."""
NEEDS_NONE = re.compile(
    r"(?:ok|okay|k|thanks?|thank you|thx|ty|ta|cheers|great|lovely|perfect|good|fine|bye|goodbye|see you|will do|"
    r"got it|no problem|np|yes|yeah|so much|very much|a lot|then|that s|thats|all|sam|for that|speak soon|[ ,.!]|"
    "\U0001f44d|\U0001f642|\U0001f60a|\u2764\ufe0f?)+"
)
"""Words that end a talk: nobody waits for an answer to them."""


async def heard(session: Session, desk: Desk, inbound: Inbound, known: Known, *, aloud: bool) -> list[Reply]:
    """Note that someone wrote to the link worker who has their talk, and say when it is read, once a spell.

    Nothing is said in working hours, unless the link worker is away. `aloud`: whether anything may be said.
    """
    if NEEDS_NONE.fullmatch(simple(inbound.text)) and not inbound.attachments:
        return []
    service, now = desk.service, inbound.at
    due_at = working_days.after(service, now, days=DAYS)
    told_for = await unanswered.note(session, conversation_id=known.id, due_at=due_at, now=now)
    today = now.astimezone(service.zone).date()
    talk = await conversations.find(session, known.id)
    if not aloud or talk.owned_by is None:
        return []
    reader = await away.reader(session, staff_id=talk.owned_by, today=today)
    back_on = None if reader.cover else reader.until_on
    reads_at = working_days.reads_next(service, now, back_on=back_on)
    read_on = reads_at.astimezone(service.zone).date()
    if told_for == read_on or (reads_at == now and not (reader.until_on and reader.cover)):
        return []
    await unanswered.note_told(session, conversation_id=known.id, read_on=read_on)
    return [Reply(_when_read(desk, known.language, reader, reads_at, now))]


def _when_read(desk: Desk, language: str, reader: Reader, reads_at: datetime, now: datetime) -> str:
    words, when = words_in(language), working_days.in_words(desk.service, reads_at)
    if reader.until_on and reader.cover:
        said = words.say(NOW) if reads_at == now else words.say(ON, when=when)
        return words.say(COVERED, staff=reader.name, cover=reader.cover, when=said)
    return words.say(WAITS, staff=reader.name, when=when)


async def mind_the_unanswered(desk: Desk, *, now: datetime) -> int:
    """Remind staff of what nobody answered for two working days; two more later give the person back to the bot.

    Returns how many talks were looked at. Each in a transaction of its own, with the talk locked first.
    """
    async with desk.database.transaction() as session:
        ids = await unanswered.due(session, now=now)
    for conversation_id in ids:
        async with desk.database.transaction() as session:
            await session.get(conversations.Conversation, conversation_id, with_for_update=True)
            row = await unanswered.find(session, conversation_id=conversation_id)
            if row is not None and row.next_at <= now:
                await _attend(session, desk, row, now)
    return len(ids)


async def _attend(session: Session, desk: Desk, row: Unanswered, now: datetime) -> None:
    """Do what is due about one talk, which is locked."""
    talk, handoff = row.conversation_id, await _claimed(session, row)
    if row.stage is Stage.GIVEN_BACK:
        await _tell(session, desk, row, "" if handoff else GIVEN_BACK, now)
        return
    spoke = await unanswered.have_spoken(session, conversation_id=talk, since=row.since_at)
    if handoff is None or spoke:
        await unanswered.answered(session, conversation_id=talk)
    elif now < row.due_at:
        await _tell(session, desk, row, NOT_YET, now)
    elif row.stage is Stage.WAITING:
        await _raise(session, row, now)
        due_at = working_days.after(desk.service, now, days=DAYS)
        await unanswered.step(session, row, stage=Stage.REMINDED, due_at=due_at, next_at=now, to_tell=True)
        await _tell(session, desk, row, NOT_YET, now)
    else:
        await _give_back(session, desk, row, handoff, now)


async def _give_back(session: Session, desk: Desk, row: Unanswered, handoff: Handoff, now: datetime) -> None:
    """Let anyone pick the person up again, have the bot answer them, and tell them so."""
    assert handoff.claimed_by is not None  # noqa: S101
    talk, since = row.conversation_id, row.since_at
    released = await handoffs.end(
        session,
        handoff_id=handoff.id,
        staff_id=handoff.claimed_by,
        version=handoff.version,
        to=HandoffStatus.WAITING,
        now=now,
    )
    await caseload.put_back(session, handoff=released, now=now)
    await _raise(session, row, now)
    session.expunge(row)
    await unanswered.note_given_back(session, conversation_id=talk, since=since, now=now)
    given_back = await unanswered.find(session, conversation_id=talk)
    assert given_back is not None  # noqa: S101
    await _tell(session, desk, given_back, GIVEN_BACK, now)


async def _tell(session: Session, desk: Desk, row: Unanswered, words: str, now: datetime) -> None:
    """Tell the person the truth about this stage, once and in their safe hours, and note when to look again."""
    talk, over = row.conversation_id, row.stage is Stage.GIVEN_BACK
    safe_at = await unasked.safe(session, desk, conversation_id=talk, at=now)
    by_hand = await staff_tasks.kind_for(session, conversation_id=talk) is not None
    may = bool(words) and row.to_tell and not by_hand and safe_at <= now + LONGEST_WAIT
    if may and safe_at > now:
        next_at = safe_at if over else min(safe_at, row.due_at)
        await unanswered.step(session, row, stage=row.stage, due_at=row.due_at, next_at=next_at, to_tell=True)
        return
    contact = await way_to(session, desk, talk, now) if may else None
    if contact is not None:
        found = await conversations.find(session, talk)
        owner = found.owned_by
        name = (await staff.names(session, ids={owner}))[owner] if owner else ""
        told = words_in(found.language).say(words, staff=name)
        dedupe = f"unanswered:{talk}:{row.since_at.isoformat()}:{row.stage}"
        await say(session, desk, contact, told, dedupe=dedupe, now=now)
    if over:
        await unanswered.answered(session, conversation_id=talk)
    else:
        due_at = row.due_at
        await unanswered.step(session, row, stage=row.stage, due_at=due_at, next_at=due_at, to_tell=False)


async def _claimed(session: Session, row: Unanswered) -> Handoff | None:
    """Find the hand-off of a talk that a link worker has."""
    talk = await conversations.find(session, row.conversation_id)
    try:
        found = await handoffs.of_conversation(session, conversation_id=row.conversation_id)
    except NotFoundError:
        return None
    return found if found.status is HandoffStatus.CLAIMED and talk.owner is Owner.LINK_WORKER else None


async def _raise(session: Session, row: Unanswered, now: datetime) -> None:
    await handoffs.raise_hand(
        session,
        conversation_id=row.conversation_id,
        reason=Reason.UNANSWERED,
        urgency=Urgency.SOON,
        now=now,
    )
