"""A provider that fails is left alone by everyone and tried with one letter at a time; then a person is asked."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from api.house import default_channels
from bot import giving_up
from bot.courier import Courier
from bot.delivery import Delivery
from bot.desk import Desk
from bot.layout import TELEGRAM
from bot.messages import Reply
from bot.recorder import Recorder
from tests.fakes.loopback import NAME, LoopbackChannel
from tests.fakes.provider import Answer, BusyFor, Provider, provider_running
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import circuits, conversations, handoffs, messages, other_ways, staff, to_dos
from waitingroom.circuits import AWAY_FOR, FIRST_PAUSE, LONGEST_PAUSE, OPENS_AFTER, PROBE, Circuit
from waitingroom.conversations import Contact, ContactState
from waitingroom.handoffs import Reason
from waitingroom.messages import Author, Kind, Message, Status
from waitingroom.people import SafeContact
from waitingroom.rates import Limit
from waitingroom.slots import Slots

pytestmark = [pytest.mark.anyio, pytest.mark.faults]
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OTHER = "otherway"


@dataclass
class Town:
    """A service whose people are reached by a provider that fails as it is told, and a clock of the test's own."""

    desk: Desk
    provider: Provider
    now: datetime = MONDAY

    def worker(self) -> Delivery:
        """A process of its own."""
        return Delivery(self.desk, lambda: self.now, Slots(self.desk.database))

    async def someone(self, *words: str, channel: str = NAME) -> Speaker:
        """Someone who has said this, and is owed the answers to it."""
        person = Speaker(self.desk, now=self.now - timedelta(seconds=20), channel=channel)
        for said in words or ("hello",):
            await self.hears(person, said)
        return person

    async def hears(self, person: Speaker, words: str) -> None:
        person.now = self.now - timedelta(seconds=20)
        await person.says(words)

    async def send(self, person: Speaker, by: Delivery | None = None) -> timedelta | None:
        return await (by or self.worker()).deliver(person.turns[-1].conversation_id)

    async def fails(self, times: int = OPENS_AFTER) -> list[Speaker]:
        """Have the provider fail for so many people."""
        self.provider.will(*[Answer.BROKEN] * times)
        people = [await self.someone() for _ in range(times)]
        for person in people:
            assert await self.send(person)
        return people

    async def circuit(self) -> Circuit:
        async with self.desk.database.transaction() as session:
            found = await session.get(Circuit, NAME)
            assert found is not None
            return found

    async def answer(self, person: Speaker) -> Message:
        async with self.desk.database.transaction() as session:
            talk = person.turns[-1].conversation_id
            said = select(Message).where(Message.conversation_id == talk, Message.author == Author.BOT)
            found = (await session.exec(said.order_by(col(Message.id)))).first()
            assert found is not None
            return found


@pytest.fixture
def provider() -> Iterator[Provider]:
    with provider_running() as provider:
        yield provider


@pytest.fixture
def channels(provider: Provider) -> dict[str, LoopbackChannel]:
    shared = {name: (Limit(name, per_second=1000, burst=1000),) for name in (NAME, OTHER)}
    return {
        name: LoopbackChannel(provider.url, limits=limits, layout=TELEGRAM, name=name)
        for name, limits in shared.items()
    }


@pytest.fixture
async def town(desk: Desk, provider: Provider, channels: dict[str, LoopbackChannel]) -> Town:
    return Town(replace(desk, channels={**default_channels(), **channels}), provider)


async def test_five_troubles_in_a_row_and_a_provider_is_left_alone_without_costing_anyone_a_try(
    town: Town,
) -> None:
    await town.fails(OPENS_AFTER - 1)
    assert (await town.circuit()).opened_at is None
    await town.fails(1)
    circuit = await town.circuit()
    assert circuit.opened_at == town.now
    assert circuit.probe_at is not None
    assert FIRST_PAUSE * 0.75 <= circuit.probe_at - town.now <= FIRST_PAUSE
    late = await town.someone()
    wait = await town.send(late)
    assert wait is not None
    assert wait >= circuit.probe_at - town.now
    answer = await town.answer(late)
    assert (answer.status, answer.attempts, answer.problem) == (Status.QUEUED, 0, "ProviderAway")
    assert town.provider.tries == OPENS_AFTER


async def test_whatever_goes_in_between_starts_the_count_again(town: Town) -> None:
    worker = town.worker()
    for _ in range(3):
        town.now += timedelta(seconds=1)
        await town.fails(OPENS_AFTER - 1)
        assert await town.send(await town.someone(), worker) is None
        assert (await town.circuit()).troubles == 0


async def test_a_letter_that_fails_again_and_again_closes_the_way_for_nobody_else(town: Town) -> None:
    (ann,) = await town.fails(1)
    for _ in range(3 * OPENS_AFTER):
        town.provider.will(Answer.BROKEN)
        answer = await town.answer(ann)
        assert answer.next_try_at is not None
        town.now = answer.next_try_at
        await town.send(ann)
    assert ((await town.circuit()).troubles, (await town.answer(ann)).attempts) == (1, 3 * OPENS_AFTER + 1)
    assert await town.send(await town.someone()) is None


async def test_what_is_the_persons_own_trouble_says_nothing_of_the_provider(town: Town) -> None:
    for trouble in (Answer.BLOCKED, Answer.UNKNOWN_ADDRESS, Answer.REFUSES) * 3:
        town.provider.will(trouble)
        assert await town.send(await town.someone()) is None
    async with town.desk.database.transaction() as session:
        assert await session.get(Circuit, NAME) is None


async def test_one_letter_tries_and_when_it_goes_everybody_is_served(town: Town) -> None:
    people = await town.fails()
    town.now += FIRST_PAUSE + timedelta(seconds=10)
    first, second = town.worker(), town.worker()
    assert await town.send(people[0], first) is None
    assert (await town.circuit()).opened_at is None
    for person in people[1:]:
        assert await town.send(person, second) is None
    assert len(town.provider.taken) == OPENS_AFTER
    assert not any([(await town.answer(person)).maybe_twice for person in people])


async def test_while_one_letter_tries_no_other_does_in_any_process(town: Town) -> None:
    people = await town.fails()
    town.now += FIRST_PAUSE
    slots = [Slots(town.desk.database) for _ in range(3)]
    limits = town.desk.channels[NAME].limits
    waits = [await one.take_each(limits, now=town.now, may_probe=True) for one in slots * 3]
    assert waits.count(timedelta(0)) == 1
    assert set(waits) - {timedelta(0)} <= {PROBE, timedelta(milliseconds=1)}
    town.now += PROBE
    assert await town.send(people[0]) is None


async def test_each_letter_that_tries_in_vain_makes_the_pause_longer_up_to_five_minutes(town: Town) -> None:
    people = await town.fails()
    pauses = []
    for number in range(7):
        circuit = await town.circuit()
        assert circuit.probe_at is not None
        town.now = circuit.probe_at + timedelta(seconds=10)
        town.provider.will(Answer.BROKEN)
        tries, person = town.provider.tries, people[number % OPENS_AFTER]
        async with town.desk.database.transaction() as session:
            await session.run(
                text("UPDATE message SET next_try_at = :now WHERE status = 'queued'"), {"now": town.now}
            )
        await town.send(person)
        assert town.provider.tries == tries + 1
        circuit = await town.circuit()
        assert (circuit.probes, circuit.opened_at) == (number + 1, MONDAY)
        assert circuit.probe_at is not None
        pauses.append(circuit.probe_at - town.now)
    doubled = [min(FIRST_PAUSE * 2**number, LONGEST_PAUSE) for number in range(1, 8)]
    assert all(most * 0.75 <= pause <= most for pause, most in zip(pauses, doubled, strict=True))
    assert await town.send(people[-1])


async def test_a_provider_that_says_when_to_come_back_is_left_alone_until_then(town: Town) -> None:
    town.provider.will(*[Answer.BROKEN] * 4, BusyFor(200))
    for _ in range(OPENS_AFTER):
        await town.send(await town.someone())
    assert (await town.circuit()).probe_at == town.now + timedelta(seconds=200)


async def test_a_provider_that_asks_for_hours_is_tried_every_five_minutes_all_the_same(town: Town) -> None:
    town.provider.will(*[Answer.BROKEN] * 4, BusyFor(20_000))
    for _ in range(OPENS_AFTER):
        await town.send(await town.someone())
    assert (await town.circuit()).probe_at == town.now + LONGEST_PAUSE


async def test_an_answer_to_someone_in_danger_is_the_first_to_try(town: Town) -> None:
    await town.fails()
    calm, danger = await town.someone(), await town.someone("I want to kill myself")
    waits = {person: await town.send(person) for person in (calm, danger)}
    assert waits[danger] is not None
    assert waits[calm] == waits[danger] + timedelta(seconds=4)
    town.now += waits[danger]
    assert await town.send(danger) is None
    assert (await town.circuit()).opened_at is None


async def test_what_failed_last_lets_all_others_try_first(town: Town) -> None:
    people = await town.fails()
    town.now += timedelta(seconds=6)
    waits = [await town.send(person) for person in people]
    assert None not in waits
    assert waits[-1] == max(wait for wait in waits if wait)
    assert waits[-1] > sorted(wait for wait in waits if wait)[-2]


async def test_the_process_that_hears_leaves_a_failing_provider_to_workers(
    town: Town,
) -> None:
    await town.fails()
    troubles: list[BaseException] = []
    courier = Courier(town.worker(), Recorder(town.desk.database), troubles.append)
    jim = Speaker(replace(town.desk, courier=courier), now=town.now, channel=NAME)
    town.now = jim.now + timedelta(minutes=2)
    await jim.says("hello")
    await courier.close()
    assert ((await town.answer(jim)).status, town.provider.tries) == (Status.QUEUED, OPENS_AFTER)
    assert await town.send(jim) is None
    jim.now = town.now
    await jim.says("yes")
    await courier.close()
    assert (len(town.provider.taken), troubles) == (2, [])


async def test_a_clock_that_is_set_back_leaves_no_provider_alone_for_hours(town: Town) -> None:
    (ann, *_) = await town.fails()
    town.now -= timedelta(hours=2)
    async with town.desk.database.transaction() as session:
        await session.run(text("UPDATE message SET next_try_at = :now WHERE status = 'queued'"), {"now": town.now})
        await session.run(text("UPDATE rate SET full_at = :now"), {"now": town.now})
    limits = town.desk.channels[NAME].limits
    assert await Slots(town.desk.database).take_each(limits, now=town.now) <= LONGEST_PAUSE
    assert await town.send(ann) is None


async def test_the_circuit_of_one_channel_is_no_other_channels(town: Town) -> None:
    await town.fails()
    assert await town.send(await town.someone(channel=OTHER)) is None


# What could not go for hours.


async def waits_in_vain(town: Town, person: Speaker) -> Message:
    """Leave the provider away until what waits is given up; returns what was last said to someone."""
    await town.send(person)
    await giving_up.give_up_long_waiting(town.desk, now=town.now + AWAY_FOR - timedelta(minutes=1))
    assert (await last_to(town, person)).status is Status.QUEUED
    town.now += AWAY_FOR
    await giving_up.give_up_long_waiting(town.desk, now=town.now)
    return await last_to(town, person)


async def last_to(town: Town, person: Speaker) -> Message:
    async with town.desk.database.transaction() as session:
        said = await messages.transcript(session, conversation_id=person.turns[-1].conversation_id)
    return next(one for one in reversed(said) if one.author is not Author.PERSON)


async def in_the_waiting_room(town: Town) -> Speaker:
    """Someone with a reference, to whom everything so far was sent."""
    person = await town.someone(*SHORTEST_REFERRAL)
    assert await town.send(person) is None
    return person


async def writes_by(town: Town, person: Speaker, channel: str) -> uuid.UUID:
    """Have someone's talk hold another way, by which they wrote themselves."""
    other = await town.someone(channel=channel)
    await town.send(other)
    async with town.desk.database.transaction() as session:
        facts = {"talk": person.turns[-1].conversation_id, "other": other.turns[-1].conversation_id}
        moved = await session.run(
            text("UPDATE contact SET conversation_id = :talk WHERE conversation_id = :other RETURNING id"), facts
        )
        found: uuid.UUID = moved.scalar_one()
        return found


async def agrees_by(town: Town, person: Speaker, channel: str) -> None:
    async with town.desk.database.transaction() as session:
        facts = {"talk": person.turns[-1].conversation_id, "channel": channel}
        await session.run(text("UPDATE consent SET channel = :channel WHERE conversation_id = :talk"), facts)


async def reasons(town: Town, person: Speaker) -> list[str]:
    async with town.desk.database.transaction() as session:
        talk = person.turns[-1].conversation_id
        return list((await handoffs.of_conversation(session, conversation_id=talk)).reasons)


async def test_after_four_hours_staff_are_asked_to_reach_someone_and_the_story_says_why(town: Town) -> None:
    ann = await in_the_waiting_room(town)
    await town.fails()
    await town.hears(ann, "menu")
    last = await waits_in_vain(town, ann)
    assert (last.status, last.problem) == (Status.DEAD, "ProviderAway")
    assert Reason.COULD_NOT_REACH in await reasons(town, ann)


async def test_whom_nobody_knows_is_in_no_queue_for_a_lost_answer_but_is_for_crisis_lines(
    town: Town,
) -> None:
    await town.fails()
    calm, danger = await town.someone(), await town.someone("I want to kill myself")
    for person in (calm, danger):
        await town.send(person)
    town.now += AWAY_FOR
    await giving_up.give_up_long_waiting(town.desk, now=town.now)
    assert (await last_to(town, calm)).status is (await last_to(town, danger)).status is Status.DEAD
    assert {Reason.DANGER, Reason.COULD_NOT_REACH} <= set(await reasons(town, danger))
    with pytest.raises(handoffs.NotFoundError):
        await reasons(town, calm)


async def test_the_link_worker_who_has_the_talk_gets_it_to_do_once(town: Town) -> None:
    ann = await in_the_waiting_room(town)
    async with town.desk.database.transaction() as session:
        sam = await staff.welcome(session, name="Sam", now=town.now)
        handoff = await handoffs.of_conversation(session, conversation_id=ann.turns[-1].conversation_id)
        await handoffs.claim(
            session, handoff_id=handoff.id, staff_id=sam.id, version=handoff.version, now=town.now
        )
        for words in ("one", "two"):
            await queued(town, session, ann, words)
    await town.fails()
    assert (await waits_in_vain(town, ann)).status is Status.DEAD
    async with town.desk.database.transaction() as session:
        (to_do,) = await to_dos.mine(session, staff_id=sam.id, today=town.now.date())
        assert to_do.words == giving_up.WORDS
        assert to_do.to_do.conversation_id == ann.turns[-1].conversation_id


async def queued(town: Town, session: circuits.Session, person: Speaker, words: str) -> None:
    contact = await conversations.way_to_reach(session, conversation_id=person.turns[-1].conversation_id)
    await messages.queue(
        session,
        conversation_id=contact.conversation_id,
        contact_id=contact.id,
        author=Author.LINK_WORKER,
        kind=Kind.STAFF,
        said=Reply(words).kept(),
        dedupe=uuid.uuid4().hex,
        now=town.now,
        kept=False,
    )


async def test_what_may_have_gone_is_said_so_when_it_is_given_up(town: Town) -> None:
    ann = await in_the_waiting_room(town)
    await town.fails(OPENS_AFTER - 1)
    await town.hears(ann, "menu")
    town.provider.will(Answer.MALFORMED)
    await town.send(ann)
    assert (await town.circuit()).opened_at is not None
    last = await waits_in_vain(town, ann)
    assert (last.status, last.problem, last.maybe_twice) == (Status.DEAD, "MaybeSent", True)


async def test_another_way_carries_it_where_they_agreed_to_that_and_its_provider_is_well(town: Town) -> None:
    ann = await in_the_waiting_room(town)
    other = await writes_by(town, ann, OTHER)
    await agrees_by(town, ann, OTHER)
    await town.fails()
    await town.hears(ann, "menu")
    last = await waits_in_vain(town, ann)
    assert (last.status, last.problem, last.contact_id) == (Status.QUEUED, "OtherWay", other)
    assert last.next_try_at == town.now
    assert Reason.COULD_NOT_REACH not in await reasons(town, ann)
    assert await town.send(ann) is None
    assert (await last_to(town, ann)).status is Status.SENT


async def test_at_night_another_way_waits_for_the_morning(town: Town) -> None:
    town.now = datetime(2026, 11, 23, 17, 30, tzinfo=UTC)
    ann = await in_the_waiting_room(town)
    await writes_by(town, ann, OTHER)
    await agrees_by(town, ann, OTHER)
    await town.fails()
    await town.hears(ann, "menu")
    last = await waits_in_vain(town, ann)
    assert (last.problem, last.next_try_at) == ("OtherWay", datetime(2026, 11, 24, 8, 0, tzinfo=UTC))


@pytest.mark.parametrize("why", ["no yes there", "stopped there", "silent there", "its provider is away too"])
async def test_no_other_way_is_used_that_they_did_not_agree_to_or_that_is_closed(town: Town, why: str) -> None:
    ann = await in_the_waiting_room(town)
    other = await writes_by(town, ann, OTHER)
    if why != "no yes there":
        await agrees_by(town, ann, OTHER)
    async with town.desk.database.transaction() as session:
        if why == "stopped there":
            await conversations.set_contact(session, contact_id=other, state=ContactState.STOPPED, now=town.now)
        if why == "silent there":
            contact = await session.get(Contact, other)
            assert contact is not None
            contact.heard_at = town.now - timedelta(days=91)
            session.add(contact)
        if why == "its provider is away too":
            for letter in range(OPENS_AFTER):
                circuits.note(session, channel=OTHER, letter=letter, now=town.now)
    await town.fails()
    await town.hears(ann, "menu")
    assert (await waits_in_vain(town, ann)).status is Status.DEAD
    assert Reason.COULD_NOT_REACH in await reasons(town, ann)


@pytest.mark.parametrize(
    ("how", "channel", "address", "agreed_there", "allowed"),
    [
        ("text", "sms", "+447700900001", False, True),
        ("text", "sms", "+447700900002", True, False),
        ("text", "whatsapp", "+447700900001", True, False),
        ("here", "telegram", "5", True, True),
        ("here", "telegram", "5", False, False),
        ("call", "sms", "+447700900001", True, False),
        ("letter", "sms", "+447700900001", True, False),
        ("", "sms", "+447700900001", True, False),
    ],
)
def test_how_it_is_safe_to_reach_someone_decides_which_other_way_may_be_used(
    how: str, channel: str, address: str, agreed_there: bool, allowed: bool
) -> None:
    reach = SafeContact(how=how, when="any", phone="+447700900001")
    assert other_ways.allows(reach, channel=channel, address=address, agreed_there=agreed_there) is allowed
