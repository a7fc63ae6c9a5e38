"""Signing in with an organisation's own accounts, against a real OpenID provider on this machine."""

import asyncio
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient, ConnectError, Response
from pydantic import SecretStr

from api.app import create_app
from api.oidc import ProviderError, may_dial, read_token
from api.oidc_dialling import Outward
from api.settings import Settings
from tests.conftest import running
from tests.entering import AtTheDoor, MovedClock, at_the_door, invited
from waitingroom import team
from waitingroom.accounts import by_email
from waitingroom.database import Database

pytestmark = pytest.mark.anyio
BEGIN = "/staff/sign-in/organisation"
SAM = "sam@example.org"


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """A provider in a process of its own; its address. Sam's address is verified there, Eve's is not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            assert process.poll() is None
            assert time.monotonic() < deadline
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                time.sleep(0.05)
        knows(home, "sam", email=SAM, email_verified=True)
        knows(home, "eve", email=SAM, email_verified=False)
        knows(home, "sly", email=SAM, email_verified="true")
        knows(home, "stranger", email="stranger@example.org", email_verified=True)
        yield home
    finally:
        process.terminate()
        process.wait(10)


def knows(home: str, sub: str, **claims: object) -> None:
    body = json.dumps(claims).encode()
    asked = urllib.request.Request(f"{home}/users/{sub}", body, {"content-type": "application/json"}, method="PUT")
    with urllib.request.urlopen(asked, timeout=5) as answer:
        assert answer.status < 300


@asynccontextmanager
async def opened(settings: Settings, provider: str, **more: Any) -> AsyncIterator[FastAPI]:
    set_up = {"oidc_issuer": provider, "oidc_client_id": "waiting-room", "oidc_client_secret": SecretStr("kept")}
    app = create_app(settings.model_copy(update={**set_up, **more}), demo=True)
    async with running(app):
        yield app


async def goes_there(browser: AtTheDoor, where: str = "") -> str:
    """Follow the link on the sign-in page; return the provider's address one is sent to."""
    answer = await browser.web.get(BEGIN + (f"?next={where}" if where else ""))
    assert answer.status_code == 303, answer.text
    assert "SameSite=Lax" in answer.headers["set-cookie"]
    return str(answer.headers["location"])


async def at_the_provider(address: str, sub: str) -> str:
    """Sign in there; return the address one is sent back to."""
    async with AsyncClient() as outside:
        answer = await outside.post(address, data={"sub": sub})
    assert answer.status_code in {302, 303}, answer.text
    return str(answer.headers["location"])


async def comes_back(browser: AtTheDoor, address: str) -> Response:
    """Open the address one is sent back to, and press the button there."""
    told = urlsplit(address)
    await browser.opens(f"{told.path}?{told.query}")
    return await browser.posts(f"{BEGIN}/finish")


async def signs_in(browser: AtTheDoor, sub: str, where: str = "") -> Response:
    return await comes_back(browser, await at_the_provider(await goes_there(browser, where), sub))


async def test_someone_with_an_account_comes_in_by_their_organisation_and_then_shows_a_code(
    settings: Settings, database: Database, provider: str
) -> None:
    async with opened(settings, provider) as app:
        clock = MovedClock(app.state.house.clock.now())
        sam = at_the_door(app)
        await sam.joins(await invited(app, "Sam", SAM), clock)
        other = at_the_door(app)
        assert "with your organisation" in await other.opens("/staff/sign-in")
        address = await goes_there(other, "/staff/account")
        asked = parse_qs(urlsplit(address).query)
        assert (asked["code_challenge_method"], len(asked["state"][0]), len(asked["nonce"][0])) == (
            ["S256"],
            43,
            43,
        )
        answer = await comes_back(other, await at_the_provider(address, "sam"))
        assert answer.headers["location"].startswith("/staff/sign-in/code?next=%2Fstaff%2Faccount")
        await other.opens("/staff/account")
        assert other.path == "/staff/sign-in", "the organisation alone is not enough"
        await other.opens("/staff/sign-in/code?next=/staff/account")
        clock.moves(seconds=30)
        await other.sends("/staff/sign-in/code", code=sam.code(clock.at))
        assert other.path == "/staff/account"


async def test_an_organisation_that_asks_for_two_proofs_is_enough_where_the_service_says_so(
    settings: Settings, database: Database, provider: str
) -> None:
    async with opened(settings, provider, oidc_brings_second_factor=True) as app:
        await invited(app, "Sam", SAM)
        sam = at_the_door(app)
        answer = await signs_in(sam, "sam", "/staff/account")
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff/account")
        await sam.opens("/staff/account")
        assert sam.path == "/staff/account"


@pytest.mark.parametrize("sub", ["stranger", "eve", "sly"])
async def test_nobody_comes_in_whose_verified_address_has_no_account(
    settings: Settings, database: Database, provider: str, sub: str
) -> None:
    async with opened(settings, provider, oidc_brings_second_factor=True) as app:
        await invited(app, "Sam", SAM)
        browser = at_the_door(app)
        answer = await signs_in(browser, sub)
        assert (answer.status_code, "no account here" in answer.text) == (403, True)
        await browser.opens("/staff/account")
        assert browser.path == "/staff/sign-in"


async def test_an_ended_account_stays_shut_to_the_organisation_too(
    settings: Settings, database: Database, provider: str
) -> None:
    async with opened(settings, provider, oidc_brings_second_factor=True) as app:
        await invited(app, "Sam", SAM)
        async with app.state.house.database.transaction() as session:
            found = await by_email(session, email=SAM)
            assert found is not None
            await team.end(session, staff_id=found[0].id, by=None, now=app.state.house.clock.now())
        assert (await signs_in(at_the_door(app), "sam")).status_code == 403


async def test_a_sign_in_begun_in_another_browser_goes_no_further(
    settings: Settings, database: Database, provider: str
) -> None:
    async with opened(settings, provider, oidc_brings_second_factor=True) as app:
        await invited(app, "Sam", SAM)
        thief, victim = at_the_door(app), at_the_door(app)
        back = await at_the_provider(await goes_there(thief), "sam")
        answer = await comes_back(victim, back)
        assert (answer.status_code, "begin again" in answer.text) == (403, True)
        await goes_there(victim)
        assert (await comes_back(victim, back)).status_code == 403, "its state is another"
        code = parse_qs(urlsplit(back).query)["code"][0]
        mixed = await at_the_provider(await goes_there(victim), "stranger")
        state = parse_qs(urlsplit(mixed).query)["state"][0]
        answer = await victim.web.post(f"{BEGIN}/finish", data={"code": code, "state": state})
        assert answer.status_code == 502, "the code was asked for with another verifier"


async def test_a_code_of_the_provider_is_good_once_and_for_ten_minutes(
    settings: Settings, database: Database, provider: str
) -> None:
    async with opened(settings, provider, oidc_brings_second_factor=True) as app:
        await invited(app, "Sam", SAM)
        sam = at_the_door(app)
        back = await at_the_provider(await goes_there(sam), "sam")
        kept = sam.web.cookies["staff-organisation"]
        assert (await comes_back(sam, back)).status_code == 303
        sam.web.cookies.set("staff-organisation", kept)
        assert (await comes_back(sam, back)).status_code == 502
        back = await at_the_provider(await goes_there(sam), "sam")
        app.state.house.clock.move_on(timedelta(minutes=10))
        assert (await comes_back(sam, back)).status_code == 403


async def test_looking_at_the_way_back_signs_nobody_in(
    settings: Settings, database: Database, provider: str
) -> None:
    async with opened(settings, provider, oidc_brings_second_factor=True) as app:
        await invited(app, "Sam", SAM)
        sam = at_the_door(app)
        told = urlsplit(await at_the_provider(await goes_there(sam), "sam"))
        await sam.opens(f"{told.path}?{told.query}")
        assert (sam.status, "staff" in sam.web.cookies) == (200, False)
        answer = await sam.posts(f"{BEGIN}/finish")
        assert answer.status_code == 303
        answer = await sam.web.post(f"{BEGIN}/finish", headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
        await sam.opens(f"{BEGIN}/back?error=access_denied&state=x")
        assert (sam.status, "did not let you in" in sam.page) == (403, True)


async def test_a_provider_that_is_not_there_is_said_kindly(settings: Settings, database: Database) -> None:
    async with opened(settings, "http://127.0.0.1:9") as app:
        browser = at_the_door(app)
        await browser.opens(BEGIN)
        assert (browser.status, "use your password" in browser.page) == (502, True)


async def test_without_a_provider_there_is_no_such_door(app: FastAPI) -> None:
    browser = at_the_door(app)
    assert "organisation" not in await browser.opens("/staff/sign-in")
    assert (await browser.web.get(BEGIN)).status_code == 404
    assert (await browser.web.get(f"{BEGIN}/back?code=a&state=b")).status_code == 404
    assert (await browser.web.post(f"{BEGIN}/finish", data={"code": "a", "state": "b"})).status_code == 404


@pytest.mark.parametrize(
    ("address", "issuer", "may"),
    [
        ("https://login.example.org/token", "https://login.example.org", True),
        ("http://127.0.0.1:9400/token", "http://127.0.0.1:9400", True),
        ("http://login.example.org/token", "https://login.example.org", False),
        ("http://127.0.0.1/token", "https://login.example.org", False),
        ("http://login.example.org", "http://login.example.org", False),
        ("http://login.example.org/token", "http://127.0.0.1:9400", False),
        ("file:///etc/passwd", "https://login.example.org", False),
        ("https://", "https://login.example.org", False),
    ],
)
def test_only_https_is_dialled_except_on_this_machine(address: str, issuer: str, may: bool) -> None:
    assert may_dial(address, issuer) is may


@pytest.mark.parametrize("inward", [["127.0.0.1"], ["93.184.215.14", "10.0.0.7"], ["::ffff:169.254.169.254"], []])
async def test_a_name_of_the_provider_that_leads_inside_is_not_dialled(inward: list[str]) -> None:
    came: list[object] = []

    async def takes(_reader: object, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    async def found(host: str, _port: int) -> list[str]:
        return ["127.0.0.1"] if host == "login.example.org" else inward

    inside = await asyncio.start_server(takes, "127.0.0.1", 0)
    port = inside.sockets[0].getsockname()[1]
    async with inside, AsyncClient(transport=Outward("login.example.org", found)) as client:
        with pytest.raises(ConnectError):
            await client.get(f"http://keys.example.org:{port}/jwks")
        assert came == []
        assert (await client.get(f"http://login.example.org:{port}/jwks")).json() == {}
        assert len(came) == 1, "the provider that the settings name may be inside"


async def test_the_way_out_to_a_provider_finds_names_as_this_machine_does() -> None:
    async with AsyncClient(transport=Outward("localhost")) as client:
        with pytest.raises(ConnectError):
            await client.get("http://localhost:1/")
        with pytest.raises(ConnectError):
            await client.get("https://nobody.invalid/")


def test_a_token_is_read_only_where_every_claim_of_it_is_right() -> None:
    from joserfc import jwt
    from joserfc.jwk import OctKey, RSAKey

    key = RSAKey.generate_key(2048, {"kid": "one"})
    other, shared = RSAKey.generate_key(2048, {"kid": "one"}), OctKey.generate_key(256, {"kid": "two"})
    keys = {"keys": [key.as_dict(private=False), shared.as_dict(private=True)]}
    right = {"iss": "https://a", "aud": "us", "exp": time.time() + 60, "nonce": "n", "email": SAM}

    def reads(claims: dict[str, Any], by: Any = key, alg: str = "RS256") -> bool:
        token = jwt.encode({"alg": alg, "kid": by.kid}, claims, by, algorithms=[alg])
        try:
            return bool(read_token(token, keys, issuer="https://a", audience="us", nonce="n")["email"] == SAM)
        except ProviderError:
            return False

    assert reads(right)
    assert reads({**right, "aud": ["us", "them"], "azp": "us"})
    for wrong in (
        {"iss": "https://b"},
        {"aud": "them"},
        {"aud": ["us", "them"]},
        {"exp": time.time() - 90},
        {"nonce": "m"},
    ):
        assert not reads({**right, **wrong}), wrong
    for missing in ("iss", "aud", "exp", "nonce"):
        assert not reads({name: value for name, value in right.items() if name != missing}), missing
    assert not reads(right, by=other)
    assert not reads(right, by=shared, alg="HS256")
    unsigned = "eyJhbGciOiJub25lIn0.e30."
    with pytest.raises(ProviderError):
        read_token(unsigned, keys, issuer="https://a", audience="us", nonce="n")
    with pytest.raises(ProviderError):
        read_token("", {}, issuer="https://a", audience="us", nonce="n")
