"""Spending: nobody's money runs out by accident, and nobody in danger is kept waiting for it."""

import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlmodel import col, select

from waitingroom import conversations, holds, outbox, spending
from waitingroom.columns import new_id
from waitingroom.conversations import Contact
from waitingroom.database import Database
from waitingroom.messages import Author, Kind, Message, Status, queue
from waitingroom.outbox import Letter, NotYet, Rules, Sent
from waitingroom.rates import Limit
from waitingroom.slots import Slots

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 23)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
async def records(database: Database) -> Database:
    async with database.engine.begin() as connection:
        await connection.run_sync(lambda sync: spending.Spend.__table__.create(sync, checkfirst=True))
        await connection.execute(text("TRUNCATE spend"))
    return database


async def take(records: Database, kind: Kind, segments: int = 1, most: int | None = 100, day: date = DAY) -> bool:
    async with records.transaction() as session:
        return await spending.take(session, channel="sms", on_day=day, segments=segments, kind=kind, most=most)


async def spent(records: Database, day: date = DAY) -> int:
    async with records.transaction() as session:
        found = await spending.of_today(session, on_day=day)
    return found["sms"].segments if found else 0


async def test_what_we_start_stops_at_four_fifths_so_that_people_still_get_answers(records: Database) -> None:
    assert all([await take(records, Kind.STARTED, 10) for _ in range(8)])
    assert not await take(records, Kind.STARTED)
    assert await take(records, Kind.ANSWER, 10)
    assert await take(records, Kind.STAFF, 10)
    assert not await take(records, Kind.ANSWER)
    assert not await take(records, Kind.STAFF)
    assert await spent(records) == 100


async def test_someone_in_danger_is_answered_whatever_it_costs(records: Database) -> None:
    assert await take(records, Kind.ANSWER, 100)
    assert await take(records, Kind.CRISIS, 3)
    assert await spent(records) == 103


async def test_a_new_day_begins_with_nothing_spent(records: Database) -> None:
    assert await take(records, Kind.ANSWER, 100)
    assert not await take(records, Kind.ANSWER)
    assert await take(records, Kind.ANSWER, day=DAY + timedelta(days=1))


async def test_a_first_message_too_dear_for_the_day_does_not_go(records: Database) -> None:
    assert not await take(records, Kind.STARTED, 81)
    assert await spent(records) == 0


async def test_without_a_most_everything_goes_and_is_still_counted(records: Database) -> None:
    assert await take(records, Kind.STARTED, 100_000, most=None)
    assert await spent(records) == 100_000


async def test_many_workers_at_once_never_spend_more_than_the_most(records: Database) -> None:
    went = await asyncio.gather(*(take(records, Kind.ANSWER, 3, most=20) for _ in range(11)))
    assert sum(went) == 6
    assert await spent(records) == 18


async def test_what_was_not_sent_is_given_back(records: Database) -> None:
    await take(records, Kind.ANSWER, 5)
    async with records.transaction() as session:
        await spending.give_back(session, channel="sms", on_day=DAY, segments=3)
    assert await spent(records) == 2


async def test_the_first_message_held_on_a_day_sounds_one_alarm(records: Database) -> None:
    await take(records, Kind.ANSWER, 100)
    async with records.transaction() as session:
        assert await spending.alarms(session) == []
    await take(records, Kind.ANSWER)
    await take(records, Kind.ANSWER)
    async with records.transaction() as session:
        (alarm,) = await spending.alarms(session)
    assert (alarm.channel, alarm.on_day, alarm.segments, alarm.held) == ("sms", DAY, 100, 2)
    async with records.transaction() as session:
        assert await spending.alarms(session) == []


class Lane:
    """One talk's outgoing messages, and a worker who takes them."""

    def __init__(self, records: Database, conversation_id: uuid.UUID, contacts: dict[str, uuid.UUID]) -> None:
        self.records = records
        self.conversation_id = conversation_id
        self.contacts = contacts
        self.now = MONDAY
        self.caps: dict[str, int] = {"sms": 100}
        self.limits: dict[str, tuple[Limit, ...]] = {"sms": (), "whatsapp": ()}

    async def queues(self, kind: Kind, words: str, segments: int = 1, channel: str = "sms") -> int:
        async with self.records.transaction() as session:
            message = await queue(
                session,
                conversation_id=self.conversation_id,
                contact_id=self.contacts[channel],
                author=Author.BOT,
                kind=kind,
                said={"text": words},
                dedupe=uuid.uuid4().hex,
                now=self.now,
                kept=False,
                segments=segments,
            )
        assert message.id is not None
        return message.id

    async def next(self) -> Letter | NotYet | None:
        async with self.records.transaction() as session:
            rules = Rules(self.limits, self.caps, Slots(self.records), LONDON)
            return await outbox.next_letter(
                session, conversation_id=self.conversation_id, rules=rules, now=self.now
            )

    async def goes(self) -> str | None:
        """Send the next message; its words, or None."""
        letter = await self.next()
        if not isinstance(letter, Letter):
            return None
        async with self.records.transaction() as session:
            sent = Sent(letter.message_id, letter.channel, str(letter.message_id), self.now)
            await outbox.record_sent(session.driver, sent)
        return str(letter.said["text"])

    async def fails(self, problem: str, after: timedelta) -> None:
        letter = await self.next()
        assert isinstance(letter, Letter)
        async with self.records.transaction() as session:
            await outbox.record_trouble(
                session,
                message_id=letter.message_id,
                status=Status.QUEUED,
                problem=problem,
                next_try_at=self.now + after,
                maybe_sent=problem == outbox.MAYBE_SENT,
                now=self.now,
            )

    async def read(self, message_id: int) -> Message:
        async with self.records.transaction() as session:
            return (await session.exec(select(Message).where(col(Message.id) == message_id))).one()


@pytest.fixture
async def lane(records: Database) -> Lane:
    """Someone who has written by text and on WhatsApp, by text last."""
    conversation_id = new_id()
    contacts = {"sms": new_id(), "whatsapp": new_id()}
    async with records.transaction() as session:
        conversation = conversations.Conversation(id=conversation_id, created_at=MONDAY, heard_at=MONDAY)
        session.add(conversation)
        await session.flush()
        for channel, contact_id in contacts.items():
            address = session.keys.seal("+447700900123", f"contact:address:{contact_id}")
            session.add(
                Contact(
                    id=contact_id,
                    conversation_id=conversation_id,
                    channel=channel,
                    address_hash=session.keys.fingerprint(channel, "+447700900123"),
                    address=address,
                    created_at=MONDAY - timedelta(days=3),
                    heard_at=MONDAY - timedelta(days=0 if channel == "sms" else 2),
                )
            )
    return Lane(records, conversation_id, contacts)


async def test_a_message_held_for_money_lets_crisis_lines_past_and_goes_after_midnight(lane: Lane) -> None:
    await take(lane.records, Kind.ANSWER, 100)
    held = await lane.queues(Kind.STARTED, "a step")
    await lane.queues(Kind.CRISIS, "Samaritans 116 123")
    assert await lane.goes() == "Samaritans 116 123"
    assert await lane.next() is None
    message = await lane.read(held)
    assert (message.status, message.problem, message.attempts) == (Status.QUEUED, holds.OVER_SPENDING, 0)
    lane.now = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    assert await lane.goes() == "a step"


async def test_a_message_held_for_money_goes_within_minutes_of_the_cap_being_raised(lane: Lane) -> None:
    await take(lane.records, Kind.ANSWER, 100)
    await lane.queues(Kind.ANSWER, "one")
    assert await lane.goes() is None
    lane.caps = {"sms": 200}
    lane.now += holds.LOOK_AGAIN
    assert await lane.goes() == "one"


async def test_a_held_message_is_noticed_again_although_nobody_writes(lane: Lane) -> None:
    await take(lane.records, Kind.ANSWER, 100)
    await lane.queues(Kind.ANSWER, "one")
    assert await lane.next() is None
    late = lane.now + holds.LOOK_AGAIN + outbox.STALE + timedelta(seconds=1)
    async with lane.records.transaction() as session:
        assert await outbox.stale(session, now=lane.now) == []
        assert await outbox.stale(session, now=late) == [lane.conversation_id]


async def test_the_day_is_the_services_own_and_not_greenwichs(lane: Lane) -> None:
    lane.now = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    await lane.queues(Kind.ANSWER, "one", 2)
    assert await lane.goes() == "one"
    assert await spent(lane.records, date(2026, 7, 1)) == 2
    assert holds.next_look(datetime(2026, 6, 30, 22, 55, tzinfo=UTC), LONDON) == datetime(
        2026, 6, 30, 23, 0, tzinfo=UTC
    )


async def test_a_message_tried_again_is_paid_for_once_unless_it_may_have_gone_twice(lane: Lane) -> None:
    await lane.queues(Kind.ANSWER, "one", 3)
    await lane.fails("TryLater", timedelta(seconds=5))
    lane.now += timedelta(seconds=5)
    await lane.fails(outbox.MAYBE_SENT, timedelta(seconds=5))
    assert await spent(lane.records) == 3
    lane.now += timedelta(seconds=5)
    assert await lane.goes() == "one"
    assert await spent(lane.records) == 6


async def test_waiting_for_a_slot_costs_nothing(lane: Lane) -> None:
    lane.limits["sms"] = (Limit("sms", 0.01),)
    await lane.queues(Kind.ANSWER, "one", 3)
    await lane.queues(Kind.ANSWER, "two", 4)
    assert await lane.goes() == "one"
    for _ in range(3):
        assert isinstance(await lane.next(), NotYet)
    assert await spent(lane.records) == 3


async def test_what_is_said_to_someone_silent_on_whatsapp_waits_in_order_until_they_write(lane: Lane) -> None:
    await lane.queues(Kind.STARTED, "one", channel="whatsapp")
    await lane.fails(holds.WAITS_FOR_PERSON, timedelta(days=7))
    await lane.queues(Kind.STARTED, "two", channel="whatsapp")
    await lane.queues(Kind.STAFF, "by text")
    assert await lane.goes() == "by text"
    assert await lane.next() is None
    async with lane.records.transaction() as session:
        await session.run(
            text("UPDATE contact SET heard_at = :now WHERE id = :id"),
            {"now": lane.now, "id": lane.contacts["whatsapp"]},
        )
        await holds.wake(
            session, conversation_id=lane.conversation_id, contact_id=lane.contacts["whatsapp"], now=lane.now
        )
    await lane.queues(Kind.ANSWER, "three", channel="whatsapp")
    assert [await lane.goes() for _ in range(4)] == ["one", "two", "three", None]


async def test_a_message_that_cannot_go_on_whatsapp_goes_by_text_to_someone_who_texted_us(lane: Lane) -> None:
    await lane.queues(Kind.STAFF, "one", channel="whatsapp")
    letter = await lane.next()
    assert isinstance(letter, Letter)
    async with lane.records.transaction() as session:
        assert await holds.divert(session, message_id=letter.message_id, channel="sms", segments=2, now=lane.now)
    letter = await lane.next()
    assert isinstance(letter, Letter)
    assert (letter.channel, letter.said["text"]) == ("sms", "one")
    assert await spent(lane.records) == 2


@pytest.mark.parametrize("state", ["stopped", "unreachable"])
async def test_a_message_is_never_moved_to_a_number_that_asked_for_no_more(lane: Lane, state: str) -> None:
    async with lane.records.transaction() as session:
        facts = {"state": state, "id": lane.contacts["sms"]}
        await session.run(text("UPDATE contact SET state = :state WHERE id = :id"), facts)
    await lane.queues(Kind.STAFF, "one", channel="whatsapp")
    letter = await lane.next()
    assert isinstance(letter, Letter)
    async with lane.records.transaction() as session:
        assert not await holds.divert(
            session, message_id=letter.message_id, channel="sms", segments=2, now=lane.now
        )
