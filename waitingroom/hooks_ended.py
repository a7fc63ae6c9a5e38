"""Hooks that ended: whoever made one that turned itself off is told to look, as something to do."""

import uuid
from datetime import date, datetime

from sqlmodel import col, or_, select

from waitingroom import to_dos
from waitingroom.database import Session
from waitingroom.hooks import Hook, OffBecause
from waitingroom.roles import Role
from waitingroom.staff import Staff
from waitingroom.to_dos import WITH_PEOPLE

WORDS = {
    OffBecause.GONE: "{name} is told of nothing now: its address said it is gone. See Programs that are told.",
    OffBecause.FAILING: "{name} is told of nothing now: nothing reached it for days. See Programs that are told.",
}
LONGEST_NAME = 100


async def raise_to_dos(
    session: Session, *, hook_id: uuid.UUID, because: OffBecause, today: date, now: datetime
) -> int:
    """Have whoever made a hook look why it turned itself off. Returns how many were told.

    Where they have no tasks here, or have left, the leads who see the hook's hub are told.
    """
    hook = await session.get(Hook, hook_id, populate_existing=True)
    if hook is None or because not in WORDS:
        return 0
    maker = await session.get(Staff, hook.made_by)
    told = (
        [maker] if maker and maker.ended_at is None and maker.role in WITH_PEOPLE else await _leads(session, hook)
    )
    words = WORDS[because].format(name=hook.name[:LONGEST_NAME])
    for one in told:
        await to_dos.add(session, words=words, due_on=today, for_id=one.id, set_by=None, now=now)
    return len(told)


async def _leads(session: Session, hook: Hook) -> list[Staff]:
    leads = select(Staff).where(Staff.role == Role.LEAD, col(Staff.ended_at).is_(None))
    if hook.hub_id is not None:
        leads = leads.where(or_(col(Staff.hub_id).is_(None), Staff.hub_id == hook.hub_id))
    return list(await session.exec(leads))
