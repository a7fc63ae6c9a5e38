"""Figures from the records: what is still to be done, and who does it. The same whichever process tells them.

Each statement looks at a bounded number of rows by an index, so that asking costs the same at any size.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from croniter import croniter  # type: ignore[import-untyped]
from prometheus_client.core import GaugeMetricFamily

from api.house import House
from waitingroom import circuits, heartbeats, holds, spending
from waitingroom.database import Session

MOST = 20_000
"""How many rows are looked at for one figure: what stands above it says only that there are more."""
Figure = tuple[str, tuple[str, ...], float]
"""A name of FIGURES, its labels, and what it is now."""

FIGURES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "waitingroom_database_up": ("Whether the database answered for this page", ()),
    "waitingroom_unsent_messages": ("Messages still to be sent, at most 20000 are counted", ()),
    "waitingroom_oldest_unsent_seconds": ("Age of the oldest unsent message that nothing rightly holds back", ()),
    "waitingroom_held_messages": ("Messages held back for now, by what they wait for", ("why",)),
    "waitingroom_dead_letters": ("Messages given up or unreadable, at most 20000 of each are counted", ()),
    "waitingroom_handoffs_waiting": ("Hand-offs nobody has claimed, at most 20000 are looked at", ("urgency",)),
    "waitingroom_crisis_unclaimed": ("Urgent hand-offs nobody has claimed", ()),
    "waitingroom_crisis_unclaimed_oldest_seconds": ("How long the oldest of them has waited since the alarm", ()),
    "waitingroom_alarms_unsettled": ("Times danger was heard of which nobody has said yet what it was", ()),
    "waitingroom_segments_today": ("Parts of messages charged today, by channel", ("channel",)),
    "waitingroom_segments_cap": (
        "The most parts that may be charged in a day, where there is a cap",
        ("channel",),
    ),
    "waitingroom_held_today": ("Times a message was held back by the cap today", ("channel",)),
    "waitingroom_circuit_open": ("1 while a channel's provider is left alone because it fails", ("channel",)),
    "waitingroom_processes_alive": ("Processes that gave a sign of life in the last 30 seconds", ("kind",)),
    "waitingroom_process_silent_seconds": ("Since the last sign of life of any process of a kind", ("kind",)),
    "waitingroom_schedule_lag_seconds": (
        "How overdue something done by the clock is; 0 while it is not",
        ("tick",),
    ),
    "waitingroom_schedule_failing": ("1 where the last try of something done by the clock failed", ("tick",)),
    "waitingroom_backup_age_seconds": ("Since the last backup that ended well; none: there has been none", ()),
    "waitingroom_backup_verified": ("1 where the last backup was read back and found whole", ()),
    "waitingroom_data_free_bytes": ("Free space where the data folder is", ()),
    "waitingroom_connections_in_use": ("Database connections this process has lent out", ("pool",)),
    "waitingroom_connections_most": ("Database connections this process may have", ("pool",)),
    "waitingroom_live_pages": ("Live pages this process has open", ()),
}

OUTGOING = """
SELECT count(*) AS unsent,
       EXTRACT(epoch FROM $1 - min(created_at) FILTER (WHERE NOT (later AND meant)))::float8 AS oldest,
       count(*) FILTER (WHERE later AND problem = $2) AS person,
       count(*) FILTER (WHERE later AND problem = $3) AS cap,
       count(*) FILTER (WHERE later AND problem = 'ProviderAway') AS provider
FROM (
    SELECT created_at, problem, COALESCE(next_try_at > $1::timestamptz, false) AS later,
           COALESCE(problem IN ($2, $3), false) AS meant
    FROM message WHERE status IN ('queued', 'sending') ORDER BY next_try_at LIMIT $4
) AS unsent
"""
DEAD = """
SELECT (SELECT count(*) FROM (SELECT FROM message WHERE status IN ('dead', 'unreadable') LIMIT $1) AS m)
     + (SELECT count(*) FROM (SELECT FROM raw_letter LIMIT $1) AS r)
"""
WAITING = """
SELECT u.urgency, (
    SELECT count(*) FROM (
        SELECT status FROM handoff WHERE urgency = u.urgency AND status IN ('waiting', 'claimed')
        ORDER BY raised_at DESC LIMIT $1
    ) AS newest WHERE status = 'waiting'
) AS people FROM unnest(ARRAY[0, 1, 2]::smallint[]) AS u (urgency)
"""
CRISIS = """
SELECT count(*) AS unclaimed, EXTRACT(epoch FROM $1::timestamptz - min(since))::float8 AS oldest FROM (
    SELECT COALESCE((
        SELECT min(a.raised_at) FROM alarm a WHERE a.conversation_id = h.conversation_id AND a.settled_at IS NULL
    ), h.raised_at) AS since
    FROM (
        SELECT conversation_id, raised_at, status FROM handoff
        WHERE urgency = 0 AND status IN ('waiting', 'claimed') ORDER BY raised_at DESC LIMIT $2
    ) AS h WHERE h.status = 'waiting'
) AS waiting
"""
ALARMS = "SELECT count(*) FROM (SELECT FROM alarm WHERE settled_at IS NULL LIMIT $1) AS a"
URGENCIES = ("urgent", "soon", "routine")
BACKUP = "backup.json"
"""Where a backup that ended well is noted, under the data folder."""


async def read(house: House) -> list[Figure]:
    """Read every figure the records hold, in one transaction. Raises what keeps the records from answering."""
    now = house.clock.now()
    async with house.at_work.database.transaction() as session:
        return [
            ("waitingroom_database_up", (), 1.0),
            *await _outgoing(session, now),
            *await _waiting(session, now),
            *await _channels(session, house, now),
            *await _work(session, house),
        ]


async def _outgoing(session: Session, now: datetime) -> list[Figure]:
    row = await session.driver.fetchrow(OUTGOING, now, holds.WAITS_FOR_PERSON, holds.OVER_SPENDING, MOST)
    return [
        ("waitingroom_unsent_messages", (), row["unsent"]),
        ("waitingroom_oldest_unsent_seconds", (), max(row["oldest"] or 0.0, 0.0)),
        *(("waitingroom_held_messages", (why,), row[why]) for why in ("person", "cap", "provider")),
        ("waitingroom_dead_letters", (), await session.driver.fetchval(DEAD, MOST)),
    ]


async def _waiting(session: Session, now: datetime) -> list[Figure]:
    people = {row["urgency"]: row["people"] for row in await session.driver.fetch(WAITING, MOST)}
    crisis = await session.driver.fetchrow(CRISIS, now, MOST)
    return [
        *(("waitingroom_handoffs_waiting", (name,), people[place]) for place, name in enumerate(URGENCIES)),
        ("waitingroom_crisis_unclaimed", (), crisis["unclaimed"]),
        ("waitingroom_crisis_unclaimed_oldest_seconds", (), max(crisis["oldest"] or 0.0, 0.0)),
        ("waitingroom_alarms_unsettled", (), await session.driver.fetchval(ALARMS, MOST)),
    ]


async def _channels(session: Session, house: House, now: datetime) -> list[Figure]:
    today = now.astimezone(house.desk.service.zone).date()
    spent = await spending.of_today(session, on_day=today)
    failing = {circuit.channel for circuit in await circuits.standing(session)}
    found: list[Figure] = []
    for name, channel in house.desk.channels.items():
        if name in spent:
            found.append(("waitingroom_segments_today", (name,), spent[name].segments))
            found.append(("waitingroom_held_today", (name,), spent[name].held))
        if channel.cap is not None:
            found.append(("waitingroom_segments_cap", (name,), channel.cap))
        if not channel.kept:
            found.append(("waitingroom_circuit_open", (name,), name in failing))
    return found


async def _work(session: Session, house: House) -> list[Figure]:
    found: list[Figure] = []
    for kind, alive in (await heartbeats.standing(session)).items():
        found.append(("waitingroom_processes_alive", (kind,), alive.alive))
        found.append(("waitingroom_process_silent_seconds", (kind,), alive.silent))
    runs = await heartbeats.runs(session)
    for name, cron in house.schedules.items():
        if (run := runs.get(name)) is not None:
            due = croniter(cron, run.ran_at).get_next(datetime)
            found.append(("waitingroom_schedule_lag_seconds", (name,), max((run.now - due).total_seconds(), 0.0)))
            found.append(("waitingroom_schedule_failing", (name,), run.failing))
    return found


def of_machine(folder: Path, now: datetime) -> Iterator[Figure]:
    """Tell what this machine knows: its last backup, and the room left on its disk. `now` is the real time."""
    if folder.is_dir():
        yield "waitingroom_data_free_bytes", (), shutil.disk_usage(folder).free
    try:
        noted: dict[str, Any] = json.loads((folder / BACKUP).read_text())
        at = datetime.fromisoformat(noted["at"]).astimezone(UTC)
    except (OSError, ValueError, KeyError, TypeError):
        return
    yield "waitingroom_backup_age_seconds", (), max((now - at).total_seconds(), 0.0)
    yield "waitingroom_backup_verified", (), bool(noted.get("verified"))


def of_process(house: House, pages: int | None) -> Iterator[Figure]:
    """Tell what this process holds open. `pages`: how many live pages; None where it serves none."""
    for pool, database in (("turns", house.database), ("work", house.at_work.database)):
        yield "waitingroom_connections_in_use", (pool,), database.in_use
        yield "waitingroom_connections_most", (pool,), database.pool_size
    if pages is not None:
        yield "waitingroom_live_pages", (), pages


def families(figures: list[Figure]) -> Iterator[GaugeMetricFamily]:
    """Put figures in the shape Prometheus's client writes them from, each name once."""
    for name, (words, labels) in FIGURES.items():
        family = GaugeMetricFamily(name, words, labels=labels)
        for told, of, value in figures:
            if told == name:
                family.add_metric(of, float(value))
        if family.samples:
            yield family
