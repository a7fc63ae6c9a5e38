"""The outbox: one conversation's messages leave in order, one worker at a time, each recorded at once."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import asyncpg

from waitingroom import holds, hooks, messages, own_keys, own_share, rates, spending
from waitingroom.circuits import AWAY_FOR
from waitingroom.columns import UnreadableError, new_id
from waitingroom.database import Session
from waitingroom.messages import Kind, Status
from waitingroom.own_share import Cost
from waitingroom.rates import Limit
from waitingroom.slots import Slots

LEASE = timedelta(seconds=30)
"""How long a lane, or a message on its way, may be held without a sign of life. Longer than any provider call."""
LANE_TAKEN = timedelta(seconds=1)
"""When to look again at a lane another worker holds."""
MAYBE_SENT = "MaybeSent"
"""The problem noted where the provider may have taken a message."""
AFTER_CRISIS = timedelta(seconds=4)
"""How much later than a talk with crisis lines any other tries a provider that failed; last what failed last."""
STALE = timedelta(seconds=15)
"""A message still unsent this long after it was due gets its worker woken again."""

_OLDEST = f"""
SELECT m.id, m.status, m.kind, m.segments, m.body, m.dedupe, m.attempts, m.next_try_at, m.problem,
       m.contact_id, contact.channel, contact.address, contact.heard_at, m.created_at,
       {own_keys.carried_by("m.body")} AS carried_keys
FROM message m JOIN contact ON contact.id = m.contact_id
WHERE m.conversation_id = $1 AND m.status IN ('queued', 'sending') AND NOT {holds.HELD}
ORDER BY m.id LIMIT 1
"""  # noqa: S608 -- a condition of our own
_LOOK = f"""
WITH lane AS (
    UPDATE conversation SET lane_until = $4, lane_holder = $3
    WHERE id = $1 AND (lane_until IS NULL OR lane_until < $2 OR lane_holder = $3)
    RETURNING id AS lane_id
)
SELECT oldest.* FROM lane LEFT JOIN ({_OLDEST}) AS oldest ON true
"""  # noqa: S608 -- as above
"""Takes or renews the lane and finds what is next, in one round trip."""
_LEAVE = f"""
UPDATE conversation SET lane_until = NULL, lane_holder = NULL
WHERE id = $1 AND lane_holder = $3 AND NOT EXISTS ({_OLDEST})
"""  # noqa: S608 -- as above
"""Leaves an empty lane. What a turn committed while _LOOK waited for its lock is seen here."""
_WAIT = "UPDATE conversation SET lane_until = NULL, lane_holder = NULL WHERE id = $1 AND lane_holder = $2"
_BEGIN = """
UPDATE message SET status = 'sending', attempts = attempts + 1, maybe_twice = maybe_twice OR status = 'sending',
    next_try_at = $2
WHERE id = $1 AND status = $3 AND attempts = $4
"""
"""Begins a message that is still as it was when it was found: who waited for a lane may have found old news."""
_PUT_BACK = """
UPDATE message SET status = 'queued', attempts = 0, next_try_at = $2
WHERE id = $1 AND status = 'sending' AND attempts = 1
"""
_AWAY = """
UPDATE message SET status = 'queued', maybe_twice = maybe_twice OR status = 'sending',
    problem = CASE WHEN problem = 'MaybeSent' OR status = 'sending' THEN 'MaybeSent' ELSE 'ProviderAway' END,
    next_try_at = $2::timestamptz + CASE
        WHEN EXISTS (SELECT FROM circuit WHERE last_letter = message.id) THEN 2 * $3::interval
        WHEN EXISTS (SELECT FROM message said WHERE said.conversation_id = message.conversation_id
                     AND said.status = 'queued' AND said.kind = 'crisis') THEN interval '0'
        ELSE $3::interval END
WHERE id = $1 AND status IN ('queued', 'sending') RETURNING next_try_at
"""
_BURY = "UPDATE message SET status = 'dead', problem = 'CannotBeSent' WHERE id = $1"
_SENT = """
UPDATE message SET provider_id = $2,
    status = CASE WHEN status IN ('queued', 'sending') THEN 'sent' ELSE status END,
    sent_at = CASE WHEN status IN ('queued', 'sending') THEN $3 ELSE sent_at END,
    problem = CASE WHEN status IN ('queued', 'sending') THEN NULL ELSE problem END
WHERE id = $1
"""
"""A receipt that was quicker than our own note stands: a message only ever moves up.

One row each, its plan kept: over arrays PostgreSQL plans anew each time, at more than the update's own cost.
"""
_TROUBLE = """
UPDATE message SET status = $2, problem = $3, next_try_at = $4, maybe_twice = maybe_twice OR $5
WHERE id = $1 AND status = 'sending' RETURNING conversation_id
"""
_GIVE_UP = f"""
WITH overdue AS MATERIALIZED (
    SELECT m.id FROM circuit JOIN contact USING (channel) JOIN message m ON m.contact_id = contact.id
    WHERE circuit.opened_at <= $1 AND m.status = 'queued' AND m.created_at <= $1 AND NOT {holds.HELD}
    ORDER BY m.id LIMIT $3 FOR UPDATE OF m SKIP LOCKED
)
UPDATE message SET status = 'dead', problem = CASE WHEN problem = 'MaybeSent' THEN problem ELSE 'ProviderAway' END
FROM overdue WHERE message.id = overdue.id RETURNING message.id, conversation_id
"""  # noqa: S608 -- a condition of our own
_STALE = """
SELECT DISTINCT conversation_id FROM message
WHERE status IN ('queued', 'sending') AND next_try_at < $1 AND (status = 'sending' OR next_try_at < $2) LIMIT $3
"""

AT_ONCE = """
clear AS (
    SELECT NOT EXISTS (
        SELECT FROM message
        WHERE conversation_id = $1 AND status IN ('queued', 'sending') AND id <> ALL($15::bigint[])
    ) AS clear
), own AS (
    SELECT key, gap, slack FROM unnest($16::text[], $17::interval[], $18::interval[]) AS o (key, gap, slack)
), paced AS (
    INSERT INTO rate AS r (key, full_at) SELECT key, $5::timestamptz + gap FROM own, clear WHERE clear
    ON CONFLICT (key) DO UPDATE SET full_at = GREATEST(r.full_at, $5) + (EXCLUDED.full_at - $5)
    WHERE r.full_at <= $5 + (SELECT slack FROM own WHERE own.key = r.key)
    RETURNING key
), way AS (
    SELECT clear AND (SELECT count(*) FROM paced) = cardinality($16) AS open FROM clear
)
"""
"""Says, inside the statement that queues a message, whether it may go at once, and takes its contact's own slots.

It may where nothing stands before it but what this very process is sending ($15). A message so begun has in
`next_try_at` the end of its lease: until then every worker leaves it, and all behind it, alone.
"""


@dataclass(frozen=True)
class Letter:
    """A message on its way: where to, what, and whether it may have gone once already."""

    message_id: int
    channel: str
    contact_id: uuid.UUID
    address: str
    said: dict[str, Any]
    attempts: int
    heard_at: datetime
    """when the person last wrote on this channel"""
    queued_at: datetime | None = None
    """when it was queued, None: in the turn that was heard then"""


@dataclass(frozen=True)
class NotYet:
    """Nothing can go now; look again after this long."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class _Unsent:
    """A message in the outbox, and the contact it is for, as the records tell them."""

    id: int
    status: str
    kind: str
    segments: int
    body: bytes | None
    dedupe: str
    attempts: int
    next_try_at: datetime | None
    problem: str | None
    contact_id: uuid.UUID
    channel: str
    address: bytes
    heard_at: datetime
    created_at: datetime
    carried_keys: Sequence[bytes] | None

    @property
    def charged(self) -> int:
        """What sending it now adds to the bill: a try the provider surely did not take costs nothing."""
        surely_not_taken = self.status == Status.QUEUED and self.problem != MAYBE_SENT
        return 0 if self.attempts and surely_not_taken else self.segments


@dataclass(frozen=True, slots=True)
class Lane:
    """One conversation's way out, as one worker holds it."""

    conversation_id: uuid.UUID
    holder: uuid.UUID


@dataclass(frozen=True)
class Rules:
    """What sending has to keep to.

    `limits` has the limits of each channel there is; one whose key ends in ':' is meant for each contact, all
    others are shared and their `slots` handed out apart. `caps` has the most parts a channel may send on one day
    of `zone`.
    """

    limits: Mapping[str, tuple[Limit, ...]]
    caps: Mapping[str, int]
    slots: Slots
    zone: tzinfo = UTC


async def take(session: Session, lane: Lane, rules: Rules, *, now: datetime) -> Letter | NotYet | None:
    """Take or renew a lane, and its next letter; the lane is left where there is none to send now."""
    while True:
        row = await session.driver.fetchrow(_LOOK, lane.conversation_id, now, lane.holder, now + LEASE)
        if row is None:
            return NotYet(LANE_TAKEN)
        if row["id"] is None:
            left: str = await session.driver.execute(_LEAVE, lane.conversation_id, now, lane.holder)
            if left.endswith("1"):
                return None
            continue
        letter = await _begin(session, _Unsent(*row), rules, now)
        if isinstance(letter, NotYet):
            await session.driver.execute(_WAIT, lane.conversation_id, lane.holder)
        if letter is not None:
            return letter


async def let_go(session: Session, lane: Lane) -> None:
    """Leave a lane to whoever comes next, with letters still in it or none."""
    await session.driver.execute(_WAIT, lane.conversation_id, lane.holder)


async def next_letter(
    session: Session, *, conversation_id: uuid.UUID, rules: Rules, now: datetime
) -> Letter | NotYet | None:
    """Take the oldest unsent message of a lane, marked as on its way; None where all are sent or held back.

    What cannot be opened, or has a channel that is no more, becomes a dead letter, and the next one is taken.
    """
    while (row := await session.driver.fetchrow(_OLDEST, conversation_id, now)) is not None:
        letter = await _begin(session, _Unsent(*row), rules, now)
        if letter is not None:
            return letter
    return None


async def _begin(session: Session, message: _Unsent, rules: Rules, now: datetime) -> Letter | NotYet | None:
    """Mark one message as on its way, if it may go now; None where it was set aside, so that others go."""
    if message.next_try_at and message.next_try_at > now:
        return NotYet(LANE_TAKEN if message.status == Status.SENDING else message.next_try_at - now)
    letter = _letter(session, message) if message.channel in rules.limits else None
    if letter is None:
        await session.driver.execute(_BURY, message.id)
        return None
    if await _held_back(session, message, now):
        return None
    most, kind = rules.caps.get(message.channel), Kind(message.kind)
    cost = own_share.Cost(message.channel, message.contact_id, message.charged, kind, most)
    due = _Due(now.astimezone(rules.zone).date(), cost)
    if not await _pay(session, due, now):
        until = holds.next_look(now, rules.zone)
        await holds.hold(session, message_id=message.id, problem=holds.OVER_SPENDING, until=until)
        return None
    wait = await _paced(session, rules, message, now)
    if not wait and await _is_begun(session, message, rules, now):
        return letter
    await _give_back(session, due)
    if wait and rules.slots.shut(message.channel):
        wait = await _put_off(session, message, wait, now)
    return NotYet(wait) if wait else None


async def _is_begun(session: Session, message: _Unsent, rules: Rules, now: datetime) -> bool:
    """Mark a message as on its way; False where it is no more as it was found, and its slots are given back."""
    begun: str = await session.driver.execute(_BEGIN, message.id, now + LEASE, message.status, message.attempts)
    if not begun.endswith("1"):
        rules.slots.give_back(rules.limits[message.channel])
        return False
    return True


async def _put_off(session: Session, message: _Unsent, wait: timedelta, now: datetime) -> timedelta:
    """Have a message wait for its provider, which has failed; no try is counted. Returns how long."""
    until: datetime | None = await session.driver.fetchval(_AWAY, message.id, now + wait, AFTER_CRISIS)
    return until - now if until else wait


async def _held_back(session: Session, message: _Unsent, now: datetime) -> bool:
    until = await holds.until_person_writes(
        session, message_id=message.id, contact_id=message.contact_id, heard_at=message.heard_at, now=now
    )
    if until is None:
        return False
    await holds.hold(session, message_id=message.id, problem=holds.WAITS_FOR_PERSON, until=until)
    return True


@dataclass(frozen=True)
class _Due:
    """What a message costs, and on which day."""

    on_day: date
    cost: Cost

    @property
    def day(self) -> dict[str, Any]:
        """Return the row of its day."""
        return {"channel": self.cost.channel, "on_day": self.on_day}


async def _pay(session: Session, due: _Due, now: datetime) -> bool:
    cost = due.cost
    if not cost.segments:
        return True
    if not await own_share.take(session, cost, now=now):
        await spending.note_held(session, **due.day)
        return False
    if await spending.take(session, **due.day, segments=cost.segments, kind=cost.kind, most=cost.most):
        return True
    await own_share.give_back(session, cost)
    return False


async def _give_back(session: Session, due: _Due) -> None:
    if due.cost.segments:
        await spending.give_back(session, **due.day, segments=due.cost.segments)
        await own_share.give_back(session, due.cost)


def _letter(session: Session, message: _Unsent) -> Letter | None:
    """Open a message for sending; None where it does not open, so that it never jams those behind it."""
    try:
        address = session.keys.unseal(message.address, f"contact:address:{message.contact_id}")
        said = messages.said(session, message)
    except UnreadableError:
        return None
    return Letter(
        message.id,
        message.channel,
        message.contact_id,
        address,
        said,
        message.attempts + 1,
        message.heard_at,
        message.created_at,
    )


async def _paced(session: Session, rules: Rules, message: _Unsent, now: datetime) -> timedelta:
    """Take a slot of every limit on a message; where one is full none. Returns zero, or how long to wait."""
    limits = rules.limits[message.channel]
    wait = await rules.slots.take_each(limits, now=now, may_probe=True)
    if not wait and (wait := await rates.take(session, *own_limits(limits, message.contact_id), now=now)):
        rules.slots.give_back(limits)
    return wait


def own_limits(limits: Sequence[Limit], contact_id: uuid.UUID) -> list[Limit]:
    """Return the limits that count one contact apart, under that contact's keys."""
    return [replace(limit, key=f"{limit.key}{contact_id}") for limit in limits if not limit.shared]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message the provider took, under an id of its own."""

    message_id: int
    channel: str
    provider_id: str
    at: datetime


async def record_sent(driver: asyncpg.Connection, *sent: Sent) -> None:
    """Record what providers took, all in one round trip: all of it, or where one cannot be recorded nothing."""
    told = ((one.message_id, f"{one.channel}:{one.provider_id}", one.at) for one in sent)
    await driver.executemany(_SENT, told)


async def put_back(session: Session, *, message_id: int, now: datetime) -> None:
    """Queue again what was begun but surely never left this process."""
    await session.driver.execute(_PUT_BACK, message_id, now)


async def record_trouble(
    session: Session,
    *,
    message_id: int,
    status: Status,
    problem: str,
    next_try_at: datetime | None,
    maybe_sent: bool,
    now: datetime,
) -> None:
    """Record that a message did not go: QUEUED to be tried again, FAILED or DEAD for good.

    `problem` is the class of what went wrong; `maybe_sent`: the provider may have taken it all the same.
    """
    told = _TROUBLE, message_id, status.value, problem, next_try_at, maybe_sent
    talk = await session.driver.fetchval(*told)
    if talk is not None and status in {Status.FAILED, Status.DEAD}:
        failed = hooks.Kind.MESSAGE_FAILED
        await hooks.tell(session, failed, conversation_id=talk, message_id=message_id, now=now)


async def give_up(session: Session, *, now: datetime, limit: int) -> list[int]:
    """Give up messages that waited for AWAY_FOR while their provider was away. Returns at most `limit` ids."""
    given_up = await session.driver.fetch(_GIVE_UP, now - AWAY_FOR, now, limit)
    for number, talk in given_up:
        await hooks.tell(session, hooks.Kind.MESSAGE_FAILED, conversation_id=talk, message_id=number, now=now)
    return [number for number, _ in given_up]


async def stale(session: Session, *, now: datetime, limit: int = 500) -> list[uuid.UUID]:
    """List conversations with a message overdue, or on its way beyond its lease: whoever had it must be lost."""
    return [row[0] for row in await session.driver.fetch(_STALE, now, now - STALE, limit)]


def new_holder() -> uuid.UUID:
    """Name one worker's hold on one lane."""
    return new_id()
