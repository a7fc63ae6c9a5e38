"""The served application that the fault tests kill: the real one, and one pushed channel beside."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, FastAPI, Request
from pydantic import SecretStr

from api import logs
from api.app import create_app
from api.house import default_channels, open_house
from api.logs import log
from api.settings import Settings
from api.work import server
from bot.channels.channel import Channel
from bot.layout import TELEGRAM
from bot.messages import Inbound
from bot.turn import take_turn
from tests.fakes.loopback import NAME, LoopbackChannel


def settings_for(folder: Path, port: int = 0, url: str | None = None) -> Settings:
    """Settings for a service on its own embedded database, or the one at `url`, whatever the environment says."""
    made = Settings(data=folder, port=port, secure_cookies=False, service_name="Pendle Waiting Room")
    return made.model_copy(update={"database_url": SecretStr(url) if url else None})


def channels_to(provider: str) -> dict[str, Channel]:
    """Return the channels there are: those that need no account, and one pushed."""
    return {**default_channels(), NAME: LoopbackChannel(provider, layout=TELEGRAM)}


def work(folder: Path, provider: str, url: str | None = None) -> None:
    """Work until killed."""
    logs.begin()
    asyncio.run(_work(settings_for(folder, url=url), provider))


async def _work(settings: Settings, provider: str) -> None:
    async with open_house(settings, demo=True, channels=channels_to(provider)) as house:
        waits = partial(log.warning, "worker waits")
        await house.worker().run(on_trouble=lambda trouble: waits(trouble=type(trouble).__name__))


def hears_by_loopback(app: FastAPI) -> None:
    """Give an application the door that people of these tests write by."""

    @app.post("/loopback")
    async def hear(
        request: Request,
        sender: Annotated[str, Body()],
        message_id: Annotated[str, Body()],
        text: Annotated[str, Body()],
    ) -> dict[str, Any]:
        house = request.app.state.house
        turn = await take_turn(house.desk, Inbound(NAME, sender, message_id, text, house.clock.now()))
        return {"heard_before": turn.heard_before}


def serve(folder: Path, port: int, provider: str, url: str | None = None, *, working: bool = True) -> None:
    """Serve until killed; with `working`, the worker too."""
    logs.begin()
    settings = settings_for(folder, port, url)
    app = create_app(settings, demo=True, channels=channels_to(provider), work=working)
    hears_by_loopback(app)
    asyncio.run(server(app, settings).serve())
