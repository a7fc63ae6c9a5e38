"""An upgrade while people talk: old code and new on one database, and a kind word to code that is too old."""

import asyncio
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.channels.terminal import NAME as TERMINAL
from tests.conftest import MONDAY
from tests.faults.fleet import Fleet, all_is_as_people_saw_it, fleet_on
from tests.faults.test_several_processes import talks, until
from tests.of_tomorrow import the_step, tomorrow
from tests.talking import SHORTEST_REFERRAL, Speaker
from waitingroom import conversations, own_keys, schema

pytestmark = [pytest.mark.anyio, pytest.mark.faults, pytest.mark.timeout(900)]
KEPT = Path(__file__).parent / "a_kept_talk.json"
"""A talk as version 0027 kept it, after six messages; made anew by WR_KEEP_TALK=1."""
SO_FAR = 6
EXPAND = """op.add_column('message', sa.Column('more', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('conversation', sa.Column('more', sa.Integer(), nullable=True))
    op.create_table('more', sa.Column('id', sa.Integer(), primary_key=True))
    with op.get_context().autocommit_block():
        op.drop_index('ix_more', 'message', postgresql_concurrently=True, if_exists=True)
        op.create_index('ix_more', 'message', ['author'], postgresql_concurrently=True)"""
CONTRACT = """op.drop_column('conversation', 'more')
    op.drop_column('conversation', 'language_wanted')"""


@pytest.fixture(scope="module")
def fleet(server_url: str) -> Iterator[Fleet]:
    with fleet_on(server_url) as fleet:
        yield fleet


async def test_people_talk_on_while_the_tables_change_and_code_that_is_too_old_stops(
    fleet: Fleet, tmp_path: Path
) -> None:
    old, worker = fleet.web(), fleet.work()
    await asyncio.to_thread(fleet.ready, old, worker)
    expand = the_step(EXPAND)
    enough = asyncio.Event()
    talking = asyncio.create_task(talks([old], enough))
    await asyncio.to_thread(until, lambda: talks_begun(fleet) >= 2)
    with tomorrow(tmp_path / "expand", expand):
        await asyncio.to_thread(schema.upgrade, fleet.url)
    begun = talks_begun(fleet)
    await asyncio.to_thread(until, lambda: talks_begun(fleet) > begun)  # someone new, with old code
    also_old = fleet.web()
    await asyncio.to_thread(fleet.ready, old, also_old)  # /readyz: old code may begin on newer tables
    enough.set()
    people = await talking
    await all_is_as_people_saw_it(fleet, people)
    contract = the_step(CONTRACT, number="9001", before="9000", marks='oldest_code = "9000"')
    with tomorrow(tmp_path / "contract", expand, contract):
        await asyncio.to_thread(schema.upgrade, fleet.url)
    for one in (old, also_old, worker, fleet.web(), fleet.work()):
        assert await asyncio.to_thread(one.ended) == 2
    assert (fleet.folder / "said").read_text().count("This Waiting Room is too old for its database") == 5
    print(f"{len(people)} talks over an upgrade")


def talks_begun(fleet: Fleet) -> int:
    return int(fleet.asked("SELECT count(*) FROM conversation")[0][0])


async def test_a_talk_begun_before_an_upgrade_goes_on_after_it(ann: Speaker) -> None:
    """What an earlier version kept is read by this one: its answers, by name, and who is asked what next."""
    if os.environ.get("WR_KEEP_TALK"):
        KEPT.write_text(json.dumps(await kept_of(ann), indent=1) + "\n")
    kept = json.loads(KEPT.read_text())
    later = Speaker(ann.desk, now=MONDAY, address="someone before the upgrade")
    await later.says("hello")
    await put_back(later, kept["talk"])
    assert kept["answers_next"] == SHORTEST_REFERRAL[SO_FAR]
    await later.says(*SHORTEST_REFERRAL[SO_FAR:])
    assert "Your reference is" in later.heard
    async with ann.desk.database.transaction() as session:
        talk = await conversations.of_contact(session, channel=TERMINAL, address=later.address)
        assert talk is not None
        found = await session.run(
            text("SELECT count(*) FROM referral WHERE conversation_id = :id"), {"id": talk.id}
        )
        assert found.scalar_one() == 1


async def kept_of(ann: Speaker) -> dict[str, Any]:
    """Have the first half of a talk, and give it as it is kept, unsealed."""
    await ann.says(*SHORTEST_REFERRAL[:SO_FAR])
    async with ann.desk.database.transaction() as session:
        talk = await conversations.of_contact(session, channel=TERMINAL, address=ann.address)
        assert talk is not None
        assert talk.talk is not None
        opened = own_keys.unseal(session, talk.talk, f"conversation:talk:{talk.id}", talk)
    return {"version": schema.newest(), "answers_next": SHORTEST_REFERRAL[SO_FAR], "talk": opened}


async def put_back(someone: Speaker, kept: str) -> None:
    async with someone.desk.database.transaction() as session:
        talk = await conversations.of_contact(session, channel=TERMINAL, address=someone.address)
        assert talk is not None
        sealed = session.keys.seal(kept, f"conversation:talk:{talk.id}")
        await session.run(
            text("UPDATE conversation SET talk = :talk WHERE id = :id"), {"talk": sealed, "id": talk.id}
        )
