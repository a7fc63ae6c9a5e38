"""The bare doors a turn is measured beside: FastAPI alone, and the least SQL that one turn could be."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from fastapi import FastAPI, Form, Request

from api.settings import Settings
from api.work import server

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS bare;
CREATE TABLE IF NOT EXISTS bare.conversation (LIKE conversation INCLUDING ALL, address text UNIQUE);
CREATE TABLE IF NOT EXISTS bare.message (LIKE message INCLUDING ALL);
"""
FIND = "SELECT id, talk FROM bare.conversation WHERE address = $1 FOR UPDATE"
OPEN = """INSERT INTO bare.conversation (id, address, place, owner, language, created_at, heard_at)
VALUES ($1, $2, 'front_door', 'bot', 'en', $3, $3)"""
HEAR = """INSERT INTO bare.message
(conversation_id, contact_id, author, kind, segments, body, dedupe, status, attempts, maybe_twice, created_at)
VALUES ($1, $1, 'person', 'heard', 0, $2, $3, 'heard', 0, false, $4)
ON CONFLICT (dedupe) DO NOTHING RETURNING id"""
STAND = "UPDATE bare.conversation SET talk = $2, heard_at = $3 WHERE id = $1"
SAY = """INSERT INTO bare.message
(conversation_id, contact_id, author, kind, segments, body, dedupe, status, attempts, maybe_twice, created_at,
 sent_at)
SELECT $1, $1, 'bot', 'answer', 0, body, dedupe, 'sent', 0, false, $4, $4
FROM unnest($2::bytea[], $3::text[]) AS r (body, dedupe) RETURNING id"""
BODY, TALK = os.urandom(300), os.urandom(700)
"""As long as what a turn of the real talk seals: one message, and where the talk stands."""
WORDS = "x" * 200


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(sys.argv[1], min_size=12, max_size=12) as pool:
        await pool.execute(SCHEMA)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=_pool)


@app.get("/ping")
async def ping() -> dict[str, bool]:
    """Answer, and do nothing."""
    return {"ok": True}


@app.post("/turn")
async def turn(
    request: Request, text: Annotated[str, Form()], message_id: Annotated[str, Form()]
) -> dict[str, Any]:
    """Keep a message and two answers in one transaction, opening a talk for who has none."""
    address, now = request.cookies["chat"], datetime.now(UTC)
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        known = await connection.fetchrow(FIND, address)
        if known is None:
            await connection.execute(OPEN, uuid.uuid4(), address, now)
            known = await connection.fetchrow(FIND, address)
        heard = await connection.fetchval(HEAR, known["id"], BODY, f"in:{message_id}", now)
        await connection.execute(STAND, known["id"], TALK, now)
        dedupes = [f"out:{heard}:0", f"out:{heard}:1"]
        said = await connection.fetch(SAY, known["id"], [BODY, BODY], dedupes, now)
    return {"messages": [{"id": one, "text": WORDS} for one in (heard, *(row["id"] for row in said))]}


if __name__ == "__main__":
    asyncio.run(server(app, Settings()).serve())
