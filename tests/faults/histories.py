"""Histories: what a few people and their staff do, told in order, and told again as the real world may tell it."""

import asyncio
import json
import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from api.house import default_channels
from bot import arrivals, endings, giving_up, how_are_you, outreach, relay, unanswered
from bot.channels.channel import Accepted, Sending
from bot.delivery import Delivery
from bot.desk import Desk
from bot.layout import TELEGRAM, Layout
from bot.messages import Aside, Inbound, Receipt, Reply, numbered
from bot.safety import Net
from bot.service import Service
from content import Content
from tests.conftest import NOT_EMPTY
from waitingroom import conversations, handoffs, idempotency, messages, own_keys, staff
from waitingroom.columns import KeyRing
from waitingroom.database import Database, Session
from waitingroom.errors import RefusedError
from waitingroom.handoffs import Status as HandoffStatus
from waitingroom.idempotency import Once
from waitingroom.messages import Status
from waitingroom.rates import Limit
from waitingroom.slots import Slots

BEGINS = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
CHANNELS = ("one", "two")
NAMES = ("Ann", "Bob", "Cat", "Dan")
CHANGES = re.compile(r'\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b\d{4} \d{4}\b|(?<="since": )\d+')
"""What is different in every talk: ids, references, and after which message someone else's referral began."""
SHORT_GAP, LONG_GAPS = timedelta(minutes=3), (timedelta(days=1), timedelta(days=8))
SOON_TICKS = (outreach.wake_stale, outreach.remind_half_way)
ALL_TICKS = (
    *SOON_TICKS,
    outreach.send_due,
    outreach.clear_unconsented,
    unanswered.mind_the_unanswered,
    how_are_you.ask_how_they_are,
    endings.ask_at_the_end,
    giving_up.give_up_long_waiting,
)
UNSENT = text("SELECT DISTINCT conversation_id FROM message WHERE status IN ('queued', 'sending')")
TABLES = ("conversation", "contact", "person", "referral", "handoff", "message", "consent", "waiting", "sent_step")
COUNTS = text(" UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS rows FROM {table}" for table in TABLES))
OF_TALK = text("""
SELECT v.place, v.owner, v.language, v.talk, v.id, v.person_id IS NOT NULL AS known,
       (SELECT json_agg(json_build_array(r.status, r.needs) ORDER BY r.joined_at)
        FROM referral r WHERE r.conversation_id = v.id) AS referrals,
       (SELECT json_agg(json_build_array(h.status, h.urgency) ORDER BY h.raised_at, h.id)
        FROM handoff h WHERE h.conversation_id = v.id) AS handoffs,
       (SELECT json_agg(reason ORDER BY reason) FROM handoff h, unnest(h.reasons) AS reason
        WHERE h.conversation_id = v.id) AS reasons,
       (SELECT json_agg(json_build_array(c.purpose, c.withdrawn_at IS NULL) ORDER BY c.purpose, c.id)
        FROM consent c WHERE c.conversation_id = v.id) AS consents,
       (SELECT json_agg(s.step ORDER BY s.step) FROM sent_step s JOIN referral r ON r.id = s.referral_id
        WHERE r.conversation_id = v.id) AS steps,
       (SELECT count(*) FROM alarm a WHERE a.conversation_id = v.id) AS alarms
FROM conversation v WHERE v.id = :id
""")


@dataclass(frozen=True)
class Act:
    """One thing that happens to one person: `kind` is say, edit, claim, write or back; `words` what is said."""

    kind: str
    words: str = ""


@dataclass(frozen=True)
class Life:
    """One person's part of a history: where they write from, and what happens, in order."""

    channel: str
    acts: tuple[Act, ...]
    receipts: tuple[str, ...] = ("delivered",)
    """what the provider tells last of each message, in turn"""


@dataclass(frozen=True)
class History:
    """A few lives, told in rounds: the first act of each, then the second; `gaps`: how long each round lasts."""

    lives: tuple[Life, ...]
    gaps: tuple[int, ...] = ()
    """0: some minutes, 1: a day, 2: eight days"""

    def rounds(self) -> int:
        return max(len(life.acts) for life in self.lives)

    def gap(self, number: int) -> timedelta:
        kind = self.gaps[number % len(self.gaps)] if self.gaps else 0
        return LONG_GAPS[kind - 1] if kind else SHORT_GAP


@dataclass
class Line:
    """A provider that takes everything at once, and remembers it."""

    name: str
    taken: list[Sending] = field(default_factory=list)
    on_taken: Callable[[Sending], Awaitable[None]] | None = None
    kept: bool = False
    layout: Layout = TELEGRAM
    cap: int | None = None
    limits: tuple[Limit, ...] = ()

    def segments(self, reply: Reply) -> int:
        return 0

    async def send(self, sending: Sending) -> Accepted:
        self.taken.append(sending)
        if self.on_taken:
            await self.on_taken(sending)
        return Accepted(f"p{sending.message_id}")


Deed = Callable[[], Awaitable[None]]


class World:
    """Empty records in which one history is played."""

    def __init__(self, database_url: str, keys: KeyRing, content: Content, net: Net) -> None:
        self.database = Database(database_url, keys, pool_size=6)
        self.service = Service(
            name="Pendle Waiting Room", content=content, areas=frozenset({"BB9", "BB8"}), drama_numbers=True
        )
        self.net = net
        self.runner = asyncio.Runner()

    def close(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def plays(self, history: History, *, chance: random.Random | None = None) -> dict[str, Any]:
        """Play a history in order, or by `chance` as the real world may; returns the picture of the records."""
        return self.runner.run(self._played(history, chance))

    async def _played(self, history: History, chance: random.Random | None) -> dict[str, Any]:
        await self._empty()
        playing = (Orderly if chance is None else Disorderly)(self, history, chance or random.Random(0))
        await playing.begin()
        for number in range(history.rounds()):
            await playing.round(number)
        await playing.end()
        return await playing.picture()

    async def _empty(self) -> None:
        async with self.database.transaction() as session:
            found = [row[0] for row in await session.run(text(NOT_EMPTY))]
            await session.run(text("SET LOCAL session_replication_role = replica"))
            for name in found:
                await session.run(text(f'DELETE FROM "{name}"'))


class Orderly:
    """Everything once, in order; each message is sent before the next thing happens, and its receipts follow."""

    def __init__(self, world: World, history: History, chance: random.Random) -> None:
        self.history, self.chance, self.now = history, chance, BEGINS
        self.lines = {name: Line(name) for name in CHANNELS}
        channels = {**default_channels(), **self.lines}
        self.desk = Desk(world.database, world.service, world.net, channels)
        self.told: Counter[str] = Counter()
        self.owed: list[Deed] = []
        """receipts that have not come yet"""

    async def begin(self) -> None:
        async with self.desk.database.transaction() as session:
            self.sam = (await staff.welcome(session, name="Sam", now=BEGINS)).id
        for line in self.lines.values():
            line.on_taken = self.taken

    async def round(self, number: int) -> None:
        for life in range(len(self.history.lives)):
            for deed in self.deed(life, number):
                await deed()
                await self.deliver()
        await self.pass_time(number)

    async def pass_time(self, number: int) -> None:
        gap = self.history.gap(number)
        self.now += gap
        for tick in ALL_TICKS if gap > SHORT_GAP else SOON_TICKS:
            await tick(self.desk, now=self.now)
        await self.deliver()

    async def end(self) -> None:
        await self.pass_time(0)
        for tick in ALL_TICKS:
            await tick(self.desk, now=self.now)
        await self.deliver()

    # What happens.

    def deed(self, life: int, number: int) -> Iterator[Deed]:
        """Make what happens to one person in one round, so that it can be done again, the very same."""
        acts = self.history.lives[life].acts
        if number >= len(acts):
            return
        act, at = acts[number], self.now + timedelta(seconds=life + 1)
        if act.kind in {"say", "edit"}:
            aside = Aside.EDITED if act.kind == "edit" else None
            channel = self.history.lives[life].channel
            inbound = Inbound(channel, f"address-{life}", f"m{number}", act.words, at, aside=aside)
            yield lambda: self.hear(inbound)
        else:
            yield self.by_staff(life, number, act, at)

    async def hear(self, inbound: Inbound) -> None:
        await arrivals.take(self.desk, inbound)

    def by_staff(self, life: int, number: int, act: Act, at: datetime) -> Deed:
        seen: list[tuple[Any, int]] = []

        async def do() -> None:
            """Do it to the hand-off as it was first seen, so that a second press is refused; a refusal stands."""
            async with self.desk.database.transaction() as session:
                if not seen:
                    talk = await self.talk(session, life)
                    with suppress(handoffs.NotFoundError):
                        found = await handoffs.of_conversation(session, conversation_id=talk.id) if talk else None
                        mine = found is not None and found.claimed_by == self.sam
                        if found is not None and (mine or act.kind != "write"):
                            seen.append((found.id, found.version))
                    if not seen:
                        seen.append((None, 0))
                handoff_id, version = seen[0]
                if handoff_id is not None:
                    with suppress(RefusedError):
                        await self.press(session, act, handoff_id, version, f"{life}:{number}", at)

        return do

    async def press(
        self, session: Session, act: Act, handoff_id: Any, version: int, name: str, at: datetime
    ) -> None:
        mine = {"handoff_id": handoff_id, "staff_id": self.sam, "version": version, "now": at}
        if act.kind == "claim":
            await handoffs.claim(session, **mine)
            return
        handoff = await handoffs.find(session, handoff_id=handoff_id)
        if act.kind == "back":
            ended = await handoffs.end(session, **mine, to=HandoffStatus.HANDED_BACK)
            await relay.tell_ended(session, self.desk, handoff=ended, staff="Sam", referral_closed=False, now=at)
            return
        once = Once(self.sam, name, act.words.encode())
        if handoff.claimed_by != self.sam or handoff.status is not HandoffStatus.CLAIMED:
            return
        if await idempotency.begin(session, once, now=at) is None:
            sent = await relay.write(
                session, self.desk, handoff=handoff, staff_id=self.sam, text=act.words, now=at
            )
            await idempotency.keep(session, once, idempotency.Reply(201, None, str(sent.id)))

    async def deliver(self) -> None:
        """Have a worker send everything there is."""
        async with self.desk.database.transaction() as session:
            lanes = [row[0] for row in await session.run(UNSENT)]
        now = self.now + timedelta(seconds=40)
        for lane in lanes:
            await self.worker(now).deliver(lane)
        await self.bring_receipts()

    def worker(self, now: datetime) -> Delivery:
        return Delivery(self.desk, lambda: now, Slots(self.desk.database))

    async def bring_receipts(self) -> None:
        owed, self.owed = self.owed, []
        for deed in owed:
            await deed()

    async def taken(self, sending: Sending) -> None:
        """Owe the receipts of a message that the provider has just taken."""
        self.owed += self.receipts_of(sending)

    def receipts_of(self, sending: Sending) -> list[Deed]:
        life = int(sending.address.removeprefix("address-"))
        last = self.history.lives[life].receipts
        number, self.told[sending.address] = self.told[sending.address], self.told[sending.address] + 1
        steps = {"failed": ("sent", "failed"), "read": ("sent", "delivered", "read"), "none": ()}
        told = last[number % len(last)]
        channel = self.history.lives[life].channel
        return [self.receipt(channel, sending.message_id, step) for step in steps.get(told, ("sent", told))]

    def receipt(self, channel: str, number: int, step: str) -> Deed:
        problem = "RefusedByProvider" if step == "failed" else ""
        told = Receipt(channel, number, f"p{number}", Status(step), self.now, problem)
        return lambda: self.hear_receipt(told)

    async def hear_receipt(self, told: Receipt) -> None:
        await arrivals.take(self.desk, told)

    # What came of it.

    async def talk(self, session: Session, life: int) -> conversations.Conversation | None:
        channel = self.history.lives[life].channel
        return await conversations.of_contact(session, channel=channel, address=f"address-{life}")

    async def picture(self) -> dict[str, Any]:
        """Everything that could have come out otherwise, without ids and references."""
        async with self.desk.database.transaction() as session:
            counts = dict((await session.run(COUNTS)).all())
            lives = [await self._of(session, life) for life in range(len(self.history.lives))]
        alike: dict[str, Any] = json.loads(CHANGES.sub("0", json.dumps({"counts": counts, "lives": lives})))
        return alike

    async def _of(self, session: Session, life: int) -> dict[str, Any]:
        channel = self.history.lives[life].channel
        sent = [one for one in self.lines[channel].taken if one.address == f"address-{life}"]
        shown: dict[str, Any] = {"on the phone": [numbered(one.reply) for one in sent]}
        talk = await self.talk(session, life)
        if talk is None:
            return shown
        row = (await session.run(OF_TALK, {"id": talk.id})).mappings().one()
        facts = {name: row[name] for name in row if name not in {"talk", "id"}}
        await own_keys.meet(session, [row["talk"]])
        place = f"conversation:talk:{row['id']}"
        kept = own_keys.unseal(session, row["talk"], place) if row["talk"] else "null"
        said = await messages.transcript(session, conversation_id=talk.id)
        return {
            **shown,
            **facts,
            "talk": json.loads(kept),
            "story": [
                (
                    one.author.value,
                    one.status.value,
                    one.problem,
                    one.maybe_twice,
                    messages.said(session, one)["text"],
                )
                for one in said
            ],
        }


class Disorderly(Orderly):
    """The same as the real world may have it.

    People between themselves come in any order and at the same moment; whatever was done may be done again, up to
    three times, at any later time of that day; receipts come in any order, before our own note too; clocks tick
    more often, and late. A talk that nobody agreed to keep is forgotten after a day, and one whose person says
    DELETE at once; with it goes what was heard. A copy that comes later than that is a new message, so none comes
    here.
    """

    def __init__(self, world: World, history: History, chance: random.Random) -> None:
        super().__init__(world, history, chance)
        self.done: list[Deed] = []
        """what may come again"""

    async def round(self, number: int) -> None:
        lives = list(range(len(self.history.lives)))
        self.chance.shuffle(lives)
        deeds = [deed for life in lives for deed in self.deed(life, number)]
        if any(self.may_delete(life, number) for life in lives):
            await self.repeat(everything=True)
        while deeds:
            together = [deeds.pop() for _ in range(min(len(deeds), self.chance.choice((1, 1, 2))))]
            again = [self.chance.choice(together)] if self.chance.random() < 0.3 else []
            await asyncio.gather(*(deed() for deed in (*together, *again)))
            self.done += [*together, *together]
            await self.repeat()
            await self.deliver()
        await self.pass_time(number)

    def may_delete(self, life: int, number: int) -> bool:
        """Say whether what comes next may be somebody's yes to being deleted."""
        acts = self.history.lives[life].acts
        return number < len(acts) and any(act.words == "delete" for act in acts[:number])

    async def pass_time(self, number: int) -> None:
        before = self.now
        if self.history.gap(number) > SHORT_GAP:
            await self.repeat(everything=True)
        await super().pass_time(number)
        for tick in self.chance.sample(ALL_TICKS, 2):
            now = self.now
            gap = now - before

            async def again(tick: Any = tick, now: datetime = now, *, soon: bool = gap == SHORT_GAP) -> None:
                if not soon or tick in SOON_TICKS:
                    await tick(self.desk, now=now)

            self.done.append(again)
        await self.repeat()
        await self.deliver()

    async def end(self) -> None:
        await self.repeat(everything=True)  # the last ticks may forget a talk, and with it what was heard
        await super().end()
        while self.owed or self.done:
            await self.repeat(everything=True)
            owed, self.owed = self.owed, []
            await asyncio.gather(*(deed() for deed in owed))
            await super().deliver()

    async def repeat(self, *, everything: bool = False) -> None:
        """Do again some of what was done before, or all of it."""
        for _ in range(len(self.done) if everything else min(len(self.done), self.chance.randint(0, 3))):
            await self.done.pop(self.chance.randrange(len(self.done)))()

    async def deliver(self) -> None:
        """Have two workers at every lane at once; some receipts wait."""
        async with self.desk.database.transaction() as session:
            lanes = [row[0] for row in await session.run(UNSENT)]
        now = self.now + timedelta(seconds=40)
        workers = [self.worker(now), self.worker(now)]
        await asyncio.gather(*(worker.deliver(lane) for lane in lanes for worker in workers))
        await self.bring_receipts()

    async def bring_receipts(self) -> None:
        self.chance.shuffle(self.owed)
        keep = self.chance.randint(0, len(self.owed))
        now, self.owed = self.owed[keep:], self.owed[:keep]
        for deed in now:
            await deed()

    async def taken(self, sending: Sending) -> None:
        deeds = self.receipts_of(sending) * self.chance.randint(1, 3)
        self.chance.shuffle(deeds)
        early = self.chance.randint(0, len(deeds)) if self.chance.random() < 0.3 else 0
        for deed in deeds[:early]:
            await deed()
        self.owed += deeds[early:]


def differences(orderly: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """Say where two pictures differ, in lines a person can read."""
    found = [
        f"{name}: {orderly['counts'][name]} rows in order, {other['counts'][name]} otherwise"
        for name in orderly["counts"]
        if orderly["counts"][name] != other["counts"][name]
    ]
    for life, (first, second) in enumerate(zip(orderly["lives"], other["lives"], strict=True)):
        found += [
            f"life {life}, {name}: {first.get(name)!r} in order, {second.get(name)!r} otherwise"
            for name in dict.fromkeys((*first, *second))
            if first.get(name) != second.get(name)
        ]
    return found


def acts_of(name: str, age: int, *, answered: int, rest: Sequence[Act]) -> tuple[Act, ...]:
    """Give a life that begins with so many answers of a referral, and goes on with anything."""
    said = ("hello", "me", str(age), "yes", name, "BB9 7AA", "4", "Company in the evenings", "here", "any", "yes")
    return (*(Act("say", words) for words in said[:answered]), *rest)


def with_each(history: History, **changes: Any) -> History:
    """The same history with each life changed so."""
    return replace(history, lives=tuple(replace(life, **changes) for life in history.lives))
