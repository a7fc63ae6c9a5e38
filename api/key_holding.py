"""Holding keys: each process tells which keys it has, and takes on what changes in its key file."""

import asyncio
import os
import platform
import time
import uuid
from contextlib import suppress

from api.logs import log
from waitingroom import key_holders
from waitingroom.database import Database

LOOK_EVERY = 2.0
TELL_EVERY = 20.0
"""Seconds; the records count a process as running for three times as long."""
GOODBYE = 2.0
"""Seconds a process that ends may take to say so."""


async def hold(database: Database) -> None:
    """Tell of this process until cancelled, then that it ends. A database that is away changes nothing."""
    holder_id, place = uuid.uuid4(), f"process {os.getpid()} on {platform.node() or 'a machine'}"
    told: tuple[object, ...] = ()
    told_at = 0.0
    try:
        while True:
            await asyncio.sleep(LOOK_EVERY)
            database.keys.renew()
            now = (sorted(database.keys.keys), database.keys.seals)
            if now == told and time.monotonic() < told_at + TELL_EVERY:
                continue
            try:
                async with database.transaction() as session:
                    await key_holders.tell(session, holder_id=holder_id, place=place)
                told, told_at = now, time.monotonic()
            except Exception as trouble:  # noqa: BLE001 -- it is told again; who is not heard of counts as ended
                log.warning("keys not told", trouble=type(trouble).__name__)
    finally:
        if told:
            with suppress(Exception):
                async with asyncio.timeout(GOODBYE), database.transaction() as session:
                    await key_holders.forget(session, holder_id=holder_id)
