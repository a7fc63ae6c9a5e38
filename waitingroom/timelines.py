"""Timelines: what happened with one person, the newest first, a page at a time."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from waitingroom.database import Session
from waitingroom.hubs import MINE


class Kind(StrEnum):
    """What kind of entry it is."""

    MESSAGE = "message"
    ACTIVITY = "activity"
    NOTE = "note"
    TRANSFER = "transfer"
    HELP = "help"
    APPOINTMENT = "appointment"
    """its id is the appointment's and which of its moments: "…:taken"."""


@dataclass(frozen=True)
class Mark:
    """The place of one entry: when, of what kind, and which."""

    at: datetime
    kind: Kind
    id: str


OF_KIND: Mapping[Kind, str] = {
    Kind.MESSAGE: "SELECT created_at AS at, m.id::text AS id FROM message m WHERE m.conversation_id = ANY(t.ids)",
    Kind.ACTIVITY: """
        SELECT a.done_at AS at, a.id::text AS id FROM activity a JOIN referral r ON r.id = a.referral_id
        WHERE r.conversation_id = ANY(t.ids)
    """,
    Kind.NOTE: "SELECT written_at AS at, id::text AS id FROM private_note WHERE conversation_id = ANY(t.ids)",
    Kind.TRANSFER: """
        SELECT x.at, x.id::text AS id FROM transfer x JOIN handoff h ON h.id = x.handoff_id
        WHERE h.conversation_id = ANY(t.ids)
    """,
    Kind.HELP: "SELECT asked_at AS at, e.id::text AS id FROM help e WHERE e.conversation_id = ANY(t.ids)",
    Kind.APPOINTMENT: """
        SELECT moment.at, p.id::text || ':' || moment.step AS id
        FROM appointment p, LATERAL (VALUES
            ('offered', CASE WHEN p.answered_at IS DISTINCT FROM p.made_at THEN p.made_at END),
            ('taken', p.answered_at), ('settled', p.settled_at)) AS moment (step, at)
        WHERE p.conversation_id = ANY(t.ids) AND moment.at IS NOT NULL
    """,
}
TALKS = f"""
(SELECT array_agg(v.id) AS ids FROM conversation v
 WHERE v.person_id = $1 AND {MINE.format(mine="$2", hub="v.hub_id")}) AS t
"""  # noqa: S608 -- words of our own


async def page(
    session: Session,
    *,
    person_id: uuid.UUID,
    hub_id: uuid.UUID | None,
    kinds: Collection[Kind] = frozenset(Kind),
    before: Mark | None = None,
    limit: int = 50,
) -> Sequence[Mark]:
    """List the places of `limit` entries before `before`, or of the newest, in talks the hub may see."""
    parts = (f"SELECT '{kind}' AS kind, * FROM ({OF_KIND[kind]}) AS one" for kind in Kind if kind in kinds)  # noqa: S608
    told = f"SELECT at, kind, id FROM {TALKS}, LATERAL ({' UNION ALL '.join(parts)}) AS every"  # noqa: S608
    values: list[object] = [person_id, hub_id]
    if before is not None:
        told += " WHERE (at, kind, id) < ($3, $4, $5)"
        values += [before.at, before.kind.value, before.id]
    order = f"{told} ORDER BY at DESC, kind DESC, id DESC LIMIT {limit}"
    return [Mark(row["at"], Kind(row["kind"]), row["id"]) for row in await session.driver.fetch(order, *values)]
