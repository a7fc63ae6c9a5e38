"""What the doctor asks the records about the service: is work done, is anyone waiting who should not."""

from datetime import datetime, timedelta

from croniter import croniter  # type: ignore[import-untyped]

from api import figures
from api.doctor import Check, Finding, Site, broken, fine, in_records, look
from api.house import TICKS
from bot.service import LONDON
from waitingroom import audit_check, duty, heartbeats, holds, retention_runs, spending
from waitingroom.database import Session

LAG, TOO_LATE = 120.0, 900.0
"""Seconds something done by the clock may be overdue."""
UNSENT, UNSENT_TOO_LONG = 120.0, 900.0
"""Seconds a message that nothing rightly holds back may wait."""
CRISIS = 900.0
"""Seconds a hand-off for danger may wait before nobody can be said to be there."""
NIGHTLY = timedelta(hours=26)
AUDIT_TAIL = 200
HOLD_REVIEW = timedelta(days=365)
NO_SECOND_FACTOR = """
SELECT count(*) FROM staff_account a JOIN staff s ON s.id = a.staff_id
WHERE a.password_hash IS NOT NULL AND a.authenticator IS NULL AND s.ended_at IS NULL
"""
HOOKS = """
SELECT count(*) FILTER (WHERE off_because IN ('gone', 'failing')) AS ended,
       count(*) FILTER (WHERE off_at IS NULL AND failing_since IS NOT NULL) AS failing FROM hook
"""
OLD_HOLDS = "SELECT count(*) FROM legal_hold WHERE lifted_at IS NULL AND placed_at < $1"


async def workers(session: Session, _site: Site) -> Finding:
    """See that somebody works: without a worker nobody in the waiting room hears anything."""
    alive = (await heartbeats.standing(session)).get("worker")
    if alive is None or not alive.alive:
        silent = f", the last was heard of {alive.silent:.0f} seconds ago" if alive else ""
        return broken(f"no worker is alive{silent}", "Start one: waitingroom work (or serve).")
    return fine(f"{alive.alive} at work")


async def schedule(session: Session, _site: Site) -> Finding:
    """See that what is done by the clock is done in time."""
    late, failing = 0.0, ""
    worst = "nothing"
    runs = await heartbeats.runs(session)
    for tick, cron in TICKS.items():
        run = runs.get(tick.__name__)
        if run is None:
            continue
        overdue = (run.now - croniter(cron, run.ran_at).get_next(datetime)).total_seconds()
        if overdue > late:
            late, worst = overdue, tick.__name__
        failing = tick.__name__ if run.failing else failing
    if not runs:
        return look("nothing was ever done by the clock", "Start a worker: waitingroom work (or serve).")
    if late > TOO_LATE:
        return broken(f"{worst} is {late:.0f} seconds overdue", "See whether a worker runs, and its log.")
    if failing:
        return broken(f"the last try of {failing} failed", "Look in the worker's log for it.")
    return (
        look(f"{worst} is {late:.0f} seconds overdue", "Look again soon.") if late > LAG else fine("all in time")
    )


async def unsent(session: Session, site: Site) -> Finding:
    """See that no message waits that could go."""
    held = (holds.WAITS_FOR_PERSON, holds.OVER_SPENDING)
    row = await session.driver.fetchrow(figures.OUTGOING, site.now, *held, figures.MOST)
    oldest = max(row["oldest"] or 0.0, 0.0)
    words = f"{row['unsent']} to be sent, the oldest that could go waits {oldest:.0f} seconds"
    do = "See whether a worker runs, and what the channel's provider says."
    if oldest > UNSENT_TOO_LONG:
        return broken(words, do)
    return look(words, do) if oldest > UNSENT else fine(words)


async def dead(session: Session, _site: Site) -> Finding:
    """See whether messages were given up."""
    many = await session.driver.fetchval(figures.DEAD, figures.MOST)
    return look(f"{many} dead letters", "Run: waitingroom letters list") if many else fine("no dead letters")


async def crisis(session: Session, site: Site) -> Finding:
    """See that nobody in danger waits for a person."""
    row = await session.driver.fetchrow(figures.CRISIS, site.now, figures.MOST)
    if not row["unclaimed"]:
        return fine("nobody in danger waits")
    words = f"{row['unclaimed']} in danger wait, the longest for {(row['oldest'] or 0) / 60:.0f} minutes"
    do = "Ring whoever is on duty: the queue's first tab has them."
    return broken(words, do) if (row["oldest"] or 0) > CRISIS else look(words, do)


async def on_duty(session: Session, site: Site) -> Finding:
    """See that somebody is called when danger is heard."""
    now = await duty.on_duty(session, now=site.now, zone=LONDON)
    if not now:
        return broken("nobody is on duty: danger that is heard calls nobody", "Run: waitingroom duty add")
    return fine(f"{len(now)} on duty now")


async def cap(session: Session, site: Site) -> Finding:
    """See whether the cap on spending holds messages back."""
    spent = await spending.of_today(session, on_day=site.now.astimezone(LONDON).date())
    held = {name: one.held for name, one in spent.items() if one.held}
    if held:
        name, many = next(iter(held.items()))
        return broken(
            f"the cap held messages back {many} times today ({name})", "Raise WAITINGROOM_SMS_DAILY_POUNDS."
        )
    return fine("the cap held nothing back today")


async def nights(session: Session, site: Site) -> Finding:
    """See that every class of record is cleared each night."""
    ran = await retention_runs.last(session)
    never = sorted(kind for kind, at in ran.items() if at is None)
    late = sorted(kind for kind, at in ran.items() if at is not None and at < site.now - NIGHTLY)
    do = "A worker must run at 3:20 in the night; or run: waitingroom records clear"
    if late:
        return broken(f"not cleared for over a day: {', '.join(late)}", do)
    if len(never) == len(ran):
        return look("no night has cleared anything yet", do)
    if never:
        return look(f"never cleared yet: {', '.join(never)}", do)
    return fine("every class was cleared in the last day")


async def audit_tail(session: Session, _site: Site) -> Finding:
    """See that the newest part of the audit fits together."""
    if wrong := await audit_check.tail_wrong(session, rows=AUDIT_TAIL):
        return broken(f"the audit does not fit together: {wrong}", "Run: waitingroom audit verify. Touch nothing.")
    return fine(f"its last {AUDIT_TAIL} rows fit together")


async def second_factor(session: Session, _site: Site) -> Finding:
    """See that everyone who signs in has a second factor."""
    many = await session.driver.fetchval(NO_SECOND_FACTOR)
    if many:
        return look(f"{many} of staff have a password and no authenticator", "Run: waitingroom staff list")
    return fine("everyone who signs in has an authenticator")


async def hooks(session: Session, _site: Site) -> Finding:
    """See that programs that are told are reached."""
    row = await session.driver.fetchrow(HOOKS)
    if row["ended"] or row["failing"]:
        words = f"{row['ended']} webhooks turned themselves off, {row['failing']} fail"
        return look(words, "Look under Programs that are told, in the console.")
    return fine("every webhook is reached")


async def legal_holds(session: Session, site: Site) -> Finding:
    """See that no legal hold was forgotten."""
    many = await session.driver.fetchval(OLD_HOLDS, site.now - HOLD_REVIEW)
    if many:
        return look(f"{many} legal holds are over a year old", "A lead decides whether each must stand.")
    return fine("no legal hold is over a year old")


CHECKS = tuple(
    Check(name, in_records(ask), needs_database=True, needs_keys=name == "audit")
    for name, ask in {
        "danger": crisis,
        "duty": on_duty,
        "workers": workers,
        "schedule": schedule,
        "unsent": unsent,
        "dead letters": dead,
        "spending": cap,
        "retention": nights,
        "audit": audit_tail,
        "second factor": second_factor,
        "webhooks": hooks,
        "legal holds": legal_holds,
    }.items()
)
