"""The chat page as someone without JavaScript meets it."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from api import webchat
from api.chat_lines import parts
from tests.api.visiting import Visitor
from waitingroom import messages, staff
from waitingroom.messages import Author, Kind

pytestmark = pytest.mark.anyio

OTHER_SITE = {"sec-fetch-site": "cross-site"}


@pytest.fixture
async def web(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://here.test") as client:
        yield client


@pytest.fixture
async def ann(web: httpx2.AsyncClient) -> Visitor:
    visitor = Visitor(web)
    await visitor.opens()
    return visitor


async def count(app: FastAPI, table: str) -> int:
    async with app.state.house.database.transaction() as session:
        return int((await session.run(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_someone_without_javascript_gets_through_the_whole_referral(ann: Visitor) -> None:
    await ann.opens("/")
    assert "Start the chat" in ann.page
    await ann.opens()
    await ann.writes("hello")
    assert "computer program" in ann.page
    await ann.presses("For me")
    await ann.writes("72")
    await ann.presses("Yes")
    await ann.writes("Ann", "BB9 7AA")
    await ann.presses("Money, debt or benefits", "Feeling lonely or cut off")
    await ann.writes("Company in the evenings")
    await ann.presses("Write to me here")
    await ann.presses("Any time in the day")
    assert "Help with: Money, Lonely" in ann.page
    await ann.presses("Yes, send it")
    assert "Thank you, Ann. Your reference is" in ann.page


async def test_any_answer_can_be_changed_by_its_button(ann: Visitor) -> None:
    await ann.writes("hello", "me, 72", "yes", "Ann", "BB9 7AA", "4", "I want to kill time less alone")
    await ann.writes("here", "any")
    await ann.presses("Change something")
    await ann.presses("What matters: I want to kill time less alone")
    assert ann.lines[-1].startswith("In your own words")
    await ann.writes("Company")
    assert "What matters: Company" in ann.page


async def test_opening_the_page_keeps_nothing(app: FastAPI, ann: Visitor) -> None:
    await ann.opens("/")
    await ann.opens()
    assert await count(app, "contact") == 0
    assert not ann.web.cookies


async def test_a_form_posted_twice_is_heard_once_even_the_very_first(app: FastAPI, ann: Visitor) -> None:
    first = {**ann.form("composer"), "text": "hello"}
    await ann.sends(first)
    ann.web.cookies.clear()
    await ann.sends(first)
    assert ann.lines.count("hello") == 1
    assert await count(app, "conversation") == 1


async def test_words_changed_in_a_form_posted_again_are_heard(ann: Visitor) -> None:
    await ann.writes("hello", "me, 72", "yes")
    form = ann.form("composer")
    await ann.sends({**form, "text": "An"})
    await ann.sends({**form, "text": "BB9 7AA"})
    assert ann.lines[-1].startswith("What would you like help with")


async def test_a_button_on_a_stale_page_is_answered_kindly(ann: Visitor) -> None:
    await ann.writes("hello")
    old = {**ann.form("options"), "choice": ann.offered[1]}
    await ann.presses("For me")
    await ann.sends(old)
    assert any("earlier question" in line for line in ann.lines)
    assert ann.lines[-1].startswith("How old are you?")


async def test_ticks_that_read_together_like_danger_are_still_only_ticks(app: FastAPI, ann: Visitor) -> None:
    await ann.writes("hello", "me, 72", "yes", "Ann", "BB9 7AA")
    await ann.presses(
        "Housing or somewhere safe to stay", "Someone has died", "Moving more, eating or sleeping better"
    )
    assert ann.lines[-1].startswith("In your own words")
    assert await count(app, "alarm") == 0


async def test_danger_typed_on_the_page_is_answered_with_who_to_call(app: FastAPI, ann: Visitor) -> None:
    await ann.writes("hello", "I want to kill myself")
    assert 'href="tel:999"' in ann.page
    assert await count(app, "alarm") == 1


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43 + "." + "B" * 16, "a" * 5000, "%00", "é"])
async def test_a_forged_cookie_shows_nothing_and_simply_begins_anew(ann: Visitor, cookie: str) -> None:
    await ann.writes("hello", "me, 72")
    stranger = Visitor(httpx2.AsyncClient(transport=ann.web._transport, base_url="http://here.test"))
    told = {"cookie": f"chat={cookie}".encode("latin-1")}
    answer = await stranger.web.get("/chat", headers=told)
    assert answer.status_code == 200
    assert "Say hello to begin" in answer.text
    answer = await stranger.web.post("/chat/messages", data={"text": "hello"}, headers=told)
    assert answer.status_code == 303
    assert answer.cookies["chat"] not in {cookie, ann.web.cookies["chat"]}


async def test_a_talk_that_was_cleared_simply_begins_anew(app: FastAPI, ann: Visitor) -> None:
    await ann.writes("hello")
    async with app.state.house.database.transaction() as session:
        await session.run(text("TRUNCATE conversation CASCADE"))
    await ann.opens()
    assert "Say hello to begin" in ann.page
    await ann.writes("hello")
    assert "computer program" in ann.page


@pytest.mark.parametrize(
    ("told", "taken"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://here.test"}, False),
        ({"origin": "http://here.test"}, True),
        ({"origin": "http://there.test"}, False),
        ({"origin": "null"}, False),
        ({}, True),
    ],
)
@pytest.mark.parametrize("path", ["/chat/messages", "/chat/forget"])
async def test_only_our_own_page_can_write(
    app: FastAPI, web: httpx2.AsyncClient, path: str, told: dict[str, str], taken: bool
) -> None:
    answer = await web.post(path, data={"text": "hello"}, headers={**told, "accept": "text/html"})
    assert answer.status_code == (303 if taken else 403)
    assert taken or "another page" in answer.text
    assert await count(app, "message") == (5 if taken and path == "/chat/messages" else 0)


@pytest.mark.parametrize("nothing", ["", "   ", "\n\t"])
async def test_an_empty_message_is_answered_kindly_and_the_question_stays(ann: Visitor, nothing: str) -> None:
    await ann.writes("hello")
    before = ann.lines
    await ann.writes(nothing)
    assert ann.status == 422
    assert '<p class="trouble">There was nothing in the box.' in ann.page
    assert ann.lines == before
    assert ann.offered


@pytest.mark.parametrize(
    "odd",
    [
        "\0",
        "a\0b",
        "\ud800",
        "\U0001f600",
        "\u202eolleh",
        "\u200b",
        "مرحبا",
        "𝒽𝑒𝓁𝓁𝑜",
        "x" * 20_000,
        "\r\n\r\n.",
        "%s%n{}",
    ],
)
async def test_odd_writing_is_taken_and_answered(ann: Visitor, odd: str) -> None:
    await ann.writes("hello", "me, 72", "yes")
    body = b"text=" + "".join(f"%{byte:02x}" for byte in odd.encode("utf-8", "surrogatepass")).encode()
    kind = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    answer = await ann.web.post("/chat/messages", content=body, headers=kind)
    assert answer.status_code == 303
    assert await ann.opens()
    assert ann.status == 200


@pytest.mark.parametrize("wants", ["text/html", "application/json"])
async def test_more_than_64_kb_is_refused_kindly(app: FastAPI, web: httpx2.AsyncClient, wants: str) -> None:
    answer = await web.post("/chat/messages", data={"text": "x" * 70_000}, headers={"accept": wants})
    assert answer.status_code == 413
    assert "too long" in answer.text
    assert await count(app, "message") == 0


async def test_a_body_that_is_no_form_is_refused_kindly(web: httpx2.AsyncClient) -> None:
    kind = {"content-type": "multipart/form-data; boundary=x", "accept": "text/html"}
    answer = await web.post("/chat/messages", content=b"not a form", headers=kind)
    assert answer.status_code == 400
    assert "Please try again" in answer.text


async def test_a_file_is_refused_kindly(web: httpx2.AsyncClient) -> None:
    answer = await web.post("/chat/messages", files={"text": b"picture"}, headers={"accept": "text/html"})
    assert answer.status_code == 400


async def test_while_the_records_are_away_the_words_stay_and_go_once(
    app: FastAPI, ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(webchat, "take_turn", away)
        await ann.writes("hello & <hello>\nagain")
    assert ann.status == 503
    assert ann.answers[-1].headers["retry-after"]
    assert "hello &amp; &lt;hello&gt;\nagain</textarea>" in ann.page
    assert 'href="tel:999"' in ann.page
    assert 'href="tel:116123"' in ann.page
    await ann.writes("hello & <hello>\nagain")
    assert ann.lines.count("hello & <hello>\nagain") == 1
    assert await count(app, "conversation") == 1


async def test_while_the_records_are_away_a_choice_can_be_sent_again(
    ann: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    await ann.writes("hello")
    with monkeypatch.context() as broken:
        broken.setattr(webchat, "take_turn", away)
        await ann.presses("For me")
    assert ann.status == 503
    await ann.sends(ann.form("composer"))
    assert ann.lines[-1].startswith("How old are you?")


@pytest.mark.parametrize("path", ["/", "/chat", "/nowhere", "/docs"])
async def test_every_page_is_guarded(ann: Visitor, path: str) -> None:
    answer = await ann.web.get(path, headers={"accept": "text/html"})
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] in {"same-origin", "no-referrer"}
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


async def test_what_anyone_writes_is_shown_as_they_wrote_it_and_runs_nothing(app: FastAPI, ann: Visitor) -> None:
    nasty = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{7*7}}"
    await ann.writes("hello", "me, 72", "yes", nasty)
    assert nasty in ann.lines
    assert "<img" not in ann.page
    assert "<script>alert" not in ann.page


async def test_a_link_workers_words_come_under_their_name_and_count_as_delivered(
    app: FastAPI, ann: Visitor
) -> None:
    await ann.writes("hello")
    house = app.state.house
    async with house.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=house.clock.now())
        row = (await session.run(text("SELECT id, conversation_id FROM contact"))).one()
        await messages.queue(
            session,
            conversation_id=row.conversation_id,
            contact_id=row.id,
            author=Author.LINK_WORKER,
            kind=Kind.STAFF,
            said={"text": "Good morning, Ann."},
            dedupe="sam:1",
            now=house.clock.now(),
            kept=True,
            staff_id=sam.id,
        )
    await ann.opens()
    assert "Sam, link worker" in ann.page
    assert "Good morning, Ann." in ann.lines
    async with house.database.transaction() as session:
        left = await session.run(text("SELECT count(*) FROM message WHERE status = 'sent'"))
        assert left.scalar_one() == 0


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(ann: Visitor) -> None:
    await ann.writes("hello")
    given = ann.answers[-1].headers["set-cookie"].lower()
    assert given.startswith("chat=")
    assert "httponly" in given
    assert "samesite=lax" in given
    assert "path=/" in given
    assert ann.web.cookies["chat"] not in ann.page


async def test_over_https_the_cookie_is_bound_to_this_host(app: FastAPI, ann: Visitor) -> None:
    app.state.house.settings.secure_cookies = True
    await ann.sends({**ann.form("composer"), "text": "hello"})
    given = ann.answers[-1].headers["set-cookie"]
    assert given.startswith("__Host-chat=")
    assert "Secure" in given
    assert "Domain" not in given


async def test_a_chat_can_be_cleared_from_a_shared_device(app: FastAPI, ann: Visitor) -> None:
    await ann.writes("hello")
    answer = await ann.web.post("/chat/forget")
    assert answer.headers["location"] == "/"
    await ann.opens()
    assert "Say hello to begin" in ann.page
    assert await count(app, "conversation") == 1


async def test_the_first_page_is_light_and_asks_nothing_of_other_hosts(ann: Visitor) -> None:
    files = re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', ann.page)
    assert {name.partition("?")[0].rpartition("/")[2] for name in files} == {
        "exit.js",
        "icon.svg",
        "style.css",
        "chat.js",
    }
    weight = len(ann.page)
    for name in files:
        answer = await ann.web.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert not re.search(r"url\(.?(?:https?:)?//", answer.text)
        weight += len(answer.content)
    assert weight <= 100_000
    assert ann.page.count("https://") == ann.page.count('data-to="https://www.bbc.co.uk/weather"') == 1


async def test_words_of_another_day_are_shown_with_their_day(app: FastAPI, ann: Visitor) -> None:
    await ann.writes("hello")
    async with app.state.house.database.transaction() as session:
        await session.run(text("UPDATE message SET created_at = '2026-08-05 14:05+00'"))
    await ann.opens()
    assert ">Wednesday 5 August, 3:05pm</time>" in ann.page


def test_numbers_in_a_message_can_be_tapped_and_nothing_else() -> None:
    told = "Call 999 or 116 123, or Cruse on 0808 808 1677. Text SHOUT to 85258. You are 72, ref 1119, BB9 7AA."
    links = [part.href for part in parts(told) if part.href]
    assert links == ["tel:999", "tel:116123", "tel:08088081677"]
    assert "".join(part.text for part in parts(told)) == told
