"""What the chat page leads to, met without JavaScript: the way out, a copy, a code, news, and a plain page."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from sqlalchemy import text
from structlog.testing import capture_logs

from api import pages
from api.pages import NEUTRAL
from tests.api.visiting import Visitor

pytestmark = pytest.mark.anyio


@pytest.fixture
async def ann(app: FastAPI) -> AsyncIterator[Visitor]:
    """Someone in the middle of a chat."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here.test") as web:
        visitor = Visitor(web)
        await visitor.opens()
        await visitor.writes("hello", "me, 72", "yes")
        yield visitor


@pytest.fixture
def addresses_forgotten() -> Iterator[None]:
    yield
    pages.static.cache_clear()


async def said(app: FastAPI) -> int:
    async with app.state.house.database.transaction() as session:
        return int((await session.run(text("SELECT count(*) FROM message"))).scalar_one())


async def test_the_way_out_ends_the_chat_here_and_leads_to_a_neutral_page(ann: Visitor) -> None:
    answer = await ann.web.get("/chat/exit")
    assert (answer.status_code, answer.headers["location"]) == (303, NEUTRAL)
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert not ann.web.cookies
    await ann.opens()
    assert "Say hello to begin" in ann.page


@pytest.mark.parametrize("told", [{"sec-fetch-site": "cross-site"}, {"sec-purpose": "prefetch"}])
async def test_another_site_or_a_browser_looking_ahead_cannot_end_the_chat(
    ann: Visitor, told: dict[str, str]
) -> None:
    answer = await ann.web.get("/chat/exit", headers=told)
    assert answer.headers["location"] == NEUTRAL
    assert "set-cookie" not in answer.headers


async def test_every_page_has_the_way_out_first_and_who_to_call(ann: Visitor) -> None:
    for path in ("/", "/chat", "/chat/save", "/chat/saved", "/chat/my-data", "/privacy", "/docs", "/nowhere"):
        await ann.opens(path)
        assert ann.page.index('href="/chat/exit"') < ann.page.index('href="#main"')
        assert 'href="#help"' in ann.page
        assert 'href="tel:999"' in ann.page


async def test_a_code_from_elsewhere_is_said_in_the_talk(ann: Visitor) -> None:
    await ann.opens("/")
    form = {**ann.form("continue"), "text": " abcd 2345 "}
    answer = await ann.web.post("/chat/continue", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/chat#end")
    await ann.opens()
    assert "CONTINUE abcd 2345" in ann.lines


async def test_a_code_is_taken_from_someone_who_has_no_chat_here_yet(app: FastAPI, ann: Visitor) -> None:
    async with httpx2.AsyncClient(transport=ann.web._transport, base_url="http://here.test") as web:
        new = Visitor(web)
        await new.opens("/")
        form = {**new.form("continue"), "text": "ABCD2345"}
        await web.post("/chat/continue", data=form)
        before = await said(app)
        await web.post("/chat/continue", data=form)
        assert await said(app) == before
        await new.opens()
        assert new.lines.count("CONTINUE ABCD2345") == 1


@pytest.mark.parametrize("code", ["", "   "])
async def test_a_forgotten_code_is_asked_for_kindly(app: FastAPI, ann: Visitor, code: str) -> None:
    before = await said(app)
    answer = await ann.web.post("/chat/continue", data={"text": code})
    assert answer.status_code == 422
    assert "Please write the code in the box" in answer.text
    assert await said(app) == before


async def test_a_code_from_another_site_is_not_taken(app: FastAPI, ann: Visitor) -> None:
    before = await said(app)
    told = {"sec-fetch-site": "cross-site", "accept": "text/html"}
    answer = await ann.web.post("/chat/continue", data={"text": "ABCD2345"}, headers=told)
    assert answer.status_code == 403
    assert await said(app) == before


async def test_news_is_told_once_to_a_page_without_a_live_line(ann: Visitor) -> None:
    everything = (await ann.web.get("/chat/since")).json()["messages"]
    assert [line["text"] for line in everything] == ann.lines
    last = everything[-1]["id"]
    answer = await ann.web.get(f"/chat/since?after={last}")
    assert answer.json() == {"messages": []}
    assert answer.headers["cache-control"] == "no-store"


async def test_a_copy_holds_all_that_was_said_and_its_day(app: FastAPI, ann: Visitor) -> None:
    answer = await ann.web.get("/chat/saved.txt")
    assert answer.headers["content-disposition"] == 'attachment; filename="notes.txt"'
    assert answer.headers["content-type"].startswith("text/plain")
    told = answer.text.splitlines()
    assert f"{app.state.house.clock.now():%A}" in told[0]
    assert all(line in told for line in ann.lines)
    lines = ann.lines
    await ann.opens("/chat/saved")
    assert ann.lines == lines


@pytest.mark.parametrize("path", ["/chat/save", "/chat/saved", "/chat/saved.txt", "/chat/since"])
async def test_who_has_no_chat_here_gets_nothing(ann: Visitor, path: str) -> None:
    ann.web.cookies.clear()
    answer = await ann.web.get(path)
    assert answer.status_code == 404


@pytest.mark.usefixtures("addresses_forgotten")
async def test_pages_can_be_read_before_their_style_is_built(
    ann: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    monkeypatch.setattr(pages, "log", structlog.get_logger())  # one that has not settled yet where it writes
    pages.static.cache_clear()
    with capture_logs() as logs:
        pages.mount_static(FastAPI())
    assert "make assets" in logs[0]["event"]
    await ann.opens()
    assert ann.status == 200
    assert 'href="/static/built/style.css"' in ann.page
