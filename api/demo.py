"""The demo: a waiting room of made-up people, on this machine only."""

import asyncio
import random
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from api.app import create_app
from api.house import House, open_house
from api.keys import OWNER_ONLY
from api.settings import Settings
from api.work import serve_until_told, server
from bot import outreach
from bot.channels.webchat import NAME as WEB
from bot.messages import Inbound
from bot.turn import take_turn
from waitingroom import handoffs, referrals, staff
from waitingroom.staff import Scope

Say = Callable[[str], object]

STAFF = "Sam Okafor"
NAMES = (
    "Ann", "Jim", "Farida", "Owen", "Grace", "Tomasz", "Bev", "Imran", "Siân", "Derek", "Joy", "Mihaela",
    "Keith", "Nadia", "Ron", "Eileen", "Hassan", "Pat",
)  # fmt: skip
MATTERS = (
    "Someone to talk to in the evenings",
    "I want to get out of the house again",
    "Sorting out the letters about money",
    "My husband died and the days are long",
    "A walk with other people, not too fast",
    "Getting some sleep and feeling less worried",
)
PICKED_UP = 12
STEP = timedelta(hours=6)


async def serve(settings: Settings, say: Say) -> None:
    """Open the demo and serve it until Ctrl-C."""
    say("Opening the waiting room...")
    key = ""

    async def prepare(house: House) -> None:
        nonlocal key
        key = await fill(house, say)

    app = create_app(settings, demo=True, prepare=prepare)
    running = server(app, settings)
    task = asyncio.create_task(serve_until_told(app, running))
    while not running.started and not task.done():  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.05)
    if running.started:
        address = f"http://{settings.host}:{settings.port}"
        say(f"\n  Chat page   {address}/chat\n  API docs    {address}/docs\n  Staff key   {key}\n")
        say("Everyone here is made up. Stop with Ctrl-C. Let time pass with: waitingroom demo --days-pass 7")
    await task


async def fill(house: House, say: Say) -> str:
    """Bring made-up people in, once; returns the demo's staff key."""
    kept = house.settings.data / "demo-staff-key"
    if kept.exists():
        return kept.read_text()
    now = house.clock.now()
    async with house.database.transaction() as session:
        member = await staff.welcome(session, name=STAFF, now=now)
        key = await staff.issue_key(session, staff_id=member.id, scopes=frozenset(Scope), now=now)
    say(f"Bringing in {len(NAMES)} made-up people...")
    chance = random.Random(4)  # noqa: S311 -- made-up people, the same every time
    for number, name in enumerate(NAMES):
        joined_at = now - timedelta(days=7 * (len(NAMES) - number) / 2, hours=chance.randrange(8))
        address = await bring_in(house, name, chance, joined_at)
        if number < PICKED_UP:
            waited = timedelta(days=chance.randrange(10, 40))
            await _pick_up(house, address, member.id, min(joined_at + waited, now - timedelta(hours=1)))
    kept.touch(mode=OWNER_ONLY)
    kept.write_text(key)
    return key


async def bring_in(house: House, name: str, chance: random.Random, at: datetime) -> uuid.UUID:
    """Have one made-up person refer themselves by the same talk as anyone; returns their conversation's id."""
    address = uuid.uuid4().hex
    area = min(house.settings.areas, default="BB9")
    needs = ", ".join(str(number) for number in sorted(chance.sample([1, 2, 3, 4, 5, 6, 7, 8, 9, 16], 2)))
    said = ["hello", "yes", name, str(chance.randrange(19, 90)), f"{area} {chance.randrange(1, 9)}AA", needs]
    said += [chance.choice(MATTERS), "here", chance.choice(["any", "mornings", "afternoons"]), "yes"]
    for number, text in enumerate(said):
        inbound = Inbound(WEB, address, f"demo-{number}", text, at + timedelta(minutes=number))
        turn = await take_turn(house.desk, inbound)
    return turn.conversation_id


async def let_days_pass(settings: Settings, days: int, say: Say) -> None:
    """Move the demo's clock on, a quarter of a day at a time, sending what falls due on the way."""
    async with open_house(settings, demo=True) as house:
        for _ in range(days):
            seen = 0
            for _quarter in range(int(timedelta(days=1) / STEP)):
                house.clock.move_on(STEP)
                seen += await outreach.send_due(house.desk, now=house.clock.now())
            say(f"{house.clock.now():%A %d %B %Y, %H:%M}: {seen} due in the waiting room")


async def _pick_up(house: House, conversation_id: uuid.UUID, staff_id: uuid.UUID, at: datetime) -> None:
    async with house.database.transaction() as session:
        referral = await referrals.open_referral(session, conversation_id=conversation_id)
        if referral is None:
            return
        raised = await handoffs.of_conversation(session, conversation_id=conversation_id)
        claimed = await handoffs.claim(
            session, handoff_id=raised.id, staff_id=staff_id, version=raised.version, now=at
        )
        await referrals.pick_up(session, referral_id=referral.id, now=at)
        await handoffs.end(
            session,
            handoff_id=claimed.id,
            staff_id=staff_id,
            version=claimed.version,
            to=handoffs.Status.CLOSED,
            now=at,
        )
        await referrals.close(session, referral_id=referral.id, reason="support came to an end", now=at)
