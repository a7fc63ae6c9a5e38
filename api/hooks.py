"""Hooks: posts to programs of others what they want to be told, signed, and only on the public internet."""

import asyncio
import json
import random
import uuid
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from api.logs import log
from api.public_addresses import NOWHERE, AddressError, checked
from bot.desk import Desk
from waitingroom import hook_deliveries, hooks_ended
from waitingroom.database import Database
from waitingroom.hook_deliveries import PAUSES, Due

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver

PATIENCE = 10.0
"""Seconds for one post, from looking its name up to the answer's headers: of the body nothing is read."""
AT_ONCE = 8
LONGEST_WAIT = timedelta(hours=24)
"""The longest that a Retry-After is believed."""
JITTER = 0.2
"""By how much of itself each pause is longer or shorter, so that a case system that was away is not run over."""
SLOW_DOWN = frozenset({429, 503})
"""Answers after which the whole hook is left alone for as long as Retry-After says."""


@dataclass(frozen=True)
class Told:
    """What came of one post. `answered`: its HTTP status, or the kind of trouble; `wait`: as Retry-After says."""

    answered: str
    wait: timedelta | None = None

    @property
    def well(self) -> bool:
        """Whether it was taken."""
        return len(self.answered) == 3 and self.answered.startswith("2")


async def tell_hooks(desk: Desk, *, now: datetime) -> int:
    """Tell every hook what is due for it. Returns how many posts were made."""
    return await post_due(desk.database, now=now)


async def forget_told(desk: Desk, *, now: datetime) -> int:
    """Delete what hooks were told 30 days ago and before. Returns how many went."""
    async with desk.database.transaction() as session:
        return await hook_deliveries.forget_old(session, now=now)


async def post_due(
    database: Database,
    *,
    now: datetime,
    resolver: "AbstractResolver | None" = None,
    here: Collection[str] = NOWHERE,
) -> int:
    """Take what is due, post it with no transaction open, record what came of it. Returns how many were posted.

    One that is posted and not recorded, because this process died, is posted again under the same webhook-id.
    `here` and `resolver` are for tests: a receiver on this machine.
    """
    async with database.transaction() as session:
        due = await hook_deliveries.take(session, now=now)
    if not due:
        return 0
    turns = asyncio.Semaphore(AT_ONCE)
    async with _dialling(resolver, here) as dial:

        async def one(letter: Due) -> None:
            async with turns:
                told = await _post(dial, letter, here=here, now=now)
            await _record(database, letter, told, now=now)

        async with asyncio.TaskGroup() as group:
            for letter in due:
                group.create_task(one(letter))
    return len(due)


def body_of(letter: Due) -> str:
    """Write what is posted: the kind, when it happened, and the ids of what it is about."""
    at = letter.happened_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": letter.kind, "timestamp": at, "data": letter.ids}, separators=(",", ":"))


def headers_of(letter: Due, body: str, *, now: datetime) -> dict[str, str]:
    """Sign a post as Standard Webhooks 1.0 does: with each secret, the newest first."""
    from standardwebhooks import Webhook

    known_as, at = webhook_id(letter.id), now.astimezone(UTC)
    signed = (Webhook(secret).sign(known_as, at, body) for secret in letter.secrets)
    return {
        "Content-Type": "application/json",
        "webhook-id": known_as,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed),
    }


def webhook_id(delivery_id: uuid.UUID) -> str:
    """Name a delivery for whoever receives it: the same however often it is sent."""
    return f"msg_{delivery_id.hex}"


def next_try(letter: Due, told: Told, *, now: datetime) -> datetime | None:
    """Say when to try again what was not taken; None after the last try."""
    if letter.attempt > len(PAUSES):
        return None
    pause = PAUSES[letter.attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 -- no secret
    return now + max(pause, min(told.wait or timedelta(0), LONGEST_WAIT))


async def _record(database: Database, letter: Due, told: Told, *, now: datetime) -> None:
    async with database.transaction() as session:
        if told.well:
            await hook_deliveries.delivered(session, delivery_id=letter.id, answered=told.answered, now=now)
            return
        off = await hook_deliveries.failed(
            session,
            delivery_id=letter.id,
            answered=told.answered,
            again_at=next_try(letter, told, now=now),
            now=now,
            pause=told.wait is not None,
        )
        if off is not None:
            await hooks_ended.raise_to_dos(session, hook_id=letter.hook_id, because=off, today=now.date(), now=now)
    if off is not None:
        log.error("hook turned off", hook=str(letter.hook_id), because=off.value)


async def _post(dial: "aiohttp.ClientSession", letter: Due, *, here: Collection[str], now: datetime) -> Told:
    """Post once. Whatever goes wrong is an answer too: a redirect is not followed, a body is not read."""
    import aiohttp

    body = body_of(letter)
    try:
        asked = dial.post(
            checked(letter.address, here=here),
            data=body.encode(),
            headers=headers_of(letter, body, now=now),
            allow_redirects=False,
        )
        async with asyncio.timeout(PATIENCE), asked as answer:
            status, later = answer.status, answer.headers.get("Retry-After", "")
            answer.close()
    except AddressError:
        return Told("not_public")
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        return Told(_kind_of(error))
    return Told(str(status), _wait(later, now) if status in SLOW_DOWN else None)


def _kind_of(error: Exception) -> str:
    return "timed_out" if isinstance(error, TimeoutError) else "not_reached"


def _wait(later: str, now: datetime) -> timedelta | None:
    """Read Retry-After: seconds, or a date (RFC 9110, section 10.2.3)."""
    if later.isascii() and later.isdigit():
        return timedelta(seconds=min(int(later[:9]), LONGEST_WAIT.total_seconds()))
    try:
        at = parsedate_to_datetime(later)
    except ValueError:
        return None
    return max(at.replace(tzinfo=at.tzinfo or UTC) - now, timedelta(0))


@asynccontextmanager
async def _dialling(
    resolver: "AbstractResolver | None", here: Collection[str]
) -> AsyncIterator["aiohttp.ClientSession"]:
    """Open the way out: only public machines, no proxy, no cookies. Loaded late: most services have no hook."""
    import aiohttp

    from api.public_web import PublicOnly

    looking_up = PublicOnly(resolver, here=here)
    connector = aiohttp.TCPConnector(resolver=looking_up, limit=AT_ONCE, use_dns_cache=False)
    headers = {"User-Agent": "waiting-room-hooks"}
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, cookie_jar=aiohttp.DummyCookieJar()
    ) as opened:
        yield opened
        await looking_up.close()
