"""Made-up link workers: they pick people up by the same verbs as anyone, ring them, and finish in their time."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot import relay
from bot.desk import Desk
from waitingroom import activities, caseload, handoffs, referrals, staff
from waitingroom.activities import Kind
from waitingroom.database import Session
from waitingroom.errors import RefusedError
from waitingroom.handoffs import Handoff, Status, Urgency

NAMES = ("Sam Okafor", "Ruth Haworth", "Bilal Ahmed", "Megan Price", "Joan Holt", "Dawid Zając")
OPENS, CLOSES = 9, 17
HOURS_A_WEEK = 5 * (CLOSES - OPENS)
ANSWERS = 0.8
"""How often someone who is rung answers."""
AGAIN = timedelta(days=3)
SUPPORTED_FOR = timedelta(weeks=8), timedelta(weeks=3)
"""How long support takes, and how much that varies: about 10 contacts over 2 to 3 months is usual."""
CALL_MINUTES = 25
HELLO = "Hello, this is {staff} from {service}. I have read what you wrote. I will ring you today if that suits."


@dataclass(order=True)
class Case:
    """Someone a link worker has picked up, and when they next do something for them."""

    next_at: datetime
    handoff_id: uuid.UUID = field(compare=False)
    staff_id: uuid.UUID = field(compare=False)
    ends_at: datetime = field(compare=False)
    reached: bool = field(default=False, compare=False)


@dataclass
class LinkWorkers:
    """Everyone at work. `starts_a_week`: people each begins to support in a week, besides those who come first."""

    desk: Desk
    chance: Random
    starts_a_week: float
    team: list[staff.Staff] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)

    async def begin(self, count: int, *, now: datetime) -> None:
        """Welcome so many of them."""
        async with self.desk.database.transaction() as session:
            for number in range(count):
                name = NAMES[number % len(NAMES)]
                self.team.append(await staff.welcome(session, name=name, now=now))

    async def work(self, *, now: datetime) -> int:
        """Work for an hour, on a weekday from 9 to 5. Returns how many were picked up in it."""
        local = now.astimezone(self.desk.service.zone)
        if local.weekday() > 4 or not OPENS <= local.hour < CLOSES:
            return 0
        await self._see_to_cases(now)
        began = 0
        for member in self.team:
            in_turn = self.chance.random() < self.starts_a_week / HOURS_A_WEEK
            began += await self._pick_up(member, now, in_turn=in_turn)
        return began

    async def _pick_up(self, member: staff.Staff, now: datetime, *, in_turn: bool) -> bool:
        async with self.desk.database.transaction() as session:
            first = await caseload.queue(session, status=Status.WAITING, limit=1)
            if not first or (first[0].handoff.urgency == Urgency.ROUTINE and not in_turn):
                return False
            held = await caseload.hold(session, handoff_id=first[0].handoff.id)
            claimed = await caseload.pick_up(
                session, handoff=held, staff_id=member.id, version=held.version, now=now
            )
            await self._greet(session, member, claimed, now)
        usual, spread = SUPPORTED_FOR
        lasts = max(timedelta(weeks=1), usual + spread * self.chance.gauss(0, 1))
        self.cases.append(Case(now, claimed.id, member.id, now + lasts))
        return True

    async def _greet(self, session: Session, member: staff.Staff, claimed: Handoff, now: datetime) -> None:
        words = HELLO.format(staff=member.name.split()[0], service=self.desk.service.name)
        try:
            await relay.write(session, self.desk, handoff=claimed, staff_id=member.id, text=words, now=now)
        except RefusedError:
            return

    async def _see_to_cases(self, now: datetime) -> None:
        due = [case for case in self.cases if case.next_at <= now]
        for case in due:
            if case.reached:
                await self._close(case, now)
            else:
                await self._ring(case, now)
        self.cases = [case for case in self.cases if case.next_at > now]

    async def _ring(self, case: Case, now: datetime) -> None:
        case.reached = self.chance.random() < ANSWERS
        case.next_at = max(case.ends_at, now + timedelta(days=1)) if case.reached else now + AGAIN
        async with self.desk.database.transaction() as session:
            handoff = await handoffs.find(session, handoff_id=case.handoff_id)
            open_one = await referrals.open_referral(session, conversation_id=handoff.conversation_id)
            if open_one is None:
                case.reached, case.next_at = True, now + timedelta(days=1)
                return
            await activities.log(
                session,
                referral_id=open_one.id,
                staff_id=case.staff_id,
                kind=Kind.CALL,
                minutes=CALL_MINUTES,
                attended=case.reached,
                note="",
                now=now,
            )

    async def _close(self, case: Case, now: datetime) -> None:
        async with self.desk.database.transaction() as session:
            held = await caseload.hold(session, handoff_id=case.handoff_id)
            if held.status is not Status.CLAIMED:
                return
            ended = await handoffs.end(
                session,
                handoff_id=held.id,
                staff_id=case.staff_id,
                version=held.version,
                to=Status.CLOSED,
                now=now,
            )
            open_one = await referrals.open_referral(session, conversation_id=ended.conversation_id)
            if open_one is not None:
                await referrals.close(session, referral_id=open_one.id, reason="goals_met", now=now)
