"""Fetching: what people sent is fetched from its provider and kept, with no transaction open meanwhile."""

import asyncio
import re
from datetime import datetime, timedelta

from bot import asides, starting
from bot.channels.channel import (
    Fetching,
    MisconfiguredError,
    RefusedByProviderError,
    TooBigError,
    TryLaterError,
    name_of,
)
from bot.desk import Desk
from bot.words import words_in
from waitingroom import collecting
from waitingroom.attachments import MOST_BYTES, Status
from waitingroom.collecting import Wanted
from waitingroom.conversations import Contact, ContactState, Conversation, Owner
from waitingroom.database import Session
from waitingroom.messages import Message

AT_ONCE = 4
"""How many are fetched side by side: 40 MB in hand at most."""
MOST_A_TICK = 20
LONGEST = timedelta(seconds=45)
"""How long one may take. A whole tick then takes less than the lease on what it took."""
UNKNOWN = "application/octet-stream"
SAFE = re.compile(r"(?:audio|image|video)/[a-z0-9][a-z0-9.+-]{0,60}|application/pdf|text/plain")
"""Media types that are kept as they are told. We open none of them, and a browser runs none of them."""
RUNS = frozenset({"image/svg+xml"})
"""What looks like a picture and can carry a program."""


async def fetch_wanted(desk: Desk, *, now: datetime) -> int:
    """Fetch what people sent and agreed to have kept, MOST_A_TICK at most. Returns how many were tried."""
    tried = 0
    while tried < MOST_A_TICK:
        async with desk.database.transaction() as session:
            found = await collecting.wanted(session, now=now, limit=AT_ONCE)
        if not found:
            break
        await asyncio.gather(*(_fetch(desk, one, now) for one in found))
        tried += len(found)
    return tried


def safe_type(*told: str) -> str:
    """Return the first media type told that is kept as it is, without its parameters; else octets."""
    plain = (one.partition(";")[0].strip().lower() for one in told)
    return next((one for one in plain if SAFE.fullmatch(one) and one not in RUNS), UNKNOWN)


async def _fetch(desk: Desk, one: Wanted, now: datetime) -> None:
    """Fetch one and record what came of it: whatever goes wrong, it never jams those behind it."""
    channel: object = desk.channels.get(one.channel)
    try:
        if not isinstance(channel, Fetching):
            raise MisconfiguredError
        async with asyncio.timeout(LONGEST.total_seconds()):
            mime, body = await channel.fetch(one.ref, most=MOST_BYTES)
    except TooBigError as big:
        await _lose(desk, one, Status.TOO_BIG, name_of(type(big)), now)
    except RefusedByProviderError as refused:
        await _lose(desk, one, Status.GONE, name_of(type(refused)), now)
    except Exception as trouble:  # noqa: BLE001 -- a provider may answer anything
        await _try_again(desk, one, trouble, now)
    else:
        await _keep(desk, one, mime, body, now)


async def _keep(desk: Desk, one: Wanted, mime: str, body: bytes, now: datetime) -> None:
    if len(body) > MOST_BYTES:
        await _lose(desk, one, Status.TOO_BIG, "TooBig", now)
        return
    async with desk.database.transaction() as session:
        await collecting.kept(session, attachment_id=one.id, mime=safe_type(mime, one.mime), body=body)


async def _lose(desk: Desk, one: Wanted, status: Status, problem: str, now: datetime) -> None:
    async with desk.database.transaction() as session:
        if await collecting.lost(session, attachment_id=one.id, status=status, problem=problem):
            await _tell_lost(session, desk, one, now)


async def _try_again(desk: Desk, one: Wanted, trouble: Exception, now: datetime) -> None:
    after = trouble.after if isinstance(trouble, TryLaterError) else None
    async with desk.database.transaction() as session:
        given_up = await collecting.failed(session, one=one, problem=name_of(type(trouble)), now=now, after=after)
        if given_up:
            await _tell_lost(session, desk, one, now)


async def _tell_lost(session: Session, desk: Desk, one: Wanted, now: datetime) -> None:
    """Tell the person, who was told that it is kept; not while they talk with a link worker, who can see it."""
    message = await session.get(Message, one.message_id)
    contact = await session.get(Contact, message.contact_id) if message else None
    talk = await session.get(Conversation, contact.conversation_id) if contact else None
    if contact is None or talk is None or contact.state is not ContactState.OPEN or talk.owner is not Owner.BOT:
        return
    words = asides.lost(one.kind, words_in(talk.language))
    await starting.say(session, desk, contact, words, dedupe=f"lost:{one.id}", now=now)
