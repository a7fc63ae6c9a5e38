"""The figures an operator watches: turns, how long they take, and what is still to be done."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy import text

from api.house import House
from waitingroom import spending

REGISTRY = CollectorRegistry()
TURNS = Counter("waitingroom_turns", "Messages taken, by channel", ["channel"], registry=REGISTRY)
TURN_SECONDS = Histogram(
    "waitingroom_turn_seconds",
    "How long a turn took, from the door to the commit",
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)
UNSENT = Gauge("waitingroom_unsent_messages", "Messages still to be sent", registry=REGISTRY)
OLDEST_UNSENT = Gauge("waitingroom_oldest_unsent_seconds", "Age of the oldest unsent message", registry=REGISTRY)
DEAD = Gauge("waitingroom_dead_letters", "Messages given up or unreadable", registry=REGISTRY)
HANDOFFS = Gauge("waitingroom_handoffs_waiting", "Hand-offs nobody has claimed", ["urgency"], registry=REGISTRY)

MEASURE = text("""
SELECT count(*) FILTER (WHERE status IN ('queued', 'sending')) AS unsent,
       COALESCE(EXTRACT(epoch FROM CAST(:now AS timestamptz) - min(created_at) FILTER (
           WHERE status IN ('queued', 'sending') AND NOT (held AND later))), 0) AS oldest,
       count(*) FILTER (WHERE status IN ('dead', 'unreadable')) + (SELECT count(*) FROM raw_letter) AS dead
FROM message, LATERAL (
    SELECT COALESCE(problem IN ('WaitsForPerson', 'OverSpending'), false) AS held,
           COALESCE(next_try_at > CAST(:now AS timestamptz), false) AS later
) AS why
WHERE status IN ('queued', 'sending', 'dead', 'unreadable')
""")
WAITING = text("SELECT urgency, count(*) AS people FROM handoff WHERE status = 'waiting' GROUP BY urgency")
SPENT = Gauge(
    "waitingroom_segments_today", "Parts of messages charged today, by channel", ["channel"], registry=REGISTRY
)
HELD = Gauge("waitingroom_held_today", "Times a message was held back by the cap", ["channel"], registry=REGISTRY)


async def measure(house: House) -> None:
    """Read from the records what is still to be done."""
    async with house.database.transaction() as session:
        found = (await session.run(MEASURE, {"now": house.clock.now()})).one()
        today = house.clock.now().astimezone(house.desk.service.zone).date()
        spent = await spending.of_today(session, on_day=today)
        waiting = {row.urgency: row.people for row in await session.run(WAITING)}
    for channel, spend in spent.items():
        SPENT.labels(channel).set(spend.segments)
        HELD.labels(channel).set(spend.held)
    UNSENT.set(found.unsent)
    OLDEST_UNSENT.set(float(found.oldest))
    DEAD.set(found.dead)
    for urgency, name in enumerate(("urgent", "soon", "routine")):
        HANDOFFS.labels(name).set(waiting.get(urgency, 0))
