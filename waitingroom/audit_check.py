"""The audit checked: every row again, in order, until one does not fit; and rows old enough let go."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from waitingroom.audit import linked, mark
from waitingroom.columns import KeyRing
from waitingroom.database import Session
from waitingroom.errors import RefusedError

AT_ONCE = 5_000
"""Rows fetched at a time."""
HEAD = "SELECT first, start, last, link, mark FROM audit_head WHERE id = 1"
ROWS = """
SELECT place, at, staff_id, by, action, outcome, hub_id, conversation_id, person_id, record, link
FROM audit_entry ORDER BY place
"""
ANY = "SELECT EXISTS (SELECT 1 FROM audit_entry)"
LAST_OF_OLD = "SELECT place, link FROM audit_entry WHERE at < $1 ORDER BY place DESC LIMIT 1"
YOUNGER_BEFORE = "SELECT min(place) FROM audit_entry WHERE at >= $1"
LEAVE = "SET LOCAL waitingroom.retention = 'on'"
LET_GO = "DELETE FROM audit_entry WHERE place <= $1"
BEGIN_AT = "UPDATE audit_head SET first = $1, start = $2, mark = $3 WHERE id = 1"


class BrokenChainError(RefusedError):
    """What was noted does not fit together, so none of it is let go. Look at it first."""


class HeadShapeError(RefusedError):
    """Write the head as `waitingroom audit head` printed it."""


@dataclass(frozen=True)
class Found:
    """What the check found: how many rows fit, the head they end in, and what is wrong first, if anything."""

    rows: int
    head: str
    wrong: str | None


def written(last: int, link: bytes) -> str:
    """Write a head so that it can be kept elsewhere: the last place and its link, '120-9f3c…'."""
    return f"{last}-{link.hex()}"


def _read(head: str) -> tuple[int, str]:
    place, dash, link = head.strip().partition("-")
    if not dash or not place.isdecimal():
        raise HeadShapeError
    return int(place), link.lower()


async def head(session: Session) -> str:
    """Give the head as it is now, to be kept where whoever could change the records cannot."""
    row = await session.driver.fetchrow(HEAD)
    return written(row["last"], row["link"]) if row else written(0, bytes(32))


async def verify(session: Session, *, kept: str | None = None) -> Found:
    """Walk all rows and say what is wrong first: changed, missing, out of order, or cut off at the end.

    `kept`: a head printed earlier. With it also a cut is found that took the head along, as when an older copy of
    the records was put in place. Raises HeadShapeError.
    """
    wanted = _read(kept) if kept else None
    row = await session.driver.fetchrow(HEAD)
    if row is None:
        there = await session.driver.fetchval(ANY)
        wrong = "the head is gone" if there or (wanted and wanted[0]) else None
        return Found(0, written(0, bytes(32)), wrong)
    at, link, wrong = await _walk(session, row["first"], row["start"], wanted)
    if wrong is None:
        wrong = _end_wrong(session.keys, row, at, link, wanted)
    return Found(at - row["first"] + 1, written(at, link), wrong)


async def tail_wrong(session: Session, *, rows: int) -> str | None:
    """Walk the newest rows only, and say what is wrong with them; None where they fit. For the whole: verify()."""
    head = await session.driver.fetchrow(HEAD)
    if head is None:
        return "the head is gone" if await session.driver.fetchval(ANY) else None
    after = max(head["first"] - 1, head["last"] - rows)
    before = await session.driver.fetchval("SELECT link FROM audit_entry WHERE place = $1", after)
    if before is None and after >= head["first"]:
        return f"row {after} is missing"
    at, link = after, before or head["start"]
    for row in await session.driver.fetch("SELECT * FROM audit_entry WHERE place > $1 ORDER BY place", after):
        if row["place"] != at + 1:
            return f"row {at + 1} is missing"
        if linked(session.keys, link, row) != row["link"]:
            return f"row {at + 1} was changed"
        at, link = at + 1, row["link"]
    return _end_wrong(session.keys, head, at, link, None)


async def _walk(
    session: Session, first: int, start: bytes, wanted: tuple[int, str] | None
) -> tuple[int, bytes, str | None]:
    """Walk the rows; give the last place that fits, its link, and what is wrong with the next."""
    at, link = first - 1, start
    async for row in session.driver.cursor(ROWS, prefetch=AT_ONCE):
        if row["place"] != at + 1:
            return at, link, f"row {at + 1} is missing"
        if linked(session.keys, link, row) != row["link"]:
            return at, link, f"row {at + 1} was changed, or is not the one that stood there"
        at, link = at + 1, row["link"]
        if wanted and wanted[0] == at and wanted[1] != link.hex():
            return at - 1, link, f"row {at} is not the one whose head was kept"
    return at, link, None


def _end_wrong(keys: KeyRing, head: Any, at: int, link: bytes, wanted: tuple[int, str] | None) -> str | None:
    """Say what is wrong with where the rows end."""
    if at < head["last"]:
        return f"rows {at + 1} to {head['last']} are missing: they were cut off"
    if at > head["last"]:
        return f"row {head['last'] + 1} was added without its head"
    if head["link"] != link or head["mark"] != mark(keys, head["first"], head["start"], at, link):
        return "the head was changed"
    if wanted and wanted[0] > at:
        return f"rows {at + 1} to {wanted[0]} are missing: they were there when that head was kept"
    return None


async def let_go(session: Session, *, before: datetime) -> int:
    """Delete the rows older than `before`, from the oldest on without a gap. Returns how many.

    What is left still fits together, from the row before it on. Raises BrokenChainError where it does not fit now.
    """
    if (await verify(session)).wrong:
        raise BrokenChainError
    head = await session.driver.fetchrow(HEAD + " FOR UPDATE")
    old = await session.driver.fetchrow(LAST_OF_OLD, before)
    if head is None or old is None:
        return 0
    young = await session.driver.fetchval(YOUNGER_BEFORE, before)
    until = min(old["place"], young - 1) if young else old["place"]
    if until < head["first"]:
        return 0
    link = await session.driver.fetchval("SELECT link FROM audit_entry WHERE place = $1", until)
    await session.driver.execute(LEAVE)
    gone: str = await session.driver.execute(LET_GO, until)
    await session.driver.execute("SET LOCAL waitingroom.retention = 'off'")
    renewed = mark(session.keys, until + 1, link, head["last"], head["link"])
    await session.driver.execute(BEGIN_AT, until + 1, link, renewed)
    return int(gone.rpartition(" ")[2])
