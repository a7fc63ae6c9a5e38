"""Check-ins in the programme: which of its steps there are for someone, and when it is no time to ask."""

from collections.abc import Sequence
from datetime import datetime

from bot import opening
from bot.pacing import Pacing
from content import Step
from waitingroom import check_ins, conversations, waiting
from waitingroom.check_ins import May
from waitingroom.database import Session
from waitingroom.programme import Due
from waitingroom.waiting import Waiting

FLOW = "may_we_ask"


async def steps_for(
    session: Session, pace: Pacing, steps: Sequence[Step], sent: set[str], now: datetime
) -> tuple[tuple[Step, ...], bool]:
    """Give the steps there are for someone: the programme's, and the check-in of a day that was set.

    Check-ins are left out where this is no time for one. Returns with them whether to look again tomorrow. A
    check-in that comes too soon after the last answers is noted as had, in `sent` too.
    """
    place = pace.place
    every = (*steps, *await _on_a_set_day(session, pace))
    while due := _due_now(every, pace, sent, now):
        may = await _may_ask(session, place, due, now)
        if may is May.YES:
            return every, False
        if may is not May.LATELY:
            return tuple(step for step in every if step.kind != "check_in"), may is May.NOT_NOW
        await waiting.note_sent(session, referral_id=place.referral_id, step=due.name, item=None, now=now)
        sent.add(due.name)
    return every, False


def _due_now(steps: Sequence[Step], pace: Pacing, sent: set[str], now: datetime) -> Due[Step] | None:
    """Give the check-in that is due now, if it is one that comes next."""
    due = pace.next_due(steps, sent, now)
    return due if due and due.at <= now and due.step.kind == "check_in" else None


async def _may_ask(session: Session, place: Waiting, due: Due[Step], now: datetime) -> May:
    set_day = due.name.startswith(check_ins.ON_DAY)
    may = await check_ins.may_ask(session, referral_id=place.referral_id, on_a_set_day=set_day, now=now)
    if may is not May.YES:
        return may
    talk = await conversations.find(session, place.conversation_id)
    return May.YES if await opening.is_free(session, talk, now=now) else May.NOT_NOW


async def _on_a_set_day(session: Session, pace: Pacing) -> tuple[Step, ...]:
    settled = await check_ins.find(session, referral_id=pace.place.referral_id)
    if settled is None or settled.due_on is None:
        return ()
    chosen = check_ins.on_day(settled.due_on, joined_at=pace.place.joined_at, zone=pace.zone)
    return (Step.model_construct(**vars(chosen), kind="check_in", item=None, text=None),)
