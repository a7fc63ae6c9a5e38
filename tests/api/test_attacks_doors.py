"""The doors themselves: headers on every answer, cookies, names of other hosts, links that lead away, too much."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from fastapi import FastAPI
from httpx2 import ASGITransport, AsyncClient, Response

import api as doors
from api import access
from api.app import create_app
from api.console.access import cookie_name
from api.settings import Settings
from api.work import server
from tests.at_work import API, client_of
from tests.conftest import running
from tests.entering import PASSWORD, AtTheDoor, MovedClock, at_the_door, invited, stopped_clock
from tests.signed_in import sign_in
from tests.two_hubs import comes, id_of, lives_in, objects, open_hubs
from tests.under_attack import at_rest, every_route, token_in
from waitingroom.database import Database
from waitingroom.roles import Role

pytestmark = pytest.mark.anyio
SAM = "sam@example.org"
TEMPLATES = Path(doors.__file__).parent / "templates"
STREAMS = {"queueEvents", "talkEvents"}
EVIL = "evil.example"


@pytest.fixture
async def still(settings: Settings, database: Database) -> AsyncIterator[FastAPI]:
    async with at_rest(settings) as app:
        yield app


@pytest.fixture
def clock(app: FastAPI) -> MovedClock:
    return stopped_clock(app)


async def every_answer(app: FastAPI, *, host: str = "waitingroom.test") -> AsyncIterator[tuple[str, Response]]:
    """Ask everything there is for staff, of staff and of strangers, rightly and wrongly: name and answer."""
    nelson, _colne = (await open_hubs(app)).values()
    worker = await comes(app, "Sam Okafor", Role.LEAD, None)
    things = await objects(app, await lives_in(app, nelson, by=await id_of(app, "Sam Okafor")))
    signed = [await sign_in(app, f"One {role}", role, nelson.id) for role in (Role.LEAD, Role.ADMIN)]
    async with client_of(app) as stranger, worker.client as keyed:
        stranger.headers["accept"] = "text/html"
        for route, path, method in every_route(app):
            if not path.startswith((f"{API}/", "/staff")) or access.name_of(route) in STREAMS:
                continue
            where = re.sub(r"{(\w+)}", lambda part: things.get(part[1], "anything"), path)
            name = f"{method} {path}"
            told = {"host": host, "x-forwarded-host": host, "forwarded": f"host={host}"}
            yield name, await stranger.request(method, where, headers=told)
            if path.startswith(API):
                yield name, await keyed.request(method, where, headers=told | worker.head)
                yield name, await keyed.request("TRACE", where, headers=told | worker.head)
            elif method == "GET":
                for client in signed:
                    yield name, await client.get(where, headers=told)
        for path in ("/staff/nothing-here", f"{API}/nothing-here", f"{API}/handoffs?limit=x", "/staff?area=%00"):
            yield path, await stranger.get(path)
            yield path, await keyed.get(path, headers=worker.head)
        yield "too long", await keyed.post(f"{API}/hooks", content=b"x" * 70_000, headers=worker.head)
    for client in signed:
        await client.aclose()


async def test_no_answer_to_staff_is_kept_framed_or_guessed_at(still: FastAPI) -> None:
    seen = 0
    async for name, answer in every_answer(still):
        where = (name, answer.status_code)
        policy = answer.headers.get("content-security-policy", "")
        assert "no-store" in answer.headers.get("cache-control", ""), where
        assert answer.headers.get("x-content-type-options") == "nosniff", where
        assert "default-src 'none'" in policy, where
        assert "frame-ancestors 'none'" in policy or "sandbox" in policy, where
        assert "unsafe" not in policy, where
        assert answer.headers.get("cross-origin-resource-policy") == "same-origin", where
        assert answer.headers.get("referrer-policy") in {"same-origin", "no-referrer"}, where
        assert answer.headers.get("access-control-allow-origin") is None, where
        assert answer.status_code < 500, (where, answer.text[:200])
        seen += 1
    assert seen > 300


async def test_every_page_people_see_is_guarded_too(still: FastAPI) -> None:
    seen = 0
    async with client_of(still) as client:
        client.headers["accept"] = "text/html"
        for _route, path, method in every_route(still):
            if path.startswith(("/api", "/staff")) or method != "GET" or "{" in path:
                continue
            answer = await client.get(path)
            if answer.headers.get("content-type", "").startswith("text/html"):
                policy = answer.headers["content-security-policy"]
                assert "default-src 'none'" in policy, path
                assert "frame-ancestors 'none'" in policy, path
                assert "unsafe" not in policy, path
                seen += 1
    assert seen >= 5


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    pages = list(TEMPLATES.rglob("*.html"))
    assert len(pages) > 50
    for one in pages:
        drawn = re.sub(r"{#.*?#}", "", one.read_text(), flags=re.DOTALL)
        assert not re.search(r"\sstyle\s*=", drawn), one
        assert not re.search(r"<style\b", drawn), one
        assert not re.search(r"\son[a-z]+\s*=", drawn, re.IGNORECASE), one
        assert not re.search(r"javascript:", drawn, re.IGNORECASE), one
        assert re.findall(r"<script(?![^>]*\ssrc=\"{{ static\()", drawn) == [], one
        assert re.findall(r"<script[^>]*>\s*[^<\s]", drawn) == [], one
        assert not re.search(r"autoescape\s+false", drawn), one
        for words in re.findall(r"\(([^{}]*?)\)\s*\|\s*safe", drawn):
            said = [part for part in words.split("~") if '"' not in part]
            assert all("|e" in part or "loop.index" in part for part in said), (one, words)
        assert len(re.findall(r"\|\s*safe", drawn)) == len(re.findall(r"\)\s*\|\s*safe", drawn)), one


async def test_the_name_of_another_host_stands_in_no_answer(settings: Settings, database: Database) -> None:
    async with at_rest(settings, public_url="https://waitingroom.example.org") as app:
        async for name, answer in every_answer(app, host=EVIL):
            assert EVIL not in answer.text, name
            assert EVIL not in "".join(answer.headers.values()), name


async def test_the_link_of_an_invitation_names_the_house_as_its_settings_do(
    settings: Settings, database: Database
) -> None:
    async with (
        at_rest(settings, public_url="https://waitingroom.example.org") as app,
        await sign_in(app, "Ada", Role.ADMIN) as ada,
    ):
        page = (await ada.get("/staff/team/new")).text
        told = {"token": token_in(page), "name": "Priya", "email": "p@example.org", "role": "lead", "hub": ""}
        head = {"host": EVIL, "x-forwarded-host": EVIL, "sec-fetch-site": "same-origin"}
        made = await ada.post("/staff/team/new", data=told, headers=head)
    assert made.status_code == 200
    assert "https://waitingroom.example.org/staff/join/" in made.text
    assert EVIL not in made.text


LEADS_AWAY = (
    "https://evil.example", "//evil.example", "///evil.example", "////evil.example/", "/\\evil.example",
    "\\\\evil.example", "/%09/evil.example", "/\t/evil.example", "https:evil.example", "https:/evil.example",
    "/staff//evil.example", "/staff/../../evil.example", "/staff/%2e%2e/evil.example", "/staff@evil.example",
    "/staff?x=1\r\nLocation: https://evil.example", "/staff\n//evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "/staff#@evil.example", "http://waitingroom.test@evil.example",
    "/staff/sign-out", "/staff/sign-in?next=//evil.example", "/\u2044evil.example", "/staff\x00", " /staff",
)  # fmt: skip


@pytest.mark.parametrize("door", ["/staff/sign-in", "/staff/sign-in/demo", "/staff/prove"])
async def test_no_word_of_an_address_leads_to_another_site(still: FastAPI, door: str) -> None:
    async with await sign_in(still, "Sam Okafor", Role.LEAD) as client:
        token = token_in((await client.get("/staff/account")).text)
        for where in LEADS_AWAY:
            told = {"next": where, "proof_back": where, "as": "sam", "email": "a@b.example", "token": token}
            head = {"sec-fetch-site": "same-origin"}
            for answer in (
                await client.get(f"{door}?next={quote(where)}"),
                await client.post(door, data=told, headers=head),
                await client.get(f"/staff?done={quote(where)}"),
            ):
                sent = answer.headers.get("location", "")
                assert urlsplit(sent).netloc == "", (where, sent)
                assert not sent or sent.startswith("/staff"), (where, sent)
                assert EVIL not in sent.partition("?next=")[0], (where, sent)
                for led in re.findall(r'(?:href|action|value)="([^"]*evil\.example[^"]*)"', answer.text):
                    assert unescape(led) != where, (door, where, answer.status_code)


async def test_every_cookie_of_staff_is_bound_to_this_host_by_https_and_hidden_from_scripts(
    settings: Settings, database: Database
) -> None:
    app = create_app(settings.model_copy(update={"secure_cookies": True}), demo=True, work=False)
    async with running(app):
        clock = stopped_clock(app)
        link = await invited(app, "Sam Okafor", SAM)
        transport = ASGITransport(app=app)
        async with AsyncClient(transport=transport, base_url="https://waitingroom.test") as web:
            web.headers["accept"] = "text/html"
            sam = AtTheDoor(web)
            first = await sam.posts(link, password=PASSWORD)
            await sam.opens("/staff/sign-in/set-up")
            sam.reads_secret()
            last = await sam.posts("/staff/sign-in/set-up", code=sam.code(clock.at))
            out = await web.post(
                "/staff/sign-out",
                data={"token": token_in((await web.get("/staff/account")).text)},
                headers={"sec-fetch-site": "same-origin"},
            )
            kept = [one for answer in (first, last, out) for one in answer.headers.get_list("set-cookie")]
    assert {one.partition("=")[0] for one in kept} == {"__Host-staff", "__Host-staff-entering"}
    for one in kept:
        flags = {part.strip().lower() for part in one.split(";")[1:]}
        assert {"secure", "httponly", "samesite=strict", "path=/"} <= flags, one
        assert not any(flag.startswith("domain") for flag in flags), one
    assert out.status_code == 303


async def test_a_session_known_before_is_worth_nothing_after_each_step_of_signing_in(
    app: FastAPI, clock: MovedClock
) -> None:
    """Fixation: the secret one has is another after the password, the code, a proof and a new password."""
    sam = at_the_door(app)
    await sam.joins(await invited(app, "Sam Okafor", SAM, Role.ADMIN), clock)
    name = cookie_name(secure=False)

    async def works(secret: str) -> bool:
        async with client_of(app) as thief:
            thief.cookies.set(name, secret)
            return (await thief.get("/staff/account")).status_code == 200

    first = sam.web.cookies[name]
    assert await works(first)
    clock.moves(minutes=6)
    await sam.opens("/staff/team/new")
    fields = {"name": "Priya", "email": "p@example.org", "role": "lead", "hub": ""}
    await sam.sends("/staff/team/new", **fields)
    asked = sam.hidden("/staff/prove")
    answer = await sam.web.post("/staff/prove", data=asked | {"proof_code": sam.code(clock.at)})
    assert answer.status_code == 307
    second = sam.web.cookies[name]
    assert second != first
    assert (await works(first), await works(second)) == (False, True)
    clock.moves(minutes=1)
    await sam.opens("/staff/account")
    told = {
        "current_password": PASSWORD,
        "new_password": "seven hats on a tulip",
        "password_code": sam.code(clock.at),
    }
    await sam.sends("/staff/account/password", **told)
    third = sam.web.cookies[name]
    assert third not in {first, second}
    assert (await works(second), await works(third)) == (False, True)
    stolen = third
    await sam.opens("/staff/account")
    await sam.sends("/staff/sign-out")
    assert not await works(stolen)


async def test_links_to_join_cannot_be_guessed_at_speed(settings: Settings, database: Database) -> None:
    app = create_app(
        settings.model_copy(update={"staff_burst": 20, "staff_per_second": 0.01}), work=False, demo=True
    )
    async with running(app), client_of(app) as thief:
        link = await invited(app, "Sam Okafor", SAM)
        assert len(link.rpartition("/")[2]) >= 32
        seen = [(await thief.get(f"/staff/join/{number:032}")).status_code for number in range(30)]
        assert seen == [410] * 20 + [429] * 10
        assert (await thief.post(link, data={"password": PASSWORD})).status_code == 429
        for path in ("/staff/sign-in", "/staff/sign-in/code", "/staff/sign-in/organisation"):
            assert (await thief.get(path)).status_code == 429, path


async def test_a_link_of_before_a_reset_and_a_near_miss_open_nothing(app: FastAPI, clock: MovedClock) -> None:
    first = await invited(app, "Sam Okafor", SAM)
    thief = at_the_door(app)
    for wrong in (first[:-1], first + "a", first.swapcase(), first + "%00", first + "%2f.."):
        await thief.opens(wrong.replace("/STAFF/JOIN", "/staff/join"))
        assert thief.status in {404, 410}, wrong
    sam = at_the_door(app)
    await sam.joins(first, clock)
    ada = at_the_door(app)
    await ada.joins(await invited(app, "Ada", "ada@example.org", Role.ADMIN), clock)
    page = f"/staff/team/{await id_of(app, 'Sam Okafor')}"
    links = []
    for _ in range(2):
        await ada.opens(page)
        await ada.sends(f"{page}/reset")
        links.append(urlsplit(unescape(re.findall(r"http[^\s\"<]+/staff/join/[\w-]+", ada.page)[0])).path)
    await thief.opens(links[0])
    assert thief.status == 410
    await thief.opens(links[1])
    assert thief.status == 200
    await sam.opens("/staff/account")
    assert sam.path == "/staff/sign-in", "a reset ends every session"


async def test_ten_recovery_codes_are_not_found_by_trying(app: FastAPI, clock: MovedClock) -> None:
    sam = at_the_door(app)
    await sam.joins(await invited(app, "Sam Okafor", SAM), clock)
    right = sam.recovery_codes[0]
    thief, tried = at_the_door(app), 0
    for _round in range(12):
        began = await thief.posts("/staff/sign-in", email=SAM, password=PASSWORD)
        if began.status_code == 429:
            break
        for _ in range(6):
            answer = await thief.posts("/staff/sign-in/code", code=right[:-1] + "q" if right[-1] != "q" else "r")
            tried += answer.status_code == 422
    else:
        pytest.fail("nobody stopped it")
    assert tried <= 50
    assert len(right.replace("-", "")) >= 10
    assert (await thief.posts("/staff/sign-in", email=SAM, password=PASSWORD)).status_code == 429


async def test_whoever_is_ended_is_out_with_cookie_and_key_at_the_very_next_request(app: FastAPI) -> None:
    worker = await comes(app, "Sam Okafor", Role.LEAD, None)
    sam_id = await id_of(app, "Sam Okafor")
    async with (
        await sign_in(app, "Sam Okafor", Role.LEAD) as sam,
        await sign_in(app, "Ada", Role.ADMIN) as ada,
        worker.client,
    ):
        assert (await sam.get("/staff")).status_code == 200
        assert (await worker.get("/handoffs")).status_code == 200
        token = token_in((await ada.get("/staff/account")).text)
        head = {"sec-fetch-site": "same-origin"}
        ended = await ada.post(f"/staff/team/{sam_id}/end", data={"token": token}, headers=head)
        assert ended.status_code in {303, 404}, ended.text
        if ended.status_code == 404:  # without an account only the command line ends them
            async with app.state.house.database.transaction() as session:
                now = app.state.house.clock.now()
                await session.driver.execute("UPDATE staff SET ended_at = $1 WHERE id = $2", now, sam_id)
        assert (await sam.get("/staff")).headers["location"].startswith("/staff/sign-in")
        assert (await worker.get("/handoffs")).status_code == 401
        assert (await sam.get("/staff/events")).status_code == 303


@pytest.fixture
def really_served(settings: Settings, database: Database) -> Iterator[tuple[str, int]]:
    """The application as it is served for real, by the server of the command line."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        made = server(create_app(settings, demo=True, work=False), settings)
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until = time.monotonic() + 20
        while not made.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        yield listening.getsockname()
        made.should_exit = True
        thread.join(20)


SHUT = ("", "400", "413", "431")


def raw(where: tuple[str, int], sent: bytes) -> str:
    """Send bytes as they are; the status answered, "" where nothing came in three seconds."""
    with socket.create_connection(where, timeout=3) as line:
        try:
            line.sendall(sent)
            answer = line.recv(4096)
        except (TimeoutError, OSError):
            return ""
    return answer.split(b" ")[1].decode() if answer.startswith(b"HTTP/") else ""


async def test_headers_without_end_are_not_read(really_served: tuple[str, int]) -> None:
    head = b"GET /staff/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

    async def sends(more: bytes) -> str:
        return await asyncio.to_thread(raw, really_served, head + more + b"\r\n")

    assert await sends(b"Accept: text/html\r\n") == "200"
    assert await sends(b"Cookie: a=" + b"x" * 8000 + b"\r\n") == "200"
    assert await sends(b"X-Long: " + b"x" * 200_000 + b"\r\n") in SHUT
    assert await sends(b"".join(b"X-%d: 1\r\n" % number for number in range(20_000))) in SHUT
    assert await sends(b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") in SHUT
    assert await sends(b"X-Split: a\x00b\r\n") in SHUT
