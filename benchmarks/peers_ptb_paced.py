"""python-telegram-bot's own AIORateLimiter: every update is answered by a task of its own, at 25 a second."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import HTTPXRequest

from benchmarks.peer import Orders, orders
from benchmarks.town import PATH


def doors(told: Orders) -> Starlette:
    """Return the webhook: it answers at once, and sends what the script says in a task."""
    limiter = AIORateLimiter(overall_max_rate=25, overall_time_period=1, max_retries=100)
    bot: ExtBot[int] = ExtBot(
        told.token,
        base_url=f"{told.api}/bot",
        rate_limiter=limiter,
        request=HTTPXRequest(connection_pool_size=64),
    )
    tasks: set[asyncio.Task[object]] = set()
    said: Counter[int] = Counter()

    async def delivered(request: Request) -> Response:
        chat = json.loads(await request.body())["message"]["chat"]["id"]
        answers = told.script[said[chat] % len(told.script)]
        said[chat] += 1
        for one in answers:
            task: asyncio.Task[object] = asyncio.create_task(bot.send_message(chat, one["text"]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        return Response()

    async def ping(_: Request) -> Response:
        return Response()

    @contextlib.asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        async with bot:
            yield

    return Starlette(routes=[Route(PATH, delivered, methods=["POST"]), Route("/ping", ping)], lifespan=living)


def main() -> None:
    """Serve until killed."""
    told = orders()
    config = uvicorn.Config(doors(told), host="127.0.0.1", port=told.port, log_config=None, access_log=False)
    asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
