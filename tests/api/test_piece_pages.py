"""The longer page of each self-care piece: open to anyone, nothing personal in it, and never past its day."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from types import MappingProxyType

import httpx2
import pytest
import time_machine
from fastapi import FastAPI
from pydantic import ValidationError

import content as words
from api.chat_lines import Part, parts
from api.house import House
from api.pages import CONTENT_SECURITY_POLICY
from bot.longer import in_words
from content import Content, Item
from content.markdown import LEFT_OVER, as_html, as_words, unshowable
from content.segments import outside_gsm7, plainly
from tests.api.visiting import Visitor
from tests.talking import SHORTEST_REFERRAL

pytestmark = pytest.mark.anyio
ITEMS = words.load().items


@pytest.fixture
async def anyone(app: FastAPI) -> AsyncIterator[Visitor]:
    """Someone whom we have never met."""
    web = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://waitingroom.test")
    async with web:
        yield Visitor(web)


def on(app: FastAPI, **changed: Item) -> None:
    """Put other pieces among those of the house."""
    house: House = app.state.house
    content: Content = house.desk.service.content
    pieces = MappingProxyType({**content.items, **changed})
    service = replace(house.desk.service, content=replace(content, items=pieces))
    app.state.house = replace(house, desk=replace(house.desk, service=service))


def text_of(page: str) -> str:
    main = page.partition("<article")[2].partition("</article>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def test_anyone_can_read_a_piece_its_cost_its_source_and_when_it_was_reviewed(anyone: Visitor) -> None:
    await anyone.opens("/try/slow_breathing")
    piece = ITEMS["slow_breathing"]
    assert anyone.status == 200
    assert f"<h1>{piece.title}</h1>" in anyone.page
    assert "<h2>Try this</h2>" in anyone.page
    assert "Free" in anyone.page
    assert f'href="{piece.source}" rel="noreferrer"' in anyone.page
    assert "22 November 2026" in anyone.page
    assert 'href="/chat#end"' in anyone.page
    assert 'id="exit" href="/chat/exit"' in anyone.page


async def test_it_is_guarded_leaves_no_cookie_and_asks_nothing_of_another_host(anyone: Visitor) -> None:
    answer = await anyone.web.get("/try/slow_breathing")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "set-cookie" not in answer.headers
    assert not re.findall(r'<(?:script|img|iframe|link)[^>]*(?:src|href)="https?:', answer.text)
    assert "target=" not in answer.text
    assert "<form" not in answer.text


async def test_it_is_the_same_for_someone_who_waits_as_for_a_stranger(app: FastAPI, anyone: Visitor) -> None:
    await anyone.opens("/try/slow_breathing")
    seen = anyone.page
    await anyone.opens()
    await anyone.writes(*SHORTEST_REFERRAL)
    assert anyone.web.cookies
    assert await anyone.opens("/try/slow_breathing") == seen


async def test_a_browser_that_has_it_is_told_so_and_gets_it_anew_once_it_has_changed(
    app: FastAPI, anyone: Visitor
) -> None:
    first = await anyone.web.get("/try/slow_breathing")
    assert first.headers["cache-control"] == "no-cache"
    asked = {"if-none-match": first.headers["etag"]}
    again = await anyone.web.get("/try/slow_breathing", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    on(app, slow_breathing=ITEMS["slow_breathing"].model_copy(update={"page": "Other words, " * 5}))
    changed = await anyone.web.get("/try/slow_breathing", headers=asked)
    assert changed.status_code == 200
    assert "Other words" in changed.text


async def test_past_the_day_to_read_it_again_nobody_is_shown_it_not_even_who_has_it(
    app: FastAPI, anyone: Visitor
) -> None:
    house: House = app.state.house
    today = house.clock.now().astimezone(house.desk.service.zone).date()
    on(app, slow_breathing=ITEMS["slow_breathing"].model_copy(update={"review_by": today}))
    answer = await anyone.web.get("/try/slow_breathing")
    assert answer.status_code == 200
    with time_machine.travel(house.clock.now() + timedelta(days=1), tick=False):
        await anyone.opens("/try/slow_breathing")
        kept = await anyone.web.get("/try/slow_breathing", headers={"if-none-match": answer.headers["etag"]})
    assert anyone.status == kept.status_code == 404
    assert "We may be reading it again" in anyone.page
    assert ITEMS["slow_breathing"].text not in unescape(anyone.page)


@pytest.mark.parametrize(
    "key", ["no_such_piece", "%2e%2e%2fchat", "%3Cb%3E", "slow_breathing%00", "SLOW_BREATHING"]
)
async def test_a_piece_that_is_not_there_is_a_kind_page(anyone: Visitor, key: str) -> None:
    await anyone.opens(f"/try/{key}")
    assert anyone.status == 404
    assert "Samaritans" in anyone.page
    assert "<b>" not in anyone.page


async def test_a_piece_of_another_nation_is_not_shown(app: FastAPI, anyone: Visitor) -> None:
    on(app, slow_breathing=ITEMS["slow_breathing"].model_copy(update={"nation": "scotland"}))
    await anyone.opens("/try/slow_breathing")
    assert anyone.status == 404


async def test_html_in_a_page_is_shown_as_typed_and_runs_nowhere(app: FastAPI, anyone: Visitor) -> None:
    bad = "<script>alert(1)</script> and [a way](javascript:alert(2)) and <img src=x onerror=alert(3)>."
    on(app, slow_breathing=ITEMS["slow_breathing"].model_copy(update={"page": bad, "title": "<i>Hi</i>"}))
    await anyone.opens("/try/slow_breathing")
    assert "&lt;script&gt;" in anyone.page
    assert not re.search(r"<script>|<img|<i>Hi|href=\"javascript", anyone.page)


@pytest.mark.parametrize("key", ITEMS)
async def test_every_piece_is_drawn_with_no_markdown_left_over(anyone: Visitor, key: str) -> None:
    await anyone.opens(f"/try/{key}")
    assert anyone.status == 200
    drawn = text_of(anyone.page)
    assert not re.search(r"\*\*|__|`|\]\(|(?:^|\s)(?:##|>|[-*+]\s)", drawn), drawn


@pytest.mark.parametrize("piece", ITEMS.values(), ids=ITEMS)
def test_every_piece_can_be_said_in_plain_words_and_none_of_it_is_lost(piece: Item) -> None:
    said = in_words(piece)
    assert not LEFT_OVER.search(said)
    assert not outside_gsm7(plainly(said))
    letters = re.sub(r"<[^>]+>", "", as_html(piece.page))
    assert "".join(re.findall(r"[^\W\d]", unescape(letters))) in "".join(re.findall(r"[^\W\d]", said))


def test_plain_words_keep_headings_lists_and_where_links_lead() -> None:
    page = (
        "One **two**\nthree.\n\n## Try this\n\n3. Sit\n4. Rest\n\n- a\n  - b\n\n"
        "[Ask them](https://a.example) or [01632 960123](tel:01632960123)"
    )
    assert as_words(page) == (
        "One two three.\n\nTry this\n3. Sit\n4. Rest\n\n- a\n  - b\n\nAsk them (https://a.example) or 01632 960123"
    )
    assert 'href="https://a.example" rel="noreferrer"' in as_html(page)


@pytest.mark.parametrize(
    ("page", "holds"),
    [
        ("# A title", "heading"),
        ("<b>Bold</b> words", "HTML"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a table"),
        ("![a cup](https://a.example/cup.png)", "a picture"),
        ("> said she", "a quotation"),
        ("One\n\n---\n\nTwo", "a line of hyphens"),
        ("One\n\n    set in", "four spaces"),
        ("Press `Enter`", "` sign"),
        ("[there](http://a.example)", "a link"),
        ("**Not closed", "**"),
        ("[there](javascript:alert)", "]("),
    ],
)
def test_what_cannot_be_said_on_a_phone_is_refused_by_name(page: str, holds: str) -> None:
    assert any(holds in found for found in unshowable(page))
    told = {**ITEMS["slow_breathing"].model_dump(), "page": page + "\n\n" + "Words and more words. " * 3}
    with pytest.raises(ValidationError, match="which a message on a phone cannot show"):
        Item.model_validate(told)


def test_a_page_that_cannot_be_shown_is_refused_with_its_file_and_line(tmp_path: Path) -> None:
    from content.sources import read_page

    path = tmp_path / "tea.md"
    path.write_text(
        "---\ntitle: Tea\nneeds: []\nsort: home\ncost: free\nsource: https://www.nhs.uk/\n"
        "reviewed_on: 2026-11-22\nreview_by: 2027-11-22\ntext: Have a cup of tea.\n---\n\n"
        "| tea | cup |\n|---|---|\n| one | two | and so on for long enough\n"
    )
    source = read_page(path, "items/tea.md")
    _item, (problem,) = source.read(Item, key="tea", page=source.body)
    assert (problem.file, problem.line) == ("items/tea.md", 11)
    assert "a table" in problem.message
    assert "lists" in problem.remedy


def test_our_own_pages_are_opened_by_their_titles_and_no_others() -> None:
    text = (
        "You can read more here: /try/slow_breathing. Or call 116 123, not https://a.example/try/slow_breathing."
    )
    assert [part for part in parts(text, ITEMS) if part.href] == [
        Part(ITEMS["slow_breathing"].title, "/try/slow_breathing"),
        Part("116 123", "tel:116123"),
    ]
    assert list(parts("/try/nothing_like_it", ITEMS)) == [Part("/try/nothing_like_it")]
    assert "".join(part.text for part in parts(text, {})) == text


async def test_on_the_web_read_gives_a_link_that_opens(anyone: Visitor) -> None:
    await anyone.opens()
    await anyone.writes(*SHORTEST_REFERRAL, "read")
    (address,) = re.findall(r'href="(/try/\w+)"', anyone.page)
    title = ITEMS[address.removeprefix("/try/")].title
    assert f"You can read more here: {title}" in anyone.lines
    await anyone.opens(address)
    assert anyone.status == 200
    assert title in unescape(anyone.page)


def test_the_pieces_of_these_tests_are_in_date() -> None:
    assert ITEMS["slow_breathing"].review_by > date(2026, 11, 23)
