"""Wait news: waits are worked out all day, and whoever's has changed is told, every two weeks at most."""

from datetime import datetime, timedelta

from bot import by_hand, unasked, wait_words
from bot.desk import Desk
from bot.starting import say, way_to
from bot.words import _, words_in
from waitingroom import conversations, first_contacts, waiting, waits
from waitingroom.database import Session
from waitingroom.waits import Changed

CHANGED = _("Hello from {service}. Our guess of your wait has changed. {wait} You do not need to do anything.")
"""Sent unasked: it says neither what the wait is for nor what anyone asked for."""
NO_NEWS = timedelta(days=14)
"""When to look again at someone of whom there is nothing to tell after all."""


async def stop_clocks(desk: Desk, *, now: datetime) -> int:
    """Stop the clock of every wait whose first contact has been. Returns of how many."""
    async with desk.database.transaction() as session:
        return await first_contacts.stop_clocks(session)


async def work_out_waits(desk: Desk, *, now: datetime) -> int:
    """Work out what those who wait have to wait still. Returns for how many days of joining it is known."""
    async with desk.database.transaction() as session:
        return await waits.work_out(session, now=now)


async def tell_changed(desk: Desk, *, now: datetime) -> int:
    """Tell everyone whose wait has moved by more than a week since they were told. Returns how many were."""
    told = 0
    while True:
        async with desk.database.transaction() as session:
            found = await waits.changed(session, now=now)
            told += sum([await _tell(session, desk, one, now) for one in found])
        if not found:
            return told


async def _tell(session: Session, desk: Desk, one: Changed, now: datetime) -> bool:
    referral_id, conversation_id = one.referral_id, one.conversation_id
    later = await unasked.not_before(
        session, desk, referral_id=referral_id, conversation_id=conversation_id, now=now
    )
    if later is not None:
        await waits.put_off(session, referral_id=referral_id, until=later)
        return False
    wait = await waits.tell(session, conversation_id=conversation_id, now=now)
    if wait.met or not (wait.from_weeks or wait.to_weeks):
        await waits.put_off(session, referral_id=referral_id, until=now + NO_NEWS)
        return False
    talk = await conversations.find(session, conversation_id)
    spoken = words_in(talk.language)
    words = spoken.say(CHANGED, service=desk.service.name, wait=wait_words.in_words(spoken, wait))
    step = f"wait:{now.astimezone(desk.service.zone).date():%Y_%m_%d}"
    await waiting.note_sent(session, referral_id=referral_id, step=step, item=None, now=now)
    if await by_hand.instead(session, desk, one, says=words, now=now):
        return True
    contact = await way_to(session, desk, conversation_id, now)
    if contact is not None:
        await say(session, desk, contact, words, dedupe=f"w{referral_id}:{step}", now=now)
    return contact is not None
