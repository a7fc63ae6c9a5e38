"""The courier: an answer leaves at once, in order, once, or is a worker's; nothing is lost with the process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import select

from api.house import default_channels
from bot import courier as couriers
from bot import outreach
from bot.arrivals import take
from bot.channels.channel import Accepted, Sending
from bot.channels.telegram.line import DEADLINE
from bot.channels.twilio.account import LONGEST
from bot.courier import CALL, Courier
from bot.delivery import Delivery
from bot.desk import Desk
from bot.layout import TELEGRAM, WEB
from bot.messages import Reply
from bot.recorder import Recorder
from bot.turn import take_turn
from tests.fakes.loopback import NAME, LoopbackChannel
from tests.fakes.provider import Answer, BusyFor, Provider, provider_running
from tests.talking import Speaker
from waitingroom import conversations
from waitingroom.messages import Author, Message, Status
from waitingroom.outbox import LEASE, Sent
from waitingroom.rates import Limit
from waitingroom.slots import Slots

pytestmark = pytest.mark.anyio
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Process:
    """One process that takes turns and sends at once, on a clock that follows the person who talks."""

    desk: Desk
    courier: Courier = field(init=False)
    troubles: list[BaseException] = field(default_factory=list)
    now: datetime = MONDAY

    def __post_init__(self) -> None:
        delivery = Delivery(self.desk, lambda: self.now, Slots(self.desk.database))
        self.courier = Courier(delivery, Recorder(self.desk.database), self.troubles.append)
        self.desk = replace(self.desk, courier=self.courier)

    async def hears(self, person: Speaker, *texts: str) -> None:
        """Take what someone says, and let the answers go."""
        person.desk = self.desk
        for words in texts:
            self.now = person.now + timedelta(seconds=20)
            await person.says(words)
        await self.courier.close()

    def dies(self) -> None:
        """Do no more for what is on its way."""
        for task in self.courier._going:
            task.cancel()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provider_running() as provider:
        yield provider


@pytest.fixture
def channel(provider: Provider) -> LoopbackChannel:
    return LoopbackChannel(provider.url, layout=TELEGRAM)


@pytest.fixture
def pushed(desk: Desk, channel: LoopbackChannel) -> Desk:
    return replace(desk, channels={**default_channels(), NAME: channel})


@pytest.fixture
async def process(pushed: Desk) -> AsyncIterator[Process]:
    process = Process(pushed)
    yield process
    await process.courier.close()
    assert process.troubles == []


@pytest.fixture
def jim(process: Process) -> Speaker:
    return Speaker(process.desk, now=MONDAY, channel=NAME)


async def answers(desk: Desk) -> list[Message]:
    """Everything said to people, in order."""
    async with desk.database.transaction() as session:
        found = await session.exec(select(Message).where(Message.author == Author.BOT).order_by(Message.id))
        return list(found)


async def jobs(desk: Desk) -> int:
    async with desk.database.transaction() as session:
        return int((await session.run(text("SELECT count(*) FROM pgqueuer"))).scalar_one())


def worker(desk: Desk, now: datetime) -> Delivery:
    return Delivery(desk, lambda: now, Slots(desk.database))


async def test_an_answer_leaves_once_it_is_committed_and_no_worker_is_woken(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    await process.hears(jim, "hello")
    (answer,) = await answers(process.desk)
    assert (answer.status, answer.attempts, answer.maybe_twice) == (Status.SENT, 1, False)
    assert (answer.provider_id, answer.sent_at) == ("loopback:p1", process.now)
    assert len(provider.taken) == 1
    assert provider.taken[0].to == jim.address
    assert await jobs(process.desk) == 0


async def test_someone_whose_turn_fails_is_sent_nothing_and_the_slot_is_anothers(
    process: Process, jim: Speaker, provider: Provider, channel: LoopbackChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.limits = (Limit("loopback", per_second=0.01),)

    async def fails(*_: object) -> list[int]:
        raise ConnectionResetError

    with monkeypatch.context() as broken:
        broken.setattr("bot.memory.remember", fails)
        with pytest.raises(ConnectionResetError):
            await take_turn(process.desk, jim.message("hello"))
    assert provider.tries == 0
    jim.now -= timedelta(seconds=20)
    await process.hears(jim, "hello")
    assert len(provider.taken) == 1


async def test_three_messages_at_once_are_answered_in_the_order_they_came(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    provider.will(Answer.LATE)
    at_once = [jim.message(words) for words in ("hello", "yes", "Ann")]
    turns = asyncio.gather(*(take(process.desk, one) for one in at_once))
    await asyncio.to_thread(provider.began.wait, 10)
    taken = [turn for turn in await turns if turn is not None]
    provider.let_go.set()
    await process.courier.close()
    said = [reply.text for turn in taken for _, reply in turn.replies]
    assert [one.text.split("\n1 ")[0] for one in provider.taken] == said
    assert [answer.status for answer in await answers(process.desk)] == [Status.SENT] * 3
    assert await jobs(process.desk) == 0


async def test_a_process_killed_between_commit_and_sending_is_followed_by_a_worker_soon_after_its_lease(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    await take_turn(process.desk, jim.message("hello"))
    process.dies()
    await process.courier.close()
    (answer,) = await answers(process.desk)
    assert (answer.status, provider.tries) == (Status.SENDING, 0)
    assert await outreach.wake_stale(process.desk, now=jim.now + LEASE) == 0
    late = jim.now + LEASE + timedelta(seconds=1)
    assert await worker(process.desk, jim.now).deliver(answer.conversation_id) == timedelta(seconds=1)
    assert await outreach.wake_stale(process.desk, now=late) == 1
    assert await worker(process.desk, late).deliver(answer.conversation_id) is None
    (answer,) = await answers(process.desk)
    assert (answer.status, answer.maybe_twice, len(provider.taken)) == (Status.SENT, True, 1)


async def test_an_answer_is_noted_as_sent_before_the_next_one_leaves(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    provider.will(Answer.TAKES, Answer.LATE)
    for words in ("hello", "yes"):
        await take_turn(process.desk, jim.message(words))
    await asyncio.to_thread(provider.began.wait, 10)
    assert [answer.status for answer in await answers(process.desk)] == [Status.SENT, Status.SENDING]
    provider.let_go.set()
    await process.courier.close()


async def test_a_process_killed_before_it_noted_what_went_leaves_it_marked_as_maybe_sent_twice(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    provider.will(Answer.LATE)
    await take_turn(process.desk, jim.message("hello"))
    await asyncio.to_thread(provider.began.wait, 10)
    process.dies()
    provider.let_go.set()
    await process.courier.close()
    (answer,) = await answers(process.desk)
    late = jim.now + LEASE + timedelta(seconds=1)
    assert await worker(process.desk, late).deliver(answer.conversation_id) is None
    (answer,) = await answers(process.desk)
    assert (answer.status, answer.maybe_twice, len(provider.taken)) == (Status.SENT, True, 2)


async def test_what_cannot_leave_at_once_is_a_workers_and_nothing_said_later_overtakes_it(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    provider.will(BusyFor(7))
    await process.hears(jim, "hello")
    (first,) = await answers(process.desk)
    assert (first.status, first.problem, first.maybe_twice) == (Status.QUEUED, "TryLater", False)
    assert first.next_try_at == process.now + timedelta(seconds=7)
    assert await jobs(process.desk) == 1
    await process.hears(jim, "yes")
    assert provider.tries == 1
    assert await worker(process.desk, process.now).deliver(first.conversation_id) is None
    assert [answer.status for answer in await answers(process.desk)] == [Status.SENT] * 2
    assert [one.text.split("\n1 ")[0] for one in provider.taken] == [
        reply.text for turn in jim.turns for _, reply in turn.replies
    ]


async def test_what_stands_behind_a_message_in_trouble_goes_back_unmarked(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    provider.will(Answer.LATE, Answer.BROKEN)
    for words in ("hello", "yes", "Ann"):
        await take_turn(process.desk, jim.message(words))
    await asyncio.to_thread(provider.began.wait, 10)
    provider.let_go.set()
    await process.courier.close()
    first, second, third = await answers(process.desk)
    assert [one.status for one in (first, second, third)] == [Status.SENT, Status.QUEUED, Status.QUEUED]
    assert (third.attempts, third.maybe_twice, third.problem) == (0, False, None)
    assert provider.tries == 2
    assert await worker(process.desk, jim.now + timedelta(seconds=5)).deliver(first.conversation_id) is None
    assert len(provider.taken) == 3
    assert not any(one.maybe_twice for one in await answers(process.desk))


async def test_someone_who_blocked_us_is_noted_at_once(process: Process, jim: Speaker, provider: Provider) -> None:
    provider.will(Answer.BLOCKED)
    await process.hears(jim, "hello")
    (answer,) = await answers(process.desk)
    assert (answer.status, answer.problem) == (Status.FAILED, "StoppedByPerson")
    async with process.desk.database.transaction() as session:
        with pytest.raises(conversations.StoppedError):
            await conversations.way_to_reach(session, conversation_id=answer.conversation_id)


async def test_two_processes_never_send_to_one_person_at_the_same_time(
    process: Process, pushed: Desk, jim: Speaker, provider: Provider
) -> None:
    other = Process(pushed)
    provider.will(Answer.LATE)
    await take_turn(process.desk, jim.message("hello"))
    await asyncio.to_thread(provider.began.wait, 10)
    turn = await take_turn(other.desk, jim.message("yes"))
    await other.courier.close()
    first, second = await answers(process.desk)
    assert (first.status, second.status, provider.tries) == (Status.SENDING, Status.QUEUED, 1)
    assert await jobs(process.desk) == 1
    assert await worker(process.desk, jim.now).deliver(turn.conversation_id) == timedelta(seconds=1)
    provider.let_go.set()
    await process.courier.close()
    assert await worker(process.desk, jim.now).deliver(turn.conversation_id) is None
    assert [one.status for one in await answers(process.desk)] == [Status.SENT] * 2
    assert not any(one.maybe_twice for one in await answers(process.desk))


async def test_a_second_answer_within_a_second_waits_for_its_chat(
    process: Process, jim: Speaker, provider: Provider, channel: LoopbackChannel
) -> None:
    channel.limits = (Limit("loopback:", per_second=1),)
    await take_turn(process.desk, jim.message("hello"))
    await process.courier.close()
    jim.now += timedelta(seconds=0.4)
    turn = await take_turn(process.desk, jim.message("yes"))
    await process.courier.close()
    assert provider.tries == 1
    assert await worker(process.desk, jim.now).deliver(turn.conversation_id) == timedelta(seconds=0.6)
    jim.now += timedelta(seconds=0.6)
    assert await worker(process.desk, jim.now).deliver(turn.conversation_id) is None
    assert len(provider.taken) == 2


async def test_an_answer_for_which_no_shared_slot_is_free_is_a_workers(
    process: Process, jim: Speaker, provider: Provider, channel: LoopbackChannel
) -> None:
    channel.limits = (Limit("loopback", per_second=0.001),)
    jean = Speaker(process.desk, now=MONDAY, channel=NAME)
    await process.hears(jean, "hello")
    await process.hears(jim, "hello")
    assert {one.to for one in provider.taken} == {jean.address}
    assert await jobs(process.desk) == 1


async def test_a_full_process_leaves_the_rest_to_workers(
    process: Process, jim: Speaker, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "MOST", 0)
    await process.hears(jim, "hello")
    assert (provider.tries, await jobs(process.desk)) == (0, 1)


async def test_what_is_charged_goes_by_a_worker_who_counts_it(
    process: Process, jim: Speaker, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoopbackChannel, "segments", lambda _channel, _reply: 1)
    await process.hears(jim, "hello")
    assert (provider.tries, await jobs(process.desk)) == (0, 1)


async def test_an_answer_of_several_messages_is_a_workers(
    process: Process, jim: Speaker, provider: Provider, channel: LoopbackChannel
) -> None:
    channel.layout = WEB
    await process.hears(jim, "hello")
    assert len(await answers(process.desk)) > 1
    assert (provider.tries, await jobs(process.desk)) == (0, 1)


async def test_a_letter_without_enough_of_its_lease_left_does_not_leave(
    process: Process, jim: Speaker, provider: Provider
) -> None:
    process.now = jim.now + LEASE - CALL + timedelta(milliseconds=1)
    await take_turn(process.desk, jim.message("hello"))
    await process.courier.close()
    (answer,) = await answers(process.desk)
    assert (answer.status, answer.attempts, provider.tries) == (Status.QUEUED, 0, 0)
    assert await jobs(process.desk) == 1


def test_no_call_to_a_provider_outlasts_what_a_letter_must_have_left() -> None:
    assert timedelta(seconds=max(DEADLINE, LONGEST)) < CALL < LEASE


async def test_whatever_goes_wrong_in_sending_is_told_and_ends_with_the_lease(
    pushed: Desk, channel: LoopbackChannel, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process(pushed)
    jim = Speaker(process.desk, now=MONDAY, channel=NAME)

    async def breaks(_channel: LoopbackChannel, _sending: Sending) -> Accepted:
        raise RuntimeError("nobody thought of this")

    with monkeypatch.context() as broken:
        broken.setattr(LoopbackChannel, "send", breaks)
        await process.hears(jim, "hello")
    assert [type(trouble) for trouble in process.troubles] == [RuntimeError]
    (answer,) = await answers(process.desk)
    assert answer.status is Status.SENDING
    late = process.now + LEASE + timedelta(seconds=1)
    assert await worker(process.desk, late).deliver(answer.conversation_id) is None
    assert len(provider.taken) == 1


async def test_what_went_within_a_few_milliseconds_is_noted_together(
    process: Process, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.recorder.GATHER", 0.2)
    provider.will(Answer.LATE)
    people = [Speaker(process.desk, now=MONDAY, channel=NAME) for _ in range(5)]
    await asyncio.gather(*(take_turn(process.desk, person.message("hello")) for person in people))
    await asyncio.to_thread(provider.began.wait, 10)
    provider.let_go.set()
    await process.courier.close()
    found = await answers(process.desk)
    assert [one.status for one in found] == [Status.SENT] * 5
    async with process.desk.database.transaction() as session:
        written = await session.run(text("SELECT count(DISTINCT xmin::text) FROM message WHERE author = 'bot'"))
        assert written.scalar_one() == 1


async def test_who_waits_for_a_note_that_cannot_be_made_is_told(
    pushed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("waitingroom.outbox.record_sent", away)
    with pytest.raises(ConnectionRefusedError):
        await Recorder(pushed.database).record(Sent(1, NAME, "p1", MONDAY))


async def test_the_page_is_shown_its_answer_and_nothing_is_sent(process: Process, provider: Provider) -> None:
    ann = Speaker(process.desk, now=MONDAY)
    await ann.says("hello")
    assert ann.replies != [Reply("")]
    assert (provider.tries, await jobs(process.desk)) == (0, 0)
