"""Weeks of a made-up service: people come, wait, answer, fall silent, get worse and go, an hour at a time."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import text

from api.house import TICKS
from api.made_up.link_workers import LinkWorkers
from api.made_up.people import somebody
from api.made_up.talks import Talking
from bot.desk import Desk
from bot.messages import Reply
from waitingroom import messages
from waitingroom.messages import Message

HOUR = timedelta(hours=1)
DAY_BEGINS, DAY_ENDS = 7, 21
"""Hours between which people write and things fall due; at night nothing is looked at."""
AT_ONCE = 8
NEW = text("""
SELECT m.id FROM message m WHERE m.id > :after AND m.kind = 'started' ORDER BY m.id
""")
Told = Callable[["Weeks", datetime], None]


@dataclass
class Weeks:
    """A service of made-up people under way. `now` is the town's own time."""

    desk: Desk
    chance: Random
    now: datetime
    workers: LinkWorkers
    people: list[Talking] = field(default_factory=list)
    answered: int = 0
    _read_upto: int = 0

    async def pass_by(self, *, weeks: int, people: int, told: Told) -> None:
        """Let weeks pass in which so many people come. `told` hears how far it is after every day."""
        began, ends = self.now, self.now + timedelta(weeks=weeks)
        coming = sorted(self._comes_at(began, ends) for _ in range(people))
        while self.now < ends:
            arrived = [at for at in coming if self.now <= at < self.now + HOUR]
            await self._bring_in(arrived)
            await self._run_clocks()
            await self._answer()
            await self.workers.work(now=self.now)
            self.now = self._next_hour()
            if self._local().hour == DAY_BEGINS:
                told(self, ends)

    def _comes_at(self, begins: datetime, ends: datetime) -> datetime:
        """Choose when someone comes: any day, more of them by day."""
        days = (ends - begins).days
        hour = self.chance.choice([8, 9, 10, 10, 11, 11, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20])
        day = begins + timedelta(days=self.chance.randrange(days), minutes=self.chance.randrange(60))
        return day.astimezone(self.desk.service.zone).replace(hour=hour).astimezone(begins.tzinfo)

    async def _bring_in(self, arrived: list[datetime]) -> None:
        needs = tuple(self.desk.service.content.needs)
        new = [
            Talking(
                somebody(len(self.people) + number, self.chance, areas=self.desk.service.areas, needs=needs),
                self.chance.choices(sorted(self.desk.channels), weights=_liked(self.desk))[0],
                at,
            )
            for number, at in enumerate(arrived)
        ]
        for some in range(0, len(new), AT_ONCE):
            await asyncio.gather(*(one.refers(self.desk) for one in new[some : some + AT_ONCE]))
        self.people += new

    async def _run_clocks(self) -> None:
        for tick in TICKS:
            await tick(self.desk, now=self.now)

    async def _answer(self) -> None:
        """Have people read what came unasked since, and answer it, or not."""
        by_talk = {one.conversation_id: one for one in self.people}
        for message, said in await self._unread():
            someone = by_talk.get(message.conversation_id)
            if someone is not None:
                self.answered += await someone.hears(self.desk, said, at=self.now, chance=self.chance)

    async def _unread(self) -> list[tuple[Message, Reply]]:
        async with self.desk.database.transaction() as session:
            ids = [row.id for row in await session.run(NEW, {"after": self._read_upto})]
            found = [await session.get(Message, one) for one in ids]
            self._read_upto = max((self._read_upto, *ids))
            return [(one, Reply.recalled(messages.said(session, one))) for one in found if one is not None]

    def _next_hour(self) -> datetime:
        after = self.now + HOUR
        hour = after.astimezone(self.desk.service.zone).hour
        if DAY_BEGINS <= hour < DAY_ENDS:
            return after
        return after + HOUR * ((DAY_BEGINS - hour) % 24)

    def _local(self) -> datetime:
        return self.now.astimezone(self.desk.service.zone)


def _liked(desk: Desk) -> list[int]:
    """Say how much each channel is used, in the order of their names: most people text."""
    used = {"sms": 6, "web": 4}
    return [used.get(name, 0) for name in sorted(desk.channels)]
