"""Tidying: what has been kept as long as it may be is deleted, in the night, a little at a time."""

import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from bot import outreach
from bot.desk import Desk
from waitingroom import doors, old_records, retention_runs
from waitingroom.audit_check import BrokenChainError
from waitingroom.record_classes import RecordClass

AT_ONCE = 500
"""How many rows go in one transaction; of people, one person."""
PEOPLE = (RecordClass.NEVER_TAKEN_ON, RecordClass.ADULT_CASE, RecordClass.YOUNG_CASE)


async def clear_old_records(desk: Desk, *, now: datetime) -> int:
    """Delete every record that is due. Returns how many went: people, and rows of other classes."""
    return sum((await clear(desk, now=now)).values())


async def forget_doors(desk: Desk, *, now: datetime) -> int:
    """Forget from where chats were begun more than an hour ago. Returns from how many places."""
    async with desk.database.transaction() as session:
        return await doors.forget(session, now=now)


async def clear(desk: Desk, *, now: datetime) -> Mapping[RecordClass, int]:
    """Delete every record that is due, each in a transaction of its own. Returns how many went of each class."""
    gone: Counter[RecordClass] = Counter()
    while found := await outreach.clear_unconsented(desk, now=now):
        gone[RecordClass.UNAGREED] += found
    await _note(desk, gone, now, RecordClass.UNAGREED)
    await _clear_people(desk, gone, now)
    await _note(desk, gone, now, *PEOPLE)
    for kind in old_records.TABLES:
        with suppress(BrokenChainError):  # an audit that does not fit is kept: `audit verify` says what is wrong
            await _clear_class(desk, gone, kind, now)
            await _note(desk, gone, now, kind)
    return gone


async def _note(desk: Desk, gone: Counter[RecordClass], now: datetime, *kinds: RecordClass) -> None:
    """Note that classes were cleared, each at its own end: what stops half-way is known by what is not noted."""
    async with desk.database.transaction() as session:
        for kind in kinds:
            await retention_runs.note(session, kind=kind, gone=gone[kind], now=now)


async def _clear_class(desk: Desk, gone: Counter[RecordClass], kind: RecordClass, now: datetime) -> None:
    while True:
        async with desk.database.transaction() as session:
            found = await old_records.clear_rows(session, kind, keeps=desk.service.keeps, now=now, limit=AT_ONCE)
        gone[kind] += found
        if found < AT_ONCE or kind is RecordClass.AUDIT:
            return


async def _clear_people(desk: Desk, gone: Counter[RecordClass], now: datetime) -> None:
    after = await _clear_page(desk, gone, None, now)
    while after is not None:
        after = await _clear_page(desk, gone, after, now)


async def _clear_page(
    desk: Desk, gone: Counter[RecordClass], after: uuid.UUID | None, now: datetime
) -> uuid.UUID | None:
    keeps = desk.service.keeps
    async with desk.database.transaction() as session:
        old, last = await old_records.people(session, keeps=keeps, now=now, after=after)
    for one in old:
        async with desk.database.transaction() as session:
            rows = await old_records.clear_person(session, one, keeps=keeps, now=now)
        gone[one.kind] += bool(rows)
    return last
