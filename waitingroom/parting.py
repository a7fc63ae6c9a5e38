"""Parting: two records that were joined, and should not have been, are two again."""

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlmodel import SQLModel, col, select

from waitingroom import equality, own_columns, own_keys
from waitingroom.conversations import Conversation
from waitingroom.database import Session
from waitingroom.errors import RefusedError, StaleError
from waitingroom.hanging import Row, keys_of
from waitingroom.hubs import of_mine
from waitingroom.join_papers import Change, JoinPaper, What, read
from waitingroom.matching import MOVES, PersonMatch, Status
from waitingroom.moves import moved
from waitingroom.people import Person
from waitingroom.sealed_copies import in_step

LOCK_TALK = "SELECT id FROM conversation WHERE id = $1 FOR NO KEY UPDATE"
FOLLOW = "UPDATE conversation SET before_id = $2 WHERE id = ANY($3) AND before_id = $1"
BACK = "SELECT id FROM contact WHERE conversation_id = $1"
SAID_SINCE = (
    "UPDATE message SET conversation_id = $2 WHERE conversation_id = $1 AND contact_id = ANY($3)",
    """
    UPDATE attachment a SET conversation_id = $2 FROM message m
    WHERE a.conversation_id = $1 AND m.id = a.message_id AND m.contact_id = ANY($3)
    """,
    """
    UPDATE alarm a SET conversation_id = $2 FROM message m
    WHERE a.conversation_id = $1 AND m.id = a.message_id AND m.contact_id = ANY($3)
    """,
    """
    UPDATE consent c SET conversation_id = $2 FROM message m
    WHERE c.conversation_id = $1 AND m.id = c.evidence AND m.contact_id = ANY($3)
    """,
)
"""What was said since the two were joined goes with the way it was said by, and so do a yes and an alarm in it."""
WAY = """
UPDATE conversation v SET contact_id = (
    SELECT c.id FROM contact c WHERE c.conversation_id = v.id ORDER BY c.heard_at DESC LIMIT 1)
WHERE id = $1 AND contact_id = ANY($2)
"""
HEARD = """
UPDATE conversation v SET heard_at = GREATEST(v.heard_at, (
    SELECT max(c.heard_at) FROM contact c WHERE c.conversation_id = v.id AND c.heard_at > $2))
WHERE id = $1
"""


class NoWayBackError(RefusedError):
    """These two were joined more than 30 days ago, or one of them was deleted: they cannot be parted any more."""


class JoinedAgainError(RefusedError):
    """The person these two became was joined with another since. Part those first."""


async def listed(
    session: Session, *, now: datetime, hub_id: uuid.UUID | None = None, limit: int = 200
) -> list[tuple[PersonMatch, JoinPaper]]:
    """List the joins that can still be undone, the newest first, of people staff of a hub see."""
    talks = select(col(Conversation.id)).where(Conversation.person_id == JoinPaper.person_id, of_mine(hub_id))
    found = await session.exec(
        select(PersonMatch, JoinPaper)
        .join(JoinPaper, col(JoinPaper.match_id) == col(PersonMatch.id))
        .where(JoinPaper.ends_at > now, talks.exists())
        .order_by(col(JoinPaper.joined_at).desc(), col(JoinPaper.id))
        .limit(limit)
    )
    return list(found)


async def part(
    session: Session, *, match_id: uuid.UUID, tags: Collection[str], staff_id: uuid.UUID, now: datetime
) -> uuid.UUID:
    """Make two of one again, as they were; returns the id of the person who comes back.

    What was changed since by anyone stays as it is now. What was said since goes with the way it was said by; all
    else that came since (notes, referrals, appointments) stays with the person the two had become, for staff to
    see to. They are kept apart from now on. `tags`: the versions of the match that were read, `*` for any.
    Raises NoWayBackError, JoinedAgainError, StaleError, IllegalMoveError.
    """
    match = await session.get(PersonMatch, match_id, with_for_update=True, populate_existing=True)
    found = await session.exec(select(JoinPaper).where(JoinPaper.match_id == match_id, JoinPaper.ends_at > now))
    paper = found.first()
    if match is None or paper is None:
        raise NoWayBackError
    if not {"*", str(match.version)}.intersection(tags):
        raise StaleError
    decided = moved(MOVES, match.status, Status.KEPT_APART)
    what = await in_step(session, read(session, paper))
    await _check(session, paper, what)
    session.expunge_all()
    await _put_back(session, what)
    for given in what.keys:
        await own_keys.give_back(session, ids=given.ids, had_by=given.to, to=given.away)
    if what.away is not None:
        await _give_back_what_was_said(session, what.to, what.away, paper.joined_at)
        await session.driver.execute(FOLLOW, what.to, what.away, what.followers)
    owners = {what.stays, what.goes, what.to, what.away or what.to}
    await own_columns.seal_apart(session, owners=owners)
    for person_id in (what.stays, what.goes):
        await equality.drop_idle_key(session, person_id=person_id)
    match.status, match.version = decided, match.version + 1
    match.decided_at, match.decided_by = now, staff_id
    session.add(match)
    await session.flush()
    await session.driver.execute("DELETE FROM join_paper WHERE id = $1", paper.id)
    return what.goes


async def _check(session: Session, paper: JoinPaper, what: What) -> None:
    """Lock the talk that both have now, and see that both can be there again."""
    if paper.person_id != what.stays:
        raise JoinedAgainError
    if not await session.driver.fetchval(LOCK_TALK, what.to):
        raise NoWayBackError
    if await session.get(Person, what.goes, populate_existing=True) is not None:
        raise NoWayBackError


async def _put_back(session: Session, what: What) -> None:
    places = {table.name: place for place, table in enumerate(SQLModel.metadata.sorted_tables)}
    changes = sorted(what.changes, key=lambda one: places.get(one.table, len(places)))
    for one in reversed(changes):
        if one.made:
            await _unmake(session, one)
    for one in changes:
        if one.gone:
            await _bring_back(session, one.table, one.gone)
    for one in changes:
        if one.was:
            await _change_back(session, one)


async def _unmake(session: Session, change: Change) -> None:
    """Delete what the join made, unless something changed in it or came to refer to it since."""
    table = SQLModel.metadata.tables[change.table]
    free = "".join(
        f' AND NOT EXISTS (SELECT 1 FROM "{other.name}" o WHERE o.{key.parent.name} = t.{key.column.name})'  # noqa: S608
        for other in SQLModel.metadata.sorted_tables
        for key in other.foreign_keys
        if key.column.table is table
    )
    same = _same(change.table)
    statement = f"""
        DELETE FROM "{table.name}" t USING jsonb_populate_recordset(NULL::"{table.name}", $1::text::jsonb) p
        WHERE {same} AND to_jsonb(t) = to_jsonb(p){free}
    """  # noqa: S608 -- names of our own
    await session.driver.execute(statement, json.dumps(change.made))


async def _bring_back(session: Session, table: str, rows: Sequence[Row]) -> None:
    """Insert rows as they were. A talk that was emptied, and is not deleted yet, is filled again."""
    conflict = "NOTHING"
    if table == "conversation":
        names = [column.name for column in SQLModel.metadata.tables[table].columns if column.name != "id"]
        conflict = "UPDATE SET " + ", ".join(f"{name} = EXCLUDED.{name}" for name in names)
    named = ", ".join(f'"{name}"' for name in rows[0])
    keys = ", ".join(keys_of(table)) if conflict != "NOTHING" else ""
    on = f"ON CONFLICT ({keys}) DO {conflict}" if keys else "ON CONFLICT DO NOTHING"
    statement = f"""
        INSERT INTO "{table}" ({named}) OVERRIDING SYSTEM VALUE
        SELECT {named} FROM jsonb_populate_recordset(NULL::"{table}", $1::text::jsonb) {on}
    """  # noqa: S608 -- names of our own
    await session.driver.execute(statement, json.dumps(rows))


async def _change_back(session: Session, change: Change) -> None:
    """Give columns their old values, but for those that were changed again since; versions only go up."""
    keys, versioned = keys_of(change.table), _versioned(change.table)
    alike: dict[tuple[str, ...], list[tuple[Row, Row]]] = {}
    for was, now in zip(change.was, change.now, strict=True):
        names = tuple(name for name in was if name not in keys)
        alike.setdefault(names, []).append((was, now))
    for names, rows in alike.items():
        sets = [
            f"{name} = CASE WHEN t.{name} IS NOT DISTINCT FROM n.{name} THEN o.{name} ELSE t.{name} END"
            for name in names
            if name != "version" or not versioned
        ]
        if versioned:
            sets.append("version = t.version + 1")
        statement = f"""
            UPDATE "{change.table}" t SET {", ".join(sets)}
            FROM jsonb_populate_recordset(NULL::"{change.table}", $1::text::jsonb) o
            JOIN jsonb_populate_recordset(NULL::"{change.table}", $2::text::jsonb) n
                ON {_same(change.table, "n", "o")}
            WHERE {_same(change.table, "t", "o")}
        """  # noqa: S608 -- names of our own
        before, after = json.dumps([was for was, _ in rows]), json.dumps([now for _, now in rows])
        await session.driver.execute(statement, before, after)


def _versioned(table: str) -> bool:
    version = SQLModel.metadata.tables[table].columns.get("version")
    return version is not None and version.type.python_type is int


def _same(table: str, one: str = "t", other: str = "p") -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in keys_of(table))


async def _give_back_what_was_said(session: Session, to: uuid.UUID, away: uuid.UUID, since: datetime) -> None:
    ways = [row["id"] for row in await session.driver.fetch(BACK, away)]
    for follow in reversed(SAID_SINCE):
        await session.driver.execute(follow, to, away, ways)
    await session.driver.execute(WAY, to, ways)
    await session.driver.execute(HEARD, away, since)
