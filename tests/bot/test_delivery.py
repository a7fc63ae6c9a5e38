"""Delivery: what the bot says to people leaves in order, once, and never faster than the provider allows."""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from api.house import default_channels
from bot import outreach, starting
from bot.delivery import TRIES, Delivery
from bot.desk import Desk
from tests.fakes.loopback import NAME, LoopbackChannel
from tests.fakes.provider import Answer, BusyFor, Provider, provider_running
from tests.talking import Speaker
from waitingroom import conversations, letters, messages
from waitingroom.conversations import Contact, ContactState
from waitingroom.database import Session
from waitingroom.letters import NoSuchLetterError
from waitingroom.messages import Author, Message, Status
from waitingroom.outbox import LEASE, STALE
from waitingroom.rates import Limit
from waitingroom.slots import Slots

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def move_on(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provider_running() as provider:
        yield provider


@pytest.fixture
def channel(provider: Provider) -> LoopbackChannel:
    return LoopbackChannel(provider.url)


@pytest.fixture
def pushed(desk: Desk, channel: LoopbackChannel) -> Desk:
    """The desk of a service whose people are reached through the provider."""
    return replace(desk, channels={**default_channels(), NAME: channel})


def worker(desk: Desk, clock: Clock) -> Delivery:
    return Delivery(desk, clock, Slots(desk.database))


@pytest.fixture
def delivery(pushed: Desk, clock: Clock) -> Delivery:
    return worker(pushed, clock)


@pytest.fixture
async def person(pushed: Desk, clock: Clock) -> "Waiting":
    """Someone who has said hello by phone; nothing is queued for them yet."""
    return await meet(pushed, clock)


@dataclass
class Waiting:
    """Someone whom messages are to reach."""

    desk: Desk
    clock: Clock
    conversation_id: uuid.UUID
    contact: Contact

    async def is_told(self, *texts: str) -> None:
        """Queue messages for them, each in a transaction of its own, as turns do."""
        for words in texts:
            async with self.desk.database.transaction() as session:
                await starting.say(
                    session, self.desk, self.contact, words, dedupe=uuid.uuid4().hex, now=self.clock.now
                )

    async def queued(self) -> list[Message]:
        """Everything said to them, in order."""
        async with self.desk.database.transaction() as session:
            found = await messages.transcript(session, conversation_id=self.conversation_id)
        return [message for message in found if message.author is not Author.PERSON]

    async def statuses(self) -> list[Status]:
        return [message.status for message in await self.queued()]


async def meet(desk: Desk, clock: Clock) -> Waiting:
    speaker = Speaker(desk, now=clock.now, channel=NAME)
    await speaker.says("hello")
    conversation_id = speaker.turns[0].conversation_id
    async with desk.database.transaction() as session:
        contact = await conversations.way_to_reach(session, conversation_id=conversation_id)
        await session.run(text("DELETE FROM message WHERE author = 'bot'"))
        await session.run(text("DELETE FROM pgqueuer"))
    return Waiting(desk, clock, conversation_id, contact)


async def pokes(session: Session) -> int:
    return int((await session.run(text("SELECT count(*) FROM pgqueuer"))).scalar_one())


async def test_a_whole_answer_reaches_a_person_in_the_order_it_was_said(
    pushed: Desk, delivery: Delivery, provider: Provider
) -> None:
    jim = Speaker(pushed, now=MONDAY, channel=NAME)
    await jim.says("hello")
    said = [reply.text for reply in jim.replies]
    assert len(said) > 1
    delivery.clock.move_on(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert await delivery.deliver(jim.turns[0].conversation_id) is None
    assert [taken.text.split("\n1 ")[0] for taken in provider.taken] == said
    assert {taken.to for taken in provider.taken} == {jim.address}


async def test_each_message_is_recorded_as_sent_before_the_next_one_leaves(
    delivery: Delivery, person: Waiting, provider: Provider, channel: LoopbackChannel
) -> None:
    await person.is_told("one", "two")
    provider.will(Answer.TAKES, Answer.LATE)
    sending = asyncio.create_task(delivery.deliver(person.conversation_id))
    await asyncio.to_thread(provider.began.wait, 10)
    first, second = await person.queued()
    assert (first.status, first.provider_id, first.sent_at) == (Status.SENT, "loopback:p1", MONDAY)
    assert second.status is Status.SENDING
    provider.let_go.set()
    assert await sending is None
    assert await person.statuses() == [Status.SENT, Status.SENT]


async def test_no_transaction_is_open_while_the_provider_is_called(
    delivery: Delivery, person: Waiting, provider: Provider
) -> None:
    await person.is_told("one")
    provider.will(Answer.LATE)
    sending = asyncio.create_task(delivery.deliver(person.conversation_id))
    await asyncio.to_thread(provider.began.wait, 10)
    async with person.desk.database.transaction() as session:
        found = await session.run(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state LIKE 'idle in transaction%'"
            )
        )
        assert found.scalar_one() == 0
    provider.let_go.set()
    await sending


async def test_someone_whose_provider_is_busy_is_tried_again_when_it_asked(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock
) -> None:
    await person.is_told("one", "two")
    provider.will(BusyFor(7))
    assert await delivery.deliver(person.conversation_id) == timedelta(seconds=7)
    clock.move_on(timedelta(seconds=6.5))
    assert await delivery.deliver(person.conversation_id) == timedelta(seconds=0.5)
    assert provider.tries == 1
    clock.move_on(timedelta(seconds=0.5))
    assert await delivery.deliver(person.conversation_id) is None
    assert provider.texts == ["one", "two"]


@pytest.mark.parametrize("answer", [Answer.BUSY, Answer.BROKEN])
async def test_a_provider_in_trouble_is_left_alone_for_longer_each_time(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock, answer: Answer
) -> None:
    await person.is_told("one")
    provider.will(*[answer] * 10)
    waits = []
    for _ in range(10):
        wait = await delivery.deliver(person.conversation_id)
        assert wait is not None
        waits.append(wait.total_seconds())
        clock.move_on(wait)
    for number, waited in enumerate(waits):
        most = min(5 * 2**number, 300)
        assert most / 2 <= waited <= most
    assert await delivery.deliver(person.conversation_id) is None
    assert provider.texts == ["one"]
    (message,) = await person.queued()
    assert not message.maybe_twice


async def test_a_hundred_people_are_not_all_tried_again_at_one_moment(
    pushed: Desk, delivery: Delivery, provider: Provider, clock: Clock
) -> None:
    people = [await meet(pushed, clock) for _ in range(4)]
    provider.will(*[Answer.BROKEN] * 4)
    for person in people:
        await person.is_told("one")
    waits = {await delivery.deliver(person.conversation_id) for person in people}
    assert len(waits) == 4


@pytest.mark.parametrize("answer", [Answer.NEVER, Answer.MALFORMED])
async def test_a_message_that_may_have_gone_is_sent_again_and_marked(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock, answer: Answer
) -> None:
    await person.is_told("one")
    provider.will(answer)
    wait = await delivery.deliver(person.conversation_id)
    assert wait is not None
    clock.move_on(wait)
    assert await delivery.deliver(person.conversation_id) is None
    assert provider.texts == ["one", "one"]
    (message,) = await person.queued()
    assert message.maybe_twice
    assert (message.status, message.attempts) == (Status.SENT, 2)


async def test_a_provider_that_cannot_be_reached_got_nothing_twice(
    person: Waiting, pushed: Desk, clock: Clock
) -> None:
    nobody = LoopbackChannel("http://127.0.0.1:9")
    away = worker(replace(pushed, channels={NAME: nobody}), clock)
    await person.is_told("one")
    assert await away.deliver(person.conversation_id) is not None
    (message,) = await person.queued()
    assert (message.status, message.problem, message.maybe_twice) == (Status.QUEUED, "TryLater", False)


async def test_a_message_the_provider_will_never_take_fails_and_the_next_one_goes(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock
) -> None:
    await person.is_told("one", "two")
    provider.will(Answer.REFUSES)
    assert await delivery.deliver(person.conversation_id) is None
    assert await person.statuses() == [Status.FAILED, Status.SENT]
    clock.move_on(timedelta(days=1))
    assert await delivery.deliver(person.conversation_id) is None
    assert (provider.tries, provider.texts) == (2, ["two"])


@pytest.mark.parametrize(
    ("answer", "state"),
    [(Answer.BLOCKED, ContactState.STOPPED), (Answer.UNKNOWN_ADDRESS, ContactState.UNREACHABLE)],
)
async def test_someone_who_blocked_us_or_left_is_sent_nothing_more(
    delivery: Delivery, person: Waiting, provider: Provider, answer: Answer, state: ContactState
) -> None:
    await person.is_told("one", "two", "three")
    provider.will(answer)
    assert await delivery.deliver(person.conversation_id) is None
    assert await person.statuses() == [Status.FAILED] * 3
    assert provider.tries == 1
    async with person.desk.database.transaction() as session:
        contact = (await session.exec(select(Contact).where(col(Contact.id) == person.contact.id))).one()
        assert contact.state is state
        with pytest.raises(conversations.StoppedError):
            await conversations.way_to_reach(session, conversation_id=person.conversation_id)


async def test_a_message_that_never_goes_is_given_up_after_hours_and_kept_for_a_person_to_send(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock
) -> None:
    await person.is_told("one")
    provider.will(*[Answer.BROKEN] * TRIES)
    while (wait := await delivery.deliver(person.conversation_id)) is not None:
        clock.move_on(wait)
    assert timedelta(hours=2) < clock.now - MONDAY < timedelta(hours=5)
    assert provider.tries == TRIES
    async with person.desk.database.transaction() as session:
        (letter,) = await letters.dead(session)
        assert letter.id is not None
        await letters.retry(session, letter=letter.id, now=clock.now)
    assert await delivery.deliver(person.conversation_id) is None
    assert provider.texts == ["one"]
    (message,) = await person.queued()
    assert (message.status, message.attempts) == (Status.SENT, 1)


async def test_a_letter_that_is_not_dead_cannot_be_sent_again(
    delivery: Delivery, person: Waiting, clock: Clock
) -> None:
    await person.is_told("one")
    await delivery.deliver(person.conversation_id)
    (message,) = await person.queued()
    assert message.id is not None
    async with person.desk.database.transaction() as session:
        with pytest.raises(NoSuchLetterError):
            await letters.retry(session, letter=message.id, now=clock.now)


async def test_a_worker_lost_while_sending_is_followed_by_another_that_marks_what_may_come_twice(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock
) -> None:
    await person.is_told("one", "two")
    provider.will(Answer.LATE)
    lost = asyncio.create_task(delivery.deliver(person.conversation_id))
    await asyncio.to_thread(provider.began.wait, 10)
    lost.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lost
    assert await delivery.deliver(person.conversation_id) == timedelta(seconds=1)
    assert provider.tries == 1
    clock.move_on(LEASE + timedelta(seconds=1))
    assert await delivery.deliver(person.conversation_id) is None
    assert provider.texts == ["one", "one", "two"]
    assert [message.maybe_twice for message in await person.queued()] == [True, False]


async def test_a_message_whose_worker_was_lost_is_noticed_and_another_worker_woken(
    delivery: Delivery, person: Waiting, clock: Clock
) -> None:
    await person.is_told("one", "two")
    async with person.desk.database.transaction() as session:
        await session.run(text("DELETE FROM pgqueuer"))
    clock.move_on(STALE)
    assert await outreach.wake_stale(person.desk, now=clock.now) == 0
    clock.move_on(timedelta(seconds=1))
    assert await outreach.wake_stale(person.desk, now=clock.now) == 1
    async with person.desk.database.transaction() as session:
        assert await pokes(session) == 1
    await delivery.deliver(person.conversation_id)
    clock.move_on(timedelta(minutes=1))
    assert await outreach.wake_stale(person.desk, now=clock.now) == 0


async def test_two_workers_at_one_lane_send_everything_once_and_in_order(
    delivery: Delivery, person: Waiting, provider: Provider, clock: Clock
) -> None:
    texts = [f"message {number}" for number in range(20)]
    await person.is_told(*texts)
    for _ in range(5):
        await asyncio.gather(*(worker(person.desk, clock).deliver(person.conversation_id) for _ in range(2)))
    assert provider.texts == texts
    assert await person.statuses() == [Status.SENT] * 20
    assert not any(message.maybe_twice for message in await person.queued())


async def test_receipts_in_any_order_only_move_a_message_up(delivery: Delivery, person: Waiting) -> None:
    await person.is_told("one")
    await delivery.deliver(person.conversation_id)
    (one,) = await person.queued()
    seen = []
    for status in (Status.SENT, Status.DELIVERED, Status.FAILED, Status.DELIVERED, Status.READ, Status.SENT):
        async with person.desk.database.transaction() as session:
            moved = await messages.receipt(
                session,
                message_id=one.id or 0,
                channel="loopback",
                provider_id="p1",
                status=status,
                now=MONDAY,
            )
        seen.append((moved is not None, *await person.statuses()))
    assert seen == [
        (False, Status.SENT),
        (True, Status.DELIVERED),
        (False, Status.DELIVERED),
        (False, Status.DELIVERED),
        (True, Status.READ),
        (False, Status.READ),
    ]


async def test_a_receipt_that_comes_twice_or_for_nobody_changes_nothing(
    delivery: Delivery, person: Waiting, provider: Provider
) -> None:
    await person.is_told("one")
    provider.will(Answer.TELLS_TWICE)
    await delivery.deliver(person.conversation_id)
    (one,) = await person.queued()
    moved = []
    for message_id, provider_id in (
        *((one.id or 0, told) for told in provider.receipts),
        (one.id or 0, "p99"),
        (10**9, "p1"),
    ):
        async with person.desk.database.transaction() as session:
            reached = await messages.receipt(
                session,
                message_id=message_id,
                channel="loopback",
                provider_id=provider_id,
                status=Status.DELIVERED,
                now=MONDAY,
            )
            moved.append(reached is not None)
    assert moved == [True, False, False, False]
    assert await person.statuses() == [Status.DELIVERED]


async def test_a_receipt_of_another_channel_moves_no_ones_message(delivery: Delivery, person: Waiting) -> None:
    await person.is_told("one")
    await delivery.deliver(person.conversation_id)
    (one,) = await person.queued()
    async with person.desk.database.transaction() as session:
        assert not await messages.receipt(
            session, message_id=one.id or 0, channel="another", provider_id="p1", status=Status.READ, now=MONDAY
        )


async def test_a_message_that_does_not_open_is_a_dead_letter_and_the_next_one_goes(
    delivery: Delivery, person: Waiting, provider: Provider
) -> None:
    await person.is_told("one", "two")
    async with person.desk.database.transaction() as session:
        spoil = text(
            "UPDATE message SET body = '\\x00' WHERE id = (SELECT min(id) FROM message WHERE author = 'bot')"
        )
        await session.run(spoil)
    assert await delivery.deliver(person.conversation_id) is None
    assert provider.texts == ["two"]
    assert await person.statuses() == [Status.DEAD, Status.SENT]


async def test_a_message_for_a_channel_that_is_no_more_is_a_dead_letter(
    pushed: Desk, person: Waiting, clock: Clock
) -> None:
    await person.is_told("one")
    without = replace(pushed, channels=default_channels())
    assert await worker(without, clock).deliver(person.conversation_id) is None
    (message,) = await person.queued()
    assert message.status is Status.DEAD
    assert not message.maybe_twice


async def test_a_chat_held_back_by_its_own_limit_costs_the_others_no_slot(
    pushed: Desk, channel: LoopbackChannel, clock: Clock
) -> None:
    channel.limits = (Limit("loopback", per_second=5), Limit("loopback:", per_second=0.1))
    one, other = await meet(pushed, clock), await meet(pushed, clock)
    await one.is_told("one", "two")
    await other.is_told("x")
    delivery = worker(pushed, clock)
    await delivery.deliver(one.conversation_id)
    clock.move_on(timedelta(seconds=0.2))
    assert await delivery.deliver(one.conversation_id) is not None
    assert await delivery.deliver(other.conversation_id) is None


async def deliver_all(
    people: list[Waiting], workers: list[Delivery], clock: Clock, provider: Provider
) -> list[datetime]:
    """Let workers empty every lane, moving the clock to whatever is due next; returns when each message went."""
    due = {person.conversation_id: clock.now for person in people}
    went: list[datetime] = []

    async def deliver(worker: Delivery, lane: uuid.UUID) -> None:
        wait = await worker.deliver(lane)
        if wait is None:
            due.pop(lane, None)
        else:
            due[lane] = clock.now + wait

    while due:
        clock.now = max(clock.now, min(due.values()))
        ready = [lane for lane, at in due.items() if at <= clock.now]
        for first, second in zip(ready[::2], [*ready[1::2], None], strict=False):
            pairs = [(worker, lane) for worker, lane in zip(workers, (first, second), strict=True) if lane]
            await asyncio.gather(*(deliver(*pair) for pair in pairs))
        went += [clock.now] * (len(provider.taken) - len(went))
    return went


def most_in_a_second(went: list[datetime]) -> int:
    return max(sum(at <= other < at + timedelta(seconds=1) for other in went) for at in went)


async def test_two_workers_together_never_send_faster_than_the_provider_allows(
    pushed: Desk, provider: Provider, channel: LoopbackChannel, clock: Clock
) -> None:
    channel.limits = (Limit("loopback", per_second=5, burst=2),)
    people = [await meet(pushed, clock) for _ in range(6)]
    for person in people:
        await person.is_told("one", "two", "three")
    went = await deliver_all(
        people,
        [worker(pushed, clock), worker(pushed, clock)],
        clock,
        provider,
    )
    assert len(went) == 18
    assert most_in_a_second(went) <= 5 + 1
    assert went[-1] - went[0] >= timedelta(seconds=(18 - 2) / 5)
    assert went[-1] - went[0] <= timedelta(seconds=10)


async def test_one_person_is_written_to_no_faster_than_a_chat_allows_while_others_go_on(
    pushed: Desk, provider: Provider, channel: LoopbackChannel, clock: Clock
) -> None:
    channel.limits = (Limit("loopback:", per_second=1),)
    people = [await meet(pushed, clock) for _ in range(3)]
    for person in people:
        await person.is_told("one", "two")
    went = await deliver_all(
        people,
        [worker(pushed, clock), worker(pushed, clock)],
        clock,
        provider,
    )
    assert most_in_a_second(went) == 3
    assert went[-1] - went[0] == timedelta(seconds=1)
