"""The served application that the fault tests kill: the real one, and one pushed channel beside."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

from fastapi import Body, Request

from api import logs
from api.app import create_app
from api.house import default_channels
from api.settings import Settings
from api.work import server
from bot.layout import TELEGRAM
from bot.messages import Inbound
from bot.turn import take_turn
from tests.fakes.loopback import NAME, LoopbackChannel


def settings_for(folder: Path, port: int = 0) -> Settings:
    """Settings for a service on its own embedded database, whatever the environment says."""
    made = Settings(data=folder, port=port, secure_cookies=False, service_name="Pendle Waiting Room")
    return made.model_copy(update={"database_url": None})


def serve(folder: Path, port: int, provider: str) -> None:
    """Serve until killed."""
    logs.begin()
    settings = settings_for(folder, port)
    channels = {**default_channels(), NAME: LoopbackChannel(provider, layout=TELEGRAM)}
    app = create_app(settings, demo=True, channels=channels)

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

    asyncio.run(server(app, settings).serve())
