"""A day of staff, good and bad presses, in a town where every word would be known again: no log has one."""

import logging
import re
import uuid

import pytest
from fastapi import FastAPI

from api import access
from tests.at_desk_forms import press
from tests.at_work import joins
from tests.signed_in import sign_in
from tests.under_attack import PAYLOADS, WORKER, every_route, hostile_town
from waitingroom import notes
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
KNOWN_AGAIN = ("alert(", "evil.example", "onerror", "javascript:", "BB97AA", "BB9 7AA", "Okonkwo", "0161 496 0999")
"""Words of people and staff there, parts of them, and what is typed into forms below."""
TYPED = {
    "text": PAYLOADS[0],
    "private": PAYLOADS[1],
    "words": PAYLOADS[2],
    "name": "Okonkwo",
    "reason": PAYLOADS[3],
}
STREAMS = {"queueEvents", "talkEvents", "liveChat"}


def at(path: str, things: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda part: things.get(part[1], "anything"), path)


async def test_no_log_of_a_day_has_a_word_of_anyone(
    app: FastAPI,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG, logger="waitingroom")
    things = await hostile_town(app)
    hub = uuid.UUID(things["hub_id"])
    clerk = await joins(app, "Okonkwo")

    async def breaks(*_: object, **__: object) -> None:
        raise ValueError(*PAYLOADS)

    async with await sign_in(app, WORKER, Role.LEAD, hub) as lead, clerk.client as keyed:
        for route, path, method in every_route(app):
            if access.name_of(route) in STREAMS or not path.startswith(("/staff", "/api/v1")):
                continue
            where = at(path, things)
            if path.startswith("/api/v1"):
                body = None if method == "GET" else TYPED
                await keyed.request(method, where, headers=clerk.head, json=body, params={"q": "Okonkwo"})
            elif method == "GET":
                await lead.get(where, params={"q": "0161 496 0999"})
            elif "sign-out" not in path and "end" not in path:
                await press(lead, "/staff/account", where, **TYPED)
        monkeypatch.setattr(notes, "write", breaks)
        broken = f"/staff/handoffs/{things['handoff_id']}/notes"
        assert (await press(lead, "/staff/account", broken, private=PAYLOADS[5])).status_code == 500
    said = "".join(capfd.readouterr()) + caplog.text
    assert "trouble" in said, "what went wrong is in the log"
    assert [word for word in KNOWN_AGAIN if word.lower() in said.lower()] == []
