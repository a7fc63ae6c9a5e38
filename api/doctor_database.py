"""What the doctor asks the database about itself."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime

from api.doctor import Check, Finding, Site, broken, fine, in_records, look
from api.doctor_machine import GB, LITTLE, TOO_LITTLE
from waitingroom import change_of_keys, key_holders, pooler, schema
from waitingroom.database import Session
from waitingroom.pooler import UnfitDatabaseError

A_PROCESS = 24
"""Connections one process may have: 12 for turns, 6 at work, 6 for the queue."""
FOR_OTHERS = 10
DRIFT, TOO_FAR = 2.0, 30.0
"""Seconds our clock and the database's may differ."""
LONG, TOO_LONG = 300.0, 3600.0
"""Seconds a transaction may be open before it keeps deleted rows in the files."""
MANY_DEAD = 50_000
MANY_ROWS = 2_000_000
"""Rows over which not every sealed value is counted here."""
DURABLE: Mapping[str, tuple[str, ...]] = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_write", "remote_apply"),
}
"""Settings without which a commit may be lost with the power."""
CONNECTIONS = """
SELECT current_setting('max_connections')::int AS most,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
"""
OPEN = """
SELECT COALESCE(max(EXTRACT(epoch FROM now() - xact_start)), 0)::float8 FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
DEAD_ROWS = """
SELECT relname, n_dead_tup AS dead FROM pg_stat_user_tables
WHERE n_dead_tup > $1 AND n_dead_tup > n_live_tup ORDER BY n_dead_tup DESC LIMIT 1
"""
ROWS = "SELECT COALESCE(sum(n_live_tup), 0)::bigint FROM pg_stat_user_tables"


async def reached(site: Site) -> Finding:
    """See that the database answers, is new enough, and that no pooler mixes our sessions up."""
    embedded = site.settings.database_url is None
    try:
        await pooler.check(site.database.url)
    except UnfitDatabaseError as error:
        if embedded:
            return broken("the embedded database does not answer", "Start the service: it starts its database.")
        return broken(str(error), "Mend the database, or DATABASE_URL.")
    async with site.database.transaction() as session:
        version = await session.driver.fetchval("SHOW server_version")
    return fine(f"PostgreSQL {version}, {'embedded' if embedded else 'by DATABASE_URL'}")


async def tables(session: Session, _site: Site) -> Finding:
    """See that tables and code fit each other."""
    standing = await schema.standing(session)
    if standing.too_new:
        return broken(f"the tables are at {standing.at}, too new for this code", "Start the newer version.")
    if standing.behind:
        return broken(f"the tables are at {standing.at}, this code needs {schema.newest()}", "Start this version.")
    return fine(f"at version {standing.at}")


async def durable(session: Session, _site: Site) -> Finding:
    """See that what is committed is on the disk."""
    for name, good in DURABLE.items():
        is_now = await session.driver.fetchval("SELECT current_setting($1)", name)
        if is_now not in good:
            return broken(f"{name} is {is_now}: a power cut loses what people said", f"Set {name} to {good[0]}.")
    if await session.driver.fetchval("SELECT current_setting('autovacuum')") != "on":
        return broken("autovacuum is off: tables grow and grow slow", "Set autovacuum to on.")
    return fine("what is committed is on the disk")


async def connections(session: Session, _site: Site) -> Finding:
    """See that there are connections enough for every process."""
    row = await session.driver.fetchrow(CONNECTIONS)
    processes = len(await key_holders.living(session))
    wanted = processes * A_PROCESS + FOR_OTHERS
    words = f"{row['used']} of {row['most']} in use; {processes} processes may want {wanted}"
    if row["used"] > row["most"] * 0.9:
        return broken(words, "Raise max_connections, or run fewer processes.")
    return look(words, "Raise max_connections, or run fewer.") if wanted > row["most"] else fine(words)


async def clocks(session: Session, site: Site) -> Finding:
    """See that this machine's clock and the database's agree. `site.now` was read when the checks began."""
    theirs = await session.driver.fetchval("SELECT clock_timestamp()")
    drift = abs((datetime.now(UTC) - theirs).total_seconds())
    words = f"this machine and the database differ by {drift:.1f} seconds"
    if drift > TOO_FAR:
        return broken(words, "Set both by NTP: reminders go out at wrong times.")
    return look(words, "Set both by NTP.") if drift > DRIFT else fine(words)


async def long_open(session: Session, _site: Site) -> Finding:
    """See that nothing keeps a transaction open for long."""
    seconds = await session.driver.fetchval(OPEN)
    words = f"the longest open transaction is {seconds:.0f} seconds old"
    do = "Find it in pg_stat_activity (xact_start), and end it unless it is a backup."
    if seconds > TOO_LONG:
        return broken(words, do)
    return look(words, do) if seconds > LONG else fine(words)


async def bloat(session: Session, _site: Site) -> Finding:
    """See that deleted rows are cleaned up."""
    row = await session.driver.fetchrow(DEAD_ROWS, MANY_DEAD)
    if row is None:
        return fine("deleted rows are cleaned up")
    return look(f"{row['dead']} deleted rows lie in {row['relname']}", f"Run: VACUUM ANALYZE {row['relname']}")


async def size(session: Session, site: Site) -> Finding:
    """See how large the database is against the room there is, where it is on this machine."""
    many = await session.driver.fetchval("SELECT pg_database_size(current_database())")
    words = f"{many / GB:.2f} GB"
    if site.settings.database_url is not None:
        return fine(words)
    free = shutil.disk_usage(site.settings.data).free
    if free < max(many // 10, TOO_LITTLE):
        return broken(f"{words}, and {free / 1e9:.1f} GB free beside it", "Make room now.")
    return (
        look(f"{words}, and {free / 1e9:.1f} GB free", "Make room.") if free < min(many, LITTLE) else fine(words)
    )


async def sealed(session: Session, _site: Site) -> Finding:
    """See that the newest value of each sealed column opens, and that no key is missing."""
    if key_holders.behind(session.keys, await session.driver.fetch(key_holders.KEYS)):
        return broken("the key file is older than the records", "Put the newest key file here.")
    if wrong := await change_of_keys.sample(session):
        return broken(
            f"does not open with these keys: {', '.join(wrong)}", "Find the key file these were sealed with."
        )
    if await session.driver.fetchval(ROWS) > MANY_ROWS:
        return fine("a value of each sealed column opens; not all were counted")
    missing = sorted(set(await change_of_keys.count(session)) - {0, *session.keys.keys})
    if missing:
        return broken(
            f"values are sealed with key {missing[0]}, which is not here", "Put back the file that has it."
        )
    return fine("a value of each sealed column opens, and no key is missing")


async def holders(session: Session, _site: Site) -> Finding:
    """See that every process has the same keys."""
    other = [one for one in await key_holders.living(session) if one.seals != session.keys.seals]
    if other:
        return look(f"{other[0].place} seals with key {other[0].seals}", "Put the newest key file there.")
    return fine("every process seals with the same key")


CHECKS = (
    Check("database", reached),
    Check("tables", in_records(tables), needs_database=True),
    Check("durable", in_records(durable), needs_database=True),
    Check("connections", in_records(connections), needs_database=True),
    Check("clocks", in_records(clocks), needs_database=True),
    Check("long transactions", in_records(long_open), needs_database=True),
    Check("deleted rows", in_records(bloat), needs_database=True),
    Check("size", in_records(size), needs_database=True),
    Check("sealed words", in_records(sealed), needs_database=True, needs_keys=True),
    Check("keys everywhere", in_records(holders), needs_database=True, needs_keys=True),
)
