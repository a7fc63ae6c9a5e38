"""Records brought back from a backup: whoever was erased since is erased again, and nobody is written to twice.

What was under way when the backup was made is older than what became of it. Nobody knows here what providers took
after that, who was signed in, or which codes were used; so nothing of it goes on by itself.
"""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from waitingroom import audit, erasure, handoffs, later, own_keys, to_dos
from waitingroom.columns import UnreadableError, key_of
from waitingroom.database import Session
from waitingroom.errors import NotFoundError, RefusedError
from waitingroom.handoffs import Reason, Urgency
from waitingroom.sealed_columns import SEALED, place

FROM_BACKUP = "FromBackup"
"""The problem noted on messages that were still to go when the backup was made: they may have gone since."""
GAP = 1_000_000
"""Numbers of messages left out, so that a receipt for a message that was lost never meets a new one."""
SAMPLE = 10
"""How many values of each sealed column are opened."""

RESTORING = "waitingroom_restoring"
OWNERS = "waitingroom_restoring_owner"
"""What a restore keeps until it has ended: that it goes on, and who had a key of their own then."""
IS_HALF = f"SELECT to_regclass('{RESTORING}') IS NOT NULL"
END = f"DROP TABLE IF EXISTS {OWNERS}; DROP TABLE IF EXISTS {RESTORING}"
HAS_OWNERS = f"SELECT to_regclass('{OWNERS}') IS NOT NULL AND to_regclass('own_key') IS NOT NULL"
_GONE = f"""
FROM {OWNERS} o WHERE NOT EXISTS (SELECT FROM own_key k WHERE k.id = o.id)
"""
PEOPLE_GONE = f"SELECT p.id FROM person p WHERE p.id IN (SELECT o.id {_GONE}) ORDER BY p.id"  # noqa: S608
TALKS_GONE = f"SELECT c.id FROM conversation c WHERE c.id IN (SELECT o.id {_GONE}) ORDER BY c.id"  # noqa: S608
STRAYS = f"DELETE FROM own_key k WHERE NOT EXISTS (SELECT FROM {OWNERS} o WHERE o.id = k.id)"  # noqa: S608
"""Keys of whoever came after the backup was made: what they opened is lost."""
OWNED_THEN = f"UPDATE own_key k SET owner_id = o.owner_id FROM {OWNERS} o WHERE o.id = k.id"  # noqa: S608
"""Two that were joined after the backup was made are two again."""
LOCK = """
SELECT id FROM conversation WHERE id = ANY($1) OR person_id = ANY($2) ORDER BY id FOR UPDATE
"""
LIFT = "UPDATE legal_hold SET lifted_at = $2 WHERE person_id = ANY($1) AND lifted_at IS NULL"
"""Whoever was erased since was on no hold by then."""

UNSENT = """
UPDATE message SET status = 'dead', problem = $1, next_try_at = NULL, maybe_twice = true
WHERE status IN ('queued', 'sending') RETURNING conversation_id, kind
"""
KNOWN = "SELECT id FROM conversation WHERE id = ANY($1) AND person_id IS NOT NULL"
LATER_DUE = "SELECT id FROM later_message WHERE status = 'waiting' AND send_at <= $1 ORDER BY send_at, id"
SIGNED_OUT = "UPDATE staff_session SET ended_at = $1 WHERE ended_at IS NULL"
VOID = ("crossing", "staff_sign_in", "idempotent_reply", "rate")
"""Codes, half sign-ins and answers kept for repeats: they were for the hour the backup was made in."""
FREE = "UPDATE conversation SET lane_until = NULL, lane_holder = NULL WHERE lane_until IS NOT NULL"
NUMBER = """
SELECT setval(pg_get_serial_sequence('message', 'id'), (SELECT COALESCE(max(id), 0) FROM message) + $1::bigint)
"""
PUT_OFF: Sequence[tuple[str, timedelta]] = (
    (
        "UPDATE waiting SET next_at = $2::timestamptz "
        "+ make_interval(mins => abs(hashtext(referral_id::text)) % 150) WHERE pace = 'active' AND next_at <= $1",
        timedelta(days=1),
    ),
    ("UPDATE how_are_you SET due_at = $2 WHERE asked_at IS NULL AND due_at <= $1", timedelta(days=2)),
    ("UPDATE wait_told SET look_at = $2 WHERE look_at <= $1", timedelta(days=3)),
    ("UPDATE transfer SET tell_at = $2 WHERE told_at IS NULL AND tell_at <= $1", timedelta(hours=3)),
    (
        "UPDATE appointment SET next_at = $2 WHERE status IN ('cancelled', 'missed') AND next_at <= $1",
        timedelta(hours=6),
    ),
    ("UPDATE introduction SET next_at = $2 WHERE next_at <= $1", timedelta(days=1)),
    (
        "UPDATE unanswered SET next_at = $2, due_at = GREATEST(due_at, $2) WHERE next_at <= $1",
        timedelta(days=1),
    ),
)
"""What became due while nothing ran, and by how long each is put off: so that it does not all come at once.

Reminders of appointments that are still ahead are not put off: they would come too late."""

SOME = "SELECT * FROM {table} WHERE length({column}) > 0 LIMIT $1"


class HalfRestoredError(RefusedError):
    """A backup was being brought back to this database, and was cut off. Run that restore again."""


@dataclass(frozen=True)
class Settled:
    """What was under way and does not go on by itself: messages, messages for later, sessions of staff."""

    unsent: int
    later: int
    sessions: int


async def check_whole(session: Session) -> None:
    """Check that no restore was cut off here. Raises HalfRestoredError: nobody may be served from half of it."""
    if await session.driver.fetchval(IS_HALF):
        raise HalfRestoredError


async def erased_since(session: Session) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
    """List the people, and the talks, that had a key of their own then and have none now: they were erased."""
    if not await session.driver.fetchval(HAS_OWNERS):
        return [], []
    people = [row["id"] for row in await session.driver.fetch(PEOPLE_GONE)]
    return people, [row["id"] for row in await session.driver.fetch(TALKS_GONE)]


async def erase_again(
    session: Session, *, people: Sequence[uuid.UUID], talks: Sequence[uuid.UUID], now: datetime
) -> int:
    """Erase people and talks again. Returns how many rows went."""
    locked = [row["id"] for row in await session.driver.fetch(LOCK, list(talks), list(people))]
    await session.driver.execute(LIFT, list(people), now)
    return await erasure.end(session, people=people, talks=locked, now=now)


async def sample(session: Session) -> tuple[int, int]:
    """Open some of each sealed column, people's own keys among them. Returns how many were tried, and opened.

    What was sealed with an own key that is gone is of someone who was erased since: it is not tried.
    """
    places: list[tuple[bytes, str]] = []
    for (table, column), where in SEALED.items():
        found = await session.driver.fetch(SOME.format(table=table, column=column), SAMPLE)
        places.extend((row[column], place(where, row)) for row in found)
    await own_keys.meet(session, [sealed for sealed, _where in places])
    places = [one for one in places if key_of(one[0]) in {None, *session.own}]
    opened = 0
    for sealed, where in places:
        with suppress(UnreadableError):
            own_keys.unseal_bytes(session, sealed, where)
            opened += 1
    return len(places), opened


async def settle_down(session: Session, *, made_at: datetime, words: str, today: date, now: datetime) -> Settled:
    """Let nothing go on that was under way at `made_at`, and end the restore: from now on people can be served.

    Messages still to go then are held for staff, as dead letters, and a link worker is asked to look: a provider
    may have taken them since. `words`: what the writer of a message for later is told to do, on `today`.
    """
    unsent = await session.driver.fetch(UNSENT, FROM_BACKUP)
    await _have_looked_at(session, [(row["conversation_id"], row["kind"]) for row in unsent], now)
    ids = [row["id"] for row in await session.driver.fetch(LATER_DUE, now)]
    for later_id in ids:
        await _give_back(session, later_id, words, today, now)
    ended: str = await session.driver.execute(SIGNED_OUT, now)
    for table in VOID:
        await session.driver.execute(f"DELETE FROM {table}")  # noqa: S608 -- names of our own
    await session.driver.execute(FREE)
    for statement, by in PUT_OFF:
        await session.driver.execute(statement, now, now + by)
    await session.driver.execute(NUMBER, GAP)
    audit.note_command(session, "restoreBackup", record=f"backup {made_at:%Y-%m-%dT%H:%M:%SZ}", now=now)
    if await session.driver.fetchval(HAS_OWNERS):
        await session.driver.execute(STRAYS)
        await session.driver.execute(OWNED_THEN)
    await session.driver.execute(END)
    return Settled(len(unsent), len(ids), int(ended.rpartition(" ")[2]))


async def _have_looked_at(session: Session, unsent: Sequence[tuple[uuid.UUID, str]], now: datetime) -> None:
    """Ask for a look at everyone we know who may lack a message; at once where it was a crisis line."""
    crisis = {talk for talk, kind in unsent if kind == "crisis"}
    known = await session.driver.fetch(KNOWN, list({talk for talk, _ in unsent}))
    for talk in sorted({row["id"] for row in known} | crisis):
        urgency = Urgency.URGENT if talk in crisis else Urgency.ROUTINE
        await handoffs.raise_hand(session, conversation_id=talk, reason=Reason.NOT_SENT, urgency=urgency, now=now)


async def _give_back(session: Session, later_id: uuid.UUID, words: str, today: date, now: datetime) -> None:
    """Give a message whose hour has passed back to its writer: it may have gone."""
    held = await later.hold(session, later_id=later_id)
    await later.settle(session, held, to=later.Status.NOT_SENT, now=now)
    talk = held.conversation_id
    with suppress(NotFoundError):
        await to_dos.add(
            session, words=words, due_on=today, for_id=held.staff_id, set_by=None, conversation_id=talk, now=now
        )
        return
    await handoffs.raise_hand(
        session, conversation_id=talk, reason=Reason.NOT_SENT, urgency=Urgency.ROUTINE, now=now
    )
