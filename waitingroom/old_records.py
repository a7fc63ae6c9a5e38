"""Old records: which have been kept as long as they may be, and their end."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from waitingroom import audit_check, erasure, idempotency, letters, own_keys
from waitingroom.columns import UnreadableError
from waitingroom.database import Session
from waitingroom.people import AboutYou
from waitingroom.record_classes import KeptFor, RecordClass, case_ends, years_after

PEOPLE = f"""
WITH known AS (
    SELECT p.id, p.about, p.created_at, ARRAY(
        SELECT v.id FROM conversation v WHERE v.person_id = p.id
        UNION SELECT r.conversation_id FROM referral r WHERE r.person_id = p.id) AS talks
    FROM person p
    WHERE p.created_at <= $1 AND ($2::uuid IS NULL OR p.id > $2) AND ($3::uuid[] IS NULL OR p.id = ANY($3))
    ORDER BY p.id LIMIT $4
)
SELECT k.id, k.about, {own_keys.carried_by("k.about")} AS keys, k.talks,
       ARRAY(SELECT r.person_id FROM referral r WHERE r.conversation_id = ANY(k.talks)
             UNION SELECT v.person_id FROM conversation v WHERE v.id = ANY(k.talks) AND v.person_id IS NOT NULL
            ) AS people,
       COALESCE((SELECT max(r.joined_at) FROM referral r WHERE r.person_id = k.id), k.created_at) AS told_at,
       GREATEST(k.created_at,
           (SELECT max(COALESCE(r.ended_at, r.joined_at)) FROM referral r WHERE r.conversation_id = ANY(k.talks)),
           (SELECT max(v.heard_at) FROM conversation v WHERE v.id = ANY(k.talks)),
           (SELECT max(COALESCE(h.ended_at, h.raised_at)) FROM handoff h WHERE h.conversation_id = ANY(k.talks)),
           (SELECT max(a.done_at) FROM activity a JOIN referral r ON r.id = a.referral_id
            WHERE r.conversation_id = ANY(k.talks))) AS last_at,
       EXISTS (SELECT FROM referral r WHERE r.conversation_id = ANY(k.talks) AND r.picked_up_at IS NOT NULL)
       OR EXISTS (SELECT FROM handoff h WHERE h.conversation_id = ANY(k.talks) AND h.claimed_at IS NOT NULL)
       OR EXISTS (SELECT FROM alarm a WHERE a.conversation_id = ANY(k.talks)) AS taken_on,
       EXISTS (SELECT FROM referral r WHERE r.conversation_id = ANY(k.talks)
               AND r.status IN ('waiting', 'picked_up'))
       OR EXISTS (SELECT FROM handoff h WHERE h.conversation_id = ANY(k.talks)
                  AND h.status IN ('waiting', 'claimed'))
       OR EXISTS (SELECT FROM complaint c WHERE c.conversation_id = ANY(k.talks)
                  AND (c.status <> 'closed' OR c.closed_at > $5))
       OR EXISTS (SELECT FROM data_request d WHERE d.conversation_id = ANY(k.talks)
                  AND (d.status = 'open' OR d.ended_at > $6)) AS needed,
       EXISTS (SELECT FROM legal_hold l WHERE l.lifted_at IS NULL AND (l.person_id = k.id OR l.person_id IN (
           SELECT r.person_id FROM referral r WHERE r.conversation_id = ANY(k.talks)))) AS held
FROM known k ORDER BY k.id
"""  # noqa: S608 -- words of our own
"""People, all that is kept of them together with whom they share a phone, and what stands against its end."""
SIGN_IN_KEPT_FOR = timedelta(days=1)
PAGE = 500
"""How many people are looked at in one statement."""
OLD_AUDIT = "SELECT at < $1 FROM audit_entry ORDER BY place LIMIT 1"
FOR_UPDATE = "SELECT id FROM conversation WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED"


@dataclass(frozen=True)
class Table:
    """Rows that end by themselves: which, known by what, and what becomes of them."""

    name: str
    known_by: str
    over: str
    """a condition, of which $1 is the moment up to which they are over"""
    emptied: str = ""
    """the column that is emptied; without one the row is deleted"""


TABLES: dict[RecordClass, Table] = {
    RecordClass.COMPLAINT: Table(
        "complaint", "id", "t.conversation_id IS NULL AND t.status = 'closed' AND t.closed_at <= $1"
    ),
    RecordClass.DATA_REQUEST: Table(
        "data_request", "id", "t.conversation_id IS NULL AND t.status <> 'open' AND t.ended_at <= $1"
    ),
    RecordClass.JOIN_PAPER: Table("join_paper", "id", "t.ends_at <= $1"),
    RecordClass.STAFF_SESSION: Table("staff_session", "id", "COALESCE(t.ended_at, t.seen_at) <= $1"),
    RecordClass.SENDING: Table(
        "message",
        "id",
        "t.provider_id IS NOT NULL AND t.created_at <= $1 AND t.status NOT IN ('queued', 'sending')",
        emptied="provider_id",
    ),
    RecordClass.AUDIT: Table("audit_entry", "place", "t.at < $1"),
    RecordClass.INVITATION: Table("staff_invitation", "id", "COALESCE(t.used_at, t.ends_at) <= $1"),
    RecordClass.SIGN_IN: Table("staff_sign_in", "id", "t.ends_at <= $1"),
    RecordClass.REPLY: Table("idempotent_reply", "encode(t.key_hash, 'hex')", "t.made_at <= $1"),
    RecordClass.UNREADABLE: Table("raw_letter", "id", "t.created_at <= $1"),
}


@dataclass(frozen=True)
class Old:
    """One person whose record has been kept long enough: of which class, and the talks that go with it."""

    person_id: uuid.UUID
    kind: RecordClass
    talks: Sequence[uuid.UUID]


def over_before(kind: RecordClass, keeps: KeptFor, now: datetime) -> datetime:
    """Give the moment up to which records of a class are over."""
    return {
        RecordClass.COMPLAINT: lambda: years_after(now, -keeps.complaint_years),
        RecordClass.DATA_REQUEST: lambda: years_after(now, -keeps.data_request_years),
        RecordClass.JOIN_PAPER: lambda: now,
        RecordClass.STAFF_SESSION: lambda: now - timedelta(days=keeps.staff_session_days),
        RecordClass.SENDING: lambda: now - timedelta(days=keeps.sending_days),
        RecordClass.AUDIT: lambda: years_after(now, -keeps.audit_years),
        RecordClass.INVITATION: lambda: now - timedelta(days=keeps.staff_session_days),
        RecordClass.SIGN_IN: lambda: now - SIGN_IN_KEPT_FOR,
        RecordClass.REPLY: lambda: now - idempotency.KEPT_FOR,
        RecordClass.UNREADABLE: lambda: now - letters.RAW_KEPT_FOR,
    }[kind]()


async def rows(session: Session, kind: RecordClass, *, keeps: KeptFor, now: datetime, limit: int) -> list[str]:
    """List rows of a class that are over, by what they are known by: never what they say."""
    table = TABLES[kind]
    statement = f"SELECT ({_known(table)})::text FROM {table.name} t WHERE {table.over} LIMIT $2"  # noqa: S608
    found = await session.driver.fetch(statement, over_before(kind, keeps, now), limit)
    return [row[0] for row in found]


async def clear_rows(session: Session, kind: RecordClass, *, keeps: KeptFor, now: datetime, limit: int) -> int:
    """End rows of a class that are over. Returns how many, `limit` at most; of the audit all that may go.

    Raises BrokenChainError for an audit that does not fit together: then none of it is let go.
    """
    if kind is RecordClass.AUDIT:
        return await _let_audit_go(session, over_before(kind, keeps, now))
    table = TABLES[kind]
    some = f"SELECT t.ctid FROM {table.name} t WHERE {table.over} LIMIT $2 FOR UPDATE SKIP LOCKED"  # noqa: S608
    over = f"t.ctid = ANY(ARRAY({some}))"
    statement = f"DELETE FROM {table.name} t WHERE {over}"  # noqa: S608
    if table.emptied:
        statement = f"UPDATE {table.name} t SET {table.emptied} = NULL WHERE {over}"  # noqa: S608
    done: str = await session.driver.execute(statement, over_before(kind, keeps, now), limit)
    return int(done.rpartition(" ")[2])


async def _let_audit_go(session: Session, before: datetime) -> int:
    """Let go of the oldest part of the audit; all of it is walked only where something may go."""
    if not await session.driver.fetchval(OLD_AUDIT, before):
        return 0
    return await audit_check.let_go(session, before=before)


async def people(
    session: Session, *, keeps: KeptFor, now: datetime, after: uuid.UUID | None = None, limit: int = PAGE
) -> tuple[list[Old], uuid.UUID | None]:
    """Look at the next people on record: whose record has been kept long enough, and the last one looked at.

    Nobody who is on a legal hold, has anything open, or shares a talk with someone whose record must stay.
    """
    seen = await _look(session, keeps, now, after=after, ids=None, limit=limit)
    old = {row["id"]: one for row in seen if (one := _old(session, row, keeps, now)) is not None}
    others = {person for row in seen if row["id"] in old for person in row["people"]} - {row["id"] for row in seen}
    beside = await _look(session, keeps, now, after=None, ids=sorted(others), limit=len(others)) if others else []
    too = set(old) | {row["id"] for row in beside if _old(session, row, keeps, now) is not None}
    found = [old[row["id"]] for row in seen if row["id"] in old and set(row["people"]) <= too]
    return found, seen[-1]["id"] if seen else None


async def clear_person(session: Session, old: Old, *, keeps: KeptFor, now: datetime) -> int:
    """Delete all that is kept of someone whose record is old. Returns how many rows went.

    None where they write this very moment, or came back since: then it is not old any more.
    """
    locked = await session.driver.fetch(FOR_UPDATE, list(old.talks))
    if len(locked) != len(old.talks):
        return 0
    rows = await _look(session, keeps, now, after=None, ids=[old.person_id], limit=1)
    if not rows or _old(session, rows[0], keeps, now) is None:
        return 0
    return await erasure.end(session, people=rows[0]["people"], talks=rows[0]["talks"], now=now)


async def _look(
    session: Session,
    keeps: KeptFor,
    now: datetime,
    *,
    after: uuid.UUID | None,
    ids: Sequence[uuid.UUID] | None,
    limit: int,
) -> list[Any]:
    shortest = max(now - timedelta(days=keeps.never_taken_on_days), years_after(now, -keeps.adult_years))
    complaints = over_before(RecordClass.COMPLAINT, keeps, now)
    requests = over_before(RecordClass.DATA_REQUEST, keeps, now)
    found: list[Any] = await session.driver.fetch(PEOPLE, shortest, after, ids, limit, complaints, requests)
    return found


def _old(session: Session, row: Any, keeps: KeptFor, now: datetime) -> Old | None:
    """Say whether one person's record has been kept long enough."""
    if row["needed"] or row["held"]:
        return None
    kind, ends_at = (
        RecordClass.NEVER_TAKEN_ON,
        row["last_at"] + timedelta(days=keeps.never_taken_on_days),
    )
    if row["taken_on"]:
        kind, ends_at = case_ends(
            age=_age(session, row), told_at=row["told_at"], last_at=row["last_at"], keeps=keeps
        )
    return Old(row["id"], kind, row["talks"]) if ends_at <= now else None


def _age(session: Session, row: Any) -> int:
    """Say how old someone said they were; where their words open no more, 0: kept the longest."""
    with suppress(UnreadableError):
        told = own_keys.unseal(session, row["about"], f"person:about:{row['id']}", row["keys"])
        return AboutYou.model_validate_json(told).age
    return 0


def _known(table: Table) -> str:
    return table.known_by if "(" in table.known_by else f"t.{table.known_by}"
