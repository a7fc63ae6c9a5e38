"""The limit: a webhook that keeps a turn in one transaction of plain SQL, and a loop beside it that sends."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import uvicorn
from fastapi import FastAPI, HTTPException, Request, Response

from benchmarks.peer import KEYS, Orders, orders
from benchmarks.posting import Line, LineBrokeError
from benchmarks.town import PATH

SCHEMA = """
CREATE SCHEMA IF NOT EXISTS sketch;
CREATE TABLE IF NOT EXISTS sketch.inbox (update_id bigint PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sketch.talk (chat bigint PRIMARY KEY, step int NOT NULL, answers jsonb NOT NULL);
CREATE TABLE IF NOT EXISTS sketch.outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, chat bigint NOT NULL,
    body text NOT NULL, status text NOT NULL DEFAULT 'queued', maybe_twice bool NOT NULL DEFAULT false,
    provider_id bigint);
CREATE INDEX IF NOT EXISTS unsent ON sketch.outbox (id) WHERE status <> 'sent';
"""
HEAR = "INSERT INTO sketch.inbox VALUES ($1) ON CONFLICT DO NOTHING RETURNING update_id"
LOCK = """INSERT INTO sketch.talk VALUES ($1, 0, '{}') ON CONFLICT (chat) DO UPDATE SET step = sketch.talk.step
RETURNING step"""
STAND = "UPDATE sketch.talk SET step = $2, answers = answers || $3 WHERE chat = $1"
SAY = "INSERT INTO sketch.outbox (chat, body) SELECT $1, unnest($2::text[])"
TAKE = """UPDATE sketch.outbox SET status = 'sending'
WHERE id IN (SELECT id FROM sketch.outbox WHERE status = 'queued' ORDER BY id LIMIT 50) RETURNING id, chat, body"""
SENT = "UPDATE sketch.outbox SET status = 'sent', provider_id = $2 WHERE id = $1"
AGAIN = "UPDATE sketch.outbox SET status = 'queued', maybe_twice = true WHERE status = 'sending'"
"""After a kill: what was on its way goes again, and is marked."""


class Sending:
    """The second loop: takes what is queued and sends it, every chat in order and all chats at once."""

    def __init__(self, told: Orders, pool: asyncpg.Pool) -> None:
        """Take the Bot API and the database."""
        self._pool = pool
        self._port = urlsplit(told.api).port or 80
        self._path = f"/bot{told.token}/sendMessage"
        self._lines: list[Line] = []
        self.poked = asyncio.Event()

    async def run(self) -> None:
        """Send for ever."""
        await self._pool.execute(AGAIN)
        while True:
            rows = sorted(await self._pool.fetch(TAKE), key=lambda row: (row["chat"], row["id"]))
            if not rows:
                await self.poked.wait()
                self.poked.clear()
                continue
            chats = [list(these) for _, these in groupby(rows, key=lambda row: row["chat"])]
            await asyncio.gather(*map(self._send, chats))

    async def _send(self, rows: list[asyncpg.Record]) -> None:
        line = self._lines.pop() if self._lines else await Line.to(self._port)
        for row in rows:
            answer = await line.post(self._path, row["body"].encode())
            if answer.status != 200:
                raise LineBrokeError(answer.body)
            await self._pool.execute(SENT, row["id"], json.loads(answer.body)["result"]["message_id"])
        self._lines.append(line)


def application(told: Orders) -> FastAPI:
    """Return the webhook, and the loop beside it."""

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(told.store, min_size=12, max_size=12) as pool:
            await pool.execute(SCHEMA)
            app.state.pool, app.state.sending = pool, Sending(told, pool)
            loop = asyncio.create_task(app.state.sending.run())
            yield
            loop.cancel()

    app = FastAPI(lifespan=living)

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"ok": True}

    @app.post(PATH)
    async def delivered(request: Request) -> Response:
        if not secrets.compare_digest(request.headers.get("x-telegram-bot-api-secret-token", ""), told.secret):
            raise HTTPException(403)
        await _turn(app.state.pool, told, json.loads(await request.body()))
        app.state.sending.poked.set()
        return Response()

    return app


async def _turn(pool: asyncpg.Pool, told: Orders, update: dict[str, Any]) -> None:
    chat, text = update["message"]["chat"]["id"], update["message"]["text"]
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(HEAR, update["update_id"]) is None:
            return
        step = await connection.fetchval(LOCK, chat)
        bodies = [json.dumps({"chat_id": chat} | _given(one)) for one in told.script[step]]
        await connection.execute(STAND, chat, (step + 1) % len(KEYS), json.dumps({KEYS[step]: text}))
        await connection.execute(SAY, chat, bodies)


def _given(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if value is not None}


def main() -> None:
    """Serve until killed."""
    told = orders()
    config = uvicorn.Config(application(told), host="127.0.0.1", port=told.port, log_config=None, access_log=False)
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
