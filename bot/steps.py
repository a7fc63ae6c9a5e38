"""Steps: what the programme has due for one person goes out where this is a time for it, and it ends when met."""

from datetime import datetime, timedelta

from bot import by_hand, opening
from bot.check_ins import FLOW, steps_for
from bot.desk import Desk
from bot.pacing import APART, Pacing
from bot.starting import open_with, say, way_to
from bot.words import _, words_in
from content import Item, Programme, Step
from waitingroom import alarms, conversations, looks, pieces, referrals, waiting
from waitingroom.conversations import Conversation, Owner
from waitingroom.database import Session
from waitingroom.looks import Look
from waitingroom.programme import Due
from waitingroom.referrals import Standing
from waitingroom.waiting import AT_ONCE, Pace, Waiting

LATER = timedelta(hours=1)
"""When to look again where a talk is under way: the programme never interrupts."""
STILL_TALKING = timedelta(minutes=30)
MET = _(
    "You are in touch with someone from {service} now, so our regular messages stop here. "
    "You can still send MENU at any time."
)
"""What ends the programme: it names no need, and asks for nothing."""
GENTLY = _(
    "Hello from {service}. We hope today is a little easier. There is no need to answer. "
    "You still have your place. Reply PERSON if you want one of us, or HELPLINES."
)
"""What comes first after danger was heard: it asks for nothing, and says nothing of what was said."""


async def attend(session: Session, desk: Desk, place: Waiting, now: datetime) -> None:
    """Send one person what is due, and note when to look again. A programme that is no more has nothing due."""
    programme = desk.service.content.programmes.get(place.programme)
    if programme is None:
        place.next_at = None
        session.add(place)
        await session.flush()
        return
    known = await looks.look(session, referral_id=place.referral_id)
    if known.met_at is not None:
        await _stop(session, desk, place, known, now)
    else:
        await _take_step(session, desk, place, programme, known, now)
    session.add(place)
    await session.flush()


async def _take_step(
    session: Session, desk: Desk, place: Waiting, programme: Programme, known: Look, now: datetime
) -> None:
    """Send what is due now where this is a time for it, and note when to look again."""
    pace = Pacing(place, known, desk.service.zone)
    sent = {AT_ONCE, *known.sent}
    steps = [step for step in programme.steps if step.is_for(known.needs, claimed=known.claimed)]
    coming, look_again = await steps_for(session, pace, steps, sent, now)
    due = pace.next_due(coming, sent, now)
    if due is None or due.at > now:
        place.next_at = due.at if due else None
    elif (at := await _later(session, place, pace, now)) is not None:
        place.next_at = at
    elif await _go_gently(session, desk, place, set(known.sent), now):
        place.next_at = pace.after(now)
    elif await _is_asked(session, place, now):
        place.next_at = pace.safe(now + LATER)
    else:
        await _send(session, desk, place, due, now)
        sent.add(due.name)
        then = pace.next_due(coming, sent, now)
        place.next_at = max(then.at, pace.after(now)) if then else None
    if look_again:
        tomorrow = pace.safe(now + APART)
        place.next_at = min(place.next_at or tomorrow, tomorrow)


async def _later(session: Session, place: Waiting, pace: Pacing, now: datetime) -> datetime | None:
    """Say when to look again where this is no time to write to someone; None where it is."""
    if await _must_wait(session, place, now):
        return pace.safe(now + LATER)
    soonest = max(pace.safe(now), pace.not_before() or now)
    return soonest if soonest > now else None


async def _stop(session: Session, desk: Desk, place: Waiting, known: Look, now: datetime) -> None:
    """Someone is with them now: say so in one line, once, and send nothing more of the programme."""
    later = await _later(session, place, Pacing(place, known, desk.service.zone), now)
    if later is not None:
        place.next_at = later
        return
    assert known.met_at is not None  # noqa: S101
    place.pace, place.next_at = Pace.MET, None
    if (step := f"met:{known.met_at:%Y_%m_%d}") in known.sent:
        return
    await waiting.note_sent(session, referral_id=place.referral_id, step=step, item=None, now=now)
    contact = await way_to(session, desk, place.conversation_id, now)
    if contact is not None and not await by_hand.reached(session, place):
        talk = await conversations.find(session, place.conversation_id)
        words = words_in(talk.language).say(MET, service=desk.service.name)
        await say(session, desk, contact, words, dedupe=f"w{place.referral_id}:{step}", now=now)


async def _go_gently(session: Session, desk: Desk, place: Waiting, sent: set[str], now: datetime) -> bool:
    """After danger was heard, send some gentle words first, and the programme's next step later.

    Returns False where there is no such danger, or these words went already.
    """
    alarm = await alarms.latest_real(session, conversation_id=place.conversation_id, now=now)
    if alarm is None or (step := f"gentle:{alarm.id}") in sent:
        return False
    await waiting.note_sent(session, referral_id=place.referral_id, step=step, item=None, now=now)
    contact = await way_to(session, desk, place.conversation_id, now)
    if contact is not None and not await by_hand.reached(session, place):
        talk = await conversations.find(session, place.conversation_id)
        words = words_in(talk.language).say(GENTLY, service=desk.service.name)
        await say(session, desk, contact, words, dedupe=f"w{place.referral_id}:{step}", now=now)
    return True


async def _must_wait(session: Session, place: Waiting, now: datetime) -> bool:
    conversation = await session.get(Conversation, place.conversation_id)
    return conversation is not None and (
        conversation.owner is Owner.LINK_WORKER or now - conversation.heard_at < STILL_TALKING
    )


async def _is_asked(session: Session, place: Waiting, now: datetime) -> bool:
    """Say whether a question of ours stands open with someone: nothing is said over it."""
    return not await opening.is_free(session, await conversations.find(session, place.conversation_id), now=now)


async def _send(session: Session, desk: Desk, place: Waiting, due: Due[Step], now: datetime) -> None:
    standing = await referrals.standing(session, conversation_id=place.conversation_id)
    contact = await way_to(session, desk, place.conversation_id, now)
    item = await _piece(session, desk, standing, due.step, now) if standing and due.step.kind == "piece" else None
    words = item.text if item else due.step.text
    await waiting.note_sent(
        session, referral_id=place.referral_id, step=due.name, item=item.key if item else None, now=now
    )
    asks = FLOW if due.step.kind == "check_in" else ""
    if await by_hand.instead(session, desk, place, says=words or "", asks=asks, now=now):
        return
    if contact is not None and due.step.kind == "check_in":
        await open_with(session, desk, contact, FLOW, dedupe=f"w{place.referral_id}:{due.name}", now=now)
    elif contact is not None and item and not await _has_question(session, place):
        dedupe = f"w{place.referral_id}:{due.name}"
        await open_with(session, desk, contact, "something_to_try", dedupe=dedupe, now=now)
    elif contact is not None and words:
        await say(session, desk, contact, words, dedupe=f"w{place.referral_id}:{due.name}", now=now)


async def _has_question(session: Session, place: Waiting) -> bool:
    return opening.has_question(session, await conversations.find(session, place.conversation_id))


async def _piece(session: Session, desk: Desk, standing: Standing, step: Step, now: datetime) -> Item | None:
    """Choose a piece: the step's own where they have not had it, else what fits and helped others most."""
    today, nation = now.astimezone(desk.service.zone).date(), desk.service.nation
    named = desk.service.content.items.get(step.item or "")
    if named is not None and named.key not in standing.items and named.is_for(nation=nation, today=today):
        return named
    fitting = desk.service.content.pieces_for(
        standing.needs,
        seen=standing.items,
        today=today,
        nation=nation,
        ranking=await pieces.ranking(session),
        not_for_me=await pieces.not_for_them(session, referral_id=standing.referral_id),
    )
    return fitting[0] if fitting else None
