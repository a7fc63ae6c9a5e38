"""First contacts: the first time a link worker and someone they took on really spoke: it stops the wait's clock.

Picking someone up, trying to call or sending a text stops nothing: for whoever waits, that is still waiting.
"""

import uuid
from datetime import datetime

from waitingroom.database import Session

FIRST = """
SELECT least(
    (SELECT min(a.done_at) FROM activity a
     WHERE a.referral_id = r.id AND a.done_at >= r.picked_up_at AND a.minutes > 0 AND a.attended IS NOT FALSE
       AND a.kind IN ('call', 'visit', 'video')),
    (SELECT min(said.created_at) FROM message said
     WHERE said.conversation_id = r.conversation_id AND said.author = 'person' AND said.created_at > (
         SELECT min(wrote.created_at) FROM message wrote
         WHERE wrote.conversation_id = r.conversation_id AND wrote.author = 'link_worker'
           AND wrote.created_at >= r.picked_up_at))
)
FROM referral r WHERE r.id = $1 AND r.status = 'picked_up'
"""
"""A call, visit or video call that took place, or a message of a link worker's that the person wrote back to."""
STOP_CLOCKS = f"""
UPDATE referral SET contacted_at = spoke.at, version = version + 1
FROM (SELECT t.id, ({FIRST.replace("r.id = $1", "r.id = t.id")}) AS at
      FROM referral t WHERE t.status = 'picked_up' AND t.contacted_at IS NULL) AS spoke
WHERE referral.id = spoke.id AND spoke.at IS NOT NULL
"""  # noqa: S608 -- a statement of our own
"""Costs in proportion to those who were picked up and not yet spoken with, not to the list."""


async def of_referral(session: Session, *, referral_id: uuid.UUID) -> datetime | None:
    """Say when someone first spoke with whoever has taken them on; None where they have not, or nobody has."""
    found: datetime | None = await session.driver.fetchval(FIRST, referral_id)
    return found


async def stop_clocks(session: Session) -> int:
    """Note on every referral that was picked up when the two first spoke, where they have. Returns on how many."""
    done: str = await session.driver.execute(STOP_CLOCKS)
    return int(done.rsplit(maxsplit=1)[-1])
