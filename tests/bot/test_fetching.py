"""What people send is fetched and kept while no transaction is open, and nothing that goes wrong jams the rest."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.house import default_channels
from bot import fetching
from bot.channels.channel import (
    Accepted,
    Channel,
    Fetching,
    MisconfiguredError,
    RefusedByProviderError,
    Sending,
    TryLaterError,
)
from bot.desk import Desk
from bot.fetching import MOST_A_TICK, UNKNOWN, fetch_wanted, safe_type
from bot.layout import Layout
from bot.messages import Attachment, Reply
from tests.conftest import MONDAY
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import attachments, collecting, conversations, messages
from waitingroom.attachments import MOST_BYTES, Kind, Status
from waitingroom.collecting import TRIES
from waitingroom.conversations import ContactState
from waitingroom.database import Database
from waitingroom.messages import Author
from waitingroom.rates import Limit

pytestmark = pytest.mark.anyio
NAME = "post"
Held = tuple[str, bytes]
SOON = timedelta(hours=1)


async def transactions_open(database: Database) -> int:
    """Count the transactions others have open, as the server sees them."""
    async with database.transaction() as session:
        found = await session.run(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
        return int(found.scalar_one())


@dataclass
class Post:
    """A channel whose provider holds what people send. `held` is what it gives, or raises, for each ref."""

    database: Database
    held: dict[str, Held | Exception | Callable[[], Held]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)
    open_then: list[int] = field(default_factory=list)
    name: str = NAME
    kept: bool = False
    layout: Layout = field(default_factory=Layout)
    limits: tuple[Limit, ...] = ()

    def segments(self, reply: Reply) -> int:
        return 0

    async def send(self, sending: Sending) -> Accepted:
        return Accepted(str(sending.message_id))

    async def fetch(self, ref: str, *, most: int) -> Held:
        assert most == MOST_BYTES
        self.fetched.append(ref)
        self.open_then.append(await transactions_open(self.database))
        found = self.held.get(ref, ("audio/ogg", b"OggS"))
        if isinstance(found, Exception):
            raise found
        return found() if callable(found) else found


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


@pytest.fixture
def at_post(desk: Desk, post: Post) -> Desk:
    channel: Channel = post
    return replace(desk, channels={**default_channels(), NAME: channel})


@pytest.fixture
async def person(at_post: Desk) -> Speaker:
    """Someone in the waiting room, who writes by post."""
    speaker = Speaker(at_post, now=MONDAY, channel=NAME)
    await speaker.says(*SHORTEST_REFERRAL)
    return speaker


async def sends(person: Speaker, *refs: str, kind: Kind = Kind.VOICE, mime: str = "") -> None:
    message_id = person.turns[-1].message_id
    assert message_id
    async with person.desk.database.transaction() as session:
        await attachments.keep_note(
            session,
            message_id=message_id,
            conversation_id=person.turns[-1].conversation_id,
            channel=NAME,
            attachments=[Attachment(kind, ref, mime) for ref in refs],
            now=person.now,
        )


async def fetch(person: Speaker, *, after: timedelta = SOON) -> int:
    return await fetch_wanted(person.desk, now=person.now + after)


async def sent_by(person: Speaker) -> list[attachments.Attachment]:
    async with person.desk.database.transaction() as session:
        return await attachments.of_conversation(session, conversation_id=person.turns[-1].conversation_id)


async def statuses(person: Speaker) -> list[Status]:
    return [one.status for one in await sent_by(person)]


async def told_sorry(person: Speaker) -> list[str]:
    async with person.desk.database.transaction() as session:
        found = await messages.transcript(session, conversation_id=person.turns[-1].conversation_id)
        said = [messages.said(session, one)["text"] for one in found if one.author is Author.BOT]
    return [words for words in said if words.startswith("Sorry, we could not keep")]


async def test_a_voice_note_is_kept_as_it_came(person: Speaker, post: Post) -> None:
    post.held["one"] = ("audio/ogg; codecs=opus", b"OggS\x00voice")
    await sends(person, "one")
    assert await fetch(person) == 1
    (kept,) = await sent_by(person)
    assert (kept.status, kept.mime, kept.size, kept.attempts) == (Status.KEPT, "audio/ogg", 10, 1)
    async with person.desk.database.transaction() as session:
        assert await attachments.open_body(session, kept) == b"OggS\x00voice"
    assert await fetch(person) == 0
    assert post.fetched == ["one"]


async def test_no_transaction_is_open_while_the_provider_is_asked(person: Speaker, post: Post) -> None:
    await sends(person, "one")
    await fetch(person)
    assert post.open_then == [0]


async def test_a_provider_that_is_away_is_asked_again_later(person: Speaker, post: Post) -> None:
    post.held["one"] = TryLaterError(timedelta(hours=3))
    await sends(person, "one")
    assert await fetch(person) == 1
    assert await fetch(person, after=SOON + timedelta(hours=2)) == 0
    post.held["one"] = ("audio/ogg", b"OggS")
    assert await fetch(person, after=SOON + timedelta(hours=3)) == 1
    assert await statuses(person) == [Status.KEPT]
    assert await told_sorry(person) == []


async def test_a_person_is_told_where_what_they_sent_is_gone(person: Speaker, post: Post) -> None:
    post.held["one"] = RefusedByProviderError()
    await sends(person, "one", kind=Kind.PICTURE)
    await fetch(person)
    (left,) = await sent_by(person)
    assert (left.status, left.problem) == (Status.GONE, "RefusedByProvider")
    (sorry,) = await told_sorry(person)
    assert "the picture you sent" in sorry


async def test_a_person_is_told_once_though_two_workers_find_that_it_is_gone(person: Speaker, post: Post) -> None:
    post.held["one"] = RefusedByProviderError()
    await sends(person, "one")
    async with person.desk.database.transaction() as session:
        (first,) = await collecting.wanted(session, now=person.now, limit=1)
    await fetch(person)
    await fetching._fetch(person.desk, first, person.now)
    assert post.fetched == ["one", "one"]
    assert len(await told_sorry(person)) == 1


async def test_a_person_is_told_once_where_it_could_not_be_had_in_a_day(person: Speaker, post: Post) -> None:
    post.held["one"] = MisconfiguredError()
    await sends(person, "one")
    moments = [SOON * number for number in range(1, TRIES + 3)]
    tried = [await fetch(person, after=moment) for moment in moments]
    assert sum(tried) == TRIES
    assert await statuses(person) == [Status.GONE]
    assert len(await told_sorry(person)) == 1


async def test_one_longer_than_it_may_be_is_not_kept(person: Speaker, post: Post) -> None:
    post.held["one"] = lambda: ("video/mp4", bytes(MOST_BYTES + 1))
    await sends(person, "one")
    await fetch(person)
    assert await statuses(person) == [Status.TOO_BIG]
    assert len(await told_sorry(person)) == 1


@pytest.mark.parametrize(
    "broken", [ValueError("her words"), OSError(), UnicodeError(), KeyError("x"), RuntimeError()], ids=repr
)
async def test_one_that_breaks_never_jams_those_behind_it(broken: Exception, person: Speaker, post: Post) -> None:
    post.held["broken"] = broken
    await sends(person, "broken", "fine", "also fine")
    assert await fetch(person) == 3
    assert sorted(await statuses(person)) == [Status.KEPT, Status.KEPT, Status.WANTED]
    (left,) = [one for one in await sent_by(person) if one.status is Status.WANTED]
    assert left.problem in type(broken).__name__


async def test_one_that_never_comes_is_left_for_later(
    person: Speaker, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "LONGEST", timedelta(0))

    async def never(_ref: str, *, most: int) -> Held:
        await asyncio.Event().wait()
        return "", bytes(most)

    monkeypatch.setattr(post, "fetch", never)
    await sends(person, "one")
    await fetch(person)
    (left,) = await sent_by(person)
    assert (left.status, left.problem) == (Status.WANTED, "Timeout")


async def test_a_channel_that_was_taken_away_loses_nothing_at_once(person: Speaker, at_post: Desk) -> None:
    await sends(person, "one")
    without = replace(at_post, channels=default_channels())
    assert await fetch_wanted(without, now=person.now + SOON) == 1
    assert await statuses(person) == [Status.WANTED]
    assert await fetch(person, after=2 * SOON) == 1
    assert await statuses(person) == [Status.KEPT]


async def test_one_tick_takes_no_more_than_its_share(person: Speaker, post: Post) -> None:
    await sends(person, *(f"{number}" for number in range(MOST_A_TICK + 3)))
    assert await fetch(person) == MOST_A_TICK
    assert await fetch(person) == 3
    assert len(set(post.fetched)) == MOST_A_TICK + 3


async def test_a_person_with_a_link_worker_or_who_said_stop_is_not_spoken_to(person: Speaker, post: Post) -> None:
    post.held = {"one": RefusedByProviderError(), "two": RefusedByProviderError()}
    conversation_id = person.turns[-1].conversation_id
    async with person.desk.database.transaction() as session:
        way = await conversations.way_to_reach(session, conversation_id=conversation_id)
        await session.run(text("UPDATE conversation SET owner = 'link_worker'"))
    await sends(person, "one")
    await fetch(person)
    async with person.desk.database.transaction() as session:
        await session.run(text("UPDATE conversation SET owner = 'bot'"))
        await conversations.set_contact(session, contact_id=way.id, state=ContactState.STOPPED, now=person.now)
    await sends(person, "two")
    await fetch(person)
    assert await statuses(person) == [Status.GONE, Status.GONE]
    assert await told_sorry(person) == []


async def test_the_type_the_message_told_counts_where_the_provider_is_silent(person: Speaker, post: Post) -> None:
    post.held["one"] = (UNKNOWN, b"OggS")
    await sends(person, "one", mime="audio/ogg")
    await fetch(person)
    assert [one.mime for one in await sent_by(person)] == ["audio/ogg"]


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (("audio/ogg",), "audio/ogg"),
        (("Image/JPEG; q=1",), "image/jpeg"),
        (("application/pdf",), "application/pdf"),
        (("text/plain; charset=utf-8",), "text/plain"),
        (("text/html",), UNKNOWN),
        (("image/svg+xml", "image/svg+xml"), UNKNOWN),
        (("application/xhtml+xml", "audio/mpeg"), "audio/mpeg"),
        (("audio/ogg\r\nSet-Cookie: a=b",), UNKNOWN),
        (("video/" + "x" * 500,), UNKNOWN),
        (("", ""), UNKNOWN),
        (("audio/",), UNKNOWN),
    ],
)
def test_only_what_no_browser_runs_keeps_its_type(told: tuple[str, ...], kept: str) -> None:
    assert safe_type(*told) == kept


def test_a_page_and_a_terminal_have_nothing_to_fetch() -> None:
    assert isinstance(Post, Fetching)
    assert not any(isinstance(channel, Fetching) for channel in default_channels().values())
