"""The demo: a waiting room of made-up people, on this machine only."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from api.app import create_app
from api.console.demo import CAST
from api.house import DEMO_ADDRESS, TICKS, House, open_house
from api.keys import OWNER_ONLY
from api.made_up.link_workers import NAMES
from api.made_up.people import CRIES, somebody
from api.made_up.sights import sights
from api.made_up.talks import Talking
from api.settings import Settings
from api.work import serve_until_told, server
from bot.channels.webchat import NAME as WEB
from waitingroom import (
    activities,
    caseload,
    first_contacts,
    groups,
    handoffs,
    referrals,
    staff,
    town_services,
    waits,
)
from waitingroom.activities import Kind
from waitingroom.database import Session
from waitingroom.groups import Way
from waitingroom.handoffs import Status
from waitingroom.staff import Scope

Say = Callable[[str], object]

STAFF = CAST["sam"][0]
WAITING, SUPPORTED = 200, 80
"""Made-up people who wait, and who waited and were spoken with before them."""
SERVICES = 1_200
"""Made-up services near them."""
FIRST_CAME = timedelta(weeks=26)
FIRST_SEEN = timedelta(weeks=10)
"""Since when they are spoken with, one after the other, to this day: so it is known how the list moves."""
AT_ONCE = 8
FINISHED = timedelta(weeks=8)
STEP = timedelta(minutes=30)
DAY = {
    "send_due": "looked at",
    "ask_how_they_are": "asked how they are",
    "tell_changed": "told of their wait",
    "tell_groups": "words about groups",
    "ask_if_they_went": "asked if they went",
}
"""What is said of a day that passed, by the clock that did it."""


async def serve(settings: Settings, say: Say) -> None:
    """Open the demo and serve it until Ctrl-C."""
    say("Opening the waiting room...")
    key, seen = "", list[str]()

    async def prepare(house: House) -> None:
        nonlocal key, seen
        key = await fill(house, say)
        seen = await sights(house)

    app = create_app(settings, demo=True, prepare=prepare)
    running = server(app, settings)
    task = asyncio.create_task(serve_until_told(app, running))
    while not running.started and not task.done():  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.05)
    if running.started:
        address = f"http://{settings.host}:{settings.port}"
        (settings.data / DEMO_ADDRESS).write_text(address)
        say(f"\n  Chat page   {address}/chat\n  For staff   {address}/staff  (one press signs you in)")
        say(f"  API docs    {address}/docs\n  Staff key   {key}\n")
        say("\n".join(f"  {line}" for line in seen) + "\n")
        say("Everyone here is made up. Stop with Ctrl-C. Let time pass with: waitingroom demo --days-pass 7")
    await task


async def fill(house: House, say: Say, *, waiting: int = WAITING, supported: int = SUPPORTED) -> str:
    """Bring made-up people in, once; returns the demo's staff key."""
    kept = house.settings.data / "demo-staff-key"
    if kept.exists():
        return kept.read_text()
    now = house.clock.now()
    async with house.database.transaction() as session:
        member = await staff.welcome(session, name=STAFF, now=now)
        team = [(await staff.welcome(session, name=name, now=now)).id for name in NAMES]
        key = await staff.issue_key(session, staff_id=member.id, scopes=frozenset(Scope), now=now)
        around = min(house.settings.areas, default="BB9")
        count = await town_services.settle(session, around=around, seed=4, count=SERVICES, now=now)
        await _give_links(session, house)
    say(f"{count} made-up services are near.")
    say(f"Bringing in {waiting + supported} made-up people...")
    town = await bring_in(house, waiting + supported, now=now)
    chance = random.Random(5)  # noqa: S311 -- as above
    for number, one in enumerate(town[:supported]):
        in_turn = now - FIRST_SEEN * (supported - number) / supported
        spoken_at = max(in_turn - timedelta(days=chance.randrange(4)), one.joined_at + timedelta(days=3))
        await _speak_with(house, one, team[number % len(team)], spoken_at)
    await town[-2].says(house.desk, CRIES[0], at=now - timedelta(minutes=20))
    await town[-5].says(house.desk, "PERSON", at=now - timedelta(hours=3))
    async with house.database.transaction() as session:
        await first_contacts.stop_clocks(session)
        await waits.work_out(session, now=now)
    kept.touch(mode=OWNER_ONLY)
    kept.write_text(key)
    return key


async def bring_in(house: House, count: int, *, now: datetime) -> list[Talking]:
    """Have so many made-up people refer themselves by the same talk as anyone, over the half year until `now`."""
    chance = random.Random(4)  # noqa: S311 -- made-up people, the same every time
    needs = tuple(house.desk.service.content.needs)
    town = [
        Talking(
            somebody(number, chance, areas=house.settings.areas, needs=needs),
            WEB,
            now - FIRST_CAME * (count - number) / (count + 1) - timedelta(minutes=chance.randrange(300)),
        )
        for number in range(count)
    ]
    for some in range(0, count, AT_ONCE):
        await asyncio.gather(*(one.refers(house.desk) for one in town[some : some + AT_ONCE]))
    return town


async def _give_links(session: Session, house: House) -> None:
    """Give the groups that meet on a screen or by phone a way in that leads nowhere."""
    for group in house.desk.service.content.groups.values():
        if group.way != "place":
            told = f"https://meet.example.org/{group.key}" if group.way == "video" else "0161 496 0000"
            await groups.set_way_in(session, key=group.key, way=Way(group.way), way_in=told)


async def let_days_pass(settings: Settings, days: int, say: Say) -> None:
    """Move the demo's clock on, half an hour at a time, doing on the way what its clocks would have done."""
    async with open_house(settings, demo=True) as house:
        for _ in range(days):
            done: Counter[str] = Counter()
            for _step in range(int(timedelta(days=1) / STEP)):
                house.clock.move_on(STEP)
                for tick in TICKS:
                    done[tick.__name__] += await tick(house.at_work, now=house.clock.now()) or 0
            told = ", ".join(f"{words} {done[name]}" for name, words in DAY.items() if done[name])
            say(f"{house.clock.now():%A %d %B %Y, %H:%M}: {told or 'a quiet day'}")


async def _speak_with(house: House, one: Talking, staff_id: uuid.UUID, at: datetime) -> None:
    """Have a link worker pick someone up and ring them; whoever was rung long ago is closed."""
    assert one.conversation_id is not None  # noqa: S101
    async with house.database.transaction() as session:
        raised = await handoffs.of_conversation(session, conversation_id=one.conversation_id)
        held = await caseload.hold(session, handoff_id=raised.id)
        claimed = await caseload.pick_up(session, handoff=held, staff_id=staff_id, version=held.version, now=at)
        referral = await caseload.referral_of(session, handoff=claimed)
        await activities.log(
            session,
            referral_id=referral.id,
            staff_id=staff_id,
            kind=Kind.CALL,
            minutes=25,
            attended=True,
            note="",
            now=at,
        )
        if house.clock.now() - at > FINISHED:
            await handoffs.end(
                session,
                handoff_id=claimed.id,
                staff_id=staff_id,
                version=claimed.version,
                to=Status.CLOSED,
                now=at,
            )
            await referrals.close(session, referral_id=referral.id, reason="goals_met", now=at)
