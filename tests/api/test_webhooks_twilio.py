"""Twilio's door: everyone who texts is heard once, and nobody else can put words in anyone's mouth."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlencode

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from twilio.request_validator import RequestValidator

from api.app import create_app
from api.house import default_channels
from api.settings import Settings
from bot import arrivals
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.channels.twilio.templates import set_up
from bot.channels.twilio.whatsapp import WhatsApp
from tests.conftest import running, serve
from tests.fakes.provider import Answer
from tests.fakes.twilio_api import NUMBER, TOKEN, TwilioApi
from tests.fakes.twilio_mail import Receipts
from tests.talking import SHORTEST_REFERRAL
from waitingroom.database import Database
from waitingroom.messages import Status

pytestmark = pytest.mark.anyio
PUBLIC = "https://waiting.example.org"
SID = "SM" + "0123456789abcdef" * 2
ANN = "+447700900123"
FORM = {"From": ANN, "To": NUMBER, "MessageSid": SID, "Body": "hello", "NumMedia": "0", "AccountSid": "AC1"}


@pytest.fixture
def api() -> Iterator[TwilioApi]:
    with TwilioApi() as api:
        yield api


@pytest.fixture
def twilio_settings(settings: Settings, api: TwilioApi) -> Settings:
    return settings.model_copy(
        update={
            "public_url": PUBLIC,
            "twilio_account": api.account,
            "twilio_token": SecretStr(api.token),
            "twilio_api": api.url,
            "sms_from": NUMBER,
            "whatsapp_from": NUMBER,
        }
    )


@pytest.fixture
async def records(database: Database) -> Database:
    """The records, empty."""
    return database


@pytest.fixture
def account(api: TwilioApi) -> Iterator[Account]:
    account = Account(api.account, api.token, api=api.url, public_url=PUBLIC)
    yield account
    asyncio.run(account.close())


def an_app(settings: Settings, account: Account, *, work: bool) -> FastAPI:
    sms = Sms(account, NUMBER, per_second=200.0, drama_numbers=True)
    whatsapp = WhatsApp(account, NUMBER)
    channels = {**default_channels(), "sms": sms, "whatsapp": whatsapp}
    return create_app(settings, demo=True, work=work, channels=channels)


@pytest.fixture
async def web(twilio_settings: Settings, account: Account, records: Database) -> AsyncIterator[httpx2.AsyncClient]:
    """The door alone: what is queued is not sent."""
    async with at_the_door(an_app(twilio_settings, account, work=False)) as web:
        yield web


class at_the_door:  # noqa: N801 -- a context manager, read as words
    def __init__(self, app: FastAPI) -> None:
        self.running = running(app)
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://127.0.0.1")

    async def __aenter__(self) -> httpx2.AsyncClient:
        await self.running.__aenter__()
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()
        await self.running.__aexit__(None, None, None)


@pytest.fixture
def street(api: TwilioApi, twilio_settings: Settings, account: Account, records: Database) -> Iterator[TwilioApi]:
    """Twilio and the whole service on real ports of this machine, its worker running."""
    app = an_app(twilio_settings, account, work=True)
    for url in serve(app):
        api.webhook(f"{PUBLIC}/webhooks/twilio", served_at=url)
        yield api


async def post(
    web: httpx2.AsyncClient,
    form: dict[str, str] | None = None,
    *,
    path: str = "/webhooks/twilio",
    token: str | None = None,
    url: str | None = None,
    signature: str | None = None,
) -> httpx2.Response:
    told = FORM if form is None else form
    signed = RequestValidator(token or TOKEN).compute_signature(url or f"{PUBLIC}{path}", told)
    headers = {
        "X-Twilio-Signature": signed if signature is None else signature,
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    return await web.post(path, content=urlencode(told).encode(), headers=headers)


async def count(records: Database, table: str = "message") -> int:
    async with records.transaction() as session:
        return int((await session.run(text(f"SELECT count(*) FROM {table}"))).scalar_one())


async def test_someone_who_texts_is_heard_and_the_answer_waits_in_the_outbox(
    web: httpx2.AsyncClient, records: Database
) -> None:
    answer = await post(web)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert answer.text.endswith("<Response></Response>")
    async with records.transaction() as session:
        rows = (await session.run(text("SELECT author, status, segments FROM message ORDER BY id"))).all()
    assert rows[0] == ("person", "heard", 0)
    assert {row[1] for row in rows[1:]} == {"queued"}
    assert all(row[2] > 0 for row in rows[1:])


async def test_a_message_posted_twice_is_heard_once(web: httpx2.AsyncClient, records: Database) -> None:
    await post(web)
    once = await count(records)
    assert (await post(web)).status_code == 200
    assert await count(records) == once


FORGED: Sequence[dict[str, str | None]] = (
    {"signature": ""},
    {"signature": "nonsense"},
    {"signature": "x" * 5000},
    {"token": "another accounts token"},
    {"url": "https://another.example.org/webhooks/twilio"},
    {"url": f"{PUBLIC}/webhooks/twilio/status"},
    {"url": "http://127.0.0.1/webhooks/twilio"},
    {"url": f"{PUBLIC}:8443/webhooks/twilio"},
)


@pytest.mark.parametrize("forged", FORGED, ids=lambda forged: next(iter(forged)))
async def test_a_message_that_is_not_twilios_writes_nothing(
    web: httpx2.AsyncClient, records: Database, forged: dict[str, str]
) -> None:
    answer = await post(web, **forged)
    assert answer.status_code == 403
    assert await count(records) == 0


async def test_the_host_a_request_names_for_itself_is_never_believed(
    web: httpx2.AsyncClient, records: Database
) -> None:
    for host in ("evil.example.org", "waiting.example.org"):
        url = f"http://{host}/webhooks/twilio"
        signed = RequestValidator(TOKEN).compute_signature(url, FORM)
        headers = {"X-Twilio-Signature": signed, "Host": host, "X-Forwarded-Host": host}
        answer = await web.post("/webhooks/twilio", data=FORM, headers=headers)
        assert answer.status_code == 403
    assert await count(records) == 0


@pytest.mark.parametrize("missing", [{"twilio_token": None}, {"twilio_token": SecretStr("")}, {"public_url": ""}])
async def test_a_service_without_a_secret_or_an_address_takes_nothing(
    twilio_settings: Settings, account: Account, records: Database, missing: dict[str, object]
) -> None:
    bare = twilio_settings.model_copy(update=missing)
    async with at_the_door(an_app(bare, account, work=False)) as web:
        for token in (TOKEN, "x"):
            assert (await post(web, token=token)).status_code == 403
    assert await count(records) == 0


async def test_a_door_is_not_opened_by_asking_for_it(web: httpx2.AsyncClient, records: Database) -> None:
    for path in ("/webhooks/twilio", "/webhooks/twilio/status"):
        assert (await web.get(path)).status_code == 405
    assert await count(records) == 0


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&".join([b"a=1"] * 2000), b"", b"{"])
async def test_a_body_that_is_no_form_writes_nothing(
    web: httpx2.AsyncClient, records: Database, body: bytes
) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/json", ""):
        answer = await web.post("/webhooks/twilio", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 403
    assert await count(records) == 0


async def test_a_body_in_json_that_twilio_signed_is_read(web: httpx2.AsyncClient, records: Database) -> None:
    body = json.dumps(FORM).encode()
    path = f"/webhooks/twilio?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signed = RequestValidator(TOKEN).compute_signature(f"{PUBLIC}{path}", {})
    headers = {"X-Twilio-Signature": signed, "Content-Type": "application/json"}
    assert (await web.post(path, content=body, headers=headers)).status_code == 200
    assert await count(records) > 1
    answer = await web.post(path, content=body.replace(b"hello", b"HELLO"), headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "changed", [{"From": ""}, {"From": "Royal Mail"}, {"From": "85258"}, {"From": NUMBER}, {"MessageSid": ""}]
)
async def test_what_cannot_be_answered_is_thanked_for_and_nobody_is_answered(
    web: httpx2.AsyncClient, records: Database, changed: dict[str, str]
) -> None:
    answer = await post(web, FORM | changed)
    assert answer.status_code == 200
    assert await count(records) == 0
    assert await count(records, "raw_letter") == 1


async def test_receipts_for_nobody_and_of_new_kinds_are_thanked_for(
    web: httpx2.AsyncClient, records: Database
) -> None:
    await post(web)
    for status in ("delivered", "queued", "something new", ""):
        for message in ("999999", "", "x", "9" * 30):
            form = {"MessageSid": SID, "MessageStatus": status, "To": ANN, "From": NUMBER}
            path = f"/webhooks/twilio/status?message={message}"
            assert (await post(web, form, path=path)).status_code == 200
    async with records.transaction() as session:
        statuses = {row[0] for row in await session.run(text("SELECT DISTINCT status FROM message"))}
    assert statuses == {"heard", "queued"}


async def statuses(records: Database) -> list[str]:
    async with records.transaction() as session:
        rows = await session.run(text("SELECT status FROM message WHERE author = 'bot' ORDER BY id"))
        return [row[0] for row in rows]


async def comes_true(asked: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so."""
    for _ in range(1000):
        if await asked():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it never came true")


async def until(records: Database, wanted: Status) -> None:
    """Wait until every message of ours has come so far."""

    async def all_have() -> bool:
        return set(await statuses(records)) == {wanted.value}

    await comes_true(all_have)


@pytest.mark.parametrize("receipts", [Receipts.ORDERLY, Receipts.DOUBLED, Receipts.REVERSED, Receipts.EARLY])
async def test_however_receipts_come_a_message_that_arrived_is_known_to_have_arrived(
    street: TwilioApi, records: Database, receipts: Receipts
) -> None:
    street.receipts = receipts
    phone = street.phone(ANN)
    await asyncio.to_thread(phone.texts, "hello")
    await until(records, Status.DELIVERED)
    assert [post.statuses for post in street.posts if "MessageStatus" in post.form]
    assert all(status == 200 for post in street.posts for status in post.statuses)
    assert street.mail.troubles == []


async def test_someone_on_an_old_phone_gets_all_the_way_by_text(street: TwilioApi, records: Database) -> None:
    phone = street.phone(ANN)
    for words in SHORTEST_REFERRAL:
        seen = len(phone.sees)
        await asyncio.to_thread(phone.texts, words)
        await asyncio.to_thread(street.until, lambda seen=seen: len(phone.sees) > seen)
    await until(records, Status.DELIVERED)
    assert "reference" in " ".join(phone.bodies).lower()
    async with records.transaction() as session:
        (spent,) = (await session.run(text("SELECT segments FROM spend WHERE channel = 'sms'"))).all()
    assert spent[0] == sum(got.segments for got in phone.sees)


async def test_someone_on_whatsapp_gets_there_by_pressing_buttons(
    street: TwilioApi, account: Account, records: Database
) -> None:
    await set_up(account)
    phone = street.whatsapp(ANN)
    await asyncio.to_thread(phone.texts, "hello")
    await asyncio.to_thread(street.until, lambda: phone.sees and phone.last.labels)
    asked = phone.last
    assert asked.labels[0].startswith("For me")
    await asyncio.to_thread(phone.taps, asked, asked.labels[0])
    await asyncio.to_thread(street.until, lambda: phone.last is not asked)
    assert "understand" not in phone.last.body
    assert phone.last.body != asked.body


@pytest.mark.parametrize("service", [False, True])
async def test_someone_who_replied_stop_is_sent_nothing_more_whichever_way_we_learn_of_it(
    street: TwilioApi, account: Account, records: Database, service: bool
) -> None:
    account.service = street.service if service else ""
    phone = street.phone(ANN)
    phone.opted_out = True
    form = street.inbound_form(phone, "hello")
    await asyncio.to_thread(street.mail.bring, form)
    await comes_true(lambda: _stopped(records))
    assert phone.sees == []
    assert set(await statuses(records)) == {"failed"}


async def _stopped(records: Database) -> bool:
    async with records.transaction() as session:
        rows = (await session.run(text("SELECT state FROM contact"))).all()
    return [row[0] for row in rows] == ["stopped"]


async def test_a_text_that_may_have_gone_twice_is_known_by_whichever_receipt_comes(
    street: TwilioApi, records: Database
) -> None:
    street.answers(next=[Answer.MALFORMED])
    phone = street.phone(ANN)
    await asyncio.to_thread(phone.texts, "hello")
    await until(records, Status.DELIVERED)


async def test_nothing_of_a_person_stands_in_the_log(
    street: TwilioApi, records: Database, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    await asyncio.to_thread(street.phone(ANN).texts, "my secret words")
    await until(records, Status.DELIVERED)
    said = "".join(capfd.readouterr())
    assert "secret" not in said
    assert ANN.removeprefix("+44") not in said


async def test_a_message_of_someone_whose_records_are_away_goes_to_the_fallback_address_and_is_heard_once(
    web: httpx2.AsyncClient, records: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(arrivals, "take", away)
        assert (await post(web)).status_code == 503
    assert await count(records) == 0
    fallen = FORM | {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/webhooks/twilio"}
    assert (await post(web, fallen)).status_code == 200
    heard = await count(records)
    await post(web)
    assert await count(records) == heard > 1
