"""One way to talk on every channel: the real service on a real port, and a person at the other end of each."""

import asyncio
import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import httpx2
from pydantic import SecretStr
from sqlalchemy import text as sql
from sqlmodel import select

import content as words
from api import talk, webhooks_telegram
from api.app import create_app
from api.chat_cookie import mint
from api.clock import Clock
from api.house import House, channels_of
from api.keys import read_keys
from api.settings import Settings
from bot import starting
from bot.channels.channel import Closing
from bot.channels.twilio.buttons import SHAPES
from bot.channels.twilio.whatsapp import WhatsApp
from bot.desk import Desk
from bot.messages import Reply, numbered
from bot.safety import Net
from bot.service import Service
from tests.conftest import serve
from tests.fakes.bot_api import TOKEN, BotApi
from tests.fakes.bot_api_people import Seen
from tests.fakes.twilio_api import NUMBER, TwilioApi
from tests.fakes.twilio_content import made
from tests.fakes.twilio_phones import Phone
from waitingroom import conversations, messages, staff, stories
from waitingroom.conversations import Contact, Conversation
from waitingroom.database import Database, Session
from waitingroom.messages import Author, Message
from waitingroom.staff import Scope
from waitingroom.stories import Story

T = TypeVar("T")
PUBLIC = "https://waiting.example.org"
SECRET = "a-long-random-word"
PATIENCE = 20.0
"""Seconds something may take before a test says that it did not happen."""
AT_ONCE = 1000.0
"""Messages a second: nobody in these tests has a second to wait for the next question."""
OPTION = re.compile(r"\d+ ")
UNSENT = sql("""
SELECT count(*) FROM message JOIN contact ON contact.id = message.contact_id
WHERE contact.channel = :channel AND contact.address_hash = :address AND message.status IN ('queued', 'sending')
""")


class Town:
    """The service as it is served, both providers, and a desk of the tests' own on the same records."""

    def __init__(self, url: str, settings: Settings, telegram: BotApi, twilio: TwilioApi, house: House) -> None:
        self.url, self.settings, self.telegram, self.twilio, self.house = url, settings, telegram, twilio, house
        self.runner = asyncio.Runner()
        self.keys = read_keys(settings.keys_path)
        assert settings.database_url is not None
        self.database = Database(settings.database_url.get_secret_value(), self.keys, pool_size=8)
        self.clock = Clock(settings.data / "clock")
        content = words.load()
        service = Service(name=settings.service_name, content=content, areas=settings.areas, drama_numbers=True)
        self.desk = Desk(self.database, service, Net(content.safety), channels_of(settings, demo=True))
        self.people = 0
        self.pages: list[httpx2.Client] = []

    def run(self, work: Awaitable[T]) -> T:
        """Do something of the desk's own, and wait for it."""

        async def waited() -> T:
            return await work

        return self.runner.run(waited())

    def on_record(self, look: Callable[[Session], Awaitable[T]]) -> T:
        """Look at the records, or change them, in one transaction."""

        async def looked() -> T:
            async with self.database.transaction() as session:
                return await look(session)

        return self.runner.run(looked())

    def until(self, happened: Callable[[], object]) -> None:
        """Wait until something has happened."""
        ends = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < ends, "it did not happen"
            time.sleep(0.005)

    def joins(self, name: str = "Sam") -> "LinkWorker":
        """A link worker starts here."""

        async def key(session: Session) -> str:
            worker = await staff.welcome(session, name=name, now=self.clock.now())
            return await staff.issue_key(
                session, staff_id=worker.id, scopes=frozenset(Scope), now=self.clock.now()
            )

        return LinkWorker(self, self.on_record(key))

    def new_number(self) -> str:
        """A phone number nobody has written from: Ofcom keeps these for made-up people."""
        self.people += 1
        assert self.people < 1000, "there are no more made-up numbers"
        return f"+447700900{self.people:03}"

    def close(self) -> None:
        for page in self.pages:
            page.close()

        async def close() -> None:
            for channel in self.desk.channels.values():
                if isinstance(channel, Closing):
                    await channel.close()
            await self.database.close()

        self.runner.run(close())
        self.runner.close()


@contextmanager
def opened(database_url: str, data: Path) -> Iterator[Town]:
    """Open the service and both providers, each on a port of this machine."""
    import_module(webhooks_telegram.READING)
    with BotApi() as telegram, TwilioApi() as twilio:
        for shape in SHAPES:
            twilio.template(made(shape.made()))
        settings = _settings(database_url, data, telegram, twilio)
        app = create_app(settings, demo=True)
        for url in serve(app):
            telegram.webhook(f"{url}/webhooks/telegram", SECRET)
            twilio.webhook(f"{PUBLIC}/webhooks/twilio", served_at=url)
            house: House = app.state.house
            whatsapp = house.desk.channels["whatsapp"]
            assert isinstance(whatsapp, WhatsApp)
            whatsapp.limits = ()
            town = Town(url, settings, telegram, twilio, house)
            try:
                yield town
            finally:
                town.close()


def _settings(database_url: str, data: Path, telegram: BotApi, twilio: TwilioApi) -> Settings:
    known = Settings(
        data=data, service_name="Pendle Waiting Room", areas=frozenset({"BB9", "BB8"}), secure_cookies=False
    )
    return known.model_copy(
        update={
            "database_url": SecretStr(database_url),
            "public_url": PUBLIC,
            "telegram_token": SecretStr(TOKEN),
            "telegram_secret": SecretStr(SECRET),
            "telegram_api": telegram.url,
            "telegram_per_second": AT_ONCE,
            "telegram_per_chat": AT_ONCE,
            "twilio_account": twilio.account,
            "twilio_token": SecretStr(twilio.token),
            "twilio_api": twilio.url,
            "sms_from": NUMBER,
            "sms_per_second": AT_ONCE,
            "sms_daily_pounds": 0,
            "whatsapp_from": NUMBER,
        }
    )


class Driver(ABC):
    """Someone at one end of one channel."""

    channel: str
    taps = False
    """whether there are buttons"""

    def __init__(self, town: Town) -> None:
        self.town = town
        self._heard = 0

    @property
    @abstractmethod
    def address(self) -> str:
        """Where the service reaches them, as it knows it."""

    @abstractmethod
    def sends(self, said: str) -> None:
        """Write something, and do not wait."""

    @abstractmethod
    def picks(self, *chosen: str | int) -> None:
        """Choose from the options under the last question, by label or number: by button where there is one."""

    @property
    @abstractmethod
    def shown(self) -> list[str]:
        """Every message on their screen that we sent, with its options, oldest first."""

    def says(self, *texts: str) -> str:
        """Write some things one after the other; returns all that was answered to the last."""
        *first, last = texts
        for said in first:
            self.sends(said)
            self.settles()
        self.hears()
        self.sends(last)
        return self.hears()

    def chooses(self, *chosen: str | int) -> str:
        """Choose, and return what was answered."""
        self.hears()
        self.picks(*chosen)
        return self.hears()

    def hears(self) -> str:
        """Wait until all that was queued has arrived; returns what is new on their screen."""
        self.settles()
        return "\n".join(self._new())

    def _new(self) -> list[str]:
        shown = self.shown
        new, self._heard = shown[self._heard :], len(shown)
        return new

    def settles(self) -> None:
        """Wait until all that was written was heard, and all that was queued has arrived."""
        self.town.telegram.settle(seconds=PATIENCE)
        self.town.twilio.settle(seconds=PATIENCE)
        if not self.town.desk.kept(self.channel):
            self.town.until(self._all_sent)

    def _all_sent(self) -> bool:
        facts = {"channel": self.channel, "address": self.town.keys.fingerprint(self.channel, self.address)}

        async def unsent(session: Session) -> int:
            return int((await session.run(UNSENT, facts)).scalar_one())

        return self.town.on_record(unsent) == 0

    # What is on record of them.

    async def _talk(self, session: Session) -> Conversation:
        found = await self._found(session)
        assert found is not None, "nobody has heard of them"
        return found

    async def _found(self, session: Session) -> Conversation | None:
        return await conversations.of_contact(session, channel=self.channel, address=self.address)

    def story(self) -> Story:
        """Everything known of them."""

        async def told(session: Session) -> Story:
            return await stories.of_talk(session, conversation_id=(await self._talk(session)).id)

        return self.town.on_record(told)

    async def handoff(self, session: Session) -> str:
        """The id of the hand-off that was raised for them last."""
        newest = sql("SELECT id FROM handoff WHERE conversation_id = :talk ORDER BY raised_at DESC LIMIT 1")
        talk_id = (await self._talk(session)).id
        return str((await session.run(newest, {"talk": talk_id})).scalar_one())

    def queued(self) -> list[Reply]:
        """Everything that was ever to be sent to them by this channel, oldest first, as it is on record."""

        async def told(session: Session) -> list[Reply]:
            conversation = await self._found(session)
            if conversation is None:
                return []
            ours = await self._contact(session)
            said = await messages.transcript(session, conversation_id=conversation.id)
            return [
                Reply.recalled(messages.said(session, one))
                for one in said
                if one.author is not Author.PERSON and one.contact_id == ours.id
            ]

        return self.town.on_record(told)

    def rows(self) -> list[Message]:
        """Every message on record, either way."""

        async def told(session: Session) -> list[Message]:
            return await messages.transcript(session, conversation_id=(await self._talk(session)).id)

        return self.town.on_record(told)

    async def _contact(self, session: Session) -> Contact:
        hashed = self.town.keys.fingerprint(self.channel, self.address)
        ours = select(Contact).where(Contact.channel == self.channel, Contact.address_hash == hashed)
        return (await session.exec(ours)).one()

    @property
    def state(self) -> str:
        """Whether this way of reaching them is open, stopped or unreachable."""
        return self.town.on_record(self._contact).state.value

    def is_told(self, said: str) -> str:
        """Have the service say something nobody asked for, and return what arrives."""
        self.hears()

        async def say(session: Session) -> None:
            contact = await self._contact(session)
            await starting.say(
                session, self.town.desk, contact, said, dedupe=secrets.token_hex(8), now=self.town.clock.now()
            )

        self.town.on_record(say)
        return self.hears()


class OnTerminal(Driver):
    """Someone at the keyboard of this machine."""

    channel = "terminal"

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self._name = secrets.token_hex(8)
        self._house = House(town.settings, town.desk, town.desk, town.clock, True)

    @property
    def address(self) -> str:
        return self._name

    def sends(self, said: str) -> None:
        self.town.run(talk.hear(self._house, self._name, said))

    def picks(self, *chosen: str | int) -> None:
        self.sends(", ".join(str(one) for one in chosen))

    @property
    def shown(self) -> list[str]:
        return [numbered(reply) for reply in self.queued()]


class OnWeb(Driver):
    """Someone at the chat page, without a script."""

    channel = "web"
    taps = True

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self._cookie = mint(town.keys)
        self._page = httpx2.Client(base_url=town.url, cookies={"chat": self._cookie}, trust_env=False)
        town.pages.append(self._page)

    @property
    def address(self) -> str:
        return self._cookie

    def sends(self, said: str) -> None:
        self.posts(text=said)

    def picks(self, *chosen: str | int) -> None:
        line = next(line for line in reversed(self._lines()) if line["options"])
        told = [
            f"{number}. {label}" for one in chosen for number, label in line["options"] if one in {number, label}
        ]
        assert len(told) == len(chosen), f"there is no such answer to choose: {line['options']}"
        self.posts(choice=told, answering=line["asks"])

    def posts(self, **form: Any) -> None:
        """Send the page's form."""
        answer = self._page.post("/chat/messages", data=form)
        assert answer.status_code == 303, answer.text

    def _lines(self, after: int = 0) -> list[dict[str, Any]]:
        """What the page shows, as its script would ask for it."""
        answer = self._page.get("/chat/since", params={"after": after})
        return list(answer.json()["messages"]) if answer.status_code == 200 else []

    def _new(self) -> list[str]:
        """What is new: the page may have changed to another talk since it was looked at."""
        lines = self._lines(after=self._heard)
        self._heard = lines[-1]["id"] if lines else self._heard
        return _read(lines)

    @property
    def shown(self) -> list[str]:
        return _read(self._lines())


def _read(lines: list[dict[str, Any]]) -> list[str]:
    return [
        "\n".join([line["text"], *(f"{number} {label}" for number, label in line["options"])])
        for line in lines
        if line["author"] != "person"
    ]


class OnTelegram(Driver):
    """Someone on Telegram."""

    channel = "telegram"
    taps = True

    def __init__(self, town: Town) -> None:
        super().__init__(town)
        self.person = town.telegram.person()

    @property
    def address(self) -> str:
        return str(self.person.id)

    def sends(self, said: str) -> None:
        self.person.says(said)

    def picks(self, *chosen: str | int) -> None:
        seen = next(seen for seen in reversed(self.person.sees) if seen.buttons)
        for one in chosen:
            self.person.taps(seen, _label_of(seen, one))
            self.town.telegram.settle(seconds=PATIENCE)
        if "Done" in seen.buttons:
            self.person.taps(seen, "Done")

    @property
    def shown(self) -> list[str]:
        return ["\n".join([seen.text, *seen.buttons]) for seen in self.person.sees]


class OnPhone(Driver):
    """Someone with a phone that Twilio reaches."""

    phone: Phone

    @property
    def address(self) -> str:
        return self.phone.address.removeprefix("whatsapp:")

    def sends(self, said: str) -> None:
        self.phone.texts(said)

    @property
    def shown(self) -> list[str]:
        return ["\n".join([got.body, *got.labels]) for got in self.phone.sees if not got.by_twilio]


class OnSms(OnPhone):
    """Someone with a ten-year-old phone."""

    channel = "sms"

    def __init__(self, town: Town, number: str | None = None) -> None:
        super().__init__(town)
        self.phone = town.twilio.phone(number or town.new_number())

    def picks(self, *chosen: str | int) -> None:
        self.sends(", ".join(str(one) for one in chosen))


class OnWhatsApp(OnPhone):
    """Someone on WhatsApp."""

    channel = "whatsapp"
    taps = True

    def __init__(self, town: Town, number: str | None = None) -> None:
        super().__init__(town)
        self.phone = town.twilio.whatsapp(number or town.new_number())

    def picks(self, *chosen: str | int) -> None:
        got = self.phone.last
        (one, *more) = chosen
        if more or not got.labels:
            self.sends(", ".join(str(one) for one in chosen))
            return
        self.phone.taps(got, got.labels[one - 1] if isinstance(one, int) else one)


def _label_of(seen: Seen, one: str | int) -> str:
    """Find a button by its number or its words; where there are three or more it carries its number."""
    if isinstance(one, int):
        return seen.buttons[one - 1]
    return next(label for label in seen.buttons if one in {label, OPTION.sub("", label, count=1)})


DRIVERS: dict[str, type[Driver]] = {
    driver.channel: driver for driver in (OnTerminal, OnWeb, OnTelegram, OnSms, OnWhatsApp)
}


@dataclass
class LinkWorker:
    """A link worker, at the staff API of the served application."""

    town: Town
    key: str = field(repr=False)

    def reads(self, person: Driver) -> dict[str, Any]:
        """Read the whole story of someone who waits."""
        answer = self._asks("GET", f"/handoffs/{self._handoff(person)}/story")
        return dict(answer.json())

    def claims(self, person: Driver) -> None:
        """Pick someone up: the bot falls silent."""
        handoff = self._handoff(person)
        version = self._asks("GET", f"/handoffs/{handoff}").json()["version"]
        self._asks("POST", f"/handoffs/{handoff}/claim", {"If-Match": f'"{version}"'})

    def writes(self, person: Driver, said: str) -> None:
        """Write to someone they picked up."""
        self._asks("POST", f"/handoffs/{self._handoff(person)}/messages", json={"text": said})

    def _handoff(self, person: Driver) -> str:
        return self.town.on_record(person.handoff)

    def _asks(
        self, method: str, path: str, headers: dict[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        head = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": secrets.token_hex(8), **(headers or {})}
        answer = httpx2.request(method, f"{self.town.url}/api/v1{path}", headers=head, trust_env=False, **options)
        assert answer.status_code < 300, answer.text
        return answer

    def fetches(self, href: str) -> bytes:
        """Download what someone sent."""
        return self._asks("GET", href.removeprefix("/api/v1")).content

    def refused(self, person: Driver, said: str) -> int:
        """Try to write to someone who cannot be written to; returns the status."""
        head = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": secrets.token_hex(8)}
        url = f"{self.town.url}/api/v1/handoffs/{self._handoff(person)}/messages"
        return httpx2.post(url, headers=head, json={"text": said}, trust_env=False).status_code
