"""What must be true of the records after any fault: held against what people saw and what their phones took."""

import asyncio
import itertools
import math
import random
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import col, select

from api.keys import read_keys
from bot.messages import Reply, numbered
from tests.fakes.loopback import NAME as LOOPBACK
from tests.faults.people import Browser, Talker
from tests.faults.service import Service
from tests.talking import SHORTEST_REFERRAL
from waitingroom import conversations, messages, postgres
from waitingroom.database import Database, Session
from waitingroom.messages import Author, Message, Status

TALKING_AT_ONCE = 4
ARRIVES_WITHIN = 90.0


@asynccontextmanager
async def people_talking(service: Service) -> AsyncIterator[list[Talker]]:
    """Keep people talking, on the page and by phone, until the block ends; then everyone finishes their talk."""
    talkers: list[Talker] = []
    enough = asyncio.Event()

    async def keep_talking(kind: type[Talker]) -> None:
        while not enough.is_set():
            talker = kind(service.url)
            talkers.append(talker)
            await talker.talk()

    async with asyncio.TaskGroup() as talks:
        for _, kind in zip(range(TALKING_AT_ONCE), itertools.cycle([Browser, Talker]), strict=False):
            talks.create_task(keep_talking(kind))
        yield talkers
        enough.set()


async def at_a_random_moment(talkers: Sequence[Talker], chance: random.Random) -> None:
    """Wait until people have tried a few more times, and a little longer: somewhere in the middle of a turn."""
    after = sum(talker.tries for talker in talkers) + chance.randrange(1, 30)
    async with asyncio.timeout(60):
        while sum(talker.tries for talker in talkers) < after:  # noqa: ASYNC110 -- their tries are what is watched
            await asyncio.sleep(0.001)
    await asyncio.sleep(chance.uniform(0, 0.01))


def well_again(talkers: Sequence[Talker], since: Sequence[float]) -> float:
    """Tell how long it took at worst after any of these moments until a request begun since was answered.

    Where the next blow fell before that, it is told from that one.
    """
    answered = sorted(when for talker in talkers for when in talker.answered)
    well = [min(ended for began, ended in answered if began >= then) for then in since]
    following = [*since[1:], math.inf]
    took = [good - then for then, good, blow in zip(since, well, following, strict=True) if good <= blow]
    print(f"well again after {statistics.median(took):.2f} s in the middle, {max(took):.2f} s at worst")
    return max(took)


async def hold_to_the_promise(service: Service, talkers: Sequence[Talker]) -> None:
    """Hold the records against what people saw, once everything has left."""
    await asyncio.to_thread(service.start)
    database = records_of(service)
    try:
        await everything_has_left(database)
        for talker in talkers:
            async with database.transaction() as session:
                hold_against_records(service, talker, await story_of(session, talker))
    finally:
        await database.close()


def records_of(service: Service) -> Database:
    url = service.database_url or postgres.start(service.folder / "postgres").url
    return Database(url, read_keys(service.folder / "keys.json"))


async def everything_has_left(database: Database) -> None:
    """Wait until no message is unsent: workers heal themselves, by the clock."""
    async with asyncio.timeout(ARRIVES_WITHIN):
        while True:
            async with database.transaction() as session:
                unsent = select(Message.id).where(col(Message.status).in_([Status.QUEUED, Status.SENDING]))
                if not (await session.exec(unsent)).first():
                    return
            await asyncio.sleep(0.2)


@dataclass(frozen=True)
class Said:
    """One message of a talk as the records have it."""

    id: int
    author: Author
    dedupe: str
    reply: Reply
    maybe_twice: bool
    status: Status


@dataclass(frozen=True)
class Story:
    """What the records say of one talk."""

    said: Sequence[Said]
    referrals: int

    @property
    def of_person(self) -> list[str]:
        return [one.reply.text for one in self.said if one.author is Author.PERSON]

    @property
    def of_bot(self) -> list[Said]:
        return [one for one in self.said if one.author is Author.BOT]


async def story_of(session: Session, talker: Talker) -> Story:
    channel = "web" if isinstance(talker, Browser) else LOOPBACK
    conversation = await conversations.of_contact(session, channel=channel, address=talker.address)
    assert conversation is not None
    found = await messages.transcript(session, conversation_id=conversation.id)
    said = [
        Said(
            one.id or 0,
            one.author,
            one.dedupe,
            Reply.recalled(messages.said(session, one)),
            one.maybe_twice,
            one.status,
        )
        for one in found
    ]
    counted = text("SELECT count(*) FROM referral WHERE conversation_id = :id")
    referrals = (await session.run(counted, {"id": conversation.id})).scalar_one()
    return Story(said, int(referrals))


def hold_against_records(service: Service, talker: Talker, story: Story) -> None:
    assert len(talker.acknowledged) == len(SHORTEST_REFERRAL)
    assert story.of_person == list(SHORTEST_REFERRAL), "every acknowledged message is there once, in order"
    assert story.referrals == 1
    assert "Your reference is" in "\n".join(one.reply.text for one in story.of_bot)
    asked = [one.reply.asks for one in story.of_bot if one.reply.asks]
    assert len(set(asked)) == len(asked), "no question is asked twice"
    recorded = {one.id: one.reply.text for one in story.of_bot}
    for message_id, words in talker.shown.items():
        assert recorded[message_id] == words
    if isinstance(talker, Browser):
        assert talker.shown.keys() == recorded.keys(), "every answer reached the page"
    else:
        reached_by_phone(service, talker, story)


def reached_by_phone(service: Service, talker: Talker, story: Story) -> None:
    """Every message came to the phone in order, once; or twice in a row where the records say that it may have."""
    came = [taken.text for taken in service.provider.taken if taken.to == talker.address]
    for one in story.of_bot:
        assert one.status is Status.SENT
        words = numbered(one.reply)
        assert came.pop(0) == words
        while one.maybe_twice and came and came[0] == words:
            came.pop(0)
    assert came == [], "nothing came that the records do not know"
