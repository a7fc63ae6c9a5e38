"""The talk on aiogram's finite-state machine: full-sync SQLite, one event of a chat at a time, webhook answers.

The last message of a turn goes back as the webhook's own answer, which costs no call; those before it are calls.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

import uvloop
from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State
from aiogram.fsm.storage.base import BaseStorage, StateType, StorageKey
from aiogram.fsm.storage.memory import SimpleEventIsolation
from aiogram.methods import SendMessage
from aiogram.types import InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler
from aiohttp import web

from benchmarks.peer import KEYS, Orders, orders
from benchmarks.town import PATH

SCHEMA = "CREATE TABLE IF NOT EXISTS talk (chat INTEGER PRIMARY KEY, state TEXT, data TEXT NOT NULL DEFAULT '{}')"


class SqliteStorage(BaseStorage):
    """States and data in SQLite; each write is on the disk when it returns (synchronous=FULL)."""

    def __init__(self, path: str) -> None:
        """Open the file."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute(SCHEMA)

    async def set_state(self, key: StorageKey, state: StateType = None) -> None:
        """Keep a state."""
        name = state.state if isinstance(state, State) else state
        self._write("state", key.chat_id, name)

    async def get_state(self, key: StorageKey) -> str | None:
        """Return the state."""
        return self._read("state", key.chat_id)

    async def set_data(self, key: StorageKey, data: Mapping[str, Any]) -> None:
        """Keep the answers."""
        self._write("data", key.chat_id, json.dumps(dict(data)))

    async def get_data(self, key: StorageKey) -> dict[str, Any]:
        """Return the answers."""
        found: dict[str, Any] = json.loads(self._read("data", key.chat_id) or "{}")
        return found

    async def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _write(self, column: str, chat: int, value: str | None) -> None:
        keep = f"INSERT INTO talk (chat, {column}) VALUES (?, ?)"
        self._db.execute(f"{keep} ON CONFLICT DO UPDATE SET {column} = excluded.{column}", (chat, value))

    def _read(self, column: str, chat: int) -> str | None:
        row = self._db.execute(f"SELECT {column} FROM talk WHERE chat = ?", (chat,)).fetchone()
        return row[0] if row else None


def dispatcher(told: Orders) -> Dispatcher:
    """Return a dispatcher whose talk has one state a question."""
    talk = Dispatcher(storage=SqliteStorage(told.store), events_isolation=SimpleEventIsolation())
    states = [State(key, group_name="Talk") for key in KEYS]
    answers = [
        [
            (one["text"], InlineKeyboardMarkup(**one["reply_markup"]) if one["reply_markup"] else None)
            for one in answer
        ]
        for answer in told.script
    ]

    def hears(number: int) -> None:
        @talk.message(StateFilter(states[number - 1] if number else None))
        async def step(message: Message, state: FSMContext) -> SendMessage:
            if number:
                await state.update_data({KEYS[number]: message.text})
            await state.set_state(states[number] if number < len(KEYS) - 1 else None)
            *first, last = answers[number]
            for text, markup in first:
                await message.answer(text, reply_markup=markup)
            return message.answer(last[0], reply_markup=last[1])

    for number in range(len(KEYS)):
        hears(number)
    return talk


async def _ping(_: web.Request) -> web.Response:
    return web.Response()


def main() -> None:
    """Serve until killed."""
    told = orders()

    async def application() -> web.Application:
        bot = Bot(told.token, session=AiohttpSession(api=TelegramAPIServer.from_base(told.api)))
        app = web.Application()
        app.router.add_get("/ping", _ping)
        handler = SimpleRequestHandler(dispatcher(told), bot, handle_in_background=False, secret_token=told.secret)
        handler.register(app, path=PATH)
        return app

    uvloop.install()
    web.run_app(application(), host="127.0.0.1", port=told.port, print=None, access_log=None)


if __name__ == "__main__":
    main()
