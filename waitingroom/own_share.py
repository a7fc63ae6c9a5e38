"""Own share: how much of what may be spent in a day can go to one person, so that nobody uses up everyone's."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from waitingroom.database import Session
from waitingroom.messages import Kind

SHARE: Mapping[Kind, Decimal | None] = {
    Kind.STARTED: Decimal("0.2"),
    Kind.ANSWER: Decimal("0.2"),
    Kind.STAFF: None,
    Kind.CRISIS: None,
}
"""How much of a day's most may go to one contact: a fifth is four of the longest referrals at the usual cap.

What a link worker writes, and crisis lines, are counted and always go.
"""
LEAST = 30
"""Parts that may go to one contact however small the day's most is: the longest text there is has 24."""
DAY = timedelta(days=1)

TAKE = text("""
INSERT INTO rate AS r (key, full_at) VALUES (:key, CAST(:now AS timestamptz) + CAST(:cost AS interval))
ON CONFLICT (key) DO UPDATE SET full_at = LEAST(
    GREATEST(r.full_at, CAST(:now AS timestamptz)) + CAST(:cost AS interval),
    CAST(:now AS timestamptz) + interval '1 day')
WHERE CAST(:always AS boolean)
   OR r.full_at <= CAST(:now AS timestamptz) + interval '1 day' - CAST(:cost AS interval)
RETURNING key
""")
GIVE_BACK = text("UPDATE rate SET full_at = full_at - CAST(:cost AS interval) WHERE key = :key")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one message of `segments` parts takes of a contact's share, where a channel's `most` a day is `most`.

    It is counted like any pace (GCRA, ITU-T I.371): the whole share at once, and it comes back over a day.
    """

    channel: str
    contact_id: uuid.UUID
    segments: int
    kind: Kind
    most: int | None

    @property
    def counts(self) -> bool:
        """Whether there is anything to count."""
        return bool(self.segments and self.most)

    @property
    def facts(self) -> dict[str, Any]:
        """Return what the statements ask for: the key, which erasure finds, and how much of a day it takes."""
        parts = min(self.most or 0, max(int((self.most or 0) * (SHARE[Kind.ANSWER] or 1)), LEAST))
        return {"key": f"{self.channel}-parts:{self.contact_id}", "cost": min(DAY * self.segments / parts, DAY)}


async def take(session: Session, cost: Cost, *, now: datetime) -> bool:
    """Count one message against its contact's share, and say whether it may go."""
    if not cost.counts:
        return True
    facts = {**cost.facts, "now": now, "always": SHARE[cost.kind] is None}
    return (await session.run(TAKE, facts)).first() is not None


async def give_back(session: Session, cost: Cost) -> None:
    """Take off what was counted for a message that was not sent after all."""
    if cost.counts:
        await session.run(GIVE_BACK, cost.facts)
