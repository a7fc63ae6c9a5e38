"""Whatever a provider does, nothing is lost, nothing comes twice unmarked, and all others are served."""

import asyncio
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlmodel import col, select

from api.house import default_channels
from bot.channels.channel import LONGEST_ASKED, Channel, Closing, asked_to_wait
from bot.channels.telegram import line as telegram_line
from bot.channels.telegram.channel import Telegram
from bot.channels.twilio import account as twilio_account
from bot.channels.twilio.account import Account
from bot.channels.twilio.sms import Sms
from bot.channels.twilio.whatsapp import WhatsApp
from bot.courier import Courier
from bot.delivery import Delivery
from bot.desk import Desk
from bot.recorder import Recorder
from tests.fakes.bot_api import TOKEN, BotApi
from tests.fakes.faulty_line import TAKEN_BY, Fault, FaultyLine
from tests.fakes.twilio_api import NUMBER, TwilioApi
from tests.fakes.twilio_mail import Receipts
from tests.talking import Speaker
from waitingroom.messages import Author, Message, Status
from waitingroom.slots import Slots

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PROVIDERS = ("telegram", "sms", "whatsapp")
PATHS = ("courier", "worker")
ASKED = {
    Fault.BUSY_SECONDS: timedelta(seconds=7),
    Fault.BUSY_DATE: timedelta(seconds=9),
    Fault.BUSY_TEN_YEARS: LONGEST_ASKED,
}
MAYBE = TAKEN_BY - {Fault.SLOW} | {Fault.ERROR_INSIDE, Fault.UNPLUGGED}
"""What may have been taken, as far as we can know."""


@dataclass
class Town:
    """One channel by a line that can fail, and the process that sends by it, on a clock of the test's own."""

    desk: Desk
    channel: str
    line: FaultyLine
    provider: BotApi | TwilioApi
    now: datetime = MONDAY
    courier: Courier | None = None
    people: int = 0
    troubles: list[BaseException] = field(default_factory=list)
    delivery: Delivery = field(init=False)

    def __post_init__(self) -> None:
        self.delivery = Delivery(self.desk, lambda: self.now, Slots(self.desk.database))

    def with_courier(self) -> None:
        self.courier = Courier(self.delivery, Recorder(self.desk.database), self.troubles.append)
        self.desk = replace(self.desk, courier=self.courier)

    def someone(self) -> Speaker:
        self.people += 1
        if isinstance(self.provider, BotApi):
            person = self.provider.person()
            person.presses_start()
            return Speaker(self.desk, now=self.now, channel=self.channel, address=str(person.id))
        return Speaker(self.desk, now=self.now, channel=self.channel, address=f"+447700900{self.people:03}")

    def got(self, person: Speaker) -> int:
        """How many messages the provider has taken for someone."""
        if isinstance(self.provider, BotApi):
            return len(self.provider.chats[int(person.address)].sees)
        return sum(sent.form["To"].removeprefix("whatsapp:") == person.address for sent in self.provider.sent)

    async def hears(self, person: Speaker, words: str) -> Message:
        """Take what someone says; whatever can leave leaves, once. Returns the answer as it stands then."""
        person.now = self.now - timedelta(seconds=20)
        turn = await person.says(words) and person.turns[-1]
        assert turn
        if self.courier is not None:
            await self.courier.close()
        first = await self.answer(person)
        if first.status is Status.QUEUED and not first.attempts:
            await self.deliver(person)
        return await self.answer(person)

    def passes(self, time: timedelta) -> None:
        """Let time pass, for us and for the pace of our own that Telegram's answers set."""
        self.now += time
        sender = getattr(self.desk.channels[self.channel], "_sender", None)
        if sender is not None:
            sender.bot.rate_limiter._parked.clear()

    async def deliver(self, person: Speaker) -> timedelta | None:
        return await self.delivery.deliver(person.turns[-1].conversation_id)

    async def answer(self, person: Speaker) -> Message:
        """The oldest answer to someone."""
        async with self.desk.database.transaction() as session:
            talk = person.turns[-1].conversation_id
            said = select(Message).where(Message.conversation_id == talk, Message.author == Author.BOT)
            found = (await session.exec(said.order_by(col(Message.id)))).first()
            assert found is not None
            return found


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here has twenty seconds for an answer that never comes."""
    for name in ("CONNECT", "ENTER", "READ", "DEADLINE"):
        monkeypatch.setattr(telegram_line, name, 0.5)
    monkeypatch.setattr(twilio_account, "PATIENCE", (0.5, 0.5))
    monkeypatch.setattr(twilio_account, "LONGEST", 1.0)


def channel_by(name: str, url: str, provider: Any) -> Channel:
    if name == "telegram":
        return Telegram(TOKEN, url, per_second=1000, per_chat=1000)
    account = Account(provider.account, provider.token, api=url, public_url="https://waiting.example.org")
    return (
        WhatsApp(account, NUMBER)
        if name == "whatsapp"
        else Sms(account, NUMBER, per_second=1000, drama_numbers=True)
    )


@pytest.fixture
def provider(channel: str) -> Iterator[BotApi | TwilioApi]:
    with BotApi() if channel == "telegram" else TwilioApi() as api:
        if isinstance(api, TwilioApi):
            api.receipts = Receipts.NONE
        yield api


@pytest.fixture
def line(provider: BotApi | TwilioApi) -> Iterator[FaultyLine]:
    with FaultyLine(provider) as line:
        yield line


@pytest.fixture
async def town(desk: Desk, channel: str, provider: BotApi | TwilioApi, line: FaultyLine) -> AsyncIterator[Town]:
    way = channel_by(channel, line.url, provider)
    town = Town(replace(desk, channels={**default_channels(), channel: way}), channel, line, provider)
    yield town
    assert town.troubles == []
    assert isinstance(way, Closing)
    await way.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("channel", PROVIDERS)
async def test_an_answer_outlives_whatever_its_provider_does_and_nobody_else_waits(town: Town, path: str) -> None:
    if path == "courier":
        town.with_courier()
    for fault in Fault:
        try:
            await an_answer_outlives(town, fault)
        except AssertionError as error:
            error.add_note(f"where the provider's line is {fault.name}")
            raise


async def an_answer_outlives(town: Town, fault: Fault) -> None:
    ann, bob = town.someone(), town.someone()
    town.line.will(fault)
    first = await town.hears(ann, "hello")
    after = await town.hears(bob, "hello")
    assert (after.status, town.got(bob)) == (Status.SENT, 1)
    if fault is Fault.SLOW:
        assert (first.status, first.maybe_twice, town.got(ann)) == (Status.SENT, False, 1)
        return
    assert (first.status, first.attempts, first.maybe_twice) == (Status.QUEUED, 1, fault in MAYBE)
    assert first.problem == ("MaybeSent" if fault in MAYBE else "TryLater")
    assert first.next_try_at is not None
    wait = first.next_try_at - town.now
    assert wait == ASKED[fault] if fault in ASKED else timedelta(seconds=2) < wait <= timedelta(seconds=5)
    assert await town.deliver(ann) == wait
    town.passes(wait)
    assert await town.deliver(ann) is None
    last = await town.answer(ann)
    assert (last.status, last.attempts, last.maybe_twice) == (Status.SENT, 2, fault in MAYBE)
    assert town.got(ann) == (2 if fault in TAKEN_BY else 1)


@pytest.mark.parametrize("channel", PROVIDERS)
async def test_while_one_waits_for_a_slow_provider_everyone_else_is_served(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_line, "READ", 15.0)
    monkeypatch.setattr(telegram_line, "DEADLINE", 20.0)
    monkeypatch.setattr(twilio_account, "PATIENCE", (5.0, 12.0))
    monkeypatch.setattr(twilio_account, "LONGEST", 25.0)
    ann, others = town.someone(), [town.someone() for _ in range(5)]
    town.line.late = 10.0
    town.line.will(Fault.SLOW)
    waiting = asyncio.create_task(town.hears(ann, "hello"))
    await town.line.reached(lambda: town.line.calls)
    for other in others:
        assert (await town.hears(other, "hello")).status is Status.SENT
    assert [town.got(other) for other in others] == [1] * 5
    assert not waiting.done()
    town.line.let_go.set()
    assert (await waiting).status is Status.SENT


class _Mute(StreamRequestHandler):
    def handle(self) -> None:
        """Say nothing: nobody trusts this server enough to listen."""


class _Impostor(ThreadingTCPServer):
    daemon_threads, allow_reuse_address = True, True

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(("127.0.0.1", 0), _Mute)
        self.context, self.met = context, 0

    def get_request(self) -> Any:
        line, address = super().get_request()
        self.met += 1
        return self.context.wrap_socket(line, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that nobody trusts it is what is wanted."""


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that nobody but itself has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
    certificate = made.not_valid_after(datetime(2100, 1, 1, tzinfo=UTC)).sign(key, hashes.SHA256())
    kept = tmp_path_factory.mktemp("tls") / "self-signed.pem"
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    kept.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, plain[1], plain[0])
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return kept


@pytest.fixture
def impostor(self_signed: Path) -> Iterator[_Impostor]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed)
    with _Impostor(context) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


@pytest.mark.parametrize("channel", PROVIDERS)
async def test_nothing_is_told_to_a_server_that_cannot_prove_to_be_the_provider(
    town: Town, provider: BotApi | TwilioApi, impostor: _Impostor, channel: str
) -> None:
    way = channel_by(channel, f"https://127.0.0.1:{impostor.server_address[1]}", provider)
    ann = town.someone()
    real, town.desk.channels[channel] = town.desk.channels[channel], way  # type: ignore[index]
    first = await town.hears(ann, "hello")
    assert impostor.met >= 1
    assert (first.status, first.problem, first.maybe_twice) == (Status.QUEUED, "TryLater", False)
    assert isinstance(way, Closing)
    await way.close()
    town.desk.channels[channel] = real  # type: ignore[index]
    assert first.next_try_at is not None
    town.passes(first.next_try_at - town.now)
    assert await town.deliver(ann) is None
    assert (town.got(ann), (await town.answer(ann)).maybe_twice) == (1, False)


@pytest.mark.parametrize(
    ("told", "at", "wait"),
    [
        ("7", None, 7),
        ("0.5", None, 0.5),
        ("Mon, 23 Nov 2026 10:00:09 GMT", "Mon, 23 Nov 2026 10:00:00 GMT", 9),
        ("Mon, 23 Nov 2026 10:00:09 GMT", None, None),
        ("Mon, 23 Nov 2026 09:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 GMT", None),
        ("Sat, 23 Nov 2036 10:00:00 GMT", "Mon, 23 Nov 2026 10:00:00 GMT", 3600),
        ("315360000", None, 3600),
        ("1e400", None, 3600),
        ("nan", None, None),
        ("0", None, None),
        ("-5", None, None),
        ("soon", "Mon, 23 Nov 2026 10:00:00 GMT", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_wait_that_is_asked_for_is_read_in_seconds_or_as_a_date_and_never_outlasts_an_hour(
    told: str | None, at: str | None, wait: float | None
) -> None:
    assert asked_to_wait(told, at=at) == (None if wait is None else timedelta(seconds=wait))
