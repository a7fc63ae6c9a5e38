"""Keeping: what people who wait were sent, what they said of it, and whether messages arrive."""

from collections import Counter, defaultdict
from decimal import Decimal

from waitingroom.database import Session
from waitingroom.pieces import Said
from waitingroom.report_tables import NONE_YET, Asked, Cell, Line, Report, Table, breakdown_table, guard
from waitingroom.small_numbers import WHOLE, Row, near

SENT = """
SELECT v.hub_id, count(*) FILTER (WHERE s.item IS NOT NULL), count(*), count(DISTINCT s.referral_id)
FROM sent_step s JOIN referral r ON r.id = s.referral_id JOIN conversation v ON v.id = r.conversation_id
WHERE s.sent_at >= $1 AND s.sent_at < $2 GROUP BY 1
"""
HELPED = """
SELECT v.hub_id, a.said, count(*) FROM piece_answer a
JOIN referral r ON r.id = a.referral_id JOIN conversation v ON v.id = r.conversation_id
WHERE a.said_at >= $1 AND a.said_at < $2 GROUP BY 1, 2
"""
JOINED = """
SELECT v.hub_id, m.group_key, count(*) FROM membership m JOIN conversation v ON v.id = m.conversation_id
WHERE m.asked_at >= $1 AND m.asked_at < $2 GROUP BY 1, 2
"""
MESSAGES = """
SELECT c.channel, m.author, m.status, sum(m.number)::bigint FROM (
    SELECT contact_id, author, CASE WHEN status IN ('failed', 'dead') THEN 'not_arrived'
                                    WHEN status IN ('delivered', 'read') THEN 'arrived'
                                    WHEN status IN ('heard', 'unreadable') THEN 'heard' ELSE 'sent' END AS status,
           count(*) AS number
    FROM message WHERE created_at >= $1 AND created_at < $2 GROUP BY 1, 2, 3
) AS m JOIN contact c ON c.id = m.contact_id JOIN conversation v ON v.id = c.conversation_id
WHERE $3::uuid IS NULL OR v.hub_id = $3 GROUP BY 1, 2, 3
"""
AWAY = """
SELECT v.hub_id, c.state, count(*) FROM contact c JOIN conversation v ON v.id = c.conversation_id GROUP BY 1, 2
"""
PARTS = """
SELECT channel, sum(segments)::bigint, sum(held)::bigint FROM spend
WHERE on_day >= $1 AND on_day < $2 GROUP BY 1 ORDER BY 1
"""
STATES = ("open", "stopped", "unreachable")


async def report(session: Session, asked: Asked) -> Report:
    """Report what those who wait were sent, what they said of it, and which groups they asked to join."""
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    pieces = steps = 0
    for hub, items, all_steps, people in await session.driver.fetch(SENT, *asked.bounds):
        counts[hub]["all"] += people
        if asked.is_of(hub):
            pieces, steps = pieces + items, steps + all_steps
    told = guard(asked, counts, ["all"]).sum_of(asked.hub)
    figures: tuple[Cell, ...] = (told, near(steps), near(pieces)) if told is not None else (None, None, None)
    heads = ("People", "Messages of the programme", "Self-care pieces")
    note = "Messages and pieces to the nearest 5."
    kept = Table(
        "kept_company", "What people were sent while they wait", "All", heads, (Line("all", figures),), note
    )
    return Report(
        "keeping",
        "How people were kept company",
        (kept, await _said(session, asked), await _groups(session, asked)),
    )


async def _said(session: Session, asked: Asked) -> Table:
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    for hub, said, number in await session.driver.fetch(HELPED, *asked.bounds):
        counts[hub][said] += number
    found = guard(asked, counts, [one.value for one in Said])
    table = Table("pieces", "What people said of the pieces they had", "They said", ("Times",), (), chart="bars")
    return breakdown_table(asked, found, table)


async def _groups(session: Session, asked: Asked) -> Table:
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    for hub, group, number in await session.driver.fetch(JOINED, *asked.bounds):
        counts[hub][group] += number
    table = Table("groups", "Befriending groups people asked to join", "Group", ("People",), (), chart="bars")
    return breakdown_table(asked, guard(asked, counts), table)


async def delivery(session: Session, asked: Asked, *, pence: Decimal) -> Report:
    """Report messages by channel, whether they arrive, who cannot be reached, and what texts cost.

    `pence`: what one part of a text costs.
    """
    hub = None if asked.hub == WHOLE else asked.hub
    found = await session.driver.fetch(MESSAGES, *asked.bounds, hub)
    tables = [_messages([(channel, author, status, number) for channel, author, status, number in found])]
    counts: dict[Row, Counter[str]] = defaultdict(Counter)
    for row, state, number in await session.driver.fetch(AWAY):
        counts[row][state] += number
    table = Table("ways", "Ways of reaching people, now", "State", ("Phones and chats",), (), chart="bars")
    tables.append(breakdown_table(asked, guard(asked, counts, STATES), table))
    if asked.hub == WHOLE:
        tables.append(await _cost(session, asked, pence))
    return Report("delivery", "Messages", tuple(tables))


def _messages(found: list[tuple[str, str, str, int]]) -> Table:
    numbers: dict[str, Counter[str]] = defaultdict(Counter)
    for channel, author, status, number in found:
        name = "from_people" if author == "person" else status
        numbers[channel][name] += number
        if author == "link_worker":
            numbers[channel]["by_staff"] += number
    names = ("from_people", "arrived", "sent", "not_arrived", "by_staff")
    lines = tuple(
        Line(channel, tuple(near(count[name]) for name in names)) for channel, count in sorted(numbers.items())
    )
    heads = ("From people", "Arrived", "Sent, no receipt", "Did not arrive", "Of ours, by link workers")
    note = "Messages, not people, to the nearest 5."
    return Table("messages", "Messages by channel", "Channel", heads, lines, note, "stacked", 4)


async def _cost(session: Session, asked: Asked, pence: Decimal) -> Table:
    first, last = (moment.astimezone(asked.zone).date() for moment in asked.bounds)
    found = await session.driver.fetch(PARTS, first, last)
    lines = [Line(row[0], (row[1], round(float(row[1] * pence / 100), 2), row[2])) for row in found if row[1]]
    lines = lines or [Line("sms", (0, 0, NONE_YET))]
    heads = ("Parts", "Pounds", "Times held back by the daily limit")
    note = f"At {pence} pence a part, as set for this service; the bill may differ."
    return Table("cost", "What texts cost", "Channel", heads, tuple(lines), note)
